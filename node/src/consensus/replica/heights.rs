//! From height to height: starting, carrying out what the engine asks, committing.

use std::time::Duration;

use emotionalchain_shared::{
    chain::{Block, LedgerDyn, Transition, schedule_after, state::StateError, verify_block},
    consensus::{
        CommitCertificate,
        engine::{Action, Admission, Event, HeightStart, Ignored, Message, Record},
    },
    primitives::TimeMs,
    wire::ConsensusMessage,
};

use super::{Commit, Judgement, Output, Replica, Stop, Timer, bodies::Body};
use crate::{consensus::log, store::Head};

impl Replica {
    /// Who decides the height after the head, and in which order they propose.
    pub(super) fn next_height(&self, ledger: &dyn LedgerDyn) -> Result<HeightStart, Stop> {
        let state = |error: StateError| Stop::State(error.to_string());
        let (globals, set, schedule) = schedule_after(ledger.as_state()).map_err(state)?;
        let height = globals.height.next().filter(|_| globals.height == self.head.height);
        let height = height.ok_or_else(|| Stop::State(format!("state is of height {}", globals.height)))?;
        Ok(HeightStart { height, set, schedule })
    }

    pub(super) fn start_height(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Stop> {
        let start = self.next_height(ledger)?;
        if self.core.commit_certificate().is_some_and(|one| one.block_id == self.head.block_id) {
            self.head_certificate = self.core.commit_certificate();
        }
        outputs.push(Output::Disarm(Timer::Pace(start.height)));
        self.feed(now, ledger, Event::StartHeight(start), outputs)?;
        Ok(())
    }

    /// Hands an event to the engine and does what it asks.
    pub(super) fn feed(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        event: Event,
        outputs: &mut Vec<Output>,
    ) -> Result<Judgement, Stop> {
        let handled = self.core.handle(now, event)?;
        self.carry_out(now, ledger, handled.actions, outputs)?;
        if handled.admission == Admission::Ignored(Ignored::FutureHeight) {
            outputs.push(Output::Behind);
        }
        Ok(handled.admission.into())
    }

    pub(super) fn carry_out(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        actions: Vec<Action>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Stop> {
        for action in actions {
            match action {
                Action::Persist(record) => {
                    let entry = log::record_entry(&record);
                    outputs.push(match record {
                        Record::Height(height) => Output::NewLog(height, entry),
                        _ => Output::Log(vec![entry]),
                    });
                }
                Action::Send(message) => self.send(message, outputs),
                Action::Arm(key, length) => outputs.push(Output::Arm(Timer::Engine(key), length)),
                Action::Disarm(key) => outputs.push(Output::Disarm(Timer::Engine(key))),
                Action::Build { height, round } => self.build(now, ledger, height, round, outputs)?,
                Action::Restream { round, block_id, .. } => self.restream(round, &block_id, outputs),
                Action::Commit { certificate } => self.decided(ledger, certificate, outputs)?,
                Action::Evidence(evidence) => {
                    if self.evidence.insert(evidence.clone()) {
                        outputs.push(Output::Evidence(Box::new(evidence)));
                    }
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, message: Message, outputs: &mut Vec<Output>) {
        let message = match message {
            Message::Vote(vote) => {
                self.seen.note(&vote);
                ConsensusMessage::Vote(vote)
            }
            Message::Polka(polka) => ConsensusMessage::Polka(polka),
            Message::Round(round) => ConsensusMessage::Round(round),
            Message::Proposal(proposal) => match self.bodies.get_mut(&proposal.block_id) {
                Some(body) => {
                    body.proposal.proposal = proposal;
                    ConsensusMessage::Proposal(Box::new(body.proposal.clone()))
                }
                // Whoever lacks the body asks for it; without one there is nothing to say.
                None => return,
            },
        };
        outputs.push(Output::Send(message));
    }

    fn decided(
        &mut self,
        ledger: &dyn LedgerDyn,
        certificate: CommitCertificate,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Stop> {
        if certificate.height <= self.head.height {
            return Ok(());
        }
        match self.bodies.take(&certificate.block_id) {
            Some(body) => self.commit_verified(ledger, body, certificate, outputs),
            None => match self.synced.take().filter(|block| block.id() == certificate.block_id) {
                Some(block) => self.commit(ledger, block, certificate, outputs),
                None => {
                    self.starved = Some(certificate);
                    outputs.push(Output::Behind);
                    Ok(())
                }
            },
        }
    }

    fn commit_verified(
        &mut self,
        ledger: &dyn LedgerDyn,
        body: Body,
        certificate: CommitCertificate,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Stop> {
        match body.verdict {
            Some(Ok(transition)) => {
                self.hand_over(body.proposal.block, certificate, transition, outputs);
                Ok(())
            }
            _ => self.commit(ledger, body.proposal.block, certificate, outputs),
        }
    }

    /// Verifies a decided block and hands it to the store.
    pub(super) fn commit(
        &mut self,
        ledger: &dyn LedgerDyn,
        block: Block,
        certificate: CommitCertificate,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Stop> {
        let verdict = verify_block(&self.spec, ledger, &self.seen.with(&self.mempool), &block);
        let transition = verdict.map_err(|reason| {
            if reason.is_local() {
                Stop::State(reason.to_string())
            } else {
                Stop::InvalidDecision {
                    height: certificate.height,
                    id: certificate.block_id,
                    reason: reason.to_string(),
                }
            }
        })?;
        self.hand_over(block, certificate, transition, outputs);
        Ok(())
    }

    fn hand_over(
        &mut self,
        block: Block,
        certificate: CommitCertificate,
        transition: Transition,
        outputs: &mut Vec<Output>,
    ) {
        let commit = Commit { block_id: certificate.block_id, block, certificate, transition };
        self.committing = Some(commit.clone());
        outputs.push(Output::Commit(Box::new(commit)));
    }

    /// The block is on disk: pools let go of what it holds, and the pace of the next height begins.
    pub(super) fn on_committed(&mut self, now: TimeMs, outputs: &mut Vec<Output>) -> Judgement {
        let Some(commit) = self.committing.take() else { return Judgement::Ignore };
        let header = &commit.block.header;
        self.head = Head { height: header.height, block_id: commit.block_id, time: header.time };
        self.bodies.forget(header.height);
        self.seen.forget_below(header.height);
        self.mempool.committed(&commit.block.transactions);
        self.votes.committed(&commit.block.votes, header.epoch);
        self.evidence.committed(&commit.block.evidence);
        self.head_certificate = Some(commit.certificate);
        let due = header.time.saturating_add(self.spec.params().block_interval_ms);
        if let Some(next) = header.height.next() {
            outputs.push(Output::Arm(Timer::Pace(next), Duration::from_millis(due.since(now))));
        }
        Judgement::Accept
    }
}
