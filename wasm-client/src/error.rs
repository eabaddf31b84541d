//! Why something did not work, with a code that never changes.

use std::fmt;

use emotionalchain_shared::{
    chain::GenesisError,
    light::{AnswerError, NotAsked, Reason, SnapshotError},
    primitives::{Hash, Height},
    wire::{DecodeError, Refusal},
};
use thiserror::Error;

/// A stable name of an error, as programs and pages know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

/// Why something did not work.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum LightError {
    /// The caller gave up.
    #[error("aborted by the caller")]
    Aborted,
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
    /// An option that cannot be used.
    #[error("option {0}: {1}")]
    Config(&'static str, String),
    /// Not a genesis of a chain.
    #[error("chain: {0}")]
    Genesis(String),
    /// Something that this platform lacks.
    #[error("not supported here: {0}")]
    Unsupported(String),
    /// The store does not work.
    #[error("storage: {0}")]
    Storage(String),
    /// Nobody to ask.
    #[error("no peer is connected")]
    NoPeers,
    /// No answer in time.
    #[error("no answer in {0} s")]
    Timeout(u64),
    /// The connection broke.
    #[error("connection: {0}")]
    Connection(String),
    /// There verifiably is none, or no peer has it.
    #[error("{0} is not to be found")]
    NotFound(&'static str),
    /// Peers do not take what was handed in.
    #[error("refused by {peers} peers: {reason}")]
    Refused {
        /// How many were asked.
        peers: usize,
        /// What the last one said.
        reason: &'static str,
    },
    /// An answer of another kind than the question.
    #[error("the answer does not fit the question: {0}")]
    BadAnswer(&'static str),
    /// Not what it should decode to.
    #[error("undecodable answer: {0}")]
    Undecodable(DecodeError),
    /// Larger than the protocol allows.
    #[error("an answer larger than allowed")]
    Oversized,
    /// A stream that says more, or takes longer, than any honest one.
    #[error("a stream without end")]
    EndlessStream,
    /// A header that does not verify.
    #[error("header {height}: {reason}")]
    Header {
        /// Its height.
        height: Height,
        /// Why.
        reason: Reason,
    },
    /// More steps than a walk may take, or a start that is too old by now: nobody's fault.
    #[error("header {0} is out of reach")]
    OutOfReach(Height),
    /// A header or set that was not asked for.
    #[error(transparent)]
    NotAsked(#[from] NotAsked),
    /// Heads of a peer that lie further and further back.
    #[error("the peer's head {got} is older than what is final: {head}")]
    StaleHead {
        /// The peer's.
        got: Height,
        /// Ours.
        head: Height,
    },
    /// An answer whose proof does not hold.
    #[error(transparent)]
    Answer(AnswerError),
    /// A header that is not the one that the chain finalised.
    #[error("the header of height {0} is not the one that is final")]
    OtherHeader(Height),
    /// A peer of another chain, or of no common version.
    #[error("the peer follows another chain or speaks no common version")]
    OtherChain,
    /// The block at the checkpoint is another one.
    #[error("peers have another block at the checkpoint's height {0}")]
    Checkpoint(Height),
    /// More than a third of a set has signed two chains: nothing can be trusted any more.
    #[error("two certified blocks at height {0}: more than a third of the validators are faulty")]
    Fork(Height),
    /// A saved state that is not used.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// Input of the caller that is not what it should be.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Beats that give no statement.
    #[error("measurement: {0}")]
    Measurement(String),
}

impl LightError {
    /// The stable code.
    pub fn code(&self) -> Code {
        Code(match self {
            // What the certificate is for is checked with the shape, before any walk.
            Self::Undecodable(DecodeError::Field { message: "SignedHeader", .. }) => "forged-header",
            Self::Undecodable(DecodeError::TooLarge { .. } | DecodeError::TooMany { .. }) => "oversized",
            Self::Aborted => "aborted",
            Self::Closed => "closed",
            Self::Config(..) | Self::Genesis(_) => "config",
            Self::Unsupported(_) => "unsupported",
            Self::Storage(_) => "storage",
            Self::NoPeers => "no-peers",
            Self::Timeout(_) => "timeout",
            Self::Connection(_) => "connection",
            Self::NotFound(_) => "not-found",
            Self::Refused { .. } => "refused",
            Self::BadAnswer(_) | Self::Undecodable(_) => "bad-answer",
            Self::Oversized => "oversized",
            Self::EndlessStream => "endless-stream",
            Self::Header { reason, .. } => reason.code(),
            Self::OutOfReach(_) => "timeout",
            Self::OtherHeader(_) | Self::Checkpoint(_) => "forged-header",
            Self::NotAsked(reason) => reason.code(),
            Self::StaleHead { .. } => "stale-head",
            Self::Answer(reason) => reason.code(),
            Self::OtherChain => "other-chain",
            Self::Fork(_) => "fork",
            Self::Snapshot(reason) => reason.code(),
            Self::Malformed(_) => "malformed",
            Self::Measurement(_) => "measurement",
        })
    }

    /// Whether the peer that caused it lied or broke the protocol, so that it is dropped and not asked again.
    pub const fn blames_the_peer(&self) -> bool {
        match self {
            Self::BadAnswer(_)
            | Self::Undecodable(_)
            | Self::Oversized
            | Self::EndlessStream
            | Self::NotAsked(_)
            | Self::StaleHead { .. }
            | Self::Answer(_)
            | Self::OtherHeader(_)
            | Self::OtherChain
            | Self::Checkpoint(_) => true,
            // A trusted block that is too old is our own trouble.
            Self::Header { reason, .. } => !matches!(reason, Reason::Expired(_)),
            _ => false,
        }
    }

    /// Whether the same question may get an answer later, or from another peer.
    pub fn may_pass(&self) -> bool {
        let busy = Self::refusal(Refusal::Busy.code());
        match self {
            Self::NotFound(_) | Self::NoPeers | Self::Timeout(_) | Self::Connection(_) => true,
            Self::Refused { reason, .. } => *reason == busy,
            other => other.blames_the_peer(),
        }
    }

    /// What a refusal's number means.
    pub const fn refusal(code: u32) -> &'static str {
        match Refusal::of(code) {
            Some(Refusal::Malformed) => "it cannot be read",
            Some(Refusal::Absent) => "it is not there",
            Some(Refusal::Invalid) => "it is not valid",
            Some(Refusal::NotTaken) => "it is known already, too late, or there is no room",
            Some(Refusal::Busy) => "the peer is busy",
            None => "for a reason that this version does not know",
        }
    }
}

impl From<AnswerError> for LightError {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Decode(reason) => Self::Undecodable(reason),
            other => Self::Answer(other),
        }
    }
}

impl From<GenesisError> for LightError {
    fn from(error: GenesisError) -> Self {
        Self::Genesis(error.to_string())
    }
}

/// Shown where a validator set cannot be had.
pub const fn set_missing(_: Hash) -> LightError {
    LightError::NotFound("validator set")
}
