//! Lesson 1: the certificate for the parent counts distinct members in range, and every signature is verified.

use super::harness::{Chain, at};
use crate::{
    chain::{Block, ExecutionError, Ingredients, InvalidBlock},
    consensus::{CertificateError, CommitCertificate, Evidence, Signers, Vote, VoteKind},
    crypto::Signature,
    primitives::{BlockId, Height, Round},
};

fn chain() -> Chain {
    let mut chain = Chain::new(4);
    chain.run(3);
    chain
}

/// The next block, as it would be with another certificate for its parent.
fn carrying(chain: &Chain, certificate: Option<CommitCertificate>) -> Block {
    let mut block = chain.build(Ingredients::default());
    block.header.last_commit_hash = Block::last_commit_hash(certificate.as_ref());
    block.last_commit = certificate;
    block
}

/// Whether a builder can build on another certificate for its parent, and voters accept what it built.
fn holds(chain: &mut Chain, certificate: CommitCertificate) -> bool {
    let (head, own) = chain.head.take().unwrap();
    chain.head = Some((head.clone(), certificate));
    let block = chain.build_at(chain.next_time(), 0, Ingredients::default());
    let held = block.is_ok_and(|built| chain.verify(&built.block).is_ok());
    chain.head = Some((head, own));
    held
}

fn refusal(chain: &Chain, certificate: Option<CommitCertificate>) -> InvalidBlock {
    chain.verify(&carrying(chain, certificate)).unwrap_err()
}

#[test]
fn block_one_links_to_genesis_and_carries_no_certificate() {
    let chain = Chain::new(4);
    let good = chain.build(Ingredients::default());
    assert_eq!(good.header.parent_id, BlockId::new(chain.spec.hash));
    assert!(chain.verify(&good).is_ok());
    let certificate = chain.certify_by(&good, &[0, 1, 2]);
    assert_eq!(refusal(&chain, Some(certificate)), ExecutionError::Parent.into());
    let mut other = good;
    other.header.parent_id = BlockId::default();
    assert_eq!(chain.verify(&other).unwrap_err(), ExecutionError::Parent.into());
}

#[test]
fn later_blocks_need_a_certificate_for_their_very_parent() {
    let chain = chain();
    let good = chain.last_commit().unwrap();
    assert!(chain.verify(&carrying(&chain, Some(good.clone()))).is_ok());
    assert_eq!(refusal(&chain, None), ExecutionError::Parent.into());
    let lower = CommitCertificate { height: Height::new(2), ..good.clone() };
    assert_eq!(refusal(&chain, Some(lower)), ExecutionError::Parent.into());
    let other = CommitCertificate { block_id: BlockId::default(), ..good };
    assert_eq!(refusal(&chain, Some(other)), ExecutionError::Parent.into());
}

#[test]
fn the_certificate_may_be_of_any_round() {
    let mut chain = chain();
    let (head, _) = chain.head.clone().unwrap();
    for round in [0, 1, 7] {
        let (set, votes) = chain.precommits(&head, round, &[0, 2, 3]);
        let (height, id) = (head.header.height, head.id());
        let made = CommitCertificate::from_votes(&set, height, Round::new(round), id, &votes).unwrap();
        assert!(holds(&mut chain, made.clone()));
        let claimed = CommitCertificate { round: Round::new(round + 1), ..made };
        assert!(!holds(&mut chain, claimed.clone()));
        let error = refusal(&chain, Some(claimed));
        assert!(matches!(error, InvalidBlock::Execution(ExecutionError::Certificate(_))));
    }
}

#[test]
fn repeated_stray_missing_and_forged_signers_make_no_quorum() {
    let chain = chain();
    let good = chain.certify_by(&chain.head.as_ref().unwrap().0, &[0, 1, 2, 3]);
    let with = |bits: Vec<u8>, signatures: Vec<Signature>| CommitCertificate {
        signers: Signers::from_bytes(bits).unwrap(),
        signatures,
        ..good.clone()
    };
    let of = |certificate| match refusal(&chain, Some(certificate)) {
        InvalidBlock::Execution(ExecutionError::Certificate(error)) => error,
        other => panic!("{other}"),
    };
    let all = good.signatures.clone();
    let repeated = with(vec![0b0001], vec![all[0]; 3]);
    assert_eq!(of(repeated), CertificateError::Count { signers: 1, signatures: 3 });
    assert!(matches!(of(with(vec![0b0011_0001], all[..3].to_vec())), CertificateError::Signers(_)));
    assert!(matches!(of(with(vec![0b0000_1111, 1], all.clone())), CertificateError::Signers(_)));
    assert!(matches!(of(with(vec![], vec![])), CertificateError::Signers(_)));
    let thin = with(vec![0b0011], all[..2].to_vec());
    assert_eq!(of(thin), CertificateError::NoQuorum { got: 2, needed: 3 });
    let mut swapped = all.clone();
    swapped.swap(1, 2);
    assert!(matches!(of(with(vec![0b1111], swapped)), CertificateError::Signature(_)));
    // More than a quorum is valid; one bad signature among it still is not.
    let mut spoiled = all;
    spoiled[3] = Signature::new([1; 64]);
    assert!(matches!(of(with(vec![0b1111], spoiled)), CertificateError::Signature(_)));
}

#[test]
fn prevotes_and_other_chains_do_not_certify() {
    let chain = chain();
    let other = Chain::with(4, |params| params.epoch_ms = 40_000);
    let (head, _) = chain.head.as_ref().unwrap();
    let good = chain.last_commit().unwrap();
    let signed = |domain, kind| {
        let sign = |who: usize| {
            let (key, height) = (&chain.people[who].consensus, head.header.height);
            Vote::sign(domain, key, kind, height, Round::ZERO, Some(head.id()))
        };
        let mut votes: Vec<Vote> = (0..4).map(sign).collect();
        votes.sort_by_key(|vote| vote.validator);
        CommitCertificate {
            signatures: votes.into_iter().map(|vote| vote.signature).collect(),
            ..good.clone()
        }
    };
    assert!(chain.verify(&carrying(&chain, Some(signed(&chain.spec.domain, VoteKind::Precommit)))).is_ok());
    for wrong in
        [signed(&chain.spec.domain, VoteKind::Prevote), signed(&other.spec.domain, VoteKind::Precommit)]
    {
        let error = refusal(&chain, Some(wrong));
        let expected = InvalidBlock::Execution(ExecutionError::Certificate(CertificateError::Signature(
            chain.people.iter().take(4).map(|one| one.validator()).min().unwrap(),
        )));
        assert_eq!(error, expected);
    }
}

#[test]
fn only_the_scheduled_builder_with_its_next_reveal_may_build() {
    let chain = chain();
    let place = chain.place(at(4), 0);
    for who in 0..4 {
        let one = &chain.people[who];
        let mut block = chain.build(Ingredients::default());
        block.header.proposer = one.validator();
        let spent = one.randomness.position(&chain.standing(who).randomness_tip).unwrap();
        block.header.randomness_reveal = one.randomness.reveal(spent).unwrap();
        let result = chain.verify(&block);
        assert_eq!(result.is_ok(), one.validator() == place.proposer);
        if result.is_ok() {
            for wrong in [spent.wrapping_sub(1), spent + 1] {
                if let Some(reveal) = one.randomness.reveal(wrong) {
                    block.header.randomness_reveal = reveal;
                    assert_eq!(chain.verify(&block).unwrap_err(), ExecutionError::Reveal.into());
                }
            }
        }
    }
}

#[test]
fn a_sibling_of_the_parent_is_no_parent() {
    let mut chain = chain();
    let sibling = chain.build_at(at(4), 1, Ingredients::default()).unwrap().block;
    let chosen = chain.build_at(at(4), 0, Ingredients::default()).unwrap().block;
    let certificate = chain.certify_by(&sibling, &[0, 1, 2]);
    chain.commit(chosen);
    assert_eq!(refusal(&chain, Some(certificate.clone())), ExecutionError::Parent.into());
    // That two ids of one height are certified is evidence against every signer of the other one.
    let evidence = Evidence::ConflictingHeader(Box::new(sibling.header), certificate);
    assert_eq!(chain.next().add_evidence(&evidence), Ok(()));
}
