use super::{super::*, rig::*};
use crate::primitives::Height;

fn decided_by(seats: &[usize]) -> Rig {
    let mut rig = Rig::new(1);
    rig.propose(proposal(0, 1, 0, block("a"), None));
    rig.votes(seats, Precommit, 1, 0, Some(block("a")));
    assert_eq!(rig.core.decided(), Some(block("a")));
    rig
}

fn signers(rig: &Rig) -> usize {
    let certificate = rig.core.commit_certificate().unwrap();
    certificate.verify(&domain(), &set()).unwrap().len()
}

#[test]
fn late_precommits_fill_the_certificate() {
    let mut rig = decided_by(&[0, 2, 3]);
    assert_eq!(signers(&rig), 3);
    let commits = rig.news().into_iter().filter(|action| matches!(action, Action::Commit { .. })).count();
    assert_eq!(commits, 1);
    // Not for this block, not of this round, not signed: of no use.
    rig.votes(&[1], Precommit, 1, 1, Some(block("a")));
    let mut forged = vote(2, Precommit, 1, 0, Some(block("a")));
    forged.validator = address(1);
    assert_eq!(rig.vote(forged), Admission::Rejected(Refusal::Signature));
    assert_eq!(signers(&rig), 3);
    rig.votes(&[1], Precommit, 1, 0, Some(block("a")));
    assert_eq!(signers(&rig), 4);
}

#[test]
fn late_precommits_count_while_the_next_height_runs() {
    let mut rig = decided_by(&[0, 2, 3]);
    let _ = rig.feed(Event::StartHeight(start(2)));
    assert_eq!(signers(&rig), 3);
    rig.votes(&[1], Precommit, 1, 0, Some(block("a")));
    assert_eq!(signers(&rig), 4);
    assert_eq!(rig.vote(vote(1, Precommit, 1, 0, Some(block("a")))), Admission::Ignored(Ignored::Duplicate));
}

#[test]
fn a_synced_certificate_decides_without_a_proposal() {
    let mut rig = Rig::new(1);
    let certificate = commit(&[0, 2, 3], 1, 4, block("x"));
    assert_eq!(
        rig.feed(Event::Synced { block_id: block("x"), certificate: certificate.clone() }),
        Admission::Accepted
    );
    assert!(rig.done.contains(&Action::Commit { certificate: certificate.clone() }));
    assert_eq!((rig.core.step(), rig.core.counts().timers), (Step::Commit, 0));
    // Nothing is signed at a height that is over.
    let _ = rig.feed(Event::Proposal(proposal(0, 1, 0, block("a"), None)));
    assert_eq!(rig.body(1, 0, block("a"), Verdict::Valid), Admission::Ignored(Ignored::Stale));
    assert_eq!(rig.votes_sent(), []);
    let _ = rig.feed(Event::StartHeight(start(2)));
    let stale = Event::Synced { block_id: block("x"), certificate };
    assert_eq!(rig.feed(stale), Admission::Ignored(Ignored::Stale));
}

#[test]
fn another_certificate_for_the_same_block_adds_its_signers() {
    let mut rig = decided_by(&[0, 2, 3]);
    let certificate = commit(&[0, 1, 2], 1, 0, block("a"));
    assert_eq!(rig.feed(Event::Synced { block_id: block("a"), certificate }), Admission::Accepted);
    assert_eq!(signers(&rig), 4);
}

#[test]
fn two_certified_blocks_halt() {
    let mut rig = decided_by(&[0, 2, 3]);
    let theirs = commit(&[0, 2, 3], 1, 1, block("b"));
    let halt = rig.try_feed(Event::Synced { block_id: block("b"), certificate: theirs.clone() });
    let Err(Halt::Fork { ours, theirs: found }) = halt else { panic!("{halt:?}") };
    assert_eq!((ours.block_id, *found), (block("a"), theirs));
}

#[test]
fn a_decision_may_fall_in_an_earlier_round() {
    let mut rig = Rig::new(3);
    rig.propose(proposal(0, 1, 0, block("a"), None));
    let _ = rig.feed(Event::Round(skip(1, 2, (0..2).map(|seat| vote(seat, Prevote, 1, 2, None)).collect())));
    assert_eq!(rig.core.round().get(), 2);
    rig.votes(&[0, 1, 2], Precommit, 1, 0, Some(block("a")));
    let certificate = rig.core.commit_certificate().unwrap();
    assert_eq!((certificate.round.get(), certificate.block_id), (0, block("a")));
}

#[test]
fn a_full_node_follows_and_never_signs_or_logs() {
    let mut rig = Rig::with(CoreConfig::default(), None);
    assert_eq!(rig.core.address(), None);
    rig.propose(proposal(0, 1, 0, block("a"), None));
    rig.votes(&[0, 1, 2], Prevote, 1, 0, Some(block("a")));
    rig.votes(&[0, 1, 2], Precommit, 1, 0, Some(block("a")));
    assert_eq!(rig.core.decided(), Some(block("a")));
    let _ = rig.feed(Event::StartHeight(start(2)));
    let _ = rig.fire(TimerKind::Propose, 2, 0);
    let quiet =
        |action: &Action| !matches!(action, Action::Persist(_) | Action::Send(_) | Action::Build { .. });
    assert!(rig.done.iter().all(quiet));
}

#[test]
fn a_key_without_a_seat_follows_and_never_signs() {
    let mut core = Core::new(CoreConfig::default(), domain(), Some(key(100)));
    let actions = core.handle(crate::primitives::TimeMs::ZERO, Event::StartHeight(start(1))).unwrap().actions;
    let marks = |action: &Action| *action == Action::Persist(Record::Height(Height::new(1)));
    assert!(actions.iter().all(|action| marks(action) || matches!(action, Action::Arm(..))));
}

#[test]
fn heights_may_be_skipped_but_never_repeated() {
    let mut rig = Rig::new(1);
    assert_eq!(rig.feed(Event::StartHeight(start(40))), Admission::Accepted);
    assert_eq!((rig.core.height(), rig.core.commit_certificate()), (Height::new(40), None));
    assert_eq!(rig.vote(vote(2, Precommit, 39, 0, None)), Admission::Ignored(Ignored::Stale));
    assert!(rig.try_feed(Event::StartHeight(start(39))).is_err());
}
