//! Who is kept and who is let go: pure choices among the full peers.
//!
//! - **Protected**, in this order: the `min_outbound` longest-connected peers that this node dialled, each in another
//!   subnet, always; peers of the configuration; the [`NEAREST`] with the shortest round trip; the [`USEFUL`] most
//!   useful; the [`OLDEST`] longest connected. An attacker would have to beat the honest peers at each of these at once.
//! - **When all slots are taken**, one without protection goes, or one of those with the least when all have some. Of
//!   them, whoever dialled this node before whoever this node dialled; the youngest of the subnet with the most of them.
//! - **Rotation** takes the least valuable that this node dialled and that is neither of the configuration nor always
//!   protected; when there is none, whoever would go if all slots were taken.
//! - **Slow** is a round trip above [`SLOW`] and four times the median, or more failures than answers.
//!
//! Addresses without a subnet (this machine's own) each count as a subnet of their own.
//!
//! The idea is that of Bitcoin Core's eviction of inbound peers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use libp2p::PeerId;

use super::{
    super::{peers::Direction, subnet::Subnet},
    quality::Quality,
};

/// Peers protected for their round trip.
pub const NEAREST: usize = 4;
/// Peers protected for their usefulness.
pub const USEFUL: usize = 4;
/// Peers protected for the age of their connection.
pub const OLDEST: usize = 2;
/// Round trip that is not slow whatever the others have.
pub const SLOW: Duration = Duration::from_millis(400);

const MAX_ERRORS_PER_MILLE: u64 = 500;

/// A full peer.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// The peer.
    pub peer: PeerId,
    /// Who opened its connection.
    pub direction: Direction,
    /// Where it is.
    pub subnet: Option<Subnet>,
    /// Since when it takes a slot.
    pub since: Instant,
    /// What was measured.
    pub quality: Quality,
    /// Whether it is of the configuration.
    pub persistent: bool,
}

impl Seat {
    fn outbound(&self) -> bool {
        self.direction == Direction::Outbound
    }
}

/// What protects a peer; the later the stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Free,
    Old,
    Useful,
    Near,
    Persistent,
    Anchor,
}

/// How many subnets the peers are in that this node dialled.
pub fn outbound_subnets<'a>(seats: impl IntoIterator<Item = &'a Seat>) -> usize {
    let mut known = BTreeSet::new();
    seats
        .into_iter()
        .filter(|seat| seat.outbound() && seat.subnet.is_none_or(|subnet| known.insert(subnet)))
        .count()
}

/// Whom to let go when all slots are taken; `None` only if everybody is always protected.
pub fn surplus(seats: &[Seat], min_outbound: usize) -> Option<PeerId> {
    let ranks = ranks(seats, min_outbound);
    let open = || seats.iter().filter_map(|seat| Some((*ranks.get(&seat.peer)?, seat)));
    let least = open().map(|(rank, _)| rank).filter(|rank| *rank < Rank::Anchor).min()?;
    let lowest: Vec<&Seat> = open().filter(|(rank, _)| *rank == least).map(|(_, seat)| seat).collect();
    let inbound: Vec<&Seat> = lowest.iter().copied().filter(|seat| !seat.outbound()).collect();
    if inbound.is_empty() {
        return lowest.iter().min_by_key(|seat| (seat.quality.value(), seat.peer)).map(|seat| seat.peer);
    }
    let mut neighbours: BTreeMap<Subnet, usize> = BTreeMap::new();
    for subnet in inbound.iter().filter_map(|seat| seat.subnet) {
        let count = neighbours.entry(subnet).or_default();
        *count = count.saturating_add(1);
    }
    let crowd = |seat: &Seat| seat.subnet.and_then(|subnet| neighbours.get(&subnet).copied()).unwrap_or(1);
    inbound.iter().max_by_key(|seat| (crowd(seat), seat.since, seat.peer)).map(|seat| seat.peer)
}

/// Whose slots fresh peers shall have: one in eight, rounded up.
pub fn stale(seats: &[Seat], min_outbound: usize) -> Vec<PeerId> {
    let count = seats.len().div_ceil(8);
    let ranks = ranks(seats, min_outbound);
    let rank = |seat: &Seat| ranks.get(&seat.peer).copied().unwrap_or(Rank::Free);
    let mut dialled: Vec<&Seat> =
        seats.iter().filter(|seat| seat.outbound() && rank(seat) < Rank::Persistent).collect();
    dialled.sort_unstable_by_key(|seat| (rank(seat), seat.quality.value(), seat.peer));
    if dialled.is_empty() {
        let rest: Vec<Seat> = seats.iter().filter(|seat| rank(seat) < Rank::Persistent).copied().collect();
        return surplus(&rest, 0).into_iter().collect();
    }
    dialled.into_iter().take(count).map(|seat| seat.peer).collect()
}

/// The peer with the worst line, if that is a bad one. Peers of the configuration stay: they would be dialled again.
pub fn slowest(seats: &[Seat]) -> Option<PeerId> {
    let mut rtts: Vec<Duration> = seats.iter().filter_map(|seat| seat.quality.rtt).collect();
    rtts.sort_unstable();
    let median = rtts.get(rtts.len().saturating_sub(1) / 2).copied();
    let bound = median.map(|median| median.saturating_mul(4).max(SLOW));
    let slow = |seat: &Seat| seat.quality.rtt.zip(bound).is_some_and(|(rtt, bound)| rtt > bound);
    let failing = |seat: &Seat| seat.quality.error_per_mille > MAX_ERRORS_PER_MILLE;
    let bad = seats.iter().filter(|seat| !seat.persistent && (slow(seat) || failing(seat)));
    bad.min_by_key(|seat| (seat.quality.value(), seat.peer)).map(|seat| seat.peer)
}

fn ranks(seats: &[Seat], min_outbound: usize) -> BTreeMap<PeerId, Rank> {
    let mut ranks: BTreeMap<PeerId, Rank> = BTreeMap::new();
    let mut protect = |peers: Vec<PeerId>, rank: Rank| {
        for peer in peers {
            let known = ranks.entry(peer).or_insert(rank);
            *known = rank.max(*known);
        }
    };
    let mut by_age: Vec<&Seat> = seats.iter().collect();
    by_age.sort_unstable_by_key(|seat| (seat.since, seat.peer));
    protect(by_age.iter().map(|seat| seat.peer).collect(), Rank::Free);
    protect(by_age.iter().take(OLDEST).map(|seat| seat.peer).collect(), Rank::Old);
    let mut useful: Vec<_> = by_age.iter().filter(|seat| seat.quality.useful_milli > 0).collect();
    useful.sort_by_key(|seat| Reverse(seat.quality.useful_milli));
    protect(useful.iter().take(USEFUL).map(|seat| seat.peer).collect(), Rank::Useful);
    let mut near: Vec<_> = by_age.iter().filter(|seat| seat.quality.rtt.is_some()).collect();
    near.sort_by_key(|seat| seat.quality.rtt);
    protect(near.iter().take(NEAREST).map(|seat| seat.peer).collect(), Rank::Near);
    protect(by_age.iter().filter(|seat| seat.persistent).map(|seat| seat.peer).collect(), Rank::Persistent);
    let mut known = BTreeSet::new();
    let anchors = by_age
        .iter()
        .filter(|seat| seat.outbound() && seat.subnet.is_none_or(|subnet| known.insert(subnet)))
        .take(min_outbound);
    protect(anchors.map(|seat| seat.peer).collect(), Rank::Anchor);
    ranks
}

#[cfg(test)]
mod tests;
