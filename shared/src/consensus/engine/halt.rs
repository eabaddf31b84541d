//! Why a core stops for good.

use thiserror::Error;

use crate::{
    consensus::{CertificateError, CommitCertificate, engine::Refusal},
    primitives::{Height, Round},
};

/// After one of these a core answers every event with it: the host stops and says why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Halt {
    /// A height that is not after the last one, or a recovery of a core that runs already.
    #[error("height {got} cannot start after height {current}")]
    Order {
        /// The height in progress.
        current: Height,
        /// The height asked for.
        got: Height,
    },
    /// A schedule that names nobody, or somebody without a seat.
    #[error("the proposer schedule of height {0} does not fit its validator set")]
    Schedule(Height),
    /// A record of the log that cannot be ours: it does not verify against the set of its height.
    #[error("record {index} of the log does not verify: {refusal}")]
    Record {
        /// Its position in the log.
        index: usize,
        /// What is wrong with it.
        refusal: Refusal,
    },
    /// Replaying the log led to another vote than the recorded one: its causes are not all there.
    #[error("replay of the log contradicts what was signed at height {height}, round {round}")]
    Diverged {
        /// The height of the contradiction.
        height: Height,
        /// The round of the contradiction.
        round: Round,
    },
    /// Two valid certificates for different blocks of one height: more than a third of the seats is Byzantine.
    #[error("two blocks are certified at height {}", .ours.height)]
    Fork {
        /// The certificate decided on.
        ours: Box<CommitCertificate>,
        /// The one that contradicts it.
        theirs: Box<CommitCertificate>,
    },
    /// Our own decision does not make a certificate.
    #[error("the decision at height {height} does not make a certificate: {error}")]
    Uncertified {
        /// The height decided.
        height: Height,
        /// What is wrong.
        error: CertificateError,
    },
    /// The state machine broke one of its own rules.
    #[error("the state machine failed at height {height}: {fault}")]
    Machine {
        /// The height in progress.
        height: Height,
        /// Which rule.
        fault: Fault,
    },
}

/// A rule of the state machine that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// An effect was answered with another kind of answer.
    #[error("an effect was resumed wrongly")]
    Resume,
    /// A decision without a value.
    #[error("it decided without a decision")]
    NoDecision,
    /// The driver refused an input.
    #[error("its driver refused an input")]
    Driver,
    /// A certificate that was verified before was refused.
    #[error("it refused a verified certificate")]
    Certificate,
    /// An error that cannot arise here.
    #[error("it met an impossible state")]
    Impossible,
}
