//! Why an answer is not believed.

use thiserror::Error;

use crate::{
    merkle::{ListProofError, StateProofError},
    primitives::{Address, Epoch, Hash, Height},
    wire::DecodeError,
};

/// Why an answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// Not the encoding of what it should be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The state does not hold what is claimed.
    #[error(transparent)]
    State(#[from] StateProofError),
    /// The block's list does not hold what is claimed.
    #[error(transparent)]
    List(#[from] ListProofError),
    /// A proof without content, for a tree that has more than one leaf.
    #[error("the proof is empty and shows nothing")]
    EmptyProof,
    /// A proven value that is not a record of the kind that stands under such a key.
    #[error("the value under the {0} key is not such a record")]
    Record(&'static str),
    /// Another transaction than the one asked for.
    #[error("the answer holds transaction {0}, which was not asked for")]
    OtherTransaction(Hash),
    /// The vote of another validator or epoch.
    #[error("the answer holds the vote of {0} in epoch {1}, which was not asked for")]
    OtherVote(Address, Epoch),
    /// The summary of another epoch.
    #[error("the answer is about epoch {0}, which was not asked for")]
    OtherEpoch(Epoch),
    /// Fewer or more answers than questions.
    #[error("{asked} entries were asked for, {got} came")]
    Count {
        /// Entries in the answer.
        got: usize,
        /// Entries asked for.
        asked: usize,
    },
    /// A summary that the header does not carry.
    #[error("the header does not carry this summary")]
    Summary,
    /// The bytes of a set are none.
    #[error("the answer is not a validator set")]
    NoSet,
    /// A set with another root than the one asked for.
    #[error("the answer is the validator set with root {0}, which was not asked for")]
    OtherSet(Hash),
    /// The state verifiably knows no block of this height.
    #[error("the state holds no block of height {0}")]
    Forgotten(Height),
    /// A header that is not the block of its height.
    #[error("the answer is not the header of the block at height {0}")]
    OtherHeader(Height),
    /// A part of a block that the header does not commit to.
    #[error("the block's {0} are not those that the header commits to")]
    Body(&'static str),
}

impl AnswerError {
    /// The name under which programs know it; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Decode(DecodeError::TooLarge { .. } | DecodeError::TooMany { .. }) => "oversized",
            Self::Decode(_)
            | Self::Record(_)
            | Self::OtherTransaction(_)
            | Self::OtherVote(..)
            | Self::OtherEpoch(_)
            | Self::Count { .. }
            | Self::NoSet => "bad-answer",
            Self::State(_) | Self::List(_) | Self::Summary | Self::Body(_) => "bad-proof",
            Self::EmptyProof => "empty-proof",
            Self::OtherSet(_) => "wrong-set",
            Self::Forgotten(_) => "not-found",
            Self::OtherHeader(_) => "forged-header",
        }
    }
}
