//! The one state transition (protocol §4 to §7).
//!
//! Order within a block at height h, epoch e, on the state after h − 1:
//! 1. place: height follows, time strictly above the parent's, epoch as the time says, builder as the schedule says;
//! 2. the parent's certificate is verified and credited;
//! 3. if e is above the epoch of the parent block, that one is closed: scores, downtime, rewards, seats, schedule;
//! 4. the builder's reveal is checked and folded into the seed;
//! 5. emotional votes, judged before this block's transactions;
//! 6. evidence;
//! 7. transactions, each all or nothing; an unusable one makes the whole block invalid.
//!
//! The builder of a block and all who verify it run these very steps: the builder leaves out what is refused, the
//! others refuse the block.

mod close;
mod devices;
mod error;
mod evidence;
mod money;
mod rehearsal;
mod transactions;
mod validators;
mod votes;

use crate::{
    chain::{
        EmotionalVote, EpochSummary, Genesis, Header, Params, Transaction,
        state::{Credits, Finalised, Globals, Overlay, StateKey, StateRead, Validator, Writes},
    },
    consensus::{CommitCertificate, Evidence, ValidatorSet, Vote},
    crypto::SignDomain,
    epoch::{self, Schedule},
    primitives::{Address, BlockId, Epoch, Hash, Height, Round, TimeMs},
};

pub use error::{EvidenceRefusal, ExecutionError, TransactionRefusal, VoteRefusal};
pub use validators::{genesis_writes, schedule_after};

/// What a chain is, fixed at genesis.
#[derive(Clone, Debug)]
pub struct ChainSpec {
    /// The chain's genesis.
    pub genesis: Genesis,
    /// The domain of its signatures.
    pub domain: SignDomain,
    /// The genesis hash.
    pub hash: Hash,
}

impl ChainSpec {
    /// Checks a genesis and computes what follows from it.
    ///
    /// # Errors
    /// [`crate::chain::GenesisError`] for the first rule that the genesis breaks.
    pub fn new(genesis: Genesis) -> Result<Self, crate::chain::GenesisError> {
        genesis.check()?;
        Ok(Self { domain: genesis.domain(), hash: genesis.hash(), genesis })
    }

    /// The constants.
    pub fn params(&self) -> &Params {
        &self.genesis.params
    }

    /// The epoch of a block time: 0 before genesis.
    pub fn epoch_of(&self, time: TimeMs) -> Epoch {
        let passed = time.since(self.genesis.time_ms);
        Epoch::new(passed.checked_div(self.params().epoch_ms).unwrap_or_default())
    }
}

/// Signatures that the host has seen verify before; ids cover the signature, so a hit is safe to skip.
pub trait SeenSignatures {
    /// Whether the transaction with this id carries a valid signature.
    fn transaction(&self, _id: &Hash) -> bool {
        false
    }
    /// Whether the emotional vote whose encoding has this hash carries valid signatures.
    fn emotional_vote(&self, _id: &Hash) -> bool {
        false
    }
    /// Whether this very precommit verified.
    fn precommit(&self, _vote: &Vote) -> bool {
        false
    }
}

/// Nothing has been seen: everything is verified.
pub struct NothingSeen;
impl SeenSignatures for NothingSeen {}

/// Where a block stands and who built it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockPlace {
    /// Position.
    pub height: Height,
    /// The round in which it was built.
    pub build_round: Round,
    /// Its time.
    pub time: TimeMs,
    /// The block before.
    pub parent_id: BlockId,
    /// The builder.
    pub proposer: Address,
    /// The builder's randomness reveal.
    pub reveal: Hash,
}

impl BlockPlace {
    /// The place that a header claims.
    pub fn of(header: &Header) -> Self {
        Self {
            height: header.height,
            build_round: header.build_round,
            time: header.time,
            parent_id: header.parent_id,
            proposer: header.proposer,
            reveal: header.randomness_reveal,
        }
    }
}

/// A block under execution.
pub struct Execution<'a> {
    spec: &'a ChainSpec,
    seen: &'a dyn SeenSignatures,
    state: Overlay<'a>,
    place: BlockPlace,
    epoch: Epoch,
    /// State before the block: the clock of everything judged "on the parent".
    parent: Globals,
    globals: Globals,
    signing_set: ValidatorSet,
    summary: Option<EpochSummary>,
    votes: usize,
}

/// What a block comes to.
#[derive(Clone, Debug)]
pub struct Executed {
    /// Changed state.
    pub writes: Writes,
    /// The epoch of the block.
    pub epoch: Epoch,
    /// Present if the block closes an epoch.
    pub summary: Option<EpochSummary>,
    /// Root of the set that signs this block.
    pub validators_root: Hash,
    /// Root of the set that signs the next one.
    pub next_validators_root: Hash,
}

impl<'a> Execution<'a> {
    /// Steps 1 to 4.
    ///
    /// # Errors
    /// [`ExecutionError`] for the first step refused.
    pub fn begin(
        spec: &'a ChainSpec,
        base: &'a dyn StateRead,
        seen: &'a dyn SeenSignatures,
        place: BlockPlace,
        last_commit: Option<&CommitCertificate>,
    ) -> Result<Self, ExecutionError> {
        let state = Overlay::new(base);
        let parent: Globals = state.require(StateKey::Globals)?;
        let signing_set: ValidatorSet = state.require(StateKey::Set(parent.next_set))?;
        if Some(place.height) != parent.height.next() {
            return Err(ExecutionError::Height { got: place.height, parent: parent.height });
        }
        if place.time <= parent.time {
            return Err(ExecutionError::Time { got: place.time, parent: parent.time });
        }
        let schedule: Schedule = state.require(StateKey::Schedule)?;
        if schedule.proposer(place.height, place.build_round) != Some(place.proposer) {
            return Err(ExecutionError::Proposer(place.proposer));
        }
        let epoch = spec.epoch_of(place.time);
        let mut execution = Self {
            spec,
            seen,
            state,
            place,
            epoch,
            globals: parent.clone(),
            parent,
            signing_set,
            summary: None,
            votes: 0,
        };
        execution.credit_parent(last_commit)?;
        // Genesis is no block: a chain that starts late had no epoch before block 1.
        if epoch > execution.parent.epoch && execution.parent.height > Height::ZERO {
            execution.close_epoch()?;
        }
        execution.take_reveal()?;
        execution.state.checkpoint();
        Ok(execution)
    }

    /// Step 5 for one vote.
    ///
    /// # Errors
    /// [`VoteRefusal`]; nothing has changed then.
    pub fn add_vote(&mut self, vote: &EmotionalVote) -> Result<(), VoteRefusal> {
        let result = self.apply_vote(vote);
        self.settle(&result);
        result
    }

    /// Step 6 for one piece.
    ///
    /// # Errors
    /// [`EvidenceRefusal`]; nothing has changed then.
    pub fn add_evidence(&mut self, evidence: &Evidence) -> Result<(), EvidenceRefusal> {
        let result = self.apply_evidence(evidence);
        self.settle(&result);
        result
    }

    /// Step 7 for one transaction.
    ///
    /// # Errors
    /// [`TransactionRefusal`]; nothing has changed then.
    pub fn add_transaction(&mut self, transaction: &Transaction) -> Result<(), TransactionRefusal> {
        let result = self.apply_transaction(transaction);
        self.settle(&result);
        result
    }

    /// Ends the block.
    pub fn finish(mut self) -> Executed {
        self.globals.height = self.place.height;
        self.globals.time = self.place.time;
        self.globals.epoch = self.epoch;
        self.globals.signing_set = self.parent.next_set;
        self.state.write(StateKey::Globals, &self.globals);
        Executed {
            epoch: self.epoch,
            summary: self.summary,
            validators_root: self.parent.next_set,
            next_validators_root: self.globals.next_set,
            writes: self.state.into_writes(),
        }
    }

    fn settle<T, E>(&mut self, result: &Result<T, E>) {
        if result.is_ok() { self.state.checkpoint() } else { self.state.rollback() }
    }

    /// Step 2: the certificate for the parent, any round, every signature verified; none at height 1.
    fn credit_parent(&mut self, last_commit: Option<&CommitCertificate>) -> Result<(), ExecutionError> {
        let parent_height = self.parent.height;
        if parent_height == Height::ZERO {
            let genesis = BlockId::new(self.spec.hash);
            let right = last_commit.is_none() && self.place.parent_id == genesis;
            return if right { Ok(()) } else { Err(ExecutionError::Parent) };
        }
        let certificate = last_commit.ok_or(ExecutionError::Parent)?;
        if certificate.height != parent_height || certificate.block_id != self.place.parent_id {
            return Err(ExecutionError::Parent);
        }
        let set: ValidatorSet = self.state.require(StateKey::Set(self.parent.signing_set))?;
        let signed = certificate.verify_with(&self.spec.domain, &set, |vote| self.seen.precommit(vote))?;

        let mut credits: Credits = self.state.read(StateKey::Credits)?.unwrap_or_default();
        credits.add(set.members().iter().map(|member| member.address), &signed);
        self.state.write(StateKey::Credits, &credits);

        let record =
            Finalised { id: self.place.parent_id, time: self.parent.time, set: self.parent.signing_set };
        self.state.write(StateKey::Finalised(parent_height), &record);
        // Blocks older than evidence and challenges may be are of no use to anybody.
        let params = self.spec.params();
        let kept = params.evidence_ms.checked_div(params.block_interval_ms).unwrap_or_default();
        if let Some(old) = parent_height.get().checked_sub(kept.max(params.challenge_window)) {
            self.state.remove(StateKey::Finalised(Height::new(old)));
        }
        Ok(())
    }

    /// Step 4.
    fn take_reveal(&mut self) -> Result<(), ExecutionError> {
        let mut builder: Validator = self.state.require(StateKey::Validator(self.place.proposer))?;
        if !epoch::check_reveal(&builder.randomness_tip, &self.place.reveal) {
            return Err(ExecutionError::Reveal);
        }
        builder.randomness_tip = self.place.reveal;
        self.globals.seed = epoch::mix(&self.globals.seed, &self.place.reveal);
        self.state.write(StateKey::Validator(self.place.proposer), &builder);
        Ok(())
    }
}
