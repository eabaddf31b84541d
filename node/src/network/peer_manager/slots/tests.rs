use super::*;

/// Full peers without any merit, one a second, by direction and third octet of their address.
fn seats(wanted: &[(Direction, u8)]) -> Vec<Seat> {
    let start = Instant::now();
    let quality = Quality { full: true, rtt: None, error_per_mille: 0, useful_milli: 0, reputation: 50 };
    let seat = |((direction, subnet), age): (&(Direction, u8), u64)| Seat {
        peer: PeerId::random(),
        direction: *direction,
        subnet: Subnet::of_ip([10, 0, *subnet, 1].into()),
        since: start + Duration::from_secs(age),
        quality,
        persistent: false,
    };
    wanted.iter().zip(0..).map(seat).collect()
}

use Direction::{Inbound, Outbound};

const IN: (Direction, u8) = (Inbound, 1);

#[test]
fn subnets_are_counted_once_and_this_machine_each_time() {
    let mut all = seats(&[(Outbound, 1), (Outbound, 1), (Outbound, 2), (Inbound, 3)]);
    assert_eq!(outbound_subnets(&all), 2);
    for seat in &mut all {
        seat.subnet = None;
    }
    assert_eq!(outbound_subnets(&all), 3);
}

#[test]
fn the_youngest_of_the_fullest_subnet_goes() {
    let all = seats(&[(Inbound, 9), (Inbound, 9), (Inbound, 1), (Inbound, 2), (Inbound, 2), (Inbound, 3)]);
    assert_eq!(surplus(&all, 3), Some(all[4].peer));
    let alone: Vec<Seat> = all.iter().map(|seat| Seat { subnet: None, ..*seat }).collect();
    assert_eq!(surplus(&alone, 3), Some(all[5].peer), "on one machine the youngest");
}

#[test]
fn those_that_were_dialled_go_last() {
    let mut all = seats(&[IN, IN, (Outbound, 2), (Outbound, 3), (Outbound, 4), (Outbound, 5), IN]);
    assert_eq!(surplus(&all, 3), Some(all[6].peer));
    all.pop();
    assert_eq!(surplus(&all, 3), Some(all[5].peer), "the one beyond the three");
    all.pop();
    assert_eq!(surplus(&all, 3), Some(all[1].peer), "the oldest are protected least");
    all.drain(..2);
    assert_eq!(surplus(&all, 3), None, "the three never go");
}

#[test]
fn one_subnet_gives_one_anchor() {
    let all = seats(&[(Outbound, 2), (Outbound, 2), (Outbound, 2), (Outbound, 3), (Outbound, 4)]);
    assert_eq!(surplus(&all, 3), Some(all[2].peer));
}

#[test]
fn each_merit_protects() {
    let merits: [fn(&mut Seat); 3] = [
        |seat| seat.quality.rtt = Some(Duration::from_millis(1)),
        |seat| seat.quality.useful_milli = 1,
        |seat| seat.persistent = true,
    ];
    for merit in merits {
        let mut all = seats(&[IN; 8]);
        assert_eq!(surplus(&all, 3), Some(all[7].peer));
        merit(&mut all[7]);
        assert_eq!(surplus(&all, 3), Some(all[6].peer));
    }
}

#[test]
fn persistent_peers_go_once_all_others_are_gone() {
    let mut all = seats(&[IN; 5]);
    for seat in &mut all {
        seat.persistent = true;
    }
    assert_eq!(surplus(&all, 3), Some(all[4].peer));
    all[0].persistent = false;
    assert_eq!(surplus(&all, 3), Some(all[0].peer));
}

#[test]
fn only_the_best_four_are_protected_for_a_merit() {
    let mut all = seats(&[IN; 10]);
    for (seat, ms) in all.iter_mut().zip(1..) {
        seat.quality.rtt = Some(Duration::from_millis(100 - ms));
    }
    // The four youngest are nearest, the two oldest are protected too: the youngest of the rest goes.
    assert_eq!(surplus(&all, 3), Some(all[5].peer));
}

#[test]
fn one_slot_in_eight_is_stale() {
    let mut all =
        seats(&[(Outbound, 1), (Outbound, 2), (Outbound, 3), (Outbound, 4), (Outbound, 5), IN, IN, IN]);
    all[3].quality.reputation = 49;
    assert_eq!(stale(&all, 3), [all[3].peer], "the least valuable");
    all.extend(seats(&[IN]));
    assert_eq!(stale(&all, 3).len(), 2);
    all[3].persistent = true;
    assert_eq!(stale(&all, 3), [all[4].peer]);
    all[4].persistent = true;
    assert_eq!(stale(&all, 3), [all[7].peer], "no dialled one may go: a slot all the same");
}

#[test]
fn slow_is_four_times_the_median_and_above_the_floor() {
    let mut all = seats(&[IN; 9]);
    let set = |all: &mut [Seat], rest: u64, last: u64| {
        for seat in all.iter_mut() {
            seat.quality.rtt = Some(Duration::from_millis(rest));
        }
        all[8].quality.rtt = Some(Duration::from_millis(last));
    };
    set(&mut all, 10, 400);
    assert_eq!(slowest(&all), None, "not above the floor");
    set(&mut all, 10, 401);
    assert_eq!(slowest(&all), Some(all[8].peer));
    set(&mut all, 200, 800);
    assert_eq!(slowest(&all), None, "not above four times the median");
    set(&mut all, 200, 801);
    assert_eq!(slowest(&all), Some(all[8].peer));
    all[8].persistent = true;
    assert_eq!(slowest(&all), None);
    assert_eq!(slowest(&[]), None);
}

#[test]
fn more_failures_than_answers_are_slow() {
    let mut all = seats(&[IN; 3]);
    all[1].quality.error_per_mille = 500;
    assert_eq!(slowest(&all), None);
    all[1].quality.error_per_mille = 501;
    assert_eq!(slowest(&all), Some(all[1].peer));
}
