//! The store against a model of maps: any sequence of commits, rollbacks and reopenings.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    merkle::StateTree,
    primitives::{Hash, Height},
};
use proptest::prelude::*;

use super::fixture::{Writes, batch, block_id, commit_genesis, genesis, proves, transaction_id};
use crate::store::{Store, StoreError, StoreOptions};

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<(u8, Option<u8>)>),
    Rollback(u64),
    Reopen,
}

/// What one height is known for.
#[derive(Clone, Debug)]
struct Version {
    fork: u8,
    root: Hash,
    state: BTreeMap<Vec<u8>, Vec<u8>>,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec((0_u8..12, any::<Option<u8>>()), 0..8).prop_map(Step::Commit),
        2 => (0_u64..6).prop_map(Step::Rollback),
        1 => Just(Step::Reopen),
    ]
}

fn key(number: u8) -> Vec<u8> {
    vec![b'k', number]
}

fn check(store: &Store, versions: &[Version], oldest: u64) {
    let head = store.head().unwrap().unwrap().height.get();
    assert_eq!(head + 1, versions.len() as u64);
    assert_eq!(store.oldest_version().unwrap().get(), oldest);
    let newest = versions.last().unwrap();
    let flat: BTreeMap<_, _> = store.state_prefix(b"", 1000).unwrap().into_iter().collect();
    assert_eq!(flat, newest.state);
    let snapshot = store.snapshot().unwrap();
    let tree = StateTree::new(&snapshot);
    for (height, version) in (0_u64..).zip(versions) {
        if height > 0 {
            assert_eq!(
                store.block_height(&block_id(height, version.fork)).unwrap(),
                Some(Height::new(height))
            );
            assert!(store.transaction_location(&transaction_id(height, version.fork, 0)).unwrap().is_some());
        }
        if height < oldest {
            assert!(tree.root(height).is_err());
            continue;
        }
        assert_eq!(tree.root(height).unwrap(), version.root);
        for number in 0..12 {
            let (value, proof) = tree.get_with_proof(height, &key(number)).unwrap();
            assert_eq!(value.as_ref(), version.state.get(&key(number)));
            assert!(proves(&proof, &version.root, &key(number), value.as_deref()));
        }
    }
    assert!(tree.root(head + 1).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_store_is_a_map_with_history(steps in prop::collection::vec(step(), 1..40), keep in 1_u64..8) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.redb");
        let options = StoreOptions { keep_versions: keep, cache_bytes: 1 << 20, verify: true };
        let open = || Store::open_with(&path, genesis(), options).unwrap();
        let mut store = open();
        let root = commit_genesis(&store, &Writes::new());
        let mut versions = vec![Version { fork: 0, root, state: BTreeMap::new() }];
        let (mut fork, mut oldest) = (0_u8, 0);
        for step in steps {
            match step {
                Step::Commit(pairs) => {
                    let writes: Writes =
                        pairs.into_iter().map(|(number, value)| (key(number), value.map(|byte| vec![byte]))).collect();
                    let mut state = versions.last().unwrap().state.clone();
                    for (key, value) in &writes {
                        match value {
                            Some(value) => drop(state.insert(key.clone(), value.clone())),
                            None => drop(state.remove(key)),
                        }
                    }
                    let (root, batch) = batch(&store, fork, writes, 2);
                    store.commit(&batch).unwrap();
                    versions.push(Version { fork, root, state });
                    oldest = oldest.max((versions.len() as u64).saturating_sub(keep));
                }
                Step::Rollback(back) => {
                    let head = versions.len() as u64 - 1;
                    let target = head.saturating_sub(back);
                    let rolled = store.rollback_to(Height::new(target));
                    if target < oldest {
                        let refused = matches!(rolled, Err(StoreError::RollbackTooOld { .. }));
                        prop_assert!(refused);
                    } else {
                        prop_assert_eq!(rolled.unwrap().height.get(), target);
                        versions.truncate(target as usize + 1);
                        fork = fork.wrapping_add(1);
                    }
                }
                Step::Reopen => {
                    drop(store);
                    store = open();
                }
            }
            check(&store, &versions, oldest);
        }
    }
}
