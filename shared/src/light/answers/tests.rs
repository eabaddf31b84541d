use super::*;
use crate::{
    chain::{SeatScore, state::Device},
    light::tests::{header, keys, set},
    merkle::{EMPTY_STATE_ROOT, MemoryStore, StateTree},
    primitives::{Amount, BasisPoints, BlockId, Nonce, TimeMs, hash_bytes},
};

pub(super) fn address(seed: u8) -> Address {
    Address::new([seed; 20])
}

fn account(seed: u8) -> Account {
    Account { balance: Amount::from_micro(1_000 + u64::from(seed)), nonce: Nonce::new(seed.into()) }
}

/// Value and proof of a key.
type Answer = (Option<Vec<u8>>, Vec<u8>);

/// A header over a state of accounts 1..=9, with a way to ask for proofs.
fn state() -> (Header, impl Fn(StateKey) -> Answer) {
    let accounts =
        (1..=9).map(|seed| (StateKey::Account(address(seed)), borsh::to_vec(&account(seed)).unwrap()));
    state_of(accounts)
}

/// The same over any records.
fn state_of(records: impl IntoIterator<Item = (StateKey, Vec<u8>)>) -> (Header, impl Fn(StateKey) -> Answer) {
    let mut store = MemoryStore::new();
    let writes = records.into_iter().map(|(key, value)| (key.to_bytes(), Some(value)));
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
pub(super) fn altered(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
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

#[test]
fn scores_are_believed_epoch_by_epoch_absence_included() {
    let entry = |score: u16| ScoreEntry {
        vote: BasisPoints::new(score),
        smoothed: BasisPoints::new(score.saturating_sub(100)),
    };
    let key = |epoch| StateKey::Score(address(1), Epoch::new(epoch));
    // Nothing for epoch 5; another validator's scores beside them.
    let own = [3, 4, 6].map(|epoch| (key(epoch), borsh::to_vec(&entry(6_000 + epoch as u16)).unwrap()));
    let others = (3..=6)
        .map(|epoch| (StateKey::Score(address(2), Epoch::new(epoch)), borsh::to_vec(&entry(9_000)).unwrap()));
    let (header, ask) = state_of(own.into_iter().chain(others));
    let epochs: Vec<Epoch> = (3..=6).map(Epoch::new).collect();
    let answers: Vec<Answer> = (3..=6).map(|epoch| ask(key(epoch))).collect();
    let entries: Vec<_> = answers.iter().map(|(value, proof)| (value.as_deref(), proof.as_slice())).collect();
    let found = verify_scores(&header, address(1), &epochs, &entries).unwrap();
    assert_eq!(found, [Some(entry(6_003)), Some(entry(6_004)), None, Some(entry(6_006))]);

    let short = verify_scores(&header, address(1), &epochs, &entries[..3]);
    assert_eq!(short, Err(AnswerError::Count { got: 3, asked: 4 }));
    let mut swapped = entries.clone();
    swapped.swap(0, 1);
    assert!(verify_scores(&header, address(1), &epochs, &swapped).is_err(), "each in its place");
    assert!(verify_scores(&header, address(2), &epochs, &entries).is_err(), "another validator's");
    let mut silent = entries.clone();
    silent[0].0 = None;
    assert!(verify_scores(&header, address(1), &epochs, &silent).is_err(), "a vote cannot be kept silent");
}

#[test]
fn a_past_header_is_the_one_whose_id_the_state_holds() {
    let set = set(&keys(1..5));
    let past: Vec<Header> = (1..=4).map(|height| header(height, BlockId::default(), &set, &set)).collect();
    let key = |height| StateKey::Finalised(Height::new(height));
    let records = past[..3].iter().map(|one| {
        let record = Finalised { id: one.id(), time: one.time, set: one.validators_root };
        (StateKey::Finalised(one.height), borsh::to_vec(&record).unwrap())
    });
    let (head, ask) = state_of(records);
    let look = |height: u64, bytes: &[u8]| {
        let (value, proof) = ask(key(height));
        verify_past_header(&head, Height::new(height), bytes, value.as_deref(), &proof)
    };
    for (height, one) in (1..).zip(&past[..3]) {
        assert_eq!(look(height, &one.encode()), Ok(one.clone()));
    }
    assert_eq!(look(2, &past[0].encode()), Err(AnswerError::OtherHeader(Height::new(2))));
    let forged = Header { time: TimeMs::from_millis(1), ..past[1].clone() };
    assert_eq!(look(2, &forged.encode()), Err(AnswerError::OtherHeader(Height::new(2))));
    assert_eq!(look(4, &past[3].encode()), Err(AnswerError::Forgotten(Height::new(4))));
    let (value, proof) = ask(key(1));
    assert!(
        verify_past_header(&head, Height::new(2), &past[1].encode(), value.as_deref(), &proof).is_err(),
        "proves another height's block"
    );
    assert!(altered(&past[1].encode()).all(|bytes| look(2, &bytes).is_err()));
}

#[test]
fn a_set_is_recognised_by_its_root() {
    let set = set(&keys(1..8));
    let bytes = borsh::to_vec(&set).unwrap();
    assert_eq!(verify_set(&set.root(), &bytes), Ok(set.clone()));
    assert!(altered(&bytes).all(|bytes| verify_set(&set.root(), &bytes).is_err()));
    let other = self::set_of(9);
    assert_eq!(
        verify_set(&set.root(), &borsh::to_vec(&other).unwrap()),
        Err(AnswerError::OtherSet(other.root()))
    );
    let long = vec![0; MAX_SET + 1];
    assert_eq!(verify_set(&set.root(), &long).unwrap_err().code(), "oversized");
    let largest = self::set_of(128);
    let bytes = borsh::to_vec(&largest).unwrap();
    assert_eq!((bytes.len(), verify_set(&largest.root(), &bytes)), (MAX_SET, Ok(largest)));
}

fn set_of(seats: u8) -> ValidatorSet {
    set(&keys(1..seats + 1))
}

#[test]
fn a_state_proof_without_siblings_shows_nothing_about_many_records() {
    let (header, ask) = state();
    let key = StateKey::Account(address(4));
    let (value, _) = ask(key);
    for value in [value.as_deref(), None] {
        assert_eq!(verify_value(&header, key, value, &[]), Err(AnswerError::EmptyProof));
    }
    // Inclusion and absence in a state of one record or none: kind, and no siblings.
    assert_eq!(verify_value(&header, key, value.as_deref(), &[0, 0, 0]), Err(AnswerError::EmptyProof));
    assert_eq!(verify_value(&header, key, None, &[1, 0, 0]), Err(AnswerError::EmptyProof));
    let other = [[2, 0, 0].as_slice(), &[7; 64]].concat();
    assert_eq!(verify_value(&header, key, None, &other), Err(AnswerError::EmptyProof));

    let empty = Header { state_root: EMPTY_STATE_ROOT, ..header };
    assert_eq!(verify_value(&empty, key, None, &[1, 0, 0]), Ok(()), "true of an empty state");
    let (lone, ask) = state_of([(key, value.unwrap())]);
    let (value, proof) = ask(key);
    assert_eq!(proof, [0, 0, 0]);
    assert_eq!(verify_value(&lone, key, value.as_deref(), &proof), Ok(()), "true of a single record");
}

#[test]
fn errors_have_the_published_codes() {
    let codes = [
        (DecodeError::Malformed { message: "x" }.into(), "bad-answer"),
        (DecodeError::TooLarge { message: "x", size: 2, max: 1 }.into(), "oversized"),
        (DecodeError::TooMany { message: "x", field: 2, max: 1 }.into(), "oversized"),
        (StateProofError::Root.into(), "bad-proof"),
        (crate::merkle::ListProofError::Root.into(), "bad-proof"),
        (AnswerError::EmptyProof, "empty-proof"),
        (AnswerError::Record("x"), "bad-answer"),
        (AnswerError::OtherTransaction(Hash::default()), "bad-answer"),
        (AnswerError::OtherVote(address(1), Epoch::ZERO), "bad-answer"),
        (AnswerError::OtherEpoch(Epoch::ZERO), "bad-answer"),
        (AnswerError::Count { got: 1, asked: 2 }, "bad-answer"),
        (AnswerError::Summary, "bad-proof"),
        (AnswerError::NoSet, "bad-answer"),
        (AnswerError::OtherSet(Hash::default()), "wrong-set"),
        (AnswerError::Forgotten(Height::ZERO), "not-found"),
        (AnswerError::OtherHeader(Height::ZERO), "forged-header"),
        (AnswerError::Body("votes"), "bad-proof"),
    ];
    for (error, code) in codes {
        assert_eq!(error.code(), code, "{error}");
    }
}
