#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

use std::collections::{BTreeMap, BTreeSet};

use jmt::{JellyfishMerkleTree, KeyHash, RootHash};
use proptest::prelude::*;

use super::{hashing::StateHasher, nodes::Reader, *};
use crate::primitives::{Hash, hash_bytes};

type Writes = Vec<(Vec<u8>, Option<Vec<u8>>)>;
type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn apply(store: &mut MemoryStore, version: u64, writes: Writes) -> Hash {
    let (root, update) = StateTree::new(store).apply(version, writes).unwrap();
    store.commit(update);
    assert_eq!(StateTree::new(store).root(version).unwrap(), root);
    root
}

fn apply_to_model(model: &mut Model, writes: &Writes) {
    for (key, value) in writes {
        match value {
            Some(value) => drop(model.insert(key.clone(), value.clone())),
            None => drop(model.remove(key)),
        }
    }
}

/// The root by the rules of the module documentation alone.
fn root_of(model: &Model) -> Hash {
    fn subtree(leaves: &[(Hash, Hash)], depth: usize) -> Hash {
        match leaves {
            [] => EMPTY_STATE_ROOT,
            [(key_hash, value_hash)] => hashing::leaf_hash(key_hash, value_hash),
            _ => {
                let split = leaves.partition_point(|(key_hash, _)| !hashing::bit(key_hash, depth));
                hashing::node_hash(
                    &subtree(&leaves[..split], depth + 1),
                    &subtree(&leaves[split..], depth + 1),
                )
            }
        }
    }
    let mut leaves: Vec<_> = model.iter().map(|(key, value)| (hash_bytes(key), hash_bytes(value))).collect();
    leaves.sort_unstable();
    subtree(&leaves, 0)
}

/// Value, our proof and `jmt`'s proof of a key must tell the model's story.
fn check_key(store: &MemoryStore, version: u64, root: &Hash, key: &[u8], expected: Option<&Vec<u8>>) {
    let tree = StateTree::new(store);
    let (value, proof) = tree.get_with_proof(version, key).unwrap();
    assert_eq!(value.as_ref(), expected);
    assert_eq!(tree.get(version, key).unwrap().as_ref(), expected);
    assert_eq!(StateProof::decode(&proof.encode()), Ok(proof.clone()));
    match &value {
        Some(value) => {
            assert_eq!(proof.verify_inclusion(root, key, value), Ok(()));
            assert_eq!(proof.verify_absence(root, key), Err(StateProofError::NotAbsence));
        }
        None => {
            assert_eq!(proof.verify_absence(root, key), Ok(()));
            assert_eq!(proof.verify_inclusion(root, key, b""), Err(StateProofError::NotInclusion));
        }
    }
    let reader = Reader(store);
    let jmt = JellyfishMerkleTree::<_, StateHasher>::new(&reader);
    let place = KeyHash(*hash_bytes(key).as_bytes());
    let (theirs, their_proof) = jmt.get_with_proof(place, version).unwrap();
    assert_eq!(theirs, value);
    their_proof.verify(RootHash(*root.as_bytes()), place, theirs).unwrap();
}

fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[bit / 8] ^= 1 << (bit % 8);
    flipped
}

fn verify(proof: &StateProof, root: &Hash, key: &[u8], value: Option<&[u8]>) -> Result<(), StateProofError> {
    match value {
        Some(value) => proof.verify_inclusion(root, key, value),
        None => proof.verify_absence(root, key),
    }
}

/// Small alphabets, so that keys are overwritten and deleted often.
fn writes() -> impl Strategy<Value = Writes> {
    let key = prop_oneof![(0_u8..40).prop_map(|key| vec![key]), prop::collection::vec(any::<u8>(), 0..3)];
    let value = prop::option::weighted(0.65, prop::collection::vec(any::<u8>(), 0..6));
    prop::collection::vec((key, value), 0..40)
}

#[test]
fn the_empty_state_has_a_root_and_proves_absence() {
    let mut store = MemoryStore::new();
    assert!(matches!(StateTree::new(&store).root(0), Err(StateError::MissingVersion { version: 0 })));
    assert_eq!(apply(&mut store, 0, vec![]), EMPTY_STATE_ROOT);
    check_key(&store, 0, &EMPTY_STATE_ROOT, b"any", None);
    // Emptied again, and empty from one version to the next.
    let one = apply(&mut store, 1, vec![(b"a".to_vec(), Some(b"1".to_vec()))]);
    assert_ne!(one, EMPTY_STATE_ROOT);
    check_key(&store, 1, &one, b"a", Some(&b"1".to_vec()));
    check_key(&store, 1, &one, b"b", None);
    assert_eq!(apply(&mut store, 2, vec![(b"a".to_vec(), None)]), EMPTY_STATE_ROOT);
    assert_eq!(apply(&mut store, 3, vec![(b"a".to_vec(), None)]), EMPTY_STATE_ROOT);
    assert_eq!(apply(&mut store, 4, vec![]), EMPTY_STATE_ROOT);
    assert_eq!(apply(&mut store, 5, vec![(b"a".to_vec(), Some(b"1".to_vec()))]), one);
    // Nothing of the versions before is left behind.
    store.prune(5);
    assert_eq!(store.len(), (1, 1));
}

#[test]
fn a_known_state_has_a_known_root() {
    let writes = [("alice", "100"), ("bob", "250"), ("carol", "")];
    let writes = writes.map(|(key, value)| (key.as_bytes().to_vec(), Some(value.as_bytes().to_vec())));
    let root = apply(&mut MemoryStore::new(), 0, writes.to_vec());
    // Computed by an independent script from the rules; a change here forks the chain.
    assert_eq!(root.to_string(), "3d7ac0eb841318c96890764d3637cc71375b3a3e4266477ba41ce9410f180e1f");
}

#[test]
fn bounds_and_versions_are_kept() {
    let mut store = MemoryStore::new();
    let tree = StateTree::new(&store);
    let long = tree.apply(0, [(vec![0; MAX_KEY + 1], None)]);
    assert!(matches!(long, Err(StateError::KeyLength { len: 129 })));
    let large = tree.apply(0, [(vec![], Some(vec![0; MAX_VALUE + 1]))]);
    assert!(matches!(large, Err(StateError::ValueLength { len: 65_537 })));
    assert!(matches!(tree.apply(7, []), Err(StateError::MissingVersion { version: 6 })));
    assert!(matches!(tree.apply(u64::MAX, []), Err(StateError::VersionRange)));
    apply(&mut store, 0, vec![(vec![1; MAX_KEY], Some(vec![2; MAX_VALUE]))]);
    let tree = StateTree::new(&store);
    assert!(matches!(tree.get(1, b"a"), Err(StateError::MissingVersion { version: 1 })));
    assert!(matches!(tree.get_with_proof(1, b"a"), Err(StateError::MissingVersion { version: 1 })));
    assert_eq!(tree.get(0, &[1; MAX_KEY]).unwrap(), Some(vec![2; MAX_VALUE]));
    assert!(matches!(tree.get(0, &[1; MAX_KEY + 1]), Err(StateError::KeyLength { .. })));
}

type Found = Result<Option<Vec<u8>>, StoreError>;

/// A store that loses or damages what it is asked for.
struct Broken<'a> {
    store: &'a MemoryStore,
    answer: fn(&[u8], Option<Vec<u8>>) -> Found,
}

impl NodeStore for Broken<'_> {
    fn node(&self, key: &[u8]) -> Found {
        (self.answer)(key, self.store.node(key)?)
    }
    fn value(&self, key_hash: &Hash, max_version: u64) -> Found {
        self.store.value(key_hash, max_version)
    }
}

#[test]
fn a_broken_store_is_a_typed_error() {
    let mut store = MemoryStore::new();
    let write = |key: u8| (vec![key], Some(vec![key]));
    apply(&mut store, 0, (0..100).map(write).collect());
    let outcome = |answer| {
        let broken = Broken { store: &store, answer };
        let tree = StateTree::new(&broken);
        (tree.apply(1, (0..100).map(write)).unwrap_err(), tree.get_with_proof(0, &[3]).unwrap_err())
    };
    // The root is nine bytes of key; only what lies deeper is broken, so that the failure crosses `jmt`.
    let (applied, proved) =
        outcome(
            |key, found| {
                if key.len() == 9 { Ok(found) } else { Err(StoreError::new(std::io::Error::other("disk"))) }
            },
        );
    assert!(
        matches!((&applied, &proved), (StateError::Store(_), StateError::Store(_))) && applied.is_fatal()
    );
    let (applied, proved) = outcome(|key, found| if key.len() == 9 { Ok(found) } else { Ok(Some(vec![9])) });
    assert!(matches!((&applied, &proved), (StateError::Corrupt, StateError::Corrupt)) && applied.is_fatal());
    let (applied, proved) = outcome(|key, found| if key.len() == 9 { Ok(found) } else { Ok(None) });
    assert!(matches!((&applied, &proved), (StateError::Inconsistent, StateError::Inconsistent)));
}

#[test]
fn the_longest_proof_fits_and_longer_ones_are_refused() {
    let other = proof::End::Other { key_hash: Hash::new([1; 32]), value_hash: Hash::new([2; 32]) };
    let longest = StateProof { end: other, siblings: vec![Hash::new([3; 32]); StateProof::MAX_SIBLINGS] };
    let bytes = longest.encode();
    assert_eq!(bytes.len(), StateProof::MAX_ENCODED);
    assert_eq!(StateProof::decode(&bytes), Ok(longest.clone()));
    assert!(longest.verify_absence(&EMPTY_STATE_ROOT, b"key").is_err());
    let mut longer = longest;
    longer.siblings.push(Hash::default());
    longer.end = proof::End::Empty;
    let refused = StateProofError::TooManySiblings { count: 257 };
    assert_eq!(longer.verify_absence(&EMPTY_STATE_ROOT, b"key"), Err(refused.clone()));
    assert_eq!(StateProof::decode(&[1, 1, 1]), Err(refused));
    // Stray bits, a spelled-out empty sibling, unknown kind, surplus.
    for malformed in
        [vec![1, 0, 1, 0x40], [&[1, 0, 1, 0x80], EMPTY_STATE_ROOT.as_bytes().as_slice()].concat()]
    {
        assert_eq!(StateProof::decode(&malformed), Err(StateProofError::Encoding { len: malformed.len() }));
    }
    assert_eq!(StateProof::decode(&[3, 0, 0]), Err(StateProofError::Encoding { len: 3 }));
    assert_eq!(StateProof::decode(&[0, 0, 0, 0]), Err(StateProofError::Encoding { len: 4 }));
    assert!(StateProof::decode(&[1, 0, 0]).is_ok());
}

#[test]
fn a_leaf_from_elsewhere_does_not_prove_absence() {
    let mut store = MemoryStore::new();
    let root = apply(&mut store, 0, (0..50).map(|key| (vec![key], Some(vec![key]))).collect());
    let tree = StateTree::new(&store);
    let proofs: Vec<_> = (50..250_u8).map(|key| tree.get_with_proof(0, &[key]).unwrap().1).collect();
    let mut elsewhere = 0;
    for key in 0..50_u8 {
        // Of a key that is there, no proof of another key's absence says that it is not.
        for proof in &proofs {
            let refused = proof.verify_absence(&root, &[key]).unwrap_err();
            elsewhere += usize::from(refused == StateProofError::Elsewhere);
        }
    }
    assert!(elsewhere > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn behaves_like_a_map(batches in prop::collection::vec(writes(), 1..8), prune_to in 0_usize..8) {
        let (mut store, mut model, mut history) = (MemoryStore::new(), Model::new(), Vec::new());
        let mut keys = BTreeSet::from([b"never".to_vec()]);
        for (version, batch) in batches.iter().enumerate() {
            keys.extend(batch.iter().map(|(key, _)| key.clone()));
            let root = apply(&mut store, version as u64, batch.clone());
            apply_to_model(&mut model, batch);
            prop_assert_eq!(root, root_of(&model));
            history.push((root, model.clone()));
        }
        // Every version stays readable until pruned, and the kept ones after.
        let oldest = prune_to.min(history.len() - 1);
        for first in [0, oldest] {
            store.prune(first as u64);
            for (version, (root, model)) in history.iter().enumerate().skip(first) {
                for key in &keys {
                    check_key(&store, version as u64, root, key, model.get(key));
                }
            }
        }
        for version in 0..oldest as u64 {
            let refused = StateTree::new(&store).get(version, b"never").unwrap_err();
            prop_assert!(matches!(refused, StateError::MissingVersion { version: gone } if gone == version), "{}", refused);
        }
        // Pruned to its newest version, a store holds one value a key and no node that a fresh one lacks.
        store.prune(history.len() as u64 - 1);
        let mut fresh = MemoryStore::new();
        let pairs = model.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
        prop_assert_eq!(apply(&mut fresh, 0, pairs.collect()), root_of(&model));
        prop_assert_eq!(store.len(), fresh.len());
    }

    #[test]
    fn order_does_not_matter(batch in writes().prop_shuffle(), seed in writes()) {
        let batch: BTreeMap<_, _> = batch.into_iter().collect();
        let forward: Writes = batch.clone().into_iter().collect();
        let backward: Writes = batch.into_iter().rev().collect();
        let mut store = MemoryStore::new();
        apply(&mut store, 0, seed);
        let tree = StateTree::new(&store);
        prop_assert_eq!(tree.apply(1, forward).unwrap(), tree.apply(1, backward).unwrap());
    }

    #[test]
    fn any_flipped_bit_is_refused(batch in writes(), key in prop::collection::vec(any::<u8>(), 1..3)) {
        let mut store = MemoryStore::new();
        let mut keys: Vec<_> = batch.iter().map(|(key, _)| key.clone()).take(3).collect();
        let root = apply(&mut store, 0, batch);
        keys.push(key);
        for key in keys {
            let (value, proof) = StateTree::new(&store).get_with_proof(0, &key).unwrap();
            let bytes = proof.encode();
            prop_assert_eq!(verify(&proof, &root, &key, value.as_deref()), Ok(()));
            for bit in 0..bytes.len() * 8 {
                let refused = match StateProof::decode(&flip(&bytes, bit)) {
                    Ok(flipped) => verify(&flipped, &root, &key, value.as_deref()).is_err(),
                    Err(_) => true,
                };
                prop_assert!(refused, "bit {} of the proof", bit);
            }
            for bit in 0..256 {
                let other = Hash::try_from(flip(root.as_bytes(), bit).as_slice()).unwrap();
                prop_assert!(verify(&proof, &other, &key, value.as_deref()).is_err());
            }
            for cut in 0..bytes.len() {
                prop_assert!(StateProof::decode(&bytes[..cut]).is_err());
            }
            let Some(value) = value else { continue };
            for bit in 0..key.len() * 8 {
                prop_assert!(proof.verify_inclusion(&root, &flip(&key, bit), &value).is_err());
            }
            for bit in 0..value.len() * 8 {
                prop_assert!(proof.verify_inclusion(&root, &key, &flip(&value, bit)).is_err());
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), count in 0_u16..20, kind in 0_u8..3) {
        let framed = [[kind].as_slice(), &count.to_be_bytes(), &bytes].concat();
        for bytes in [bytes, framed] {
            if let Ok(proof) = StateProof::decode(&bytes) {
                prop_assert_eq!(proof.encode(), bytes);
                prop_assert!(proof.verify_inclusion(&Hash::default(), b"key", b"value").is_err());
                prop_assert!(proof.verify_absence(&Hash::default(), b"key").is_err());
            }
        }
    }
}
