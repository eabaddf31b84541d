//! Each lie passes what comes before the check that it is made for, and that check refuses it.

use emotionalchain_link::read_frame;
use emotionalchain_shared::{
    chain::{ChainSpec, Genesis, GenesisValidator, Header, PROTOCOL_VERSION, Params, state::StateKey},
    consensus::ValidatorSet,
    crypto::SecretKey,
    light::{LightOptions, Reason, Trusted, Verdict, explain_inclusion, verify, verify_set},
    merkle::ListTree,
    primitives::{Address, BlockId, Epoch, Hash, Height, Round, TimeMs},
    wire::{
        DecodeError, HeadUpdate, InclusionAnswer, Refusal, SignedHeader, StateAnswer, SyncRequest,
        SyncResponse, Wire,
    },
};

use crate::{
    altered_proof::AlteredProof,
    empty_proof::EmptyProof,
    endless_stream::{EndlessStream, varint},
    forged_header::ForgedHeader,
    fork::Fork,
    lie::{Lie, Manner, Truth},
    next_block::certify,
    out_of_range_signers::OutOfRangeSigners,
    repeated_signers::RepeatedSigners,
    stale_head::StaleHead,
    wrong_set::WrongSet,
};

const START: u64 = 1_000_000;

struct Chain {
    spec: ChainSpec,
    keys: Vec<SecretKey>,
    set: ValidatorSet,
}

impl Chain {
    fn new() -> Self {
        let keys: Vec<SecretKey> = (1..5).map(|seed| SecretKey::from_seed(&[seed; 32])).collect();
        let set = ValidatorSet::new(keys.iter().map(SecretKey::public)).unwrap();
        let params = Params::default();
        let validator = |key: &SecretKey| GenesisValidator {
            account: key.public().address(),
            consensus_key: key.public(),
            peer_id: vec![1],
            bond: params.min_bond,
            randomness_tip: Hash::default(),
        };
        let genesis = Genesis {
            chain_id: "liar".parse().unwrap(),
            time_ms: TimeMs::from_millis(START),
            accounts: Vec::new(),
            validators: keys.iter().map(validator).collect(),
            devices: Vec::new(),
            params,
        };
        Self { spec: ChainSpec::new(genesis).unwrap(), keys, set }
    }

    fn genesis(&self) -> Trusted {
        Trusted::genesis(&self.spec).unwrap()
    }

    /// A true head on top of a trusted block.
    fn truth(&self, below: &Trusted) -> Truth {
        let header = Header {
            version: PROTOCOL_VERSION,
            chain_id: self.spec.genesis.chain_id.clone(),
            height: below.height.next().unwrap(),
            build_round: Round::ZERO,
            time: below.time.saturating_add(1_000),
            epoch: Epoch::ZERO,
            parent_id: below.id,
            last_commit_hash: Hash::default(),
            proposer: Address::new([0; 20]),
            randomness_reveal: Hash::default(),
            transactions_root: Hash::default(),
            votes_root: Hash::default(),
            evidence_root: Hash::default(),
            state_root: Hash::default(),
            validators_root: self.set.root(),
            next_validators_root: self.set.root(),
            epoch_summary_root: Hash::default(),
        };
        let head = certify(&self.spec.domain, &self.keys, &self.set, Round::ZERO, header).unwrap();
        Truth { update: HeadUpdate { head, next_set: None, summary: None }, set: self.set.clone() }
    }

    fn judge(&self, trusted: &Trusted, update: &HeadUpdate) -> Verdict {
        let set = update.next_set.as_ref().unwrap_or(&self.set);
        let now = TimeMs::from_millis(START + 1_000_000);
        verify(&self.spec, &LightOptions::of(self.spec.params()), trusted, &update.head, set, now)
    }
}

/// What a client makes of a pushed head.
fn received(update: &HeadUpdate) -> Result<HeadUpdate, DecodeError> {
    HeadUpdate::decode(&update.encode())
}

#[test]
fn the_truth_verifies() {
    let chain = Chain::new();
    let truth = chain.truth(&chain.genesis());
    let update = received(&EmptyProof.head(&truth)).unwrap();
    assert_eq!(chain.judge(&chain.genesis(), &update), Verdict::Success);
}

#[test]
fn a_forged_header_is_not_the_one_of_its_certificate() {
    let chain = Chain::new();
    let truth = chain.truth(&chain.genesis());
    let refused = received(&ForgedHeader.head(&truth)).unwrap_err();
    assert!(matches!(refused, DecodeError::Field { message: "SignedHeader", .. }), "{refused}");
}

#[test]
fn false_signers_fail_the_certificate_and_nothing_before_it() {
    let chain = Chain::new();
    let (spec, keys) = (&chain.spec, &chain.keys);
    let genesis = chain.genesis();
    let truth = chain.truth(&genesis);
    let head = Trusted::from_verified(&truth.update.head, chain.set.clone()).unwrap();
    let lies: [Box<dyn Lie>; 2] = [
        Box::new(RepeatedSigners::new(spec, keys.clone())),
        Box::new(OutOfRangeSigners::new(spec, keys.clone())),
    ];
    for lie in lies {
        let update = received(&lie.head(&truth)).unwrap();
        assert_eq!(update.head.header.height, Height::new(2), "it comes before the true one");
        assert_eq!(update.head.certificate.signatures.len(), chain.set.quorum());
        for trusted in [&genesis, &head] {
            let verdict = chain.judge(trusted, &update);
            assert!(matches!(verdict, Verdict::Invalid(Reason::Certificate(_))), "{verdict:?}");
        }
    }
}

#[test]
fn a_wrong_set_is_signed_by_itself_and_was_announced_by_nobody() {
    let chain = Chain::new();
    let truth = chain.truth(&chain.genesis());
    let lie = WrongSet::new(&chain.spec).unwrap();
    let update = received(&lie.head(&truth)).unwrap();
    update.head.certificate.verify(&chain.spec.domain, update.next_set.as_ref().unwrap()).unwrap();
    assert_eq!(chain.judge(&chain.genesis(), &update), Verdict::Invalid(Reason::Announced));

    let root = chain.set.root();
    let request = SyncRequest::State(StateKey::Set(root).to_bytes());
    let honest =
        StateAnswer { height: Height::new(1), value: borsh::to_vec(&chain.set).ok(), proof: vec![1] };
    let SyncResponse::State(answer) = lie.answer(&request, SyncResponse::State(honest), &truth) else {
        panic!()
    };
    assert_eq!(verify_set(&root, &answer.value.unwrap()).unwrap_err().code(), "wrong-set");
}

#[test]
fn a_fork_truly_verifies() {
    let chain = Chain::new();
    let truth = chain.truth(&chain.genesis());
    let lie = Fork::new(&chain.spec, chain.keys.clone());
    let update = received(&lie.head(&truth)).unwrap();
    assert_eq!(chain.judge(&chain.genesis(), &update), Verdict::Success);
    assert_ne!(update.head.header.id(), truth.update.head.header.id());
    assert_eq!(update.head.header.height, truth.height());

    let asked = SyncRequest::Headers(truth.height(), 1);
    let answer = lie.answer(&asked, SyncResponse::Headers(vec![truth.update.head.clone()]), &truth);
    assert_eq!(answer, SyncResponse::Headers(vec![update.head]), "asked as a witness it says the same");
    // Whoever has too few keys tells the truth.
    let few = Fork::new(&chain.spec, chain.keys[..2].to_vec());
    assert_eq!(few.head(&truth), truth.update);
}

#[test]
fn a_stale_head_stays_and_nothing_shows_a_later_one() {
    let chain = Chain::new();
    let first = chain.truth(&chain.genesis());
    let below = Trusted::from_verified(&first.update.head, chain.set.clone()).unwrap();
    let later = chain.truth(&below);
    let lie = StaleHead::at(&first);
    assert_eq!(lie.head(&later), first.update);

    let headers: Vec<SignedHeader> = [&first, &later].map(|truth| truth.update.head.clone()).into();
    let asked = SyncRequest::Headers(Height::new(1), 2);
    let answer = lie.answer(&asked, SyncResponse::Headers(headers), &later);
    assert_eq!(answer, SyncResponse::Headers(vec![first.update.head.clone()]));

    let state = |key: StateKey| {
        let honest = StateAnswer { height: later.height(), value: Some(vec![1]), proof: vec![1] };
        lie.answer(&SyncRequest::State(key.to_bytes()), SyncResponse::State(honest), &later)
    };
    assert_eq!(state(StateKey::Globals), SyncResponse::Refused(Refusal::Absent.code()));
    let SyncResponse::State(set) = state(StateKey::Set(chain.set.root())) else { panic!() };
    assert_eq!(set.height, first.height());
}

#[test]
fn proofs_are_altered_or_empty() {
    let chain = Chain::new();
    let truth = chain.truth(&chain.genesis());
    let items = [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
    for count in [1, 3] {
        let tree = ListTree::from_leaves(&items[..count]);
        let proof = tree.prove(0).unwrap().encode();
        let honest = InclusionAnswer { height: Height::new(1), item: items[0].clone(), proof };
        let told = |lie: &dyn Lie| {
            let asked = SyncRequest::Transaction(Hash::default());
            let answer = lie.answer(&asked, SyncResponse::Inclusion(honest.clone()), &truth);
            let SyncResponse::Inclusion(answer) = answer else { panic!() };
            explain_inclusion(&tree.root(), &answer.item, &answer.proof).unwrap_err().code()
        };
        assert_eq!((told(&AlteredProof), told(&EmptyProof)), ("bad-proof", "empty-proof"));
    }
    let asked = SyncRequest::State(StateKey::Globals.to_bytes());
    let honest = StateAnswer { height: Height::new(1), value: Some(vec![4]), proof: vec![1, 2] };
    let SyncResponse::State(altered) = AlteredProof.answer(&asked, SyncResponse::State(honest), &truth)
    else {
        panic!()
    };
    assert_eq!((altered.value, altered.proof), (Some(vec![5]), vec![1, 3]));
}

#[test]
fn streams_without_an_end_take_turns() {
    let lie = EndlessStream::default();
    assert_eq!([lie.manner(), lie.manner(), lie.manner()], [Manner::Trickle, Manner::Flood, Manner::Trickle]);
}

#[test]
fn the_frame_that_trickles_is_as_long_as_allowed() {
    let read =
        |max| futures::executor::block_on(read_frame(&mut varint(HeadUpdate::MAX_BYTES).as_slice(), max));
    assert_eq!(read(HeadUpdate::MAX_BYTES).unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(read(HeadUpdate::MAX_BYTES - 1).unwrap_err().kind(), std::io::ErrorKind::InvalidData);
}

#[test]
fn a_made_up_block_follows_on_the_true_one() {
    let chain = Chain::new();
    let truth = chain.truth(&chain.genesis());
    let header = crate::next_block::next_header(&chain.spec, &truth).unwrap();
    assert_eq!(header.parent_id, truth.update.head.header.id());
    assert!(header.time > truth.update.head.header.time);
    assert_ne!(header.id(), BlockId::default());
}
