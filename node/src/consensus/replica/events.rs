//! What comes in, one function a kind.

use emotionalchain_shared::{
    chain::{
        BiometricProof, Block, EmotionalVote, LedgerDyn, Transaction,
        state::{Account, Device, Overlay, StateError, StateKey, Validator},
    },
    consensus::{CommitCertificate, engine::Event},
    primitives::{Address, Epoch, TimeMs},
    wire::{BlockProposal, ConsensusMessage},
};

use super::{Judgement, Output, PeerTag, Replica, Stop, Timer};
use crate::mempool::MempoolRefusal;

impl Replica {
    pub(super) fn on_message(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        peer: PeerTag,
        message: ConsensusMessage,
        outputs: &mut Vec<Output>,
    ) -> Result<Judgement, Stop> {
        let event = match message {
            ConsensusMessage::Vote(vote) => {
                let judgement = self.feed(now, ledger, Event::Vote(vote.clone()), outputs)?;
                if judgement == Judgement::Accept {
                    self.seen.note(&vote);
                }
                return Ok(judgement);
            }
            ConsensusMessage::Proposal(proposal) => return self.on_proposal(now, ledger, *proposal, outputs),
            ConsensusMessage::Polka(polka) => Event::Polka(polka),
            ConsensusMessage::Round(round) => Event::Round(round),
            ConsensusMessage::RequestBody(_, id) => {
                let held = self.bodies.get(&id).map(|body| body.proposal.clone());
                let answer = held.map(|proposal| ConsensusMessage::Proposal(Box::new(proposal)));
                outputs.extend(answer.map(|answer| Output::SendTo(peer, answer)));
                // Answered here if at all: passing it on would multiply it.
                return Ok(Judgement::Ignore);
            }
        };
        self.feed(now, ledger, event, outputs)
    }

    /// Keeps the body of a proposal that the engine accepts, or of one asked for that it knows.
    fn on_proposal(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        proposal: BlockProposal,
        outputs: &mut Vec<Output>,
    ) -> Result<Judgement, Stop> {
        let id = proposal.proposal.block_id;
        let judgement = self.feed(now, ledger, Event::Proposal(proposal.proposal.clone()), outputs)?;
        let wanted = judgement == Judgement::Accept || self.core.awaiting().iter().any(|(_, one)| *one == id);
        if wanted {
            self.bodies.insert(now, proposal);
        }
        Ok(if wanted { Judgement::Accept } else { judgement })
    }

    /// One that nobody signed condemns those that travel with it: who passed them on did not look.
    pub(super) fn on_transactions(
        &mut self,
        ledger: &dyn LedgerDyn,
        transactions: Vec<Transaction>,
    ) -> Result<Judgement, Stop> {
        let mut judgement = Judgement::Ignore;
        for transaction in transactions {
            let account = self.account(ledger, &transaction.sender())?;
            match self.mempool.insert(transaction, account, &self.spec.domain) {
                Ok(_) => judgement = Judgement::Accept,
                Err(MempoolRefusal::Signature) => return Ok(Judgement::Reject),
                Err(_) => {}
            }
        }
        Ok(judgement)
    }

    /// A device's proof. For this validator: checked, wrapped, signed with the consensus key and passed on as a vote.
    /// For another: checked, so that gossip carries it on.
    pub(super) fn on_proof(
        &mut self,
        ledger: &dyn LedgerDyn,
        proof: BiometricProof,
        outputs: &mut Vec<Output>,
    ) -> Result<Judgement, Stop> {
        let epoch = self.epoch_at(proof.authenticity.window_end);
        let Some(keys) = self.keys.as_ref().filter(|_| Some(proof.validator) == self.core.address()) else {
            return self.judge_proof(ledger, &proof, epoch);
        };
        let vote = EmotionalVote::sign(&self.spec.domain, &keys.consensus, proof, epoch);
        let judgement = self.on_vote(ledger, vote.clone())?;
        if judgement == Judgement::Accept {
            outputs.push(Output::GossipVote(Box::new(vote)));
        }
        Ok(judgement)
    }

    /// The validator that a proof is for, if it is registered, has not voted in that epoch, and the device is its own.
    fn usable(
        &self,
        ledger: &dyn LedgerDyn,
        proof: &BiometricProof,
        epoch: Epoch,
    ) -> Result<Option<Validator>, Stop> {
        let view = Overlay::new(ledger.as_state());
        let state = |error: StateError| Stop::State(error.to_string());
        let validator: Option<Validator> = view.read(StateKey::Validator(proof.validator)).map_err(state)?;
        let device: Option<Device> =
            view.read(StateKey::Device(proof.authenticity.device_key)).map_err(state)?;
        // Both may have been registered in a block that we do not have yet.
        let (Some(validator), Some(device)) = (validator, device) else { return Ok(None) };
        let head_epoch = self.epoch_at(self.head.time);
        let late = epoch < head_epoch || validator.last_vote.is_some_and(|(last, _)| last >= epoch);
        let far = epoch.since(head_epoch).is_some_and(|ahead| ahead > 1);
        let foreign = device.validator != proof.validator || device.revoked.is_some();
        Ok((!late && !far && !foreign).then_some(validator))
    }

    fn judge_proof(
        &self,
        ledger: &dyn LedgerDyn,
        proof: &BiometricProof,
        epoch: Epoch,
    ) -> Result<Judgement, Stop> {
        if self.usable(ledger, proof, epoch)?.is_none() {
            return Ok(Judgement::Ignore);
        }
        let signed = proof.verify_signatures(&self.spec.domain).is_ok();
        Ok(if signed { Judgement::Accept } else { Judgement::Reject })
    }

    /// Checks all of a vote that does not depend on the block that will include it.
    pub(super) fn on_vote(&mut self, ledger: &dyn LedgerDyn, vote: EmotionalVote) -> Result<Judgement, Stop> {
        let Some(validator) = self.usable(ledger, &vote.proof, vote.epoch)? else {
            return Ok(Judgement::Ignore);
        };
        let domain = &self.spec.domain;
        let signed = vote.proof.verify_signatures(domain).is_ok()
            && vote.verify_signature(domain, &validator.key).is_ok();
        if !signed {
            return Ok(Judgement::Reject);
        }
        Ok(if self.votes.insert(vote) { Judgement::Accept } else { Judgement::Ignore })
    }

    pub(super) fn on_timer(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        timer: Timer,
        outputs: &mut Vec<Output>,
    ) -> Result<Judgement, Stop> {
        match timer {
            Timer::Engine(key) => self.feed(now, ledger, Event::Fired(key), outputs),
            Timer::Pace(height) => {
                if self.head.height.next() == Some(height) && self.core.height() < height {
                    self.start_height(now, ledger, outputs)?;
                }
                Ok(Judgement::Accept)
            }
            Timer::Fetch(height) => {
                self.fetching.remove(&height);
                self.fetch_bodies(height, outputs);
                Ok(Judgement::Accept)
            }
        }
    }

    /// A block that others have decided: the next one, or of no use.
    pub(super) fn on_synced(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        block: Block,
        certificate: CommitCertificate,
        outputs: &mut Vec<Output>,
    ) -> Result<Judgement, Stop> {
        let height = block.header.height;
        let id = block.id();
        if self.committing.is_some() || self.head.height.next() != Some(height) {
            return Ok(Judgement::Ignore);
        }
        if certificate.block_id != id || certificate.height != height {
            return Ok(Judgement::Reject);
        }
        if self.core.height() < height {
            self.start_height(now, ledger, outputs)?;
        }
        if let Some(decided) = self.starved.take() {
            if decided.block_id != id {
                self.starved = Some(decided);
                return Ok(Judgement::Reject);
            }
            self.commit(ledger, block, decided, outputs)?;
            return Ok(Judgement::Accept);
        }
        self.synced = Some(block);
        let judgement = self.feed(now, ledger, Event::Synced { block_id: id, certificate }, outputs)?;
        self.synced = None;
        Ok(judgement)
    }

    /// An account, empty if it never had money.
    pub(super) fn account(&self, ledger: &dyn LedgerDyn, address: &Address) -> Result<Account, Stop> {
        Overlay::new(ledger.as_state())
            .read(StateKey::Account(*address))
            .map(Option::unwrap_or_default)
            .map_err(|error| Stop::State(error.to_string()))
    }
}
