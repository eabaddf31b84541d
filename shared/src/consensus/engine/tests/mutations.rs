//! Each deliberate fault does what its name says, on the very scenario in which a sound core behaves.

use super::{super::*, net::Net, rig::*};

fn rig(mutation: Option<Mutation>) -> Rig {
    Rig::with(CoreConfig { mutation, ..CoreConfig::default() }, Some(1))
}

#[test]
fn quorum_minus_one_decides_with_two_of_four() {
    let decided = |mutation| {
        let mut rig = rig(mutation);
        rig.propose(proposal(0, 1, 0, block("a"), None));
        rig.votes(&[0, 2], Precommit, 1, 0, Some(block("a")));
        rig.core.decided()
    };
    assert_eq!(decided(None), None);
    assert_eq!(decided(Some(Mutation::QuorumMinusOne)), Some(block("a")));
}

#[test]
fn a_quorum_of_all_does_not_decide_with_three_of_four() {
    let decided = |mutation| {
        let mut rig = rig(mutation);
        rig.propose(proposal(0, 1, 0, block("a"), None));
        rig.votes(&[0, 2, 3], Precommit, 1, 0, Some(block("a")));
        rig.core.decided()
    };
    assert_eq!(decided(None), Some(block("a")));
    assert_eq!(decided(Some(Mutation::QuorumOfAll)), None);
}

#[test]
fn signatures_unchecked_counts_forged_votes() {
    let admission = |mutation| {
        let mut forged = vote(2, Prevote, 1, 0, None);
        forged.validator = address(3);
        rig(mutation).vote(forged)
    };
    assert_eq!(admission(None), Admission::Rejected(Refusal::Signature));
    assert_eq!(admission(Some(Mutation::SignaturesUnchecked)), Admission::Accepted);
}

#[test]
fn evidence_dropped_lets_a_contradiction_pass() {
    let evidence = |mutation| {
        let mut rig = rig(mutation);
        let _ = rig.vote(vote(2, Prevote, 1, 0, None));
        let _ = rig.vote(vote(2, Prevote, 1, 0, Some(block("a"))));
        rig.evidence()
    };
    assert_eq!((evidence(None), evidence(Some(Mutation::EvidenceDropped))), (1, 0));
}

#[test]
fn quorum_minus_one_finds_its_own_certificates_good() {
    let mut rig = rig(Some(Mutation::QuorumMinusOne));
    rig.propose(proposal(0, 1, 0, block("a"), None));
    rig.votes(&[0, 2], Precommit, 1, 0, Some(block("a")));
    let certificate = rig.core.commit_certificate().unwrap();
    assert!(certificate.verify(&domain(), &set()).is_err());
    let event = Event::Synced { block_id: block("a"), certificate };
    let mut other =
        Rig::with(CoreConfig { mutation: Some(Mutation::QuorumMinusOne), ..CoreConfig::default() }, Some(3));
    assert_eq!(other.feed(event.clone()), Admission::Accepted);
    assert!(matches!(Rig::new(3).feed(event), Admission::Rejected(_)));
}

#[test]
fn lock_ignored_prevotes_another_block() {
    let prevote = |mutation| {
        let mut rig = rig(mutation);
        rig.propose(proposal(0, 1, 0, block("a"), None));
        rig.votes(&[0, 2], Prevote, 1, 0, Some(block("a")));
        let _ = rig.feed(Event::Round(skip(
            1,
            2,
            vec![vote(2, Prevote, 1, 2, None), vote(3, Precommit, 1, 2, None)],
        )));
        rig.news();
        rig.propose(proposal(2, 1, 2, block("b"), None));
        rig.votes_sent()
    };
    assert_eq!(prevote(None), [(Prevote, 2, None)]);
    assert_eq!(prevote(Some(Mutation::LockIgnored)), [(Prevote, 2, Some(block("b")))]);
}

#[test]
fn membership_unchecked_counts_strangers() {
    let decided = |mutation| {
        let mut rig = rig(mutation);
        rig.propose(proposal(0, 1, 0, block("a"), None));
        for stranger in 100..103 {
            let _ = rig.vote(vote(stranger, Precommit, 1, 0, Some(block("a"))));
        }
        rig.core.decided()
    };
    assert_eq!(decided(None), None);
    assert_eq!(decided(Some(Mutation::MembershipUnchecked)), Some(block("a")));
}

#[test]
fn no_guard_signs_whatever_comes() {
    let refusals = |mutation| {
        let mut rig = rig(mutation);
        let _ = rig.vote(vote(1, Prevote, 1, 0, Some(block("a"))));
        let _ = rig.fire(TimerKind::Propose, 1, 0);
        (rig.votes_sent().len(), rig.core.counts().refusals)
    };
    assert_eq!(refusals(None), (0, 1));
    assert_eq!(refusals(Some(Mutation::NoGuard)), (1, 0));
}

#[test]
fn without_a_fault_switched_on_nothing_changes() {
    let mut net = Net::with(2, |_| CoreConfig { mutation: None, ..CoreConfig::default() });
    assert!(net.run(10_000, |net| net.finished(&[0, 1, 2, 3])));
    assert_eq!(net.double_signatures(), 0);
}
