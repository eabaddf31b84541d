//! A full block of transfers between accounts that are all different: the worst that transfers can do to the state.

use std::hint::black_box;

use emotionalchain_node::store::{CommitBatch, Store};
use emotionalchain_shared::{
    chain::{
        Action, BlockPlace, Ingredients, NothingSeen, SeenSignatures, Transaction, build_block,
        genesis_writes, schedule_after, verify_block,
    },
    crypto::SecretKey,
    merkle::StateTree,
    primitives::{Amount, Hash, Height, Nonce, Round, hash_bytes},
    wire::Wire,
};
use emotionalchain_tests::world::people::{self, Person};

use crate::{Row, best};

const TRANSFERS: usize = 3_000;

/// The mempool has checked every signature before the block came.
struct SeenAll;
impl SeenSignatures for SeenAll {
    fn transaction(&self, _: &Hash) -> bool {
        true
    }
}

fn key(name: &str, index: usize) -> SecretKey {
    SecretKey::from_seed(hash_bytes(format!("{name} {index}").as_bytes()).as_bytes())
}

/// Checked, executed, stored.
pub fn block(check: f64) -> Vec<Row> {
    eprintln!("a block of {TRANSFERS} transfers");
    let people: Vec<Person> = (0..4).map(|seat| Person::draw(1, seat)).collect();
    let payers: Vec<SecretKey> = (0..TRANSFERS).map(|index| key("payer", index)).collect();
    let spec = people::chain_with(&people, &payers);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.redb"), spec.hash).unwrap();
    let writes = genesis_writes(&spec).unwrap();
    let (_, tree) = StateTree::new(&store).apply(0, writes.clone()).unwrap();
    store.commit_genesis(spec.genesis.time_ms, &writes, &tree).unwrap();

    let snapshot = store.snapshot().unwrap();
    let (_, _, schedule) = schedule_after(&snapshot).unwrap();
    let height = Height::new(1);
    let proposer = schedule.proposer(height, Round::ZERO).unwrap();
    let builder = people.iter().find(|person| person.address() == proposer).unwrap();
    let place = BlockPlace {
        height,
        build_round: Round::ZERO,
        time: people::GENESIS.saturating_add(1_000),
        parent_id: store.head().unwrap().unwrap().block_id,
        proposer,
        reveal: builder.keys().randomness.reveal(0).unwrap(),
    };
    let transfer = |(index, payer)| {
        let to = key("payee", index).public().address();
        let action = Action::Transfer { to, amount: Amount::from_micro(1) };
        Transaction::sign(&spec.domain, payer, Nonce::ZERO, spec.params().min_fee, action)
    };
    let transactions = payers.iter().enumerate().map(transfer).collect();
    let ingredients = Ingredients { transactions, ..Ingredients::default() };
    let built = build_block(&spec, &snapshot, &SeenAll, place, None, ingredients).unwrap();
    assert_eq!(built.block.transactions.len(), TRANSFERS);

    let cold = best(3, || {
        black_box(verify_block(&spec, &snapshot, &NothingSeen, &built.block)).unwrap();
    });
    let warm = best(3, || {
        black_box(verify_block(&spec, &snapshot, &SeenAll, &built.block)).unwrap();
    });
    let executed = &built.transition.executed;
    let tree = best(3, || {
        let writes = executed.writes.iter().map(|(key, value)| (key.clone(), value.clone()));
        black_box(StateTree::new(&snapshot).apply(1, writes)).unwrap();
    });
    drop(snapshot);
    let batch = CommitBatch {
        height,
        block_id: built.block.id(),
        time: built.block.header.time,
        block: built.block.encode(),
        certificate: emotionalchain_shared::consensus::CommitCertificate {
            height,
            round: Round::ZERO,
            block_id: built.block.id(),
            signers: emotionalchain_shared::consensus::Signers::from_indices(4, 0..0),
            signatures: Vec::new(),
        },
        writes: executed.writes.clone(),
        tree: built.transition.tree.clone(),
        transactions: built.block.transactions.iter().map(Transaction::id).collect(),
        proofs: Vec::new(),
        epoch_summary: None,
    };
    let stored = best(1, || store.commit(&batch).unwrap());
    let checks = check * TRANSFERS as f64;
    let per = |seconds: f64| {
        format!("{:.0} ms, {:.0} transfers a second", seconds * 1e3, TRANSFERS as f64 / seconds)
    };
    vec![
        Row::new(
            format!("a block of {TRANSFERS} transfers between different accounts: verified from nothing"),
            per(cold),
            format!("its bare ed25519 checks {:.0} ms", checks * 1e3),
        ),
        Row::new(
            "the same with signatures seen before: executed",
            per(warm),
            format!("of it the state tree {:.0} ms", tree * 1e3),
        ),
        Row::new("the same: written to disk", per(stored), "one durable transaction".to_owned()),
    ]
}
