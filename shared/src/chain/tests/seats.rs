//! Who sits: below the gate a validator leaves within the churn bound and comes back when it has recovered.

use super::{
    harness::{Chain, at},
    orders::{evidence, transactions},
};
use crate::{
    chain::{Action, ExecutionError},
    consensus::{CertificateError, CommitCertificate, Evidence, Signers, SignersError, Vote, VoteKind},
    primitives::{BlockId, Height, Round},
};

/// One block an epoch, with votes of points for people 0, 1, ….
fn epoch(chain: &mut Chain, number: u64, points: &[u8]) {
    let all: Vec<_> = points.iter().copied().enumerate().collect();
    chain.votes_at(30 * number + 2, &all);
}

#[test]
fn below_the_gate_a_seat_is_lost_and_it_comes_back_after_recovery() {
    let mut chain = Chain::new(5);
    chain.run(1);
    let mut seats = Vec::new();
    let falling = [60, 0, 0, 0, 0].into_iter();
    let recovering = [200, 200, 200].into_iter();
    for (number, points) in falling.chain(recovering).enumerate() {
        epoch(&mut chain, number as u64, &[100, 100, 100, 100, points]);
        seats.push((chain.standing(4).standing.score.map(|score| score.get()), chain.seats().len()));
    }
    // After the first block of each epoch: 5000, then a quarter of the way to 3200, then of the way to 9200.
    let expected = [
        (None, 5),
        (Some(5_000), 5),
        (Some(4_550), 5),
        (Some(4_212), 5),
        (Some(3_959), 4),
        (Some(3_769), 4),
        (Some(5_127), 5),
        (Some(6_146), 5),
    ];
    assert_eq!(seats, expected);
}

#[test]
fn between_the_gates_a_seat_is_kept_but_not_gained() {
    let mut chain = Chain::new(5);
    chain.run(1);
    // 4400: enough for an incumbent, too little for person 5.
    chain.advance(transactions([
        chain.order(5, chain.register(5)),
        chain.later_order(5, 1, chain.enroll(chain.people[5].validator(), &chain.people[5].device, 80)),
    ]));
    chain.run(1);
    for number in 0..4 {
        let points = if number == 3 { 200 } else { 40 };
        chain.votes_at(30 * number + 5, &[(0, 40), (1, 40), (2, 40), (3, 40), (4, 40), (5, points)]);
        let _ = chain.advance_at(at(30 * number + 20), Default::default());
        assert_eq!(chain.seats().len(), 5, "epoch {number}");
    }
    chain.votes_at(125, &[(0, 40)]);
    assert_eq!(chain.seats(), [0, 1, 2, 3, 4, 5], "4400 and a quarter of 4800");
}

#[test]
fn a_newcomer_sits_after_its_first_good_epoch_and_builds() {
    let mut chain = Chain::new(4);
    chain.run(1);
    let enrolment = chain.enroll(chain.people[4].validator(), &chain.people[4].device, 80);
    let orders = [chain.order(4, chain.register(4)), chain.later_order(4, 1, enrolment)];
    chain.advance(transactions(orders));
    chain.run(1);
    chain.votes_at(5, &[(0, 100), (1, 100), (2, 100), (3, 100), (4, 100)]);
    assert_eq!(chain.seats(), [0, 1, 2, 3]);
    chain.advance_at(at(30), Default::default());
    assert_eq!(chain.seats(), [0, 1, 2, 3, 4]);
    // The closing block is the old set's: a certificate over the new one's five seats does not fit it.
    let (head, own) = chain.head.clone().unwrap();
    assert!(chain.build_at(at(31), 0, Default::default()).is_ok());
    let five = CommitCertificate { signers: Signers::from_indices(5, 0..5), ..own.clone() };
    chain.head = Some((head.clone(), five));
    let error = chain.build_at(at(31), 0, Default::default()).unwrap_err();
    let stray = CertificateError::Signers(SignersError::Stray { members: 4 });
    assert_eq!(error, ExecutionError::Certificate(stray).into());
    chain.head = Some((head, own));
    let mut built = false;
    for _ in 0..10 {
        chain.run(1);
        let (head, _) = chain.head.as_ref().unwrap();
        built |= head.header.proposer == chain.people[4].validator();
    }
    assert!(built, "every seat holds a ticket among at most ten");
}

#[test]
fn no_more_seats_change_at_once_than_the_churn_bound() {
    let mut chain = Chain::new(10);
    chain.run(1);
    let key = |who: usize| &chain.people[who].consensus;
    let double = |who: usize| {
        let sign =
            |id| Vote::sign(&chain.spec.domain, key(who), VoteKind::Prevote, Height::new(1), Round::ZERO, id);
        Evidence::duplicate_vote(sign(None), sign(Some(BlockId::default())))
    };
    let five = evidence((0..5).map(double));
    chain.advance(five);
    chain.votes_at(3, &(5..10).map(|who| (who, 100)).collect::<Vec<_>>());
    let mut sizes = Vec::new();
    for number in 1..5 {
        chain.votes_at(30 * number, &(5..10).map(|who| (who, 100)).collect::<Vec<_>>());
        sizes.push(chain.seats().len());
    }
    // ⌈10/3⌉ − 1 = 3 of ten, ⌈7/3⌉ − 1 = 2 of seven.
    assert_eq!(sizes, [7, 5, 5, 5]);
    assert_eq!(chain.seats(), [5, 6, 7, 8, 9]);
}

#[test]
fn unbonding_gives_up_the_seat_at_the_close_when_the_floor_allows() {
    let mut chain = Chain::new(5);
    chain.run(1);
    epoch(&mut chain, 0, &[100; 5]);
    chain.advance(transactions([chain.order(2, Action::Unbond)]));
    assert_eq!(chain.seats(), [0, 1, 2, 3, 4]);
    epoch(&mut chain, 1, &[100; 5]);
    assert_eq!(chain.seats(), [0, 1, 3, 4]);
    assert!(chain.standing(2).unbond_at.is_some());
    epoch(&mut chain, 2, &[100; 5]);
    assert_eq!(chain.seats(), [0, 1, 3, 4], "nor does it come back while it leaves");
}
