//! What a full block costs: `cargo test --release … -- --ignored --nocapture cost`.

use std::time::{Duration, Instant};

use emotionalchain_shared::{merkle::StateTree, primitives::hash_bytes};

use super::fixture::{Writes, batch, commit_genesis, genesis};
use crate::store::{Store, StoreOptions};

/// Accounts before the first block.
const ACCOUNTS: u64 = 100_000;
/// Transfers in a block; each writes two accounts.
const TRANSFERS: u64 = 3_000;
const BLOCKS: u64 = 30;

fn key(number: u64) -> Vec<u8> {
    let address = hash_bytes(&number.to_be_bytes());
    [b"a".as_slice(), &address.as_bytes()[..20]].concat()
}

#[test]
#[ignore = "a measurement, not a check"]
fn cost_of_full_blocks() {
    for keep_versions in [1024, 8] {
        let directory = tempfile::tempdir_in(".").unwrap();
        let path = directory.path().join("store.redb");
        let options = StoreOptions { keep_versions, ..StoreOptions::default() };
        let store = Store::open_with(&path, genesis(), options).unwrap();
        let all: Writes = (0..ACCOUNTS).map(|number| (key(number), Some(vec![1; 24]))).collect();
        commit_genesis(&store, &all);
        let (mut apply, mut commit) = (Vec::new(), Vec::new());
        let (mut nodes, mut pick) = (0, 1_u64);
        for block in 0..BLOCKS {
            let mut writes = Writes::new();
            while writes.len() < 2 * TRANSFERS as usize {
                pick = pick.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                writes.insert(key((pick >> 33) % ACCOUNTS), Some([block.to_be_bytes(); 3].concat()));
            }
            let started = Instant::now();
            let (_, mut batch) = batch(&store, 0, writes, TRANSFERS as u32);
            apply.push(started.elapsed());
            batch.block = vec![7; 600_000];
            nodes += batch.tree.nodes.len();
            let started = Instant::now();
            store.commit(&batch).unwrap();
            commit.push(started.elapsed());
        }
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            (times[times.len() / 2], times[times.len() * 9 / 10])
        };
        let ((apply, _), (commit, slow)) = (median(&mut apply), median(&mut commit));
        let snapshot = store.snapshot().unwrap();
        let started = Instant::now();
        for number in 0..10_000 {
            assert!(snapshot.state_get(&key(number)).unwrap().is_some());
        }
        let read = started.elapsed() / 10_000;
        let started = Instant::now();
        for number in 0..1_000 {
            assert!(store.state_get(&key(number)).unwrap().is_some());
        }
        let single = started.elapsed() / 1_000;
        let tree = StateTree::new(&snapshot);
        let started = Instant::now();
        for number in 0..1_000 {
            tree.get_with_proof(BLOCKS, &key(number)).unwrap();
        }
        let proof = started.elapsed() / 1_000;
        let bytes = std::fs::metadata(&path).unwrap().len();
        drop((snapshot, store));
        let started = Instant::now();
        drop(Store::open_with(&path, genesis(), options).unwrap());
        let open = started.elapsed();
        println!(
            "keep {keep_versions}: {} nodes a block; tree {apply:?}; commit {commit:?} (p90 {slow:?}); read {read:?}, \
             with own snapshot {single:?}; proof {proof:?}; file {} MiB, verified open {open:?}",
            nodes as u64 / BLOCKS,
            bytes >> 20
        );
    }
}
