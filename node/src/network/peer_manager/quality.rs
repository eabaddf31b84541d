//! What is measured of a peer.
//!
//! - **Round trip:** smoothed by an eighth of each new sample (RFC 6298).
//! - **Errors:** failures among failures and useful answers. One failure in a minute says little, so a rate is given
//!   from [`MIN_SAMPLES`] on.
//! - **Usefulness:** useful answers, and minutes in which it was first with something.
//!
//! Counts fade by a sixteenth each minute, which halves them in eleven: an old merit keeps no slot.

use std::time::{Duration, Instant};

use super::{super::conduct::Conduct, clock::later};

/// Answers and failures below which no error rate is given.
pub const MIN_SAMPLES: u64 = 4;

const MINUTE: Duration = Duration::from_mins(1);
/// After so many minutes nothing is left of any count.
const FADED: u64 = 600;
/// A longer round trip counts as this long.
const MAX_RTT: Duration = Duration::from_mins(1);

/// What is known of a connected peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Whether it takes a slot: it has shown that it is a full peer.
    pub full: bool,
    /// The smoothed round trip.
    pub rtt: Option<Duration>,
    /// Failures among its last answers, in thousandths; 0 while too few are known.
    pub error_per_mille: u64,
    /// Its useful answers and minutes, faded, in thousandths.
    pub useful_milli: u64,
    /// 0 to 100.
    pub reputation: u8,
}

impl Quality {
    /// What a slot is worth that this peer holds: reputation, usefulness (0 to 63), errors in per cent (0 to 100) and
    /// round trip in hundredths of a second (0 to 100; an unknown one counts as half a second).
    pub fn value(&self) -> i64 {
        let useful = i64::from(64_u32.saturating_sub(self.useful_milli.leading_zeros()));
        let errors = i64::try_from(self.error_per_mille / 10).unwrap_or(100);
        let rtt = self.rtt.map_or(50, |rtt| i64::try_from(rtt.as_millis() / 10).unwrap_or(100).min(100));
        i64::from(self.reputation).saturating_add(useful).saturating_sub(errors).saturating_sub(rtt)
    }
}

/// A count that fades.
#[derive(Clone, Copy, Debug)]
struct Fading {
    milli: u64,
    at: Instant,
}

impl Fading {
    const fn new(now: Instant) -> Self {
        Self { milli: 0, at: now }
    }

    fn faded(self, now: Instant) -> Self {
        let minutes = now.saturating_duration_since(self.at).as_secs() / 60;
        if minutes >= FADED {
            return Self::new(now);
        }
        let milli = (0..minutes).fold(self.milli, |milli, _| milli.saturating_sub(milli.div_ceil(16)));
        Self { milli, at: later(self.at, MINUTE.saturating_mul(u32::try_from(minutes).unwrap_or(0))) }
    }

    fn count(&mut self, now: Instant) {
        *self = self.faded(now);
        self.milli = self.milli.saturating_add(1000);
    }
}

/// The running measures of one connected peer.
#[derive(Clone, Copy, Debug)]
pub struct Measures {
    rtt: Option<Duration>,
    failures: Fading,
    answers: Fading,
    useful: Fading,
}

impl Measures {
    /// Nothing is known yet.
    pub const fn new(now: Instant) -> Self {
        Self { rtt: None, failures: Fading::new(now), answers: Fading::new(now), useful: Fading::new(now) }
    }

    /// Enters a ping.
    pub fn pinged(&mut self, sample: Duration) {
        let sample = sample.min(MAX_RTT);
        self.rtt = Some(match self.rtt {
            None => sample,
            Some(old) => old.saturating_mul(7).saturating_add(sample).checked_div(8).unwrap_or(sample),
        });
    }

    /// Enters a deed.
    pub fn did(&mut self, conduct: Conduct, now: Instant) {
        match conduct {
            Conduct::Timeout | Conduct::SlowStream | Conduct::FalseAnswer => self.failures.count(now),
            Conduct::UsefulAnswer => {
                self.answers.count(now);
                self.useful.count(now);
            }
            Conduct::UsefulMinute => self.useful.count(now),
            // Offences say nothing about the line.
            _ => {}
        }
    }

    /// What it comes to.
    pub fn quality(&self, full: bool, reputation: u8, now: Instant) -> Quality {
        let failures = self.failures.faded(now).milli;
        let all = failures.saturating_add(self.answers.faded(now).milli);
        let enough = all >= MIN_SAMPLES.saturating_mul(1000);
        let rate = failures.saturating_mul(1000).checked_div(all).unwrap_or(0);
        Quality {
            full,
            rtt: self.rtt,
            error_per_mille: if enough { rate } else { 0 },
            useful_milli: self.useful.faded(now).milli,
            reputation,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_round_trip_follows_slowly() {
        let now = Instant::now();
        let mut measures = Measures::new(now);
        measures.pinged(Duration::from_millis(80));
        assert_eq!(measures.quality(true, 50, now).rtt, Some(Duration::from_millis(80)));
        measures.pinged(Duration::from_millis(160));
        assert_eq!(measures.quality(true, 50, now).rtt, Some(Duration::from_millis(90)), "one outlier");
        (0..100).for_each(|_| measures.pinged(Duration::MAX));
        assert!(measures.quality(true, 50, now).rtt.unwrap() <= MAX_RTT);
    }

    #[test]
    fn errors_are_a_rate_once_enough_is_known() {
        let now = Instant::now();
        let mut measures = Measures::new(now);
        (0..3).for_each(|_| measures.did(Conduct::Timeout, now));
        assert_eq!(measures.quality(true, 50, now).error_per_mille, 0, "too few to tell");
        measures.did(Conduct::UsefulAnswer, now);
        assert_eq!(measures.quality(true, 50, now).error_per_mille, 750);
        measures.did(Conduct::InvalidMessage, now);
        assert_eq!(measures.quality(true, 50, now).error_per_mille, 750, "an offence is no failure");
    }

    #[test]
    fn merits_fade() {
        let now = Instant::now();
        let mut measures = Measures::new(now);
        (0..8).for_each(|_| measures.did(Conduct::UsefulMinute, now));
        let after = |minutes: u64| measures.quality(true, 50, now + MINUTE * u32::try_from(minutes).unwrap());
        assert_eq!(after(0).useful_milli, 8000);
        assert!((3900..=4100).contains(&after(11).useful_milli), "{:?}", after(11));
        assert_eq!(after(FADED).useful_milli, 0);
        assert!(after(0).value() > after(60).value());
    }

    #[test]
    fn each_measure_moves_the_value() {
        let rtt = Some(Duration::from_millis(500));
        let plain = Quality { full: true, rtt, error_per_mille: 0, useful_milli: 0, reputation: 50 };
        assert_eq!(plain.value(), Quality { rtt: None, ..plain }.value());
        assert!(Quality { rtt: Some(Duration::from_millis(20)), ..plain }.value() > plain.value());
        assert!(Quality { error_per_mille: 500, ..plain }.value() < plain.value());
        assert!(Quality { useful_milli: 1000, ..plain }.value() > plain.value());
        assert!(Quality { reputation: 60, ..plain }.value() > plain.value());
    }

    proptest! {
        #[test]
        fn fading_in_steps_is_fading_at_once(milli: u64, steps in prop::collection::vec(0_u64..4000, 0..20)) {
            let start = Instant::now();
            let (mut stepwise, mut now) = (Fading { milli, at: start }, start);
            for step in steps {
                now += Duration::from_secs(step);
                stepwise = stepwise.faded(now);
            }
            let at_once = Fading { milli, at: start }.faded(now);
            if now.duration_since(start) < MINUTE * 600 {
                prop_assert_eq!((stepwise.milli, stepwise.at), (at_once.milli, at_once.at));
            }
            prop_assert!(stepwise.milli <= milli);
        }
    }
}
