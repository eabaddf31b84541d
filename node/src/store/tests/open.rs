//! Files that are refused, and what survives a crash.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use emotionalchain_shared::{
    merkle::StateTree,
    primitives::{Height, hash_bytes},
};
use proptest::prelude::*;
use redb::{Database, TableDefinition};

use super::fixture::{batch, commit, commit_genesis, genesis, writes};
use crate::store::{
    SCHEMA_VERSION, Store, StoreError,
    batch::{Head, TransactionLocation},
    stale::StalePart,
    tables::{self, SCHEMA, SYSTEM},
    undo::UndoRecord,
};

/// Set for the child process of the durability test: the store to write.
const CHILD: &str = "EMOTIONALCHAIN_TEST_STORE";

fn filled(path: &Path) -> Store {
    let store = Store::open(path, genesis()).unwrap();
    commit_genesis(&store, &writes(&[("a", Some("0"))]));
    for height in 1..=3 {
        commit(&store, 0, &[("a", Some(&height.to_string()))]);
    }
    store
}

fn set_schema(path: &Path, version: u32) {
    let db = Database::open(path).unwrap();
    let txn = db.begin_write().unwrap();
    txn.open_table(SYSTEM)
        .unwrap()
        .insert(SCHEMA, tables::encode("system", &version).unwrap().as_slice())
        .unwrap();
    txn.commit().unwrap();
}

#[test]
fn other_schemas_are_refused_and_the_error_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    drop(filled(&path));
    set_schema(&path, SCHEMA_VERSION + 1);
    let newer = Store::open(&path, genesis()).unwrap_err();
    assert!(matches!(newer, StoreError::SchemaTooNew { found, .. } if found == SCHEMA_VERSION + 1));
    assert!(newer.to_string().contains("run the newer software"), "{newer}");
    set_schema(&path, SCHEMA_VERSION - 1);
    let older = Store::open(&path, genesis()).unwrap_err();
    assert!(matches!(older, StoreError::SchemaTooOld { found, .. } if found == SCHEMA_VERSION - 1));
    assert!(older.to_string().contains("sync again"), "{older}");
    set_schema(&path, SCHEMA_VERSION);
    assert_eq!(Store::open(&path, genesis()).unwrap().head().unwrap().unwrap().height.get(), 3);
}

#[test]
fn another_chain_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    drop(filled(&path));
    let expected = hash_bytes(b"another");
    let refused = Store::open(&path, expected).unwrap_err();
    assert!(matches!(refused, StoreError::Genesis { found, .. } if found == genesis()));
}

#[test]
fn a_store_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let store = filled(&path);
    assert!(matches!(Store::open(&path, genesis()), Err(StoreError::Locked { .. })));
    drop(store);
    assert!(Store::open(&path, genesis()).is_ok());
}

#[test]
fn what_is_no_store_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("text");
    fs::write(&path, b"not a database, but long enough to look at".repeat(100)).unwrap();
    assert!(matches!(Store::open(&path, genesis()), Err(StoreError::NotAStore { .. })));

    let path = directory.path().join("other.redb");
    let db = Database::create(&path).unwrap();
    let txn = db.begin_write().unwrap();
    txn.open_table(TableDefinition::<u64, u64>::new("other")).unwrap().insert(1, 1).unwrap();
    txn.commit().unwrap();
    drop(db);
    assert!(matches!(Store::open(&path, genesis()), Err(StoreError::NotAStore { .. })));

    let missing = directory.path().join("no").join("store.redb");
    assert!(matches!(Store::open(missing, genesis()), Err(StoreError::Open { .. })));
    assert!(matches!(Store::open(directory.path(), genesis()), Err(StoreError::Open { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A damaged file is refused, or the damage lies where nothing is stored: then everything is there.
    #[test]
    fn a_damaged_file_never_yields_other_data(flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..40), cut in any::<Option<prop::sample::Index>>()) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.redb");
        drop(filled(&path));
        let mut bytes = fs::read(&path).unwrap();
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, &bytes).unwrap();
        // An empty file is a new store: nothing tells it from one that was just made.
        if let (Ok(store), false) = (Store::open(&path, genesis()), bytes.is_empty()) {
            prop_assert_eq!(store.head().unwrap().unwrap().height.get(), 3);
            prop_assert_eq!(store.state_get(b"a").unwrap().unwrap(), b"3");
            prop_assert!(StateTree::new(&store).root(3).is_ok());
        }
    }

    #[test]
    fn decoders_take_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = tables::record::<Head>("system", &bytes);
        let _ = tables::record::<TransactionLocation>("transactions", &bytes);
        let _ = tables::record::<UndoRecord>("undo", &bytes);
        let _ = tables::record::<StalePart>("stale", &bytes);
    }

    #[test]
    fn records_come_back_and_cut_ones_do_not(keys in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20), cut in any::<prop::sample::Index>()) {
        let part = StalePart { values: keys.iter().map(|key| hash_bytes(key)).collect(), nodes: keys };
        let bytes = tables::encode("stale", &part).unwrap();
        prop_assert_eq!(&tables::record::<StalePart>("stale", &bytes).unwrap(), &part);
        prop_assert!(tables::record::<StalePart>("stale", &bytes[..cut.index(bytes.len())]).is_err());
        let mut longer = bytes;
        longer.push(0);
        prop_assert!(tables::record::<StalePart>("stale", &longer).is_err());
    }
}

/// Not a test of its own: the process that [`a_killed_process_loses_nothing_that_it_reported`] kills. Elsewhere it ends
/// at once.
#[test]
fn child() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let store = Store::open(path, genesis()).unwrap();
    if store.head().unwrap().is_none() {
        commit_genesis(&store, &writes(&[("a", Some("0"))]));
    }
    loop {
        let height = store.head().unwrap().unwrap().height.get() + 1;
        let many = (0..50).map(|key| (format!("k{key}").into_bytes(), Some(height.to_be_bytes().to_vec())));
        let (_, batch) = batch(&store, 0, many.collect(), 20);
        store.commit(&batch).unwrap();
        println!("height {height}");
    }
}

#[test]
fn a_killed_process_loses_nothing_that_it_reported() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut reported = 0;
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("{module}::child"), "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let heights =
            lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("height ")?.parse::<u64>().ok());
        reported = heights.take(5 * round).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&path, genesis()).unwrap();
        let head = store.head().unwrap().unwrap().height;
        assert!(head.get() >= reported, "head {head} after {reported} was reported");
        assert_eq!(store.state_get(b"k7").unwrap().unwrap(), head.get().to_be_bytes());
        assert!(StateTree::new(&store).root(head.get()).is_ok());
        assert!(store.block_bytes(head).unwrap().is_some());
        assert!(store.block_bytes(Height::new(head.get() + 1)).unwrap().is_none());
    }
    assert!(reported >= 15);
}
