//! A chain that stands still: no head above the first that the liar saw, and nothing that would show a later one.
//!
//! Defence: a peer whose head lies further and further behind that of others is left.

use emotionalchain_shared::{
    chain::Header,
    primitives::Height,
    wire::{HeadUpdate, Refusal, SyncRequest, SyncResponse},
};

use crate::lie::{Lie, Truth, is_set};

/// See the module.
pub struct StaleHead {
    update: HeadUpdate,
}

impl StaleHead {
    /// Stands still at a head.
    pub fn at(first: &Truth) -> Self {
        Self { update: first.update.clone() }
    }

    fn header(&self) -> &Header {
        &self.update.head.header
    }

    /// Whether an answer of this height may be given.
    fn knows(&self, height: Height) -> bool {
        height <= self.header().height
    }
}

impl Lie for StaleHead {
    fn head(&self, _: &Truth) -> HeadUpdate {
        self.update.clone()
    }

    fn answer(&self, request: &SyncRequest, answer: SyncResponse, _: &Truth) -> SyncResponse {
        let absent = SyncResponse::Refused(Refusal::Absent.code());
        match (request, answer) {
            (_, SyncResponse::Status(mut status)) => {
                status.head = self.header().height;
                status.head_id = self.header().id();
                status.validators_root = self.header().next_validators_root;
                SyncResponse::Status(status)
            }
            (_, SyncResponse::Headers(mut headers)) => {
                headers.retain(|one| self.knows(one.header.height));
                SyncResponse::Headers(headers)
            }
            (_, SyncResponse::Blocks(mut blocks)) => {
                blocks.retain(|one| self.knows(one.block.header.height));
                SyncResponse::Blocks(blocks)
            }
            (SyncRequest::State(key), SyncResponse::State(mut answer)) if is_set(key) => {
                answer.height = answer.height.min(self.header().height);
                SyncResponse::State(answer)
            }
            (_, SyncResponse::State(answer)) if !self.knows(answer.height) => absent,
            (_, SyncResponse::Inclusion(answer)) if !self.knows(answer.height) => absent,
            (_, SyncResponse::Epoch(height, _)) if !self.knows(height) => absent,
            (_, answer) => answer,
        }
    }
}
