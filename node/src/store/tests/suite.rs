//! What every backend must do.

use emotionalchain_shared::{
    chain::{EpochSummary, SeatScore},
    consensus::{Evidence, Vote, VoteKind},
    crypto::{SecretKey, SignDomain},
    merkle::{NodeStore, StateTree},
    primitives::{Address, BasisPoints, BlockId, Epoch, Hash, Height, Round, TimeMs, hash_bytes},
    wire::Wire,
};

use super::fixture::{
    batch, block_id, certificate, commit, commit_genesis, genesis, proves, transaction_id, writes,
};
use crate::store::{MAX_BLOB, Store, StoreError, StoreOptions, TransactionLocation};

fn options(keep_versions: u64) -> StoreOptions {
    StoreOptions { keep_versions, cache_bytes: 1 << 20, verify: true }
}

/// Runs one test over both backends.
fn everywhere(keep_versions: u64, test: impl Fn(&Store)) {
    test(&Store::in_memory_with(genesis(), options(keep_versions)).unwrap());
    let directory = tempfile::tempdir().unwrap();
    test(&Store::open_with(directory.path().join("store.redb"), genesis(), options(keep_versions)).unwrap());
}

fn evidence(round: u32) -> Evidence {
    let key = SecretKey::from_seed(&[1; 32]);
    let domain = SignDomain::new(&"test".parse().unwrap(), &genesis());
    let vote = |block: Option<BlockId>| {
        Vote::sign(&domain, &key, VoteKind::Prevote, Height::new(3), Round::new(round), block)
    };
    Evidence::duplicate_vote(vote(None), vote(Some(block_id(3, 0))))
}

#[test]
fn a_new_store_is_empty_and_takes_genesis_first() {
    everywhere(8, |store| {
        assert_eq!(store.head().unwrap(), None);
        let donor = Store::in_memory(genesis()).unwrap();
        commit_genesis(&donor, &writes(&[]));
        let (_, first) = batch(&donor, 0, writes(&[("a", Some("1"))]), 0);
        assert!(matches!(store.commit(&first), Err(StoreError::Empty)));
        assert!(matches!(store.rollback_to(Height::ZERO), Err(StoreError::Empty)));
        let root = commit_genesis(store, &writes(&[("a", Some("0"))]));
        let head = store.head().unwrap().unwrap();
        assert_eq!((head.height, head.block_id), (Height::ZERO, BlockId::new(genesis())));
        assert_eq!(head.time, TimeMs::from_millis(1_000));
        assert_eq!(StateTree::new(store).root(0).unwrap(), root);
        let again = store.commit_genesis(TimeMs::ZERO, &writes(&[]), &Default::default());
        assert!(matches!(again, Err(StoreError::HeightGap { .. })));
    });
}

#[test]
fn a_commit_is_found_by_every_index() {
    everywhere(8, |store| {
        commit_genesis(store, &writes(&[("a", Some("0")), ("b", Some("0"))]));
        let (root, mut first) = batch(store, 0, writes(&[("a", Some("1")), ("b", None)]), 5);
        let validator = Address::new([5; 20]);
        first.proofs = vec![(validator, Epoch::new(4))];
        let summary = EpochSummary {
            epoch: Epoch::new(3),
            seats: vec![SeatScore { validator, score: None, voted: true }],
            participation: BasisPoints::default(),
            wellness: None,
            jailed: Vec::new(),
            rewards: Vec::new(),
            seed: Hash::default(),
            scores: Vec::new(),
        };
        first.epoch_summary = Some((Epoch::new(3), summary.encode()));
        store.commit(&first).unwrap();

        let height = Height::new(1);
        let head = store.head().unwrap().unwrap();
        assert_eq!((head.height, head.block_id, head.time), (height, first.block_id, first.time));
        assert_eq!(store.block_bytes(height).unwrap().unwrap(), first.block);
        assert!(matches!(store.block(height), Err(StoreError::Damaged { table: "blocks" })), "made-up bytes");
        assert_eq!(store.certificate(height).unwrap().unwrap(), first.certificate);
        assert_eq!(store.block_id(height).unwrap(), Some(first.block_id));
        assert_eq!(store.block_height(&first.block_id).unwrap(), Some(height));
        let at = store.transaction_location(&transaction_id(1, 0, 3)).unwrap();
        assert_eq!(at, Some(TransactionLocation { height, index: 3 }));
        assert_eq!(store.proof_height(&validator, Epoch::new(4)).unwrap(), Some(height));
        assert_eq!(store.proof_height(&validator, Epoch::new(5)).unwrap(), None);
        assert_eq!(store.epoch_summary(Epoch::new(3)).unwrap(), Some(summary));
        assert_eq!(store.state_get(b"a").unwrap().unwrap(), b"1");
        assert_eq!(store.state_get(b"b").unwrap(), None);
        let tree = StateTree::new(store);
        assert_eq!(tree.root(1).unwrap(), root);
        assert_eq!(tree.get(0, b"b").unwrap().unwrap(), b"0");
        assert_eq!(tree.get(1, b"b").unwrap(), None);
        let (value, proof) = tree.get_with_proof(1, b"a").unwrap();
        assert!(proves(&proof, &root, b"a", value.as_deref()));
    });
}

#[test]
fn what_does_not_fit_changes_nothing() {
    everywhere(8, |store| {
        commit_genesis(store, &writes(&[]));
        let (_, good) = batch(store, 0, writes(&[("a", Some("1"))]), 1);
        let mut ahead = good.clone();
        (ahead.height, ahead.certificate) = (Height::new(2), certificate(2, 0, 3));
        ahead.block_id = block_id(2, 0);
        assert!(
            matches!(store.commit(&ahead), Err(StoreError::HeightGap { expected, .. }) if expected.get() == 1)
        );
        let mut other = good.clone();
        other.certificate = certificate(1, 9, 3);
        assert!(matches!(store.commit(&other), Err(StoreError::CertificateMismatch { .. })));
        assert_eq!(store.head().unwrap().unwrap().height, Height::ZERO);
        assert_eq!(store.state_get(b"a").unwrap(), None);
        store.commit(&good).unwrap();
        assert!(matches!(store.commit(&good), Err(StoreError::HeightGap { .. })));
        assert!(!StoreError::HeightGap { expected: Height::ZERO, got: Height::ZERO }.is_fatal());
        assert!(StoreError::Damaged { table: "undo" }.is_fatal());
    });
}

#[test]
fn a_fuller_certificate_replaces_the_first_one() {
    everywhere(8, |store| {
        commit_genesis(store, &writes(&[]));
        commit(store, 0, &[]);
        store.set_certificate(&certificate(1, 0, 4)).unwrap();
        assert_eq!(store.certificate(Height::new(1)).unwrap(), Some(certificate(1, 0, 4)));
        let other = store.set_certificate(&certificate(1, 1, 4));
        assert!(matches!(other, Err(StoreError::CertificateMismatch { .. })));
        assert!(matches!(store.set_certificate(&certificate(2, 0, 4)), Err(StoreError::NoBlock { .. })));
        commit(store, 0, &[]);
        assert_eq!(store.certificate(Height::new(1)).unwrap(), Some(certificate(1, 0, 4)));
    });
}

#[test]
fn blocks_are_iterated_from_a_height_and_do_not_see_later_commits() {
    everywhere(8, |store| {
        commit_genesis(store, &writes(&[]));
        for _ in 0..5 {
            commit(store, 0, &[]);
        }
        let blocks = store.blocks_from(Height::new(3)).unwrap();
        commit(store, 0, &[]);
        let heights: Vec<u64> = blocks.map(|block| block.unwrap().0.get()).collect();
        assert_eq!(heights, [3, 4, 5]);
        assert_eq!(store.blocks_from(Height::new(7)).unwrap().count(), 0);
    });
}

#[test]
fn a_snapshot_stays_while_commits_and_pruning_go_on() {
    everywhere(1, |store| {
        let root = commit_genesis(store, &writes(&[("a", Some("0")), ("b", Some("x"))]));
        let snapshot = store.snapshot().unwrap();
        for round in 0..4 {
            commit(store, 0, &[("a", Some(&round.to_string()))]);
        }
        assert_eq!(snapshot.state_get(b"a").unwrap().unwrap(), b"0");
        let tree = StateTree::new(&snapshot);
        let (value, proof) = tree.get_with_proof(0, b"b").unwrap();
        assert!(proves(&proof, &root, b"b", value.as_deref()));
        assert!(StateTree::new(store).root(0).is_err(), "pruned by now");
    });
}

#[test]
fn states_are_ranged_by_prefix() {
    everywhere(8, |store| {
        commit_genesis(
            store,
            &writes(&[("a", Some("0")), ("v1", Some("1")), ("v2", Some("2")), ("w", Some("3"))]),
        );
        let found = store.state_prefix(b"v", 10).unwrap();
        assert_eq!(found, [(b"v1".to_vec(), b"1".to_vec()), (b"v2".to_vec(), b"2".to_vec())]);
        assert_eq!(store.state_prefix(b"v", 1).unwrap().len(), 1);
        assert!(store.state_prefix(b"x", 10).unwrap().is_empty());
    });
}

#[test]
fn a_rollback_is_as_if_nothing_had_followed() {
    everywhere(8, |store| {
        let at_genesis = commit_genesis(store, &writes(&[("a", Some("0")), ("gone", Some("x"))]));
        let at_one = commit(store, 0, &[("a", Some("1")), ("b", Some("1"))]);
        commit(store, 0, &[("a", None), ("c", Some("2"))]);
        commit(store, 0, &[("a", Some("3")), ("gone", None)]);
        store.put_evidence(&evidence(0)).unwrap();
        let before = (store.node(&[0; 9]).unwrap(), store.state_get(b"a").unwrap());
        assert!(matches!(store.rollback_to(Height::new(4)), Err(StoreError::RollbackAhead { .. })));
        assert_eq!(store.rollback_to(Height::new(3)).unwrap().height, Height::new(3));
        assert_eq!((store.node(&[0; 9]).unwrap(), store.state_get(b"a").unwrap()), before);

        let head = store.rollback_to(Height::new(1)).unwrap();
        assert_eq!((head.height, head.block_id), (Height::new(1), block_id(1, 0)));
        assert_eq!(store.head().unwrap(), Some(head));
        assert_eq!(store.state_get(b"a").unwrap().unwrap(), b"1");
        assert_eq!(store.state_get(b"c").unwrap(), None);
        assert_eq!(store.state_get(b"gone").unwrap().unwrap(), b"x");
        for height in [2, 3] {
            assert_eq!(store.block_bytes(Height::new(height)).unwrap(), None);
            assert_eq!(store.certificate(Height::new(height)).unwrap(), None);
            assert_eq!(store.block_height(&block_id(height, 0)).unwrap(), None);
            assert_eq!(store.transaction_location(&transaction_id(height, 0, 0)).unwrap(), None);
            assert!(StateTree::new(store).root(height).is_err());
        }
        assert!(store.transaction_location(&transaction_id(1, 0, 0)).unwrap().is_some());
        let tree = StateTree::new(store);
        assert_eq!((tree.root(0).unwrap(), tree.root(1).unwrap()), (at_genesis, at_one));
        assert_eq!(store.value(&hash_bytes(b"a"), u64::MAX).unwrap().unwrap(), b"1");
        assert_eq!(store.evidence(10).unwrap(), [evidence(0)], "evidence is kept");
        // Another fork grows from there.
        let root = commit(store, 1, &[("b", Some("fork"))]);
        assert_eq!(StateTree::new(store).root(2).unwrap(), root);
        assert_eq!(store.block_id(Height::new(2)).unwrap(), Some(block_id(2, 1)));
        store.rollback_to(Height::ZERO).unwrap();
        assert_eq!(store.head().unwrap().unwrap().block_id, BlockId::new(genesis()));
        assert_eq!(StateTree::new(store).root(0).unwrap(), at_genesis);
    });
}

#[test]
fn a_transaction_included_twice_is_rolled_back_to_its_first_place() {
    everywhere(8, |store| {
        commit_genesis(store, &writes(&[]));
        commit(store, 0, &[]);
        let (_, mut second) = batch(store, 0, writes(&[]), 0);
        let id = transaction_id(1, 0, 1);
        second.transactions = vec![id, id];
        store.commit(&second).unwrap();
        let found =
            |store: &Store| store.transaction_location(&id).unwrap().map(|at| (at.height.get(), at.index));
        assert_eq!(found(store), Some((2, 1)));
        store.rollback_to(Height::new(1)).unwrap();
        assert_eq!(found(store), Some((1, 1)));
    });
}

#[test]
fn old_versions_are_pruned_and_not_rolled_back_to() {
    everywhere(3, |store| {
        commit_genesis(store, &writes(&[("a", Some("0")), ("b", Some("0")), ("c", Some("0"))]));
        let mut roots = Vec::new();
        for round in 1..=9 {
            let value = round.to_string();
            let b = if round % 2 == 0 { None } else { Some(value.as_str()) };
            roots.push((round, commit(store, 0, &[("a", Some(&value)), ("b", b)])));
        }
        assert_eq!(store.oldest_version().unwrap(), Height::new(7));
        let tree = StateTree::new(store);
        for (version, root) in roots {
            if version < 7 {
                assert!(tree.root(version).is_err(), "version {version}");
            } else {
                assert_eq!(tree.root(version).unwrap(), root);
                for key in [b"a".as_slice(), b"b", b"c", b"none"] {
                    let (value, proof) = tree.get_with_proof(version, key).unwrap();
                    assert!(proves(&proof, &root, key, value.as_deref()));
                }
            }
        }
        let refused = store.rollback_to(Height::new(6));
        assert!(matches!(refused, Err(StoreError::RollbackTooOld { oldest, .. }) if oldest.get() == 7));
        store.rollback_to(Height::new(7)).unwrap();
        assert_eq!(store.state_get(b"a").unwrap().unwrap(), b"7");
        assert_eq!(store.state_get(b"b").unwrap().unwrap(), b"7");
        commit(store, 1, &[("a", Some("fork"))]);
    });
}

#[test]
fn pending_evidence_is_kept_once_until_it_is_removed() {
    everywhere(8, |store| {
        assert!(store.put_evidence(&evidence(0)).unwrap());
        assert!(!store.put_evidence(&evidence(0)).unwrap());
        assert!(store.put_evidence(&evidence(1)).unwrap());
        assert_eq!(store.evidence(10).unwrap().len(), 2);
        assert_eq!(store.evidence(1).unwrap().len(), 1);
        assert_eq!(store.remove_evidence(&[evidence(0).hash(), evidence(5).hash()]).unwrap(), 1);
        assert_eq!(store.remove_evidence(&[]).unwrap(), 0);
        assert_eq!(store.evidence(10).unwrap(), [evidence(1)]);
    });
}

#[test]
fn blobs_are_bounded() {
    everywhere(8, |store| {
        assert_eq!(store.blob("peers").unwrap(), None);
        store.set_blob("peers", Some(b"x")).unwrap();
        assert_eq!(store.blob("peers").unwrap().unwrap(), b"x");
        store.set_blob("peers", None).unwrap();
        assert_eq!(store.blob("peers").unwrap(), None);
        let refused = store.set_blob("peers", Some(&vec![0; MAX_BLOB + 1]));
        assert!(matches!(refused, Err(StoreError::BlobTooLarge { .. })));
    });
}

#[test]
fn a_backlog_is_pruned_in_pieces() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let many = |seed: u32| {
        (0..100_u32).map(move |key| {
            (hash_bytes(&key.to_be_bytes()).as_bytes().to_vec(), Some(seed.to_be_bytes().to_vec()))
        })
    };
    let store = Store::open_with(&path, genesis(), options(1024)).unwrap();
    commit_genesis(&store, &many(0).collect());
    for round in 1..=40 {
        store.commit(&batch(&store, 0, many(round).collect(), 0).1).unwrap();
    }
    assert_eq!(store.oldest_version().unwrap(), Height::ZERO);
    drop(store);
    let store = Store::open_with(&path, genesis(), options(2)).unwrap();
    let mut before = 0;
    for height in 41..=60 {
        commit(&store, 0, &[("a", Some("1"))]);
        let oldest = store.oldest_version().unwrap().get();
        assert!(oldest - before <= 16, "pruned {before}..{oldest} with one commit");
        before = oldest;
        assert!(height < 50 || oldest == height - 1, "caught up");
        assert_eq!(store.state_get(b"a").unwrap().unwrap(), b"1");
        let head = StateTree::new(&store).get_with_proof(height, hash_bytes(&[0; 4]).as_bytes()).unwrap();
        assert_eq!(head.0.unwrap(), 40_u32.to_be_bytes());
    }
}
