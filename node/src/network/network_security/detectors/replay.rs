//! Replay: old messages over and over.
//!
//! - **What:** messages that the application found *long stale*: of a height or an epoch that closed more than a minute
//!   ago, which no slow line explains. Each costs the peer that brought it some of an allowance of [`ALLOWANCE`] units,
//!   sixteen of which come back a second:
//!   - one that it had not brought before: 1. A peer that lags passes on what it believes to be fresh;
//!   - one that it brought before, once a duplicate window: 4. A validator may repeat its vote once a window, and does
//!     so until it learns that the height is over;
//!   - a fifth and further copy within one window: 64. Four are honest: each message comes directly and by gossip, and a
//!     repetition may arrive before the window of the first is over, since one travelled faster than the other.
//! - **From where on:** a message beyond the allowance is a replay, charged at most once every five seconds.
//! - **Honest load:** a minority of 42 of 128 seats that repeats three votes each a window, by two ways, spends
//!   4 · 252 / 5.6 s = 180 units a second; its 4,096 last for 25 s, and a healed partition is known to all within 10.
//! - **Bounds:** a peer's ids are kept in two generations of [`GENERATION`] each; the older is let go when the younger
//!   is full or five minutes old. Whoever brings so many that they are forgotten pays for each as for a new one.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use libp2p::PeerId;

use super::{
    super::{
        recent::Recent,
        tally::Tally,
        token_bucket::{Rate, TokenBucket},
    },
    MAX_PEERS,
};
use crate::network::conduct::Conduct;

/// Units that a peer may spend at once.
pub const ALLOWANCE: u64 = 4096;
/// Ids in a generation.
pub const GENERATION: usize = 512;
const UNITS: Rate = Rate::per_second(16, ALLOWANCE);
const NEW: u64 = 1;
const AGAIN: u64 = 4;
const TOO_SOON: u64 = 64;
/// Copies within a window: a message and its early repetition, each directly and by gossip.
const COPIES: u32 = 4;
const GENERATION_AGE: Duration = Duration::from_mins(5);
const BETWEEN_CHARGES: Duration = Duration::from_secs(5);

/// The first half of a message id: whoever grinds two alike is charged for one of them twice.
type ShortId = u128;

#[derive(Debug)]
struct Record {
    units: TokenBucket,
    young: BTreeMap<ShortId, Tally>,
    old: BTreeMap<ShortId, Tally>,
    since: Instant,
    charged: Option<Instant>,
}

impl Record {
    const fn new(now: Instant) -> Self {
        let units = TokenBucket::full(UNITS, now);
        Self { units, young: BTreeMap::new(), old: BTreeMap::new(), since: now, charged: None }
    }

    fn price(&mut self, id: ShortId, window: Duration, now: Instant) -> u64 {
        let aged = now.saturating_duration_since(self.since) >= GENERATION_AGE;
        if aged || self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
        let known = self.young.get(&id).or_else(|| self.old.get(&id)).copied();
        let mut tally = known.unwrap_or_else(|| Tally::new(now));
        let copies = tally.add(1, window, now);
        self.young.insert(id, tally);
        match known {
            _ if copies > COPIES => TOO_SOON,
            Some(_) => AGAIN,
            None => NEW,
        }
    }
}

/// The detector.
#[derive(Debug)]
pub struct Replay {
    peers: Recent<PeerId, Record, MAX_PEERS>,
    window: Duration,
}

impl Replay {
    /// Having seen nothing. `window` is gossip's duplicate window.
    pub fn new(window: Duration) -> Self {
        Self { peers: Recent::default(), window }
    }

    /// A peer brought a message that is long stale.
    pub fn observe(&mut self, peer: PeerId, id: &[u8; 32], now: Instant) -> Option<Conduct> {
        let short = id.first_chunk().map_or(0, |half| ShortId::from_be_bytes(*half));
        let record = self.peers.touch(peer, now, || Record::new(now));
        let price = record.price(short, self.window, now);
        let charged_lately =
            record.charged.is_some_and(|at| now.saturating_duration_since(at) < BETWEEN_CHARGES);
        if record.units.try_take(price, now) || charged_lately {
            return None;
        }
        record.charged = Some(now);
        Some(Conduct::Replay)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::peer, *};

    const WINDOW: Duration = Duration::from_millis(5600);

    fn id(number: u64) -> [u8; 32] {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&number.to_be_bytes());
        id
    }

    #[test]
    fn the_same_message_over_and_over_is_a_replay() {
        let (mut replay, now) = (Replay::new(WINDOW), Instant::now());
        let charges = (0..1000).filter(|_| replay.observe(peer(1), &id(1), now).is_some()).count();
        assert_eq!(charges, 1, "once in five seconds");
        let later = now + BETWEEN_CHARGES;
        assert_eq!((0..10).filter(|_| replay.observe(peer(1), &id(1), later).is_some()).count(), 1);
        assert_eq!(replay.observe(peer(2), &id(1), now), None, "another peer");
    }

    #[test]
    fn a_long_tape_that_is_played_again_is_a_replay() {
        // More ids than are kept, so that none is known again.
        let (mut replay, start) = (Replay::new(WINDOW), Instant::now());
        let charges = (0..20_000).filter(|turn| {
            replay.observe(peer(1), &id(turn % 5_000), start + Duration::from_millis(2 * turn)).is_some()
        });
        assert!(charges.count() >= 7, "500 a second for 40 s: banned");
    }

    #[test]
    fn one_repetition_a_window_by_two_ways_is_honest() {
        let (mut replay, start) = (Replay::new(WINDOW), Instant::now());
        for window in 0..107 {
            // Every other one is early by half a second.
            let early = Duration::from_millis(500) * (window % 2);
            let now = start + (WINDOW * window).saturating_sub(early);
            for vote in 0..3 {
                for _way in 0..2 {
                    assert_eq!(replay.observe(peer(1), &id(vote), now), None);
                }
            }
        }
    }

    #[test]
    fn a_minority_that_repeats_its_votes_for_ten_seconds_is_honest() {
        let (mut replay, start) = (Replay::new(WINDOW), Instant::now());
        for window in 0..2 {
            for vote in 0..126 {
                for _way in 0..2 {
                    assert_eq!(replay.observe(peer(1), &id(vote), start + WINDOW * window), None);
                }
            }
        }
    }

    #[test]
    fn the_memory_is_bounded() {
        let (mut replay, now) = (Replay::new(WINDOW), Instant::now());
        for number in 0..10_000 {
            replay.observe(peer(1), &id(number), now);
        }
        let record = replay.peers.get(&peer(1)).unwrap();
        assert!(record.young.len() <= GENERATION && record.old.len() <= GENERATION);
    }
}
