//! A builder leaves out what is refused, says so, and never makes a block that others refuse.

use super::{
    harness::{Chain, at},
    orders::{transactions, votes},
};
use crate::{
    chain::{Action, Ingredients, Transaction},
    primitives::{Amount, Nonce},
    wire::Wire,
};

#[test]
fn what_is_refused_is_left_out_and_named() {
    let mut chain = Chain::new(4);
    chain.run(2);
    let (good, bad) = (chain.vote(0, 100), chain.vote_at(1, 100, at(90)));
    let pay = chain.transfer(4, 5, 1);
    let poor = chain.transfer(5, 4, u64::MAX);
    let late = chain.later_order(4, 5, pay.body.action.clone());
    let ingredients = Ingredients {
        votes: vec![bad, good.clone(), good.clone()],
        evidence: vec![],
        transactions: vec![poor.clone(), pay.clone(), pay.clone(), late.clone()],
    };
    let built = chain.build_at(at(3), 0, ingredients).unwrap();
    assert_eq!(built.block.votes, [good]);
    assert_eq!(built.refused, [poor.id(), pay.id(), late.id()]);
    assert_eq!(built.block.transactions, [pay]);
    chain.commit(built.block);
}

#[test]
fn a_builder_without_the_turn_or_the_certificate_builds_nothing() {
    let mut chain = Chain::new(4);
    chain.run(1);
    let head = chain.head.take();
    assert!(chain.build_at(at(2), 0, Ingredients::default()).is_err());
    chain.head = head;
    assert!(chain.build_at(at(2), 0, Ingredients::default()).is_ok());
}

#[test]
fn a_full_block_stays_within_the_chains_maximum_and_refused_orders_take_no_room() {
    let mut chain = Chain::with(4, |params| params.max_block_bytes = 65_536);
    chain.run(1);
    let key = &chain.people[4].account;
    let (fee, to) = (chain.spec.params().min_fee, chain.people[5].wallet());
    let pay = |nonce, micro| {
        let action = Action::Transfer { to, amount: Amount::from_micro(micro) };
        Transaction::sign(&chain.spec.domain, key, Nonce::new(nonce), fee, action)
    };
    let wanted: Vec<Transaction> = (0..450).map(|nonce| pay(nonce, 1)).collect();
    let refused: Vec<Transaction> = (0..450).map(|nonce| pay(nonce + 500, 2)).collect();
    let built = chain.build_at(at(2), 0, transactions(wanted.clone())).unwrap();
    let fitting = built.block.transactions.len();
    assert!((300..450).contains(&fitting), "{fitting} fit");
    assert!(built.block.encode().len() <= 65_536);
    assert!(chain.verify(&built.block).is_ok());

    let mixed = refused.iter().chain(&wanted).cloned();
    let built = chain.build_at(at(2), 0, transactions(mixed)).unwrap();
    assert_eq!((built.block.transactions.len(), built.refused.len()), (fitting, refused.len()));
    chain.commit(built.block);
}

#[test]
fn votes_stop_at_the_chains_maximum() {
    let mut chain = Chain::with(4, |params| params.max_block_votes = 2);
    chain.run(1);
    let all: Vec<_> = (0..4).map(|who| chain.vote(who, 100)).collect();
    let built = chain.build_at(at(2), 0, votes(all.clone())).unwrap();
    assert_eq!(built.block.votes, all[..2]);
    chain.commit(built.block);
    chain.advance(votes((2..4).map(|who| chain.vote(who, 100)).collect::<Vec<_>>()));
}
