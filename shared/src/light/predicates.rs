//! The checks, each one named, in the order in which [`super::verify`] makes them.
//!
//! The order is fixed, so that one fault has one name wherever it is met: what needs only the header comes first, then
//! what needs a set, and the only costly check, that of the signatures, last.
//!
//! | check | upon failure | code |
//! |---|---|---|
//! | [`same_chain`] | [`Reason::Chain`] | `other-chain` |
//! | [`for_this_header`] | [`Reason::OtherHeader`] | `forged-header` |
//! | [`in_trusting_period`] | [`Reason::Expired`] | `trust-expired` |
//! | [`not_from_the_future`] | [`Reason::Future`] | `future-header` |
//! | [`monotonic`] | [`Reason::Height`], [`Reason::Time`] | `stale-head` |
//! | [`named_set`] | [`Reason::Set`] | `wrong-set` |
//! | [`follows`], of the next height alone | [`Reason::Announced`], [`Reason::Parent`] | `wrong-set`, `forged-header` |
//! | [`overlaps`], of every other height | none: [`super::Verdict::NotEnoughTrust`] | |
//! | the certificate | [`Reason::Certificate`] | `bad-certificate` |

use thiserror::Error;

use crate::{
    chain::{ChainSpec, Header, PROTOCOL_VERSION},
    consensus::{CertificateError, CommitCertificate, ValidatorSet},
    light::{LightOptions, Trusted},
    primitives::{Height, TimeMs},
    wire::SignedHeader,
};

/// Why a header is invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// Of another chain or version.
    #[error("header is of another chain or version")]
    Chain,
    /// The certificate is for another header.
    #[error("certificate is for another header")]
    OtherHeader,
    /// The trusted block is too old to trust anything by.
    #[error("the trusted block of time {0} is older than the trusting period")]
    Expired(TimeMs),
    /// Further ahead of the clock than allowed.
    #[error("header time {0} lies in the future")]
    Future(TimeMs),
    /// Not above the trusted block.
    #[error("header height {got} is not above the trusted {trusted}")]
    Height {
        /// The header's.
        got: Height,
        /// The trusted block's.
        trusted: Height,
    },
    /// Not after the trusted block.
    #[error("header time {0} is not after the trusted block's")]
    Time(TimeMs),
    /// Not the set that the header names.
    #[error("validator set is not the one that the header names")]
    Set,
    /// Not the set that the trusted block announced.
    #[error("header names another set than its parent announced")]
    Announced,
    /// Does not link to the trusted block.
    #[error("header does not link to the trusted block")]
    Parent,
    /// The certificate does not verify.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl Reason {
    /// The name under which programs know it; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Chain => "other-chain",
            Self::OtherHeader | Self::Parent => "forged-header",
            Self::Expired(_) => "trust-expired",
            Self::Future(_) => "future-header",
            Self::Height { .. } | Self::Time(_) => "stale-head",
            Self::Set | Self::Announced => "wrong-set",
            Self::Certificate(_) => "bad-certificate",
        }
    }
}

fn ensure(holds: bool, reason: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(reason) }
}

pub(super) fn same_chain(spec: &ChainSpec, header: &Header) -> Result<(), Reason> {
    let ours = header.version == PROTOCOL_VERSION && header.chain_id == spec.genesis.chain_id;
    ensure(ours, Reason::Chain)
}

pub(super) fn for_this_header(signed: &SignedHeader) -> Result<(), Reason> {
    let certificate: &CommitCertificate = &signed.certificate;
    let fits = certificate.block_id == signed.header.id() && certificate.height == signed.header.height;
    ensure(fits, Reason::OtherHeader)
}

pub(super) fn in_trusting_period(
    options: &LightOptions,
    trusted: &Trusted,
    now: TimeMs,
) -> Result<(), Reason> {
    ensure(now.since(trusted.time) < options.trusting_ms, Reason::Expired(trusted.time))
}

pub(super) fn not_from_the_future(
    options: &LightOptions,
    header: &Header,
    now: TimeMs,
) -> Result<(), Reason> {
    ensure(header.time <= now.saturating_add(options.drift_ms), Reason::Future(header.time))
}

pub(super) fn monotonic(trusted: &Trusted, header: &Header) -> Result<(), Reason> {
    ensure(header.height > trusted.height, Reason::Height { got: header.height, trusted: trusted.height })?;
    ensure(header.time > trusted.time, Reason::Time(header.time))
}

pub(super) fn named_set(header: &Header, set: &ValidatorSet) -> Result<(), Reason> {
    ensure(set.root() == header.validators_root, Reason::Set)
}

pub(super) fn follows(trusted: &Trusted, header: &Header) -> Result<(), Reason> {
    ensure(header.validators_root == trusted.next_set.root(), Reason::Announced)?;
    ensure(header.parent_id == trusted.id, Reason::Parent)
}

/// Whether more than a third of the trusted set is among the signers. They are counted by address and before any
/// signature is verified: a signature that is false fails the certificate later.
pub(super) fn overlaps(trusted: &Trusted, signed: &SignedHeader, set: &ValidatorSet) -> Result<bool, Reason> {
    let votes = signed.certificate.votes(set)?;
    let known = votes.iter().filter(|vote| trusted.next_set.contains(&vote.validator)).count();
    Ok(known.saturating_mul(3) > trusted.next_set.len())
}
