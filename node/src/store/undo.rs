//! What a commit replaced, so that it can be taken back.

use borsh::{BorshDeserialize, BorshSerialize};
use emotionalchain_shared::primitives::{Address, BlockId, Epoch, Hash};

use super::{Head, TransactionLocation};

/// Transactions of a block, and where each one stood before, which is nowhere unless the ledger lets one in twice.
pub(super) type OldLocations = Vec<(Hash, Option<TransactionLocation>)>;
/// Proofs of a block, and the height that each one had before.
pub(super) type OldProofs = Vec<(Address, Epoch, Option<u64>)>;
/// The epoch closed by a block, and the summary that it had before.
pub(super) type OldSummary = Option<(Epoch, Option<Vec<u8>>)>;
/// Keys of the state that a block wrote, and their values before.
pub(super) type OldState = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Everything needed to take one height back. Entries are undone last first, so that of two changes to one key the
/// earlier one wins.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct UndoRecord {
    /// The head before.
    pub previous: Head,
    /// The id of the block.
    pub block_id: BlockId,
    /// See [`OldLocations`].
    pub transactions: OldLocations,
    /// See [`OldProofs`].
    pub proofs: OldProofs,
    /// See [`OldSummary`].
    pub epoch_summary: OldSummary,
    /// See [`OldState`].
    pub state: OldState,
    /// Key hashes with a value entry of this height in the tree.
    pub tree_values: Vec<Hash>,
}
