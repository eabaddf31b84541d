use super::*;

const POLICY: RedialPolicy = RedialPolicy {
    base: Duration::from_millis(200),
    cap: Duration::from_millis(1500),
    target: 3,
    refusal: Duration::from_secs(60),
};

fn address(n: u16) -> Multiaddr {
    format!("/ip4/10.0.0.1/tcp/{n}").parse().unwrap()
}

fn named(n: u16, peer: PeerId) -> Multiaddr {
    address(n).with_p2p(peer).unwrap()
}

fn tick(redial: &mut Redial, now: Instant) -> Vec<Dial> {
    redial.handle(now, RedialEvent::Tick)
}

#[test]
fn addresses_of_one_peer_are_one_target() {
    let (now, peer) = (Instant::now(), PeerId::random());
    let mut redial = Redial::new(POLICY, &[named(1, peer), named(2, peer), address(3), address(4)], 1, now);
    let dials = tick(&mut redial, now);
    assert_eq!(dials.len(), 3);
    assert_eq!(dials[0].addresses, [named(1, peer), named(2, peer)]);
    assert!(tick(&mut redial, now).is_empty(), "nothing is dialled twice at once");
}

#[test]
fn a_bootstrap_peer_is_dialled_for_ever_and_at_least_every_two_seconds() {
    let start = Instant::now();
    let mut redial = Redial::new(POLICY, &[address(1)], 7, start);
    let mut now = start;
    let mut waits = Vec::new();
    for _ in 0..50 {
        let [dial] = tick(&mut redial, now).try_into().unwrap();
        assert!(redial.handle(now, RedialEvent::DialFailed(dial.target)).is_empty());
        let due = redial.next_wake().unwrap();
        waits.push(due - now);
        now = due;
    }
    assert!(waits[0] >= Duration::from_millis(150) && waits[0] <= Duration::from_millis(250), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(1875)), "{waits:?}");
    assert!(waits[10..].iter().any(|wait| *wait != waits[10]), "the waits are spread");
}

#[test]
fn a_lost_peer_is_dialled_again_at_once() {
    let (now, peer) = (Instant::now(), PeerId::random());
    let mut redial = Redial::new(POLICY, &[address(1)], 7, now);
    let target = tick(&mut redial, now)[0].target;
    redial.handle(now, RedialEvent::Connected { peer, target: Some(target) });
    assert_eq!(redial.next_wake(), None);
    redial.handle(now, RedialEvent::Disconnected(peer));
    let due = redial.next_wake().unwrap();
    assert!(due - now <= Duration::from_millis(250));
    let [dial] = tick(&mut redial, due).try_into().unwrap();
    assert_eq!(dial.peer, Some(peer), "who answered is expected again");
}

#[test]
fn an_inbound_connection_stops_the_dialling() {
    let (now, peer) = (Instant::now(), PeerId::random());
    let mut redial = Redial::new(POLICY, &[named(1, peer)], 7, now);
    let target = tick(&mut redial, now)[0].target;
    redial.handle(now, RedialEvent::Connected { peer, target: None });
    redial.handle(now, RedialEvent::DialFailed(target));
    assert_eq!(redial.next_wake(), None);
}

#[test]
fn discovered_peers_fill_up_to_the_target() {
    let now = Instant::now();
    let mut redial = Redial::new(POLICY, &[], 7, now);
    let mut dials = Vec::new();
    for n in 0..10 {
        dials.extend(redial.handle(now, RedialEvent::Discovered(PeerId::random(), address(n))));
    }
    assert_eq!(dials.len(), 3);
    let more = redial.handle(now, RedialEvent::DialFailed(dials[0].target));
    assert_eq!(more.len(), 1, "a failed one is replaced at once");
    assert_ne!(more[0].target, dials[0].target);
    for dial in dials[1..].iter().chain(&more) {
        let peer = dial.peer.unwrap();
        assert!(redial.handle(now, RedialEvent::Connected { peer, target: Some(dial.target) }).is_empty());
    }
    assert_eq!(redial.next_wake(), None);
    assert_eq!(redial.handle(now, RedialEvent::Disconnected(more[0].peer.unwrap())).len(), 1);
}

#[test]
fn discovered_peers_are_bounded_and_forgotten() {
    let now = Instant::now();
    let mut redial = Redial::new(RedialPolicy { target: 0, ..POLICY }, &[], 7, now);
    for n in 0..1000 {
        redial.handle(now, RedialEvent::Discovered(PeerId::random(), address(n)));
    }
    assert_eq!(redial.targets.len(), MAX_DISCOVERED);

    let mut redial = Redial::new(POLICY, &[], 7, now);
    let peer = PeerId::random();
    let mut now = now;
    let mut dials = redial.handle(now, RedialEvent::Discovered(peer, address(1)));
    for n in 0..20 {
        redial.handle(now, RedialEvent::Discovered(peer, address(n)));
    }
    assert_eq!(redial.targets.values().next().unwrap().addresses.len(), MAX_ADDRESSES);
    let mut tries = 0;
    while let [dial] = dials.as_slice() {
        tries += 1;
        redial.handle(now, RedialEvent::DialFailed(dial.target));
        now = redial.next_wake().unwrap_or(now);
        dials = tick(&mut redial, now);
    }
    assert_eq!((tries, redial.targets.len()), (MAX_FAILURES, 0));
}

#[test]
fn refused_peers_stay_away_until_the_end() {
    let (now, stranger, bootstrap) = (Instant::now(), PeerId::random(), PeerId::random());
    let mut redial = Redial::new(POLICY, &[named(1, bootstrap)], 7, now);
    tick(&mut redial, now);
    redial.handle(now, RedialEvent::Connected { peer: bootstrap, target: Some(TargetId(0)) });
    redial.handle(now, RedialEvent::Refused(bootstrap));
    redial.handle(now, RedialEvent::Refused(stranger));
    redial.handle(now, RedialEvent::Disconnected(bootstrap));
    assert!(redial.handle(now, RedialEvent::Discovered(stranger, address(2))).is_empty());
    assert!(redial.is_refused(&stranger, now));
    let end = now + POLICY.refusal;
    assert_eq!(redial.next_wake(), Some(end), "a bootstrap peer is tried again, later");
    assert_eq!(tick(&mut redial, end).len(), 1);
    assert!(!redial.is_refused(&stranger, end));
    for _ in 0..3000 {
        redial.handle(now, RedialEvent::Refused(PeerId::random()));
    }
    assert!(redial.refused.len() <= MAX_REFUSED);
}

#[test]
fn the_own_address_is_dropped() {
    let now = Instant::now();
    let mut redial = Redial::new(POLICY, &[address(1)], 7, now);
    let target = tick(&mut redial, now)[0].target;
    redial.handle(now, RedialEvent::DialledSelf(target));
    assert_eq!(redial.next_wake(), None);
}
