//! What the node's host does with its store, without its disk.

use emotionalchain_node::{
    consensus::replica::Commit,
    store::{CommitBatch, Store},
};
use emotionalchain_shared::{
    chain::{ChainSpec, Transaction, genesis_writes},
    merkle::StateTree,
    wire::Wire,
};

/// A store in memory that holds genesis.
pub fn lay(spec: &ChainSpec) -> Store {
    let store = Store::in_memory(spec.hash).unwrap();
    let writes = genesis_writes(spec).unwrap();
    let (_, tree) = StateTree::new(&store).apply(0, writes.clone()).unwrap();
    store.commit_genesis(spec.genesis.time_ms, &writes, &tree).unwrap();
    store
}

/// What is written for a finalised block.
pub fn batch(commit: &Commit) -> CommitBatch {
    let header = &commit.block.header;
    let executed = &commit.transition.executed;
    CommitBatch {
        height: header.height,
        block_id: commit.block_id,
        time: header.time,
        block: commit.block.encode(),
        certificate: commit.certificate.clone(),
        writes: executed.writes.clone(),
        tree: commit.transition.tree.clone(),
        transactions: commit.block.transactions.iter().map(Transaction::id).collect(),
        proofs: commit.block.votes.iter().map(|vote| (vote.validator(), vote.epoch)).collect(),
        epoch_summary: executed.summary.as_ref().map(|summary| (summary.epoch, summary.encode())),
    }
}
