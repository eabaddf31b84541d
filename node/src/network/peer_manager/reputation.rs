//! What peers have earned and lost.
//!
//! - 0 to 100, from 50. Below [`BAN_BELOW`] a peer is banned and forgotten here: after its ban it starts at 50 again.
//!   Above [`RELIABLE_ABOVE`] it is reliable.
//! - **Time heals nothing, nor does reconnecting:** the record of a peer that left stays.
//! - **Merits are capped** at [`MAX_GAIN`] points an hour, so that nobody buys room for an attack quickly.
//! - Records of connected peers are bounded by the connection limits, those of absent ones by [`MAX_ABSENT`]. Past it
//!   the one nearest 50 is dropped, of two equally near the better: whoever is close to a ban is remembered longest.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use libp2p::PeerId;

use super::super::conduct::Conduct;

/// Reputation of a peer of which nothing is known.
pub const START: u8 = 50;
/// Best reputation.
pub const BEST: u8 = 100;
/// Reputation below which a peer is banned.
pub const BAN_BELOW: u8 = 30;
/// Reputation above which a peer is reliable.
pub const RELIABLE_ABOVE: u8 = 70;
/// Points that a peer can gain within an hour.
pub const MAX_GAIN: u8 = 10;
/// Absent peers that are remembered.
pub const MAX_ABSENT: usize = 4096;

const HOUR: Duration = Duration::from_hours(1);

#[derive(Clone, Copy, Debug)]
struct Record {
    score: u8,
    gained: u8,
    since: Instant,
    connected: bool,
}

/// The table.
#[derive(Debug, Default)]
pub struct Reputations {
    records: BTreeMap<PeerId, Record>,
}

impl Reputations {
    /// A peer's reputation, 0 to 100.
    pub fn of(&self, peer: &PeerId) -> u8 {
        self.records.get(peer).map_or(START, |record| record.score)
    }

    /// Enters a deed of a peer that is connected or not; answers with its reputation after it.
    pub fn did(&mut self, peer: PeerId, conduct: Conduct, connected: bool, now: Instant) -> u8 {
        let blank = Record { score: START, gained: 0, since: now, connected };
        let record = self.records.entry(peer).or_insert(blank);
        let points = conduct.points();
        if points < 0 {
            record.score = record.score.saturating_sub(points.unsigned_abs());
        } else {
            if now.saturating_duration_since(record.since) >= HOUR {
                (record.gained, record.since) = (0, now);
            }
            let gain = points.unsigned_abs().min(MAX_GAIN.saturating_sub(record.gained));
            record.gained = record.gained.saturating_add(gain);
            record.score = record.score.saturating_add(gain).min(BEST);
        }
        let score = record.score;
        self.trim();
        score
    }

    /// A peer has come.
    pub fn came(&mut self, peer: &PeerId) {
        if let Some(record) = self.records.get_mut(peer) {
            record.connected = true;
        }
    }

    /// A peer has left.
    pub fn left(&mut self, peer: &PeerId) {
        if let Some(record) = self.records.get_mut(peer) {
            record.connected = false;
        }
        self.trim();
    }

    /// Drops a peer's record: its ban remembers it from now on.
    pub fn forget(&mut self, peer: &PeerId) {
        self.records.remove(peer);
    }

    fn trim(&mut self) {
        if self.records.len() <= MAX_ABSENT {
            return;
        }
        let absent = || self.records.iter().filter(|(_, record)| !record.connected);
        if absent().count() <= MAX_ABSENT {
            return;
        }
        let plainest =
            absent().min_by_key(|(_, record)| (record.score.abs_diff(START), record.score < START));
        let plainest = plainest.map(|(peer, _)| *peer);
        plainest.and_then(|peer| self.records.remove(&peer));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn deeds_are_worth_their_points() {
        let (mut table, peer, now) = (Reputations::default(), PeerId::random(), Instant::now());
        assert_eq!(table.of(&peer), START);
        assert_eq!(table.did(peer, Conduct::FalseAnswer, true, now), 35);
        assert_eq!(table.did(peer, Conduct::Timeout, true, now), 35, "a slow line is no offence");
        assert_eq!(table.did(peer, Conduct::Bomb, true, now), 20);
        for _ in 0..10 {
            table.did(peer, Conduct::Bomb, true, now);
        }
        assert_eq!(table.of(&peer), 0);
    }

    #[test]
    fn neither_silence_nor_reconnecting_heals() {
        let (mut table, peer, now) = (Reputations::default(), PeerId::random(), Instant::now());
        table.did(peer, Conduct::FalseAnswer, true, now);
        table.left(&peer);
        table.came(&peer);
        assert_eq!(table.did(peer, Conduct::Timeout, true, now + HOUR * 1000), 35);
    }

    #[test]
    fn merits_are_capped_by_the_hour() {
        let (mut table, peer, now) = (Reputations::default(), PeerId::random(), Instant::now());
        let earn = |table: &mut Reputations, at| {
            for _ in 0..100 {
                table.did(peer, Conduct::UsefulAnswer, true, at);
            }
            table.of(&peer)
        };
        assert_eq!(earn(&mut table, now), 60);
        table.left(&peer);
        table.came(&peer);
        assert_eq!(earn(&mut table, now + Duration::from_secs(3599)), 60);
        assert_eq!(earn(&mut table, now + HOUR), 70);
        assert_eq!(earn(&mut table, now + HOUR * 2), 80, "reliable after two hours");
        for hour in 3..9 {
            earn(&mut table, now + HOUR * hour);
        }
        assert_eq!(table.of(&peer), BEST);
    }

    #[test]
    fn the_low_and_the_connected_outlive_a_flood() {
        let (mut table, now) = (Reputations::default(), Instant::now());
        let [low, slight, here] = [(); 3].map(|()| PeerId::random());
        table.did(low, Conduct::FalseAnswer, false, now);
        table.did(slight, Conduct::Replay, false, now);
        table.did(here, Conduct::Replay, true, now);
        for _ in 0..MAX_ABSENT {
            let peer = PeerId::random();
            table.did(peer, Conduct::InvalidMessage, true, now);
            table.left(&peer);
        }
        assert_eq!(table.records.len(), MAX_ABSENT + 1);
        assert_eq!((table.of(&low), table.of(&slight), table.of(&here)), (35, START, 47));
    }

    proptest! {
        #[test]
        fn the_scale_is_never_left(deeds in prop::collection::vec((0_usize..13, 0_u64..7200), 0..200)) {
            let (mut table, peer, mut now) = (Reputations::default(), PeerId::random(), Instant::now());
            for (deed, wait) in deeds {
                let (conduct, before) = (Conduct::ALL[deed], table.of(&peer));
                now += Duration::from_secs(wait);
                let after = table.did(peer, conduct, true, now);
                prop_assert!(after <= BEST);
                let kept = if conduct.points() < 0 { after <= before } else { after >= before };
                prop_assert!(kept, "{before} {conduct:?} {after}");
            }
        }
    }
}
