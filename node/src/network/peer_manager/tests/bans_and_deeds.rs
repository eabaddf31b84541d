use super::*;

const HOUR: Duration = Duration::from_hours(1);

/// Makes a peer misbehave until it is banned; answers with the end.
fn offend(bench: &mut Bench, peer: PeerId) -> u64 {
    loop {
        let actions = bench.did(peer, Conduct::FalseAnswer);
        if let Some(PeerAction::Banned { until_ms, .. }) = actions.first() {
            return *until_ms;
        }
    }
}

#[test]
fn below_thirty_a_peer_is_banned_for_an_hour_both_ways() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = bench.come(1);
    assert!(bench.did(peer, Conduct::FalseAnswer).is_empty());
    assert_eq!(bench.manager.reputation(&peer), 35);
    let until_ms = UNIX_MS + 3_600_000;
    let actions = bench.did(peer, Conduct::FalseAnswer);
    let why = Farewell::Banned;
    assert_eq!(actions, [PeerAction::Banned { peer, until_ms }, PeerAction::Disconnect { peer, why }]);
    assert!(bench.did(peer, Conduct::FalseAnswer).is_empty(), "what was under way is not punished twice");
    bench.tell(PeerEvent::Closed { peer });

    assert_eq!(bench.manager.admits(&peer, None, bench.now), Err(Refusal::Banned { until_ms }));
    bench.book.add(peer, vec![address(1)]);
    assert!(bench.wait(SECOND * 3599).is_empty(), "not dialled");
    assert_eq!(farewells(&bench.open(peer, Direction::Inbound, address(1))), [(peer, why)], "not let in");
    bench.tell(PeerEvent::Closed { peer });
    let dialled = dials(&bench.wait(SECOND * 2));
    assert_eq!(dialled.len(), 1, "dialled once the ban has ended");
    assert_eq!(bench.manager.admits(&peer, None, bench.now), Ok(()));
    assert_eq!(bench.manager.reputation(&peer), 50, "it begins anew");
}

#[test]
fn a_second_ban_is_twice_as_long() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = bench.come(1);
    offend(&mut bench, peer);
    bench.tell(PeerEvent::Closed { peer });
    bench.wait(HOUR);
    bench.open(peer, Direction::Inbound, address(1));
    let until_ms = offend(&mut bench, peer);
    assert_eq!(until_ms, UNIX_MS + 3 * 3_600_000);
}

#[test]
fn neither_silence_nor_reconnecting_heals() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = bench.come(1);
    bench.did(peer, Conduct::FalseAnswer);
    bench.tell(PeerEvent::Closed { peer });
    bench.wait(HOUR * 5);
    bench.open(peer, Direction::Inbound, address(1));
    assert_eq!(bench.manager.reputation(&peer), 35);
    assert_eq!(farewells(&bench.did(peer, Conduct::InvalidMessage)), [(peer, Farewell::Banned)]);
}

#[test]
fn merits_make_reliable_within_hours_not_minutes() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = bench.come(1);
    let mut reliable = Vec::new();
    for _ in 0..4 {
        (0..100).for_each(|_| drop(bench.did(peer, Conduct::UsefulAnswer)));
        reliable.push(bench.manager.is_reliable(&peer));
        bench.wait(HOUR);
    }
    assert_eq!(reliable, [false, false, true, true]);
}

#[test]
fn four_banned_identities_close_their_address() {
    let mut bench = Bench::new(Book::default(), &[]);
    let home: Multiaddr = "/ip4/1.2.3.4/tcp/9".parse().unwrap();
    let ip = ip_of(&home);
    for _ in 0..4 {
        let peer = PeerId::random();
        assert!(farewells(&bench.open(peer, Direction::Inbound, home.clone())).is_empty());
        offend(&mut bench, peer);
    }
    let (stranger, far) = (PeerId::random(), "/ip4/1.2.3.5/tcp/9".parse().unwrap());
    assert!(matches!(bench.manager.admits(&stranger, ip, bench.now), Err(Refusal::AddressBanned { .. })));
    assert_eq!(
        farewells(&bench.open(stranger, Direction::Inbound, home.clone())),
        [(stranger, Farewell::Banned)]
    );
    bench.book.add(PeerId::random(), vec![home.clone(), far]);
    let dialled = dials(&bench.wait(SECOND));
    assert_eq!(dialled[0].addresses.len(), 1, "the address is not dialled, the peer's other one is");
    assert!(!dialled[0].addresses.contains(&home));
}

#[test]
fn a_peer_of_the_configuration_may_use_a_banned_address() {
    let friend = PeerId::random();
    let home: Multiaddr = "/ip4/1.2.3.4/tcp/9".parse().unwrap();
    let mut bench = Bench::new(Book::default(), &[home.clone().with_p2p(friend).unwrap()]);
    for _ in 0..4 {
        let peer = PeerId::random();
        bench.open(peer, Direction::Inbound, home.clone());
        offend(&mut bench, peer);
    }
    assert_eq!(bench.manager.admits(&friend, ip_of(&home), bench.now), Ok(()));
}

#[test]
fn bans_outlive_the_process() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = bench.come(1);
    let until_ms = offend(&mut bench, peer);
    let text = bench.manager.encode_bans(bench.now).unwrap();
    let bans = Bans::decode(text.as_bytes(), UNIX_MS).unwrap();
    let next = Bench::with(Policy::default(), Book::default(), &[], bans);
    assert_eq!(next.manager.admits(&peer, None, next.now), Err(Refusal::Banned { until_ms }));
    assert_eq!(next.manager.bans(next.now).len(), 1);
    assert!(next.manager.bans(next.now + HOUR).is_empty(), "it ends all the same");
}

#[test]
fn the_operator_bans_and_pardons() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = bench.come(1);
    let actions = bench.manager.ban(peer, HOUR, bench.now);
    assert_eq!(farewells(&actions), [(peer, Farewell::Banned)]);
    assert!(bench.manager.admits(&peer, None, bench.now).is_err());
    assert!(bench.manager.unban(&peer, bench.now));
    assert_eq!(bench.manager.admits(&peer, None, bench.now), Ok(()));
}

#[test]
fn a_banned_persistent_peer_is_dialled_after_its_ban() {
    let peer = PeerId::random();
    let mut bench = Bench::new(Book::default(), &[address(1).with_p2p(peer).unwrap()]);
    bench.tick();
    bench.open(peer, Direction::Inbound, address(1));
    offend(&mut bench, peer);
    bench.tell(PeerEvent::Closed { peer });
    bench.tell(PeerEvent::DialFailed(TargetId(0)));
    assert!(dials(&bench.wait(SECOND * 3599)).is_empty());
    assert_eq!(dials(&bench.wait(SECOND * 2)).len(), 1);
}

#[test]
fn refused_peers_stay_away_until_the_end() {
    let (stranger, friend) = (PeerId::random(), PeerId::random());
    let mut bench = Bench::new(Book::default(), &[address(1).with_p2p(friend).unwrap()]);
    bench.book.add(stranger, vec![address(2)]);
    for dial in dials(&bench.tick()) {
        let peer = bench.answer(&dial);
        assert_eq!(farewells(&bench.tell(PeerEvent::Refused { peer })), [(peer, Farewell::Refused)]);
        bench.tell(PeerEvent::Closed { peer });
    }
    assert!(bench.manager.is_refused(&friend, bench.now) && bench.manager.is_refused(&stranger, bench.now));
    let farewell = farewells(&bench.open(stranger, Direction::Inbound, address(2)));
    assert_eq!(farewell, [(stranger, Farewell::Refused)], "not kept when it dials in");
    bench.tell(PeerEvent::Closed { peer: stranger });
    assert!(dials(&bench.wait(SECOND * 59)).is_empty());
    assert_eq!(dials(&bench.wait(SECOND * 2)).len(), 2, "tried again, later");
}

#[test]
fn the_end_of_a_connection_is_ordered_until_it_comes() {
    let mut bench = Bench::new(Book::default(), &[]);
    let peer = bench.come(1);
    bench.tell(PeerEvent::Refused { peer });
    assert_eq!(farewells(&bench.wait(SECOND * 11)), [(peer, Farewell::Refused)]);
    bench.tell(PeerEvent::Closed { peer });
    assert!(bench.wait(SECOND * 30).is_empty());
}
