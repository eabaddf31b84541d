//! Whom to dial, without IO: three to six peers are kept, failures are retried ever more slowly, liars never again.
//!
//! - All known addresses of a peer are dialled at once.
//! - Below [`TARGET`] connections, idle peers are dialled until as many are connected or being dialled; above
//!   [`ENOUGH`] none is, and what connects beyond it is let go.
//! - A failed or lost peer is retried after 0.25 s, then twice as long each time, up to 8 s, each time a little more
//!   or less by the peer's own number, so that clients of a network that comes back do not return in step.
//! - A peer that lied is dropped for the life of the client. Peers that nobody reaches for long are forgotten first
//!   when a new one needs the place.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use vecmap::VecMap;
use web_time::Instant;

use crate::{options::peer_of, transport::TransportKind};

/// Connections to have: one that leads and two that witness it.
pub const TARGET: usize = 3;
/// Connections that are enough.
pub const ENOUGH: usize = 6;
/// Peers known.
const MAX_KNOWN: usize = 64;
/// Addresses of one peer.
const MAX_ADDRESSES: usize = 6;
/// The first wait after a failure.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Whether an address that a peer named may be dialled: an IP address, and one of a private network only if the peer
/// itself is in one. Otherwise anybody could send pages knocking at their visitors' own machines.
pub fn may_be_hearsay(address: &Multiaddr, via: &Multiaddr) -> bool {
    match is_public(address) {
        Some(public) => public || is_public(via) != Some(true),
        None => false,
    }
}

/// Whether an address is one of the whole internet; nothing for a name.
fn is_public(address: &Multiaddr) -> Option<bool> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(
            !(ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()),
        ),
        Protocol::Ip6(ip) => Some(
            !(ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.to_ipv4_mapped().is_some()),
        ),
        _ => None,
    }
}

/// What a peer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may be dialled from then on.
    Waiting(Instant),
    /// It is being dialled.
    Dialling,
    /// It is connected.
    Connected,
    /// It lied.
    Banned,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<Multiaddr>,
    state: State,
    failures: u32,
}

/// A dial that should be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Whom.
    pub peer: PeerId,
    /// Where: all at once.
    pub addresses: Vec<Multiaddr>,
}

/// Everybody that is known.
#[derive(Debug)]
pub struct Peers {
    known: VecMap<PeerId, Known>,
    transports: Vec<TransportKind>,
}

impl Peers {
    /// Nobody yet; addresses of other transports than these are passed over, unless there is none in the list.
    pub const fn new(transports: Vec<TransportKind>) -> Self {
        Self { known: VecMap::new(), transports }
    }

    /// Takes an address that somebody named.
    pub fn learn(&mut self, address: Multiaddr, now: Instant) {
        let Some(peer) = peer_of(&address) else { return };
        if !self.transports.is_empty() && !self.transports.contains(&TransportKind::of(&address)) {
            return;
        }
        if !self.known.contains_key(&peer) && !self.make_room() {
            return;
        }
        let known = self.known.entry(peer).or_insert_with(|| Known {
            addresses: Vec::new(),
            state: State::Waiting(now),
            failures: 0,
        });
        if known.addresses.len() < MAX_ADDRESSES && !known.addresses.contains(&address) {
            known.addresses.push(address);
        }
    }

    /// Forgets the waiting peer that failed most often; among a crowd of liars, the one that was met first.
    fn make_room(&mut self) -> bool {
        if self.known.len() < MAX_KNOWN {
            return true;
        }
        let banned = |one: &(&PeerId, &Known)| one.1.state == State::Banned;
        if self.known.iter().filter(banned).count() > MAX_KNOWN.div_ceil(2)
            && let Some(first) = self.known.iter().find(banned).map(|(peer, _)| *peer)
        {
            return self.known.remove(&first).is_some();
        }
        let waiting = self.known.iter().filter(|(_, one)| matches!(one.state, State::Waiting(_)));
        let worst = waiting.filter(|(_, one)| one.failures > 0).max_by_key(|(_, one)| one.failures);
        let worst = worst.map(|(peer, _)| *peer);
        worst.is_some_and(|peer| self.known.remove(&peer).is_some())
    }

    /// Who should be dialled now.
    pub fn dials(&mut self, now: Instant) -> Vec<Dial> {
        let busy = |one: &&Known| matches!(one.state, State::Dialling | State::Connected);
        let mut wanted = TARGET.saturating_sub(self.known.values().filter(busy).count());
        let mut dials = Vec::new();
        let mut due: Vec<_> = self
            .known
            .iter_mut()
            .filter(|(_, one)| matches!(one.state, State::Waiting(until) if until <= now))
            .collect();
        due.sort_by_key(|(_, one)| one.failures);
        for (peer, one) in due {
            if wanted == 0 {
                break;
            }
            wanted = wanted.saturating_sub(1);
            one.state = State::Dialling;
            dials.push(Dial { peer: *peer, addresses: one.addresses.clone() });
        }
        dials
    }

    /// A connection stands: whether it is to be kept.
    pub fn connected(&mut self, peer: PeerId) -> bool {
        let others =
            self.known.iter().filter(|(id, one)| **id != peer && one.state == State::Connected).count();
        match self.known.get_mut(&peer) {
            Some(one) if one.state != State::Banned && others < ENOUGH => {
                one.state = State::Connected;
                true
            }
            _ => false,
        }
    }

    /// The peer has shown that it is a useful one: its next failure is its first.
    pub fn useful(&mut self, peer: &PeerId) {
        if let Some(one) = self.known.get_mut(peer) {
            one.failures = 0;
        }
    }

    /// The peer was not reached, or is gone.
    pub fn lost(&mut self, peer: &PeerId, now: Instant) {
        if let Some(one) = self.known.get_mut(peer).filter(|one| one.state != State::Banned) {
            let doubled =
                FIRST_WAIT.saturating_mul(1_u32.checked_shl(one.failures.min(16)).unwrap_or(u32::MAX));
            let wait = doubled.min(LONGEST_WAIT);
            // From 7/8 to 9/8 of it.
            let own = u32::from(peer.to_bytes().last().copied().unwrap_or_default());
            let eighth = wait.checked_div(8).unwrap_or_default();
            let spread = eighth.saturating_mul(own).checked_div(128).unwrap_or_default();
            let wait = wait.saturating_sub(eighth).saturating_add(spread);
            one.failures = one.failures.saturating_add(1);
            one.state = State::Waiting(now.checked_add(wait).unwrap_or(now));
        }
    }

    /// The peer lied.
    pub fn ban(&mut self, peer: PeerId) {
        if let Some(one) = self.known.get_mut(&peer) {
            one.state = State::Banned;
        }
    }

    /// Whether more peers should be asked for.
    pub fn wants_more(&self) -> bool {
        let usable = |one: &&Known| one.state != State::Banned && one.failures < 3;
        self.known.values().filter(usable).count() < ENOUGH
    }

    /// Addresses worth keeping, of connected peers first.
    pub fn addresses(&self) -> Vec<String> {
        let mut kept: Vec<_> = self.known.values().filter(|one| one.state != State::Banned).collect();
        kept.sort_by_key(|one| (one.state != State::Connected, one.failures));
        kept.iter().flat_map(|one| one.addresses.iter().map(ToString::to_string)).collect()
    }

    /// Everybody, with an address and what they are doing.
    pub fn list(&self) -> impl Iterator<Item = (&PeerId, Option<&Multiaddr>, State)> {
        self.known.iter().map(|(peer, one)| (peer, one.addresses.first(), one.state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn address(peer: PeerId, port: u16) -> Multiaddr {
        format!("/ip4/127.0.0.1/tcp/{port}/ws/p2p/{peer}").parse().unwrap()
    }

    fn some(count: usize) -> (Peers, Vec<PeerId>, Instant) {
        let (mut peers, now) = (Peers::new(Vec::new()), clock::instant());
        let ids: Vec<PeerId> = (0..count).map(|_| PeerId::random()).collect();
        for (index, id) in ids.iter().enumerate() {
            peers.learn(address(*id, index as u16), now);
        }
        (peers, ids, now)
    }

    #[test]
    fn the_target_is_kept_and_no_more() {
        let (mut peers, _, now) = some(10);
        let dials = peers.dials(now);
        assert_eq!(dials.len(), TARGET);
        assert!(peers.dials(now).is_empty(), "those are on their way");
        for dial in &dials {
            assert!(peers.connected(dial.peer));
        }
        peers.lost(&dials[0].peer, now);
        assert_eq!(peers.dials(now).len(), 1, "a lost peer is replaced at once");
    }

    #[test]
    fn what_connects_beyond_enough_is_let_go() {
        let (mut peers, ids, _) = some(ENOUGH + 1);
        assert!(ids[..ENOUGH].iter().all(|id| peers.connected(*id)));
        assert!(!peers.connected(ids[ENOUGH]));
        assert!(!peers.connected(PeerId::random()), "strangers as well");
    }

    #[test]
    fn failures_slow_down_and_success_forgets_them() {
        let (mut peers, ids, start) = some(1);
        let mut now = start;
        let mut waits = Vec::new();
        for _ in 0..12 {
            assert_eq!(peers.dials(now).len(), 1);
            peers.lost(&ids[0], now);
            let State::Waiting(until) = peers.list().next().unwrap().2 else { panic!() };
            waits.push(until - now);
            assert!(peers.dials(now).is_empty());
            now = until;
        }
        assert!(waits[0] < Duration::from_millis(300) && waits[0] > Duration::from_millis(200));
        assert!(waits[3] > waits[0] * 5);
        assert!(waits.iter().all(|wait| *wait <= LONGEST_WAIT * 9 / 8));
        peers.dials(now);
        peers.connected(ids[0]);
        peers.useful(&ids[0]);
        peers.lost(&ids[0], now);
        let State::Waiting(until) = peers.list().next().unwrap().2 else { panic!() };
        assert!(until - now < Duration::from_millis(300));
    }

    #[test]
    fn liars_stay_away() {
        let (mut peers, ids, now) = some(1);
        peers.dials(now);
        assert!(peers.connected(ids[0]));
        peers.ban(ids[0]);
        peers.lost(&ids[0], now);
        peers.learn(address(ids[0], 9), now);
        assert!(peers.dials(now + Duration::from_secs(3_600)).is_empty());
        assert!(!peers.connected(ids[0]));
        assert!(peers.addresses().is_empty());
    }

    #[test]
    fn memory_is_bounded_and_the_worst_makes_room() {
        let (mut peers, ids, now) = some(MAX_KNOWN);
        let late = PeerId::random();
        peers.learn(address(late, 1), now);
        assert_eq!(peers.list().count(), MAX_KNOWN, "nobody failed yet: nobody goes");
        assert!(peers.list().all(|(id, ..)| *id != late));
        peers.lost(&ids[7], now);
        peers.learn(address(late, 1), now);
        assert!(peers.list().any(|(id, ..)| *id == late) && peers.list().all(|(id, ..)| *id != ids[7]));
        for port in 0..100 {
            peers.learn(address(late, port), now);
        }
        assert_eq!(peers.known[&late].addresses.len(), MAX_ADDRESSES);
    }

    #[test]
    fn hearsay_of_private_networks_stays_there() {
        let [public, private, own, name] = [
            "/ip4/8.8.8.8/tcp/1/ws",
            "/ip4/192.168.1.1/tcp/80/ws",
            "/ip4/127.0.0.1/tcp/1/ws",
            "/dns4/router.local/tcp/80/ws",
        ]
        .map(|text| text.parse::<Multiaddr>().unwrap());
        assert!(may_be_hearsay(&public, &public) && may_be_hearsay(&public, &own));
        assert!(may_be_hearsay(&own, &own) && may_be_hearsay(&private, &own));
        assert!(!may_be_hearsay(&private, &public) && !may_be_hearsay(&own, &public));
        assert!(!may_be_hearsay(&name, &own) && !may_be_hearsay(&Multiaddr::empty(), &own));
        let mapped = "/ip6/::ffff:127.0.0.1/tcp/1/ws".parse().unwrap();
        assert!(!may_be_hearsay(&mapped, &public));
    }

    #[test]
    fn a_crowd_of_liars_leaves_room() {
        let (mut peers, ids, now) = some(MAX_KNOWN);
        for id in &ids[..MAX_KNOWN / 2 + 1] {
            peers.ban(*id);
        }
        let late = PeerId::random();
        peers.learn(address(late, 1), now);
        assert!(peers.list().any(|(id, ..)| *id == late) && peers.list().count() == MAX_KNOWN);
    }

    #[test]
    fn unwanted_transports_are_passed_over() {
        let (mut peers, now) = (Peers::new(vec![TransportKind::WebRtc]), clock::instant());
        peers.learn(address(PeerId::random(), 1), now);
        assert_eq!(peers.list().count(), 0);
    }
}
