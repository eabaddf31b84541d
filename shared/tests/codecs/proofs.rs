//! Merkle proofs and records of the log: fixed layouts of their own, as strict as the rest.

use emotionalchain_shared::merkle::{ListProof, ListTree, MemoryStore, StateProof, StateTree};
use proptest::prelude::*;

/// Cut, damage and extend an encoding; what decodes must re-encode to the very bytes.
fn check<T: PartialEq + std::fmt::Debug>(
    value: &T,
    most: usize,
    encode: impl Fn(&T) -> Vec<u8>,
    decode: impl Fn(&[u8]) -> Option<T>,
) {
    let bytes = encode(value);
    assert!(bytes.len() <= most);
    assert_eq!(decode(&bytes).as_ref(), Some(value));
    let sound = |bytes: &[u8]| {
        if let Some(other) = decode(bytes) {
            assert_ne!(&other, value);
            assert_eq!(encode(&other), bytes);
        }
    };
    (0..bytes.len()).for_each(|length| sound(&bytes[..length]));
    for index in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[index / 8] ^= 1 << (index % 8);
        sound(&damaged);
    }
    assert_eq!(decode(&[bytes.as_slice(), &[0]].concat()), None);
    assert_eq!(decode(&vec![0; most + 1]), None);
}

#[test]
fn list_proofs() {
    for total in [1_usize, 2, 3, 7, 64, 65] {
        let tree = ListTree::from_leaves((0..total).map(|leaf| leaf.to_be_bytes()));
        for index in [0, total / 2, total - 1] {
            let proof = tree.prove(index).unwrap();
            let decode = |bytes: &[u8]| ListProof::decode(bytes).ok();
            check(&proof, ListProof::MAX_ENCODED, ListProof::encode, decode);
        }
    }
}

#[test]
fn state_proofs() {
    let mut store = MemoryStore::new();
    let writes = (0..200_u8).map(|key| (vec![key], Some(vec![key])));
    let (root, update) = StateTree::new(&store).apply(0, writes).unwrap();
    store.commit(update);
    let tree = StateTree::new(&store);
    for key in [0, 77, 199, 200, 220, 255] {
        let (value, proof) = tree.get_with_proof(0, &[key]).unwrap();
        let decode = |bytes: &[u8]| StateProof::decode(bytes).ok();
        check(&proof, StateProof::MAX_ENCODED, StateProof::encode, decode);
        match value {
            Some(value) => assert_eq!(proof.verify_inclusion(&root, &[key], &value), Ok(())),
            None => assert_eq!(proof.verify_absence(&root, &[key]), Ok(())),
        }
    }
}

#[test]
fn a_damaged_state_proof_proves_nothing() {
    let mut store = MemoryStore::new();
    let writes = (0..50_u8).map(|key| (vec![key], Some(vec![key])));
    let (root, update) = StateTree::new(&store).apply(0, writes).unwrap();
    store.commit(update);
    let (_, proof) = StateTree::new(&store).get_with_proof(0, &[7]).unwrap();
    let bytes = proof.encode();
    for index in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[index / 8] ^= 1 << (index % 8);
        if let Ok(other) = StateProof::decode(&damaged) {
            assert!(other.verify_inclusion(&root, &[7], &[7]).is_err());
            assert!(other.verify_absence(&root, &[7]).is_err());
        }
    }
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(proof) = ListProof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes.clone());
        }
        if let Ok(proof) = StateProof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes);
        }
    }
}

#[cfg(feature = "engine")]
mod records {
    use emotionalchain_shared::{
        consensus::engine::{Record, TimerKey, TimerKind},
        primitives::{Height, Round},
        wire::MAX_SEATS,
    };

    use super::check;
    use crate::samples;

    #[test]
    fn records_of_the_log() {
        let (height, round, block_id) = (Height::new(300), Round::new(2), samples::id("block"));
        let timer = |kind| Record::Timeout(TimerKey { height, round, kind });
        let records = [
            Record::Height(height),
            Record::Vote(samples::votes().remove(0)),
            Record::Proposal(samples::proposals().remove(1)),
            Record::Polka(samples::polka(4)),
            Record::Body { height, round, block_id, valid: true },
            timer(TimerKind::Propose),
            timer(TimerKind::Prevote),
            timer(TimerKind::Precommit),
            Record::Built { height, round, block_id },
        ];
        for record in records {
            check(&record, Record::MAX_BYTES, Record::encode, |bytes| Record::decode(bytes).ok());
        }
        assert!(Record::Polka(samples::polka(MAX_SEATS)).encode().len() <= Record::MAX_BYTES);
        assert!(Record::decode(&[]).is_err());
    }
}
