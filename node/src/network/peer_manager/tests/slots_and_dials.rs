use super::*;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_lonely_node_dials_up_to_the_low_mark_at_once() {
    let mut bench = Bench::new(Book::of(40), &[]);
    let dialled = bench.tick();
    assert_eq!(dials(&dialled).len(), 8);
    assert!(bench.tick().is_empty(), "nobody is dialled twice at once");
    let peers = bench.answer_all(dialled);
    assert_eq!((peers.len(), bench.manager.full_peers(), bench.manager.outbound_subnets()), (8, 8, 8));
    assert_eq!(bench.book.worked.len(), 8);
    assert!(dials(&bench.wait(MINUTE)).is_empty(), "between the marks nobody is added");
}

#[test]
fn a_failed_dial_is_followed_by_another_at_once() {
    let mut bench = Bench::new(Book::of(40), &[]);
    let first = dials(&bench.tick());
    let more = dials(&bench.tell(PeerEvent::DialFailed(first[0].target)));
    assert_eq!(more.len(), 1);
    assert_ne!(more[0].peer, first[0].peer);
    assert_eq!(bench.book.failed, [first[0].peer.unwrap()]);
}

#[test]
fn a_lost_peer_is_replaced_at_once() {
    let mut bench = Bench::new(Book::of(40), &[]);
    let dialled = bench.tick();
    let peers = bench.answer_all(dialled);
    bench.wait(MINUTE);
    let more = dials(&bench.tell(PeerEvent::Closed { peer: peers[0] }));
    assert_eq!(more.len(), 1);
    assert_ne!(more[0].peer, Some(peers[0]), "others first");
    assert!(bench.book.failed.is_empty(), "a connection that lasted is no failed dial");
}

#[test]
fn a_lost_peer_is_dialled_again_when_there_is_no_other() {
    let mut bench = Bench::new(Book::of(1), &[]);
    let dialled = bench.tick();
    let [peer] = bench.answer_all(dialled).try_into().unwrap();
    bench.wait(MINUTE);
    bench.tell(PeerEvent::Closed { peer });
    assert_eq!(dials(&bench.wait(SECOND / 4)).len(), 1);
}

#[test]
fn who_hangs_up_at_once_counts_as_a_failed_dial() {
    let mut bench = Bench::new(Book::of(40), &[]);
    let dialled = dials(&bench.tick());
    let (quick, mute) = (bench.answer(&dialled[0]), bench.answer(&dialled[1]));
    bench.tell(PeerEvent::Identified { peer: quick });
    bench.wait(SECOND * 4);
    bench.tell(PeerEvent::Closed { peer: quick });
    bench.wait(SECOND * 4);
    bench.tell(PeerEvent::Closed { peer: mute });
    assert_eq!(bench.book.failed, [quick, mute]);
}

#[test]
fn a_dial_that_never_reports_is_forgotten() {
    let mut bench = Bench::new(Book::of(40), &[]);
    bench.tick();
    assert!(dials(&bench.wait(SECOND * 29)).is_empty());
    assert_eq!(dials(&bench.wait(SECOND * 2)).len(), 8);
    assert_eq!(bench.book.failed.len(), 8);
}

#[test]
fn dead_candidates_are_tried_at_a_bounded_pace() {
    let mut bench = Bench::new(Book::of(255), &[]);
    let mut todo = dials(&bench.tick());
    let mut tried = todo.len();
    while let Some(dial) = todo.pop() {
        let more = dials(&bench.tell(PeerEvent::DialFailed(dial.target)));
        tried += more.len();
        todo.extend(more);
    }
    assert_eq!(tried, 16);
    assert_eq!(dials(&bench.wait(SECOND)).len(), 8, "and on it goes");
}

#[test]
fn light_clients_take_no_slot() {
    let mut bench = Bench::new(Book::of(40), &[]);
    for n in 0..100 {
        bench.open(PeerId::random(), Direction::Inbound, address(n));
    }
    assert_eq!(bench.manager.full_peers(), 0);
    bench.wait(MINUTE);
    assert!(farewells(&bench.actions).is_empty());
    assert_eq!(bench.manager.quality(&PeerId::random()), None);
}

#[test]
fn outbound_peers_are_added_although_many_dial_in() {
    let mut bench = Bench::new(Book::default(), &[]);
    let guests: Vec<PeerId> = (0..12).map(|_| bench.come(1)).collect();
    bench.book = Book::of(40);
    let dialled = bench.wait(SECOND * 5);
    assert_eq!(dials(&dialled).len(), 3);
    bench.answer_all(dialled);
    assert_eq!((bench.manager.outbound_subnets(), bench.manager.full_peers()), (3, 15));
    let gone = farewells(&bench.wait(SECOND * 11));
    assert_eq!(gone.len(), 3);
    assert!(gone.iter().all(|(peer, why)| guests.contains(peer) && *why == Farewell::Full));
}

#[test]
fn one_subnet_does_not_fill_the_outbound_slots() {
    let mut bench = Bench::new(Book::default(), &[]);
    for _ in 0..8 {
        bench.come(1);
    }
    for _ in 0..20 {
        bench.book.add(PeerId::random(), vec![address(2)]);
    }
    let dialled = bench.wait(SECOND * 5);
    bench.answer_all(dialled);
    assert_eq!(bench.manager.full_peers(), 9, "one of that subnet is enough");
    bench.book.add(PeerId::random(), vec![address(3)]);
    let dialled = dials(&bench.wait(SECOND * 5));
    assert_eq!(dialled[0].addresses, [address(3)]);

    let mut poor = Bench::new(Book::default(), &[]);
    for _ in 0..20 {
        poor.book.add(PeerId::random(), vec![address(2)]);
    }
    let dialled = poor.tick();
    poor.answer_all(dialled);
    assert_eq!(poor.manager.full_peers(), 8, "below the low mark any will do");
}

#[test]
fn a_newcomer_may_stay_for_the_grace_and_no_longer() {
    let mut bench = Bench::new(Book::default(), &[]);
    for n in 0..12 {
        bench.come(n);
    }
    bench.wait(MINUTE);
    let newcomer = bench.come(20);
    assert!(farewells(&bench.wait(SECOND * 9)).is_empty());
    assert_eq!(farewells(&bench.wait(SECOND * 2)), [(newcomer, Farewell::Full)]);
}

#[test]
fn newcomers_are_bounded() {
    let mut bench = Bench::new(Book::default(), &[]);
    for n in 0..12 {
        bench.come(n);
    }
    bench.wait(MINUTE);
    bench.actions.clear();
    for n in 0..50 {
        bench.now += Duration::from_millis(1);
        let peer = bench.come(100);
        let gone = farewells(&bench.actions);
        assert!(bench.manager.full_peers() <= 12 + NEWCOMERS);
        assert_eq!(gone.last().is_some_and(|(last, _)| *last == peer), n >= NEWCOMERS, "{n}");
    }
}

#[test]
fn a_slow_peer_is_replaced_once_the_other_is_there() {
    let mut bench = Bench::new(Book::of(9), &[]);
    let dialled = bench.tick();
    let peers = bench.answer_all(dialled);
    for peer in &peers {
        let ms = if *peer == peers[3] { 900 } else { 40 };
        bench.tell(PeerEvent::Rtt { peer: *peer, rtt: Duration::from_millis(ms) });
    }
    let dialled = bench.until_dialled();
    assert_eq!((dials(&dialled).len(), farewells(&dialled).len()), (1, 0), "connect first");
    let [dial] = dials(&dialled).try_into().unwrap();
    let peer = bench.answer(&dial);
    assert_eq!(
        farewells(&bench.tell(PeerEvent::Identified { peer })),
        [(peers[3], Farewell::Slow)],
        "then let go"
    );
}

#[test]
fn a_failing_peer_is_replaced_only_if_there_is_another() {
    let mut bench = Bench::new(Book::of(8), &[]);
    let dialled = bench.tick();
    let peers = bench.answer_all(dialled);
    let fail = |bench: &mut Bench| {
        (0..6).for_each(|_| drop(bench.did(peers[0], Conduct::Timeout)));
    };
    fail(&mut bench);
    assert!(bench.wait(MINUTE * 2).is_empty());
    bench.book.add(PeerId::random(), vec![address(99)]);
    fail(&mut bench);
    let dialled = bench.until_dialled();
    bench.answer_all(dialled);
    assert!(farewells(&bench.actions).contains(&(peers[0], Farewell::Slow)));
}

#[test]
fn one_slot_in_eight_is_rotated() {
    let policy = Policy { high: 16, low: 9, max_dials: 16, ..Policy::default() };
    let mut bench = Bench::with(policy, Book::of(60), &[], Bans::default());
    let dialled = bench.tick();
    let first = bench.answer_all(dialled);
    assert_eq!(first.len(), 9);
    let start = bench.now;
    for _ in 0..6 {
        let actions = bench.until_dialled();
        assert_eq!(dials(&actions).len(), 2);
        bench.answer_all(actions);
        assert_eq!(bench.manager.full_peers(), 9);
    }
    assert!((45..=75).contains(&(bench.now.duration_since(start).as_secs() / 60)), "ten minutes each");
    let gone = farewells(&bench.actions);
    assert_eq!(gone.len(), 12);
    assert!(gone.iter().all(|(_, why)| *why == Farewell::Rotated));
    let anchors = first.iter().filter(|peer| bench.manager.quality(peer).is_some()).count();
    assert!(anchors >= 3, "the oldest in different subnets stay");
}

#[test]
fn a_failed_fresh_peer_gives_way_to_the_next() {
    let mut bench = Bench::new(Book::of(60), &[]);
    let dialled = bench.tick();
    bench.answer_all(dialled);
    let mut todo = bench.until_dialled();
    assert_eq!(dials(&todo).len(), 1);
    for _ in 0..3 {
        let [dial] = dials(&todo).try_into().unwrap();
        todo = bench.tell(PeerEvent::DialFailed(dial.target));
    }
    bench.answer_all(todo);
    assert_eq!(farewells(&bench.actions).len(), 1);
    assert_eq!(bench.manager.full_peers(), 8);
}

#[test]
fn rotation_never_goes_below_the_low_mark() {
    let mut bench = Bench::new(Book::of(60), &[]);
    let dialled = bench.tick();
    let peers = bench.answer_all(dialled);
    let [fresh] = dials(&bench.until_dialled()).try_into().unwrap();
    // Everybody may leave while the fresh one is on its way.
    bench.book.stock.clear();
    peers[..4].iter().for_each(|peer| drop(bench.tell(PeerEvent::Closed { peer: *peer })));
    let peer = bench.answer(&fresh);
    assert!(farewells(&bench.tell(PeerEvent::Identified { peer })).is_empty());
}

#[test]
fn many_addresses_of_a_candidate_are_cut() {
    let mut bench = Bench::new(Book::default(), &[]);
    bench.book.add(PeerId::random(), (0..100).map(address).collect());
    bench.book.add(PeerId::random(), Vec::new());
    let [dial] = dials(&bench.tick()).try_into().unwrap();
    assert_eq!(dial.addresses.len(), MAX_ADDRESSES);
}

#[test]
fn events_of_unknown_peers_and_dials_change_nothing() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = PeerId::random();
    for event in [
        PeerEvent::Identified { peer },
        PeerEvent::Closed { peer },
        PeerEvent::DialFailed(TargetId(9)),
        PeerEvent::DialledSelf(TargetId(9)),
        PeerEvent::Rtt { peer, rtt: SECOND },
    ] {
        assert!(bench.tell(event).is_empty());
    }
    assert_eq!((bench.manager.full_peers(), bench.manager.reputation(&peer)), (0, 50));
}
