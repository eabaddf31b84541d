//! Peers as nodes find, keep and lose them: over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{path::Path, time::Duration};

use emotionalchain_node::network::{
    ChainTag, NetworkConfig, NetworkEvent, NetworkHandle, P2pNode, Topic, Verdict, conduct::Conduct,
    keypair_from_seed,
};
use emotionalchain_shared::primitives::Hash;
use libp2p::{Multiaddr, PeerId};
use prometheus_client::registry::Registry;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

const PATIENCE: Duration = Duration::from_secs(60);

type Running = (NetworkHandle, mpsc::Receiver<NetworkEvent>);

async fn start(folder: &Path, number: u8, change: impl FnOnce(&mut NetworkConfig)) -> Running {
    let path = folder.join(number.to_string());
    std::fs::create_dir_all(&path).unwrap();
    let mut config = NetworkConfig::loopback(path);
    config.listen = vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()];
    change(&mut config);
    let keys = keypair_from_seed([number; 32]).unwrap();
    P2pNode::start(config, keys, ChainTag::from_hash(Hash::new([8; 32])), &mut Registry::default())
        .await
        .unwrap()
}

fn id(number: u8) -> PeerId {
    keypair_from_seed([number; 32]).unwrap().public().to_peer_id()
}

async fn address(node: &NetworkHandle) -> Multiaddr {
    node.listen_addrs().await.unwrap().remove(0)
}

/// Waits for the first event that gives a value.
async fn find<T>(events: &mut mpsc::Receiver<NetworkEvent>, pick: impl Fn(NetworkEvent) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(value) = pick(events.recv().await.expect("the network lives")) {
                break value;
            }
        }
    };
    timeout(PATIENCE, found).await.expect("in time")
}

async fn connected(events: &mut mpsc::Receiver<NetworkEvent>, wanted: PeerId) {
    let of =
        |event| matches!(event, NetworkEvent::PeerConnected { peer, .. } if peer == wanted).then_some(());
    find(events, of).await;
}

async fn gone(events: &mut mpsc::Receiver<NetworkEvent>, wanted: PeerId) {
    let of = |event| matches!(event, NetworkEvent::PeerDisconnected { peer } if peer == wanted).then_some(());
    find(events, of).await;
}

/// Full peers of a node.
async fn peers(node: &NetworkHandle) -> usize {
    node.peers().await.unwrap().iter().filter(|peer| peer.identified).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newcomers_with_one_address_find_the_others_and_outlive_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, first_events) = start(folder.path(), 1, |_| {}).await;
    let seed = address(&first).await;
    // Held: a network stops when nobody listens to it.
    let mut nodes = vec![(first, first_events)];
    for number in 2..=14 {
        nodes.push(start(folder.path(), number, |config| config.bootstrap = vec![seed.clone()]).await);
    }
    let settled = async |nodes: &[Running], least: usize| {
        timeout(PATIENCE, async {
            loop {
                let mut counts = Vec::new();
                for (node, _) in nodes {
                    counts.push(peers(node).await);
                }
                if counts.iter().all(|count| (least..=12).contains(count)) {
                    break;
                }
                sleep(Duration::from_millis(100)).await;
            }
        })
        .await
        .expect("every node has its peers in time");
    };
    settled(&nodes, 8).await;
    let (first, _events) = nodes.remove(0);
    first.shutdown().await;
    settled(&nodes, 8).await;
    for (node, _) in nodes {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_what_is_invalid_is_banned_and_stays_banned_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (judge, mut judged) = start(folder.path(), 21, |_| {}).await;
    let at = address(&judge).await;
    let (liar, mut seen) = start(folder.path(), 22, |config| config.bootstrap = vec![at]).await;
    connected(&mut judged, id(22)).await;
    connected(&mut seen, id(21)).await;
    judge.conduct(id(22), Conduct::FalseAnswer);
    assert_eq!(peers(&judge).await, 1, "one deed is not enough");
    judge.conduct(id(22), Conduct::FalseAnswer);
    gone(&mut judged, id(22)).await;
    gone(&mut seen, id(21)).await;
    judge.shutdown().await;

    let (judge, mut judged) = start(folder.path(), 21, |_| {}).await;
    liar.dial(address(&judge).await).unwrap();
    let (friend, _friends) = {
        let at = address(&judge).await;
        start(folder.path(), 23, |config| config.bootstrap = vec![at]).await
    };
    // Whoever is not banned gets in after the banned one tried.
    connected(&mut judged, id(23)).await;
    let inside = judge.peers().await.unwrap();
    let inside: Vec<PeerId> = inside.iter().filter(|peer| peer.identified).map(|peer| peer.peer_id).collect();
    assert_eq!(inside, [id(23)]);
    for node in [judge, liar, friend] {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_dropped_and_bans_while_an_honest_peer_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let (victim, mut heard) = start(folder.path(), 31, |_| {}).await;
    let at = address(&victim).await;
    let (flooder, _flooded) = start(folder.path(), 32, |config| config.bootstrap = vec![at.clone()]).await;
    connected(&mut heard, id(32)).await;
    let flood = tokio::spawn(async move {
        for number in 0..200_000_u32 {
            let message = [&number.to_be_bytes()[..], &[0; 4000]].concat();
            // Refused while the queue is full.
            if flooder.send(id(31), Topic::Votes, message).is_err() {
                tokio::task::yield_now().await;
            }
        }
        flooder
    });
    let answer = async {
        loop {
            match heard.recv().await.unwrap() {
                NetworkEvent::Gossip { message, .. } => victim.report(message, Verdict::Ignore),
                NetworkEvent::PeerDisconnected { peer } if peer == id(32) => break,
                _ => {}
            }
        }
    };
    timeout(PATIENCE, answer).await.expect("the flooder is let go in time");
    let (friend, _friends) = start(folder.path(), 33, |config| config.bootstrap = vec![at]).await;
    connected(&mut heard, id(33)).await;
    friend.send(id(31), Topic::Votes, b"honest".to_vec()).unwrap();
    let data = find(&mut heard, |event| match event {
        NetworkEvent::Gossip { data, message, .. } if message.source() == id(33) => Some(data),
        _ => None,
    })
    .await;
    assert_eq!(data, b"honest");
    flood.abort();
    for node in [victim, friend] {
        node.shutdown().await;
    }
}
