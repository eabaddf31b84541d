//! What nodes say to each other: consensus messages, status and sync (protocol §3). Their wire forms are in `codec`.

mod codec;

use crate::{
    chain::{BiometricProof, Block, Header, Transaction},
    consensus::{
        CommitCertificate, Evidence, PolkaCertificate, Proposal, RoundCertificate, ValidatorSet, Vote,
    },
    primitives::{Address, BasisPoints, BlockId, ChainId, Epoch, Hash, Height},
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
    /// An included transaction, with proof.
    Transaction(Hash),
    /// A validator's vote in an epoch, with proof.
    Vote(Address, Epoch),
    /// The summary of a closed epoch.
    Epoch(Epoch),
    /// A transaction to be included.
    SubmitTransaction(Box<Transaction>),
    /// A biometric proof for the validator that it names.
    SubmitProof(Box<BiometricProof>),
    /// A certified header that contradicts the finalised one.
    SubmitEvidence(Box<Evidence>),
    /// Where a browser can reach other nodes.
    Peers,
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
    /// An item of a block's list and its proof.
    Inclusion(InclusionAnswer),
    /// The height of the block that closes an epoch, and the encoded summary.
    Epoch(Height, Vec<u8>),
    /// Taken and passed on, under this id.
    Taken(Hash),
    /// Addresses, as text.
    Peers(Vec<String>),
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

/// Something that stands in one of the lists of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionAnswer {
    /// The block whose list holds it.
    pub height: Height,
    /// The item's canonical bytes.
    pub item: Vec<u8>,
    /// An encoded [`crate::merkle::ListProof`].
    pub proof: Vec<u8>,
}

/// What a client says on a head stream: nothing yet but that it listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadSubscription;

/// What a server says on a head stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadUpdate {
    /// The newest head.
    pub head: SignedHeader,
    /// The set that it announces, where that is another than the one that signed it.
    pub next_set: Option<ValidatorSet>,
    /// The summary of the epoch that it closes, encoded; checked against the header's root.
    pub summary: Option<Vec<u8>>,
}

/// Why a request got no answer: the number in [`SyncResponse::Refused`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Refusal {
    /// The request cannot be read.
    Malformed = 1,
    /// What is asked for is not there.
    Absent = 2,
    /// What was handed in is not valid: it will not be taken anywhere.
    Invalid = 3,
    /// What was handed in is known already, comes too late or finds no room; another node, or the same later, may
    /// take it.
    NotTaken = 4,
    /// Too many requests at once.
    Busy = 5,
}

impl Refusal {
    /// The number on the wire.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The reason of a number; `None` for those of later versions.
    pub const fn of(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::Malformed,
            2 => Self::Absent,
            3 => Self::Invalid,
            4 => Self::NotTaken,
            5 => Self::Busy,
            _ => return None,
        })
    }
}
