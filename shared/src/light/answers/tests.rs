use super::*;
use crate::{
    chain::{Action, SeatScore, state::Device},
    crypto::{SecretKey, SignDomain},
    light::tests::{header, keys, set},
    merkle::{ListTree, MemoryStore, StateTree},
    primitives::{Amount, BasisPoints, BlockId, Nonce, hash_bytes},
};

fn address(seed: u8) -> Address {
    Address::new([seed; 20])
}

fn account(seed: u8) -> Account {
    Account { balance: Amount::from_micro(1_000 + u64::from(seed)), nonce: Nonce::new(seed.into()) }
}

/// Value and proof of a key.
type Answer = (Option<Vec<u8>>, Vec<u8>);

/// A header over a state of accounts 1..=9, with a way to ask for proofs.
fn state() -> (Header, impl Fn(StateKey) -> Answer) {
    let mut store = MemoryStore::new();
    let writes = (1..=9).map(|seed| {
        (StateKey::Account(address(seed)).to_bytes(), Some(borsh::to_vec(&account(seed)).unwrap()))
    });
    let (root, update) = StateTree::new(&store).apply(0, writes.collect::<Vec<_>>()).unwrap();
    store.commit(update);
    let set = set(&keys(1..5));
    let mut header = header(1, BlockId::default(), &set, &set);
    header.state_root = root;
    (header, move |key| {
        let (value, proof) = StateTree::new(&store).get_with_proof(0, &key.to_bytes()).unwrap();
        (value, proof.encode())
    })
}

/// Every copy with one bit changed, and every shorter one.
fn altered(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let flipped = (0..bytes.len() * 8).map(|bit| {
        let mut copy = bytes.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        copy
    });
    flipped.chain((0..bytes.len()).map(|len| bytes[..len].to_vec()))
}

#[test]
fn an_account_is_believed_to_the_last_bit() {
    let (header, ask) = state();
    let (value, proof) = ask(StateKey::Account(address(4)));
    let value = value.unwrap();
    assert_eq!(verify_account(&header, address(4), Some(&value), &proof), Ok(account(4)));

    assert!(altered(&value).all(|value| verify_account(&header, address(4), Some(&value), &proof).is_err()));
    assert!(altered(&proof).all(|proof| verify_account(&header, address(4), Some(&value), &proof).is_err()));
    for other in altered(address(4).as_bytes()).filter_map(|bytes| Address::try_from(bytes.as_slice()).ok()) {
        assert!(verify_account(&header, other, Some(&value), &proof).is_err());
    }
    for root in altered(header.state_root.as_bytes()).filter_map(|bytes| bytes.try_into().ok()) {
        let other = Header { state_root: Hash::new(root), ..header.clone() };
        assert!(verify_account(&other, address(4), Some(&value), &proof).is_err());
    }
    assert!(verify_account(&header, address(4), None, &proof).is_err(), "a value cannot be kept silent");
}

#[test]
fn absence_is_proved_not_assumed() {
    let (header, ask) = state();
    for seed in 10..40 {
        let (value, proof) = ask(StateKey::Account(address(seed)));
        assert_eq!(value, None);
        assert_eq!(verify_account(&header, address(seed), None, &proof), Ok(Account::default()));
        let rich = borsh::to_vec(&account(9)).unwrap();
        assert!(verify_account(&header, address(seed), Some(&rich), &proof).is_err());
        assert!(altered(&proof).all(|proof| verify_account(&header, address(seed), None, &proof).is_err()));
    }
    let (_, elsewhere) = ask(StateKey::Account(address(10)));
    assert!(verify_account(&header, address(4), None, &elsewhere).is_err(), "proves another key's absence");
}

#[test]
fn a_record_of_another_kind_is_refused() {
    let (header, ask) = state();
    let key = StateKey::Account(address(4));
    let (value, proof) = ask(key);
    let found = verify_record::<Device>(&header, key, value.as_deref(), &proof);
    assert_eq!(found, Err(AnswerError::Record("account")));
}

#[test]
fn inclusion_is_believed_to_the_last_bit() {
    let domain = SignDomain::new(&"light".parse().unwrap(), &hash_bytes(b"genesis"));
    let all: Vec<Transaction> = (0..5)
        .map(|nonce| {
            let action = Action::Transfer { to: address(9), amount: Amount::from_micro(5) };
            let key = SecretKey::from_seed(&[1; 32]);
            Transaction::sign(&domain, &key, Nonce::new(nonce), Amount::from_micro(1_000), action)
        })
        .collect();
    for count in 1..=all.len() {
        let tree = ListTree::from_leaves(all[..count].iter().map(Wire::encode));
        let set = set(&keys(1..5));
        let mut header = header(1, BlockId::default(), &set, &set);
        header.transactions_root = tree.root();
        for (index, one) in all[..count].iter().enumerate() {
            let (id, bytes, proof) = (one.id(), one.encode(), tree.prove(index).unwrap().encode());
            assert_eq!(verify_inclusion(&header, &id, &bytes, &proof), Ok(one.clone()));
            assert!(altered(&bytes).all(|bytes| verify_inclusion(&header, &id, &bytes, &proof).is_err()));
            // Index and total are the answerer's word, the path is not.
            for path in altered(&proof[16..]) {
                let proof = [&proof[..16], &path].concat();
                assert!(verify_inclusion(&header, &id, &bytes, &proof).is_err());
            }
        }
        let (absent, proof) = (&all[(count + 1) % all.len()], tree.prove(0).unwrap().encode());
        if count < all.len() - 1 {
            let id = absent.id();
            assert!(verify_inclusion(&header, &id, &absent.encode(), &proof).is_err());
            let other = verify_inclusion(&header, &id, &all[0].encode(), &proof);
            assert_eq!(other, Err(AnswerError::OtherTransaction(all[0].id())));
        }
    }
}

#[test]
fn a_summary_is_the_one_that_the_header_carries() {
    let set = set(&keys(1..5));
    let summary = EpochSummary {
        epoch: Epoch::new(7),
        seats: vec![SeatScore { validator: address(1), score: BasisPoints::new(6_000), voted: true }],
        participation: BasisPoints::MAX,
        wellness: None,
        jailed: Vec::new(),
        rewards: Vec::new(),
        seed: hash_bytes(b"seed"),
        scores: Vec::new(),
    };
    let mut header = header(1, BlockId::default(), &set, &set);
    header.epoch_summary_root = summary.root();
    let bytes = summary.encode();
    assert_eq!(verify_summary(&header, Epoch::new(7), &bytes), Ok(summary));
    let other = verify_summary(&header, Epoch::new(8), &bytes);
    assert_eq!(other, Err(AnswerError::OtherEpoch(Epoch::new(7))));
    assert!(altered(&bytes).all(|bytes| verify_summary(&header, Epoch::new(7), &bytes).is_err()));
    header.epoch_summary_root = Hash::default();
    assert_eq!(verify_summary(&header, Epoch::new(7), &bytes), Err(AnswerError::Summary));
}
