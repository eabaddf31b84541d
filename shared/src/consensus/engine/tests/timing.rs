use super::{super::*, rig::*};

#[test]
fn stale_timers_are_ignored() {
    let mut rig = Rig::new(1);
    assert_eq!(rig.fire(TimerKind::Prevote, 1, 0), Admission::Ignored(Ignored::Stale), "never armed");
    assert_eq!(
        rig.fire(TimerKind::Propose, 7, 0),
        Admission::Ignored(Ignored::Stale),
        "of no height of ours"
    );
    rig.propose(proposal(0, 1, 0, block("a"), None));
    assert_eq!(
        rig.fire(TimerKind::Propose, 1, 0),
        Admission::Ignored(Ignored::Stale),
        "disarmed by the prevote"
    );
    rig.votes(&[0, 2], Precommit, 1, 0, Some(block("a")));
    rig.votes(&[3], Precommit, 1, 0, Some(block("a")));
    let _ = rig.feed(Event::StartHeight(start(2)));
    rig.news();
    // Round 0 of height 1 is gone, although height 2 has a round 0 too and waits for a proposal.
    assert_eq!(rig.core.step(), Step::Propose);
    assert_eq!(rig.fire(TimerKind::Propose, 1, 0), Admission::Ignored(Ignored::Stale));
    assert_eq!(rig.votes_sent(), []);
    // Seat 1 proposes at height 2, but has not built in time.
    assert_eq!(rig.fire(TimerKind::Propose, 2, 0), Admission::Accepted);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
    assert_eq!(rig.fire(TimerKind::Propose, 2, 0), Admission::Ignored(Ignored::Stale), "only once");
}

#[test]
fn a_start_arms_and_a_decision_disarms() {
    let mut rig = Rig::new(1);
    let armed = |rig: &mut Rig| {
        let actions = rig.news().into_iter().filter_map(|action| match action {
            Action::Arm(key, length) => Some((key.kind, key.round.get(), length.as_millis())),
            _ => None,
        });
        actions.collect::<Vec<_>>()
    };
    assert_eq!(armed(&mut rig), [(TimerKind::Rebroadcast, 0, 1000), (TimerKind::Propose, 0, 1000)]);
    rig.votes(&[0, 2, 3], Precommit, 1, 0, None);
    assert_eq!(armed(&mut rig), [(TimerKind::Precommit, 0, 500)]);
    let _ = rig.fire(TimerKind::Precommit, 1, 0);
    assert!(armed(&mut rig).contains(&(TimerKind::Rebroadcast, 1, 1000)));
    rig.propose(proposal(0, 1, 0, block("a"), None));
    let certificate = commit(&[0, 2, 3], 1, 0, block("a"));
    let _ = rig.feed(Event::Synced { block_id: block("a"), certificate });
    assert_eq!(rig.core.counts().timers, 0);
}

#[test]
fn last_words_are_repeated() {
    let mut rig = Rig::new(0);
    let height = crate::primitives::Height::new(1);
    let round = crate::primitives::Round::ZERO;
    assert!(rig.done.contains(&Action::Build { height, round }));
    let _ = rig.feed(Event::Built { height, round, block_id: block("a") });
    assert_eq!(
        rig.feed(Event::Built { height, round, block_id: block("b") }),
        Admission::Ignored(Ignored::Stale)
    );
    rig.news();
    assert_eq!(rig.fire(TimerKind::Rebroadcast, 1, 0), Admission::Accepted);
    let said: Vec<Message> = rig
        .news()
        .into_iter()
        .filter_map(|action| if let Action::Send(message) = action { Some(message) } else { None })
        .collect();
    assert_eq!(
        said,
        [
            Message::Proposal(proposal(0, 1, 0, block("a"), None)),
            Message::Vote(vote(0, Prevote, 1, 0, Some(block("a"))))
        ]
    );
    // It goes on, also after the decision: somebody may still need it.
    assert_eq!(rig.fire(TimerKind::Rebroadcast, 1, 0), Admission::Accepted);
    rig.votes(&[1, 2, 3], Precommit, 1, 0, Some(block("a")));
    assert_eq!(rig.core.decided(), Some(block("a")));
    assert_eq!(rig.fire(TimerKind::Rebroadcast, 1, 0), Admission::Accepted);
}

#[test]
fn only_the_proposer_in_its_turn_can_propose() {
    let mut rig = Rig::new(1);
    let built = |height, round| Event::Built {
        height: crate::primitives::Height::new(height),
        round: crate::primitives::Round::new(round),
        block_id: block("a"),
    };
    assert_eq!(rig.feed(built(1, 0)), Admission::Ignored(Ignored::Unexpected));
    assert_eq!(rig.feed(built(1, 1)), Admission::Ignored(Ignored::Stale));
    assert_eq!(rig.feed(built(2, 0)), Admission::Ignored(Ignored::Stale));
}
