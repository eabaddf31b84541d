use super::{super::*, rig::*};

#[test]
fn rounds_far_ahead_are_dropped_unread() {
    let mut rig = Rig::new(1);
    for round in (Bounds::MAX_FUTURE_ROUNDS + 1..5_000).chain([u32::MAX]) {
        let mut junk = vote(2, Prevote, 1, 0, None);
        junk.round = crate::primitives::Round::new(round);
        assert_eq!(rig.vote(junk), Admission::Ignored(Ignored::FutureRound));
    }
    let far = proposal(3, 1, 11, block("a"), None);
    assert_eq!(rig.feed(Event::Proposal(far)), Admission::Ignored(Ignored::FutureRound));
    let counts = rig.core.counts();
    assert_eq!((counts.votes, counts.proposals, counts.early), (0, 0, 0));
}

#[test]
fn one_seat_fills_no_more_than_its_share() {
    let mut rig = Rig::new(1);
    for round in 0..200 {
        for kind in [Prevote, Precommit] {
            for id in [None, Some(block("a")), Some(block("b"))] {
                let _ = rig.vote(vote(2, kind, 1, round, id));
            }
        }
    }
    let rounds = Bounds::MAX_FUTURE_ROUNDS as usize + 1;
    assert_eq!(rig.core.counts().votes, 2 * rounds);
    assert_eq!(rig.evidence(), 2 * rounds, "one for each round and kind");
    assert_eq!(rig.core.round().get(), 0, "one seat moves nobody");
}

#[test]
fn a_certificate_cannot_reach_the_end_of_rounds() {
    let mut rig = Rig::new(1);
    let votes = (2..4).map(|seat| vote(seat, Prevote, 1, u32::MAX, None)).collect();
    assert_eq!(rig.feed(Event::Round(skip(1, u32::MAX, votes))), Admission::Ignored(Ignored::FutureRound));
    let far = polka(&[0, 2, 3], 1, Bounds::MAX_ROUND + 1, block("a"));
    assert_eq!(rig.feed(Event::Polka(far)), Admission::Ignored(Ignored::FutureRound));
    let near = polka(&[0, 2, 3], 1, Bounds::MAX_ROUND, block("a"));
    assert_eq!(rig.feed(Event::Polka(near)), Admission::Accepted);
    assert_eq!(rig.core.round().get(), Bounds::MAX_ROUND);
    // What lay 32 rounds and more behind is forgotten.
    assert_eq!(rig.vote(vote(2, Prevote, 1, 0, None)), Admission::Ignored(Ignored::Stale));
}

#[test]
fn early_messages_are_bounded_for_each_seat_and_for_strangers() {
    let mut rig = Rig::new(1);
    let bounds = Bounds::default();
    for round in 0..=bounds.future_rounds {
        let _ = rig.vote(vote(2, Prevote, 2, round, None));
        let _ = rig.vote(vote(2, Precommit, 2, round, None));
    }
    assert_eq!(rig.core.counts().early, bounds.next_height_per_seat);
    assert_eq!(rig.vote(vote(2, Prevote, 2, 9, None)), Admission::Ignored(Ignored::Full));
    // Spoofed seats are rejected, so nobody can take another's places.
    let mut spoofed = vote(2, Prevote, 2, 0, None);
    spoofed.validator = address(3);
    assert_eq!(rig.vote(spoofed), Admission::Rejected(Refusal::Signature));
    for stranger in 100..250 {
        let ignored = rig.vote(vote(stranger, Prevote, 2, 0, None));
        assert_eq!(ignored, Admission::Ignored(Ignored::FutureHeight));
    }
    assert_eq!(rig.core.counts().early, bounds.next_height_per_seat + bounds.next_height_unknown);
    assert_eq!(rig.vote(vote(3, Prevote, 2, 0, None)), Admission::Accepted);
    assert_eq!(rig.vote(vote(3, Prevote, 2, 0, None)), Admission::Ignored(Ignored::Duplicate));
    assert_eq!(rig.vote(vote(3, Prevote, 2, 11, None)), Admission::Ignored(Ignored::FutureRound));
    assert_eq!(rig.vote(vote(3, Prevote, 3, 0, None)), Admission::Ignored(Ignored::FutureHeight));
    let certificate = polka(&[0, 2, 3], 2, 0, block("a"));
    assert_eq!(rig.feed(Event::Polka(certificate)), Admission::Ignored(Ignored::FutureHeight));
}

#[test]
fn early_messages_count_when_their_height_starts() {
    let mut rig = Rig::new(2);
    // Height 2 is proposed by seat 1; the others are done before we have even decided height 1.
    assert_eq!(rig.feed(Event::Proposal(proposal(1, 2, 0, block("b"), None))), Admission::Accepted);
    rig.votes(&[0, 1, 3], Prevote, 2, 0, Some(block("b")));
    rig.votes(&[0, 1, 3], Precommit, 2, 0, Some(block("b")));
    let certificate = commit(&[0, 1, 3], 1, 0, block("a"));
    let _ = rig.feed(Event::Synced { block_id: block("a"), certificate });
    let _ = rig.feed(Event::StartHeight(start(2)));
    assert_eq!((rig.core.decided(), rig.core.counts().early), (None, 0));
    assert_eq!(rig.body(2, 0, block("b"), Verdict::Valid), Admission::Accepted);
    assert_eq!(rig.core.decided(), Some(block("b")));
}

#[test]
fn verdicts_without_a_proposal_are_bounded() {
    let mut rig = Rig::new(1);
    for number in 0..100 {
        let _ = rig.body(1, 0, block(&number.to_string()), Verdict::Valid);
    }
    assert_eq!(rig.core.counts().bodies, Bounds::default().early_bodies);
    // The proposal's own body still finds its place.
    rig.propose(proposal(0, 1, 0, block("a"), None));
    assert_eq!(rig.votes_sent(), [(Prevote, 0, Some(block("a")))]);
}
