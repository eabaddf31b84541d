//! The light client beside a chain whose set of validators changes at the close of an epoch.

use super::{
    harness::{Chain, at},
    orders::transactions,
};
use crate::{
    chain::{Header, state::StateKey},
    consensus::{CertificateError, CommitCertificate, SignersError, ValidatorSet, Vote, VoteKind},
    light::{LightOptions, Reason, Trusted, Verdict, verify},
    primitives::Round,
    wire::SignedHeader,
};

/// The newest header as a light client gets it, the set that signed it and the one that signs the next.
fn newest(chain: &Chain) -> (SignedHeader, ValidatorSet, ValidatorSet) {
    let (block, certificate) = chain.head.clone().unwrap();
    let set = |root| -> ValidatorSet { chain.read(StateKey::Set(root)).unwrap() };
    let (now, next) = (set(block.header.validators_root), set(block.header.next_validators_root));
    (SignedHeader { header: block.header, certificate }, now, next)
}

fn judge(chain: &Chain, trusted: &Trusted, signed: &SignedHeader, set: &ValidatorSet) -> Verdict {
    let options = LightOptions::of(chain.spec.params());
    verify(&chain.spec, &options, trusted, signed, set, signed.header.time)
}

/// Steps to the newest header; gives the set that signed it and the one that signs the next.
fn follow(chain: &Chain, trusted: &mut Trusted) -> (ValidatorSet, ValidatorSet) {
    let (signed, now, next) = newest(chain);
    assert_eq!(judge(chain, trusted, &signed, &now), Verdict::Success, "height {}", signed.header.height);
    *trusted = Trusted::from_verified(&signed, next.clone()).unwrap();
    (now, next)
}

/// A header signed by everybody in a set, whatever the chain says of it.
fn certified(chain: &Chain, header: Header, set: &ValidatorSet) -> SignedHeader {
    let (height, id) = (header.height, header.id());
    let votes: Vec<Vote> = chain
        .people
        .iter()
        .map(|one| &one.consensus)
        .filter(|key| set.contains(&key.public().address()))
        .map(|key| Vote::sign(&chain.spec.domain, key, VoteKind::Precommit, height, Round::ZERO, Some(id)))
        .collect();
    let certificate = CommitCertificate::from_votes(set, height, Round::ZERO, id, &votes).unwrap();
    SignedHeader { header, certificate }
}

/// Before the close of epoch 0, at which one of five seats is lost; and a client that is as far.
fn shrinking() -> (Chain, Trusted) {
    let mut chain = Chain::new(5);
    let mut trusted = Trusted::genesis(&chain.spec).unwrap();
    chain.run(1);
    follow(&chain, &mut trusted);
    (chain, trusted)
}

/// Before the close of epoch 0, at which four seats become five; and a client that is as far.
fn growing() -> (Chain, Trusted) {
    let mut chain = Chain::new(4);
    let mut trusted = Trusted::genesis(&chain.spec).unwrap();
    chain.run(1);
    follow(&chain, &mut trusted);
    let enrolment = chain.enroll(chain.people[4].validator(), &chain.people[4].device, 80);
    let orders = [chain.order(4, chain.register(4)), chain.later_order(4, 1, enrolment)];
    chain.advance(transactions(orders));
    follow(&chain, &mut trusted);
    chain.run(1);
    follow(&chain, &mut trusted);
    chain.votes_at(5, &[(0, 100), (1, 100), (2, 100), (3, 100), (4, 100)]);
    follow(&chain, &mut trusted);
    (chain, trusted)
}

#[test]
fn a_change_of_the_set_is_followed_header_by_header() {
    for ((mut chain, mut trusted), seats) in [(shrinking(), (5, 4)), (growing(), (4, 5))] {
        let announced = trusted.next_set.clone();
        chain.advance_at(at(30), Default::default());
        let (old, new) = follow(&chain, &mut trusted);
        assert_eq!(old, announced, "the old set signs the close");
        assert_eq!((old.len(), new.len()), seats);
        assert_ne!(old.root(), new.root());
        for _ in 0..3 {
            chain.run(1);
            assert_eq!(follow(&chain, &mut trusted), (new.clone(), new.clone()));
        }
        // Most of the genesis set signs on, so the close may be stepped over.
        let (signed, now, _) = newest(&chain);
        let genesis = Trusted::genesis(&chain.spec).unwrap();
        assert_eq!(judge(&chain, &genesis, &signed, &now), Verdict::Success);
    }
}

#[test]
fn after_the_close_the_old_set_vouches_for_nothing() {
    for (mut chain, mut trusted) in [shrinking(), growing()] {
        chain.advance_at(at(30), Default::default());
        let (old, new) = follow(&chain, &mut trusted);
        let (closing, ..) = newest(&chain);
        assert_eq!(Trusted::from_verified(&closing, old.clone()), None, "announced is the new set");

        chain.run(1);
        let (good, ..) = newest(&chain);
        assert_eq!(judge(&chain, &trusted, &good, &new), Verdict::Success);
        assert_eq!(judge(&chain, &trusted, &good, &old), Verdict::Invalid(Reason::Set));
        // All of the old set sign the header as theirs.
        let claim = Header { validators_root: old.root(), ..good.header.clone() };
        let claimed = certified(&chain, claim, &old);
        assert_eq!(judge(&chain, &trusted, &claimed, &old), Verdict::Invalid(Reason::Announced));
        assert_eq!(judge(&chain, &trusted, &claimed, &new), Verdict::Invalid(Reason::Set));
    }
}

#[test]
fn a_certificate_over_the_old_seats_does_not_fit_the_new_ones() {
    let (mut chain, mut trusted) = shrinking();
    chain.advance_at(at(30), Default::default());
    let (old, new) = follow(&chain, &mut trusted);
    chain.run(1);
    let (good, ..) = newest(&chain);
    let forged = certified(&chain, good.header, &old);
    let stray = CertificateError::Signers(SignersError::Stray { members: 4 });
    let refused = Verdict::Invalid(Reason::Certificate(stray));
    assert_eq!(judge(&chain, &trusted, &forged, &new), refused);
}
