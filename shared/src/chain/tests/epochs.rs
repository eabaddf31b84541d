//! The close of an epoch: when it happens, and what it does to scores, attendance and aggregates.

use super::{
    harness::{Chain, at},
    orders::transactions,
};
use crate::{
    chain::{
        Action, EpochSummary, Ingredients, TransactionRefusal,
        state::{ScoreEntry, StateKey},
    },
    primitives::{BasisPoints, Epoch, Hash},
    wire::Wire,
};

fn bp(value: u16) -> BasisPoints {
    BasisPoints::new(value).unwrap()
}

#[test]
fn an_epoch_closes_at_the_first_block_of_a_later_one() {
    let mut chain = Chain::new(4);
    chain.run(1);
    assert_eq!(chain.advance_at(at(30).saturating_sub(1), Ingredients::default()), None);
    let before = chain.head.as_ref().unwrap().0.header.clone();
    assert_eq!((before.epoch, before.epoch_summary_root), (Epoch::ZERO, Hash::default()));

    let summary = chain.advance_at(at(30), Ingredients::default()).unwrap();
    let closing = chain.head.as_ref().unwrap().0.header.clone();
    assert_eq!((summary.epoch, closing.epoch), (Epoch::ZERO, Epoch::new(1)));
    assert_eq!(closing.epoch_summary_root, summary.root());
    assert_eq!(EpochSummary::decode(&summary.encode()), Ok(summary));
    assert_eq!(chain.advance_at(at(31), Ingredients::default()), None);
    assert_eq!(chain.advance_at(at(60).saturating_sub(1), Ingredients::default()), None);
    assert_eq!(chain.advance_at(at(60), Ingredients::default()).unwrap().epoch, Epoch::new(1));
}

#[test]
fn epochs_without_a_block_are_not_charged() {
    let mut chain = Chain::with(4, |params| params.free_misses = 0);
    chain.run(1);
    chain.votes_at(2, &[(0, 200), (1, 200), (2, 200), (3, 200)]);
    assert_eq!(chain.advance_at(at(30), Ingredients::default()).unwrap().epoch, Epoch::ZERO);
    assert_eq!(chain.standing(0).standing.score, Some(bp(9_200)));
    // From epoch 1 straight to epoch 50: one close, one miss.
    assert_eq!(chain.advance_at(at(1_500), Ingredients::default()).unwrap().epoch, Epoch::new(1));
    assert_eq!(chain.standing(0).standing.score, Some(bp(9_100)));
    assert_eq!(chain.advance_at(at(1_530), Ingredients::default()).unwrap().epoch, Epoch::new(50));
    assert_eq!(chain.standing(0).standing.score, Some(bp(9_000)));
}

#[test]
fn a_chain_that_starts_late_closes_nothing_before_its_first_block() {
    let mut chain = Chain::new(10);
    assert_eq!(chain.advance_at(at(7 * 30 + 5), Ingredients::default()), None);
    let header = &chain.head.as_ref().unwrap().0.header;
    assert_eq!((header.epoch, header.epoch_summary_root), (Epoch::new(7), Hash::default()));
    assert_eq!(chain.seats().len(), 10, "nobody could vote yet");
    let all: Vec<_> = (0..10).map(|who| (who, 100)).collect();
    chain.votes_at(7 * 30 + 6, &all);
    let summary = chain.advance_at(at(8 * 30), Ingredients::default()).unwrap();
    assert_eq!((summary.epoch, summary.seats.len()), (Epoch::new(7), 10));
}

#[test]
fn votes_of_the_closing_block_belong_to_the_epoch_that_begins() {
    let mut chain = Chain::new(4);
    chain.run(1);
    let summary = chain.votes_at(30, &[(0, 100)]).unwrap();
    assert!(summary.scores.is_empty());
    assert_eq!(chain.standing(0).standing.score, None);
    let summary = chain.advance_at(at(60), Ingredients::default()).unwrap();
    assert_eq!(summary.scores.len(), 1);
    assert_eq!(chain.standing(0).standing.score, Some(bp(6_200)));
}

#[test]
fn scores_smooth_and_their_history_is_state() {
    let mut chain = Chain::new(4);
    chain.run(1);
    let mut history = Vec::new();
    for (epoch, points) in [60, 100, 100, 0].into_iter().enumerate() {
        chain.votes_at(30 * epoch as u64 + 2, &[(0, points)]);
        chain.advance_at(at(30 * epoch as u64 + 30), Ingredients::default());
        history.push(chain.standing(0).standing.score.unwrap().get());
    }
    // 5000; +1200/4; +900/4; −(5525 − 3200)/4 rounded away from zero.
    assert_eq!(history, [5_000, 5_300, 5_525, 4_943]);
    let entry = |who: usize, epoch| {
        chain.read::<ScoreEntry>(StateKey::Score(chain.people[who].validator(), Epoch::new(epoch)))
    };
    assert_eq!(entry(0, 1), Some(ScoreEntry { vote: Some(bp(6_200)), smoothed: Some(bp(5_300)) }));
    assert_eq!(entry(1, 1), Some(ScoreEntry { vote: None, smoothed: None }), "seated and silent");
    assert_eq!((entry(0, 4), entry(4, 1)), (None, None));
}

#[test]
fn the_old_set_signs_the_closing_block_and_certifies_it() {
    let mut chain = Chain::new(5);
    chain.run(1);
    let old = chain.globals().next_set;
    let block = chain.build_at(at(30), 0, Ingredients::default()).unwrap().block;
    assert_eq!(block.header.validators_root, old);
    assert_ne!(block.header.next_validators_root, old, "of five without a score one leaves");
    chain.commit(block.clone());
    assert_eq!(chain.seats().len(), 4);

    // B's certificate counts five seats, however many sit now.
    assert_eq!(chain.last_commit().unwrap().signers.indices(5).unwrap().len(), 5);
    let next = chain.build_at(at(31), 0, Ingredients::default()).unwrap().block;
    assert_eq!(next.header.validators_root, block.header.next_validators_root);

    // B+1 is certified by the new set, in whose tickets its builder stands.
    let first = chain.height().next().unwrap();
    let schedule: crate::epoch::Schedule = chain.read(StateKey::Schedule).unwrap();
    assert_eq!(schedule.first, first);
    chain.commit(next);
    assert_eq!(chain.last_commit().unwrap().signers.indices(4).unwrap(), [0, 1, 2, 3]);
    chain.run(2);
}

#[test]
fn a_silent_seat_is_jailed_without_a_slash_and_returns_by_unjail() {
    let mut chain = Chain::with(4, |params| params.downtime_window = 4);
    for seconds in 1..=5 {
        let block = chain.build_at(at(seconds), 0, Ingredients::default()).unwrap().block;
        chain.commit_by(block, &[0, 1, 2]);
    }
    let summary = chain.advance_at(at(30), Ingredients::default()).unwrap();
    assert_eq!(summary.jailed, [chain.people[3].validator()]);
    let record = chain.standing(3);
    assert_eq!((record.jailed, record.tombstoned, record.bond), (true, false, chain.spec.params().min_bond));
    assert_eq!(record.seated, chain.seats().contains(&3));
    assert!(record.seated, "the floor holds it");
    let summary = chain.advance_at(at(60), Ingredients::default()).unwrap();
    assert_eq!(summary.jailed, [], "jailed once");

    chain.advance(transactions([chain.order(3, Action::Unjail)]));
    assert!(!chain.standing(3).jailed);
    assert_eq!(chain.standing(3).attendance, crate::epoch::Attendance::default());
    let again = chain.next().add_transaction(&chain.order(3, Action::Unjail));
    assert_eq!(again, Err(TransactionRefusal::Standing));
    let summary = chain.advance_at(at(90), Ingredients::default()).unwrap();
    assert_eq!(summary.jailed, [], "not judged again for what was punished");
}

#[test]
fn jail_leaves_a_quorum_of_unjailed_seats() {
    let mut chain = Chain::with(7, |params| {
        params.downtime_window = 6;
        params.floor_window = 1_000;
    });
    // Persons 4, 5 and 6 sign one block in three each; five of seven always sign.
    for seconds in 1..=9 {
        let block = chain.build_at(at(seconds), 0, Ingredients::default()).unwrap().block;
        chain.commit_by(block, &[0, 1, 2, 3, 4 + seconds as usize % 3]);
    }
    let summary = chain.advance_at(at(30), Ingredients::default()).unwrap();
    assert_eq!(summary.jailed.len(), 2, "of three, since five make a quorum");
}

#[test]
fn attendance_is_judged_over_a_whole_window_alone() {
    let mut chain = Chain::with(4, |params| params.downtime_window = 6);
    for seconds in 1..=5 {
        let block = chain.build_at(at(seconds), 0, Ingredients::default()).unwrap().block;
        chain.commit_by(block, &[0, 1, 2]);
    }
    assert_eq!(chain.advance_at(at(30), Ingredients::default()).unwrap().jailed, []);
    assert_eq!(chain.standing(3).attendance.possible(), 5);
    assert_eq!(chain.standing(3).attendance.signed(), 0);
    assert_eq!(chain.standing(0).attendance.signed(), 5);
}

#[test]
fn wellness_is_hidden_below_twenty_contributors() {
    for contributors in [19, 20] {
        let mut chain = Chain::new(20);
        chain.run(1);
        let all: Vec<_> = (0..contributors).map(|who| (who, 100)).collect();
        chain.votes_at(2, &all);
        let summary = chain.advance_at(at(30), Ingredients::default()).unwrap();
        assert_eq!(summary.scores.len(), contributors);
        assert_eq!(summary.wellness.map(|one| one.contributors), (contributors == 20).then_some(20));
        // Nothing of it is carried into the next epoch.
        chain.votes_at(31, &[(0, 100)]);
        assert_eq!(chain.advance_at(at(60), Ingredients::default()).unwrap().wellness, None);
    }
}
