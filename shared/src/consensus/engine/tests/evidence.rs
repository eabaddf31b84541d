use super::{super::*, rig::*};
use crate::consensus::Evidence;

#[test]
fn a_second_vote_becomes_evidence_once() {
    let mut rig = Rig::new(1);
    let (one, two) = (vote(2, Prevote, 1, 0, Some(block("a"))), vote(2, Prevote, 1, 0, None));
    assert_eq!(rig.vote(one.clone()), Admission::Accepted);
    assert_eq!(rig.vote(one.clone()), Admission::Ignored(Ignored::Duplicate));
    assert_eq!(rig.evidence(), 0);
    assert_eq!(rig.vote(two.clone()), Admission::Accepted);
    assert!(rig.done.contains(&Action::Evidence(Evidence::duplicate_vote(one.clone(), two.clone()))));
    for again in [two, vote(2, Prevote, 1, 0, Some(block("c"))), one] {
        assert_eq!(rig.vote(again), Admission::Ignored(Ignored::Duplicate));
    }
    assert_eq!((rig.evidence(), rig.core.counts().evidence), (1, 1));
    // Another round is another violation; another kind is none at all.
    rig.votes(&[2], Precommit, 1, 0, None);
    rig.votes(&[2], Prevote, 1, 1, None);
    rig.votes(&[2], Prevote, 1, 1, Some(block("a")));
    assert_eq!(rig.evidence(), 2);
}

#[test]
fn a_forged_contradiction_accuses_nobody() {
    let mut rig = Rig::new(1);
    rig.votes(&[2], Prevote, 1, 0, Some(block("a")));
    let mut forged = vote(3, Prevote, 1, 0, None);
    forged.validator = address(2);
    assert_eq!(rig.vote(forged), Admission::Rejected(Refusal::Signature));
    assert_eq!(rig.evidence(), 0);
}

#[test]
fn a_second_proposal_becomes_evidence_once_and_both_can_be_decided() {
    let mut rig = Rig::new(1);
    let (one, two) = (proposal(0, 1, 0, block("a"), None), proposal(0, 1, 0, block("b"), None));
    rig.propose(one.clone());
    assert_eq!(rig.feed(Event::Proposal(one.clone())), Admission::Ignored(Ignored::Duplicate));
    rig.propose(two.clone());
    assert!(rig.done.contains(&Action::Evidence(Evidence::duplicate_proposal(one, two))));
    let third = proposal(0, 1, 0, block("c"), None);
    assert_eq!(rig.feed(Event::Proposal(third)), Admission::Ignored(Ignored::Full));
    assert_eq!(rig.evidence(), 1);
    rig.votes(&[0, 2, 3], Prevote, 1, 0, Some(block("b")));
    rig.votes(&[0, 2, 3], Precommit, 1, 0, Some(block("b")));
    assert_eq!(rig.core.decided(), Some(block("b")));
}

#[test]
fn the_same_block_with_another_proof_round_is_no_violation() {
    let mut rig = Rig::new(3);
    let round = skip(1, 2, (0..2).map(|seat| vote(seat, Prevote, 1, 2, None)).collect());
    assert_eq!(rig.feed(Event::Round(round)), Admission::Accepted);
    for pol in [None, Some(0), Some(1)] {
        let _ = rig.feed(Event::Proposal(proposal(2, 1, 2, block("a"), pol)));
    }
    assert_eq!((rig.evidence(), rig.core.counts().proposals), (0, 1));
}

#[test]
fn contradictions_inside_certificates_are_found() {
    let mut rig = Rig::new(1);
    rig.votes(&[2], Prevote, 1, 0, None);
    assert_eq!(rig.feed(Event::Polka(polka(&[0, 2, 3], 1, 0, block("a")))), Admission::Accepted);
    assert_eq!(rig.evidence(), 1);
    // Even in a certificate that is of no other use.
    rig.votes(&[0], Precommit, 1, 0, None);
    let late = skip(1, 0, vec![vote(0, Precommit, 1, 0, Some(block("a"))), vote(2, Precommit, 1, 0, None)]);
    assert_eq!(rig.feed(Event::Round(late)), Admission::Ignored(Ignored::Stale));
    assert_eq!(rig.evidence(), 2);
}

#[test]
fn a_decided_height_still_yields_evidence() {
    let mut rig = Rig::new(1);
    rig.propose(proposal(0, 1, 0, block("a"), None));
    rig.votes(&[0, 2, 3], Precommit, 1, 0, Some(block("a")));
    assert_eq!(rig.core.decided(), Some(block("a")));
    rig.votes(&[3], Precommit, 1, 0, None);
    assert_eq!(rig.feed(Event::Proposal(proposal(0, 1, 0, block("b"), None))), Admission::Accepted);
    assert_eq!(rig.evidence(), 2);
    let _ = rig.feed(Event::StartHeight(start(2)));
    rig.votes(&[2], Precommit, 1, 0, None);
    assert_eq!(rig.evidence(), 3);
}
