//! Asking peers for their heads and for blocks, and taking their answers in.

use emotionalchain_shared::{
    primitives::Height,
    wire::{FinalisedBlock, SyncRequest, SyncResponse, Wire},
};
use libp2p::PeerId;
use tracing::warn;

use super::{Host, serve};
use crate::{
    consensus::replica::{Input, Judgement},
    network::conduct::Conduct,
    node::{NodeError, sync::BATCH},
};

/// What a question to a peer came to.
pub(super) enum Answer {
    Status(PeerId, Option<Height>),
    Blocks(PeerId, Vec<FinalisedBlock>),
}

impl Host {
    pub(super) fn ask_status(&self, peer: PeerId) {
        let Ok(snapshot) = self.store.snapshot() else { return };
        let Ok(ours) = serve::status(&self.spec, &snapshot) else { return };
        let (network, answers, hash) = (self.network.clone(), self.answers.clone(), self.spec.hash);
        tokio::spawn(async move {
            let answer = network.request(peer, SyncRequest::Status(ours).encode()).await;
            let head = match answer.map(|bytes| SyncResponse::decode(&bytes)) {
                Ok(Ok(SyncResponse::Status(status))) if status.genesis_hash == hash => Some(status.head),
                _ => None,
            };
            // The host is stopping if nobody takes it.
            let _ = answers.send(Answer::Status(peer, head)).await;
        });
    }

    pub(super) fn fetch(&mut self, prefer: Option<PeerId>) {
        let Some((peer, from)) = self.sync.next(self.replica.head().height, prefer) else { return };
        let (network, answers) = (self.network.clone(), self.answers.clone());
        tokio::spawn(async move {
            let answer = network.request(peer, SyncRequest::Blocks(from, BATCH).encode()).await;
            let blocks = match answer.map(|bytes| SyncResponse::decode(&bytes)) {
                Ok(Ok(SyncResponse::Blocks(blocks))) => blocks,
                _ => Vec::new(),
            };
            let _ = answers.send(Answer::Blocks(peer, blocks)).await;
        });
    }

    pub(super) fn on_answer(&mut self, answer: Answer) -> Result<(), NodeError> {
        match answer {
            Answer::Status(peer, Some(head)) => {
                self.sync.claimed(peer, head);
                if self.sync.is_behind(self.replica.head().height) {
                    self.fetch(Some(peer));
                }
            }
            Answer::Status(peer, None) => self.sync.forget(&peer),
            Answer::Blocks(peer, blocks) => {
                self.sync.fetched();
                let mut useful = false;
                for finalised in blocks {
                    let input = Input::Synced(Box::new(finalised.block), finalised.certificate);
                    match self.feed(input)? {
                        Judgement::Accept => useful = true,
                        Judgement::Ignore => {}
                        Judgement::Reject => {
                            warn!(%peer, "peer serves blocks that do not verify");
                            self.network.conduct(peer, Conduct::FalseAnswer);
                            useful = false;
                            break;
                        }
                    }
                }
                if useful {
                    self.network.conduct(peer, Conduct::UsefulAnswer);
                }
                if useful { self.fetch(Some(peer)) } else { self.sync.forget(&peer) }
            }
        }
        Ok(())
    }
}
