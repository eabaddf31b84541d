//! What became of an event: the ground on which the host judges the peer that sent it.

use thiserror::Error;

use crate::consensus::CertificateError;

/// A verdict on one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Verified and used, or kept for the next height: worth passing on.
    Accepted,
    /// Of no use here and now, through nobody's fault: not passed on, not held against anybody.
    Ignored(Ignored),
    /// No honest node sends this: held against the peer.
    Rejected(Refusal),
}

/// Why an event was of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// For a height or round that is over, or a timer that was stopped.
    Stale,
    /// Known already.
    Duplicate,
    /// For a height after the next one: the peer is ahead, or lies.
    FutureHeight,
    /// For a round too far ahead.
    FutureRound,
    /// The bounded place for such messages is taken.
    Full,
    /// Nothing here asked for it.
    Unexpected,
}

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The signer has no seat at that height.
    #[error("the signer has no seat at that height")]
    NotMember,
    /// The proposer is not the one scheduled for that height and round.
    #[error("the proposer is not the scheduled one")]
    Proposer,
    /// The parts of the message contradict each other.
    #[error("the parts of the message contradict each other")]
    Malformed,
    /// One seat twice in a round certificate.
    #[error("a seat is counted twice")]
    DuplicateSigner,
    /// Too few votes in a round certificate.
    #[error("too few votes to justify a round")]
    TooFew,
    /// The certificate does not verify.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl Admission {
    /// Whether the message was used.
    pub fn is_accepted(self) -> bool {
        self == Self::Accepted
    }

    /// The refusal, if it was refused.
    pub fn refusal(self) -> Option<Refusal> {
        if let Self::Rejected(refusal) = self { Some(refusal) } else { None }
    }
}
