//! Walks, with what one peer answers.

use emotionalchain_shared::{
    chain::{ChainSpec, state::StateKey},
    consensus::ValidatorSet,
    light::{LightOptions, Skipping, Step, Trusted, verify_set},
    primitives::{Hash, Height},
    wire::{HeadUpdate, SignedHeader, SyncRequest, SyncResponse},
};
use libp2p::PeerId;

use crate::{
    clock,
    error::{LightError, set_missing},
    executor,
    options::Checkpoint,
    rpc::Rpc,
};

/// What a walk came to.
pub struct Walked {
    /// How many headers it verified.
    pub verified: usize,
    /// Seats of the set that the target names, if the walk came to know it.
    pub seats: Option<usize>,
    /// Its last step, or why the peer gave it no other.
    pub end: Result<Step, LightError>,
}

/// Sets that need not be asked for; each is recognised by its root.
#[derive(Clone, Debug, Default)]
pub struct Hints(Option<ValidatorSet>);

impl Hints {
    /// The set that came with a head.
    pub fn of(update: &HeadUpdate) -> Self {
        Self(update.next_set.clone())
    }
}

/// Walks from a trusted block to a peer's header. Lets the page breathe after each certificate.
pub async fn walk(
    spec: &ChainSpec,
    rpc: &Rpc,
    peer: PeerId,
    trusted: Trusted,
    target: SignedHeader,
    mut hints: Hints,
) -> Walked {
    let options = LightOptions::of(spec.params());
    let named = target.header.validators_root;
    let size = |set: &ValidatorSet| (set.root() == named).then(|| set.len());
    let mut seats = size(&trusted.next_set);
    let mut verified = 0_usize;
    let mut skipping = Skipping::new(trusted, target.clone());
    let end = loop {
        match skipping.step(spec, &options, clock::now()) {
            Step::Again => executor::breathe().await,
            Step::Set(root) => {
                let set = match hints.0.take().filter(|set| set.root() == root) {
                    Some(set) => Ok(set),
                    None => fetch_set(rpc, peer, root).await,
                };
                seats = seats.or_else(|| set.as_ref().ok().and_then(size));
                if let Err(error) = set.and_then(|set| Ok(skipping.set(set)?)) {
                    break Err(error);
                }
            }
            Step::Header(height) => {
                let header = fetch_header(rpc, peer, height).await;
                if let Err(error) = header.and_then(|header| Ok(skipping.header(header)?)) {
                    break Err(error);
                }
            }
            // Goes on from what it verified: that grows with every walk, and no chain is without end.
            Step::TooLong if skipping.verified() > 0 => {
                verified = verified.saturating_add(skipping.verified());
                skipping = Skipping::new(skipping.trusted().clone(), target.clone());
            }
            end => break Ok(end),
        }
    };
    // A bisection may verify the target by a set that it came to on the way.
    let seats = seats.or_else(|| size(&skipping.trusted().next_set));
    Walked { verified: verified.saturating_add(skipping.verified()), seats, end }
}

/// The first of these trusted blocks that a peer has as well; genesis everybody has.
///
/// # Errors
/// [`LightError::OtherHeader`] when it has none of them: it is on another chain than the one that is trusted.
pub async fn common(rpc: &Rpc, peer: PeerId, ours: Vec<Trusted>) -> Result<Trusted, LightError> {
    let lowest = ours.last().map(|one| one.height).unwrap_or_default();
    for one in ours {
        if one.height == Height::ZERO || fetch_header(rpc, peer, one.height).await?.header.id() == one.id {
            return Ok(one);
        }
    }
    Err(LightError::OtherHeader(lowest))
}

/// The trusted block of a checkpoint.
pub async fn anchor(
    spec: &ChainSpec,
    rpc: &Rpc,
    peer: PeerId,
    checkpoint: Checkpoint,
) -> Result<(Trusted, SignedHeader), LightError> {
    let signed = fetch_header(rpc, peer, checkpoint.height).await?;
    if signed.header.id() != checkpoint.id {
        return Err(LightError::Checkpoint(checkpoint.height));
    }
    let set = fetch_set(rpc, peer, signed.header.next_validators_root).await?;
    let trusted = Trusted::checkpoint(spec, checkpoint.height, checkpoint.id, &signed, set)
        .map_err(|reason| LightError::Header { height: checkpoint.height, reason })?;
    Ok((trusted, signed))
}

/// A signed header, of which nothing is believed.
pub async fn fetch_header(rpc: &Rpc, peer: PeerId, height: Height) -> Result<SignedHeader, LightError> {
    match rpc.ask(peer, &SyncRequest::Headers(height, 1)).await? {
        SyncResponse::Headers(headers) => headers.into_iter().next().ok_or(LightError::NotFound("header")),
        SyncResponse::Refused(_) => Err(LightError::NotFound("header")),
        _ => Err(LightError::BadAnswer("no header")),
    }
}

/// The set with this root.
pub async fn fetch_set(rpc: &Rpc, peer: PeerId, root: Hash) -> Result<ValidatorSet, LightError> {
    match rpc.ask(peer, &SyncRequest::State(StateKey::Set(root).to_bytes())).await? {
        SyncResponse::State(answer) => {
            let bytes = answer.value.ok_or_else(|| set_missing(root))?;
            Ok(verify_set(&root, &bytes)?)
        }
        SyncResponse::Refused(_) => Err(set_missing(root)),
        _ => Err(LightError::BadAnswer("no set")),
    }
}
