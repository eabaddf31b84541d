//! Why a block, a vote, a piece of evidence or a transaction is refused.

use thiserror::Error;

use crate::{
    biometrics::StatementError,
    chain::state::StateError,
    consensus::{CertificateError, EvidenceError},
    primitives::{Address, Amount, Height, Nonce, TimeMs},
};

/// A block that cannot stand where it claims to.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ExecutionError {
    /// Does not follow the state.
    #[error("block height {got} does not follow {parent}")]
    Height {
        /// The block's.
        got: Height,
        /// The state's.
        parent: Height,
    },
    /// Not after its parent.
    #[error("block time {got} is not after its parent's {parent}")]
    Time {
        /// The block's.
        got: TimeMs,
        /// The parent's.
        parent: TimeMs,
    },
    /// Not scheduled for the build round.
    #[error("{0} was not the proposer of the block's build round")]
    Proposer(Address),
    /// Names another parent, or carries no or another certificate for it.
    #[error("block does not link to its parent by id and certificate")]
    Parent,
    /// The certificate for the parent does not verify.
    #[error("certificate for the parent: {0}")]
    Certificate(#[from] CertificateError),
    /// Not the preimage of the builder's tip.
    #[error("randomness reveal does not hash to the builder's tip")]
    Reveal,
    /// The host's state is unusable.
    #[error(transparent)]
    State(#[from] StateError),
}

/// An emotional vote that does not count.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum VoteRefusal {
    /// The block is full.
    #[error("the block holds no more emotional votes")]
    Full,
    /// Names no registered validator.
    #[error("{0} is not a registered validator")]
    UnknownValidator(Address),
    /// A second vote in the epoch.
    #[error("{0} has voted in this epoch already")]
    AlreadyVoted(Address),
    /// Not of the block's epoch.
    #[error("vote is for another epoch than the block's")]
    Epoch,
    /// The device is not enrolled for this validator, was revoked, or was enrolled after the challenge.
    #[error("device is not enrolled for this validator since before the challenge")]
    Device,
    /// The sequence number is not above the last included one.
    #[error("proof sequence {got} is not above {last}")]
    Replayed {
        /// The proof's.
        got: u64,
        /// The device's last.
        last: u64,
    },
    /// The challenge block is too old, too new or another one.
    #[error("challenge is not one of the last blocks")]
    Challenge,
    /// The window ends before the challenge, or too far ahead of the block.
    #[error("window end does not lie between the challenge and the block")]
    Window,
    /// Made by other formulas.
    #[error("proof was made by another algorithm")]
    Algorithm,
    /// The session key is not permitted at the window's end.
    #[error("session key is not permitted")]
    Session,
    /// The statement contradicts itself or fails a gate.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A signature does not verify.
    #[error("a signature of the vote does not verify")]
    Signature,
    /// The host's state is unusable.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Evidence that convicts nobody.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EvidenceRefusal {
    /// It proves nothing.
    #[error(transparent)]
    Invalid(#[from] EvidenceError),
    /// Older than evidence may be, or of a height that is not yet.
    #[error("evidence of height {0} is too old or from the future")]
    Age(Height),
    /// All accused were convicted before.
    #[error("the accused were convicted before")]
    Convicted,
    /// The host's state is unusable.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A transaction that cannot be included.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TransactionRefusal {
    /// The sender's signature does not verify.
    #[error("signature does not verify")]
    Signature,
    /// Not the account's next.
    #[error("nonce {got} given, {expected} expected")]
    Nonce {
        /// The transaction's.
        got: Nonce,
        /// The account's.
        expected: Nonce,
    },
    /// Below the least fee.
    #[error("fee {got} is below the least of {least}")]
    Fee {
        /// The transaction's.
        got: Amount,
        /// The chain's.
        least: Amount,
    },
    /// Less money than the transaction needs.
    #[error("balance {has} does not cover {needs}")]
    Balance {
        /// What is there.
        has: Amount,
        /// What is needed.
        needs: Amount,
    },
    /// An amount of zero, or past the range.
    #[error("amount is zero or out of range")]
    Amount,
    /// The consensus key was registered before.
    #[error("consensus key is registered already")]
    KeyTaken,
    /// The bond is below the least.
    #[error("bond {got} is below the least of {least}")]
    Bond {
        /// The transaction's.
        got: Amount,
        /// The chain's.
        least: Amount,
    },
    /// The possession signature does not verify.
    #[error("possession of the key is not proved")]
    Possession,
    /// The sender owns no validator that the order fits.
    #[error("sender owns no validator that this applies to")]
    NoValidator,
    /// The account owns a validator already.
    #[error("account owns a validator already")]
    OwnsValidator,
    /// The device was enrolled before, by whomever.
    #[error("device was enrolled before")]
    DeviceTaken,
    /// The device is not one of the sender's, or is revoked.
    #[error("device is not an active one of the sender's validator")]
    Device,
    /// The tier is none that can be enrolled.
    #[error("tier {0} cannot be enrolled")]
    Tier(u8),
    /// The session lasts too long or is over.
    #[error("session must end after it begins, in the future, and last no longer than allowed")]
    Session,
    /// What is meant to permit the session key does not.
    #[error("delegation is not authorised")]
    Authorisation,
    /// Unjail without a jail, Unbond twice, or after a conviction.
    #[error("validator is not in a state that allows this")]
    Standing,
    /// The host's state is unusable.
    #[error(transparent)]
    State(#[from] StateError),
}
