//! The peer manager: whom to dial, whom to keep, whom to ban. A sans-IO core: events and the time in, orders out.
//!
//! 1. **Slots.** Only a peer that has shown that it is a full peer of this chain takes a slot; light clients never do.
//!    Below `low` candidates are dialled at once, from then on only what is missing of `min_outbound` peers that this
//!    node dialled in different subnets. Above `high` one is let go (see `slots`). A newcomer may stay for `grace`
//!    all the same, to learn addresses; at most [`NEWCOMERS`] do, then the newest that dialled in goes at once.
//! 2. **Candidates** come from the address book ([`Candidates`]). Those in subnets that no outbound peer is in come
//!    first; below `low` any will do. Whoever hung up or was let go rests, and is dialled before its rest ends only
//!    below `low` and when there is nobody else.
//! 3. **Persistent peers**, those of the configuration, are dialled for ever (see `persistent`), except when `high`
//!    peers are there.
//! 4. **A failed dial is followed by another at once**, within the bounds of `dials`. A connection that ends within
//!    five seconds, or that a dialled peer leaves without a word about itself, is a failed dial.
//! 5. **A slow peer is replaced** at the next `slow_check`, and at each `rotation` one slot in eight gets a fresh peer:
//!    the newcomer is connected first, and if that leaves fewer than `low` peers or too few subnets, both stay.
//! 6. **Reputation** (see `reputation`) is changed by [`Conduct`](super::conduct::Conduct) alone. Below 30 a peer is
//!    banned (see [`bans`]): disconnected, and neither let in nor dialled until the ban ends.
//! 7. **A refused peer** (another chain) is neither dialled nor kept for `refusal`. At most [`MAX_REFUSED`] are
//!    remembered; past it the one whose refusal ends first is let go.
//! 8. **An order is not an event:** a peer counts as connected until it is said to be gone, and is told to go again when
//!    that takes too long. A dial that does not report is forgotten.
//!
//! Connected peers are bounded by the connection limits, all else here by the bounds above.

pub mod bans;
mod candidates;
mod clock;
mod dials;
mod events;
mod incidents;
mod links;
mod marks;
mod needs;
mod persistent;
mod policy;
mod quality;
mod reputation;
mod slots;
mod upkeep;

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use libp2p::{Multiaddr, PeerId};

use bans::{Ban, Bans, BansError};
use clock::{Clock, Spread, later};
use dials::Dials;
use links::Link;
use marks::Marks;
use persistent::Persistent;
use reputation::{RELIABLE_ABOVE, Reputations};

pub use candidates::{Candidate, Candidates};
pub use events::{Dial, Farewell, PeerAction, PeerEvent, Refusal, TargetId};
pub use persistent::peer_of;
pub use policy::Policy;
pub use quality::Quality;

/// Addresses dialled of one peer: one of each transport, on two interfaces.
pub const MAX_ADDRESSES: usize = 8;
/// Newcomers that may stay for a while above `high`.
pub const NEWCOMERS: usize = 8;
/// Refused peers remembered at once.
pub const MAX_REFUSED: usize = 1024;
/// Peers at rest remembered at once.
pub const MAX_RESTING: usize = 256;

/// How long a peer rests that has left by itself; a persistent one that stayed for so long has not failed.
const REST: Duration = Duration::from_mins(1);

/// The manager.
#[derive(Debug)]
pub struct PeerManager {
    policy: Policy,
    clock: Clock,
    spread: Spread,
    /// The time of the last event.
    now: Instant,
    links: BTreeMap<PeerId, Link>,
    persistent: Persistent,
    dials: Dials,
    next_id: u64,
    /// Whose slots fresh peers shall have.
    replacing: BTreeMap<PeerId, Farewell>,
    refused: Marks,
    resting: Marks,
    reputations: Reputations,
    bans: Bans,
    rotate_at: Instant,
    slow_check_at: Instant,
    /// When the stock is asked again after it had nobody for a free slot.
    fill_at: Instant,
    /// The same for slots that are not urgent.
    spare_at: Instant,
}

impl PeerManager {
    /// A manager without peers that dials the `persistent` addresses at its first event. `unix_ms` is the Unix time at
    /// `now`; `seed` spreads the waits and need not be secret.
    pub fn new(
        policy: Policy,
        persistent: &[Multiaddr],
        bans: Bans,
        seed: u64,
        now: Instant,
        unix_ms: u64,
    ) -> Self {
        let mut spread = Spread::new(seed);
        Self {
            policy,
            clock: Clock::new(now, unix_ms),
            now,
            links: BTreeMap::new(),
            persistent: Persistent::new(policy, persistent, now),
            dials: Dials::new(&policy, now),
            next_id: u64::try_from(persistent.len()).unwrap_or(u64::MAX),
            replacing: BTreeMap::new(),
            refused: Marks::new(MAX_REFUSED),
            resting: Marks::new(MAX_RESTING),
            reputations: Reputations::default(),
            bans,
            rotate_at: later(now, spread.jitter(policy.rotation)),
            slow_check_at: later(now, spread.jitter(policy.slow_check)),
            fill_at: now,
            spare_at: now,
            spread,
        }
    }

    /// Takes an event; answers with what to do. A time before that of the last event counts as the latter.
    pub fn handle(&mut self, now: Instant, event: PeerEvent, book: &mut impl Candidates) -> Vec<PeerAction> {
        self.now = self.now.max(now);
        let mut actions = Vec::new();
        match event {
            PeerEvent::Opened { peer, direction, address, target } => {
                self.opened(peer, direction, address, target, &mut actions);
            }
            PeerEvent::Identified { peer } => self.identified(peer, book, &mut actions),
            PeerEvent::Closed { peer } => self.closed(peer, book),
            PeerEvent::DialFailed(target) => self.dial_failed(target, book),
            PeerEvent::DialledSelf(target) => {
                self.persistent.remove(target);
                self.dial_failed(target, book);
            }
            PeerEvent::Rtt { peer, rtt } => {
                if let Some(link) = self.links.get_mut(&peer) {
                    link.measures.pinged(rtt);
                }
            }
            PeerEvent::Did { peer, conduct } => self.did(peer, conduct, &mut actions),
            PeerEvent::Refused { peer } => {
                self.refused.set(peer, later(self.now, self.policy.refusal));
                self.let_go(peer, Farewell::Refused, &mut actions);
            }
            PeerEvent::Tick => {}
        }
        self.upkeep(book, &mut actions);
        actions
    }

    /// Whether a peer at this address may connect or be dialled. Peers of the configuration may use a banned address:
    /// they do not answer for their neighbours.
    ///
    /// # Errors
    /// The [`Refusal`] that is in force.
    pub fn admits(&self, peer: &PeerId, ip: Option<IpAddr>, now: Instant) -> Result<(), Refusal> {
        let now_ms = self.clock.unix_ms(now);
        if self.is_refused(peer, now) {
            return Err(Refusal::Refused);
        }
        if let Some(until_ms) = self.bans.of(peer, now_ms) {
            return Err(Refusal::Banned { until_ms });
        }
        match ip.and_then(|ip| self.bans.of_ip(ip, now_ms)) {
            Some(until_ms) if !self.persistent.has(peer) => Err(Refusal::AddressBanned { until_ms }),
            _ => Ok(()),
        }
    }

    /// Whether a peer is refused at this time.
    pub fn is_refused(&self, peer: &PeerId, now: Instant) -> bool {
        self.refused.end(peer, now).is_some()
    }

    /// A peer's reputation, 0 to 100; 50 if nothing is known of it.
    pub fn reputation(&self, peer: &PeerId) -> u8 {
        self.reputations.of(peer)
    }

    /// Whether a peer's reputation is above 70.
    pub fn is_reliable(&self, peer: &PeerId) -> bool {
        self.reputation(peer) > RELIABLE_ABOVE
    }

    /// What is known of a connected peer.
    pub fn quality(&self, peer: &PeerId) -> Option<Quality> {
        let link = self.links.get(peer)?;
        Some(link.measures.quality(link.is_full(), self.reputation(peer), self.now))
    }

    /// Peers that take a slot.
    pub fn full_peers(&self) -> usize {
        self.links.values().filter(|link| link.is_full()).count()
    }

    /// Subnets of the peers that take a slot and that this node dialled.
    pub fn outbound_subnets(&self) -> usize {
        slots::outbound_subnets(&self.seats(true))
    }

    /// The bans in force, in the order of the peers' ids.
    pub fn bans(&self, now: Instant) -> Vec<Ban> {
        self.bans.list(self.clock.unix_ms(now))
    }

    /// The bans as the text that [`Bans::decode`] reads.
    ///
    /// # Errors
    /// See [`Bans::encode`].
    pub fn encode_bans(&self, now: Instant) -> Result<String, BansError> {
        self.bans.encode(self.clock.unix_ms(now))
    }

    /// Bans a peer at the operator's wish, whatever its reputation. A tick is to follow: its slot is free.
    pub fn ban(&mut self, peer: PeerId, duration: Duration, now: Instant) -> Vec<PeerAction> {
        self.now = self.now.max(now);
        let until_ms = self.bans.order(peer, duration, self.clock.unix_ms(self.now));
        let mut actions = vec![PeerAction::Banned { peer, until_ms }];
        self.let_go(peer, Farewell::Banned, &mut actions);
        actions
    }

    /// Lifts a peer's ban and forgets its earlier ones; whether it was banned.
    pub fn unban(&mut self, peer: &PeerId, now: Instant) -> bool {
        self.bans.lift(peer, self.clock.unix_ms(now))
    }
}

#[cfg(test)]
mod tests;
