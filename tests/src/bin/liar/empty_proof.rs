//! Every proof is empty.
//!
//! Defence: "nothing to check" is not "nothing wrong".

use emotionalchain_shared::wire::{SyncRequest, SyncResponse};

use crate::lie::{Lie, Truth};

/// See the module.
pub struct EmptyProof;

impl Lie for EmptyProof {
    fn answer(&self, _: &SyncRequest, answer: SyncResponse, _: &Truth) -> SyncResponse {
        match answer {
            SyncResponse::State(mut answer) => {
                answer.proof.clear();
                SyncResponse::State(answer)
            }
            SyncResponse::Inclusion(mut answer) => {
                answer.proof.clear();
                SyncResponse::Inclusion(answer)
            }
            answer => answer,
        }
    }
}
