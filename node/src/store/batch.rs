//! What a commit hands over, and what is known of the head.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use emotionalchain_shared::{
    consensus::CommitCertificate,
    merkle::TreeUpdate,
    primitives::{Address, BlockId, Epoch, Hash, Height, TimeMs},
};

/// A finalised block and everything that follows from it.
#[derive(Clone, Debug)]
pub struct CommitBatch {
    /// One above the head.
    pub height: Height,
    /// The block's id.
    pub block_id: BlockId,
    /// The block's time.
    pub time: TimeMs,
    /// The encoded block.
    pub block: Vec<u8>,
    /// What makes it final.
    pub certificate: CommitCertificate,
    /// Changed keys of the state: a new value, or removal.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// The same changes in the authenticated tree, as version `height`.
    pub tree: TreeUpdate,
    /// Ids of the block's transactions, in its order.
    pub transactions: Vec<Hash>,
    /// Whose emotional votes of which epoch the block includes.
    pub proofs: Vec<(Address, Epoch)>,
    /// The encoded summary of the epoch that the block closes, if it closes one.
    pub epoch_summary: Option<(Epoch, Vec<u8>)>,
}

/// The newest finalised block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Head {
    /// Its height; 0 is genesis.
    pub height: Height,
    /// Its id; the genesis hash at height 0.
    pub block_id: BlockId,
    /// Its time.
    pub time: TimeMs,
}

/// Where a transaction was included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TransactionLocation {
    /// The block.
    pub height: Height,
    /// Its place in the block's list.
    pub index: u32,
}
