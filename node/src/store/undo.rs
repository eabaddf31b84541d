//! What a commit replaced, so that it can be taken back.

use borsh::{BorshDeserialize, BorshSerialize};
use emotionalchain_shared::primitives::{Address, BlockId, Epoch, Hash};

use super::{Head, TransactionLocation};

/// Everything needed to take one height back. Entries are undone last first, so that of two changes to one key the
/// earlier one wins.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct UndoRecord {
    /// The head before.
    pub previous: Head,
    /// The id of the block.
    pub block_id: BlockId,
    /// Transactions of the block, and where each one stood before, which is nowhere unless the ledger lets one in twice.
    pub transactions: Vec<(Hash, Option<TransactionLocation>)>,
    /// Proofs of the block, and the height each one had before.
    pub proofs: Vec<(Address, Epoch, Option<u64>)>,
    /// The epoch closed by the block, and the summary it had before.
    pub epoch_summary: Option<(Epoch, Option<Vec<u8>>)>,
    /// Keys of the state that the block wrote, and their values before.
    pub state: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Key hashes with a value entry of this height in the tree.
    pub tree_values: Vec<Hash>,
}
