//! The same inputs give the same ids, on every machine and in every version.

use super::{
    harness::Chain,
    orders::{transactions, votes},
};
use crate::{
    chain::Ingredients,
    consensus::{Evidence, Vote, VoteKind},
    primitives::{BlockId, Height, Round},
};

/// A fixed chain with something of everything over two closes; gives the id of every block.
fn history() -> Vec<String> {
    let mut chain = Chain::new(5);
    chain.run(2);
    let mut ids = vec![chain.spec.hash.to_string(), chain.parent_id().to_string()];
    let double = |id| {
        let key = &chain.people[4].consensus;
        Vote::sign(&chain.spec.domain, key, VoteKind::Prevote, Height::new(1), Round::ZERO, id)
    };
    let evidence = vec![Evidence::duplicate_vote(double(None), double(Some(BlockId::default())))];
    let enrolment = chain.enroll(chain.people[5].validator(), &chain.people[5].device, 80);
    let orders = vec![
        chain.transfer(6, 0, 12_345),
        chain.order(5, chain.register(5)),
        chain.later_order(5, 1, enrolment),
    ];
    chain.advance(Ingredients { votes: vec![chain.vote(0, 150)], evidence, transactions: orders });
    chain.run(1);
    chain.advance(votes((1..4).map(|who| chain.vote(who, 90)).collect::<Vec<_>>()));
    ids.push(chain.parent_id().to_string());
    for epoch in 1..3_u64 {
        chain.votes_at(30 * epoch, &[(0, 80), (1, 120), (5, 140)]);
        chain.advance(transactions([chain.transfer(6, 1, epoch)]));
        ids.push(chain.parent_id().to_string());
    }
    ids
}

#[test]
fn the_same_inputs_give_the_same_ids() {
    assert_eq!(history(), history());
}

#[test]
fn a_fixed_chain_keeps_its_ids() {
    // A change here is a change of the format or of the rules: old chains can no longer be read. Meant? Then say so in
    // CHANGELOG.md and pin the new ids.
    let pinned = [
        "f8b9f8fd7ebd028e0b1b0726a94ad8fd620681959af7a115ce4b616814061245",
        "2f8465501455ab8c3cff9eed422b4b30f92f4fcb1e9e1450bb4699b6770a3932",
        "b09e728b65c8ce57de26dca4f86d869a328a01b36668f5e896b9ec8d74de0826",
        "d64c23b865bec49257698982aa85a3936d414f6ac40c9abe2a4a78f00fd4f0b1",
        "48ef6d41507257ea6fa41a72d808108fb92afc630e6c74073259bc12ba3681a3",
    ];
    assert_eq!(history(), pinned);
}
