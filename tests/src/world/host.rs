//! What the node's task does, in virtual time: starting, feeding the replica, carrying out what it answers.

use std::{sync::Arc, time::Duration};

use emotionalchain_node::{
    consensus::{
        log,
        replica::{Commit, Input, Judgement, Output, Replica, ReplicaConfig},
    },
    mempool::MempoolConfig,
};
use emotionalchain_shared::{
    biometrics::CommitmentSecret,
    chain::{
        Action, Transaction,
        state::{Account, Overlay, StateKey},
    },
    consensus::{
        Evidence,
        engine::{Bounds, CoreConfig},
    },
    primitives::{Amount, Height},
    wire::ConsensusMessage,
};

use super::{Payload, TICK, TRANSFER, What, World, people, store::batch};
use crate::{
    byzantine::{Said, Seat, To},
    invariants::Violation,
    network::Micros,
    plan::{CrashTime, Fault, Mutation},
};

/// Pieces of evidence taken up again after a restart.
const PENDING_EVIDENCE: usize = 256;

fn micros(length: Duration) -> Micros {
    Micros::try_from(length.as_micros()).unwrap_or(Micros::MAX / 2)
}

impl World {
    /// The process starts, for the first time or again.
    pub(super) fn start(&mut self, at: usize) {
        if self.nodes[at].stopped {
            return;
        }
        self.note(|| format!("{at} starts"));
        self.down -= 1;
        let now = self.clock(at);
        let mutation = if self.nodes[at].byzantine { None } else { self.mutation() };
        let (spec, bounds) = (Arc::clone(&self.spec), self.bounds());
        let node = &mut self.nodes[at];
        let entries = match node.disk.open() {
            Ok(entries) => entries,
            Err(reason) => return self.stopped(at, &reason),
        };
        let replay = match log::replay(&entries) {
            Ok(replay) => replay,
            Err(reason) => return self.stopped(at, &reason),
        };
        let head = node.store.head().unwrap().unwrap();
        let config = ReplicaConfig {
            spec,
            core: CoreConfig { mutation, bounds, ..CoreConfig::default() },
            mempool: MempoolConfig::default(),
            keys: Some(self.people[node.seat].keys()),
        };
        let certificate = node.store.certificate(head.height).unwrap();
        let mut replica = Replica::new(config, head, certificate);
        let snapshot = node.store.snapshot().unwrap();
        let recovered = replica.recover(now, &snapshot, replay);
        node.snapshot = None;
        match recovered {
            Ok(outputs) => {
                node.replica = Some(replica);
                let evidence = node.store.evidence(PENDING_EVIDENCE).unwrap();
                self.carry_out(at, outputs);
                for piece in evidence {
                    self.feed(at, Input::Evidence(piece));
                }
            }
            Err(reason) => self.stopped(at, &reason),
        }
    }

    fn bounds(&self) -> Bounds {
        if self.plan.mutation == Some(Mutation::BoundsOff) {
            return Bounds {
                future_rounds: u32::MAX,
                next_height_per_seat: usize::MAX,
                next_height_unknown: usize::MAX,
                ..Bounds::default()
            };
        }
        Bounds::default()
    }

    /// The process stops for good.
    fn stopped(&mut self, at: usize, reason: &dyn std::error::Error) {
        let node = &mut self.nodes[at];
        node.stopped = true;
        node.replica = None;
        node.timers.clear();
        if !node.byzantine {
            let detail = format!("seat {}: {reason}", node.seat);
            self.hold(Err(Violation::of("halt", detail)));
        }
    }

    /// Hands an input to the replica and carries out what it answers.
    pub(super) fn feed(&mut self, at: usize, input: Input) -> Option<Judgement> {
        let now = self.clock(at);
        let (replica, snapshot) = self.nodes[at].running()?;
        match replica.handle(now, snapshot, input) {
            Ok(handled) => {
                self.carry_out(at, handled.outputs);
                Some(handled.judgement)
            }
            Err(reason) => {
                self.stopped(at, &reason);
                None
            }
        }
    }

    /// Outputs in order; the log is durable before anything leaves.
    pub(super) fn carry_out(&mut self, at: usize, outputs: Vec<Output>) {
        let mut unsynced = false;
        let mut committed = false;
        for output in outputs {
            if unsynced && !matches!(output, Output::Log(_) | Output::Arm(..) | Output::Disarm(_)) {
                self.nodes[at].disk.sync();
                unsynced = false;
            }
            match output {
                Output::NewLog(height, entry) => self.nodes[at].disk.begin(height, &entry),
                Output::Log(entries) => {
                    self.nodes[at].disk.append(&entries);
                    unsynced = true;
                    if let Some((down, disk)) = self.nodes[at].doomed {
                        return self.crash(at, down, disk);
                    }
                }
                Output::Send(ConsensusMessage::RequestBody(..)) | Output::Behind
                    if self.plan.mutation == Some(Mutation::FetchDropped) => {}
                Output::Send(message) => {
                    self.say(at, message.clone());
                    if self.ambushed(at, &message) {
                        return;
                    }
                }
                Output::SendTo(peer, message) => self.answer(at, usize::try_from(peer).unwrap(), message),
                Output::GossipTransaction(transaction) => {
                    self.send(at, &To::All, Payload::Transaction(transaction));
                }
                Output::GossipVote(vote) => {
                    let said = self.behave(at, |one, seat| one.feel(seat, (*vote).clone()));
                    self.speak(at, said.unwrap_or_else(|| vec![(To::All, Payload::Vote(vote))]));
                }
                Output::Arm(timer, length) => {
                    let number = self.after(micros(length), at, What::Fired(timer));
                    self.nodes[at].timers.insert(timer, number);
                }
                Output::Disarm(timer) => drop(self.nodes[at].timers.remove(&timer)),
                Output::Evidence(evidence) => {
                    self.nodes[at].store.put_evidence(&evidence).unwrap();
                    if !self.nodes[at].byzantine {
                        let checked = self.watch.reported(at, &evidence);
                        self.hold(checked);
                    }
                }
                Output::Commit(commit) => {
                    self.commit(at, &commit);
                    committed = true;
                }
                Output::Behind => self.fetch(at, None),
            }
            if self.violation.is_some() {
                return;
            }
        }
        if unsynced {
            self.nodes[at].disk.sync();
        }
        if committed {
            self.feed(at, Input::Committed);
        }
    }

    fn commit(&mut self, at: usize, commit: &Commit) {
        let height = commit.certificate.height;
        self.note(|| format!("{at} commits {height}/{}", commit.certificate.round));
        let node = &mut self.nodes[at];
        node.snapshot = None;
        node.store.commit(&batch(commit)).unwrap();
        let settled: Vec<_> = commit.block.evidence.iter().map(Evidence::hash).collect();
        node.store.remove_evidence(&settled).unwrap();
        if node.byzantine {
            return;
        }
        let id = commit.block_id.as_bytes();
        self.tally.mix(id.iter().take(8).fold(0, |word, byte| (word << 8) | u64::from(*byte)));
        let place = (height, commit.certificate.round);
        if let Some((sent, proposer)) = self.tally.proposed.get(&place).copied() {
            self.tally.finality.push(self.now - sent);
            if !self.tally.decided.contains(&height) {
                self.tally.proposers.push(proposer);
            }
        }
        self.tally.decided.insert(height);
        let now = self.clock(at);
        let checked = self.watch.committed(commit, now);
        self.hold(checked);
    }

    /// Whether a fault waited for this very proposal.
    fn ambushed(&mut self, at: usize, message: &ConsensusMessage) -> bool {
        let ConsensusMessage::Proposal(one) = message else { return false };
        if self.nodes[at].byzantine || one.proposal.round.get() > 0 {
            return false;
        }
        let proposed = one.proposal.height.get();
        let waits = |index: &usize| matches!(self.plan.faults[*index], Fault::Crash { time: CrashTime::Proposed(height), .. } if height == proposed);
        let Some(place) = self.ambushes.iter().position(waits) else { return false };
        let index = self.ambushes.remove(place);
        let Fault::Crash { down, disk, .. } = self.plan.faults[index] else { return false };
        self.crash(at, down, disk);
        true
    }

    fn say(&mut self, at: usize, message: ConsensusMessage) {
        if let ConsensusMessage::Proposal(one) = &message {
            let (height, round) = (one.proposal.height, one.proposal.round);
            self.tally.proposed.entry((height, round)).or_insert((self.now, at));
            self.choose_blind(at, height);
        }
        let said = self.behave(at, |one, seat| one.send(seat, message.clone()));
        self.speak(at, said.unwrap_or_else(|| vec![(To::All, Payload::Consensus(message))]));
    }

    fn answer(&mut self, at: usize, to: usize, message: ConsensusMessage) {
        let said = self.behave(at, |one, seat| one.answer(seat, to, message.clone()));
        let honest = || vec![(To::Some(vec![to]), Payload::Consensus(message))];
        self.speak(at, said.unwrap_or_else(honest));
    }

    pub(super) fn speak(&mut self, at: usize, said: Vec<Said>) {
        for (to, payload) in said {
            self.send(at, &to, payload);
        }
    }

    /// Asks the behaviour of a node, if it has one.
    pub(super) fn behave<T>(
        &mut self,
        at: usize,
        ask: impl FnOnce(&mut dyn crate::byzantine::Behaviour, &mut Seat<'_>) -> T,
    ) -> Option<T> {
        let nodes = self.nodes.len();
        let node = &mut self.nodes[at];
        let mut behaviour = node.behaviour.take()?;
        let person = &self.people[node.seat];
        let snapshot = node.snapshot.get_or_insert_with(|| node.store.snapshot().unwrap());
        let core = node.replica.as_ref().map(Replica::core);
        let mut seat = Seat {
            key: &person.consensus,
            device: &person.device,
            address: person.address(),
            spec: &self.spec,
            set: core.and_then(|core| core.validator_set()),
            height: core.map(|core| core.height()).unwrap_or_default(),
            round: core.map(|core| core.round()).unwrap_or_default(),
            ledger: snapshot,
            node: at,
            nodes,
            rng: &mut node.rng,
        };
        let answer = ask(behaviour.as_mut(), &mut seat);
        node.behaviour = Some(behaviour);
        Some(answer)
    }

    /// Twice a second: ask a peer how far it is, measure, be weighed.
    pub(super) fn tick(&mut self, at: usize) {
        self.after(TICK, at, What::Tick);
        if self.nodes[at].replica.is_none() {
            return;
        }
        let peers = self.nodes.len();
        if peers > 1 && self.plan.mutation != Some(Mutation::FetchDropped) {
            let node = &mut self.nodes[at];
            node.next_asked = (node.next_asked + 1) % peers;
            let peer = if node.next_asked == at { (at + 1) % peers } else { node.next_asked };
            node.next_asked = peer;
            self.send(at, &To::Some(vec![peer]), Payload::AskStatus);
        }
        self.fetch(at, None);
        self.measure(at);
        let node = &self.nodes[at];
        if let (Some(replica), false) = (&node.replica, node.byzantine) {
            let checked = self.watch.weigh(replica, node.disk.len());
            self.hold(checked);
        }
    }

    fn measure(&mut self, at: usize) {
        let now = self.clock(at);
        let node = &mut self.nodes[at];
        let (Some(device), Some(replica)) = (&mut node.device, &node.replica) else { return };
        let head = *replica.head();
        if head.height == Height::ZERO || !device.is_due(now, people::GENESIS) {
            return;
        }
        let mut secret = node.rng.bytes();
        let secret = CommitmentSecret::new(&mut secret);
        let challenge = (head.height, head.block_id, head.time);
        if let Ok(proof) = device.proof(now, people::GENESIS, challenge, now.millis(), secret) {
            self.feed(at, Input::Proof(proof));
        }
    }

    /// Somebody pays somebody.
    pub(super) fn transfer(&mut self) {
        self.after(TRANSFER, 0, What::Transfer);
        let (at, to) = (self.rng.index(self.plan.validators), self.rng.index(self.plan.validators));
        let amount = Amount::from_micro(self.rng.between(1, 1_000_000));
        let (key, to) = (&self.people[at].account, self.people[to].account.public().address());
        let (spec, sender) = (Arc::clone(&self.spec), key.public().address());
        let Some((replica, snapshot)) = self.nodes[at].running() else { return };
        let account: Account =
            Overlay::new(snapshot).read(StateKey::Account(sender)).unwrap().unwrap_or_default();
        let fee = spec.params().min_fee;
        let transfer = Action::Transfer { to, amount };
        let transaction = Transaction::sign(&spec.domain, key, account.nonce, fee, transfer);
        match replica.submit(snapshot, transaction) {
            Ok(Ok(outputs)) => self.carry_out(at, outputs),
            // One from the same account waits already.
            Ok(Err(_)) => {}
            Err(reason) => self.stopped(at, &reason),
        }
    }
}
