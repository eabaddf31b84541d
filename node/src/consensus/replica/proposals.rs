//! Bodies: building our own, judging others', asking for missing ones.

use std::time::Duration;

use emotionalchain_shared::{
    chain::{
        BlockPlace, Ingredients, LedgerDyn, build_block,
        state::{Overlay, StateKey, Validator},
        timely, verify_block,
    },
    consensus::{
        Proposal,
        engine::{Event, Verdict},
    },
    crypto::Signature,
    epoch::check_reveal,
    primitives::{BlockId, Hash, Height, Round, TimeMs},
    wire::{BlockProposal, ConsensusMessage, MAX_BLOCK_TRANSACTIONS},
};

use super::{Output, Replica, Stop, Timer};
use crate::consensus::log;

/// How long a body may be missing before it is asked for: gossip delivers proposal and body together.
const FETCH_AFTER: Duration = Duration::from_millis(250);

impl Replica {
    /// Builds a block for the engine; without the keys or the reveal for it the round passes.
    pub(super) fn build(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        height: Height,
        round: Round,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Stop> {
        let Some(proposer) = self.core.address() else { return Ok(()) };
        let view = Overlay::new(ledger.as_state());
        let validator: Option<Validator> =
            view.read(StateKey::Validator(proposer)).map_err(|error| Stop::State(error.to_string()))?;
        let Some(validator) = validator else { return Ok(()) };
        let Some(reveal) = self.reveal_for(&validator) else { return Ok(()) };
        let time = now.max(self.head.time.saturating_add(1));
        let place =
            BlockPlace { height, build_round: round, time, parent_id: self.head.block_id, proposer, reveal };
        let max = usize::try_from(self.spec.params().max_block_bytes).unwrap_or(usize::MAX);
        let account = |address: &_| self.account(ledger, address).unwrap_or_default();
        let ingredients = Ingredients {
            votes: self.votes.of(self.epoch_at(time)),
            evidence: self.evidence.all(),
            transactions: self.mempool.select(max, MAX_BLOCK_TRANSACTIONS, &account),
        };
        let seen = self.seen.with(&self.mempool);
        let last_commit = self.head_certificate.clone();
        let built = match build_block(&self.spec, ledger, &seen, place, last_commit, ingredients) {
            Ok(built) => built,
            Err(reason) if reason.is_local() => return Err(Stop::State(reason.to_string())),
            Err(_) => return Ok(()),
        };
        self.mempool.refused(&built.refused);
        let block_id = built.block.id();
        // The engine signs; until then the body travels under no signature.
        let unsigned = Proposal {
            height,
            round,
            block_id,
            pol_round: None,
            proposer,
            signature: Signature::new([0; Signature::LEN]),
        };
        let score = validator.standing.score.unwrap_or_default();
        let proposal = BlockProposal { proposal: unsigned, block: built.block, score };
        outputs.push(Output::Log(log::body_entries(&proposal)));
        self.bodies.insert(now, proposal);
        if let Some(body) = self.bodies.get_mut(&block_id) {
            body.verdict = Some(Ok(built.transition));
            body.logged = true;
        }
        self.feed(now, ledger, Event::Built { height, round, block_id }, outputs)?;
        Ok(())
    }

    /// The preimage of the validator's tip in state.
    fn reveal_for(&mut self, validator: &Validator) -> Option<Hash> {
        let randomness = &self.keys.as_ref()?.randomness;
        let fits = |reveal: &Hash| check_reveal(&validator.randomness_tip, reveal);
        // The same as last time if that block was not decided, else the next.
        for index in [self.next_reveal, self.next_reveal.saturating_add(1)] {
            if let Some(reveal) = randomness.reveal(index).filter(fits) {
                self.next_reveal = index;
                return Some(reveal);
            }
        }
        // After a restart.
        self.next_reveal = randomness.position(&validator.randomness_tip)?;
        randomness.reveal(self.next_reveal).filter(fits)
    }

    pub(super) fn restream(&mut self, round: Round, id: &BlockId, outputs: &mut Vec<Output>) {
        let Some(body) = self.bodies.get(id) else { return };
        if body.proposal.proposal.round == round
            && body.proposal.proposal.signature != Signature::new([0; 64])
        {
            outputs.push(Output::Send(ConsensusMessage::Proposal(Box::new(body.proposal.clone()))));
        }
    }

    /// Judges every accepted proposal whose body is here, and sees to it that the others come.
    pub(super) fn judge_bodies(
        &mut self,
        now: TimeMs,
        ledger: &dyn LedgerDyn,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Stop> {
        let height = self.core.height();
        if self.committing.is_some() || self.head.height.next() != Some(height) {
            return Ok(());
        }
        let mut missing = false;
        for (round, id) in self.core.awaiting() {
            if self.core.decided().is_some() || self.committing.is_some() {
                return Ok(());
            }
            match self.verdict(ledger, round, &id, outputs)? {
                Some(verdict) => {
                    let event = Event::Body { height, round, block_id: id, verdict };
                    self.feed(now, ledger, event, outputs)?;
                }
                None => missing = true,
            }
        }
        if missing && self.fetching.insert(height) {
            outputs.push(Output::Arm(Timer::Fetch(height), FETCH_AFTER));
        }
        Ok(())
    }

    /// What verification and the clock say of a body; `None` while it is not here.
    fn verdict(
        &mut self,
        ledger: &dyn LedgerDyn,
        round: Round,
        id: &BlockId,
        outputs: &mut Vec<Output>,
    ) -> Result<Option<Verdict>, Stop> {
        let height = self.core.height();
        let pol_round = self.bodies.pol_round(height, round, id).flatten();
        let seen = self.seen.with(&self.mempool);
        let Some(body) = self.bodies.get_mut(id) else { return Ok(None) };
        if body.verdict.is_none() {
            let found = verify_block(&self.spec, ledger, &seen, &body.proposal.block);
            if let Err(reason) = &found
                && reason.is_local()
            {
                return Err(Stop::State(reason.to_string()));
            }
            body.verdict = Some(found.map_err(|reason| reason.to_string()));
        }
        let header = &body.proposal.block.header;
        let fresh = header.build_round == round;
        let allowed = fresh || pol_round.is_some_and(|pol| header.build_round <= pol);
        let valid = matches!(body.verdict, Some(Ok(_))) && allowed;
        if valid && !body.logged {
            body.logged = true;
            outputs.push(Output::Log(log::body_entries(&body.proposal)));
        }
        let on_time = !fresh || timely(self.spec.params(), header.time, body.received, round);
        Ok(Some(match (valid, on_time) {
            (false, _) => Verdict::Invalid,
            (true, false) => Verdict::Untimely,
            (true, true) => Verdict::Valid,
        }))
    }

    /// Asks for the bodies that are still missing.
    pub(super) fn fetch_bodies(&mut self, height: Height, outputs: &mut Vec<Output>) {
        if self.core.height() != height || self.core.decided().is_some() {
            return;
        }
        let missing = self.core.awaiting().into_iter().filter(|(_, id)| self.bodies.get(id).is_none());
        for (_, id) in missing {
            outputs.push(Output::Send(ConsensusMessage::RequestBody(height, id)));
        }
    }
}
