//! A certificate beside the signature checks that it consists of.

use std::hint::black_box;

use emotionalchain_shared::{
    consensus::{CommitCertificate, ValidatorSet, Vote, VoteKind},
    crypto::{SecretKey, SignDomain},
    primitives::{BlockId, Height, Round, hash_bytes},
};

use crate::{Row, best};

const SEATS: usize = 100;

fn domain() -> SignDomain {
    SignDomain::new(&"bench".parse().unwrap(), &hash_bytes(b"genesis"))
}

fn keys() -> Vec<SecretKey> {
    (0..SEATS).map(|seat| SecretKey::from_seed(hash_bytes(&seat.to_be_bytes()).as_bytes())).collect()
}

/// Seconds of one strict check of ed25519-dalek on a vote, nothing around it.
pub fn bare_check() -> f64 {
    use ed25519_dalek::{Signature, Signer, SigningKey};
    let key = SigningKey::from_bytes(hash_bytes(b"key").as_bytes());
    let message = Vote::sign_body(Height::new(7), Round::ZERO, Some(&BlockId::new(hash_bytes(b"block"))));
    let signature: Signature = key.sign(&message);
    let public = key.verifying_key();
    let checks = 2_000;
    best(5, || {
        for _ in 0..checks {
            public.verify_strict(black_box(&message), black_box(&signature)).unwrap();
        }
    }) / f64::from(checks)
}

/// A certificate that every seat signed.
pub fn certificate(check: f64) -> Vec<Row> {
    eprintln!("certificate of {SEATS} seats");
    let (keys, domain) = (keys(), domain());
    let set = ValidatorSet::new(keys.iter().map(SecretKey::public)).unwrap();
    let (height, round, id) = (Height::new(7), Round::ZERO, BlockId::new(hash_bytes(b"block")));
    let votes: Vec<Vote> = keys
        .iter()
        .map(|key| Vote::sign(&domain, key, VoteKind::Precommit, height, round, Some(id)))
        .collect();
    let certificate = CommitCertificate::from_votes(&set, height, round, id, &votes).unwrap();
    let whole = best(20, || {
        black_box(certificate.verify(&domain, &set)).unwrap();
    });
    let bare = check * SEATS as f64;
    vec![Row::new(
        format!("certificate of {SEATS} seats, all signed"),
        format!("{:.2} ms", whole * 1e3),
        format!("{SEATS} bare ed25519 checks {:.2} ms: {:.2} times", bare * 1e3, whole / bare),
    )]
}
