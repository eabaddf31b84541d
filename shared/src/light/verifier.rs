//! One step of trust.

use crate::{
    chain::{ChainSpec, Params},
    consensus::ValidatorSet,
    light::{
        Reason,
        predicates::{
            follows, for_this_header, in_trusting_period, monotonic, named_set, not_from_the_future,
            overlaps, same_chain,
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

    /// The block at a checkpoint, of which height and id are known from elsewhere; its certificate adds nothing.
    ///
    /// # Errors
    /// [`Reason::Chain`] for a header of another chain, [`Reason::OtherHeader`] for another block than the one at the
    /// checkpoint, [`Reason::Set`] for another set than it announces.
    pub fn checkpoint(
        spec: &ChainSpec,
        height: Height,
        id: BlockId,
        signed: &SignedHeader,
        next_set: ValidatorSet,
    ) -> Result<Self, Reason> {
        same_chain(spec, &signed.header)?;
        if signed.header.height != height || signed.header.id() != id {
            return Err(Reason::OtherHeader);
        }
        Self::from_verified(signed, next_set).ok_or(Reason::Set)
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
    let judged = plausible(spec, options, trusted, signed, now)
        .and_then(|()| vouched_for(trusted, signed, set))
        .and_then(|vouched| if vouched { certified(spec, signed, set).map(|()| true) } else { Ok(false) });
    match judged {
        Ok(true) => Verdict::Success,
        Ok(false) => Verdict::NotEnoughTrust,
        Err(reason) => Verdict::Invalid(reason),
    }
}

/// What the header alone shows: worth asking for its set.
pub(super) fn plausible(
    spec: &ChainSpec,
    options: &LightOptions,
    trusted: &Trusted,
    signed: &SignedHeader,
    now: TimeMs,
) -> Result<(), Reason> {
    let header = &signed.header;
    same_chain(spec, header)?;
    for_this_header(signed)?;
    in_trusting_period(options, trusted, now)?;
    not_from_the_future(options, header, now)?;
    monotonic(trusted, header)
}

/// Whether the trusted block stands for the header, should its signatures be true; false: not from this far.
pub(super) fn vouched_for(
    trusted: &Trusted,
    signed: &SignedHeader,
    set: &ValidatorSet,
) -> Result<bool, Reason> {
    let header = &signed.header;
    named_set(header, set)?;
    if trusted.height.next() == Some(header.height) {
        follows(trusted, header)?;
        return Ok(true);
    }
    overlaps(trusted, signed, set)
}

/// The one costly check.
fn certified(spec: &ChainSpec, signed: &SignedHeader, set: &ValidatorSet) -> Result<(), Reason> {
    let mut done = Some(0);
    while let Some(from) = done {
        done = certified_from(spec, signed, set, from)?;
    }
    Ok(())
}

/// Signatures that are verified in one go: 128 at once are more than a page may be kept from drawing, before the
/// browser has optimised the code.
const SLICE: usize = 16;

/// The next slice of the costly check; `None` when all of it is done.
pub(super) fn certified_from(
    spec: &ChainSpec,
    signed: &SignedHeader,
    set: &ValidatorSet,
    from: usize,
) -> Result<Option<usize>, Reason> {
    let end = from.saturating_add(SLICE);
    let votes = signed.certificate.votes(set)?;
    let slice = votes.get(from..end.min(votes.len())).unwrap_or_default();
    // Shape and quorum each time: they cost next to nothing, and no slice is looked at without them.
    signed.certificate.verify_with(&spec.domain, set, |vote| !slice.contains(vote))?;
    Ok((end < votes.len()).then_some(end))
}
