use super::{
    super::*,
    net::{Net, hidden_decision},
};
use crate::consensus::VoteKind;

#[test]
fn four_seats_decide_in_the_first_round() {
    let mut net = Net::new(5);
    assert!(net.run(10_000, |net| net.finished(&[0, 1, 2, 3])));
    net.assert_agreement();
    assert!(net.nodes.iter().all(|node| node.commits.iter().all(|one| one.round.get() == 0)));
    assert_eq!((net.double_signatures(), net.evidence), (0, 0));
}

#[test]
fn one_silent_seat_does_not_stop_the_others_wherever_it_sits() {
    for silent in 0..4 {
        let mut net = Net::new(4);
        net.run(0, |_| false);
        net.crash(silent, None);
        let others: Vec<usize> = (0..4).filter(|seat| *seat != silent).collect();
        assert!(net.run(60_000, |net| net.finished(&others)), "without {silent}");
        net.assert_agreement();
        let rounds: u32 = net.nodes[others[0]].commits.iter().map(|one| one.round.get()).sum();
        assert!(rounds >= 1, "the silent seat's turns take a second round");
    }
}

#[test]
fn two_silent_seats_stop_it_and_nothing_is_lost_when_they_return() {
    let mut net = Net::new(4);
    assert!(net.run(10_000, |net| net.finished(&[]) && net.nodes.iter().all(|node| node.commits.len() == 2)));
    net.crash(1, Some(20_000));
    net.crash(2, Some(21_000));
    assert!(!net.run(19_000, |net| net.nodes[0].commits.len() > 3));
    assert!(net.run(60_000, |net| net.finished(&[0, 1, 2, 3])));
    net.assert_agreement();
    assert_eq!(net.double_signatures(), 0);
}

#[test]
fn a_lost_round_of_precommits_ends_with_the_locked_block() {
    let mut net = Net::new(1);
    net.passes = hidden_decision;
    assert!(net.run(60_000, |net| net.finished(&[0, 1, 2, 3])));
    net.assert_agreement();
    let decided = &net.nodes[0].commits[0];
    assert!(decided.round.get() >= 1);
    let built: Vec<_> =
        net.said.iter().filter(|((_, _, _, kind), _)| *kind == 9).map(|(_, ids)| ids).collect();
    assert!(built.len() >= 2, "it was proposed again");
    assert!(built.iter().all(|ids| ids.contains(&Some(decided.block_id)) && ids.len() == 1));
}

#[test]
fn a_split_network_decides_nothing_and_agrees_when_it_heals() {
    let mut net = Net::new(3);
    net.passes = |from, to, _| (from < 2) == (to < 2);
    assert!(!net.run(30_000, |net| net.nodes.iter().any(|node| !node.commits.is_empty())));
    net.passes = |_, _, _| true;
    assert!(net.run(60_000, |net| net.finished(&[0, 1, 2, 3])));
    net.assert_agreement();
    assert_eq!((net.double_signatures(), net.evidence), (0, 0));
}

#[test]
fn the_same_events_lead_to_the_same_actions() {
    let run = || {
        let mut net = Net::new(3);
        net.passes = |from, to, message| {
            let precommit = matches!(message, Message::Vote(vote) if vote.kind == VoteKind::Precommit);
            !(precommit && from == 1 && to == 2)
        };
        net.nodes[3].dies_at = Some(9);
        assert!(net.run(60_000, |net| net.finished(&[0, 1, 2, 3])));
        net.trace
    };
    let (one, two) = (run(), run());
    assert!(one.len() > 100);
    assert_eq!(one, two);
}

#[test]
fn a_core_can_move_to_another_thread() {
    fn moves<T: Send>() {}
    moves::<Core>();
}
