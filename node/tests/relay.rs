//! A node that is reached only through another: over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{net::TcpListener, time::Duration};

use emotionalchain_node::network::{
    ChainTag, NetworkConfig, NetworkEvent, NetworkHandle, P2pNode, PeerInfo, Topic, TransportKind, Verdict,
    keypair_from_seed,
};
use emotionalchain_shared::primitives::Hash;
use libp2p::{Multiaddr, PeerId};
use prometheus_client::registry::Registry;
use tokio::{sync::mpsc, time::timeout};

const PATIENCE: Duration = Duration::from_secs(20);

type Running = (NetworkHandle, mpsc::Receiver<NetworkEvent>);

async fn start(number: u8, config: NetworkConfig) -> Running {
    let keys = keypair_from_seed([number; 32]).unwrap();
    P2pNode::start(config, keys, ChainTag::from_hash(Hash::new([7; 32])), &mut Registry::default())
        .await
        .unwrap()
}

fn id(number: u8) -> PeerId {
    keypair_from_seed([number; 32]).unwrap().public().to_peer_id()
}

/// A configuration on one TCP port of this machine.
fn on(folder: &tempfile::TempDir, name: &str) -> (NetworkConfig, Multiaddr) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address: Multiaddr = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();
    let path = folder.path().join(name);
    std::fs::create_dir_all(&path).unwrap();
    let mut config = NetworkConfig::loopback(path);
    config.listen = vec![address.clone()];
    (config, address)
}

async fn connected(events: &mut mpsc::Receiver<NetworkEvent>, wanted: PeerId) -> PeerInfo {
    let find = async {
        loop {
            match events.recv().await.unwrap() {
                NetworkEvent::PeerConnected { peer, info } if peer == wanted => break info,
                _ => {}
            }
        }
    };
    timeout(PATIENCE, find).await.expect("the peer is connected in time")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_is_reached_through_a_relay_and_messages_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let (mut config, relay) = on(&folder, "relay");
    config.external = vec![relay.clone()];
    let (relay_node, mut relay_events) = start(1, config).await;

    let circuit = format!("{relay}/p2p/{}/p2p-circuit", id(1));
    let (mut config, _) = on(&folder, "hidden");
    // Nowhere else: who finds this node, finds it through the relay.
    config.listen = vec![circuit.parse().unwrap()];
    let (hidden, mut hidden_events) = start(2, config).await;
    connected(&mut relay_events, id(2)).await;

    let (mut config, _) = on(&folder, "visitor");
    config.bootstrap = vec![format!("{circuit}/p2p/{}", id(2)).parse().unwrap()];
    let (visitor, mut visitor_events) = start(3, config).await;
    let info = connected(&mut visitor_events, id(2)).await;
    assert_eq!(info.transport, TransportKind::Relay, "{info:?}");

    connected(&mut hidden_events, id(3)).await;
    visitor.send(id(2), Topic::Consensus, b"through the wall".to_vec()).unwrap();
    let arrived = async {
        loop {
            if let NetworkEvent::Gossip { data, message, .. } = hidden_events.recv().await.unwrap() {
                assert_eq!((message.source(), data.as_slice()), (id(3), b"through the wall".as_slice()));
                hidden.report(message, Verdict::Accept);
                break;
            }
        }
    };
    timeout(PATIENCE, arrived).await.expect("the message arrives in time");
    for node in [visitor, hidden, relay_node] {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_relay_gives_no_reservation_and_is_not_needed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut config, relay) = on(&folder, "relay");
    config.external = vec![relay.clone()];
    config.relay.serve = false;
    let (relay_node, mut relay_events) = start(4, config).await;
    let (mut config, _) = on(&folder, "hidden");
    config.listen.push(format!("{relay}/p2p/{}/p2p-circuit", id(4)).parse().unwrap());
    let (hidden, _events) = start(5, config).await;
    connected(&mut relay_events, id(5)).await;
    let addresses = hidden.listen_addrs().await.unwrap();
    assert!(!addresses.iter().any(|address| address.to_string().contains("p2p-circuit")), "{addresses:?}");
    for node in [hidden, relay_node] {
        node.shutdown().await;
    }
}
