use std::collections::BTreeSet;

use super::{
    super::*,
    net::{Net, hidden_decision},
    rig::*,
};
use crate::primitives::{Height, Round};

/// Locks matter at height 1.
fn troubled(heights: u64) -> Net {
    let mut net = Net::new(heights);
    net.passes = hidden_decision;
    net
}

/// Runs with one seat dying right after its `cut`-th record; whether it died, and double signatures.
fn cut(seat: usize, cut: usize, loses_log: bool) -> (bool, usize) {
    let mut net = troubled(2);
    net.nodes[seat].dies_at = Some(cut);
    net.nodes[seat].loses_log = loses_log;
    if loses_log {
        // Nothing of what it said comes back to it: its memory is the log alone.
        net.run(60_000, |net| net.finished(&[0, 1, 2, 3]));
    } else {
        assert!(net.run(60_000, |net| net.finished(&[0, 1, 2, 3])), "seat {seat} cut at {cut}");
        net.assert_agreement();
    }
    (net.nodes[seat].restarts > 1, net.double_signatures())
}

#[test]
fn a_restart_after_any_record_signs_nothing_twice_and_catches_up() {
    for seat in 0..SEATS {
        let mut cuts = 0;
        loop {
            let (died, doubled) = cut(seat, cuts + 1, false);
            if !died {
                break;
            }
            cuts += 1;
            assert_eq!(doubled, 0, "seat {seat} cut at {cuts}");
        }
        assert!(cuts > 20, "seat {seat} was cut at {cuts} places only");
    }
}

#[test]
fn a_lost_log_is_noticed_by_this_very_check() {
    let doubled: usize = (1..40).map(|at| cut(0, at, true).1).sum();
    assert!(doubled > 0, "without its log a seat must be seen to contradict itself");
}

/// Everything that seat 1 does while it locks `a` in round 0 and moves to round 1.
fn locking() -> Rig {
    let mut rig = Rig::new(1);
    rig.propose(proposal(0, 1, 0, block("a"), None));
    rig.votes(&[0, 2], Prevote, 1, 0, Some(block("a")));
    rig.votes(&[0, 2], Precommit, 1, 0, None);
    let _ = rig.fire(TimerKind::Precommit, 1, 0);
    rig
}

/// What a seat said: kind (9: proposal), round, block.
fn said(actions: &[Action]) -> BTreeSet<(u8, u32, Option<crate::primitives::BlockId>)> {
    let said = actions.iter().filter_map(|action| match action {
        Action::Send(Message::Vote(vote)) => Some((vote.kind as u8, vote.round.get(), vote.block_id)),
        Action::Send(Message::Proposal(proposal)) => Some((9, proposal.round.get(), Some(proposal.block_id))),
        _ => None,
    });
    said.collect()
}

fn contradictions(one: &[Action], two: &[Action]) -> usize {
    let (one, two) = (said(one), said(two));
    let clash = |(kind, round, id): &(u8, u32, Option<_>)| {
        two.iter().any(|(k, r, other)| (k, r) == (kind, round) && other != id)
    };
    one.iter().filter(|said| clash(said)).count()
}

/// After the restart the world is another: all timers run out, and the proposer of round 0 equivocates.
fn provoke(rig: &mut Rig) {
    let _ = rig.feed(Event::Proposal(proposal(0, 1, 0, block("z"), None)));
    let _ = rig.body(1, 0, block("z"), Verdict::Valid);
    for round in 0..2 {
        let _ = rig.fire(TimerKind::Propose, 1, round);
        for seat in [2, 3] {
            let _ = rig.vote(vote(seat, Prevote, 1, round, None));
        }
        let _ = rig.fire(TimerKind::Prevote, 1, round);
        for seat in [2, 3] {
            let _ = rig.vote(vote(seat, Precommit, 1, round, None));
        }
        let _ = rig.fire(TimerKind::Precommit, 1, round);
        let (height, round) = (Height::new(1), Round::new(1));
        let _ = rig.feed(Event::Built { height, round, block_id: block("y") });
    }
}

/// Actions of the first life up to the `cut`-th record, as a host that dies there carries them out.
fn first_life(rig: &Rig, cut: usize) -> (Vec<Action>, Vec<Record>) {
    let mut left = cut;
    let done: Vec<Action> = rig
        .done
        .iter()
        .take_while(|action| {
            let more = left > 0;
            left -= usize::from(more && matches!(action, Action::Persist(_)));
            more
        })
        .cloned()
        .collect();
    (done, rig.log[..cut].to_vec())
}

#[test]
fn no_prefix_of_the_log_leads_to_a_second_signature_even_if_provoked() {
    let life = locking();
    for cut in 1..=life.log.len() {
        let (before, log) = first_life(&life, cut);
        let mut second = Rig::recovered(CoreConfig::default(), 1, 1, log);
        provoke(&mut second);
        assert_eq!(contradictions(&before, &second.done), 0, "cut at {cut}");
    }
}

#[test]
fn the_provocation_works_on_a_core_without_its_log() {
    let life = locking();
    let (before, _) = first_life(&life, life.log.len());
    let mut second = Rig::recovered(CoreConfig::default(), 1, 1, vec![]);
    provoke(&mut second);
    assert!(contradictions(&before, &second.done) > 0);
}

#[test]
fn a_lock_survives_and_last_words_are_said_again() {
    let life = locking();
    let mut second = Rig::recovered(CoreConfig::default(), 1, 1, life.log.clone());
    assert_eq!(second.core.locked(), Some((block("a"), Round::ZERO)));
    assert_eq!(second.core.round(), life.core.round());
    assert_eq!(second.core.step(), life.core.step());
    let ours = proposal(1, 1, 1, block("a"), Some(0));
    let again = [
        Action::Send(Message::Proposal(ours)),
        Action::Restream {
            height: Height::new(1),
            round: Round::new(1),
            block_id: block("a"),
            pol_round: Some(Round::ZERO),
        },
        Action::Send(Message::Vote(vote(1, Prevote, 1, 1, Some(block("a"))))),
    ];
    assert!(again.iter().all(|action| second.done.contains(action)), "{:?}", second.done);
    let silent = |action: &Action| !matches!(action, Action::Persist(_) | Action::Build { .. });
    assert!(second.done.iter().all(silent), "nothing is new: {:?}", second.done);
    // Timers of the current round run, others do not.
    assert_eq!(second.fire(TimerKind::Precommit, 1, 0), Admission::Ignored(Ignored::Stale));
    assert_eq!(second.fire(TimerKind::Rebroadcast, 1, 1), Admission::Accepted);
}

#[test]
fn a_restart_builds_only_if_it_has_not_proposed() {
    let mut rig = Rig::new(0);
    let (height, round) = (Height::new(1), Round::ZERO);
    let build = Action::Build { height, round };
    assert_eq!(rig.log, [Record::Height(height)]);
    let asked = Rig::recovered(CoreConfig::default(), 0, 1, rig.log.clone());
    assert_eq!(asked.done.iter().filter(|action| **action == build).count(), 1);
    let _ = rig.feed(Event::Built { height, round, block_id: block("a") });
    // The crash came after the block, or after the proposal, was logged: what follows is logged and sent now.
    let ours = proposal(0, 1, 0, block("a"), None);
    let prevote = vote(0, Prevote, 1, 0, Some(block("a")));
    assert_eq!(
        rig.log[1..],
        [
            Record::Built { height, round, block_id: block("a") },
            Record::Proposal(ours.clone()),
            Record::Vote(prevote.clone()),
        ]
    );
    for cut in 2..=4 {
        let again = Rig::recovered(CoreConfig::default(), 0, 1, rig.log[..cut].to_vec());
        assert!(!again.done.contains(&build));
        let persisted: Vec<Record> = rig.log[cut..].to_vec();
        let place = |wanted: Action| again.done.iter().position(|action| *action == wanted);
        let (said, voted) = (
            place(Action::Send(Message::Proposal(ours.clone()))),
            place(Action::Send(Message::Vote(prevote.clone()))),
        );
        assert!(said.is_some() && voted.is_some());
        assert!(place(Action::Restream { height, round, block_id: block("a"), pol_round: None }).is_some());
        let logged: Vec<usize> =
            persisted.into_iter().map(|record| place(Action::Persist(record)).unwrap()).collect();
        assert!(logged.iter().all(|at| Some(*at) < said && Some(*at) < voted));
    }
}

#[test]
fn a_decision_in_the_log_is_reported_again() {
    let mut rig = Rig::new(1);
    rig.propose(proposal(0, 1, 0, block("a"), None));
    rig.votes(&[0, 2, 3], Precommit, 1, 0, Some(block("a")));
    let commits =
        |rig: &Rig| rig.done.iter().filter(|action| matches!(action, Action::Commit { .. })).count();
    assert_eq!(commits(&rig), 1);
    let again = Rig::recovered(CoreConfig::default(), 1, 1, rig.log.clone());
    assert_eq!((commits(&again), again.core.decided()), (1, Some(block("a"))));
    // With the block durable the next height starts; records of the old one only guard.
    let next = Rig::recovered(CoreConfig::default(), 1, 2, rig.log);
    assert_eq!((commits(&next), next.core.round().get()), (0, 0));
}

#[test]
fn nothing_is_signed_below_what_the_log_has_reached() {
    // The store lost its last blocks, the log did not.
    let log = vec![Record::Height(Height::new(9))];
    let mut rig = Rig::recovered(CoreConfig::default(), 1, 8, log);
    let _ = rig.feed(Event::Proposal(proposal(3, 8, 0, block("a"), None)));
    let _ = rig.body(8, 0, block("a"), Verdict::Valid);
    assert_eq!(rig.votes_sent(), []);
    let _ = rig.feed(Event::StartHeight(start(9)));
    let _ = rig.fire(TimerKind::Propose, 9, 0);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
}

#[test]
fn a_height_signed_before_and_not_replayed_is_sat_out() {
    // The store lost height 8 after a precommit, and so a lock, at height 9.
    let ours = Record::Vote(vote(1, Precommit, 9, 0, Some(block("a"))));
    let log = vec![Record::Height(Height::new(9)), ours];
    let mut rig = Rig::recovered(CoreConfig::default(), 1, 8, log);
    for height in 8..10 {
        let _ = rig.fire(TimerKind::Propose, height, 0);
        let _ = rig.feed(Event::StartHeight(start(height + 1)));
    }
    assert_eq!(rig.votes_sent(), []);
    assert_eq!(rig.log[2..], [Record::Height(Height::new(10))], "the log keeps its memory until then");
    let _ = rig.fire(TimerKind::Propose, 10, 0);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
}

#[test]
fn an_imported_key_waits_for_its_floor() {
    let config = CoreConfig { sign_floor: Some(Height::new(3)), ..CoreConfig::default() };
    let mut rig = Rig::with(config, Some(0));
    let quiet = |rig: &Rig| !rig.done.iter().any(|one| matches!(one, Action::Send(_) | Action::Build { .. }));
    for height in 1..3 {
        let _ = rig.fire(TimerKind::Propose, height, 0);
        assert!(quiet(&rig));
        let _ = rig.feed(Event::StartHeight(start(height + 1)));
    }
    let _ = rig.fire(TimerKind::Propose, 3, 0);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
}

#[test]
fn a_pending_floor_lets_nothing_out_until_it_is_settled() {
    let config = CoreConfig { sign_floor: None, ..CoreConfig::default() };
    let mut rig = Rig::with(config, Some(0));
    for height in 1..4 {
        let _ = rig.fire(TimerKind::Propose, height, 0);
        assert_eq!((rig.votes_sent(), rig.log.len()), (vec![], 0));
        if height == 3 {
            // As a host does at the commit of height 3 when it sees that this is the head of the network.
            rig.core.settle_sign_floor(Height::new(5));
        }
        let _ = rig.feed(Event::StartHeight(start(height + 1)));
    }
    let _ = rig.fire(TimerKind::Propose, 4, 0);
    assert_eq!(rig.votes_sent(), [], "4 may be undecided, with votes of this key around");
    let _ = rig.feed(Event::StartHeight(start(5)));
    let _ = rig.fire(TimerKind::Propose, 5, 0);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
}

#[test]
fn our_own_forgotten_vote_binds_us_when_it_comes_back() {
    // The log is lost, but a peer still has our prevote.
    let mut rig = Rig::new(1);
    assert_eq!(rig.vote(vote(1, Prevote, 1, 0, Some(block("a")))), Admission::Accepted);
    assert!(rig.log.contains(&Record::Vote(vote(1, Prevote, 1, 0, Some(block("a"))))));
    let _ = rig.fire(TimerKind::Propose, 1, 0);
    assert_eq!(rig.votes_sent(), []);
    assert_eq!(rig.core.counts().refusals, 1);
    // Inside a certificate as well.
    let mut rig = Rig::new(1);
    assert_eq!(rig.feed(Event::Polka(polka(&[0, 1, 2], 1, 0, block("a")))), Admission::Accepted);
    let _ = rig.fire(TimerKind::Propose, 1, 0);
    assert_eq!(rig.votes_sent(), []);
}

#[test]
fn a_refused_proposal_lets_the_round_run_out() {
    // We proposed `a` in a former life without a log; now the host builds `b`.
    let mut rig = Rig::new(0);
    let (height, round) = (Height::new(1), Round::ZERO);
    let _ = rig.feed(Event::Proposal(proposal(0, 1, 0, block("a"), None)));
    let mut rig = Rig::recovered(CoreConfig::default(), 0, 1, rig.log);
    assert_eq!(
        rig.feed(Event::Built { height, round, block_id: block("b") }),
        Admission::Ignored(Ignored::Stale)
    );
    let sent = |rig: &Rig| {
        rig.done
            .iter()
            .any(|one| matches!(one, Action::Send(Message::Proposal(p)) if p.block_id == block("b")))
    };
    assert!(!sent(&rig));
    assert_eq!(rig.fire(TimerKind::Propose, 1, 0), Admission::Accepted);
    assert_eq!(rig.votes_sent(), [(Prevote, 0, None)]);
}

#[test]
fn a_log_that_is_not_ours_halts() {
    let mut core = Core::new(CoreConfig::default(), domain(), Some(key(1)));
    let mut forged = vote(2, Prevote, 1, 0, None);
    forged.validator = address(3);
    let log = vec![Record::Height(Height::new(1)), Record::Vote(forged)];
    let halt = core.recover(crate::primitives::TimeMs::ZERO, start(1), log);
    assert_eq!(halt, Err(Halt::Record { index: 1, refusal: Refusal::Signature }));
}

#[test]
fn a_log_without_its_causes_halts() {
    // Our prevote for `a` stands there, but the proposal that led to it does not: replay leads to nil.
    let height = Height::new(1);
    let timer = TimerKey { height, round: Round::ZERO, kind: TimerKind::Propose };
    let ours = vote(1, Prevote, 1, 0, Some(block("a")));
    let log = vec![Record::Height(height), Record::Timeout(timer), Record::Vote(ours)];
    let mut core = Core::new(CoreConfig::default(), domain(), Some(key(1)));
    let halt = core.recover(crate::primitives::TimeMs::ZERO, start(1), log);
    assert_eq!(halt, Err(Halt::Diverged { height, round: Round::ZERO }));
}
