//! Answers to peers' requests, from the store alone.

#[cfg(test)]
mod tests;

use emotionalchain_shared::{
    chain::{
        ChainSpec,
        state::{Globals, StateKey},
    },
    merkle::StateTree,
    primitives::Height,
    wire::{
        FinalisedBlock, MAX_BLOCK, MAX_SYNC_BLOCKS, MAX_SYNC_RESPONSE, SignedHeader, StateAnswer, Status,
        SyncRequest, SyncResponse, VersionRange, Wire,
    },
};

use crate::store::{Snapshot, StoreError};

/// A request that this software cannot read.
const REFUSED_MALFORMED: u32 = 1;
/// Something that is not here.
const REFUSED_ABSENT: u32 = 2;

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

/// Answers a request; whatever is wrong with it, there is an answer.
pub fn answer(spec: &ChainSpec, store: &Snapshot, request: &[u8]) -> Vec<u8> {
    let response = match SyncRequest::decode(request) {
        Ok(request) => respond(spec, store, request).unwrap_or_else(|reason| {
            tracing::error!(%reason, "a peer's request cannot be answered");
            SyncResponse::Refused(REFUSED_ABSENT)
        }),
        Err(_) => SyncResponse::Refused(REFUSED_MALFORMED),
    };
    response.encode()
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
                return Ok(SyncResponse::Refused(REFUSED_ABSENT));
            }
            match StateTree::new(store).get_with_proof(head.height.get(), &key) {
                Ok((value, proof)) => {
                    SyncResponse::State(StateAnswer { height: head.height, value, proof: proof.encode() })
                }
                Err(_) => SyncResponse::Refused(REFUSED_ABSENT),
            }
        }
    })
}

fn heights(from: Height, count: u32) -> impl Iterator<Item = Height> {
    let count = u64::from(count).min(MAX_SYNC_BLOCKS.try_into().unwrap_or(u64::MAX));
    (from.get()..from.get().saturating_add(count)).map(Height::new)
}
