//! A value of every type that travels. Signatures are signed nowhere: a decoder does not verify them.

use std::sync::LazyLock;

use emotionalchain_shared::{
    biometrics::{OpenStatement, algo_id},
    chain::{
        Action, AuthenticityProof, Authorisation, BiometricProof, Block, EmotionalVote, EpochSummary, Header,
        SeatScore, SessionDelegation, Statement, Transaction, TransactionBody, WebAuthnAssertion, Wellness,
    },
    consensus::{
        CommitCertificate, Evidence, PolkaCertificate, Proposal, RoundCertificate, Signers, ValidatorSet,
        Vote, VoteKind,
    },
    crypto::{PublicKey, SecretKey, Signature},
    primitives::{
        Address, Amount, BasisPoints, BlockId, Epoch, Hash, Height, Nonce, Round, TimeMs, hash_bytes,
    },
    wire::{
        BlockProposal, ConsensusMessage, FinalisedBlock, HeadUpdate, InclusionAnswer, SignedHeader,
        StateAnswer, Status, SyncRequest, SyncResponse, VersionRange, Wire,
    },
};

static KEYS: LazyLock<Vec<PublicKey>> =
    LazyLock::new(|| (1..9).map(|seed| SecretKey::from_seed(&[seed; 32]).public()).collect());

pub fn key(number: usize) -> PublicKey {
    KEYS[number % KEYS.len()]
}

pub fn hash(text: &str) -> Hash {
    hash_bytes(text.as_bytes())
}

pub fn id(text: &str) -> BlockId {
    BlockId::new(hash(text))
}

pub fn signature(fill: u8) -> Signature {
    Signature::new([fill; 64])
}

fn time(seconds: u64) -> TimeMs {
    TimeMs::from_millis(1_700_000_000_000 + seconds * 1_000)
}

fn address(fill: u8) -> Address {
    Address::new([fill; 20])
}

fn bp(value: u16) -> BasisPoints {
    BasisPoints::new(value).unwrap()
}

pub fn vote(kind: VoteKind, block_id: Option<BlockId>) -> Vote {
    Vote {
        kind,
        height: Height::new(300),
        round: Round::new(2),
        block_id,
        validator: address(7),
        signature: signature(9),
    }
}

pub fn votes() -> Vec<Vote> {
    vec![vote(VoteKind::Prevote, Some(id("block"))), vote(VoteKind::Precommit, None)]
}

pub fn proposals() -> Vec<Proposal> {
    let of = |pol_round| Proposal {
        height: Height::new(300),
        round: Round::new(2),
        block_id: id("block"),
        pol_round,
        proposer: address(7),
        signature: signature(9),
    };
    vec![of(None), of(Some(Round::ZERO)), of(Some(Round::new(1)))]
}

pub fn certificate(signers: usize) -> CommitCertificate {
    CommitCertificate {
        height: Height::new(300),
        round: Round::new(2),
        block_id: id("block"),
        signers: Signers::from_indices(signers, 0..signers),
        signatures: vec![signature(5); signers],
    }
}

pub fn polka(signers: usize) -> PolkaCertificate {
    let CommitCertificate { height, round, block_id, signers, signatures } = certificate(signers);
    PolkaCertificate { height, round, block_id, signers, signatures }
}

pub fn round_certificate(votes: usize) -> RoundCertificate {
    RoundCertificate {
        height: Height::new(300),
        round: Round::new(2),
        precommit: true,
        votes: vec![vote(VoteKind::Precommit, None); votes],
    }
}

pub fn evidence() -> Vec<Evidence> {
    let [one, two] = [votes(), votes()].map(|mut all| all.remove(0));
    let mut proposals = proposals();
    vec![
        Evidence::duplicate_vote(one, Vote { block_id: None, ..two }),
        Evidence::duplicate_proposal(proposals.remove(0), proposals.remove(0)),
        Evidence::ConflictingHeader(Box::new(header()), certificate(4)),
    ]
}

pub fn header() -> Header {
    Header {
        version: 1,
        chain_id: "codec-tests".parse().unwrap(),
        height: Height::new(300),
        build_round: Round::ZERO,
        time: time(300),
        epoch: Epoch::new(10),
        parent_id: id("parent"),
        last_commit_hash: hash("commit"),
        proposer: address(7),
        randomness_reveal: hash("reveal"),
        transactions_root: hash("transactions"),
        votes_root: hash("votes"),
        evidence_root: hash("evidence"),
        state_root: hash("state"),
        validators_root: hash("set"),
        next_validators_root: hash("next"),
        epoch_summary_root: Hash::default(),
    }
}

pub fn block() -> Block {
    Block {
        header: header(),
        last_commit: Some(certificate(4)),
        transactions: actions().into_iter().take(2).map(transaction).collect(),
        votes: vec![emotional_vote(false)],
        evidence: evidence(),
    }
}

pub fn summary(entries: usize) -> EpochSummary {
    let seat = |score: Option<u16>| SeatScore { validator: address(7), score: score.map(bp), voted: true };
    EpochSummary {
        epoch: Epoch::new(10),
        seats: vec![seat(Some(5_000)); entries],
        participation: bp(9_999),
        wellness: Some(Wellness {
            contributors: 20,
            score: bp(6_000),
            stress: 40,
            focus: 60,
            heart_rate_cbpm: 6_500,
        }),
        jailed: vec![address(8); entries],
        rewards: vec![(address(9), Amount::from_micro(5)); entries],
        seed: hash("seed"),
        scores: vec![seat(None); entries],
    }
}

pub fn transaction(action: Action) -> Transaction {
    let body =
        TransactionBody { sender: key(0), nonce: Nonce::new(3), fee: Amount::from_micro(1_000), action };
    Transaction { body, signature: signature(3) }
}

/// One of each, delegation in both forms.
pub fn actions() -> Vec<Action> {
    let delegate = |authorisation| Action::DelegateSession {
        device_key: key(2),
        session_key: key(3),
        not_before: time(0),
        not_after: time(600),
        authorisation,
    };
    let assertion = WebAuthnAssertion {
        authenticator_data: vec![1; 37],
        client_data_json: vec![b'x'; 90],
        signature: vec![2; 70],
    };
    vec![
        Action::Transfer { to: address(4), amount: Amount::from_micro(77) },
        Action::RegisterValidator {
            consensus_key: key(1),
            peer_id: vec![6; 38],
            bond: Amount::from_micro(10_000_000_000),
            randomness_tip: hash("tip"),
            possession: signature(4),
        },
        Action::EnrollDevice {
            device_key: key(2),
            tier: 80,
            possession: signature(4),
            webauthn_key: Some([2; 33]),
        },
        Action::RevokeDevice { device_key: key(2) },
        delegate(Authorisation::Device(signature(8))),
        delegate(Authorisation::WebAuthn(assertion)),
        Action::Unbond,
        Action::Unjail,
    ]
}

pub fn emotional_vote(delegated: bool) -> EmotionalVote {
    let delegation = SessionDelegation {
        session_key: key(3),
        not_before: time(0),
        not_after: time(600),
        signature: Some(signature(6)),
    };
    let statement =
        OpenStatement { score: bp(6_200), stress: 100, focus: 100, authenticity: 80, heart_rate_cbpm: 6_500 };
    let authenticity = AuthenticityProof {
        device_key: key(2),
        delegation: delegated.then_some(delegation),
        algo_id: algo_id(),
        modalities: 5,
        sample_count: 120,
        window_start: time(180),
        window_end: time(300),
        challenge_height: Height::new(299),
        challenge: id("challenge"),
        sequence: 8,
        statement: Statement::Open(statement),
    };
    let proof = BiometricProof {
        validator: address(7),
        commitment: hash("samples"),
        authenticity,
        signature: signature(1),
    };
    EmotionalVote { proof, epoch: Epoch::new(10), signature: signature(2) }
}

/// A proposal that fits a block.
pub fn proposal_of(block: Block) -> BlockProposal {
    let proposal = Proposal { block_id: block.id(), height: block.header.height, ..proposals().remove(1) };
    BlockProposal { proposal, block, score: bp(4_321) }
}

pub fn block_proposal() -> BlockProposal {
    proposal_of(block())
}

pub fn consensus_messages() -> Vec<ConsensusMessage> {
    vec![
        ConsensusMessage::Vote(votes().remove(0)),
        ConsensusMessage::Proposal(Box::new(block_proposal())),
        ConsensusMessage::Polka(polka(4)),
        ConsensusMessage::Round(round_certificate(3)),
        ConsensusMessage::RequestBody(Height::new(300), id("block")),
    ]
}

pub fn status() -> Status {
    Status {
        chain_id: "codec-tests".parse().unwrap(),
        genesis_hash: hash("genesis"),
        versions: VersionRange::SUPPORTED,
        head: Height::new(300),
        head_id: id("block"),
        validators_root: hash("set"),
        earliest: Height::new(1),
    }
}

pub fn finalised_block() -> FinalisedBlock {
    let block = block();
    let certificate = CommitCertificate { block_id: block.id(), ..certificate(4) };
    FinalisedBlock { block, certificate }
}

pub fn signed_header(signers: usize) -> SignedHeader {
    let header = header();
    let certificate = CommitCertificate { block_id: header.id(), ..certificate(signers) };
    SignedHeader { header, certificate }
}

pub fn requests() -> Vec<SyncRequest> {
    vec![
        SyncRequest::Status(status()),
        SyncRequest::Blocks(Height::new(5), 20),
        SyncRequest::Headers(Height::new(5), 20),
        SyncRequest::State(b"akey".to_vec()),
        SyncRequest::Transaction(hash("transaction")),
        SyncRequest::Vote(address(7), Epoch::new(3)),
        SyncRequest::Epoch(Epoch::new(3)),
        SyncRequest::SubmitTransaction(Box::new(transaction(Action::Unbond))),
        SyncRequest::SubmitProof(Box::new(emotional_vote(true).proof)),
        SyncRequest::SubmitEvidence(Box::new(evidence().remove(2))),
        SyncRequest::Peers,
    ]
}

pub fn head_updates() -> Vec<HeadUpdate> {
    let next_set = ValidatorSet::new((0..8).map(key)).unwrap();
    let bare = HeadUpdate { head: signed_header(4), next_set: None, summary: None };
    let full = HeadUpdate { next_set: Some(next_set), summary: Some(summary(4).encode()), ..bare.clone() };
    vec![bare, full]
}

pub fn responses() -> Vec<SyncResponse> {
    let answer = |value| StateAnswer { height: Height::new(300), value, proof: vec![1, 0, 0] };
    vec![
        SyncResponse::Status(status()),
        SyncResponse::Blocks(vec![finalised_block()]),
        SyncResponse::Headers(vec![signed_header(4), signed_header(3)]),
        SyncResponse::State(answer(Some(b"value".to_vec()))),
        SyncResponse::State(answer(None)),
        SyncResponse::Refused(3),
        SyncResponse::Inclusion(InclusionAnswer {
            height: Height::new(300),
            item: vec![1, 2],
            proof: vec![3],
        }),
        SyncResponse::Epoch(Height::new(300), summary(4).encode()),
        SyncResponse::Taken(hash("transaction")),
        SyncResponse::Peers(vec!["/ip4/127.0.0.1/tcp/1/ws".to_owned(); 2]),
    ]
}
