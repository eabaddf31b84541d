use super::*;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn addresses_of_one_peer_are_one_target() {
    let peer = PeerId::random();
    let named = |n| address(n).with_p2p(peer).unwrap();
    let mut bench = Bench::new(Book::default(), &[named(1), named(2), address(3), address(4)]);
    let dialled = dials(&bench.tick());
    assert_eq!(dialled.len(), 3);
    assert_eq!(dialled[0].addresses, [named(1), named(2)]);
}

#[test]
fn a_persistent_peer_is_dialled_for_ever_and_soon_while_peers_are_few() {
    let mut bench = Bench::new(Book::default(), &[address(1)]);
    let mut waits = Vec::new();
    let mut before = bench.now;
    let mut todo = dials(&bench.tick());
    for _ in 0..50 {
        let [dial] = todo.try_into().unwrap();
        bench.tell(PeerEvent::DialFailed(dial.target));
        todo = Vec::new();
        while todo.is_empty() {
            bench.now = bench.manager.next_wake().unwrap();
            todo = dials(&bench.tick());
        }
        waits.push(bench.now - before);
        before = bench.now;
    }
    assert!((150..=250).contains(&waits[0].as_millis()), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(1875)), "{waits:?}");
    assert!(waits[10..].iter().any(|wait| *wait != waits[10]), "the waits are spread");
}

#[test]
fn with_enough_peers_a_dead_persistent_one_is_tried_ever_less() {
    let mut bench = Bench::new(Book::default(), &[address(99)]);
    let guests: Vec<PeerId> = (0..8).map(|n| bench.come(n)).collect();
    let mut tries = 0;
    let mut waited = |bench: &mut Bench, time: u32| {
        tries = 0;
        for _ in 0..time * 4 {
            for dial in dials(&bench.wait(SECOND / 4)) {
                tries += 1;
                bench.tell(PeerEvent::DialFailed(dial.target));
            }
        }
        tries
    };
    bench.tell(PeerEvent::DialFailed(TargetId(0)));
    assert!(waited(&mut bench, 3600) <= 30);
    let [dial] = dials(&bench.tell(PeerEvent::Closed { peer: guests[0] })).try_into().unwrap();
    bench.tell(PeerEvent::DialFailed(dial.target));
    assert!(waited(&mut bench, 10) >= 5, "few again: soon again");
}

#[test]
fn above_the_high_mark_persistent_peers_wait() {
    let mut bench = Bench::with(
        Policy { high: 4, low: 4, min_outbound: 0, ..Policy::default() },
        Book::default(),
        &[address(99)],
        Bans::default(),
    );
    bench.tick();
    bench.tell(PeerEvent::DialFailed(TargetId(0)));
    let guests: Vec<PeerId> = (0..4).map(|n| bench.come(n)).collect();
    assert!(dials(&bench.wait(MINUTE * 30)).is_empty());
    assert_eq!(dials(&bench.tell(PeerEvent::Closed { peer: guests[0] })).len(), 1);
}

#[test]
fn a_lost_persistent_peer_is_dialled_again_within_a_moment() {
    let mut bench = Bench::new(Book::default(), &[address(1)]);
    let dialled = bench.tick();
    let [peer] = bench.answer_all(dialled).try_into().unwrap();
    bench.wait(MINUTE);
    bench.tell(PeerEvent::Closed { peer });
    let [dial] = dials(&bench.wait(Duration::from_millis(250))).try_into().unwrap();
    assert_eq!(dial.peer, Some(peer), "who answered is expected again");
    bench.tell(PeerEvent::DialFailed(dial.target));
    let [dial] = dials(&bench.wait(SECOND)).try_into().unwrap();
    assert_eq!(dial.peer, None, "unless somebody else may live there now");
}

#[test]
fn a_persistent_peer_that_hangs_up_at_once_is_backed_off_from() {
    let mut bench = Bench::new(Book::default(), &[address(1)]);
    let mut opened = 0;
    let end = bench.now + SECOND * 60;
    let mut todo = dials(&bench.tick());
    while bench.now < end {
        for dial in std::mem::take(&mut todo) {
            opened += 1;
            let peer = bench.answer(&dial);
            bench.tell(PeerEvent::Closed { peer });
        }
        todo = dials(&bench.wait(Duration::from_millis(50)));
    }
    assert!((32..60).contains(&opened), "{opened}");
}

#[test]
fn dead_persistent_addresses_leave_room_for_candidates() {
    let dead: Vec<Multiaddr> = (100..120).map(address).collect();
    let mut bench = Bench::new(Book::of(40), &dead);
    let dialled = dials(&bench.tick());
    assert_eq!(dialled.iter().filter(|dial| dial.peer.is_none()).count(), 6);
    assert_eq!(dialled.len(), 8);
}

#[test]
fn an_inbound_connection_stops_the_dialling() {
    let peer = PeerId::random();
    let mut bench = Bench::new(Book::default(), &[address(1).with_p2p(peer).unwrap()]);
    let target = dials(&bench.tick())[0].target;
    bench.open(peer, Direction::Inbound, address(1));
    bench.tell(PeerEvent::DialFailed(target));
    assert!(dials(&bench.wait(MINUTE)).is_empty());
}

#[test]
fn the_own_address_is_dropped() {
    let mut bench = Bench::new(Book::default(), &[address(1)]);
    let target = dials(&bench.tick())[0].target;
    bench.tell(PeerEvent::DialledSelf(target));
    assert!(dials(&bench.wait(MINUTE * 10)).is_empty());
}
