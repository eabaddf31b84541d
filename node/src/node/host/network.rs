//! What goes to the network, and what comes from it.

use std::collections::BTreeSet;

use emotionalchain_shared::{
    chain::{BiometricProof, EmotionalVote},
    primitives::hash_bytes,
    wire::{ConsensusMessage, TransactionBatch, Wire},
};
use libp2p::PeerId;
use tracing::{debug, warn};

use super::Host;
use crate::{
    consensus::replica::{Input, Judgement, PeerTag},
    network::{MessageRef, NetworkEvent, Topic, Verdict},
    node::{NodeError, sync::Event},
};

impl Host {
    pub(super) fn publish(&self, topic: Topic, data: Vec<u8>) {
        if let Err(reason) = self.network.publish(topic, data) {
            warn!(?topic, %reason, "message not sent");
        }
    }

    pub(super) fn publish_batch(&self, batch: Option<TransactionBatch>) {
        if let Some(batch) = batch {
            self.publish(Topic::Transactions, batch.encode());
        }
    }

    /// Gossip once; what is said again goes to each peer directly, since gossip drops what it has seen, and a peer that
    /// was away has not.
    pub(super) fn send_to_all(&mut self, data: Vec<u8>) {
        let height = self.replica.core().height();
        if self.said.0 != height {
            self.said = (height, BTreeSet::new());
        }
        if self.said.1.insert(hash_bytes(&data)) {
            return self.publish(Topic::Consensus, data);
        }
        for peer in &self.connected {
            if let Err(reason) = self.network.send(*peer, Topic::Consensus, data.clone()) {
                debug!(%peer, %reason, "message not repeated");
            }
        }
    }

    pub(super) fn send_to(&self, peer: PeerTag, message: &ConsensusMessage) {
        if let Some(peer) = self.peers.get(&peer)
            && let Err(reason) = self.network.send(*peer, Topic::Consensus, message.encode())
        {
            debug!(%peer, %reason, "answer not sent");
        }
    }

    pub(super) fn on_network(&mut self, event: NetworkEvent) -> Result<(), NodeError> {
        match event {
            NetworkEvent::Gossip { topic, message, data } => self.on_gossip(topic, message, &data)?,
            NetworkEvent::Request { data, token, .. } => self.on_request(&data, token)?,
            NetworkEvent::PeerConnected { peer, .. } => {
                self.connected.insert(peer);
                self.ask_status(peer);
            }
            NetworkEvent::PeerDisconnected { peer } => {
                self.connected.remove(&peer);
                self.peers.retain(|_, known| *known != peer);
                self.catch_up(Event::Gone { peer })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn on_gossip(&mut self, topic: Topic, message: MessageRef, data: &[u8]) -> Result<(), NodeError> {
        let source = message.source();
        let tag = self.tag(source);
        let input = match topic {
            Topic::Consensus => ConsensusMessage::decode(data).map(|message| Input::Message(tag, message)),
            Topic::Transactions => TransactionBatch::decode(data).map(|batch| Input::Transactions(batch.0)),
            Topic::Proofs => BiometricProof::decode(data).map(Input::Proof),
            Topic::Votes => EmotionalVote::decode(data).map(Input::Vote),
        };
        let judgement = match input {
            Ok(input) => self.feed(input)?,
            Err(reason) => {
                debug!(%source, ?topic, %reason, "undecodable message");
                Judgement::Reject
            }
        };
        let verdict = match judgement {
            Judgement::Accept => Verdict::Accept,
            Judgement::Ignore => Verdict::Ignore,
            Judgement::Reject => Verdict::Reject,
        };
        self.network.report(message, verdict);
        Ok(())
    }

    /// The number of a peer: the first bytes of its id's hash, unique enough to answer it.
    fn tag(&mut self, peer: PeerId) -> PeerTag {
        let digest = hash_bytes(&peer.to_bytes());
        let tag = digest.as_bytes().iter().take(8).fold(0_u64, |tag, byte| (tag << 8) | u64::from(*byte));
        if self.connected.contains(&peer) {
            self.peers.insert(tag, peer);
        }
        tag
    }
}
