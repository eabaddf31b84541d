//! Chains of made-up blocks over a store.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    consensus::{CommitCertificate, Signers},
    crypto::Signature,
    merkle::{StateProof, StateTree},
    primitives::{BlockId, Hash, Height, Round, TimeMs, hash_bytes},
};

use crate::store::{CommitBatch, Store};

pub(super) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

pub(super) fn genesis() -> Hash {
    hash_bytes(b"genesis")
}

pub(super) fn block_id(height: u64, fork: u8) -> BlockId {
    BlockId::new(hash_bytes(&[b"block".as_slice(), &height.to_be_bytes(), &[fork]].concat()))
}

pub(super) fn transaction_id(height: u64, fork: u8, index: u32) -> Hash {
    hash_bytes(&[b"tx".as_slice(), &height.to_be_bytes(), &[fork], &index.to_be_bytes()].concat())
}

/// A certificate of `signers` of four seats; its signatures verify nothing.
pub(super) fn certificate(height: u64, fork: u8, signers: usize) -> CommitCertificate {
    CommitCertificate {
        height: Height::new(height),
        round: Round::ZERO,
        block_id: block_id(height, fork),
        signers: Signers::from_indices(4, 0..signers),
        signatures: vec![Signature::new([7; 64]); signers],
    }
}

pub(super) fn writes(pairs: &[(&str, Option<&str>)]) -> Writes {
    pairs
        .iter()
        .map(|(key, value)| (key.as_bytes().to_vec(), value.map(|value| value.as_bytes().to_vec())))
        .collect()
}

pub(super) fn commit_genesis(store: &Store, writes: &Writes) -> Hash {
    let (root, tree) = StateTree::new(store).apply(0, writes.clone()).unwrap();
    store.commit_genesis(TimeMs::from_millis(1_000), writes, &tree).unwrap();
    root
}

/// A block on the head with these writes and as many transactions; and the root of the state after it.
pub(super) fn batch(store: &Store, fork: u8, writes: Writes, transactions: u32) -> (Hash, CommitBatch) {
    let height = store.head().unwrap().unwrap().height.get() + 1;
    let snapshot = store.snapshot().unwrap();
    let (root, tree) = StateTree::new(&snapshot).apply(height, writes.clone()).unwrap();
    let batch = CommitBatch {
        height: Height::new(height),
        block_id: block_id(height, fork),
        time: TimeMs::from_millis(1_000 + height),
        block: [b"block ".as_slice(), &height.to_be_bytes(), &[fork]].concat(),
        certificate: certificate(height, fork, 3),
        writes,
        tree,
        transactions: (0..transactions).map(|index| transaction_id(height, fork, index)).collect(),
        proofs: Vec::new(),
        epoch_summary: None,
    };
    (root, batch)
}

pub(super) fn commit(store: &Store, fork: u8, pairs: &[(&str, Option<&str>)]) -> Hash {
    let (root, batch) = batch(store, fork, writes(pairs), 2);
    store.commit(&batch).unwrap();
    root
}

/// Whether the proof shows that this is the key's value, or that it has none.
pub(super) fn proves(proof: &StateProof, root: &Hash, key: &[u8], value: Option<&[u8]>) -> bool {
    match value {
        Some(value) => proof.verify_inclusion(root, key, value).is_ok(),
        None => proof.verify_absence(root, key).is_ok(),
    }
}
