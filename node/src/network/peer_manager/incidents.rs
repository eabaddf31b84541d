//! What each event changes; what is to be done about it follows in `upkeep`.

use libp2p::{Multiaddr, PeerId};

use super::{
    super::{conduct::Conduct, peers::Direction, subnet::peer_ip},
    Candidates, PeerManager, REST,
    clock::later,
    dials::Purpose,
    events::{Farewell, PeerAction, TargetId},
    links::{LASTING, Link},
    reputation::BAN_BELOW,
    slots,
};

impl PeerManager {
    pub(super) fn opened(
        &mut self,
        peer: PeerId,
        direction: Direction,
        address: Multiaddr,
        target: Option<TargetId>,
        actions: &mut Vec<PeerAction>,
    ) {
        let flight = target.and_then(|id| {
            self.persistent.reached(id, peer);
            self.dials.end(id)
        });
        // A further connection of a peer changes nothing: the slot is the peer's.
        if self.links.contains_key(&peer) {
            return;
        }
        let refusal = self.admits(&peer, peer_ip(&address), self.now).err();
        let mut link = Link::new(direction, address, self.now);
        link.replaces = flight.and_then(|flight| match flight.purpose {
            Purpose::Replace(victim) => Some(victim),
            _ => None,
        });
        self.links.insert(peer, link);
        self.reputations.came(&peer);
        if let Some(refusal) = refusal {
            self.let_go(peer, refusal.into(), actions);
        }
    }

    pub(super) fn identified(
        &mut self,
        peer: PeerId,
        book: &mut impl Candidates,
        actions: &mut Vec<PeerAction>,
    ) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&peer).filter(|link| link.leaving.is_none()) else { return };
        if link.full_since.is_some() {
            return;
        }
        link.full_since = Some(now);
        if link.direction == Direction::Outbound {
            book.worked(&peer, &link.address, now);
        }
        let Some(victim) = link.replaces.take() else { return };
        let Some(why) = self.replacing.remove(&victim) else { return };
        let seats = self.seats(true);
        let rest = || seats.iter().filter(|seat| seat.peer != victim);
        let (before, after) = (slots::outbound_subnets(&seats), slots::outbound_subnets(rest()));
        let enough = after >= self.policy.min_outbound || after == before;
        if rest().count() >= self.policy.low && enough {
            self.let_go(victim, why, actions);
        }
    }

    pub(super) fn closed(&mut self, peer: PeerId, book: &mut impl Candidates) {
        let Some(link) = self.links.remove(&peer) else { return };
        self.reputations.left(&peer);
        self.replacing.remove(&peer);
        let lasted = self.now.saturating_duration_since(link.since) >= LASTING;
        if link.leaving.is_none() {
            let dialled = link.direction == Direction::Outbound;
            if dialled && (!lasted || link.full_since.is_none()) {
                book.failed(&peer, self.now);
            }
            self.resting.set(peer, later(self.now, REST));
        }
        let held = link.leaving.is_none() && self.now.saturating_duration_since(link.since) >= REST;
        self.persistent.left(&peer, held, &mut self.spread, self.now);
    }

    pub(super) fn dial_failed(&mut self, target: TargetId, book: &mut impl Candidates) {
        let Some(flight) = self.dials.end(target) else { return };
        match (flight.purpose, flight.peer) {
            (Purpose::Persistent, _) => self.persistent.failed(target, &mut self.spread, self.now),
            (_, Some(peer)) => book.failed(&peer, self.now),
            (_, None) => {}
        }
    }

    pub(super) fn did(&mut self, peer: PeerId, conduct: Conduct, actions: &mut Vec<PeerAction>) {
        let now_ms = self.clock.unix_ms(self.now);
        // What was under way when the ban fell is not punished twice.
        if self.bans.of(&peer, now_ms).is_some() {
            return;
        }
        let mut link = self.links.get_mut(&peer);
        if let Some(link) = &mut link {
            link.measures.did(conduct, self.now);
        }
        if self.reputations.did(peer, conduct, link.is_some(), self.now) >= BAN_BELOW {
            return;
        }
        let until_ms = self.bans.sentence(peer, link.and_then(|link| link.ip()), now_ms);
        self.reputations.forget(&peer);
        actions.push(PeerAction::Banned { peer, until_ms });
        self.let_go(peer, Farewell::Banned, actions);
    }
}
