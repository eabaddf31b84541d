//! What a host hands in, and what it has to do.

use std::{sync::Arc, time::Duration};

use emotionalchain_shared::{
    chain::{BiometricProof, Block, ChainSpec, EmotionalVote, Transaction, Transition},
    consensus::{
        CommitCertificate, Evidence,
        engine::{Admission, CoreConfig, Halt, TimerKey},
    },
    crypto::SecretKey,
    epoch::RandomnessChain,
    primitives::{BlockId, Height},
    wire::ConsensusMessage,
};
use thiserror::Error;

use crate::mempool::MempoolConfig;

/// A peer as the host numbers it.
pub type PeerTag = u64;

/// The keys of a seat.
pub struct Keys {
    /// Signs consensus messages and emotional votes.
    pub consensus: SecretKey,
    /// Reveals for blocks built.
    pub randomness: RandomnessChain,
}

/// What a replica starts from.
pub struct ReplicaConfig {
    /// The chain.
    pub spec: Arc<ChainSpec>,
    /// Timers and bounds of the engine.
    pub core: CoreConfig,
    /// Bounds of the mempool.
    pub mempool: MempoolConfig,
    /// `None` for a node that follows without a seat.
    pub keys: Option<Keys>,
}

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// A message of a peer.
    Message(PeerTag, ConsensusMessage),
    /// Transactions of a peer.
    Transactions(Vec<Transaction>),
    /// A biometric proof for this validator.
    Proof(BiometricProof),
    /// Another validator's emotional vote.
    Vote(EmotionalVote),
    /// Evidence from the store, after a restart.
    Evidence(Evidence),
    /// A timer ran out.
    Fired(Timer),
    /// A finalised block from a peer that is ahead.
    Synced(Box<Block>, CommitCertificate),
    /// The last [`Output::Commit`] is durable.
    Committed,
}

/// The timers of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// One of the engine's.
    Engine(TimerKey),
    /// The pace: the height may start.
    Pace(Height),
    /// Ask for missing bodies.
    Fetch(Height),
}

/// What the host has to do, in order.
#[derive(Clone, Debug)]
pub enum Output {
    /// Begin the log anew with this entry, durable at once: what earlier heights left is not needed any more.
    NewLog(Height, Vec<u8>),
    /// Append to the consensus log.
    Log(Vec<Vec<u8>>),
    /// To every validator.
    Send(ConsensusMessage),
    /// To one peer.
    SendTo(PeerTag, ConsensusMessage),
    /// To every node.
    GossipTransaction(Box<Transaction>),
    /// To every node.
    GossipVote(Box<EmotionalVote>),
    /// Start a timer; one of the same name is replaced.
    Arm(Timer, Duration),
    /// Stop a timer.
    Disarm(Timer),
    /// Keep a finding across restarts.
    Evidence(Box<Evidence>),
    /// Store a finalised block, then hand in [`Input::Committed`].
    Commit(Box<Commit>),
    /// Peers are ahead: fetch finalised blocks.
    Behind,
}

/// A finalised block and what it changes.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The block.
    pub block: Block,
    /// Its id.
    pub block_id: BlockId,
    /// What makes it final.
    pub certificate: CommitCertificate,
    /// What it changes.
    pub transition: Transition,
}

/// What became of an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// Used: worth passing on.
    Accept,
    /// Of no use: not passed on, nobody's fault.
    Ignore,
    /// No honest node sends this.
    Reject,
}

impl From<Admission> for Judgement {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::Accepted => Self::Accept,
            Admission::Ignored(_) => Self::Ignore,
            Admission::Rejected(_) => Self::Reject,
        }
    }
}

/// Why a replica stops for good.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Stop {
    /// The engine stopped.
    #[error(transparent)]
    Engine(#[from] Halt),
    /// The committed state cannot be used.
    #[error("the committed state cannot be used: {0}")]
    State(String),
    /// A certified block fails verification: more than a third of the seats signed an invalid block.
    #[error("block {id} at height {height} is certified and invalid: {reason}")]
    InvalidDecision {
        /// Its height.
        height: Height,
        /// Its id.
        id: BlockId,
        /// What verification said.
        reason: String,
    },
}

/// The answer to an input.
#[derive(Debug)]
#[must_use = "outputs must be carried out in order"]
pub struct Handled {
    /// What to do.
    pub outputs: Vec<Output>,
    /// What to think of the input.
    pub judgement: Judgement,
}
