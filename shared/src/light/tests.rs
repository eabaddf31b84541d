use super::*;
use crate::{
    chain::{ChainSpec, Genesis, GenesisValidator, Header, PROTOCOL_VERSION, Params},
    consensus::{CommitCertificate, ValidatorSet, Vote, VoteKind},
    crypto::SecretKey,
    primitives::{Address, BlockId, Epoch, Hash, Height, Round, TimeMs},
    wire::{SignedHeader, Wire},
};

pub(super) const START: u64 = 1_000_000;

pub(super) fn keys(seeds: std::ops::Range<u8>) -> Vec<SecretKey> {
    seeds.map(|seed| SecretKey::from_seed(&[seed; 32])).collect()
}

pub(super) fn set(keys: &[SecretKey]) -> ValidatorSet {
    ValidatorSet::new(keys.iter().map(SecretKey::public)).unwrap()
}

pub(super) fn spec(keys: &[SecretKey]) -> ChainSpec {
    let params = Params::default();
    let validator = |key: &SecretKey| GenesisValidator {
        account: key.public().address(),
        consensus_key: key.public(),
        peer_id: vec![1],
        bond: params.min_bond,
        randomness_tip: Hash::default(),
    };
    ChainSpec::new(Genesis {
        chain_id: "light".parse().unwrap(),
        time_ms: TimeMs::from_millis(START),
        accounts: Vec::new(),
        validators: keys.iter().map(validator).collect(),
        devices: Vec::new(),
        params,
    })
    .unwrap()
}

pub(super) fn header(height: u64, parent: BlockId, now: &ValidatorSet, next: &ValidatorSet) -> Header {
    Header {
        version: PROTOCOL_VERSION,
        chain_id: "light".parse().unwrap(),
        height: Height::new(height),
        build_round: Round::ZERO,
        time: TimeMs::from_millis(START + height * 1_000),
        epoch: Epoch::ZERO,
        parent_id: parent,
        last_commit_hash: Hash::default(),
        proposer: Address::new([0; 20]),
        randomness_reveal: Hash::default(),
        transactions_root: Hash::default(),
        votes_root: Hash::default(),
        evidence_root: Hash::default(),
        state_root: Hash::default(),
        validators_root: now.root(),
        next_validators_root: next.root(),
        epoch_summary_root: Hash::default(),
    }
}

pub(super) fn sign(
    spec: &ChainSpec,
    header: Header,
    set: &ValidatorSet,
    signers: &[SecretKey],
) -> SignedHeader {
    let (height, round, id) = (header.height, Round::ZERO, header.id());
    let votes: Vec<Vote> = signers
        .iter()
        .map(|key| Vote::sign(&spec.domain, key, VoteKind::Precommit, height, round, Some(id)))
        .collect();
    let certificate = CommitCertificate::from_votes(set, height, round, id, &votes).unwrap();
    SignedHeader { header, certificate }
}

fn judge(spec: &ChainSpec, trusted: &Trusted, signed: &SignedHeader, set: &ValidatorSet) -> Verdict {
    let now = TimeMs::from_millis(START + 1_000_000);
    verify(spec, &LightOptions::of(spec.params()), trusted, signed, set, now)
}

#[test]
fn the_next_header_must_link_to_the_trusted_one_and_its_set() {
    let keys = keys(1..5);
    let (spec, set) = (spec(&keys), set(&keys));
    let trusted = Trusted::genesis(&spec).unwrap();
    let good = sign(&spec, header(1, trusted.id, &set, &set), &set, &keys);
    assert_eq!(judge(&spec, &trusted, &good, &set), Verdict::Success);

    let unlinked = sign(&spec, header(1, BlockId::default(), &set, &set), &set, &keys);
    assert_eq!(judge(&spec, &trusted, &unlinked, &set), Verdict::Invalid(Reason::Parent));

    let strangers = self::keys(50..54);
    let other = self::set(&strangers);
    let foreign = sign(&spec, header(1, trusted.id, &other, &other), &other, &strangers);
    assert_eq!(judge(&spec, &trusted, &foreign, &other), Verdict::Invalid(Reason::Announced));
    assert_eq!(judge(&spec, &trusted, &good, &other), Verdict::Invalid(Reason::Set));
}

#[test]
fn a_jump_needs_more_than_a_third_of_the_trusted_set() {
    let old = keys(1..7);
    let spec = spec(&old);
    let trusted = Trusted::genesis(&spec).unwrap();
    for (kept, expected) in [(2, Verdict::NotEnoughTrust), (3, Verdict::Success)] {
        let mut keys: Vec<SecretKey> = old[..kept].to_vec();
        keys.extend(self::keys(60..64));
        let new = set(&keys);
        let signed = sign(&spec, header(9, BlockId::default(), &new, &new), &new, &keys);
        assert_eq!(judge(&spec, &trusted, &signed, &new), expected, "{kept} of six stayed");
    }
}

#[test]
fn time_chain_and_certificate_are_checked() {
    let keys = keys(1..5);
    let (spec, set) = (spec(&keys), set(&keys));
    let trusted = Trusted::genesis(&spec).unwrap();
    let good = sign(&spec, header(1, trusted.id, &set, &set), &set, &keys);
    let options = LightOptions::of(spec.params());
    let late = TimeMs::from_millis(START + options.trusting_ms);
    assert_eq!(
        verify(&spec, &options, &trusted, &good, &set, late),
        Verdict::Invalid(Reason::Expired(trusted.time))
    );
    let early = TimeMs::from_millis(good.header.time.millis() - options.drift_ms - 1);
    assert_eq!(
        verify(&spec, &options, &trusted, &good, &set, early),
        Verdict::Invalid(Reason::Future(good.header.time))
    );
    let mut version = good.clone();
    version.header.version = 2;
    assert_eq!(judge(&spec, &trusted, &version, &set), Verdict::Invalid(Reason::Chain));
    let mut altered = good.clone();
    altered.header.state_root = crate::primitives::hash_bytes(b"x");
    assert_eq!(judge(&spec, &trusted, &altered, &set), Verdict::Invalid(Reason::OtherHeader));
    let mut forged = good.clone();
    forged.certificate.signatures.swap(0, 1);
    assert!(matches!(judge(&spec, &trusted, &forged, &set), Verdict::Invalid(Reason::Certificate(_))));
    let after = Trusted::from_verified(&good, set.clone()).unwrap();
    assert!(matches!(judge(&spec, &after, &good, &set), Verdict::Invalid(Reason::Height { .. })));
    assert!(Trusted::from_verified(&good, self::set(&self::keys(9..12))).is_none());
}

/// Every copy with one bit changed.
fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut copy = bytes.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        copy
    })
}

#[test]
fn one_bit_anywhere_in_header_certificate_or_set_is_refused() {
    let keys = keys(1..8);
    let (spec, set) = (spec(&keys), set(&keys));
    let trusted = Trusted::genesis(&spec).unwrap();
    // Adjacent and skipped, signed by all and by a bare quorum.
    for (height, signers) in [(1, 7), (1, 5), (9, 7), (9, 5)] {
        let good = sign(&spec, header(height, trusted.id, &set, &set), &set, &keys[..signers]);
        assert_eq!(judge(&spec, &trusted, &good, &set), Verdict::Success);
        let (header, certificate) = (good.header.encode(), good.certificate.encode());
        let refused = |header: &[u8], certificate: &[u8]| {
            read_signed_header(header, certificate)
                .map_or(true, |signed| judge(&spec, &trusted, &signed, &set) != Verdict::Success)
        };
        assert!(!refused(&header, &certificate));
        assert!(flipped(&header).all(|header| refused(&header, &certificate)));
        assert!(flipped(&certificate).all(|certificate| refused(&header, &certificate)));
    }
    let good = sign(&spec, header(1, trusted.id, &set, &set), &set, &keys);
    for bytes in flipped(&borsh::to_vec(&set).unwrap()) {
        let Ok(other) = borsh::from_slice::<ValidatorSet>(&bytes) else { continue };
        assert_eq!(judge(&spec, &trusted, &good, &other), Verdict::Invalid(Reason::Set));
        assert!(Trusted::from_verified(&good, other).is_none());
    }
}

#[test]
fn a_quorum_less_one_is_invalid_even_where_the_trusted_third_signed() {
    let keys = keys(1..8);
    let (spec, set) = (spec(&keys), set(&keys));
    let trusted = Trusted::genesis(&spec).unwrap();
    for height in [1, 9] {
        let mut signed = sign(&spec, header(height, trusted.id, &set, &set), &set, &keys);
        signed.certificate.signers = crate::consensus::Signers::from_indices(7, 0..4);
        signed.certificate.signatures.truncate(4);
        let few = crate::consensus::CertificateError::NoQuorum { got: 4, needed: 5 };
        assert_eq!(judge(&spec, &trusted, &signed, &set), Verdict::Invalid(Reason::Certificate(few)));
    }
}

#[test]
fn a_checkpoint_is_the_block_of_its_height_and_id() {
    let keys = keys(1..5);
    let (spec, set) = (spec(&keys), set(&keys));
    let good = sign(&spec, header(40, BlockId::default(), &set, &set), &set, &keys);
    let (height, id) = (good.header.height, good.header.id());
    let begin = |height, id, signed: &SignedHeader, set: &ValidatorSet| {
        Trusted::checkpoint(&spec, height, id, signed, set.clone())
    };
    assert_eq!(begin(height, id, &good, &set), Ok(Trusted::from_verified(&good, set.clone()).unwrap()));
    assert_eq!(begin(Height::new(41), id, &good, &set), Err(Reason::OtherHeader));
    assert_eq!(begin(height, BlockId::default(), &good, &set), Err(Reason::OtherHeader));
    let other = self::set(&self::keys(9..12));
    assert_eq!(begin(height, id, &good, &other), Err(Reason::Set));
    let mut foreign = good;
    foreign.header.chain_id = "other".parse().unwrap();
    assert_eq!(begin(height, foreign.header.id(), &foreign, &set), Err(Reason::Chain));
}

#[test]
fn reasons_have_the_published_codes() {
    let codes = [
        (Reason::Chain, "other-chain"),
        (Reason::OtherHeader, "forged-header"),
        (Reason::Expired(TimeMs::ZERO), "trust-expired"),
        (Reason::Future(TimeMs::ZERO), "future-header"),
        (Reason::Height { got: Height::ZERO, trusted: Height::ZERO }, "stale-head"),
        (Reason::Time(TimeMs::ZERO), "stale-head"),
        (Reason::Set, "wrong-set"),
        (Reason::Announced, "wrong-set"),
        (Reason::Parent, "forged-header"),
        (Reason::Certificate(crate::consensus::CertificateError::Vote), "bad-certificate"),
    ];
    for (reason, code) in codes {
        assert_eq!(reason.code(), code);
    }
}
