//! Asking peers for their heads and for blocks, and taking their answers in. What to ask, and whom, is decided by
//! [`Catchup`](crate::node::sync::Catchup).

use std::collections::VecDeque;

use emotionalchain_shared::{
    primitives::Height,
    wire::{FinalisedBlock, SyncRequest, SyncResponse, Wire},
};
use libp2p::PeerId;
use tokio::time::Instant;
use tracing::warn;

use super::{Host, serve};
use crate::{
    consensus::replica::{Input, Judgement},
    network::conduct::Conduct,
    node::{
        NodeError,
        sync::{Action, Event},
    },
};

/// What a question to a peer came to.
pub(super) enum Answer {
    /// The lowest and the highest block that it serves; `None` if it follows another chain or does not answer.
    Status(PeerId, Option<(Height, Height)>),
    /// The first height asked for, and the blocks with the size of the answer; `None` if there is none.
    Blocks(PeerId, Height, Option<(Vec<FinalisedBlock>, usize)>),
    /// No answer: the replica knows of a block that it does not have.
    Behind,
}

impl Host {
    pub(super) fn ask_status(&self, peer: PeerId) {
        let Ok(snapshot) = self.store.snapshot() else { return };
        let Ok(ours) = serve::status(&self.spec, &snapshot) else { return };
        let (network, answers, hash) = (self.network.clone(), self.answers.clone(), self.spec.hash);
        tokio::spawn(async move {
            let answer = network.request(peer, SyncRequest::Status(ours).encode()).await;
            let claim = match answer.map(|bytes| SyncResponse::decode(&bytes)) {
                Ok(Ok(SyncResponse::Status(status))) if status.genesis_hash == hash => {
                    Some((status.earliest, status.head))
                }
                _ => None,
            };
            // The host is stopping if nobody takes it.
            let _ = answers.send(Answer::Status(peer, claim)).await;
        });
    }

    pub(super) fn on_answer(&mut self, answer: Answer) -> Result<(), NodeError> {
        let event = match answer {
            Answer::Status(peer, Some((earliest, head))) if self.connected.contains(&peer) => {
                Event::Claimed { peer, earliest, head }
            }
            // A lost question says nothing of the blocks that the peer is sending.
            Answer::Status(peer, None) if self.connected.contains(&peer) => return Ok(()),
            Answer::Status(peer, _) => Event::Gone { peer },
            Answer::Blocks(peer, from, Some((blocks, bytes))) => {
                Event::Answered { peer, from, blocks, bytes }
            }
            Answer::Blocks(peer, from, None) => Event::Failed { peer, from },
            Answer::Behind => Event::Tick,
        };
        self.catch_up(event)
    }

    /// Hands an event to the catch-up, and carries out what it answers until nothing is left to do. Not to be called while
    /// outputs of the replica are carried out, which happens inside it.
    pub(super) fn catch_up(&mut self, event: Event<FinalisedBlock>) -> Result<(), NodeError> {
        // Blocks also arrive by consensus: the catch-up begins above them.
        let mut events = VecDeque::from([Event::Applied { height: self.replica.head().height }, event]);
        while let Some(event) = events.pop_front() {
            for action in self.sync.handle(Instant::now().into_std(), event) {
                match action {
                    Action::Ask { peer, from, count } => self.ask_blocks(peer, from, count),
                    Action::Apply { peer, blocks } => events.push_back(self.apply(peer, blocks)?),
                    // The network has seen those itself.
                    Action::Charge { conduct: Conduct::Timeout, .. } => {}
                    Action::Charge { peer, conduct } => self.network.conduct(peer, conduct),
                }
            }
        }
        Ok(())
    }

    fn ask_blocks(&self, peer: PeerId, from: Height, count: u32) {
        let (network, answers) = (self.network.clone(), self.answers.clone());
        tokio::spawn(async move {
            let answer = network.request(peer, SyncRequest::Blocks(from, count).encode()).await;
            let blocks = answer.ok().and_then(|bytes| match SyncResponse::decode(&bytes) {
                Ok(SyncResponse::Blocks(blocks)) => Some((blocks, bytes.len())),
                _ => None,
            });
            let _ = answers.send(Answer::Blocks(peer, from, blocks)).await;
        });
    }

    /// Applies blocks as far as they verify.
    fn apply(
        &mut self,
        peer: PeerId,
        blocks: Vec<FinalisedBlock>,
    ) -> Result<Event<FinalisedBlock>, NodeError> {
        for finalised in blocks {
            let height = finalised.block.header.height;
            let input = Input::Synced(Box::new(finalised.block), finalised.certificate);
            if self.feed(input)? == Judgement::Reject {
                warn!(%peer, %height, "peer serves blocks that do not verify");
                return Ok(Event::Rejected { height });
            }
            if self.replica.head().height < height {
                break;
            }
        }
        Ok(Event::Applied { height: self.replica.head().height })
    }
}
