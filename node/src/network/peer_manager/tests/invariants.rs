//! Whatever happens in whatever order.

use proptest::prelude::*;

use super::*;

/// Peers that take part; the first three are of the configuration.
const PEERS: usize = 60;

#[derive(Clone, Copy, Debug)]
enum Step {
    Open(usize, bool),
    Identify(usize),
    Close(usize),
    Land,
    Fail,
    Rtt(usize, u64),
    Did(usize, usize),
    Refuse(usize),
    Ban(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 0..PEERS;
    prop_oneof![
        4 => (peer.clone(), any::<bool>()).prop_map(|(peer, out)| Step::Open(peer, out)),
        4 => peer.clone().prop_map(Step::Identify),
        2 => peer.clone().prop_map(Step::Close),
        3 => Just(Step::Land),
        2 => Just(Step::Fail),
        1 => (peer.clone(), 0_u64..5000).prop_map(|(peer, ms)| Step::Rtt(peer, ms)),
        2 => (peer.clone(), 0_usize..13).prop_map(|(peer, deed)| Step::Did(peer, deed)),
        1 => peer.clone().prop_map(Step::Refuse),
        1 => peer.prop_map(Step::Ban),
        3 => (0_u64..700_000).prop_map(Step::Wait),
    ]
}

fn play(bench: &mut Bench, peers: &[PeerId], step: Step) -> Vec<PeerAction> {
    let first = bench.manager.dials.iter().next().map(|(id, flight)| (id, flight.peer));
    match step {
        Step::Open(n, outbound) => {
            let direction = if outbound { Direction::Outbound } else { Direction::Inbound };
            bench.open(peers[n], direction, address(u8::try_from(n / 3).unwrap()))
        }
        Step::Identify(n) => bench.tell(PeerEvent::Identified { peer: peers[n] }),
        Step::Close(n) => bench.tell(PeerEvent::Closed { peer: peers[n] }),
        Step::Land => match first {
            Some((id, Some(peer))) => {
                let (direction, address) = (Direction::Outbound, address(77));
                bench.tell(PeerEvent::Opened { peer, direction, address, target: Some(id) })
            }
            _ => Vec::new(),
        },
        Step::Fail => first.map_or(Vec::new(), |(id, _)| bench.tell(PeerEvent::DialFailed(id))),
        Step::Rtt(n, ms) => bench.tell(PeerEvent::Rtt { peer: peers[n], rtt: Duration::from_millis(ms) }),
        Step::Did(n, deed) => bench.did(peers[n], Conduct::ALL[deed]),
        Step::Refuse(n) => bench.tell(PeerEvent::Refused { peer: peers[n] }),
        Step::Ban(n) => {
            let mut actions = bench.manager.ban(peers[n], SECOND * 100, bench.now);
            actions.extend(bench.tick());
            actions
        }
        Step::Wait(ms) => {
            bench.now += Duration::from_millis(ms);
            bench.tick()
        }
    }
}

proptest! {
    #[test]
    fn no_order_of_events_breaks_a_rule(steps in prop::collection::vec(step(), 0..250)) {
        let peers: Vec<PeerId> = (0..PEERS).map(|_| PeerId::random()).collect();
        let home = |n: usize| address(u8::try_from(n / 3).unwrap());
        let mut book = Book::default();
        peers.iter().zip(0..).skip(3).for_each(|(peer, n)| book.add(*peer, vec![home(n)]));
        let persistent: Vec<Multiaddr> = (0..3).map(|n| home(n).with_p2p(peers[n]).unwrap()).collect();
        let mut bench = Bench::new(book, &persistent);
        for step in steps {
            // The bench itself asserts that each wake lies ahead.
            let actions = play(&mut bench, &peers, step);
            let manager = &bench.manager;
            prop_assert!(actions.len() <= 40, "{} orders at once", actions.len());
            prop_assert!(manager.full_peers() <= manager.policy.high + NEWCOMERS);
            prop_assert!(manager.seats(false).len() <= manager.policy.high);
            prop_assert!(manager.dials.iter().count() <= manager.policy.max_dials);
            for dial in dials(&actions) {
                let peer = dial.peer.unwrap();
                prop_assert!(!manager.links.contains_key(&peer), "dialled although connected");
                prop_assert_eq!(manager.admits(&peer, None, bench.now), Ok(()));
            }
            for (peer, link) in &manager.links {
                prop_assert!(link.leaving.is_some() || manager.admits(peer, None, bench.now).is_ok());
            }
        }
        // Left alone, it comes to rest: no wake is followed by another without end.
        let (end, mut wakes) = (bench.now + SECOND * 60, 0);
        while let Some(wake) = bench.manager.next_wake().filter(|wake| *wake < end) {
            bench.now = wake;
            bench.tick();
            wakes += 1;
        }
        prop_assert!(wakes <= 400, "{wakes} wakes in a minute");
    }
}
