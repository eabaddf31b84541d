//! Convictions: proven misbehaviour costs a twentieth of the bond and every seat to come, once; the innocent nothing.

use super::{
    harness::{Chain, at},
    orders::{self, evidence},
};
use crate::{
    chain::{Action, EvidenceRefusal, Ingredients, TransactionRefusal},
    consensus::{CommitCertificate, Evidence, EvidenceError, Proposal, Vote, VoteKind},
    crypto::SignDomain,
    primitives::{Amount, BlockId, Height, Round, hash_bytes},
};

fn chain() -> Chain {
    let mut chain = Chain::new(5);
    chain.run(3);
    chain
}

fn id(text: &str) -> BlockId {
    BlockId::new(hash_bytes(text.as_bytes()))
}

fn vote(chain: &Chain, who: usize, kind: VoteKind, height: u64, block: Option<BlockId>) -> Vote {
    let key = &chain.people[who].consensus;
    Vote::sign(&chain.spec.domain, key, kind, Height::new(height), Round::new(2), block)
}

/// Person `who` prevotes for a block and for nil.
fn double_vote(chain: &Chain, who: usize, height: u64) -> Evidence {
    let of = |block| vote(chain, who, VoteKind::Prevote, height, block);
    Evidence::duplicate_vote(of(Some(id("one"))), of(None))
}

fn proposal(chain: &Chain, who: usize, block: BlockId, pol: Option<u32>) -> Proposal {
    let key = &chain.people[who].consensus;
    let (height, round) = (Height::new(2), Round::new(2));
    Proposal::sign(&chain.spec.domain, key, height, round, block, pol.map(Round::new))
}

fn judge(chain: &Chain, evidence: &Evidence) -> Result<(), EvidenceRefusal> {
    chain.next().add_evidence(evidence)
}

fn emo(value: u64) -> Amount {
    Amount::from_emo(value).unwrap()
}

#[test]
fn a_conviction_burns_a_twentieth_and_happens_once() {
    let mut chain = chain();
    let before = chain.globals();
    chain.advance(evidence([double_vote(&chain, 3, 1)]));
    let (record, after) = (chain.standing(3), chain.globals());
    assert_eq!((record.bond, record.tombstoned, record.seated), (emo(9_500), true, true));
    assert_eq!(after.burned, emo(500));
    assert_eq!(after.supply, before.supply.checked_sub(emo(500)).unwrap());
    assert_eq!(judge(&chain, &double_vote(&chain, 3, 1)), Err(EvidenceRefusal::Convicted));
    assert_eq!(judge(&chain, &double_vote(&chain, 3, 2)), Err(EvidenceRefusal::Convicted), "of whatever");
    for innocent in [0, 1, 2, 4] {
        let record = chain.standing(innocent);
        assert_eq!((record.bond, record.tombstoned), (emo(10_000), false));
    }
}

#[test]
fn twice_in_one_block_convicts_once() {
    let chain = chain();
    let mut execution = chain.next();
    assert_eq!(execution.add_evidence(&double_vote(&chain, 3, 1)), Ok(()));
    assert_eq!(execution.add_evidence(&double_vote(&chain, 3, 2)), Err(EvidenceRefusal::Convicted));
    assert_eq!(execution.add_evidence(&double_vote(&chain, 2, 2)), Ok(()));
}

#[test]
fn a_convicted_validator_loses_its_seat_at_the_close_and_gets_the_rest_of_its_bond() {
    let mut chain = Chain::with(5, |params| params.unbonding_ms = 30_000);
    chain.run(3);
    chain.advance(evidence([double_vote(&chain, 3, 1)]));
    assert_eq!(chain.seats(), [0, 1, 2, 3, 4], "a set changes at a close alone");
    chain.advance_at(at(30), Ingredients::default());
    assert_eq!(chain.seats(), [0, 1, 2, 4]);
    chain.advance(orders::transactions([chain.order(3, Action::Unbond)]));
    assert_eq!(
        chain.next().add_transaction(&chain.order(3, Action::Unjail)),
        Err(TransactionRefusal::Standing)
    );
    chain.advance_at(at(60), Ingredients::default());
    assert_eq!((chain.standing(3).bond, chain.standing(3).unbond_at), (emo(9_500), Some(at(90))));
    let free = chain.account(3).balance;
    chain.advance_at(at(90), Ingredients::default());
    assert_eq!(chain.account(3).balance, free.checked_add(emo(9_500)).unwrap());
    assert_eq!(chain.seats(), [0, 1, 2, 4], "never again");
}

#[test]
fn prevotes_precommits_and_proposals_convict() {
    let chain = chain();
    for kind in [VoteKind::Prevote, VoteKind::Precommit] {
        for (one, two) in [(Some(id("one")), None), (Some(id("one")), Some(id("two")))] {
            let of = |block| vote(&chain, 3, kind, 2, block);
            assert_eq!(judge(&chain, &Evidence::duplicate_vote(of(one), of(two))), Ok(()));
        }
    }
    let of = |text, pol| proposal(&chain, 3, id(text), pol);
    assert_eq!(judge(&chain, &Evidence::duplicate_proposal(of("one", None), of("two", None))), Ok(()));
    assert_eq!(judge(&chain, &Evidence::duplicate_proposal(of("one", None), of("two", Some(1)))), Ok(()));
}

#[test]
fn what_does_not_contradict_convicts_nobody() {
    let chain = chain();
    let refused = Err(EvidenceRefusal::Invalid(EvidenceError::NoConflict));
    let same = proposal(&chain, 3, id("one"), None);
    let re_proposed = proposal(&chain, 3, id("one"), Some(1));
    assert_eq!(judge(&chain, &Evidence::duplicate_proposal(same, re_proposed)), refused, "other POL round");
    let of = |kind, height, block| vote(&chain, 3, kind, height, block);
    let one = of(VoteKind::Prevote, 2, Some(id("one")));
    let later_round = Vote::sign(
        &chain.spec.domain,
        &chain.people[3].consensus,
        VoteKind::Prevote,
        Height::new(2),
        Round::new(3),
        None,
    );
    for two in [
        one.clone(),
        of(VoteKind::Prevote, 1, None),
        of(VoteKind::Precommit, 2, None),
        later_round,
        vote(&chain, 2, VoteKind::Prevote, 2, None),
    ] {
        assert_eq!(judge(&chain, &Evidence::duplicate_vote(one.clone(), two)), refused);
    }
    // One spelling a violation: the same two votes the other way round are no second piece.
    let Evidence::DuplicateVote(first, second) = double_vote(&chain, 3, 2) else { panic!() };
    assert_eq!(judge(&chain, &Evidence::DuplicateVote(second, first)), refused);
}

#[test]
fn nobody_is_convicted_by_words_of_others() {
    let chain = chain();
    let refused = Err(EvidenceRefusal::Invalid(EvidenceError::Signature));
    let framed = |change: &dyn Fn(&mut Vote)| {
        let mut two = vote(&chain, 2, VoteKind::Prevote, 2, None);
        two.validator = chain.people[3].validator();
        change(&mut two);
        let one = vote(&chain, 3, VoteKind::Prevote, 2, Some(id("one")));
        judge(&chain, &Evidence::duplicate_vote(one, two))
    };
    assert_eq!(framed(&|_| {}), refused);
    let own = vote(&chain, 3, VoteKind::Precommit, 2, None).signature;
    assert_eq!(framed(&|vote| vote.signature = own), refused, "a precommit is no prevote");
    let other = SignDomain::new(&"other".parse().unwrap(), &chain.spec.hash);
    let foreign = Vote::sign(
        &other,
        &chain.people[3].consensus,
        VoteKind::Prevote,
        Height::new(2),
        Round::new(2),
        None,
    );
    assert_eq!(framed(&|vote| vote.signature = foreign.signature), refused, "nor of this chain");
    let unknown = double_vote(&chain, 5, 2);
    assert_eq!(judge(&chain, &unknown), Err(EvidenceRefusal::Invalid(EvidenceError::Unknown)));
}

#[test]
fn evidence_has_its_time() {
    let mut chain = Chain::with(5, |params| params.evidence_ms = 60_000);
    chain.run(1);
    let aged = |chain: &Chain, millis: u64| {
        let mut execution = chain.next_at(at(1).saturating_add(millis));
        execution.add_evidence(&double_vote(chain, 3, 1))
    };
    assert_eq!(aged(&chain, 60_000), Ok(()));
    assert_eq!(aged(&chain, 60_001), Err(EvidenceRefusal::Age(Height::new(1))));
    assert_eq!(judge(&chain, &double_vote(&chain, 3, 2)), Ok(()), "the height under decision");
    for height in [0, 3, u64::MAX] {
        let refused = Err(EvidenceRefusal::Age(Height::new(height)));
        assert_eq!(judge(&chain, &double_vote(&chain, 3, height)), refused);
    }
    // Blocks of the past are kept for exactly as long.
    chain.run(60);
    assert_eq!(judge(&chain, &double_vote(&chain, 3, 2)), Ok(()));
    assert_eq!(judge(&chain, &double_vote(&chain, 3, 1)), Err(EvidenceRefusal::Age(Height::new(1))));
}

#[test]
fn a_validator_without_a_seat_is_convicted_too() {
    let mut chain = chain();
    chain.advance(orders::transactions([chain.order(5, chain.register(5))]));
    assert_eq!(judge(&chain, &double_vote(&chain, 5, 1)), Ok(()));
}

/// A header of height 2 that was not finalised, certified by some.
fn conflict(chain: &Chain, signers: &[usize]) -> Evidence {
    let mut replay = Chain::new(5);
    replay.run(1);
    let mut block = replay.build(Ingredients::default());
    block.header.state_root = hash_bytes(b"fork");
    Evidence::ConflictingHeader(Box::new(block.header.clone()), chain.certify_by(&block, signers))
}

#[test]
fn a_conflicting_header_convicts_each_signer_and_no_other() {
    let mut chain = chain();
    let evidence_ = conflict(&chain, &[0, 1, 2, 3]);
    chain.advance(evidence([double_vote(&chain, 0, 1)]));
    chain.advance(evidence([evidence_.clone()]));
    for guilty in 0..4 {
        assert_eq!((chain.standing(guilty).tombstoned, chain.standing(guilty).bond), (true, emo(9_500)));
    }
    assert!(!chain.standing(4).tombstoned);
    assert_eq!(chain.globals().burned, emo(2_000), "person 0 was convicted before and pays once");
    assert_eq!(judge(&chain, &evidence_), Err(EvidenceRefusal::Convicted));
}

#[test]
fn a_header_convicts_only_if_it_differs_and_is_certified_for_its_height() {
    let chain = chain();
    let Evidence::ConflictingHeader(header, good) = conflict(&chain, &[0, 1, 2, 3]) else { panic!() };
    let of = |header, certificate| judge(&chain, &Evidence::ConflictingHeader(Box::new(header), certificate));
    assert_eq!(of((*header).clone(), good.clone()), Ok(()));
    let no_conflict = Err(EvidenceRefusal::Invalid(EvidenceError::NoConflict));
    let (head, own) = chain.head.clone().unwrap();
    assert_eq!(of(head.header, own), no_conflict, "the finalised one itself");
    let other = CommitCertificate { height: Height::new(3), ..good.clone() };
    assert_eq!(of((*header).clone(), other), no_conflict);
    let other = CommitCertificate { block_id: id("other"), ..good.clone() };
    assert_eq!(of((*header).clone(), other), no_conflict);
    let mut forged = good.clone();
    forged.signatures.swap(0, 1);
    let uncertified = Err(EvidenceRefusal::Invalid(EvidenceError::Certificate));
    assert_eq!(of((*header).clone(), forged), uncertified);
    let mut thin = good;
    thin.signatures.truncate(3);
    assert_eq!(of(*header, thin), uncertified);
}
