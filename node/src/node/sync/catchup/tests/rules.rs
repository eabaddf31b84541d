//! One test a rule, and one for what breaks it.

use std::time::Duration;

use emotionalchain_shared::{primitives::Height, wire::MAX_SYNC_RESPONSE};

use super::{
    super::{
        HURRY, MAX_BYTES, MAX_UNDER_WAY, PATIENCE,
        providers::MAX_PROVIDERS,
        window::{MAX_AHEAD, MAX_RANGE},
    },
    Event, Rig, applies, asks, blocks, charges, peer,
};
use crate::network::conduct::Conduct;

#[test]
fn nobody_ahead_is_nobody_asked() {
    let (mut rig, actions) = Rig::new(&[0]);
    assert_eq!(actions, []);
    assert!(!rig.core.is_ahead(Height::ZERO));
    rig.applied(9);
    assert_eq!(rig.claim(1, 9), []);
    assert!(rig.core.is_ahead(Height::new(8)) && !rig.core.is_ahead(Height::new(9)));
    assert!(rig.core.is_behind(Height::new(7)) && !rig.core.is_behind(Height::new(8)));
}

#[test]
fn one_range_a_peer_and_four_in_all_within_their_claims() {
    let (mut rig, actions) = Rig::new(&[20, 1000, 1000, 1000, 1000, 1000]);
    let first = [(peer(1), 1, 16), (peer(2), 17, 16), (peer(3), 33, 16), (peer(4), 49, 16)];
    assert_eq!(asks(&actions), first, "a peer that was never measured gets sixteen");
    assert_eq!(first.len(), MAX_UNDER_WAY);
    rig.now += Duration::from_millis(100);
    let actions = rig.answer(1, 1, blocks(1, 16));
    assert_eq!(asks(&actions), [(peer(5), 65, 16)], "peer 1 claims no more than 20");
}

#[test]
fn a_peer_is_not_asked_below_what_it_serves() {
    let (mut rig, _) = Rig::new(&[]);
    let claim = Event::Claimed { peer: peer(1), earliest: Height::new(50), head: Height::new(90) };
    assert_eq!(rig.event(claim), []);
    assert_eq!(asks(&rig.applied(49)), [(peer(1), 50, 16)]);
}

#[test]
fn the_faster_peer_is_asked_first_and_for_more() {
    let (mut rig, _) = Rig::new(&[10_000, 10_000]);
    rig.now += Duration::from_millis(100);
    let actions = rig.answer(2, 17, blocks(17, 16));
    assert_eq!(asks(&actions), [(peer(2), 33, MAX_RANGE)], "160 blocks a second, bounded");
    rig.now += Duration::from_millis(900);
    rig.answer(1, 1, blocks(1, 16));
    assert_eq!(asks(&rig.applied(16)), [(peer(1), 97, 16)], "16 blocks a second");
}

#[test]
fn blocks_are_applied_in_order_one_range_at_a_time() {
    let (mut rig, _) = Rig::new(&[100, 100]);
    assert_eq!(applies(&rig.answer(2, 17, blocks(17, 16))), [], "1 to 16 are missing");
    assert_eq!(applies(&rig.answer(1, 1, blocks(1, 16))), [(peer(1), 1, 16)]);
    assert_eq!(applies(&rig.wait(HURRY)), [], "still being applied");
    let actions = rig.applied(16);
    assert_eq!(applies(&actions), [(peer(2), 17, 32)]);
    assert_eq!(charges(&actions), [(peer(1), Conduct::UsefulAnswer)]);
}

#[test]
fn nothing_new_is_asked_while_two_ranges_wait() {
    let (mut rig, _) = Rig::new(&[1000, 1000]);
    assert_eq!(asks(&rig.answer(1, 1, blocks(1, 16))).len(), 1);
    assert_eq!(asks(&rig.answer(2, 17, blocks(17, 16))), []);
    assert_eq!(asks(&rig.applied(16)).len(), 1, "one waits");
}

#[test]
fn nothing_is_asked_far_ahead_of_what_is_applied() {
    let (mut rig, mut actions) = Rig::new(&[100_000, 100_000]);
    let mut highest = 0;
    // Peer 1 is silent for less than it takes to be hurried, peer 2 answers all.
    while let Some((_, from, count)) = asks(&actions).into_iter().find(|(asked, ..)| *asked == peer(2)) {
        highest = from + u64::from(count) - 1;
        rig.now += Duration::from_millis(1);
        actions = rig.answer(2, from, blocks(from, u64::from(count)));
    }
    assert_eq!(highest, MAX_AHEAD);
}

#[test]
fn nothing_is_asked_that_might_not_fit_into_memory() {
    let (mut rig, mut actions) = Rig::new(&[100_000, 100_000]);
    let mut full = 0;
    while let Some((_, from, _)) = asks(&actions).into_iter().find(|(asked, ..)| *asked == peer(2)) {
        full += 1;
        rig.now += Duration::from_millis(1);
        let (peer, from) = (peer(2), Height::new(from));
        let (blocks, bytes) = (blocks(from.get(), 1), MAX_SYNC_RESPONSE);
        actions = rig.event(Event::Answered { peer, from, blocks, bytes });
    }
    // One place is kept for the answer of peer 1.
    assert_eq!(full, MAX_BYTES / MAX_SYNC_RESPONSE - 1);
    assert_eq!(rig.core.held_bytes(), full * MAX_SYNC_RESPONSE);
    let actions = rig.answer(1, 1, blocks(1, 1));
    assert_eq!(applies(&actions), [(peer(1), 1, 1)], "what all wait for is taken all the same");
}

#[test]
fn what_all_wait_for_is_asked_even_when_memory_is_full() {
    let (mut rig, mut actions) = Rig::new(&[100_000, 100_000]);
    while let Some((_, from, _)) = asks(&actions).into_iter().find(|(asked, ..)| *asked == peer(2)) {
        rig.now += Duration::from_millis(1);
        let (peer, from) = (peer(2), Height::new(from));
        let (blocks, bytes) = (blocks(from.get(), 1), MAX_SYNC_RESPONSE);
        actions = rig.event(Event::Answered { peer, from, blocks, bytes });
    }
    let actions = rig.wait(HURRY);
    assert_eq!(asks(&actions), [(peer(2), 1, 16)]);
}

#[test]
fn a_late_range_goes_to_another_peer() {
    let (mut rig, _) = Rig::new(&[16, 16]);
    assert_eq!(rig.wait(HURRY / 2), []);
    assert_eq!(asks(&rig.wait(HURRY / 2)), [(peer(2), 1, 16)], "in a hurry");
    let actions = rig.wait(PATIENCE.saturating_sub(HURRY));
    assert_eq!(charges(&actions), [(peer(1), Conduct::Timeout)]);
    let actions = rig.answer(2, 1, blocks(1, 16));
    assert_eq!(applies(&actions), [(peer(2), 1, 16)]);
    assert_eq!(rig.answer(1, 1, blocks(1, 16)), [], "too late");
}

#[test]
fn the_first_of_two_answers_counts() {
    let (mut rig, _) = Rig::new(&[16, 16]);
    rig.wait(HURRY);
    assert_eq!(applies(&rig.answer(1, 1, blocks(1, 16))), [(peer(1), 1, 16)], "slow, but first");
    assert_eq!(applies(&rig.answer(2, 1, blocks(1, 16))), []);
    assert_eq!(applies(&rig.applied(16)), []);
}

#[test]
fn the_rest_of_a_short_answer_goes_to_another_peer() {
    let (mut rig, _) = Rig::new(&[16, 16]);
    let actions = rig.answer(1, 1, blocks(1, 10));
    assert_eq!(applies(&actions), [(peer(1), 1, 10)]);
    assert_eq!(asks(&actions), [(peer(2), 11, 6)]);
    let actions = rig.answer(2, 11, blocks(11, 2));
    assert_eq!(asks(&actions), [(peer(1), 13, 4)]);
}

#[test]
fn a_single_peer_is_asked_for_the_rest_of_its_own_answer() {
    let (mut rig, _) = Rig::new(&[16]);
    assert_eq!(asks(&rig.answer(1, 1, blocks(1, 10))), [(peer(1), 11, 6)]);
}

#[test]
fn an_empty_answer_costs_the_claim_and_stalls_nothing() {
    let (mut rig, actions) = Rig::new(&[u64::MAX]);
    assert_eq!(asks(&actions), [(peer(1), 1, 16)]);
    assert_eq!(rig.answer(1, 1, Vec::new()), [], "it does not have what it claims");
    assert!(!rig.core.is_ahead(Height::ZERO));
    assert_eq!(rig.claim(1, u64::MAX), [], "and is not believed again at once");
    assert_eq!(asks(&rig.claim(2, 20)), [(peer(2), 1, 16)]);
    rig.now += Duration::from_secs(2);
    rig.answer(2, 1, blocks(1, 16));
    let actions = rig.claim(1, u64::MAX);
    assert_eq!(asks(&actions).len(), 1, "it is after a rest");
    rig.answer(1, 21, Vec::new());
    rig.answer(2, 17, blocks(17, 4));
    rig.applied(16);
    rig.applied(20);
    assert!(!rig.core.is_ahead(Height::new(20)));
}

#[test]
fn rest_grows_with_every_failure_and_no_disconnect_ends_it() {
    let (mut rig, _) = Rig::new(&[16]);
    for rest in [2, 4, 8, 16, 32, 64, 120, 120] {
        rig.event(Event::Failed { peer: peer(1), from: Height::new(1) });
        rig.event(Event::Gone { peer: peer(1) });
        rig.now += Duration::from_millis(rest * 1000 - 1);
        assert_eq!(rig.claim(1, 16), []);
        rig.now += Duration::from_millis(1);
        assert_eq!(asks(&rig.claim(1, 16)).len(), 1, "after {rest} s");
    }
}

#[test]
fn a_block_that_does_not_verify_costs_its_server_everything() {
    let (mut rig, _) = Rig::new(&[32, 32]);
    rig.answer(1, 1, blocks(1, 16));
    rig.answer(2, 17, blocks(17, 16));
    assert_eq!(applies(&rig.applied(16)), [(peer(2), 17, 32)]);
    let actions = rig.event(Event::Rejected { height: Height::new(20) });
    assert_eq!(charges(&actions), [(peer(2), Conduct::FalseAnswer)]);
    assert_eq!(asks(&actions), [(peer(1), 20, 13)], "all below is applied");
    assert_eq!(asks(&rig.claim(2, 5000)), [], "never again");
    rig.event(Event::Gone { peer: peer(2) });
    assert_eq!(asks(&rig.claim(2, 5000)), []);
    assert!(!rig.core.is_ahead(Height::new(32)));
    assert_eq!(applies(&rig.answer(1, 20, blocks(20, 13))), [(peer(1), 20, 32)]);
}

#[test]
fn what_a_liar_served_before_is_fetched_anew() {
    let (mut rig, _) = Rig::new(&[1000, 1000]);
    rig.answer(2, 17, blocks(17, 16));
    let held = rig.core.held_bytes();
    assert!(held > 0);
    // Peer 2 is asked for more, and sends what nobody asked for.
    let actions = rig.answer(2, 33, blocks(34, 16));
    assert_eq!(charges(&actions), [(peer(2), Conduct::FalseAnswer)]);
    assert_eq!(rig.core.held_bytes(), 0);
    let actions = rig.answer(1, 1, blocks(1, 16));
    assert_eq!(asks(&actions)[0].1, 17);
}

#[test]
fn too_many_blocks_and_blocks_out_of_order_are_lies() {
    for wrong in [blocks(1, 17), blocks(2, 16), [blocks(1, 2), blocks(2, 2)].concat()] {
        let (mut rig, _) = Rig::new(&[1000]);
        let actions = rig.answer(1, 1, wrong);
        assert_eq!(charges(&actions), [(peer(1), Conduct::FalseAnswer)]);
        assert_eq!(actions.len(), 1);
    }
}

#[test]
fn answers_that_were_not_asked_for_are_dropped() {
    let (mut rig, _) = Rig::new(&[16]);
    assert_eq!(rig.answer(1, 2, blocks(2, 3)), []);
    assert_eq!(rig.answer(9, 1, blocks(1, 3)), []);
    assert_eq!(rig.core.held_bytes(), 0);
    assert_eq!(applies(&rig.answer(1, 1, blocks(1, 16))).len(), 1, "the question still stands");
}

#[test]
fn a_lost_peer_is_replaced() {
    let (mut rig, _) = Rig::new(&[16, 16]);
    let actions = rig.event(Event::Gone { peer: peer(1) });
    assert_eq!(asks(&actions), [(peer(2), 1, 16)]);
    rig.event(Event::Gone { peer: peer(2) });
    assert!(!rig.core.is_ahead(Height::ZERO));
}

#[test]
fn blocks_that_arrive_otherwise_are_not_applied_twice() {
    let (mut rig, _) = Rig::new(&[40, 40]);
    rig.answer(2, 17, blocks(17, 16));
    let actions = rig.applied(20);
    assert_eq!(applies(&actions), [(peer(2), 21, 32)], "the node took part in the first twenty");
    assert_eq!(applies(&rig.answer(1, 1, blocks(1, 16))), []);
}

#[test]
fn what_the_replica_leaves_is_fetched_from_another_peer() {
    let (mut rig, _) = Rig::new(&[16, 16]);
    rig.answer(1, 1, blocks(1, 16));
    let actions = rig.applied(3);
    assert_eq!(asks(&actions), [(peer(2), 4, 13)]);
    assert_eq!(charges(&actions), [], "neither a merit nor a lie");
}

#[test]
fn peers_are_bounded_and_the_connected_ones_stay() {
    let (mut rig, _) = Rig::new(&[]);
    let many = |number: u16| {
        let [high, low] = number.to_be_bytes();
        libp2p::PeerId::from_bytes(&[0, 2, high, low]).unwrap()
    };
    let claim = |number| Event::Claimed { peer: many(number), earliest: Height::new(1), head: Height::ZERO };
    for number in 0..1000 {
        rig.event(claim(number));
    }
    assert_eq!(rig.core.providers.len(), MAX_PROVIDERS);
    rig.event(Event::Gone { peer: many(3) });
    rig.event(claim(999));
    assert_eq!(rig.core.providers.len(), MAX_PROVIDERS);
    assert_eq!(
        asks(&rig.event(Event::Claimed { peer: many(999), earliest: Height::new(1), head: Height::new(5) }))
            .len(),
        1
    );
}

#[test]
fn a_single_block_is_asked_for_on_a_tick_alone() {
    let (mut rig, actions) = Rig::new(&[1]);
    assert_eq!(actions, []);
    assert_eq!(asks(&rig.wait(Duration::from_millis(500))), [(peer(1), 1, 1)]);
}
