//! What travels between nodes.

use emotionalchain_shared::{
    chain::{Block, EmotionalVote, Transaction},
    consensus::CommitCertificate,
    primitives::Height,
    wire::{ConsensusMessage, Wire},
};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Between validators.
    Consensus(ConsensusMessage),
    /// Gossip of users.
    Transaction(Box<Transaction>),
    /// Gossip of devices' owners.
    Vote(Box<EmotionalVote>),
    /// How far are you?
    AskStatus,
    /// So far.
    Status(Height),
    /// Your final blocks from here on.
    AskBlocks(Height),
    /// There they are.
    Blocks(Vec<(Block, CommitCertificate)>),
}

/// Bytes of a question or a short answer.
const SMALL: usize = 64;

fn survives<T: Wire + PartialEq>(value: &T) -> bool {
    T::decode(&value.encode()).is_ok_and(|read| read == *value)
}

impl Payload {
    /// Its size on the wire.
    pub fn size(&self) -> usize {
        match self {
            Self::Consensus(message) => message.encode().len(),
            Self::Transaction(transaction) => transaction.encode().len(),
            Self::Vote(vote) => vote.encode().len(),
            Self::AskStatus | Self::Status(_) | Self::AskBlocks(_) => SMALL,
            Self::Blocks(blocks) => {
                blocks.iter().map(|(block, commit)| block.encode().len() + commit.encode().len()).sum()
            }
        }
    }

    /// Whether its bytes decode to itself.
    pub fn survives(&self) -> bool {
        match self {
            Self::Consensus(message) => survives(message),
            Self::Transaction(transaction) => survives(transaction.as_ref()),
            Self::Vote(vote) => survives(vote.as_ref()),
            Self::AskStatus | Self::Status(_) | Self::AskBlocks(_) => true,
            Self::Blocks(blocks) => blocks.iter().all(|(block, commit)| survives(block) && survives(commit)),
        }
    }

    /// A word for traces.
    pub fn name(&self) -> String {
        match self {
            Self::Consensus(ConsensusMessage::Vote(vote)) => {
                let block = vote
                    .block_id
                    .map_or("nil".into(), |id| id.to_string().chars().take(8).collect::<String>());
                format!("{:?} {} at {}/{} by {}", vote.kind, block, vote.height, vote.round, vote.validator)
            }
            Self::Consensus(ConsensusMessage::Proposal(one)) => {
                let id: String = one.proposal.block_id.to_string().chars().take(8).collect();
                format!("proposal {id} at {}/{}", one.proposal.height, one.proposal.round)
            }
            Self::Consensus(ConsensusMessage::Polka(one)) => format!("polka of {}/{}", one.height, one.round),
            Self::Consensus(ConsensusMessage::Round(one)) => format!("round {}/{}", one.height, one.round),
            Self::Consensus(ConsensusMessage::RequestBody(height, _)) => {
                format!("asks for a body of {height}")
            }
            Self::Transaction(_) => "transaction".into(),
            Self::Vote(vote) => format!("emotional vote of epoch {}", vote.epoch),
            Self::AskStatus => "asks for status".into(),
            Self::Status(height) => format!("status {height}"),
            Self::AskBlocks(height) => format!("asks for blocks from {height}"),
            Self::Blocks(blocks) => format!("{} blocks", blocks.len()),
        }
    }
}
