//! Each transport carries connections, gossip of the largest block and answers of 1 MiB.

use std::time::Instant;

use emotionalchain_node::network::{NetworkEvent, RequestError, Route, Topic, TransportKind, Verdict};
use emotionalchain_shared::wire;

use super::harness::{BOUND, start};

async fn carries(kind: TransportKind, seed: u8) {
    let begun = Instant::now();
    let mut server = start(seed, |_| {}).await;
    let address = server.address(kind).await;
    let mut client = start(seed + 1, |config| config.bootstrap = vec![address]).await;
    let (client_id, server_id) = (client.id(), server.id());
    tokio::join!(
        server.until_ready(client_id, Topic::Consensus),
        client.until_ready(server_id, Topic::Consensus),
    );
    let connected = begun.elapsed();
    let peers = client.handle.peers().await.unwrap();
    assert_eq!(peers.len(), 1);
    assert_eq!((peers[0].peer_id, peers[0].transport, peers[0].identified), (server.id(), kind, true));
    assert!(peers[0].protocols.iter().any(|name| name.ends_with("/sync/1")), "{:?}", peers[0].protocols);

    // The largest consensus message, both ways.
    for (from, to) in [(0, 1), (1, 0)] {
        let nodes = [&mut client, &mut server];
        let begun = Instant::now();
        let data = vec![from as u8; wire::MAX_CONSENSUS_MESSAGE];
        nodes[from].handle.publish(Topic::Consensus, data.clone()).unwrap();
        let [client, server] = nodes;
        let receiver = if to == 0 { client } else { server };
        let message = receiver
            .until("gossip", |event| match event {
                NetworkEvent::Gossip { topic: Topic::Consensus, message, data: got } => {
                    assert!(got == data);
                    Some(message)
                }
                _ => None,
            })
            .await;
        assert_eq!(message.route(), Route::Gossip);
        receiver.handle.report(message, Verdict::Accept);
        println!("{kind:?}: gossip of 1 MiB in {:?}", begun.elapsed());
    }

    // Answers of 1 MiB and of the largest size.
    for size in [0, 1 << 20, wire::MAX_SYNC_RESPONSE] {
        let begun = Instant::now();
        let answer = client.handle.request(server.id(), vec![9; wire::MAX_SYNC_REQUEST]);
        let serve = async {
            let (data, token) = server
                .until("request", |event| match event {
                    NetworkEvent::Request { data, token, .. } => Some((data, token)),
                    _ => None,
                })
                .await;
            assert_eq!(data.len(), wire::MAX_SYNC_REQUEST);
            server.handle.respond(token, vec![5; size]).unwrap();
        };
        let (answer, ()) = tokio::time::timeout(BOUND, futures::future::join(answer, serve)).await.unwrap();
        assert_eq!(answer.unwrap(), vec![5; size]);
        println!("{kind:?}: answer of {size} bytes in {:?}", begun.elapsed());
    }
    let refused = client.handle.request(server.id(), vec![0; wire::MAX_SYNC_REQUEST + 1]).await;
    assert!(matches!(refused, Err(RequestError::TooLarge { .. })));
    println!("{kind:?}: connected {connected:?} after the first start");

    let peer = client.id();
    client.handle.shutdown().await;
    server.until_disconnected(peer).await;
    assert!(server.handle.peers().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tcp_carries_all() {
    carries(TransportKind::Tcp, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quic_carries_all() {
    carries(TransportKind::Quic, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websocket_carries_all() {
    carries(TransportKind::WebSocket, 14).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webrtc_carries_all() {
    carries(TransportKind::WebRtc, 16).await;
}
