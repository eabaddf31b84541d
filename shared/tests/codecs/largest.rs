//! The largest legal value of every type fits its maximum, so that no honest message is ever refused for its size.

use emotionalchain_shared::{
    chain::{
        Action, Authorisation, Block, EpochSummary, Header, SessionDelegation, Statement, WebAuthnAssertion,
    },
    consensus::{
        CommitCertificate, Evidence, PolkaCertificate, RoundCertificate, ValidatorSet, Vote, VoteKind,
    },
    crypto::SecretKey,
    merkle::{MAX_KEY, MAX_VALUE, StateProof},
    primitives::{Amount, Epoch, Height, Nonce, Round, TimeMs},
    wire::{
        ConsensusMessage, FinalisedBlock, HeadUpdate, MAX_ADDRESS, MAX_BLOCK, MAX_EPOCH_SUMMARY,
        MAX_PEER_ADDRESSES, MAX_SEATS, MAX_SUMMARY_SCORES, MAX_SYNC_BLOCKS, SignedHeader, StateAnswer,
        Status, SyncRequest, SyncResponse, Wire,
    },
};

use crate::samples;

const TOP: Height = Height::new(u64::MAX);
const LAST: Round = Round::new(u32::MAX);
const END: TimeMs = TimeMs::from_millis(u64::MAX);

fn fits<T: Wire + PartialEq + std::fmt::Debug>(value: &T) -> usize {
    let bytes = value.encode();
    assert!(bytes.len() <= T::MAX_BYTES, "{}: {} of {}", T::NAME, bytes.len(), T::MAX_BYTES);
    assert_eq!(T::decode(&bytes).as_ref(), Ok(value));
    bytes.len()
}

fn vote() -> Vote {
    Vote { height: TOP, round: LAST, ..samples::vote(VoteKind::Precommit, Some(samples::id("block"))) }
}

fn certificate() -> CommitCertificate {
    CommitCertificate { height: TOP, round: LAST, ..samples::certificate(MAX_SEATS) }
}

fn header() -> Header {
    Header {
        version: u32::MAX,
        chain_id: "a".repeat(32).parse().unwrap(),
        height: TOP,
        build_round: LAST,
        time: END,
        epoch: Epoch::new(u64::MAX),
        ..samples::header()
    }
}

/// The largest order: a delegation by assertion.
fn transaction() -> emotionalchain_shared::chain::Transaction {
    let assertion = WebAuthnAssertion {
        authenticator_data: vec![1; 256],
        client_data_json: vec![b'x'; 1_024],
        signature: vec![2; 72],
    };
    let mut transaction = samples::transaction(Action::DelegateSession {
        device_key: samples::key(2),
        session_key: samples::key(3),
        not_before: END,
        not_after: END,
        authorisation: Authorisation::WebAuthn(assertion),
    });
    transaction.body.nonce = Nonce::new(u64::MAX);
    transaction.body.fee = Amount::from_micro(u64::MAX);
    transaction
}

/// A block of at most 1 MiB that one more transaction would burst.
fn block() -> Block {
    let transaction = transaction();
    let head = Block { header: header(), transactions: vec![], ..samples::block() };
    let entry = transaction.encode().len() + 3;
    let count = (MAX_BLOCK - head.encode().len()) / entry;
    Block { last_commit: head.last_commit.clone(), transactions: vec![transaction; count], ..head }
}

#[test]
fn consensus() {
    fits(&vote());
    let mut proposal = samples::proposals().remove(1);
    (proposal.height, proposal.round, proposal.pol_round) = (TOP, LAST, Some(Round::new(u32::MAX - 1)));
    fits(&proposal);
    fits(&certificate());
    let CommitCertificate { height, round, block_id, signers, signatures } = certificate();
    let polka = PolkaCertificate { height, round, block_id, signers, signatures };
    fits(&polka);
    let votes = vec![vote(); 2 * MAX_SEATS];
    let round = RoundCertificate { height: TOP, round: LAST, precommit: true, votes };
    fits(&round);
    fits(&ConsensusMessage::Round(round));
    fits(&ConsensusMessage::Polka(polka));
    fits(&Evidence::ConflictingHeader(Box::new(header()), certificate()));
    fits(&Evidence::DuplicateVote(vote(), vote()));
    fits(&Evidence::DuplicateProposal(proposal.clone(), proposal));
}

#[test]
fn documents() {
    fits(&header());
    fits(&transaction());
    let mut vote = samples::emotional_vote(true);
    vote.epoch = Epoch::new(i32::MAX as u64);
    let proof = &mut vote.proof.authenticity;
    (proof.window_start, proof.window_end) = (TimeMs::from_millis(i64::MAX as u64 - 1), END);
    (proof.challenge_height, proof.sequence, proof.sample_count) = (TOP, u64::MAX, 256);
    let SessionDelegation { session_key, signature, .. } = proof.delegation.unwrap();
    proof.delegation = Some(SessionDelegation { session_key, not_before: END, not_after: END, signature });
    let Statement::Open(open) = &mut proof.statement;
    open.heart_rate_cbpm = u32::MAX;
    fits(&vote.proof.authenticity);
    fits(&vote.proof);
    fits(&vote);
    let mut summary: EpochSummary = samples::summary(MAX_SEATS);
    summary.epoch = Epoch::new(u64::MAX);
    summary.rewards = vec![(summary.rewards[0].0, Amount::from_micro(u64::MAX)); 2 * MAX_SEATS];
    summary.scores = vec![summary.seats[0]; MAX_SUMMARY_SCORES];
    fits(&summary);
}

#[test]
fn full_blocks() {
    let block = block();
    assert!(fits(&block) > MAX_BLOCK - 2_000);
    let proposal = samples::proposal_of(block.clone());
    fits(&proposal);
    fits(&ConsensusMessage::Proposal(Box::new(proposal)));
    let certificate = CommitCertificate { block_id: block.id(), ..certificate() };
    let finalised = FinalisedBlock { block, certificate };
    fits(&finalised);
    fits(&SyncResponse::Blocks(vec![finalised.clone(), finalised.clone(), finalised]));
}

#[test]
fn sync() {
    let status =
        Status { chain_id: "a".repeat(32).parse().unwrap(), head: TOP, earliest: TOP, ..samples::status() };
    fits(&status);
    fits(&SyncRequest::Status(status));
    fits(&SyncRequest::Blocks(TOP, u32::MAX));
    fits(&SyncRequest::State(vec![1; MAX_KEY]));
    assert!(SyncRequest::decode(&SyncRequest::State(vec![1; MAX_KEY + 1]).encode()).is_err());
    let header = header();
    let certificate = CommitCertificate { block_id: header.id(), ..certificate() };
    let signed = SignedHeader { header, certificate };
    fits(&signed);
    let keys = (0..MAX_SEATS as u64).map(|seed| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        SecretKey::from_seed(&bytes).public()
    });
    let next_set = Some(ValidatorSet::new(keys).unwrap());
    fits(&HeadUpdate { head: signed.clone(), next_set, summary: Some(vec![1; MAX_EPOCH_SUMMARY]) });
    fits(&SyncResponse::Headers(vec![signed; MAX_SYNC_BLOCKS]));
    let (value, proof) = (Some(vec![1; MAX_VALUE]), vec![1; StateProof::MAX_ENCODED]);
    fits(&SyncResponse::State(StateAnswer { height: TOP, value, proof }));
    fits(&SyncResponse::Refused(u32::MAX));
    let conflict = Evidence::ConflictingHeader(Box::new(self::header()), self::certificate());
    fits(&SyncRequest::SubmitEvidence(Box::new(conflict)));
    fits(&SyncRequest::SubmitTransaction(Box::new(transaction())));
    fits(&SyncResponse::Peers(vec!["a".repeat(MAX_ADDRESS); MAX_PEER_ADDRESSES]));
    let long = SyncResponse::Peers(vec!["a".repeat(MAX_ADDRESS + 1)]);
    assert!(SyncResponse::decode(&long.encode()).is_err());
}
