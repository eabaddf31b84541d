//! Messages on their way.

use std::rc::Rc;

use emotionalchain_node::consensus::replica::{Input, Judgement};
use emotionalchain_shared::{
    chain::schedule_after,
    primitives::{Height, Round},
    wire::ConsensusMessage,
};

use super::{Payload, What, World};
use crate::{
    byzantine::To,
    invariants::Violation,
    network::{
        Micros,
        hidden::{self, Way},
        weather::Weather,
    },
    plan::Fault,
};

/// One message in so many is encoded and decoded on its way.
const RECODED: u64 = 16;

impl World {
    /// Puts a message on the wire.
    pub(super) fn send(&mut self, at: usize, to: &To, payload: Payload) {
        if let Payload::Consensus(message) = &payload {
            let sender = self.people[self.nodes[at].seat].address();
            let checked = self.watch.sent(sender, message);
            self.hold(checked);
            self.note(|| format!("{at} sends {}", payload.name()));
        }
        if self.rng.below(RECODED) == 0 && !payload.survives() {
            self.hold(Err(Violation::of("codec", format!("does not decode to itself: {payload:?}"))));
        }
        let size = payload.size() as u64;
        let queued = self.queue(at, to, size);
        let payload = Rc::new(payload);
        let count = self.nodes.len();
        let receivers: Vec<usize> = match to {
            To::All => (0..count).collect(),
            To::Some(nodes) => nodes.clone(),
        };
        for receiver in receivers.into_iter().filter(|one| *one != at && *one < count) {
            self.tally.messages += 1;
            self.tally.bytes += size;
            for way in self.ways(at, receiver, &payload) {
                self.after(queued + way, receiver, What::Deliver(at, Rc::clone(&payload)));
            }
        }
    }

    /// How long the line is busy with the copies of a message.
    fn queue(&mut self, at: usize, to: &To, size: u64) -> Micros {
        let now = self.now;
        let limit = self.plan.faults.iter().find_map(|fault| match fault {
            Fault::Weather(span, Weather::Bandwidth(kilobytes)) if span.holds(now) => Some(*kilobytes),
            _ => None,
        });
        let Some(limit) = limit else { return 0 };
        let copies = match to {
            To::All => self.placement.degree(at),
            To::Some(nodes) => nodes.len().min(self.placement.degree(at)),
        };
        let free = self.nodes[at].busy.max(now) + size * copies as u64 * 1_000 / limit.max(1);
        self.nodes[at].busy = free;
        self.tally.fired("bandwidth", 1);
        free - now
    }

    /// When the copies of a message arrive at one node.
    fn ways(&mut self, from: usize, to: usize, payload: &Payload) -> Vec<Micros> {
        if self.is_hidden(from, to, payload) {
            self.tally.fired("hidden_decision", 1);
            return Vec::new();
        }
        let mut ways = vec![self.placement.way(from, to)];
        for fault in &self.plan.faults {
            let Fault::Weather(span, weather) = fault else { continue };
            if !span.holds(self.now) {
                continue;
            }
            let Some(way) = ways.first().copied() else { break };
            if let Some(met) = weather.meet(from, to, way, &mut self.rng) {
                self.tally.fired(weather.name(), 1);
                ways = met;
            }
        }
        ways
    }

    fn is_hidden(&self, from: usize, to: usize, payload: &Payload) -> bool {
        let Payload::Consensus(message) = payload else { return false };
        let (from, to) = (self.nodes[from].seat, self.nodes[to].seat);
        self.hidden.iter().any(|(height, blind)| {
            let over = Fault::Hidden { height: height.get() }.over();
            let Some(blind) = blind.filter(|_| self.now < over) else { return false };
            let way = Way { from, to, seats: self.plan.validators, blind };
            hidden::takes(*height, way, message, |seat| self.people[seat].address())
        })
    }

    fn arrived(&mut self, at: usize, message: &ConsensusMessage) {
        let ConsensusMessage::Proposal(one) = message else { return };
        let (height, round) = (one.proposal.height, one.proposal.round);
        let Some((sent, _)) = self.tally.proposed.get(&(height, round)).copied() else { return };
        if self.tally.arrived.insert((height, round, at)) {
            self.tally.propagation.push(self.now - sent);
        }
    }

    /// Shows the invariants what an honest node took.
    fn accepted(&mut self, at: usize, message: &ConsensusMessage) {
        let node = &self.nodes[at];
        let Some(replica) = node.replica.as_ref().filter(|_| !node.byzantine) else { return };
        let height = replica.core().height();
        let checked = self.watch.accepted(at, height, message);
        self.hold(checked);
    }

    /// A height with a hidden decision begins: who proposes in round 1?
    pub(super) fn choose_blind(&mut self, at: usize, height: Height) {
        if !self.hidden.iter().any(|(one, blind)| *one == height && blind.is_none()) {
            return;
        }
        let Some((_, snapshot)) = self.nodes[at].running() else { return };
        let Ok((_, _, schedule)) = schedule_after(snapshot) else { return };
        let proposer = |round| schedule.proposer(height, Round::new(round));
        let blind = proposer(1).filter(|next| proposer(0) != Some(*next));
        let seat = blind.and_then(|blind| self.people.iter().position(|one| one.address() == blind));
        for (one, blind) in &mut self.hidden {
            if *one == height {
                *blind = seat;
            }
        }
    }

    /// A message arrives.
    pub(super) fn deliver(&mut self, at: usize, from: usize, payload: &Payload) {
        if self.nodes[at].replica.is_none() {
            return;
        }
        match payload {
            Payload::Consensus(message) => {
                self.arrived(at, message);
                let said = self.behave(at, |one, seat| one.hear(seat, message));
                let judgement = self.feed(at, Input::Message(from as u64, message.clone()));
                if judgement == Some(Judgement::Accept) {
                    self.accepted(at, message);
                }
                self.speak(at, said.unwrap_or_default());
            }
            Payload::Transaction(transaction) => {
                self.feed(at, Input::Transactions(vec![(**transaction).clone()]));
            }
            Payload::Vote(vote) => {
                let said = self.behave(at, |one, seat| one.hear_vote(seat, vote));
                self.feed(at, Input::Vote((**vote).clone()));
                self.speak(at, said.unwrap_or_default());
            }
            Payload::AskStatus => {
                let head = self.nodes[at].head();
                self.send(at, &To::Some(vec![from]), Payload::Status(head));
            }
            Payload::Status(head) => self.on_status(at, from, *head),
            Payload::AskBlocks(height) => self.serve(at, from, *height),
            Payload::Blocks(blocks) => self.on_blocks(at, from, blocks),
        }
    }
}
