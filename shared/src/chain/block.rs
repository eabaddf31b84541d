//! Blocks: a header and the lists it commits to.

use emotionalchain_proto::v1;

use crate::{
    chain::{EmotionalVote, Header, Transaction},
    consensus::{CommitCertificate, Evidence},
    merkle::list_root,
    primitives::{BlockId, Hash},
    wire::{self, DecodeError, Limit, Wire},
};

/// A block; whether it is valid is said by [`super::verify_block`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Commits to all below.
    pub header: Header,
    /// For the parent, of any round; `None` at height 1.
    pub last_commit: Option<CommitCertificate>,
    /// In the order of execution.
    pub transactions: Vec<Transaction>,
    /// At most 256, one a validator and epoch.
    pub votes: Vec<EmotionalVote>,
    /// At most 16 pieces.
    pub evidence: Vec<Evidence>,
}

impl Block {
    /// The header's hash.
    pub fn id(&self) -> BlockId {
        self.header.id()
    }

    /// Root over encoded transactions.
    pub fn transactions_root(transactions: &[Transaction]) -> Hash {
        list_root(transactions.iter().map(Wire::encode))
    }

    /// Root over encoded emotional votes.
    pub fn votes_root(votes: &[EmotionalVote]) -> Hash {
        list_root(votes.iter().map(Wire::encode))
    }

    /// Root over encoded evidence.
    pub fn evidence_root(evidence: &[Evidence]) -> Hash {
        list_root(evidence.iter().map(Wire::encode))
    }

    /// What the header of the block must carry as the hash of its `last_commit`.
    pub fn last_commit_hash(last_commit: Option<&CommitCertificate>) -> Hash {
        last_commit.map(CommitCertificate::hash).unwrap_or_default()
    }
}

impl Wire for Block {
    type Proto = v1::Block;
    const NAME: &'static str = "Block";
    const MAX_BYTES: usize = wire::MAX_BLOCK;
    const REPEATED: &'static [Limit] = &[
        Limit::message::<CommitCertificate>(2, 1),
        Limit::of(3, wire::MAX_BLOCK_TRANSACTIONS),
        Limit::of(4, wire::MAX_BLOCK_VOTES),
        Limit::of(5, wire::MAX_BLOCK_EVIDENCE),
    ];

    fn to_proto(&self) -> v1::Block {
        v1::Block {
            header: Some(self.header.to_proto()),
            last_commit: self.last_commit.as_ref().map(Wire::to_proto),
            transactions: self.transactions.iter().map(Wire::encode).collect(),
            votes: self.votes.iter().map(Wire::to_proto).collect(),
            evidence: self.evidence.iter().map(Wire::encode).collect(),
        }
    }

    fn from_proto(proto: v1::Block) -> Result<Self, DecodeError> {
        Ok(Self {
            header: Header::from_proto(proto.header.ok_or(Self::field("header"))?)?,
            last_commit: proto.last_commit.map(CommitCertificate::from_proto).transpose()?,
            transactions: proto
                .transactions
                .iter()
                .map(|bytes| Transaction::decode(bytes))
                .collect::<Result<_, _>>()?,
            votes: proto.votes.into_iter().map(EmotionalVote::from_proto).collect::<Result<_, _>>()?,
            evidence: proto.evidence.iter().map(|bytes| Evidence::decode(bytes)).collect::<Result<_, _>>()?,
        })
    }
}
