//! What is due after each event: whom to let go, whom to dial, and when to look again.

use std::time::{Duration, Instant};

use libp2p::{Multiaddr, PeerId};

use super::{
    super::{
        peers::Direction,
        subnet::{Subnet, peer_ip},
    },
    Candidates, MAX_ADDRESSES, NEWCOMERS, PeerManager,
    clock::later,
    dials::Purpose,
    events::{Dial, Farewell, PeerAction, TargetId},
    links::{Link, REMIND},
    slots,
};

/// Waits before a stock that had nobody is asked again, for a free slot and for what is not urgent.
const FILL_RETRY: Duration = Duration::from_millis(250);
const SPARE_RETRY: Duration = Duration::from_secs(5);

impl PeerManager {
    /// When [`PeerEvent::Tick`](super::PeerEvent::Tick) will next have something to do: always after the time of the
    /// last event.
    pub fn next_wake(&self) -> Option<Instant> {
        let links = self.links.values();
        let reminders = links.clone().filter_map(|link| link.leaving).map(|(since, _)| later(since, REMIND));
        let pending = links.clone().filter_map(|link| link.pending_end(&self.policy));
        let graced = links.filter(|link| link.is_full()).filter_map(|link| link.grace_end(&self.policy));
        let room = self.dials.persistent_room() && self.wants_persistent();
        let few = self.few();
        let idle = self.persistent.iter().filter(|_| room).filter(|(id, _)| self.is_idle(*id));
        let persistent =
            idle.filter_map(|(_, target)| Some(self.barred_until(target.peer)?.max(target.due(few))));
        let fill = Some(self.fill_at).filter(|_| self.missing() > 0);
        let spare = Some(self.spare_at).filter(|_| self.wants_spare());
        let candidates =
            fill.into_iter().chain(spare).filter_map(|at| Some(at.max(self.dials.candidates_from()?)));
        reminders
            .chain(pending)
            .chain(graced)
            .chain(persistent)
            .chain(candidates)
            .chain(self.dials.next_end())
            .chain([self.rotate_at, self.slow_check_at])
            .filter(|at| *at > self.now)
            .min()
    }

    pub(super) fn upkeep(&mut self, book: &mut impl Candidates, actions: &mut Vec<PeerAction>) {
        for target in self.dials.overdue(self.now) {
            self.dial_failed(target, book);
        }
        self.refused.expire(self.now);
        self.resting.expire(self.now);
        self.remind(actions);
        self.choose_replaced();
        while let Some(peer) = self.surplus() {
            self.let_go(peer, Farewell::Full, actions);
        }
        self.dial_persistent(actions);
        self.dial_candidates(book, actions);
    }

    /// Orders the end of a peer's connections, once.
    pub(super) fn let_go(&mut self, peer: PeerId, why: Farewell, actions: &mut Vec<PeerAction>) {
        let Some(link) = self.links.get_mut(&peer).filter(|link| link.leaving.is_none()) else { return };
        link.leaving = Some((self.now, why));
        self.replacing.remove(&peer);
        self.resting.set(peer, later(self.now, self.policy.rotation));
        actions.push(PeerAction::Disconnect { peer, why });
    }

    fn remind(&mut self, actions: &mut Vec<PeerAction>) {
        for (peer, link) in &mut self.links {
            let Some((since, why)) = link.leaving else { continue };
            if later(since, REMIND) <= self.now {
                link.leaving = Some((self.now, why));
                actions.push(PeerAction::Disconnect { peer: *peer, why });
            }
        }
    }

    fn choose_replaced(&mut self) {
        if self.slow_check_at <= self.now {
            self.slow_check_at = later(self.now, self.policy.slow_check);
            self.replacing.retain(|_, why| *why != Farewell::Slow);
            let slowest = slots::slowest(&self.seats(false));
            self.replacing.extend(slowest.map(|peer| (peer, Farewell::Slow)));
        }
        if self.rotate_at <= self.now {
            self.rotate_at = later(self.now, self.spread.jitter(self.policy.rotation));
            self.replacing.retain(|_, why| *why != Farewell::Rotated);
            if self.few() {
                return;
            }
            for peer in slots::stale(&self.seats(false), self.policy.min_outbound) {
                self.replacing.entry(peer).or_insert(Farewell::Rotated);
            }
        }
    }

    fn surplus(&self) -> Option<PeerId> {
        let full = self.full_peers();
        if full <= self.policy.high {
            return None;
        }
        let settled = self.seats(false);
        if settled.len() > self.policy.high {
            return slots::surplus(&settled, self.policy.min_outbound);
        }
        if full <= self.policy.high.saturating_add(NEWCOMERS) {
            return None;
        }
        let newcomers = self.links.iter().filter(|(_, link)| link.is_graced(&self.policy, self.now));
        newcomers
            .max_by_key(|(peer, link)| (link.direction == Direction::Inbound, link.full_since, **peer))
            .map(|(peer, _)| *peer)
    }

    fn dial_persistent(&mut self, actions: &mut Vec<PeerAction>) {
        let few = self.few();
        let idle = self.persistent.iter().filter(|(id, _)| self.is_idle(*id));
        let due = |at: Instant| at <= self.now;
        let mut ready: Vec<(u32, Instant, TargetId)> = idle
            .filter(|(_, target)| due(target.due(few)))
            .filter(|(_, target)| self.barred_until(target.peer).is_some_and(due))
            .map(|(id, target)| (target.failures, target.due(few), id))
            .collect();
        ready.sort_unstable();
        for (_, _, id) in ready {
            if !self.wants_persistent() || !self.dials.room(Purpose::Persistent, self.now) {
                return;
            }
            let Some(target) = self.persistent.get(id) else { continue };
            let dial = Dial { target: id, peer: target.peer, addresses: target.addresses.clone() };
            self.start(dial, Purpose::Persistent, actions);
        }
    }

    fn dial_candidates(&mut self, book: &mut impl Candidates, actions: &mut Vec<PeerAction>) {
        while self.missing() > 0 && self.fill_at <= self.now && self.dials.room(Purpose::Slot, self.now) {
            if !self.dial_candidate(book, Purpose::Slot, actions) {
                self.fill_at = later(self.now, FILL_RETRY);
            }
        }
        if self.spare_at > self.now {
            return;
        }
        let mut starved = false;
        while !starved && self.missing_outbound() > 0 && self.dials.room(Purpose::Slot, self.now) {
            starved = !self.dial_candidate(book, Purpose::Slot, actions);
        }
        for victim in self.unserved() {
            if self.dials.room(Purpose::Replace(victim), self.now) {
                starved |= !self.dial_candidate(book, Purpose::Replace(victim), actions);
            }
        }
        if starved {
            self.spare_at = later(self.now, SPARE_RETRY);
        }
    }

    /// Dials one candidate; `false` if the stock has none that fits.
    fn dial_candidate(
        &mut self,
        book: &mut impl Candidates,
        purpose: Purpose,
        actions: &mut Vec<PeerAction>,
    ) -> bool {
        let mut taken = self.taken_subnets();
        if let Purpose::Replace(victim) = purpose {
            // One for one: where the old one is, the new one may be.
            let left = self.links.get(&victim).and_then(Link::subnet);
            taken.retain(|subnet| Some(*subnet) != left);
        }
        let usable = |peer: &PeerId, addresses: &[Multiaddr]| {
            !self.links.contains_key(peer)
                && !self.dials.iter().any(|(_, flight)| flight.peer == Some(*peer))
                && addresses.iter().any(|address| self.admits(peer, peer_ip(address), self.now).is_ok())
        };
        let rested = |peer: &PeerId| self.resting.end(peer, self.now).is_none();
        let apart =
            |all: &[Multiaddr]| !all.iter().filter_map(Subnet::of).any(|subnet| taken.contains(&subnet));
        let mut picked = book.pick(self.now, &|p, all| !(usable(p, all) && rested(p) && apart(all)));
        if picked.is_none() && purpose == Purpose::Slot && self.missing() > 0 {
            picked = book
                .pick(self.now, &|p, all| !(usable(p, all) && rested(p)))
                .or_else(|| book.pick(self.now, &|p, all| !usable(p, all)));
        }
        let Some(picked) = picked else { return false };
        let peer = picked.peer;
        let mut addresses = picked.addresses;
        addresses.retain(|address| self.admits(&peer, peer_ip(address), self.now).is_ok());
        addresses.truncate(MAX_ADDRESSES);
        if addresses.is_empty() {
            return false;
        }
        let target = TargetId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        self.start(Dial { target, peer: Some(peer), addresses }, purpose, actions);
        true
    }

    fn start(&mut self, dial: Dial, purpose: Purpose, actions: &mut Vec<PeerAction>) {
        let subnets = dial.addresses.iter().filter_map(Subnet::of).collect();
        self.dials.start(dial.target, dial.peer, subnets, purpose, self.now);
        actions.push(PeerAction::Dial(dial));
    }
}
