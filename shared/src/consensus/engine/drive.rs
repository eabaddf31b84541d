//! Running the state machine and drawing the consequences.

use std::convert::Infallible;

use malachite::{Error, Input, LocallyProposedValue, ProposedValue};
use malachite_types as mt;

use crate::{
    consensus::{
        CertificateError, CommitCertificate,
        engine::{
            Action, Core, Fault, Halt, TimerKey, TimerKind, context::Tendermint, convert::round_in,
            decided::Decided, guard::Signed,
        },
    },
    primitives::{Address, BlockId, Height, Round},
};

impl Core {
    /// Feeds an input and draws every consequence.
    pub(super) fn drive(&mut self, input: Input<Tendermint>) -> Result<(), Halt> {
        self.feed(input)?;
        loop {
            self.absorb();
            if let Some(certificate) = self.effects.decision.take() {
                return self.decide(&certificate, |key| key.kind != TimerKind::Rebroadcast);
            }
            let Some(running) = self.running.as_ref().filter(|running| running.decided.is_none()) else {
                return Ok(());
            };
            let due = running.bodies.untimely().into_iter().find(|id| {
                running.certified(*id)
                    && running.ballots.all_proposals().any(|proposal| proposal.block_id == *id)
            });
            let Some(block_id) = due else { return Ok(()) };
            // Ends: the verdict is valid from now on.
            self.tell(block_id)?;
        }
    }

    /// Runs the state machine on one input.
    fn feed(&mut self, input: Input<Tendermint>) -> Result<(), Halt> {
        let Some(running) = self.running.as_mut() else { return Ok(()) };
        let height = running.height();
        let (state, effects) = (&mut running.state, &mut self.effects);
        effects.expect_value(&input);
        let result: Result<(), Error<Tendermint>> = malachite::process!(
            input: input,
            state: state,
            metrics: &(),
            with: effect => Ok::<_, Infallible>(effects.on(effect))
        );
        if let Some(halt) = self.effects.fault.take() {
            return Err(halt);
        }
        let fault = match result {
            Ok(()) => return Ok(()),
            // A re-proposal whose proof of lock is gone: the round runs out without it.
            Err(Error::MissingPolkaCertificate(..)) => {
                let round = running.round();
                self.effects.arm_propose(round);
                return Ok(());
            }
            Err(Error::UnexpectedResume(..)) => Fault::Resume,
            Err(Error::DecisionNotFound(..)) => Fault::NoDecision,
            Err(Error::DriverProcess(..)) => Fault::Driver,
            Err(Error::InvalidCommitCertificate(..)) => Fault::Certificate,
            Err(Error::VoteExtensionRequired(..) | Error::WalCorrupted(..) | Error::ReplayDivergence(..)) => {
                Fault::Impossible
            }
        };
        Err(Halt::Machine { height, fault })
    }

    /// Files what we signed, and forgets rounds long past.
    fn absorb(&mut self) {
        let Some(running) = self.running.as_mut() else { return };
        for signed in std::mem::take(&mut self.effects.fresh) {
            let evidence = match &signed {
                Signed::Vote(vote) => running.ballots.file(vote, true),
                Signed::Proposal(proposal) => running.ballots.file_proposal(proposal),
            };
            if let Some(evidence) = evidence {
                self.evidence = self.evidence.saturating_add(1);
                self.effects.actions.push(Action::Evidence(evidence));
            }
        }
        if std::mem::take(&mut self.effects.new_round) {
            running.since = self.now;
            let oldest = running.round().get().saturating_sub(self.config.bounds.past_rounds);
            running.ballots.forget_before(Round::new(oldest));
        }
    }

    /// Takes a decision: ours, or one proved by a peer.
    pub(super) fn decide(
        &mut self,
        certificate: &CommitCertificate,
        stop: impl Fn(&TimerKey) -> bool,
    ) -> Result<(), Halt> {
        let Some(running) = self.running.as_mut() else { return Ok(()) };
        let set = running.seats.set();
        let (got, needed) = (certificate.signers.count(), set.quorum());
        if got < needed && !self.effects.faults.any() {
            let error = CertificateError::NoQuorum { got, needed };
            return Err(Halt::Uncertified { height: certificate.height, error });
        }
        let mut decided = Decided::new(certificate, set);
        for vote in running.ballots.precommits(decided.round, decided.block_id) {
            decided.add(vote, set);
        }
        self.effects.disarm(stop);
        self.effects.actions.push(Action::Commit { certificate: decided.certificate() });
        running.decided = Some(decided);
        Ok(())
    }
}

/// A block of ours in the terms of the state machine.
pub(super) fn built_input(height: Height, round: Round, block_id: BlockId) -> Input<Tendermint> {
    Input::Propose(LocallyProposedValue::new(height, round_in(round), block_id))
}

/// A verdict in the terms of the state machine, which only prints the proposer.
pub(super) fn value_input(
    proposer: Option<Address>,
    (height, round): (Height, Round),
    block_id: BlockId,
    valid: bool,
) -> Input<Tendermint> {
    let value = ProposedValue {
        height,
        round: round_in(round),
        valid_round: mt::Round::Nil,
        proposer: proposer.unwrap_or(Address::new([0; Address::LEN])),
        value: block_id,
        validity: mt::Validity::from_bool(valid),
    };
    Input::ProposedValue(value, mt::ValueOrigin::Consensus)
}
