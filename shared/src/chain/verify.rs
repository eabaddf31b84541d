//! The one block verification (protocol §4), used for proposals, finalised blocks, sync and simulation alike.
//!
//! Checks in this order: version and chain; lengths of the lists; encoded size; roots of the lists and of the parent's certificate; then
//! [`Execution`] of every part; then what only execution knows: epoch, set roots, summary root, state root. Timeliness
//! is not judged here: it concerns fresh proposals alone, see [`timely`].

use thiserror::Error;

use crate::{
    chain::{
        Block, EpochSummary, Header, PROTOCOL_VERSION, Params,
        execution::{
            BlockPlace, ChainSpec, EvidenceRefusal, Executed, Execution, ExecutionError, SeenSignatures,
            TransactionRefusal, VoteRefusal,
        },
        state::{StateError, StateRead},
    },
    merkle::{NodeStore, StateTree, TreeUpdate},
    primitives::{Hash, Height, Round, TimeMs},
    wire::{MAX_BLOCK_EVIDENCE, MAX_BLOCK_TRANSACTIONS, MAX_BLOCK_VOTES, Wire},
};

/// A committed state with its tree: what blocks are verified and built on.
pub trait Ledger: StateRead + NodeStore {}
impl<T: StateRead + NodeStore> Ledger for T {}

/// What a verified block changes; commit it whole when the block is decided, or drop it.
#[derive(Clone, Debug)]
pub struct Transition {
    /// What execution came to.
    pub executed: Executed,
    /// What the tree becomes.
    pub tree: TreeUpdate,
    /// The root of the new state.
    pub state_root: Hash,
}

/// Why a block is invalid.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum InvalidBlock {
    /// Of a version that this software does not know.
    #[error("block version {0} is not supported")]
    Version(u32),
    /// Of another chain.
    #[error("block is of another chain")]
    Chain,
    /// Larger than the chain allows.
    #[error("block has {size} bytes, {max} are allowed")]
    Size {
        /// Its size.
        size: usize,
        /// The chain's maximum.
        max: usize,
    },
    /// A list longer than any block may carry.
    #[error("block has {count} entries in {list}, {max} are allowed")]
    TooMany {
        /// The list.
        list: &'static str,
        /// Its length.
        count: usize,
        /// Its maximum.
        max: usize,
    },
    /// A header field that is not what the body comes to.
    #[error("header field {0} does not match the body")]
    Mismatch(&'static str),
    /// Not executable where it stands.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// An emotional vote is refused.
    #[error("emotional vote {index}: {reason}")]
    Vote {
        /// Its position.
        index: usize,
        /// Why.
        reason: VoteRefusal,
    },
    /// A piece of evidence is refused.
    #[error("evidence {index}: {reason}")]
    Evidence {
        /// Its position.
        index: usize,
        /// Why.
        reason: EvidenceRefusal,
    },
    /// A transaction is refused.
    #[error("transaction {index}: {reason}")]
    Transaction {
        /// Its position.
        index: usize,
        /// Why.
        reason: TransactionRefusal,
    },
    /// The host's state is unusable: says nothing of the block.
    #[error("state: {0}")]
    State(String),
}

impl InvalidBlock {
    /// Whether the fault lies with the host and not with the block.
    pub fn is_local(&self) -> bool {
        matches!(
            self,
            Self::State(_)
                | Self::Execution(ExecutionError::State(_))
                | Self::Vote { reason: VoteRefusal::State(_), .. }
                | Self::Evidence { reason: EvidenceRefusal::State(_), .. }
                | Self::Transaction { reason: TransactionRefusal::State(_), .. }
        )
    }
}

/// Verifies a block on the state of its parent and says what it changes.
///
/// # Errors
/// [`InvalidBlock`] for the first check that fails.
pub fn verify_block(
    spec: &ChainSpec,
    ledger: &dyn LedgerDyn,
    seen: &dyn SeenSignatures,
    block: &Block,
) -> Result<Transition, InvalidBlock> {
    check_shape(spec, block)?;
    let place = BlockPlace::of(&block.header);
    let mut execution = Execution::begin(spec, ledger.as_state(), seen, place, block.last_commit.as_ref())?;
    for (index, vote) in block.votes.iter().enumerate() {
        execution.add_vote(vote).map_err(|reason| InvalidBlock::Vote { index, reason })?;
    }
    for (index, evidence) in block.evidence.iter().enumerate() {
        execution.add_evidence(evidence).map_err(|reason| InvalidBlock::Evidence { index, reason })?;
    }
    for (index, transaction) in block.transactions.iter().enumerate() {
        execution
            .add_transaction(transaction)
            .map_err(|reason| InvalidBlock::Transaction { index, reason })?;
    }
    let transition = transition(ledger, place.height, execution.finish())?;
    let expected = results(&transition);
    let header = &block.header;
    let checks = [
        (header.epoch == transition.executed.epoch, "epoch"),
        (header.validators_root == expected.validators_root, "validators_root"),
        (header.next_validators_root == expected.next_validators_root, "next_validators_root"),
        (header.epoch_summary_root == expected.epoch_summary_root, "epoch_summary_root"),
        (header.state_root == expected.state_root, "state_root"),
    ];
    match checks.into_iter().find(|(holds, _)| !holds) {
        #[cfg(feature = "mutations")]
        Some(_) if crate::mutations::is_gone(crate::mutations::Defence::Results) => Ok(transition),
        Some((_, field)) => Err(InvalidBlock::Mismatch(field)),
        None => Ok(transition),
    }
}

/// Whether a fresh proposal's time is near enough to the clock of who received it, at first receipt; affects the
/// prevote alone.
pub fn timely(params: &Params, time: TimeMs, received: TimeMs, round: Round) -> bool {
    let per_round = params.timely_behind_per_round_ms.saturating_mul(round.get().into());
    let behind = params.timely_behind_ms.saturating_add(per_round);
    time >= received.saturating_sub(behind) && time <= received.saturating_add(params.timely_ahead_ms)
}

/// The header fields that only execution knows.
pub(super) struct Results {
    pub validators_root: Hash,
    pub next_validators_root: Hash,
    pub epoch_summary_root: Hash,
    pub state_root: Hash,
}

pub(super) fn results(transition: &Transition) -> Results {
    let executed = &transition.executed;
    Results {
        validators_root: executed.validators_root,
        next_validators_root: executed.next_validators_root,
        epoch_summary_root: executed.summary.as_ref().map(EpochSummary::root).unwrap_or_default(),
        state_root: transition.state_root,
    }
}

pub(super) fn transition(
    ledger: &dyn LedgerDyn,
    height: Height,
    executed: Executed,
) -> Result<Transition, InvalidBlock> {
    let (state_root, tree) =
        ledger.apply(height, &executed).map_err(|error| InvalidBlock::State(error.to_string()))?;
    Ok(Transition { executed, tree, state_root })
}

fn check_shape(spec: &ChainSpec, block: &Block) -> Result<(), InvalidBlock> {
    let header: &Header = &block.header;
    if header.version != PROTOCOL_VERSION {
        return Err(InvalidBlock::Version(header.version));
    }
    if header.chain_id != spec.genesis.chain_id {
        return Err(InvalidBlock::Chain);
    }
    // A block that could be decided must be one that every store and peer can decode again.
    let lists = [
        ("transactions", block.transactions.len(), MAX_BLOCK_TRANSACTIONS),
        ("votes", block.votes.len(), MAX_BLOCK_VOTES),
        ("evidence", block.evidence.len(), MAX_BLOCK_EVIDENCE),
    ];
    if let Some((list, count, max)) = lists.into_iter().find(|(_, count, max)| count > max) {
        return Err(InvalidBlock::TooMany { list, count, max });
    }
    let size = block.encode().len();
    let max = usize::try_from(spec.params().max_block_bytes).unwrap_or(usize::MAX);
    if size > max {
        return Err(InvalidBlock::Size { size, max });
    }
    let checks = [
        (header.last_commit_hash == Block::last_commit_hash(block.last_commit.as_ref()), "last_commit_hash"),
        (header.transactions_root == Block::transactions_root(&block.transactions), "transactions_root"),
        (header.votes_root == Block::votes_root(&block.votes), "votes_root"),
        (header.evidence_root == Block::evidence_root(&block.evidence), "evidence_root"),
    ];
    match checks.into_iter().find(|(holds, _)| !holds) {
        Some((_, field)) => Err(InvalidBlock::Mismatch(field)),
        None => Ok(()),
    }
}

/// [`Ledger`] as one object, so that hosts can choose their store at run time.
pub trait LedgerDyn {
    /// The flat state.
    fn as_state(&self) -> &dyn StateRead;

    /// The root and tree update of a version.
    ///
    /// # Errors
    /// [`StateError`] when the store cannot be read.
    fn apply(&self, height: Height, executed: &Executed) -> Result<(Hash, TreeUpdate), StateError>;
}

impl<T: Ledger> LedgerDyn for T {
    fn as_state(&self) -> &dyn StateRead {
        self
    }

    fn apply(&self, height: Height, executed: &Executed) -> Result<(Hash, TreeUpdate), StateError> {
        let writes = executed.writes.iter().map(|(key, value)| (key.clone(), value.clone()));
        StateTree::new(self)
            .apply(height.get(), writes)
            .map_err(|error| StateError::Storage(error.to_string()))
    }
}
