//! A token bucket in integers.
//!
//! - A bucket holds at most `burst` tokens and gains `milli_per_second` thousandths of a token a second.
//! - One thousandth a second is one micro-token a millisecond: counted so, nothing is ever rounded away.
//! - Any window of `w` milliseconds sees at most `burst + rate · (w + 1 ms)` tokens taken.
//! - All or nothing: what does not fit takes nothing.
//! - A clock that goes backwards adds nothing.

use std::time::{Duration, Instant};

const MICRO: u64 = 1_000_000;
/// The largest burst: all its micro-tokens can be counted.
const MAX_BURST: u64 = u64::MAX.div_euclid(MICRO);

/// The size and the speed of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    burst: u64,
    milli_per_second: u64,
}

impl Rate {
    const fn new(burst: u64, milli_per_second: u64) -> Self {
        Self { burst: if burst > MAX_BURST { MAX_BURST } else { burst }, milli_per_second }
    }

    /// So many tokens a second, at most 2⁶⁴ / 1,000; the burst is cut to 2⁶⁴ / 1,000,000.
    pub const fn per_second(tokens: u64, burst: u64) -> Self {
        Self::new(burst, tokens.saturating_mul(1000))
    }

    /// So many tokens a minute, rounded up to a thousandth a second.
    pub const fn per_minute(tokens: u64, burst: u64) -> Self {
        Self::new(burst, tokens.saturating_mul(1000).div_ceil(60))
    }

    /// So many tokens an hour, rounded up to a thousandth a second: by less than four an hour.
    pub const fn per_hour(tokens: u64, burst: u64) -> Self {
        Self::new(burst, tokens.saturating_mul(1000).div_ceil(3600))
    }

    /// Both size and speed times `per_mille` / 1000; never below one token and a thousandth of one a second.
    #[must_use]
    pub fn scaled(self, per_mille: u32) -> Self {
        Self::new(scale(self.burst, per_mille).max(1), scale(self.milli_per_second, per_mille).max(1))
    }

    /// The tokens of a full bucket.
    pub const fn burst(self) -> u64 {
        self.burst
    }

    const fn capacity(self) -> u64 {
        self.burst.saturating_mul(MICRO)
    }
}

/// The part `per_mille` / 1000 of a number, rounded down; saturates.
fn scale(value: u64, per_mille: u32) -> u64 {
    let scaled = u128::from(value).saturating_mul(u128::from(per_mille)).checked_div(1000).unwrap_or(0);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// A bucket.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    rate: Rate,
    micro: u64,
    at: Instant,
}

impl TokenBucket {
    /// A full bucket.
    pub const fn full(rate: Rate, now: Instant) -> Self {
        Self { rate, micro: rate.capacity(), at: now }
    }

    /// A bucket filled to `per_mille` / 1000; above 1000 it is full.
    pub fn filled(rate: Rate, per_mille: u32, now: Instant) -> Self {
        Self { rate, micro: scale(rate.capacity(), per_mille.min(1000)), at: now }
    }

    /// Takes tokens if it holds so many; whether it did.
    pub fn try_take(&mut self, tokens: u64, now: Instant) -> bool {
        if !self.holds(tokens, now) {
            return false;
        }
        self.refill(now);
        self.micro = self.micro.saturating_sub(tokens.saturating_mul(MICRO));
        true
    }

    /// Whether it holds so many tokens.
    pub fn holds(&self, tokens: u64, now: Instant) -> bool {
        tokens <= self.rate.burst() && tokens.saturating_mul(MICRO) <= self.level(now)
    }

    /// How full it is, 0 to 1000; 1000 only when nothing is missing.
    pub fn fill_per_mille(&self, now: Instant) -> u32 {
        let part = u128::from(self.level(now)).saturating_mul(1000);
        let fill = part.checked_div(u128::from(self.rate.capacity())).unwrap_or(1000);
        u32::try_from(fill).unwrap_or(1000)
    }

    fn elapsed_ms(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.at).as_millis()).unwrap_or(u64::MAX)
    }

    fn level(&self, now: Instant) -> u64 {
        let gained = self.elapsed_ms(now).saturating_mul(self.rate.milli_per_second);
        self.micro.saturating_add(gained).min(self.rate.capacity())
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = self.elapsed_ms(now);
        self.micro = self.level(now);
        // What is left of a millisecond counts next time, but not on top of a full bucket.
        let whole = self.at.checked_add(Duration::from_millis(elapsed)).unwrap_or(now);
        self.at = if self.micro == self.rate.capacity() { now.max(self.at) } else { whole };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whole tokens in it.
    fn tokens_of(bucket: &TokenBucket, now: Instant) -> u64 {
        bucket.level(now) / MICRO
    }

    #[test]
    fn it_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::full(Rate::per_second(2, 3), start);
        assert!(bucket.try_take(3, start));
        assert!(!bucket.try_take(1, start + Duration::from_millis(499)));
        assert!(bucket.try_take(1, start + Duration::from_millis(500)));
        assert!(!bucket.try_take(1, start + Duration::from_millis(501)));
    }

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let start = Instant::now();
        let mut bucket = TokenBucket::full(Rate::per_second(1, 5), start);
        assert!(!bucket.try_take(6, start));
        assert!(!bucket.try_take(u64::MAX, start));
        assert_eq!(tokens_of(&bucket, start), 5);
    }

    #[test]
    fn frequent_questions_do_not_stop_the_refill() {
        let start = Instant::now();
        let mut bucket = TokenBucket::filled(Rate::per_second(1, 5), 0, start);
        let taken = (0..10_000_u64).filter(|i| bucket.try_take(1, start + Duration::from_micros(300 * i)));
        assert_eq!(taken.count(), 2, "in three seconds less 300 µs");
    }

    #[test]
    fn a_clock_that_goes_back_adds_nothing() {
        let start = Instant::now();
        let later = start + Duration::from_secs(100);
        let mut bucket = TokenBucket::full(Rate::per_second(1, 5), later);
        assert!(bucket.try_take(5, later));
        assert!(!bucket.try_take(1, start));
        assert!(!bucket.try_take(1, later));
    }

    #[test]
    fn rates_per_minute_and_hour_are_slow() {
        let start = Instant::now();
        for (rate, seconds) in [(Rate::per_minute(1, 1), 60), (Rate::per_hour(36, 1), 100)] {
            let mut bucket = TokenBucket::filled(rate, 0, start);
            assert!(!bucket.try_take(1, start + Duration::from_secs(seconds / 2)));
            assert!(bucket.try_take(1, start + Duration::from_secs(seconds)));
        }
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_its_burst(
            burst in 0..u64::MAX, speed in 0..u64::MAX, steps in prop::collection::vec((0..u64::MAX / 4, 0..u64::MAX), 1..40),
        ) {
            let mut now = Instant::now();
            let mut bucket = TokenBucket::full(Rate::per_second(speed, burst), now);
            for (wait, tokens) in steps {
                now = now.checked_add(Duration::from_micros(wait)).unwrap_or(now);
                let before = tokens_of(&bucket, now);
                let took = bucket.try_take(tokens, now);
                prop_assert!(tokens_of(&bucket, now) <= burst);
                prop_assert!(!took || (tokens <= before && tokens_of(&bucket, now) <= before - tokens));
                prop_assert!(bucket.fill_per_mille(now) <= 1000);
            }
        }

        #[test]
        fn every_window_takes_at_most_its_burst_and_rate(
            burst in 1..1_000_u64, speed in 1..1_000_u64, start_fill in 0..1_001_u32,
            steps in prop::collection::vec((0..200_000_u64, 1..50_u64), 1..120),
        ) {
            let start = Instant::now();
            let mut bucket = TokenBucket::filled(Rate::per_second(speed, burst), start_fill, start);
            let (mut at, mut taken) = (0_u64, Vec::new());
            for (wait, tokens) in steps {
                at += wait;
                if bucket.try_take(tokens, start + Duration::from_micros(at)) {
                    taken.push((at, tokens));
                }
            }
            for (first, (from, _)) in taken.iter().enumerate() {
                let mut sum = 0;
                for (to, tokens) in &taken[first..] {
                    sum += tokens;
                    // In micro-tokens: `speed` a microsecond.
                    prop_assert!(sum * MICRO <= burst * MICRO + speed * (to - from + 1000));
                }
            }
        }

        #[test]
        fn scaling_keeps_the_order(burst in 1..u64::MAX / 2000, low in 1..5_000_u32, more in 0..5_000_u32) {
            let rate = Rate::per_second(burst, burst);
            prop_assert!(rate.scaled(low).burst() <= rate.scaled(low + more).burst());
            prop_assert_eq!(rate.scaled(1000), rate);
        }
    }
}
