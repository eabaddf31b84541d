//! Who may sign a block and what their signatures prove (protocol §7).
//!
//! Rules:
//! - a [`ValidatorSet`] gives each seat one vote; a quorum is `floor(2n/3) + 1` distinct members;
//! - a [`Vote`] signs {height, round, block id or nil} under its kind, a [`Proposal`] adds its proof-of-lock round;
//! - a [`CommitCertificate`] carries a bitmap of exactly n bits and one signature a set bit, each verified strictly;
//!   weight counts distinct in-range members only;
//! - [`Evidence`] is self-contained: it proves a violation from signatures alone and can name only a signer.
//!
//! With the feature `engine` (native), [`engine`] holds the sans-IO consensus core.

mod certificate;
#[cfg(feature = "engine")]
pub mod engine;
mod evidence;
mod proposal;
mod round_certificate;
mod signers;
mod validator_set;
mod vote;

pub use certificate::{CertificateError, CommitCertificate, PolkaCertificate};
pub use evidence::{Evidence, EvidenceError};
pub use proposal::Proposal;
pub use round_certificate::RoundCertificate;
pub use signers::{Signers, SignersError};
pub use validator_set::{Member, ValidatorSet, ValidatorSetError, quorum};
pub use vote::{Vote, VoteKind};
