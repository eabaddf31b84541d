//! Answers to peers' questions, from the store alone. What peers hand in is taken by [`super::host`].

#[cfg(test)]
mod tests;

use emotionalchain_shared::{
    chain::{
        ChainSpec,
        state::{Globals, StateKey},
    },
    consensus::ValidatorSet,
    merkle::{ListTree, StateTree},
    primitives::{Hash, Height},
    wire::{
        FinalisedBlock, HeadUpdate, InclusionAnswer, MAX_BLOCK, MAX_SYNC_BLOCKS, MAX_SYNC_RESPONSE, Refusal,
        SignedHeader, StateAnswer, Status, SyncRequest, SyncResponse, VersionRange, Wire,
    },
};

use crate::store::{Snapshot, StoreError};

/// Our own status.
pub fn status(spec: &ChainSpec, store: &Snapshot) -> Result<Status, StoreError> {
    let head = store.head()?.ok_or(StoreError::Empty)?;
    let globals = store.state_get(&StateKey::Globals.to_bytes())?.unwrap_or_default();
    let globals: Globals = borsh::from_slice(&globals).map_err(|_| StoreError::Damaged { table: "state" })?;
    Ok(Status {
        chain_id: spec.genesis.chain_id.clone(),
        genesis_hash: spec.hash,
        versions: VersionRange::SUPPORTED,
        head: head.height,
        head_id: head.block_id,
        validators_root: globals.next_set,
        earliest: Height::new(head.height.get().min(1)),
    })
}

/// Reads a request.
///
/// # Errors
/// [`Refusal::Malformed`].
pub fn read(request: &[u8]) -> Result<SyncRequest, Refusal> {
    SyncRequest::decode(request).map_err(|_| Refusal::Malformed)
}

/// Answers a question; whatever is wrong with it, there is an answer.
pub fn answer(spec: &ChainSpec, store: &Snapshot, request: SyncRequest) -> SyncResponse {
    respond(spec, store, request).unwrap_or_else(|reason| {
        tracing::error!(%reason, "a peer's request cannot be answered");
        refused(Refusal::Absent)
    })
}

/// The newest head as light clients get it pushed; `None` before the first block.
pub fn head_update(store: &Snapshot) -> Result<Option<HeadUpdate>, StoreError> {
    let head = store.head()?.ok_or(StoreError::Empty)?;
    let (Some(header), Some(certificate)) = (store.header(head.height)?, store.certificate(head.height)?)
    else {
        return Ok(None);
    };
    let next_set = if header.next_validators_root == header.validators_root {
        None
    } else {
        set(store, header.next_validators_root)?
    };
    let parent = header.height.prev().map(|parent| store.header(parent)).transpose()?.flatten();
    let summary = match parent {
        Some(parent) if parent.epoch < header.epoch => store.epoch_summary_bytes(parent.epoch)?,
        _ => None,
    };
    Ok(Some(HeadUpdate { head: SignedHeader { header, certificate }, next_set, summary }))
}

fn set(store: &Snapshot, root: Hash) -> Result<Option<ValidatorSet>, StoreError> {
    let bytes = store.state_get(&StateKey::Set(root).to_bytes())?;
    bytes
        .map(|bytes| borsh::from_slice(&bytes).map_err(|_| StoreError::Damaged { table: "state" }))
        .transpose()
}

fn refused(why: Refusal) -> SyncResponse {
    SyncResponse::Refused(why.code())
}

fn respond(spec: &ChainSpec, store: &Snapshot, request: SyncRequest) -> Result<SyncResponse, StoreError> {
    Ok(match request {
        SyncRequest::Status(_) => SyncResponse::Status(status(spec, store)?),
        SyncRequest::Blocks(from, count) => {
            let mut room = MAX_SYNC_RESPONSE.saturating_sub(MAX_BLOCK);
            let mut blocks = Vec::new();
            for height in heights(from, count) {
                let (Some(block), Some(certificate)) = (store.block(height)?, store.certificate(height)?)
                else {
                    break;
                };
                let finalised = FinalisedBlock { block, certificate };
                let size = finalised.encode().len();
                if size > room && !blocks.is_empty() {
                    break;
                }
                room = room.saturating_sub(size);
                blocks.push(finalised);
            }
            SyncResponse::Blocks(blocks)
        }
        SyncRequest::Headers(from, count) => {
            let mut headers = Vec::new();
            for height in heights(from, count) {
                let (Some(header), Some(certificate)) = (store.header(height)?, store.certificate(height)?)
                else {
                    break;
                };
                headers.push(SignedHeader { header, certificate });
            }
            SyncResponse::Headers(headers)
        }
        SyncRequest::State(key) => {
            let head = store.head()?.ok_or(StoreError::Empty)?;
            if head.height == Height::ZERO {
                return Ok(refused(Refusal::Absent));
            }
            match StateTree::new(store).get_with_proof(head.height.get(), &key) {
                Ok((value, proof)) => {
                    SyncResponse::State(StateAnswer { height: head.height, value, proof: proof.encode() })
                }
                Err(_) => refused(Refusal::Absent),
            }
        }
        SyncRequest::Transaction(id) => {
            let Some(place) = store.transaction_location(&id)? else { return Ok(refused(Refusal::Absent)) };
            let Some(block) = store.block(place.height)? else { return Ok(refused(Refusal::Absent)) };
            let items: Vec<Vec<u8>> = block.transactions.iter().map(Wire::encode).collect();
            let index = usize::try_from(place.index).unwrap_or(usize::MAX);
            inclusion(place.height, &items, index)
        }
        SyncRequest::Vote(validator, epoch) => {
            let height = store.proof_height(&validator, epoch)?;
            let block = height.map(|height| store.block(height)).transpose()?.flatten();
            let Some(block) = block else { return Ok(refused(Refusal::Absent)) };
            let index =
                block.votes.iter().position(|vote| (vote.validator(), vote.epoch) == (validator, epoch));
            let items: Vec<Vec<u8>> = block.votes.iter().map(Wire::encode).collect();
            inclusion(block.header.height, &items, index.unwrap_or(usize::MAX))
        }
        SyncRequest::Epoch(epoch) => match (store.epoch_summary_bytes(epoch)?, store.close_height(epoch)?) {
            (Some(summary), Some(height)) => SyncResponse::Epoch(height, summary),
            _ => refused(Refusal::Absent),
        },
        // Not questions: the host takes them before it comes to the store.
        SyncRequest::SubmitTransaction(_)
        | SyncRequest::SubmitProof(_)
        | SyncRequest::SubmitEvidence(_)
        | SyncRequest::Peers => refused(Refusal::Malformed),
    })
}

/// One item of a block's list with its proof.
fn inclusion(height: Height, items: &[Vec<u8>], index: usize) -> SyncResponse {
    let proof = ListTree::from_leaves(items).prove(index);
    match (items.get(index), proof) {
        (Some(item), Some(proof)) => {
            SyncResponse::Inclusion(InclusionAnswer { height, item: item.clone(), proof: proof.encode() })
        }
        _ => refused(Refusal::Absent),
    }
}

fn heights(from: Height, count: u32) -> impl Iterator<Item = Height> {
    let count = u64::from(count).min(MAX_SYNC_BLOCKS.try_into().unwrap_or(u64::MAX));
    (from.get()..from.get().saturating_add(count)).map(Height::new)
}
