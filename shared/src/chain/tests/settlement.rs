//! Rewards at a close: minted once, split by commits that blocks carried, never past the cap.

use super::harness::{Chain, PURSE, at};
use crate::{
    chain::{EpochSummary, Ingredients},
    primitives::{Amount, BasisPoints},
    wire::{MAX_SEATS, Wire},
};

fn paid(summary: &EpochSummary) -> u64 {
    summary.rewards.iter().map(|(_, amount)| amount.micro()).sum()
}

#[test]
fn rewards_follow_the_commits_that_blocks_carried() {
    let mut chain = Chain::new(4);
    // Blocks 1 to 4; three of them without person 3. The closing block carries the commit of block 4.
    for (seconds, signers) in [(1, vec![0, 1, 2]), (2, vec![0, 1, 2]), (3, vec![0, 1, 2]), (4, vec![0, 1, 3])]
    {
        let block = chain.build_at(at(seconds), 0, Ingredients::default()).unwrap().block;
        chain.commit_by(block, &signers);
    }
    let before = chain.globals().supply;
    let summary = chain.advance_at(at(30), Ingredients::default()).unwrap();
    // Credits 4, 4, 3, 1 of 12: shares of 5 EMO, rounded down.
    let expected = [1_666_666, 1_666_666, 1_250_000, 416_666];
    for (who, micro) in expected.into_iter().enumerate() {
        let reward = summary.rewards.iter().find(|(one, _)| *one == chain.people[who].validator()).unwrap();
        assert_eq!(reward.1.micro(), micro);
        assert_eq!(chain.account(who).balance.micro(), PURSE.micro() + micro);
    }
    assert_eq!(summary.participation, BasisPoints::new(7_500).unwrap());
    let minted = chain.globals().supply.checked_sub(before).unwrap().micro();
    assert_eq!((minted, paid(&summary)), (4_999_998, 4_999_998), "dust is not minted");
}

#[test]
fn an_epoch_without_a_carried_commit_mints_nothing() {
    let mut chain = Chain::new(4);
    let before = chain.globals().supply;
    let summary = chain.advance_at(at(29), Ingredients::default());
    assert_eq!(summary, None);
    chain.advance_at(at(30), Ingredients::default());
    let after = chain.globals().supply;
    assert_eq!(after.checked_sub(before).unwrap().micro(), 5_000_000, "block 1 settled in the next epoch");
    let summary = chain.advance_at(at(60), Ingredients::default()).unwrap();
    assert_eq!(paid(&summary), 5_000_000);
}

#[test]
fn late_signatures_that_the_next_builder_carries_are_credited() {
    let mut chain = Chain::new(4);
    chain.run(1);
    let block = chain.build_at(at(2), 0, Ingredients::default()).unwrap().block;
    chain.commit_by(block.clone(), &[0, 1, 2]);
    // Person 3 was slow: its precommit came after the decision, before the next block was built.
    chain.head = Some((block.clone(), chain.certify_by(&block, &[0, 1, 2, 3])));
    let summary = chain.advance_at(at(30), Ingredients::default()).unwrap();
    assert_eq!(summary.participation, BasisPoints::MAX);
}

#[test]
fn the_cap_is_never_passed() {
    let supply = {
        let chain = Chain::new(4);
        chain.globals().supply
    };
    let room = Amount::from_micro(7_000_000);
    let mut chain = Chain::with(4, |params| {
        params.genesis_cap = supply;
        params.supply_cap = supply.checked_add(room).unwrap();
    });
    let mut minted = Vec::new();
    chain.run(1);
    for epoch in 1..5 {
        minted.push(paid(&chain.advance_at(at(30 * epoch), Ingredients::default()).unwrap()));
    }
    assert_eq!(minted, [5_000_000, 2_000_000, 0, 0]);
    assert_eq!(chain.globals().supply, chain.spec.params().supply_cap);
}

#[test]
fn the_reward_halves_by_epoch_number() {
    let mut chain = Chain::with(4, |params| params.halving_epochs = 2);
    chain.run(1);
    let minted = |chain: &mut Chain, epoch: u64| {
        paid(&chain.advance_at(at(30 * epoch), Ingredients::default()).unwrap())
    };
    let all: Vec<u64> = (1..=5).map(|epoch| minted(&mut chain, epoch)).collect();
    assert_eq!(all, [5_000_000, 5_000_000, 2_500_000, 2_500_000, 1_250_000]);
}

#[test]
fn a_summary_that_two_full_sets_share_still_decodes() {
    // The first commit of an epoch is of the set before: up to 128 seats and those who left share its reward.
    let mut chain = Chain::new(4);
    chain.run(1);
    let mut summary = chain.advance_at(at(30), Ingredients::default()).unwrap();
    summary.rewards = vec![summary.rewards[0]; 2 * MAX_SEATS];
    assert_eq!(EpochSummary::decode(&summary.encode()), Ok(summary.clone()));
    summary.rewards.push(summary.rewards[0]);
    assert!(EpochSummary::decode(&summary.encode()).is_err());
}
