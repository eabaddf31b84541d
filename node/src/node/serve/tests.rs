//! Whatever is asked, there is an answer that the asker can read.

use std::{collections::BTreeMap, ops::Range};

use emotionalchain_shared::{
    chain::{
        Action, Authorisation, Block, Genesis, GenesisValidator, Header, PROTOCOL_VERSION, Params,
        Transaction, WebAuthnAssertion, genesis_writes,
    },
    consensus::{CommitCertificate, Signers},
    crypto::{SecretKey, Signature},
    merkle::{MAX_KEY, StateProof},
    primitives::{Address, BlockId, Epoch, Hash, Nonce, Round, TimeMs},
};

use emotionalchain_shared::wire::DecodeError;

use super::*;
use crate::store::{CommitBatch, Store};

/// A key of the state that every block writes its height under.
const NEWEST: &[u8] = b"newest";

fn spec() -> ChainSpec {
    let key = SecretKey::from_seed(&[1; 32]).public();
    let params = Params::default();
    let validator = GenesisValidator {
        account: key.address(),
        consensus_key: key,
        peer_id: vec![1],
        bond: params.min_bond,
        randomness_tip: Hash::default(),
    };
    ChainSpec::new(Genesis {
        chain_id: "serve".parse().unwrap(),
        time_ms: TimeMs::from_millis(1_000),
        params,
        accounts: Vec::new(),
        validators: vec![validator],
        devices: Vec::new(),
    })
    .unwrap()
}

fn at_genesis(spec: &ChainSpec) -> Store {
    let store = Store::in_memory(spec.hash).unwrap();
    let writes = genesis_writes(spec).unwrap();
    let (_, tree) = StateTree::new(&store).apply(0, writes.clone()).unwrap();
    store.commit_genesis(spec.genesis.time_ms, &writes, &tree).unwrap();
    store
}

/// A block that a peer can read; nobody here executes it.
fn block(spec: &ChainSpec, height: u64, transactions: Vec<Transaction>) -> Block {
    let header = Header {
        version: PROTOCOL_VERSION,
        chain_id: spec.genesis.chain_id.clone(),
        height: Height::new(height),
        build_round: Round::ZERO,
        time: TimeMs::from_millis(1_000 + height),
        epoch: Epoch::ZERO,
        parent_id: BlockId::default(),
        last_commit_hash: Hash::default(),
        proposer: Address::new([1; 20]),
        randomness_reveal: Hash::default(),
        transactions_root: Block::transactions_root(&transactions),
        votes_root: Hash::default(),
        evidence_root: Hash::default(),
        state_root: Hash::default(),
        validators_root: Hash::default(),
        next_validators_root: Hash::default(),
        epoch_summary_root: Hash::default(),
    };
    Block { header, last_commit: None, transactions, votes: Vec::new(), evidence: Vec::new() }
}

/// Commits these bytes as the block of a header; gives the root of the state after it.
fn commit(store: &Store, header: &Header, bytes: Vec<u8>) -> Hash {
    let (height, block_id) = (header.height, header.id());
    let value = height.get().to_be_bytes().to_vec();
    let writes = BTreeMap::from([(NEWEST.to_vec(), Some(value))]);
    let (root, tree) = StateTree::new(store).apply(height.get(), writes.clone()).unwrap();
    let certificate = CommitCertificate {
        height,
        round: Round::ZERO,
        block_id,
        signers: Signers::from_indices(1, [0]),
        signatures: vec![Signature::new([7; 64])],
    };
    let batch = CommitBatch {
        height,
        block_id,
        time: header.time,
        block: bytes,
        certificate,
        writes,
        tree,
        transactions: Vec::new(),
        proofs: Vec::new(),
        epoch_summary: None,
    };
    store.commit(&batch).unwrap();
    root
}

/// A store with empty blocks `1..=heights`, and the root of the newest state.
fn filled(spec: &ChainSpec, heights: u64) -> (Store, Hash) {
    let store = at_genesis(spec);
    let mut root = Hash::default();
    for height in 1..=heights {
        let block = block(spec, height, Vec::new());
        root = commit(&store, &block.header, block.encode());
    }
    (store, root)
}

fn ask(spec: &ChainSpec, store: &Store, request: &SyncRequest) -> SyncResponse {
    told(spec, &store.snapshot().unwrap(), &request.encode()).unwrap()
}

/// What comes back for these bytes.
fn told(spec: &ChainSpec, snapshot: &Snapshot, request: &[u8]) -> Result<SyncResponse, DecodeError> {
    let response = match read(request) {
        Ok(request) => answer(spec, snapshot, request),
        Err(refusal) => refused(refusal),
    };
    assert!(response.encode().len() <= MAX_SYNC_RESPONSE);
    SyncResponse::decode(&response.encode())
}

fn blocks(spec: &ChainSpec, store: &Store, from: u64, count: u32) -> Vec<u64> {
    match ask(spec, store, &SyncRequest::Blocks(Height::new(from), count)) {
        SyncResponse::Blocks(blocks) => blocks.iter().map(|one| one.block.header.height.get()).collect(),
        other => panic!("no blocks: {other:?}"),
    }
}

fn headers(spec: &ChainSpec, store: &Store, from: u64, count: u32) -> Vec<u64> {
    match ask(spec, store, &SyncRequest::Headers(Height::new(from), count)) {
        SyncResponse::Headers(headers) => headers.iter().map(|one| one.header.height.get()).collect(),
        other => panic!("no headers: {other:?}"),
    }
}

#[test]
fn a_range_is_served_as_far_as_it_is_here_and_the_bound_allows() {
    let spec = spec();
    let most = MAX_SYNC_BLOCKS as u64;
    let head = most + 6;
    let (store, _) = filled(&spec, head);
    let many = u32::try_from(most).unwrap();
    let none = 0..0;
    let cases: [(u64, u32, Range<u64>); 16] = [
        (1, 1, 1..2),
        (3, 5, 3..8),
        (1, 0, none.clone()),
        (head, 0, none.clone()),
        (head, 1, head..head + 1),
        (head, 9, head..head + 1),
        (head + 1, 5, none.clone()),
        (1_000_000, u32::MAX, none.clone()),
        (u64::MAX - 1, 3, none.clone()),
        (u64::MAX, 0, none.clone()),
        (u64::MAX, 1, none.clone()),
        (u64::MAX, u32::MAX, none),
        (1, many, 1..most + 1),
        (1, many + 1, 1..most + 1),
        (2, u32::MAX, 2..most + 2),
        (head - 4, u32::MAX, head - 4..head + 1),
    ];
    for (from, count, expected) in cases {
        let expected: Vec<u64> = expected.collect();
        assert_eq!(blocks(&spec, &store, from, count), expected, "{count} blocks from {from}");
        assert_eq!(headers(&spec, &store, from, count), expected, "{count} headers from {from}");
    }
}

#[test]
fn full_blocks_come_as_many_as_fit_and_the_rest_at_the_next_request() {
    let spec = spec();
    let store = at_genesis(&spec);
    let key = SecretKey::from_seed(&[2; 32]);
    let action = Action::DelegateSession {
        device_key: key.public(),
        session_key: key.public(),
        not_before: TimeMs::ZERO,
        not_after: TimeMs::from_millis(1_000),
        authorisation: Authorisation::WebAuthn(WebAuthnAssertion {
            authenticator_data: vec![1; 256],
            client_data_json: vec![b'x'; 1_024],
            signature: vec![2; 72],
        }),
    };
    let transaction = Transaction::sign(&spec.domain, &key, Nonce::ZERO, spec.params().min_fee, action);
    let count = (MAX_BLOCK - 2_000) / (transaction.encode().len() + 3);
    for height in 1..=5 {
        let block = block(&spec, height, vec![transaction.clone(); count]);
        let bytes = block.encode();
        assert!(bytes.len() > MAX_BLOCK - 5_000 && bytes.len() <= MAX_BLOCK - 1_000);
        commit(&store, &block.header, bytes);
    }
    assert_eq!(blocks(&spec, &store, 1, 5), [1, 2, 3], "room for a fourth block is kept");
    assert_eq!(blocks(&spec, &store, 4, 5), [4, 5]);
    assert_eq!(headers(&spec, &store, 1, 5), [1, 2, 3, 4, 5], "headers are small");
}

#[test]
fn values_are_answered_with_proofs_and_so_is_their_absence() {
    let spec = spec();
    let (store, root) = filled(&spec, 3);
    let state = |key: &[u8]| match ask(&spec, &store, &SyncRequest::State(key.to_vec())) {
        SyncResponse::State(answer) => answer,
        other => panic!("no value: {other:?}"),
    };
    let newest = state(NEWEST);
    assert_eq!(
        (newest.height, newest.value.as_deref()),
        (Height::new(3), Some(3_u64.to_be_bytes().as_slice()))
    );
    let proof = StateProof::decode(&newest.proof).unwrap();
    assert_eq!(proof.verify_inclusion(&root, NEWEST, &3_u64.to_be_bytes()), Ok(()));
    for key in [b"".as_slice(), b"absent", &[0xff; MAX_KEY]] {
        let absent = state(key);
        assert_eq!((absent.height, absent.value), (Height::new(3), None));
        assert_eq!(StateProof::decode(&absent.proof).unwrap().verify_absence(&root, key), Ok(()));
    }
}

#[test]
fn a_store_at_genesis_has_a_status_and_nothing_to_serve() {
    let spec = spec();
    let store = at_genesis(&spec);
    let ours = status(&spec, &store.snapshot().unwrap()).unwrap();
    let expected = Status {
        chain_id: spec.genesis.chain_id.clone(),
        genesis_hash: spec.hash,
        versions: VersionRange::SUPPORTED,
        head: Height::ZERO,
        head_id: BlockId::new(spec.hash),
        validators_root: spec.genesis.validator_set().unwrap().root(),
        earliest: Height::ZERO,
    };
    assert_eq!(ours, expected);
    let told = ask(&spec, &store, &SyncRequest::Status(ours));
    assert_eq!(told, SyncResponse::Status(expected));
    for (from, count) in [(1, 0), (1, 1), (1, u32::MAX), (u64::MAX, u32::MAX)] {
        assert_eq!(blocks(&spec, &store, from, count), [] as [u64; 0]);
        assert_eq!(headers(&spec, &store, from, count), [] as [u64; 0]);
    }
    // No block commits to the state of genesis, so nothing of it can be proved.
    for key in [StateKey::Globals.to_bytes(), b"absent".to_vec(), Vec::new()] {
        let refused = ask(&spec, &store, &SyncRequest::State(key));
        assert_eq!(refused, SyncResponse::Refused(Refusal::Absent.code()));
    }
}

#[test]
fn a_status_tells_of_the_head() {
    let spec = spec();
    let (store, _) = filled(&spec, 2);
    let ours = status(&spec, &store.snapshot().unwrap()).unwrap();
    assert_eq!((ours.head, ours.earliest), (Height::new(2), Height::new(1)));
    assert_eq!(ours.head_id, block(&spec, 2, Vec::new()).id());
    // Whatever the asker says of itself.
    let theirs = Status { head: Height::new(u64::MAX), genesis_hash: Hash::default(), ..ours.clone() };
    assert_eq!(ask(&spec, &store, &SyncRequest::Status(theirs)), SyncResponse::Status(ours));
}

#[test]
fn an_empty_store_and_a_damaged_block_are_refusals() {
    let spec = spec();
    let asker = status(&spec, &at_genesis(&spec).snapshot().unwrap()).unwrap();
    let empty = Store::in_memory(spec.hash).unwrap();
    for request in [SyncRequest::Status(asker), SyncRequest::State(NEWEST.to_vec())] {
        assert_eq!(ask(&spec, &empty, &request), SyncResponse::Refused(Refusal::Absent.code()));
    }
    assert_eq!(blocks(&spec, &empty, 1, 5), [] as [u64; 0]);

    let (store, _) = filled(&spec, 1);
    commit(&store, &block(&spec, 2, Vec::new()).header, b"no block".to_vec());
    assert_eq!(blocks(&spec, &store, 1, 1), [1]);
    let from = Height::new(2);
    for request in [SyncRequest::Blocks(from, 1), SyncRequest::Headers(from, 1)] {
        assert_eq!(ask(&spec, &store, &request), SyncResponse::Refused(Refusal::Absent.code()));
    }
}

#[test]
fn a_request_that_cannot_be_read_is_refused_as_such() {
    let spec = spec();
    let (store, _) = filled(&spec, 2);
    let snapshot = store.snapshot().unwrap();
    let ours = status(&spec, &snapshot).unwrap();
    let cut = SyncRequest::Status(ours).encode();
    let requests = [
        Vec::new(),
        vec![0xff; 10],
        vec![0; SyncRequest::MAX_BYTES + 1],
        cut[..cut.len() - 1].to_vec(),
        SyncRequest::Blocks(Height::ZERO, 1).encode(),
        SyncRequest::Headers(Height::ZERO, u32::MAX).encode(),
        SyncRequest::State(vec![1; MAX_KEY + 1]).encode(),
    ];
    for request in requests {
        assert_eq!(told(&spec, &snapshot, &request), Ok(refused(Refusal::Malformed)), "{request:?}");
    }
}

#[test]
fn a_damaged_request_gets_an_answer_too() {
    let spec = spec();
    let (store, _) = filled(&spec, 3);
    let snapshot = store.snapshot().unwrap();
    let requests = [
        SyncRequest::Status(status(&spec, &snapshot).unwrap()),
        SyncRequest::Blocks(Height::new(2), 300),
        SyncRequest::Headers(Height::new(u64::MAX), u32::MAX),
        SyncRequest::State(NEWEST.to_vec()),
    ];
    let readable = |request: &[u8]| told(&spec, &snapshot, request).is_ok();
    for good in requests.map(|request| request.encode()) {
        assert!((0..good.len()).all(|length| readable(&good[..length])));
        for bit in 0..good.len() * 8 {
            let mut damaged = good.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(readable(&damaged), "{damaged:?}");
        }
    }
}
