//! Dials under way.
//!
//! - At most `max_dials` at once; persistent addresses leave [`FOR_CANDIDATES`] of them to candidates, so that dead
//!   addresses in a configuration cannot keep a node from finding others.
//! - At most [`MAX_PACE`] candidates are dialled within a second: an address book full of dead or foreign addresses makes
//!   this node nobody's cannon.
//! - One that does not report in time is forgotten.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use libp2p::PeerId;

use super::{super::subnet::Subnet, clock::later, events::TargetId, policy::Policy};

/// Dials that persistent addresses leave to candidates.
pub const FOR_CANDIDATES: usize = 2;
/// Candidates dialled within a second.
pub const MAX_PACE: u32 = 16;

const SECOND: Duration = Duration::from_secs(1);

/// What a dial is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An address of the configuration.
    Persistent,
    /// A free slot.
    Slot,
    /// The slot of this peer.
    Replace(PeerId),
}

/// A dial under way.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Who is expected.
    pub peer: Option<PeerId>,
    /// Where it may end.
    pub subnets: Vec<Subnet>,
    /// What for.
    pub purpose: Purpose,
    end: Instant,
}

/// All dials under way.
#[derive(Debug)]
pub struct Dials {
    max: usize,
    patience: Duration,
    flights: BTreeMap<TargetId, Flight>,
    pace_since: Instant,
    pace: u32,
}

impl Dials {
    /// None yet.
    pub const fn new(policy: &Policy, now: Instant) -> Self {
        Self {
            max: policy.max_dials,
            patience: policy.dial_patience,
            flights: BTreeMap::new(),
            pace_since: now,
            pace: 0,
        }
    }

    /// Whether a dial for this purpose may start now.
    pub fn room(&self, purpose: Purpose, now: Instant) -> bool {
        match purpose {
            Purpose::Persistent => self.persistent_room(),
            _ => self.candidate_room() && (self.pace < MAX_PACE || self.pace_end() <= now),
        }
    }

    /// Whether a slot is free for one more persistent address.
    pub fn persistent_room(&self) -> bool {
        let persistent = self.flights.values().filter(|flight| flight.purpose == Purpose::Persistent).count();
        self.flights.len() < self.max && persistent < self.max.saturating_sub(FOR_CANDIDATES).max(1)
    }

    /// When candidates may be dialled again; `None` while they can be only after a dial has ended.
    pub fn candidates_from(&self) -> Option<Instant> {
        let paced = if self.pace < MAX_PACE { self.pace_since } else { self.pace_end() };
        self.candidate_room().then_some(paced)
    }

    /// Enters a dial.
    pub fn start(
        &mut self,
        id: TargetId,
        peer: Option<PeerId>,
        subnets: Vec<Subnet>,
        purpose: Purpose,
        now: Instant,
    ) {
        if purpose != Purpose::Persistent {
            if self.pace_end() <= now {
                (self.pace_since, self.pace) = (now, 0);
            }
            self.pace = self.pace.saturating_add(1);
        }
        self.flights.insert(id, Flight { peer, subnets, purpose, end: later(now, self.patience) });
    }

    /// A dial has ended.
    pub fn end(&mut self, id: TargetId) -> Option<Flight> {
        self.flights.remove(&id)
    }

    /// The dials that took too long.
    pub fn overdue(&self, now: Instant) -> Vec<TargetId> {
        self.flights.iter().filter(|(_, flight)| flight.end <= now).map(|(id, _)| *id).collect()
    }

    /// When the next dial will have taken too long.
    pub fn next_end(&self) -> Option<Instant> {
        self.flights.values().map(|flight| flight.end).min()
    }

    /// All dials under way.
    pub fn iter(&self) -> impl Iterator<Item = (TargetId, &Flight)> {
        self.flights.iter().map(|(id, flight)| (*id, flight))
    }

    fn candidate_room(&self) -> bool {
        self.flights.len() < self.max
    }

    fn pace_end(&self) -> Instant {
        later(self.pace_since, SECOND)
    }
}
