//! Each attack against the whole: caught with all parts in place, and not caught with the one that is for it taken out.

use super::*;
use crate::network::{
    gossip::Topic,
    network_security::detectors::{
        equivocation::SignedVote,
        mesh_abuse::MeshEvent,
        slow_loris::{PERIOD, StreamId},
    },
};

const ATTACKER: u64 = 666;

type Attack = fn(&mut Security, Instant) -> Vec<Action>;

fn after(start: Instant, milliseconds: u64) -> Instant {
    start + Duration::from_millis(milliseconds)
}

/// Runs an attack with everything on and with one part out; `caught` says whether the orders stop it.
fn proves(detector: Detector, attack: Attack, caught: fn(&[Action]) -> bool) {
    let start = Instant::now();
    let mut whole = security();
    assert!(caught(&attack(&mut whole, start)), "{detector:?} does not catch its attack");
    assert!(whole.counts.get(&detector).is_some_and(|count| *count > 0));
    let mut without = Security::without(detector, SecurityConfig::default(), peer(0), WINDOW);
    assert!(!caught(&attack(&mut without, start)), "without {detector:?} another part catches it");
    assert_eq!(without.counts.get(&detector), Some(&0));
}

/// Whether the attacker is charged so often that its reputation falls from 50 below 30.
fn is_banned(actions: &[Action], conduct: Conduct) -> bool {
    let charge = Action::Charge { peer: peer(ATTACKER), conduct };
    let times = i32::try_from(actions.iter().filter(|action| **action == charge).count()).unwrap();
    times * i32::from(conduct.points()) < -20
}

fn drops(actions: &[Action]) -> usize {
    actions.iter().filter(|action| **action == Action::Drop).count()
}

/// Connections of one direction, each by another identity.
fn connect(security: &mut Security, direction: Direction, addresses: &[[u8; 4]], now: Instant) {
    for (number, ip) in addresses.iter().enumerate() {
        let event = SecurityEvent::Established {
            connection: ConnectionId::new_unchecked(number),
            ip: Some(IpAddr::from(*ip)),
            peer: peer(u64::try_from(number).unwrap()),
            direction,
        };
        assert_eq!(security.handle(now, event), []);
    }
}

/// 100 times the votes that a peer may bring, for five seconds.
fn flood(security: &mut Security, start: Instant) -> Vec<Action> {
    let message =
        SecurityEvent::Message { peer: peer(ATTACKER), traffic: Traffic::Votes, bytes: 4_000, cost: 2 };
    (0..64_000).flat_map(|n| security.handle(start + Duration::from_micros(78 * n), message)).collect()
}

#[test]
fn budgets_drop_a_flood() {
    // 4,096 at once, 128 a second for five seconds.
    proves(Detector::PeerBudget, flood, |actions| drops(actions) > 59_000);
}

#[test]
fn a_flood_is_banned_as_spam() {
    proves(Detector::Spam, flood, |actions| is_banned(actions, Conduct::Flood));
}

#[test]
fn a_flood_is_banned_across_reconnects() {
    let start = Instant::now();
    let mut security = security();
    let mut actions = Vec::new();
    for number in 0..200 {
        let (connection, now) = (ConnectionId::new_unchecked(number), start);
        let ip = Some(IpAddr::from([6, 6, 6, 6]));
        let direction = Direction::Inbound;
        security.handle(now, SecurityEvent::Established { connection, ip, peer: peer(ATTACKER), direction });
        for _ in 0..100 {
            let traffic = Traffic::Votes;
            let event = SecurityEvent::Message { peer: peer(ATTACKER), traffic, bytes: 100, cost: 2 };
            actions.extend(security.handle(now, event));
        }
        security.handle(now, SecurityEvent::Closed(connection));
        security.handle(now, SecurityEvent::Tick);
    }
    assert_eq!(drops(&actions), 20_000 - 4_096);
    assert!(is_banned(&actions, Conduct::Flood));
}

#[test]
fn a_validator_that_floods_through_many_peers_is_dropped_and_nobody_charged() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let event = SecurityEvent::ValidatorMessage {
            validator: [6; 32],
            traffic: Traffic::Votes,
            bytes: 400,
            cost: 2,
        };
        (0..2_000).flat_map(|n| security.handle(after(start, n), event)).collect()
    }
    proves(Detector::ValidatorBudget, attack, |actions| {
        drops(actions) == actions.len() && actions.len() > 1_900
    });
}

#[test]
fn ten_thousand_identities_from_one_address_are_refused() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let ip = Some(IpAddr::from([6, 6, 6, 6]));
        let mut actions = Vec::new();
        for number in 0..10_000 {
            let (connection, identity) =
                (ConnectionId::new_unchecked(number), u64::try_from(number).unwrap());
            let now = after(start, identity);
            let answer = security.handle(now, SecurityEvent::Pending { connection, ip });
            if answer.is_empty() {
                let (peer, direction) = (peer(identity), Direction::Inbound);
                let event = SecurityEvent::Established { connection, ip, peer, direction };
                actions.extend(security.handle(now, event));
            }
            actions.extend(answer);
        }
        actions
    }
    proves(Detector::Gate, attack, |actions| {
        actions.iter().filter(|action| matches!(action, Action::Refuse { .. })).count() == 10_000 - 16
    });
}

#[test]
fn wrong_signatures_are_banned_and_no_longer_read() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let message =
            SecurityEvent::Message { peer: peer(ATTACKER), traffic: Traffic::Votes, bytes: 400, cost: 2 };
        let mut actions = Vec::new();
        for n in 0..100 {
            let answer = security.handle(after(start, n), message);
            if answer.is_empty() {
                let event = SecurityEvent::InvalidSignature(peer(ATTACKER));
                actions.extend(security.handle(after(start, n), event));
            }
            actions.extend(answer);
        }
        actions
    }
    proves(Detector::InvalidSignatures, attack, |actions| {
        is_banned(actions, Conduct::InvalidSignature) && drops(actions) == 97
    });
}

#[test]
fn a_tape_of_old_messages_is_banned_as_replay() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let turn = |n: u64| {
            let [.., high, low] = (n % 3_000).to_be_bytes();
            let mut message = [0; 32];
            (message[0], message[1]) = (high, low);
            security.handle(after(start, 2 * n), SecurityEvent::Stale { peer: peer(ATTACKER), message })
        };
        (0..30_000).flat_map(turn).collect()
    }
    proves(Detector::Replay, attack, |actions| is_banned(actions, Conduct::Replay));
}

#[test]
fn equivocation_becomes_evidence_and_its_relayer_is_never_charged() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        for round in 0..50 {
            for value in 0..3 {
                let message = SecurityEvent::Message {
                    peer: peer(1),
                    traffic: Traffic::Consensus,
                    bytes: 200,
                    cost: 1,
                };
                actions.extend(security.handle(start, message));
                let vote = SignedVote {
                    validator: [6; 32],
                    height: 7,
                    round,
                    step: 1,
                    value: [value; 32],
                    message: [value; 32],
                };
                actions.extend(security.handle(start, SecurityEvent::Vote(vote)));
            }
        }
        actions
    }
    proves(Detector::Equivocation, attack, |actions| {
        actions.len() == 50 && actions.iter().all(|action| matches!(action, Action::Evidence(_)))
    });
}

#[test]
fn a_flood_of_addresses_is_dropped_and_banned() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let event = SecurityEvent::Addresses { source: peer(ATTACKER), count: 32 };
        (0..3_000).flat_map(|n| security.handle(after(start, 100 * n), event)).collect()
    }
    proves(Detector::Eclipse, attack, |actions| {
        drops(actions) > 2_900 && is_banned(actions, Conduct::RoutingFlood)
    });
}

#[test]
fn a_subnet_that_captures_a_newcomer_is_replaced() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let addresses: Vec<[u8; 4]> = (1..9).map(|host| [6, 6, 6, host]).chain([[9, 9, 9, 9]]).collect();
        connect(security, Direction::Outbound, &addresses, start);
        security.handle(start, SecurityEvent::Tick)
    }
    proves(Detector::Eclipse, attack, |actions| {
        actions == [Action::Replace { subnet: Subnet::V4([6, 6, 6]) }]
    });
}

#[test]
fn streams_and_handshakes_that_are_held_open_are_ended() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let connection = ConnectionId::new_unchecked(1);
        let ip = Some(IpAddr::from([6, 6, 6, 6]));
        let mut actions = security.handle(start, SecurityEvent::Pending { connection, ip });
        for period in 0..9 {
            let (from, stream) = (start + PERIOD * period, StreamId(u64::from(period)));
            actions.extend(security.handle(from, SecurityEvent::FrameBegun { stream, peer: peer(ATTACKER) }));
            for second in 0..10 {
                let now = after(from, 1000 * second);
                actions.extend(
                    security
                        .handle(now, SecurityEvent::FrameBytes { stream, peer: peer(ATTACKER), bytes: 1 }),
                );
            }
            actions.extend(security.handle(from + PERIOD, SecurityEvent::Tick));
        }
        actions
    }
    proves(Detector::SlowLoris, attack, |actions| {
        let connection = ConnectionId::new_unchecked(1);
        actions.contains(&Action::Refuse { connection, why: GateRefusal::Stalled })
            && actions.iter().filter(|action| matches!(action, Action::Reset(_))).count() == 9
            && is_banned(actions, Conduct::SlowStream)
    });
}

#[test]
fn bombs_are_dropped_and_banned() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let (peer, limit) = (peer(ATTACKER), 1 << 20);
        [
            SecurityEvent::Packed { peer, packed: 1_000, declared: 1 << 20, limit },
            SecurityEvent::Unpacked { peer, declared: 1_000, unpacked: 1_001 },
        ]
        .into_iter()
        .flat_map(|event| security.handle(start, event))
        .collect()
    }
    proves(Detector::Bombs, attack, |actions| drops(actions) == 2 && is_banned(actions, Conduct::Bomb));
}

#[test]
fn frames_above_their_limit_are_dropped_and_banned() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let event = SecurityEvent::Packed {
            peer: peer(ATTACKER),
            packed: 1 << 20,
            declared: 1 << 30,
            limit: 1 << 20,
        };
        (0..2).flat_map(|_| security.handle(start, event)).collect()
    }
    proves(Detector::Bombs, attack, |actions| drops(actions) == 2 && is_banned(actions, Conduct::Oversized));
}

#[test]
fn a_flood_of_the_routing_table_is_dropped_and_nobody_charged() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let ip = |n: u64| Some(IpAddr::from([6, 6, 6, n.to_be_bytes()[7]]));
        (1..10_001)
            .flat_map(|n| {
                security.handle(after(start, n), SecurityEvent::Routed { peer: peer(n), ip: ip(n) })
            })
            .collect()
    }
    proves(Detector::Sybil, attack, |actions| drops(actions) == 10_000 - 32 && actions.len() == 10_000 - 32);
}

#[test]
fn grafts_during_back_off_are_banned() {
    fn attack(security: &mut Security, start: Instant) -> Vec<Action> {
        let (peer, topic) = (peer(ATTACKER), Topic::Votes);
        let mut tell = |at, event| security.handle(after(start, at), SecurityEvent::Mesh { peer, event });
        tell(0, MeshEvent::PrunedByUs(topic));
        (0..20).flat_map(|n| tell(6_000 + 700 * n, MeshEvent::Graft(topic))).collect()
    }
    proves(Detector::MeshAbuse, attack, |actions| is_banned(actions, Conduct::MeshAbuse));
}

#[test]
fn flapping_and_broken_promises_are_banned() {
    fn flap(security: &mut Security, start: Instant) -> Vec<Action> {
        let event = MeshEvent::Prune(Topic::Consensus);
        let flap = |n: u64| {
            security.handle(after(start, 700 * n), SecurityEvent::Mesh { peer: peer(ATTACKER), event })
        };
        (0..90).flat_map(flap).collect()
    }
    fn promise(security: &mut Security, start: Instant) -> Vec<Action> {
        let event = MeshEvent::Promised(1000);
        let promise = |n: u64| {
            security.handle(after(start, 5_000 * n), SecurityEvent::Mesh { peer: peer(ATTACKER), event })
        };
        (0..80).flat_map(promise).collect()
    }
    for attack in [flap as Attack, promise] {
        proves(Detector::MeshAbuse, attack, |actions| is_banned(actions, Conduct::MeshAbuse));
    }
}
