//! One byte of every proof, of every value and of every summary is another one.
//!
//! Sets stay as they are, because no proof is asked of them, and so do the items of lists, because they are recognised
//! by their ids: what is altered there is the proof.
//!
//! Defence: an answer counts only with a proof against a verified header.

use emotionalchain_shared::{
    chain::EpochSummary,
    wire::{HeadUpdate, SyncRequest, SyncResponse, Wire},
};

use crate::lie::{Lie, Truth, is_set, other};

/// See the module.
pub struct AlteredProof;

impl Lie for AlteredProof {
    fn head(&self, truth: &Truth) -> HeadUpdate {
        let mut update = truth.update.clone();
        update.summary = update.summary.map(alter_summary);
        update
    }

    fn answer(&self, request: &SyncRequest, answer: SyncResponse, _: &Truth) -> SyncResponse {
        match (request, answer) {
            (SyncRequest::State(key), SyncResponse::State(mut answer)) => {
                answer.proof = alter(answer.proof);
                if !is_set(key) {
                    answer.value = answer.value.map(alter);
                }
                SyncResponse::State(answer)
            }
            (_, SyncResponse::Inclusion(mut answer)) => {
                answer.proof = alter(answer.proof);
                SyncResponse::Inclusion(answer)
            }
            (_, SyncResponse::Epoch(height, summary)) => SyncResponse::Epoch(height, alter_summary(summary)),
            (_, answer) => answer,
        }
    }
}

/// The last byte, which in a proof is one of a hash.
fn alter(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}

/// A field that leaves the summary readable.
fn alter_summary(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(mut summary) = EpochSummary::decode(&bytes) else { return alter(bytes) };
    summary.seed = other(&summary.seed);
    summary.encode()
}
