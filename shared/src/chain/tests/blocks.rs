//! Lesson 2: every part of a block is verified, by proposer, voter and sync alike.

use super::{
    harness::{Chain, SECOND, at},
    orders::{statement, transactions},
};
use crate::{
    chain::{
        Block, ExecutionError, Header, Ingredients, InvalidBlock, TransactionRefusal, VoteRefusal, timely,
    },
    consensus::{Evidence, Vote, VoteKind},
    primitives::{Address, BlockId, Epoch, Hash, Height, Nonce, Round, TimeMs, hash_bytes},
    wire::{MAX_BLOCK_EVIDENCE, Wire},
};

/// Four validators, two blocks, and a third that carries something of everything.
fn chain_and_block() -> (Chain, Block) {
    let mut chain = Chain::new(4);
    chain.run(2);
    let ingredients = Ingredients {
        votes: vec![chain.vote(0, 100), chain.vote(1, 150)],
        evidence: vec![double_vote(&chain, 3)],
        transactions: vec![chain.transfer(4, 5, 7), chain.transfer(5, 4, 9)],
    };
    let block = chain.build(ingredients);
    assert_eq!((block.votes.len(), block.evidence.len(), block.transactions.len()), (2, 1, 2));
    (chain, block)
}

fn double_vote(chain: &Chain, who: usize) -> Evidence {
    let key = &chain.people[who].consensus;
    let vote = |id| Vote::sign(&chain.spec.domain, key, VoteKind::Prevote, Height::new(1), Round::ZERO, id);
    Evidence::duplicate_vote(vote(None), vote(Some(BlockId::default())))
}

#[test]
fn what_is_built_verifies_and_changes_the_same() {
    let mut chain = Chain::new(4);
    chain.run(2);
    let ingredients = Ingredients {
        votes: vec![chain.vote(0, 100)],
        evidence: vec![double_vote(&chain, 3)],
        transactions: vec![chain.transfer(4, 5, 7)],
    };
    for round in 0..5 {
        let built = chain.build_at(at(3), round, ingredients.clone()).unwrap();
        let verified = chain.verify(&built.block).unwrap();
        assert_eq!(verified.state_root, built.transition.state_root);
        assert_eq!(verified.tree, built.transition.tree);
        assert_eq!(verified.executed.writes, built.transition.executed.writes);
        assert!(built.refused.is_empty());
        let travelled = Block::decode(&built.block.encode()).unwrap();
        assert_eq!(travelled, built.block);
        assert!(chain.verify(&travelled).is_ok());
    }
}

#[test]
fn every_header_field_is_checked() {
    type Change = fn(&mut Header);
    let mismatch = |field| InvalidBlock::Mismatch(field);
    let nobody = Address::new([9; 20]);
    let (chain, good) = chain_and_block();
    let proposer = good.header.proposer;
    let table: [(Change, InvalidBlock); 17] = [
        (|header| header.version = 2, InvalidBlock::Version(2)),
        (|header| header.chain_id = "other".parse().unwrap(), InvalidBlock::Chain),
        (
            |header| header.height = Height::new(4),
            ExecutionError::Height { got: Height::new(4), parent: Height::new(2) }.into(),
        ),
        (|header| header.build_round = Round::new(1), ExecutionError::Proposer(proposer).into()),
        (|header| header.time = header.time.saturating_add(1), mismatch("state_root")),
        (|header| header.epoch = Epoch::new(1), mismatch("epoch")),
        (|header| header.parent_id = BlockId::default(), ExecutionError::Parent.into()),
        (|header| header.last_commit_hash = hash_bytes(b"other"), mismatch("last_commit_hash")),
        (|header| header.proposer = Address::new([9; 20]), ExecutionError::Proposer(nobody).into()),
        (|header| header.randomness_reveal = hash_bytes(b"other"), ExecutionError::Reveal.into()),
        (|header| header.transactions_root = hash_bytes(b"other"), mismatch("transactions_root")),
        (|header| header.votes_root = hash_bytes(b"other"), mismatch("votes_root")),
        (|header| header.evidence_root = hash_bytes(b"other"), mismatch("evidence_root")),
        (|header| header.state_root = hash_bytes(b"other"), mismatch("state_root")),
        (|header| header.validators_root = hash_bytes(b"other"), mismatch("validators_root")),
        (|header| header.next_validators_root = hash_bytes(b"other"), mismatch("next_validators_root")),
        (|header| header.epoch_summary_root = hash_bytes(b"other"), mismatch("epoch_summary_root")),
    ];
    assert_ne!(chain.place(good.header.time, 1).proposer, proposer, "the table needs another turn");
    for (change, expected) in table {
        let mut block = good.clone();
        change(&mut block.header);
        assert_ne!(block.id(), good.id());
        assert_eq!(chain.verify(&block).unwrap_err(), expected);
    }
    assert!(chain.verify(&good).is_ok());
}

#[test]
fn lists_are_bound_to_the_header_in_order_and_in_full() {
    let (chain, good) = chain_and_block();
    type Change = fn(&mut Block);
    let table: [(Change, &str); 8] = [
        (|block| block.transactions.swap(0, 1), "transactions_root"),
        (|block| block.transactions.truncate(1), "transactions_root"),
        (|block| block.transactions.push(block.transactions[0].clone()), "transactions_root"),
        (|block| block.votes.swap(0, 1), "votes_root"),
        (|block| block.votes.truncate(1), "votes_root"),
        (|block| block.votes.push(block.votes[0].clone()), "votes_root"),
        (|block| block.evidence.clear(), "evidence_root"),
        (|block| block.evidence.push(block.evidence[0].clone()), "evidence_root"),
    ];
    for (change, field) in table {
        let mut block = good.clone();
        change(&mut block);
        assert_eq!(chain.verify(&block).unwrap_err(), InvalidBlock::Mismatch(field));
    }
}

#[test]
fn one_refused_entry_makes_the_whole_block_invalid() {
    let (chain, good) = chain_and_block();
    let mut block = good.clone();
    block.transactions.insert(0, chain.later_order(4, 1, good.transactions[0].body.action.clone()));
    block.header.transactions_root = Block::transactions_root(&block.transactions);
    let reason = TransactionRefusal::Nonce { got: Nonce::new(1), expected: Nonce::ZERO };
    assert_eq!(chain.verify(&block).unwrap_err(), InvalidBlock::Transaction { index: 0, reason });

    let mut block = good.clone();
    block.votes.push(good.votes[1].clone());
    block.header.votes_root = Block::votes_root(&block.votes);
    let reason = VoteRefusal::AlreadyVoted(chain.people[1].validator());
    assert_eq!(chain.verify(&block).unwrap_err(), InvalidBlock::Vote { index: 2, reason });

    let mut block = good.clone();
    block.evidence.push(good.evidence[0].clone());
    block.header.evidence_root = Block::evidence_root(&block.evidence);
    assert!(matches!(chain.verify(&block), Err(InvalidBlock::Evidence { index: 1, .. })));
}

#[test]
fn a_block_that_no_peer_could_decode_is_invalid_before_execution() {
    let (chain, good) = chain_and_block();
    let mut block = good.clone();
    block.evidence = vec![good.evidence[0].clone(); MAX_BLOCK_EVIDENCE + 1];
    block.header.evidence_root = Block::evidence_root(&block.evidence);
    let (list, count, max) = ("evidence", MAX_BLOCK_EVIDENCE + 1, MAX_BLOCK_EVIDENCE);
    assert_eq!(chain.verify(&block).unwrap_err(), InvalidBlock::TooMany { list, count, max });
    assert!(Block::decode(&block.encode()).is_err());

    let mut chain = Chain::with(4, |params| params.max_block_bytes = 65_536);
    chain.run(1);
    let mut block = chain.build(transactions([chain.transfer(4, 5, 7)]));
    block.transactions = vec![block.transactions[0].clone(); 600];
    block.header.transactions_root = Block::transactions_root(&block.transactions);
    let size = block.encode().len();
    assert_eq!(chain.verify(&block).unwrap_err(), InvalidBlock::Size { size, max: 65_536 });
}

#[test]
fn time_is_strictly_after_the_parents() {
    let mut chain = Chain::new(4);
    chain.run(2);
    let parent = chain.globals().time;
    for early in [TimeMs::ZERO, at(1), parent] {
        let error = chain.build_at(early, 0, Ingredients::default()).unwrap_err();
        assert_eq!(error, ExecutionError::Time { got: early, parent }.into());
        let mut block = chain.build(Ingredients::default());
        block.header.time = early;
        assert_eq!(chain.verify(&block).unwrap_err(), error);
    }
    assert!(chain.build_at(parent.saturating_add(1), 0, Ingredients::default()).is_ok());
}

#[test]
fn timeliness_is_judged_apart_and_widens_with_the_round() {
    let chain = Chain::new(4);
    let params = chain.spec.params();
    let received = at(100);
    for (time, round, expected) in [
        (at(98), 0, true),
        (at(98).saturating_sub(1), 0, false),
        (at(97), 2, true),
        (at(97).saturating_sub(1), 2, false),
        (received.saturating_add(500), 0, true),
        (received.saturating_add(501), 0, false),
        (received.saturating_add(501), 9, false),
        (TimeMs::ZERO, u32::MAX, true),
    ] {
        assert_eq!(timely(params, time, received, Round::new(round)), expected, "{time} in {round}");
    }
    // A block far from any clock is structurally valid.
    assert!(chain.build_at(at(100_000), 0, Ingredients::default()).is_ok());
}

#[test]
fn a_damaged_state_is_never_blamed_on_the_block() {
    let (mut chain, good) = chain_and_block();
    let empty = Chain::new(4);
    chain.ledger = empty.ledger;
    let error = chain.verify(&good).unwrap_err();
    assert!(!error.is_local(), "a block of another height is the block's fault: {error}");
    let (mut chain, good) = chain_and_block();
    let mut transition = chain.verify(&good).unwrap();
    transition.executed.writes = [(vec![b'g'], None)].into();
    chain.ledger.commit(&transition);
    assert!(chain.verify(&good).unwrap_err().is_local());
}

#[test]
fn the_first_vote_round_needs_a_block_to_answer_to() {
    let mut chain = Chain::new(4);
    let genesis = Hash::default();
    assert_eq!(Block::last_commit_hash(None), genesis);
    chain.run(1);
    assert_eq!(chain.globals().time, at(1));
    let vote = chain.vote(2, 60);
    assert_eq!(vote.score(), statement(60).score);
    chain.advance(super::orders::votes([vote]));
    assert_eq!(chain.globals().time.since(at(0)), 2 * SECOND);
}
