//! Nodes to test with.

use std::{path::Path, time::Duration};

use emotionalchain_node::network::{
    ChainTag, NetworkConfig, NetworkEvent, NetworkHandle, Outcome, OutcomeLabel, P2pNode, Reason,
    ReasonLabel, Topic, TransportKind, install_crypto_provider, keypair_from_seed,
};
use emotionalchain_shared::primitives::Hash;
use libp2p::{Multiaddr, PeerId};
use prometheus_client::registry::Registry;
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Nothing takes this long, on the slowest machine.
pub const BOUND: Duration = Duration::from_secs(60);

pub struct Node {
    pub handle: NetworkHandle,
    pub events: mpsc::Receiver<NetworkEvent>,
    pub registry: Registry,
    pub dir: Option<TempDir>,
}

pub fn chain(byte: u8) -> ChainTag {
    ChainTag::from_hash(Hash::new([byte; 32]))
}

pub async fn start(seed: u8, change: impl FnOnce(&mut NetworkConfig)) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let mut node = start_in(dir.path(), seed, chain(1), change).await;
    node.dir = Some(dir);
    node
}

pub async fn start_in(
    dir: &Path,
    seed: u8,
    chain: ChainTag,
    change: impl FnOnce(&mut NetworkConfig),
) -> Node {
    install_crypto_provider();
    let mut config = NetworkConfig::loopback(dir);
    change(&mut config);
    let mut registry = Registry::default();
    let identity = keypair_from_seed([seed; 32]).unwrap();
    let (handle, events) = P2pNode::start(config, identity, chain, &mut registry).await.unwrap();
    Node { handle, events, registry, dir: None }
}

impl Node {
    pub fn id(&self) -> PeerId {
        self.handle.local_peer_id()
    }

    pub async fn address(&self, kind: TransportKind) -> Multiaddr {
        let all = self.handle.listen_addrs().await.unwrap();
        all.into_iter().find(|address| TransportKind::of(address) == kind).unwrap()
    }

    /// The first event that fits; others are dropped.
    pub async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(NetworkEvent) -> Option<T>) -> T {
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the network stopped");
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(BOUND, search).await.unwrap_or_else(|_| panic!("no {what} within {BOUND:?}"))
    }

    /// Waits until a peer is connected and wants a topic.
    pub async fn until_ready(&mut self, peer: PeerId, topic: Topic) {
        let (mut connected, mut subscribed) = (false, false);
        self.until("ready peer", |event| {
            match event {
                NetworkEvent::PeerConnected { peer: who, .. } => connected |= who == peer,
                NetworkEvent::PeerSubscribed { peer: who, topic: what } => {
                    subscribed |= who == peer && what == topic
                }
                _ => {}
            }
            (connected && subscribed).then_some(())
        })
        .await;
    }

    pub async fn until_connected(&mut self, peer: PeerId) {
        self.until("PeerConnected", |event| {
            matches!(event, NetworkEvent::PeerConnected { peer: who, .. } if who == peer).then_some(())
        })
        .await;
    }

    pub async fn until_disconnected(&mut self, peer: PeerId) {
        self.until("PeerDisconnected", |event| {
            matches!(event, NetworkEvent::PeerDisconnected { peer: who } if who == peer).then_some(())
        })
        .await;
    }

    /// Polls a figure until it fits.
    pub async fn until_figure(&self, what: &str, mut fits: impl FnMut(&NetworkHandle) -> bool) {
        let poll = async {
            let mut interval = tokio::time::interval(Duration::from_millis(20));
            while !fits(&self.handle) {
                interval.tick().await;
            }
        };
        tokio::time::timeout(BOUND, poll).await.unwrap_or_else(|_| panic!("{what} not within {BOUND:?}"));
    }
}

pub fn verdicts(handle: &NetworkHandle, outcome: Outcome) -> u64 {
    handle.metrics().verdicts.get_or_create(&OutcomeLabel { outcome }).get()
}

pub fn disconnections(handle: &NetworkHandle, reason: Reason) -> u64 {
    handle.metrics().disconnections.get_or_create(&ReasonLabel { reason }).get()
}
