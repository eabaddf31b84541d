use super::*;
use std::time::Duration;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn id(number: usize) -> ConnectionId {
    ConnectionId::new_unchecked(number)
}

/// Brings a connection all the way in.
fn enter(gate: &mut Gate, number: usize, from: &str, now: Instant) -> Result<(), GateRefusal> {
    gate.pending(id(number), Some(ip(from)), now)?;
    gate.established(id(number), Some(ip(from)), PeerId::random(), Direction::Inbound)
}

/// A gate at which the speed of handshakes plays no part.
fn unhurried(config: GateConfig) -> Gate {
    Gate::new(GateConfig { handshakes_per_second: 1000, ..config })
}

#[test]
fn new_limits_hold_from_then_on_and_end_no_connection() {
    let config = GateConfig { max_established: 1, handshakes_per_second: 1000, ..GateConfig::default() };
    let (mut gate, now) = (Gate::new(config), Instant::now());
    enter(&mut gate, 0, "1.1.1.1", now).unwrap();
    assert_eq!(enter(&mut gate, 1, "2.1.1.1", now), Err(GateRefusal::Established));
    gate.closed(id(1));
    gate.limit(GateConfig { max_established: 2, ..config });
    enter(&mut gate, 2, "2.1.1.1", now).unwrap();
    gate.limit(config);
    assert_eq!(gate.links().count(), 2);
    assert_eq!(enter(&mut gate, 3, "3.1.1.1", now), Err(GateRefusal::Established));
}

#[test]
fn handshakes_are_limited_in_all_and_per_address() {
    let (mut gate, now) = (unhurried(GateConfig::default()), Instant::now());
    for number in 0..8 {
        gate.pending(id(number), Some(ip("1.1.1.1")), now).unwrap();
    }
    let refusal = gate.pending(id(8), Some(ip("1.1.1.1")), now);
    assert_eq!(refusal, Err(GateRefusal::PendingPerIp(ip("1.1.1.1"))));
    let mapped = gate.pending(id(8), Some(ip("::ffff:1.1.1.1")), now);
    assert!(matches!(mapped, Err(GateRefusal::PendingPerIp(_))), "the same address written otherwise");
    for number in 8..64 {
        gate.pending(id(number), Some(ip(&format!("2.{number}.1.1"))), now).unwrap();
    }
    assert_eq!(gate.pending(id(64), Some(ip("3.1.1.1")), now), Err(GateRefusal::Pending));
    gate.closed(id(0));
    gate.pending(id(64), Some(ip("3.1.1.1")), now).unwrap();
}

#[test]
fn connections_are_limited_per_address_and_subnet() {
    let (mut gate, now) = (unhurried(GateConfig::default()), Instant::now());
    for number in 0..16 {
        enter(&mut gate, number, "1.1.1.1", now).unwrap();
    }
    assert_eq!(enter(&mut gate, 16, "1.1.1.1", now), Err(GateRefusal::PerIp(ip("1.1.1.1"))));
    for number in 16..32 {
        enter(&mut gate, number, &format!("1.1.1.{number}"), now).unwrap();
    }
    let refusal = enter(&mut gate, 32, "1.1.1.99", now);
    assert_eq!(refusal, Err(GateRefusal::PerSubnet(Subnet::V4([1, 1, 1]))));
    enter(&mut gate, 33, "1.1.2.99", now).unwrap();
    for number in 40..56 {
        enter(&mut gate, number, &format!("2001:db8::{number}"), now).unwrap();
    }
    assert!(matches!(enter(&mut gate, 56, "2001:db8::99", now), Err(GateRefusal::PerSubnet(_))));
    gate.closed(id(40)).unwrap();
    enter(&mut gate, 56, "2001:db8::99", now).unwrap();
}

#[test]
fn handshakes_that_raced_are_counted_again_at_their_end() {
    let config = GateConfig { max_per_ip: 1, ..GateConfig::default() };
    let (mut gate, now) = (unhurried(config), Instant::now());
    gate.pending(id(1), Some(ip("1.1.1.1")), now).unwrap();
    gate.pending(id(2), Some(ip("1.1.1.1")), now).unwrap();
    gate.established(id(1), Some(ip("1.1.1.1")), PeerId::random(), Direction::Inbound).unwrap();
    let second = gate.established(id(2), Some(ip("1.1.1.1")), PeerId::random(), Direction::Inbound);
    assert!(matches!(second, Err(GateRefusal::PerIp(_))));
    assert_eq!(gate.links().count(), 1);
}

#[test]
fn connections_are_limited_in_all() {
    let (mut gate, now) = (unhurried(GateConfig::default()), Instant::now());
    for number in 0..96 {
        enter(&mut gate, number, &format!("9.{number}.1.1"), now).unwrap();
    }
    assert_eq!(enter(&mut gate, 96, "10.1.1.1", now), Err(GateRefusal::Established));
}

#[test]
fn ten_thousand_identities_from_one_address_are_stopped_early() {
    let (mut gate, start) = (Gate::new(GateConfig::default()), Instant::now());
    let mut begun = 0;
    for number in 0..10_000 {
        // 1,000 a second, each gone as soon as it was let in.
        let now = start + Duration::from_millis(u64::try_from(number).unwrap());
        begun += usize::from(enter(&mut gate, number, "6.6.6.6", now).is_ok());
        gate.closed(id(number));
    }
    assert_eq!(begun, 64 + 39, "the bucket and ten seconds of its rate");
    enter(&mut gate, 10_000, "7.7.7.7", start).unwrap();
}

#[test]
fn what_this_node_dials_is_counted_but_never_refused() {
    let config = GateConfig { max_per_ip: 1, max_established: 1, ..GateConfig::default() };
    let (mut gate, now) = (Gate::new(config), Instant::now());
    for number in 0..3 {
        gate.established(id(number), Some(ip("1.1.1.1")), PeerId::random(), Direction::Outbound).unwrap();
    }
    assert!(matches!(enter(&mut gate, 3, "1.1.1.1", now), Err(GateRefusal::PerIp(_))));
    enter(&mut gate, 4, "1.1.1.2", now).unwrap();
}

#[test]
fn this_machine_is_exempt_unless_it_counts() {
    let now = Instant::now();
    for (count_loopback, let_in) in [(false, 40), (true, 16)] {
        let mut gate = Gate::new(GateConfig { count_loopback, ..GateConfig::default() });
        let entered = (0..40).filter(|number| enter(&mut gate, *number, "127.0.0.1", now).is_ok()).count();
        assert_eq!(entered, let_in);
    }
}

#[test]
fn a_relayed_connection_meets_the_limits_in_all_alone() {
    let config = GateConfig { max_pending_per_ip: 1, max_pending: 3, ..GateConfig::default() };
    let (mut gate, now) = (Gate::new(config), Instant::now());
    for number in 0..3 {
        gate.pending(id(number), None, now).unwrap();
    }
    assert_eq!(gate.pending(id(3), None, now), Err(GateRefusal::Pending));
}

#[test]
fn subnets_are_counted_within_a_bound() {
    let (mut gate, now) = (Gate::new(GateConfig::default()), Instant::now());
    for number in 0..MAX_SUBNETS + 100 {
        let [_, _, b, c] = u32::try_from(number).unwrap().to_be_bytes();
        gate.pending(id(number), Some(IpAddr::from([9, b, c, 1])), now).unwrap();
        gate.closed(id(number));
    }
    assert_eq!(gate.starts.len(), MAX_SUBNETS);
}
