use super::{super::*, rig::*};
use crate::{
    consensus::{CertificateError, Signers, SignersError, ValidatorSet, Vote},
    crypto::SignDomain,
    primitives::{Height, Round, hash_bytes},
};

#[test]
fn only_members_with_their_own_signature_are_heard() {
    let mut rig = Rig::new(1);
    let id = Some(block("a"));
    assert_eq!(rig.vote(vote(100, Prevote, 1, 0, id)), Admission::Rejected(Refusal::NotMember));
    let mut forged = vote(2, Prevote, 1, 0, id);
    forged.round = Round::new(1);
    assert_eq!(rig.vote(forged), Admission::Rejected(Refusal::Signature));
    let mut turned = vote(2, Prevote, 1, 0, id);
    turned.kind = Precommit;
    assert_eq!(rig.vote(turned), Admission::Rejected(Refusal::Signature));
    let elsewhere = SignDomain::new(&"devnet".parse().unwrap(), &hash_bytes(b"another genesis"));
    let foreign = Vote::sign(&elsewhere, &key(2), Prevote, Height::new(1), Round::ZERO, id);
    assert_eq!(rig.vote(foreign), Admission::Rejected(Refusal::Signature));
    assert_eq!(rig.core.counts().votes, 0);
}

#[test]
fn only_the_scheduled_proposer_is_heard() {
    let mut rig = Rig::new(1);
    let wrong = [proposal(2, 1, 0, block("a"), None), proposal(0, 1, 1, block("a"), None)];
    for proposal in wrong {
        assert_eq!(rig.feed(Event::Proposal(proposal)), Admission::Rejected(Refusal::Proposer));
    }
    let mut forged = proposal(2, 1, 0, block("a"), None);
    forged.proposer = address(0);
    assert_eq!(rig.feed(Event::Proposal(forged)), Admission::Rejected(Refusal::Signature));
    let odd = proposal(0, 1, 0, block("a"), Some(0));
    assert_eq!(rig.feed(Event::Proposal(odd)), Admission::Rejected(Refusal::Malformed));
    assert_eq!(rig.core.counts().proposals, 0);
}

#[test]
fn a_seat_of_another_epoch_is_not_heard() {
    // Height 1 belongs to seats 0..4; from height 2 seat 3 has made room for a newcomer.
    let mut rig = Rig::new(1);
    let newcomer = key(100);
    let keys = (0..3).map(|seat| key(seat).public()).chain([newcomer.public()]);
    let next = HeightStart { set: ValidatorSet::new(keys).unwrap(), ..start(2) };
    let next = HeightStart {
        schedule: Schedule { first: Height::new(2), tickets: vec![newcomer.public().address()] },
        ..next
    };
    assert_eq!(rig.vote(vote(100, Prevote, 1, 0, None)), Admission::Rejected(Refusal::NotMember));
    // Its first vote may come before we start: kept, but not passed on.
    assert_eq!(rig.vote(vote(100, Prevote, 2, 0, None)), Admission::Ignored(Ignored::FutureHeight));
    assert_eq!(rig.vote(vote(3, Prevote, 2, 0, None)), Admission::Accepted);
    assert_eq!(
        rig.feed(Event::Synced { block_id: block("a"), certificate: commit(&[0, 2, 3], 1, 0, block("a")) }),
        Admission::Accepted
    );
    assert_eq!(rig.feed(Event::StartHeight(next)), Admission::Accepted);
    assert_eq!(rig.core.counts().votes, 1, "the newcomer's");
    assert_eq!(rig.vote(vote(3, Prevote, 2, 0, None)), Admission::Rejected(Refusal::NotMember));
    assert_eq!(rig.vote(vote(100, Prevote, 2, 0, None)), Admission::Ignored(Ignored::Duplicate));
}

#[test]
fn forged_certificates_are_refused() {
    let mut rig = Rig::new(1);
    let good = polka(&[0, 2, 3], 1, 0, block("a"));
    let mut refused = |certificate: &_, why: CertificateError| {
        let certificate: &crate::consensus::PolkaCertificate = certificate;
        let admission = rig.feed(Event::Polka(certificate.clone()));
        assert_eq!(admission, Admission::Rejected(Refusal::Certificate(why)));
    };
    let mut few = good.clone();
    few.signers = Signers::from_indices(4, [0, 2]);
    few.signatures.pop();
    refused(&few, CertificateError::NoQuorum { got: 2, needed: 3 });
    let mut repeated = few.clone();
    repeated.signatures.push(good.signatures[0]);
    refused(&repeated, CertificateError::Count { signers: 2, signatures: 3 });
    let mut stray = good.clone();
    stray.signers = Signers::from_bytes(vec![0b0010_1101]).unwrap();
    stray.signatures.push(good.signatures[0]);
    refused(&stray, CertificateError::Signers(SignersError::Stray { members: 4 }));
    let mut swapped = good.clone();
    swapped.signatures.swap(0, 1);
    refused(&swapped, CertificateError::Signature(address(0)));
    let mut other = good.clone();
    other.block_id = block("b");
    refused(&other, CertificateError::Signature(address(0)));
    assert_eq!(rig.core.counts().votes, 0);
    assert_eq!(rig.feed(Event::Polka(good)), Admission::Accepted);
}

#[test]
fn round_certificates_count_distinct_seats() {
    let mut rig = Rig::new(1);
    let nil = |seat| vote(seat, Prevote, 1, 3, None);
    let mut rejected = |certificate, why| {
        assert_eq!(rig.feed(Event::Round(certificate)), Admission::Rejected(why));
    };
    rejected(skip(1, 3, vec![]), Refusal::TooFew);
    rejected(skip(1, 3, vec![nil(2)]), Refusal::TooFew);
    rejected(skip(1, 3, vec![nil(2), nil(2)]), Refusal::DuplicateSigner);
    rejected(skip(1, 3, vec![nil(2), vote(2, Precommit, 1, 3, None)]), Refusal::DuplicateSigner);
    rejected(skip(1, 3, vec![nil(2), vote(100, Prevote, 1, 3, None)]), Refusal::NotMember);
    rejected(skip(1, 3, vec![nil(2), vote(3, Prevote, 1, 2, None)]), Refusal::Malformed);
    let mut forged = nil(3);
    forged.validator = address(0);
    rejected(skip(1, 3, vec![nil(2), forged]), Refusal::Signature);
    let quorum = |votes| crate::consensus::RoundCertificate { precommit: true, ..skip(1, 3, votes) };
    rejected(quorum(vec![nil(2), nil(3), nil(0)]), Refusal::Malformed);
    let precommits = |seats: &[usize]| seats.iter().map(|seat| vote(*seat, Precommit, 1, 3, None)).collect();
    rejected(quorum(precommits(&[2, 3])), Refusal::TooFew);
    assert_eq!(rig.core.round().get(), 0);
    assert_eq!(rig.feed(Event::Round(skip(1, 3, vec![nil(2), nil(3)]))), Admission::Accepted);
    assert_eq!(rig.core.round().get(), 3);
}

#[test]
fn synced_certificates_are_verified_and_bound_to_their_block() {
    let mut rig = Rig::new(1);
    let good = commit(&[0, 2, 3], 1, 0, block("a"));
    let other = Event::Synced { block_id: block("b"), certificate: good.clone() };
    assert_eq!(rig.feed(other), Admission::Rejected(Refusal::Malformed));
    let mut forged = good.clone();
    forged.round = Round::new(1);
    let forged = Event::Synced { block_id: block("a"), certificate: forged };
    let why = CertificateError::Signature(address(0));
    assert_eq!(rig.feed(forged), Admission::Rejected(Refusal::Certificate(why)));
    assert_eq!(rig.core.decided(), None);
    let _ = rig.feed(Event::Synced { block_id: block("a"), certificate: good });
    assert_eq!(rig.core.decided(), Some(block("a")));
}

#[test]
fn a_schedule_must_fit_its_set() {
    for tickets in [vec![], vec![address(0), key(100).public().address()]] {
        let mut core = Core::new(CoreConfig::default(), domain(), Some(key(0)));
        let schedule = Schedule { first: Height::new(1), tickets };
        let start = HeightStart { schedule, ..start(1) };
        let halt = core.handle(crate::primitives::TimeMs::ZERO, Event::StartHeight(start));
        assert_eq!(halt, Err(Halt::Schedule(Height::new(1))));
    }
}

#[test]
fn a_halt_is_final() {
    let mut rig = Rig::new(1);
    let halt = Halt::Order { current: Height::new(1), got: Height::new(1) };
    assert_eq!(rig.try_feed(Event::StartHeight(start(1))), Err(halt.clone()));
    assert_eq!(rig.try_feed(Event::Vote(vote(2, Prevote, 1, 0, None))), Err(halt.clone()));
    assert_eq!(rig.core.recover(rig.at(), start(2), vec![]), Err(halt.clone()));
    assert_eq!(rig.core.halted(), Some(&halt));
}
