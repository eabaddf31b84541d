//! Abuse of the gossip mesh.
//!
//! - **Grafts during back-off.** Who was pruned waits for a minute. A graft sooner than that, but for [`CROSSING`] in
//!   which it may have crossed our prune, is one too early; [`EARLY_GRAFTS`] of them on one topic in ten minutes are
//!   charged. Honest: a peer that restarts forgets its back-off, once.
//! - **Flapping.** More than [`PRUNES`] prunes of one topic by the peer in a minute. Honest: it must itself wait for a
//!   minute after a prune, so it sends one, and another for each reconnect.
//! - **Broken promises.** Messages that the peer said it has (IHAVE), that we asked for (IWANT) and that nobody brought
//!   in time. A minute with at least [`PROMISES`] of them of which fewer than half were kept is charged. Honest: what
//!   is lost on the way is sent again by the transport; a message that left its cache in between is one among many.
//! - **Bounds:** [`MAX_MESHES`] pairs of peer and topic; the one not heard of the longest is forgotten.

use std::time::{Duration, Instant};

use libp2p::PeerId;

use super::{
    super::{recent::Recent, tally::Tally},
    MAX_PEERS,
};
use crate::network::{conduct::Conduct, gossip::Topic};

/// A graft may cross our prune for so long.
pub const CROSSING: Duration = Duration::from_secs(5);
/// Early grafts that are charged.
pub const EARLY_GRAFTS: u32 = 3;
/// Prunes a minute that are too many.
pub const PRUNES: u32 = 8;
/// Promises from which on a minute is judged.
pub const PROMISES: u32 = 64;
/// Pairs of peer and topic.
pub const MAX_MESHES: usize = 2048;
const BACK_OFF: Duration = Duration::from_mins(1);
const MINUTE: Duration = Duration::from_mins(1);
const MEMORY: Duration = Duration::from_mins(10);

/// What happened in a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeshEvent {
    /// The peer put us into its mesh.
    Graft(Topic),
    /// The peer took us out of it.
    Prune(Topic),
    /// We took the peer out of ours.
    PrunedByUs(Topic),
    /// We asked for so many messages that the peer said it has.
    Promised(u32),
    /// So many of these came.
    Kept(u32),
}

#[derive(Debug)]
struct Mesh {
    pruned: Option<Instant>,
    early: Tally,
    prunes: Tally,
}

#[derive(Debug)]
struct Promises {
    since: Instant,
    made: u32,
    kept: u32,
}

/// The detector.
#[derive(Debug, Default)]
pub struct MeshAbuse {
    meshes: Recent<(PeerId, Topic), Mesh, MAX_MESHES>,
    promises: Recent<PeerId, Promises, MAX_PEERS>,
}

impl MeshAbuse {
    /// Something happened in a mesh.
    pub fn observe(&mut self, peer: PeerId, event: MeshEvent, now: Instant) -> Option<Conduct> {
        let abused = match event {
            MeshEvent::Graft(topic) => self.mesh(peer, topic, now).graft(now),
            MeshEvent::Prune(topic) => self.mesh(peer, topic, now).prune(now),
            MeshEvent::PrunedByUs(topic) => {
                self.mesh(peer, topic, now).pruned = Some(now);
                false
            }
            MeshEvent::Promised(made) => self.promises(peer, now).count(made, 0, now),
            MeshEvent::Kept(kept) => self.promises(peer, now).count(0, kept, now),
        };
        abused.then_some(Conduct::MeshAbuse)
    }

    fn mesh(&mut self, peer: PeerId, topic: Topic, now: Instant) -> &mut Mesh {
        let fresh = || Mesh { pruned: None, early: Tally::new(now), prunes: Tally::new(now) };
        self.meshes.touch((peer, topic), now, fresh)
    }

    fn promises(&mut self, peer: PeerId, now: Instant) -> &mut Promises {
        self.promises.touch(peer, now, || Promises { since: now, made: 0, kept: 0 })
    }
}

impl Mesh {
    fn graft(&mut self, now: Instant) -> bool {
        let waited = self.pruned.map(|at| now.saturating_duration_since(at));
        if !waited.is_some_and(|waited| (CROSSING..BACK_OFF).contains(&waited)) {
            return false;
        }
        let abused = self.early.add(1, MEMORY, now) >= EARLY_GRAFTS;
        if abused {
            self.early = Tally::new(now);
        }
        abused
    }

    fn prune(&mut self, now: Instant) -> bool {
        let abused = self.prunes.add(1, MINUTE, now) > PRUNES;
        if abused {
            self.prunes = Tally::new(now);
        }
        abused
    }
}

impl Promises {
    /// Judges the minute that is over, if one is, and counts into the next.
    fn count(&mut self, made: u32, kept: u32, now: Instant) -> bool {
        let over = now.saturating_duration_since(self.since) >= MINUTE;
        let broken = over && self.made >= PROMISES && self.kept.saturating_mul(2) < self.made;
        if over {
            *self = Self { since: now, made: 0, kept: 0 };
        }
        self.made = self.made.saturating_add(made);
        self.kept = self.kept.saturating_add(kept);
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::{super::peer, *};
    use MeshEvent::{Graft, Kept, Promised, Prune, PrunedByUs};

    const TOPIC: Topic = Topic::Votes;
    const ABUSE: Option<Conduct> = Some(Conduct::MeshAbuse);

    fn second(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn the_third_graft_during_back_off_is_abuse() {
        let (mut mesh, start) = (MeshAbuse::default(), Instant::now());
        mesh.observe(peer(1), PrunedByUs(TOPIC), start);
        let verdicts = [6, 7, 8].map(|at| mesh.observe(peer(1), Graft(TOPIC), second(start, at)));
        assert_eq!(verdicts, [None, None, ABUSE]);
    }

    #[test]
    fn grafts_that_cross_wait_or_follow_a_restart_are_honest() {
        let (mut mesh, start) = (MeshAbuse::default(), Instant::now());
        for minute in 0..20 {
            let from = second(start, 60 * minute);
            mesh.observe(peer(1), PrunedByUs(TOPIC), from);
            assert_eq!(mesh.observe(peer(1), Graft(TOPIC), second(from, 4)), None, "it crossed");
            if minute % 10 == 0 {
                for topic in Topic::ALL {
                    assert_eq!(mesh.observe(peer(1), Graft(topic), second(from, 30)), None, "it restarted");
                }
            }
            assert_eq!(mesh.observe(peer(1), Graft(TOPIC), second(from, 60)), None, "it waited");
        }
    }

    #[test]
    fn flapping_is_abuse_and_a_prune_a_minute_is_not() {
        let (mut mesh, start) = (MeshAbuse::default(), Instant::now());
        for minute in 0..20 {
            assert_eq!(mesh.observe(peer(1), Prune(TOPIC), second(start, 60 * minute)), None);
        }
        let flaps = (0..90).filter(|_| mesh.observe(peer(2), Prune(TOPIC), start) == ABUSE).count();
        assert_eq!(flaps, 10);
    }

    #[test]
    fn promises_that_are_mostly_broken_are_abuse() {
        let (mut mesh, start) = (MeshAbuse::default(), Instant::now());
        assert_eq!(mesh.observe(peer(1), Promised(100), start), None);
        assert_eq!(mesh.observe(peer(1), Kept(49), second(start, 1)), None);
        assert_eq!(mesh.observe(peer(1), Promised(1), second(start, 60)), ABUSE);
        assert_eq!(mesh.observe(peer(1), Promised(1), second(start, 120)), None, "a new minute");
    }

    #[test]
    fn few_promises_or_half_of_many_kept_are_honest() {
        let (mut mesh, start) = (MeshAbuse::default(), Instant::now());
        for minute in 0..20 {
            let now = second(start, 60 * minute);
            assert_eq!(mesh.observe(peer(1), Promised(100), now), None);
            assert_eq!(mesh.observe(peer(1), Kept(50), now), None);
            assert_eq!(mesh.observe(peer(2), Promised(63), now), None);
        }
    }

    #[test]
    fn the_memory_is_bounded() {
        let (mut mesh, now) = (MeshAbuse::default(), Instant::now());
        for id in 0..3000 {
            mesh.observe(peer(id), Graft(TOPIC), now);
            mesh.observe(peer(id), Promised(1), now);
        }
        assert_eq!((mesh.meshes.len(), mesh.promises.len()), (MAX_MESHES, MAX_PEERS));
    }
}
