//! A node that goes and comes back.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use emotionalchain_node::network::{NetworkEvent, Topic, TransportKind, Verdict};
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};

use super::harness::{BOUND, Node, chain, start, start_in};

/// A node in a runtime of its own: dropping that is as close to `kill -9` as one process comes, since no task of it
/// runs again and nobody is told goodbye.
struct Victim {
    runtime: Option<Runtime>,
    id: PeerId,
    addresses: Vec<Multiaddr>,
    received: mpsc::Receiver<Vec<u8>>,
}

impl Victim {
    async fn start(dir: PathBuf, seed: u8, listen: Vec<Multiaddr>, bootstrap: Vec<Multiaddr>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (up, started) = oneshot::channel();
        let (gossip, received) = mpsc::channel(16);
        runtime.spawn(async move {
            let mut node = start_in(&dir, seed, chain(1), |config| {
                config.listen = listen;
                config.bootstrap = bootstrap;
            })
            .await;
            up.send((node.id(), node.handle.listen_addrs().await.unwrap())).unwrap();
            while let Some(event) = node.events.recv().await {
                if let NetworkEvent::Gossip { message, data, .. } = event {
                    node.handle.report(message, Verdict::Accept);
                    gossip.send(data).await.unwrap();
                }
            }
        });
        let (id, addresses) = started.await.unwrap();
        Self { runtime: Some(runtime), id, addresses, received }
    }

    fn kill(mut self) -> Vec<Multiaddr> {
        self.runtime.take().unwrap().shutdown_background();
        std::mem::take(&mut self.addresses)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn without_peer(mut address: Multiaddr) -> Multiaddr {
    if matches!(address.iter().last(), Some(Protocol::P2p(_))) {
        address.pop();
    }
    address
}

fn one(kind: TransportKind) -> Vec<Multiaddr> {
    let address = match kind {
        TransportKind::Quic => "/ip4/127.0.0.1/udp/0/quic-v1",
        TransportKind::WebSocket => "/ip4/127.0.0.1/tcp/0/ws",
        TransportKind::WebRtc => "/ip4/127.0.0.1/udp/0/webrtc-direct",
        _ => "/ip4/127.0.0.1/tcp/0",
    };
    vec![address.parse().unwrap()]
}

/// Kills a node and starts it again on its ports: within two seconds of its return, gossip reaches it. Where `mutual`,
/// it knows the survivor; otherwise the survivor has to find it.
async fn comes_back(kind: TransportKind, seed: u8, mutual: bool) {
    let dir = tempfile::tempdir().unwrap();
    let first = Victim::start(dir.path().into(), seed, one(kind), vec![]).await;
    let (id, bootstrap) = (first.id, first.addresses.clone());
    let mut survivor = start(seed + 1, |config| {
        config.listen = one(kind);
        config.bootstrap = bootstrap;
    })
    .await;
    survivor.until_ready(id, Topic::Consensus).await;
    let known = if mutual { vec![survivor.address(kind).await] } else { vec![] };

    let ports = first.kill();
    if !mutual {
        survivor.until_disconnected(id).await;
    }
    let listen: Vec<Multiaddr> = ports
        .into_iter()
        .map(|address| {
            let address = without_peer(address);
            // A listen address has no certificate hash.
            address.into_iter().filter(|part| !matches!(part, Protocol::Certhash(_))).collect()
        })
        .collect();
    let mut second = rebind(dir.path(), seed, listen, known).await;
    let begun = Instant::now();
    survivor.until_ready(id, Topic::Consensus).await;
    let ready = begun.elapsed();
    survivor.handle.publish(Topic::Consensus, b"welcome".to_vec()).unwrap();
    let got = tokio::time::timeout(BOUND, second.received.recv()).await.unwrap().unwrap();
    assert_eq!(got, b"welcome");
    println!(
        "{kind:?}, mutual {mutual}: ready {ready:?} after the return, gossip after {:?}",
        begun.elapsed()
    );
    assert!(ready < Duration::from_secs(4), "{ready:?}: two seconds, and as many again for a busy machine");
}

/// The killed runtime's threads let go of their sockets in their own time.
async fn rebind(dir: &Path, seed: u8, listen: Vec<Multiaddr>, known: Vec<Multiaddr>) -> Victim {
    let free = async {
        let mut interval = tokio::time::interval(Duration::from_millis(10));
        while !listen.iter().all(is_free) {
            interval.tick().await;
        }
    };
    tokio::time::timeout(BOUND, free).await.unwrap();
    Victim::start(dir.into(), seed, listen.clone(), known).await
}

fn is_free(address: &Multiaddr) -> bool {
    let mut udp = None;
    for part in address {
        match part {
            Protocol::Udp(port) => udp = Some(port),
            // Listening sockets of TCP are opened with the right to reuse the port.
            Protocol::Tcp(_) => return true,
            _ => {}
        }
    }
    udp.is_none_or(|port| std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn found_again_over_tcp() {
    comes_back(TransportKind::Tcp, 50, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn comes_back_over_tcp() {
    comes_back(TransportKind::Tcp, 52, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn comes_back_over_quic_before_the_old_connection_is_known_dead() {
    comes_back(TransportKind::Quic, 54, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn found_again_over_quic() {
    comes_back(TransportKind::Quic, 56, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn comes_back_over_webrtc() {
    comes_back(TransportKind::WebRtc, 58, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_hash_outlives_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let node: Node = start_in(dir.path(), 60, chain(1), |_| {}).await;
        let address = node.address(TransportKind::WebRtc).await;
        hashes.extend(address.iter().find_map(|part| match part {
            Protocol::Certhash(hash) => Some(hash),
            _ => None,
        }));
        node.handle.shutdown().await;
        assert!(node.handle.peers().await.is_err(), "stopped is stopped");
    }
    assert_eq!(hashes.len(), 2);
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn newcomers_find_each_other_through_a_third() {
    let hub = start(62, |_| {}).await;
    let address = hub.address(TransportKind::Quic).await;
    let mut first = start(63, |config| config.bootstrap = vec![address.clone()]).await;
    first.until_connected(hub.id()).await;
    let mut second = start(64, |config| config.bootstrap = vec![address]).await;
    let (first_id, second_id) = (first.id(), second.id());
    tokio::join!(first.until_connected(second_id), second.until_connected(first_id));
}
