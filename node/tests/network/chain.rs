//! Peers of another chain, and peers that say nothing.

use emotionalchain_node::network::{NetworkEvent, Reason, TransportKind};

use super::harness::{chain, disconnections, start, start_in};

#[tokio::test(flavor = "multi_thread")]
async fn another_chain_is_refused() {
    let mut ours = start(40, |_| {}).await;
    let address = ours.address(TransportKind::Tcp).await;
    let dir = tempfile::tempdir().unwrap();
    let mut theirs = start_in(dir.path(), 41, chain(2), |config| config.bootstrap = vec![address]).await;
    let both = (ours.handle.clone(), theirs.handle.clone());
    ours.until_figure("refusal", |_| {
        disconnections(&both.0, Reason::OtherChain) + disconnections(&both.1, Reason::OtherChain) > 0
    })
    .await;
    ours.until_figure("nobody", |handle| handle.metrics().peers.get() == 0).await;
    for node in [&mut ours, &mut theirs] {
        while let Ok(event) = node.events.try_recv() {
            assert!(
                !matches!(event, NetworkEvent::PeerConnected { .. } | NetworkEvent::PeerSubscribed { .. }),
                "{event:?}"
            );
        }
    }
}
