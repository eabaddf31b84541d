//! One step of trust.

use crate::{
    chain::{ChainSpec, Params},
    consensus::ValidatorSet,
    light::{
        Reason,
        predicates::{
            follows, for_this_header, in_trusting_period, monotonic, named_set, not_from_the_future,
            same_chain,
        },
    },
    primitives::{BlockId, Height, TimeMs},
    wire::SignedHeader,
};

/// A block that is trusted, and the set that signs the one after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// Its height; 0 is genesis.
    pub height: Height,
    /// Its id.
    pub id: BlockId,
    /// Its time.
    pub time: TimeMs,
    /// The set whose root it announced.
    pub next_set: ValidatorSet,
}

/// How long and how far to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LightOptions {
    /// A trusted block older than this proves nothing, milliseconds.
    pub trusting_ms: u64,
    /// How far a header may lie ahead of the clock, milliseconds.
    pub drift_ms: u64,
}

/// What a header is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Trusted from now on.
    Success,
    /// Not contradicted, but too few of the trusted set signed: verify a height in between first.
    NotEnoughTrust,
    /// Not a header of this chain.
    Invalid(Reason),
}

impl LightOptions {
    /// Two thirds of the unbonding delay, and ten seconds of drift.
    pub fn of(params: &Params) -> Self {
        let third = params.unbonding_ms.checked_div(3).unwrap_or_default();
        Self { trusting_ms: third.saturating_mul(2), drift_ms: 10_000 }
    }
}

impl Trusted {
    /// Genesis: trusted because the chain is defined by it.
    ///
    /// # Errors
    /// [`crate::chain::GenesisError`] when the genesis has no usable set.
    pub fn genesis(spec: &ChainSpec) -> Result<Self, crate::chain::GenesisError> {
        let next_set = spec.genesis.validator_set()?;
        Ok(Self { height: Height::ZERO, id: BlockId::new(spec.hash), time: spec.genesis.time_ms, next_set })
    }

    /// What a verified header is trusted as; `None` if the set is not the one that it announces.
    pub fn from_verified(signed: &SignedHeader, next_set: ValidatorSet) -> Option<Self> {
        let header = &signed.header;
        (next_set.root() == header.next_validators_root).then(|| Self {
            height: header.height,
            id: header.id(),
            time: header.time,
            next_set,
        })
    }
}

/// Judges a header by a trusted block; `set` is the one that signed it, from whatever source.
pub fn verify(
    spec: &ChainSpec,
    options: &LightOptions,
    trusted: &Trusted,
    signed: &SignedHeader,
    set: &ValidatorSet,
    now: TimeMs,
) -> Verdict {
    match judge(spec, options, trusted, signed, set, now) {
        Ok(true) => Verdict::Success,
        Ok(false) => Verdict::NotEnoughTrust,
        Err(reason) => Verdict::Invalid(reason),
    }
}

fn judge(
    spec: &ChainSpec,
    options: &LightOptions,
    trusted: &Trusted,
    signed: &SignedHeader,
    set: &ValidatorSet,
    now: TimeMs,
) -> Result<bool, Reason> {
    let header = &signed.header;
    same_chain(spec, header)?;
    for_this_header(signed)?;
    in_trusting_period(options, trusted, now)?;
    not_from_the_future(options, header, now)?;
    monotonic(trusted, header)?;
    named_set(header, set)?;
    let adjacent = trusted.height.next() == Some(header.height);
    if adjacent {
        follows(trusted, header)?;
    } else if !overlaps(trusted, signed, set)? {
        return Ok(false);
    }
    signed.certificate.verify(&spec.domain, set)?;
    Ok(true)
}

/// Whether more than a third of the trusted set is among the signers, counted before any signature is verified.
fn overlaps(trusted: &Trusted, signed: &SignedHeader, set: &ValidatorSet) -> Result<bool, Reason> {
    let votes = signed.certificate.votes(set)?;
    let known = votes.iter().filter(|vote| trusted.next_set.contains(&vote.validator)).count();
    Ok(known.saturating_mul(3) > trusted.next_set.len())
}
