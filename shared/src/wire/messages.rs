//! What nodes say to each other: consensus messages, status and sync (protocol §3). Their wire forms are in `codec`.

mod codec;

use crate::{
    chain::{Block, Header, Transaction},
    consensus::{CommitCertificate, PolkaCertificate, Proposal, RoundCertificate, Vote},
    primitives::{BasisPoints, BlockId, ChainId, Hash, Height},
    wire::VersionRange,
};

/// A proposal with the block that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockProposal {
    /// The signed message.
    pub proposal: Proposal,
    /// The block; its id is the proposal's.
    pub block: Block,
    /// The proposer's smoothed score as it knows it; shown, never trusted.
    pub score: BasisPoints,
}

/// What passes between validators for one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsensusMessage {
    /// A prevote or precommit.
    Vote(Vote),
    /// A proposal with its block.
    Proposal(Box<BlockProposal>),
    /// A proof of lock.
    Polka(PolkaCertificate),
    /// Why a round was entered.
    Round(RoundCertificate),
    /// Asks whoever holds it for the proposal of this block.
    RequestBody(Height, BlockId),
}

/// Who a peer is and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its chain.
    pub chain_id: ChainId,
    /// Its genesis.
    pub genesis_hash: Hash,
    /// The versions that it speaks.
    pub versions: VersionRange,
    /// Its newest finalised height; 0 at genesis.
    pub head: Height,
    /// The id of that block; the genesis hash at height 0.
    pub head_id: BlockId,
    /// Root of the set that signs the next block.
    pub validators_root: Hash,
    /// The oldest block that it still serves; 0 when it has none.
    pub earliest: Height,
}

/// A block with the certificate that makes it final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalisedBlock {
    /// The block.
    pub block: Block,
    /// For that very block.
    pub certificate: CommitCertificate,
}

/// Transactions that travel together: one message costs the network the same whether it carries one or hundreds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionBatch(
    /// At least one, at most [`wire::MAX_BATCH_TRANSACTIONS`].
    pub Vec<Transaction>,
);

/// A header with the certificate that makes it final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeader {
    /// The header.
    pub header: Header,
    /// For that very header.
    pub certificate: CommitCertificate,
}

/// What a peer asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncRequest {
    /// Status against status.
    Status(Status),
    /// Finalised blocks from a height on.
    Blocks(Height, u32),
    /// Finalised headers from a height on.
    Headers(Height, u32),
    /// One key of the state, with proof.
    State(Vec<u8>),
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncResponse {
    /// The answerer's own.
    Status(Status),
    /// As many as there are, and as fit.
    Blocks(Vec<FinalisedBlock>),
    /// As many as there are, and as fit.
    Headers(Vec<SignedHeader>),
    /// The value and its proof.
    State(StateAnswer),
    /// Why there is no answer.
    Refused(u32),
}

/// One key of a state whose root is certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateAnswer {
    /// The block whose state root the proof is against.
    pub height: Height,
    /// The value; `None` is proved absence.
    pub value: Option<Vec<u8>>,
    /// An encoded [`crate::merkle::StateProof`].
    pub proof: Vec<u8>,
}
