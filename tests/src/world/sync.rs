//! Catching up from peers, as the node does it: status in turn, final blocks in batches.

use emotionalchain_node::consensus::replica::{Input, Judgement};
use emotionalchain_shared::{chain::Block, consensus::CommitCertificate, primitives::Height};

use super::{Payload, World};
use crate::{
    byzantine::To,
    network::{Micros, SECOND},
};

/// Blocks at once.
const BATCH: u64 = 32;
/// An answer that takes longer is not waited for.
const PATIENCE: Micros = 2 * SECOND;

impl World {
    /// Asks somebody who claims to be ahead.
    pub(super) fn fetch(&mut self, at: usize, prefer: Option<usize>) {
        let now = self.now;
        let node = &mut self.nodes[at];
        let head = node.head();
        if now < node.fetching {
            return;
        }
        let ahead = |claim: &Height| *claim > head;
        let preferred = prefer.filter(|peer| node.claims.get(peer).is_some_and(ahead));
        let best = || node.claims.iter().filter(|(_, claim)| ahead(claim)).max_by_key(|(_, claim)| **claim);
        let Some(peer) = preferred.or_else(|| best().map(|(peer, _)| *peer)) else { return };
        node.fetching = now + PATIENCE;
        let from = head.next().unwrap_or(head);
        self.send(at, &To::Some(vec![peer]), Payload::AskBlocks(from));
    }

    pub(super) fn on_status(&mut self, at: usize, from: usize, head: Height) {
        self.nodes[at].claims.insert(from, head);
        // A normal node is now and then one behind.
        if head.since(self.nodes[at].head()).is_some_and(|ahead| ahead > 1) {
            self.fetch(at, Some(from));
        }
    }

    /// Answers with final blocks.
    pub(super) fn serve(&mut self, at: usize, to: usize, from: Height) {
        let node = &self.nodes[at];
        let mut blocks = Vec::new();
        for height in (from.get()..).take(usize::try_from(BATCH).unwrap_or_default()).map(Height::new) {
            let block = node.store.block(height).unwrap();
            let certificate = node.store.certificate(height).unwrap();
            let (Some(block), Some(certificate)) = (block, certificate) else { break };
            blocks.push((block, certificate));
        }
        let lies = self.behave(at, |one, seat| one.serve(seat, blocks.clone()));
        self.send(at, &To::Some(vec![to]), Payload::Blocks(lies.unwrap_or(blocks)));
    }

    pub(super) fn on_blocks(&mut self, at: usize, from: usize, blocks: &[(Block, CommitCertificate)]) {
        self.nodes[at].fetching = 0;
        let mut useful = false;
        for (block, certificate) in blocks {
            let input = Input::Synced(Box::new(block.clone()), certificate.clone());
            match self.feed(at, input) {
                Some(Judgement::Accept) => useful = true,
                Some(Judgement::Ignore) => {}
                Some(Judgement::Reject) => {
                    useful = false;
                    break;
                }
                None => return,
            }
        }
        if useful {
            self.fetch(at, Some(from));
        } else {
            self.nodes[at].claims.remove(&from);
        }
    }
}
