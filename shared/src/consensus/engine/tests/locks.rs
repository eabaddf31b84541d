use super::{super::*, rig::*};
use crate::primitives::Round;

/// Seat 1 at height 1: locked on `a` in round 0, its precommit unanswered, the round over.
fn locked() -> Rig {
    let mut rig = Rig::new(1);
    rig.propose(proposal(0, 1, 0, block("a"), None));
    rig.votes(&[0, 2], Prevote, 1, 0, Some(block("a")));
    assert_eq!(rig.core.locked(), Some((block("a"), Round::ZERO)));
    assert_eq!(rig.votes_sent(), [(Prevote, 0, Some(block("a"))), (Precommit, 0, Some(block("a")))]);
    rig.votes(&[0, 2], Precommit, 1, 0, None);
    assert_eq!(rig.fire(TimerKind::Precommit, 1, 0), Admission::Accepted);
    assert_eq!(rig.core.round().get(), 1);
    rig
}

#[test]
fn a_locked_proposer_proposes_its_block_again_with_its_proof() {
    let mut rig = locked();
    let actions = rig.news();
    let place = |wanted: &dyn Fn(&Action) -> bool| actions.iter().position(wanted).unwrap();
    let proof = place(
        &|action| matches!(action, Action::Send(Message::Polka(polka)) if polka.block_id == block("a")),
    );
    let body = place(&|action| {
        *action
            == Action::Restream {
                height: crate::primitives::Height::new(1),
                round: Round::new(1),
                block_id: block("a"),
                pol_round: Some(Round::ZERO),
            }
    });
    let again = Action::Send(Message::Proposal(proposal(1, 1, 1, block("a"), Some(0))));
    let said = place(&|action| *action == again);
    assert!(proof < said && body < said);
    assert!(!actions.iter().any(|action| matches!(action, Action::Build { .. })));
}

#[test]
fn a_lock_refuses_another_block_until_a_newer_proof() {
    // Seat 1 proposes in round 1 itself; in round 2 seat 2 comes with another block.
    let mut rig = locked();
    rig.votes(&[0, 2], Prevote, 1, 1, None);
    let _ = rig.fire(TimerKind::Prevote, 1, 1);
    rig.votes(&[0, 2], Precommit, 1, 1, None);
    assert_eq!(rig.fire(TimerKind::Precommit, 1, 1), Admission::Accepted);
    rig.news();
    rig.propose(proposal(2, 1, 2, block("b"), None));
    assert_eq!(rig.votes_sent(), [(Prevote, 2, None)]);
    // A quorum of prevotes for it in that round unlocks and locks anew (L36).
    rig.votes(&[0, 2, 3], Prevote, 1, 2, Some(block("b")));
    assert_eq!(rig.votes_sent(), [(Precommit, 2, Some(block("b")))]);
    assert_eq!(rig.core.locked(), Some((block("b"), Round::new(2))));
}

#[test]
fn a_proof_of_lock_from_an_older_round_lets_a_newer_proposal_pass() {
    // Seat 3 saw nothing of round 0; seat 1's proposal in round 1 rests on the prevotes of round 0.
    let mut rig = Rig::new(3);
    assert_eq!(
        rig.feed(Event::Round(skip(1, 1, (0..2).map(|seat| vote(seat, Prevote, 1, 1, None)).collect()))),
        Admission::Accepted
    );
    assert_eq!(rig.core.round().get(), 1);
    rig.news();
    rig.propose(proposal(1, 1, 1, block("a"), Some(0)));
    assert_eq!(rig.votes_sent(), [], "the proof is missing");
    assert_eq!(rig.feed(Event::Polka(polka(&[0, 1, 2], 1, 0, block("a")))), Admission::Accepted);
    assert_eq!(rig.votes_sent(), [(Prevote, 1, Some(block("a")))]);
    assert_eq!(
        rig.feed(Event::Polka(polka(&[0, 1, 2], 1, 0, block("a")))),
        Admission::Ignored(Ignored::Duplicate)
    );
}

#[test]
fn an_invalid_body_gets_nil() {
    let mut rig = Rig::new(1);
    assert_eq!(rig.feed(Event::Proposal(proposal(0, 1, 0, block("a"), None))), Admission::Accepted);
    assert_eq!(rig.core.awaiting(), [(Round::ZERO, block("a"))]);
    assert_eq!(rig.votes_sent(), [], "a proposal without a body says nothing");
    assert_eq!(rig.body(1, 0, block("a"), Verdict::Invalid), Admission::Accepted);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
    assert_eq!(rig.core.awaiting(), []);
}

#[test]
fn a_body_that_comes_first_waits_for_its_proposal() {
    let mut rig = Rig::new(1);
    assert_eq!(rig.body(1, 0, block("a"), Verdict::Valid), Admission::Accepted);
    assert_eq!(rig.body(1, 0, block("a"), Verdict::Valid), Admission::Accepted);
    assert_eq!(rig.votes_sent(), []);
    assert_eq!(rig.feed(Event::Proposal(proposal(0, 1, 0, block("a"), None))), Admission::Accepted);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, Some(block("a")))]);
}

#[test]
fn an_untimely_body_gets_no_prevote_and_counts_once_a_quorum_took_it() {
    let mut rig = Rig::new(1);
    assert_eq!(rig.feed(Event::Proposal(proposal(0, 1, 0, block("a"), None))), Admission::Accepted);
    assert_eq!(rig.body(1, 0, block("a"), Verdict::Untimely), Admission::Accepted);
    assert_eq!(rig.votes_sent(), []);
    assert_eq!(rig.fire(TimerKind::Propose, 1, 0), Admission::Accepted);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
    rig.votes(&[0, 2, 3], Prevote, 1, 0, Some(block("a")));
    assert_eq!(rig.votes_sent(), [(Precommit, 0, Some(block("a")))]);
    rig.votes(&[0, 2], Precommit, 1, 0, Some(block("a")));
    assert_eq!(rig.core.decided(), Some(block("a")));
}

#[test]
fn an_untimely_body_is_decided_by_precommits_alone() {
    let mut rig = Rig::new(1);
    assert_eq!(rig.feed(Event::Proposal(proposal(0, 1, 0, block("a"), None))), Admission::Accepted);
    rig.votes(&[0, 2, 3], Precommit, 1, 0, Some(block("a")));
    assert_eq!(rig.core.decided(), None);
    assert_eq!(rig.body(1, 0, block("a"), Verdict::Untimely), Admission::Accepted);
    assert_eq!(rig.core.decided(), Some(block("a")));
}
