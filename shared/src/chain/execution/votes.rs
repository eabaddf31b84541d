//! Step 5: what makes an emotional vote count (protocol §5).
//!
//! The checks, in this order, each on the state of the parent and before the block's own transactions:
//! room in the block; epoch of vote, window and block agree; validator registered; no vote yet in the epoch; device
//! enrolled for that validator before the challenge block and not revoked; sequence above the last included one;
//! challenge one of the last blocks, with its very id; challenge time ≤ window end ≤ block time + `proof_ahead_ms`;
//! algorithm; session key; statement and gates; signatures.

use crate::{
    biometrics,
    chain::{
        EmotionalVote, Statement,
        execution::{Execution, VoteRefusal},
        state::{Device, Finalised, StateKey, Validator},
    },
    primitives::{TimeMs, hash_bytes},
    wire::Wire,
};

/// Whether proofs are looked at: always, but for a deliberate fault of tests.
fn checks_proofs() -> bool {
    #[cfg(feature = "mutations")]
    if crate::mutations::is_gone(crate::mutations::Defence::Proofs) {
        return false;
    }
    true
}

impl Execution<'_> {
    pub(super) fn apply_vote(&mut self, vote: &EmotionalVote) -> Result<(), VoteRefusal> {
        let limit = usize::try_from(self.spec.params().max_block_votes).unwrap_or(usize::MAX);
        if self.votes >= limit {
            return Err(VoteRefusal::Full);
        }
        let address = vote.validator();
        let proof = &vote.proof.authenticity;
        if vote.epoch != self.epoch {
            return Err(VoteRefusal::Epoch);
        }
        if self.spec.epoch_of(proof.window_end) != self.epoch && checks_proofs() {
            return Err(VoteRefusal::Epoch);
        }
        let mut validator: Validator =
            self.state.read(StateKey::Validator(address))?.ok_or(VoteRefusal::UnknownValidator(address))?;
        if validator.last_vote.is_some_and(|(epoch, _)| epoch >= self.epoch) {
            return Err(VoteRefusal::AlreadyVoted(address));
        }

        let device_key = StateKey::Device(proof.device_key);
        let mut device: Device = self.state.read(device_key)?.ok_or(VoteRefusal::Device)?;
        let enrolled = device.validator == address
            && device.revoked.is_none()
            && device.enrolled < proof.challenge_height;
        if !enrolled {
            return Err(VoteRefusal::Device);
        }
        if checks_proofs() {
            self.check_proof(vote, &device)?;
        }
        if !self.seen.emotional_vote(&hash_bytes(&vote.encode())) {
            vote.proof.verify_signatures(&self.spec.domain).map_err(|_| VoteRefusal::Signature)?;
            vote.verify_signature(&self.spec.domain, &validator.key).map_err(|_| VoteRefusal::Signature)?;
        }

        let Statement::Open(open) = &proof.statement;
        device.last_sequence = Some(proof.sequence);
        self.state.write(device_key, &device);
        validator.last_vote = Some((self.epoch, open.score));
        self.state.write(StateKey::Validator(address), &validator);
        self.globals.wellness.add(open);
        self.votes = self.votes.saturating_add(1);
        Ok(())
    }

    /// That the proof is fresh, made by the rules, and says what follows from its parts.
    fn check_proof(&self, vote: &EmotionalVote, device: &Device) -> Result<(), VoteRefusal> {
        let proof = &vote.proof.authenticity;
        if let Some(last) = device.last_sequence.filter(|last| proof.sequence <= *last) {
            return Err(VoteRefusal::Replayed { got: proof.sequence, last });
        }

        let age = self.place.height.since(proof.challenge_height);
        if !age.is_some_and(|age| age >= 1 && age <= self.spec.params().challenge_window) {
            return Err(VoteRefusal::Challenge);
        }
        let challenge: Finalised =
            self.state.read(StateKey::Finalised(proof.challenge_height))?.ok_or(VoteRefusal::Challenge)?;
        if challenge.id != proof.challenge {
            return Err(VoteRefusal::Challenge);
        }
        let latest = self.place.time.saturating_add(self.spec.params().proof_ahead_ms);
        if proof.window_end < challenge.time || proof.window_end > latest {
            return Err(VoteRefusal::Window);
        }
        if proof.algo_id != biometrics::algo_id() {
            return Err(VoteRefusal::Algorithm);
        }
        self.check_session(vote, device, proof.window_end)?;
        let Statement::Open(open) = &proof.statement;
        Ok(open.check(device.tier)?)
    }

    /// A session key stands in by a delegation that the proof carries, or by one made by transaction.
    fn check_session(&self, vote: &EmotionalVote, device: &Device, at: TimeMs) -> Result<(), VoteRefusal> {
        let Some(inline) = &vote.proof.authenticity.delegation else {
            return Ok(());
        };
        let span = inline.not_after.since(inline.not_before);
        let in_time = inline.not_before <= at && at <= inline.not_after;
        if !in_time || span > self.spec.params().session_ms {
            return Err(VoteRefusal::Session);
        }
        let by_transaction = device.session.is_some_and(|session| {
            session.key == inline.session_key
                && session.not_before == inline.not_before
                && session.not_after == inline.not_after
        });
        // A delegation with a signature is checked with the proof's other signatures.
        if inline.signature.is_some() || by_transaction { Ok(()) } else { Err(VoteRefusal::Session) }
    }
}
