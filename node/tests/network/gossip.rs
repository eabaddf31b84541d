//! Validation before forwarding, and what it costs to send what is rejected.

use emotionalchain_node::network::{
    MessageRef, NetworkError, NetworkEvent, Outcome, Reason, Route, Topic, TransportKind, Verdict,
};

use super::harness::{Node, disconnections, start, verdicts};

fn gossip(event: NetworkEvent) -> Option<(MessageRef, Vec<u8>)> {
    match event {
        NetworkEvent::Gossip { message, data, .. } => Some((message, data)),
        _ => None,
    }
}

/// Three nodes in a line: the ends know only the middle. It also listens beyond this machine, and so tells nobody of
/// addresses on this machine.
async fn line(seed: u8) -> [Node; 3] {
    let mut middle = start(seed, |config| config.listen.push("/ip4/0.0.0.0/tcp/0".parse().unwrap())).await;
    let address = middle.address(TransportKind::Tcp).await;
    let mut left = start(seed + 1, |config| config.bootstrap = vec![address.clone()]).await;
    middle.until_ready(left.id(), Topic::Votes).await;
    let mut right = start(seed + 2, |config| config.bootstrap = vec![address]).await;
    let (middle_id, right_id) = (middle.id(), right.id());
    tokio::join!(
        middle.until_ready(right_id, Topic::Votes),
        left.until_ready(middle_id, Topic::Votes),
        right.until_ready(middle_id, Topic::Votes),
    );
    [left, middle, right]
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_accepted_is_forwarded() {
    let [left, mut middle, mut right] = line(20).await;
    for (text, verdict) in [("bad", Verdict::Reject), ("stale", Verdict::Ignore), ("good", Verdict::Accept)] {
        left.handle.publish(Topic::Votes, text.into()).unwrap();
        let (message, data) = middle.until("gossip", gossip).await;
        assert_eq!((data.as_slice(), message.source()), (text.as_bytes(), left.id()));
        middle.handle.report(message, verdict);
    }
    let (message, data) = right.until("gossip", gossip).await;
    assert_eq!(data, b"good", "what was rejected or ignored came through");
    assert_eq!(message.source(), middle.id());
    right.handle.report(message, Verdict::Accept);
    assert_eq!(right.handle.peers().await.unwrap().len(), 1, "the ends do not know each other");
    for outcome in [Outcome::Rejected, Outcome::Ignored, Outcome::Accepted] {
        assert_eq!(verdicts(&middle.handle, outcome), 1, "{outcome:?}");
    }
    // The same bytes within the window: refused by the sender itself.
    left.handle.publish(Topic::Votes, b"good".to_vec()).unwrap();
    left.until_figure("duplicate", |handle| {
        let label = emotionalchain_node::network::OutcomeLabel { outcome: Outcome::Duplicate };
        handle.metrics().publications.get_or_create(&label).get() == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_pass_again_after_the_window() {
    let mut a = start(23, |config| config.gossip.heartbeat_ms = 100).await;
    let address = a.address(TransportKind::Tcp).await;
    let mut b = start(24, |config| {
        config.bootstrap = vec![address];
        config.gossip.heartbeat_ms = 100;
    })
    .await;
    let (a_id, b_id) = (a.id(), b.id());
    tokio::join!(a.until_ready(b_id, Topic::Consensus), b.until_ready(a_id, Topic::Consensus));
    a.handle.publish(Topic::Consensus, b"vote".to_vec()).unwrap();
    let (message, _) = b.until("vote", gossip).await;
    b.handle.report(message, Verdict::Accept);
    let handle = a.handle.clone();
    let repeat = async move {
        let mut interval = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            interval.tick().await;
            handle.publish(Topic::Consensus, b"vote".to_vec()).unwrap();
        }
    };
    tokio::select! {
        () = repeat => {}
        (message, data) = b.until("repeated vote", gossip) => {
            assert_eq!(data, b"vote");
            b.handle.report(message, Verdict::Ignore);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_rejects_is_refused() {
    let mut a = start(26, |_| {}).await;
    let address = a.address(TransportKind::Tcp).await;
    let mut b = start(27, |config| config.bootstrap = vec![address]).await;
    let (a_id, b_id) = (a.id(), b.id());
    tokio::join!(a.until_ready(b_id, Topic::Proofs), b.until_ready(a_id, Topic::Proofs));
    for n in 0..6_u8 {
        b.handle.publish(Topic::Proofs, vec![n]).unwrap();
    }
    let handle = a.handle.clone();
    a.until("disconnection", |event| match event {
        NetworkEvent::PeerDisconnected { .. } => Some(()),
        event => {
            let (message, _) = gossip(event)?;
            handle.report(message, Verdict::Reject);
            None
        }
    })
    .await;
    assert_eq!(disconnections(&a.handle, Reason::Graylisted), 1);
    // It dials again, and is turned away.
    a.until_figure("refusal", |handle| disconnections(handle, Reason::Refused) >= 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn direct_messages_reach_one_peer_and_are_not_forwarded() {
    let [left, mut middle, mut right] = line(30).await;
    left.handle.send(middle.id(), Topic::Votes, b"only you".to_vec()).unwrap();
    let (message, data) = middle.until("direct", gossip).await;
    assert_eq!(
        (data.as_slice(), message.route(), message.source()),
        (&b"only you"[..], Route::Direct, left.id())
    );
    middle.handle.report(message, Verdict::Accept);
    left.handle.publish(Topic::Votes, b"all".to_vec()).unwrap();
    let (message, _) = middle.until("gossip", gossip).await;
    middle.handle.report(message, Verdict::Accept);
    let (message, data) = right.until("gossip", gossip).await;
    assert_eq!(data, b"all");
    right.handle.report(message, Verdict::Ignore);

    left.handle.send(middle.id(), Topic::Votes, b"bad".to_vec()).unwrap();
    let (message, _) = middle.until("direct", gossip).await;
    middle.handle.report(message, Verdict::Reject);
    middle.until_disconnected(left.id()).await;
    let too_large = left.handle.publish(Topic::Votes, vec![0; Topic::Votes.max_bytes() + 1]);
    assert!(matches!(too_large, Err(NetworkError::TooLarge { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_node_cannot_take_is_ignored_and_counted() {
    let mut a = start(33, |config| config.limits.max_unjudged = 16).await;
    let address = a.address(TransportKind::Tcp).await;
    let mut b = start(34, |config| config.bootstrap = vec![address]).await;
    let (a_id, b_id) = (a.id(), b.id());
    tokio::join!(a.until_ready(b_id, Topic::Transactions), b.until_ready(a_id, Topic::Transactions));
    for n in 0..40_u8 {
        b.handle.publish(Topic::Transactions, vec![n]).unwrap();
    }
    a.until_figure("overflow", |handle| verdicts(handle, Outcome::Overflowed) == 24).await;
    // No verdict ever comes: all of them end as ignored, and there is room again.
    a.until_figure("expiry", |handle| verdicts(handle, Outcome::Expired) == 16).await;
    while a.events.try_recv().is_ok() {}
    b.handle.publish(Topic::Transactions, b"again".to_vec()).unwrap();
    let (message, data) = a.until("gossip", gossip).await;
    assert_eq!(data, b"again");
    a.handle.report(message, Verdict::Accept);
    assert_eq!(disconnections(&a.handle, Reason::Graylisted), 0, "nobody pays for our own haste");
}
