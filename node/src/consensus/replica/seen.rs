//! Signatures that verified once and need not again.

use std::collections::BTreeSet;

use emotionalchain_shared::{
    chain::SeenSignatures,
    consensus::{Vote, VoteKind},
    primitives::{Hash, Height},
};

use crate::mempool::Mempool;

/// Precommits kept: two heights of the largest set, with room for rounds.
const MAX_PRECOMMITS: usize = 1_024;

/// Verified precommits of recent heights.
#[derive(Debug, Default)]
pub struct Seen {
    precommits: BTreeSet<(Height, Vote)>,
}

impl Seen {
    /// Notes a vote that the engine verified.
    pub fn note(&mut self, vote: &Vote) {
        if vote.kind == VoteKind::Precommit && self.precommits.len() < MAX_PRECOMMITS {
            self.precommits.insert((vote.height, vote.clone()));
        }
    }

    /// Forgets heights whose certificates are in blocks.
    pub fn forget_below(&mut self, height: Height) {
        self.precommits.retain(|(at, _)| *at >= height);
    }

    /// The view that block verification asks.
    pub fn with<'a>(&'a self, mempool: &'a Mempool) -> SeenView<'a> {
        SeenView { seen: self, mempool }
    }
}

/// What was seen, over all pools.
pub struct SeenView<'a> {
    seen: &'a Seen,
    mempool: &'a Mempool,
}

impl SeenSignatures for SeenView<'_> {
    fn transaction(&self, id: &Hash) -> bool {
        self.mempool.contains(id)
    }

    fn precommit(&self, vote: &Vote) -> bool {
        self.seen.precommits.contains(&(vote.height, vote.clone()))
    }
}
