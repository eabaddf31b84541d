//! What makes an emotional vote count (protocol §5): each rule once held and once broken.

use super::{
    harness::{Chain, EPOCH, SECOND, at},
    orders::{statement, transactions, votes},
};
use crate::{
    biometrics::{OpenStatement, StatementError},
    chain::{Action, AuthenticityProof, EmotionalVote, Statement, VoteRefusal},
    primitives::{BasisPoints, BlockId, Epoch, Height, hash_bytes},
};

/// Four validators and two blocks; the next one is height 3 at 3 s.
fn chain() -> Chain {
    let mut chain = Chain::new(4);
    chain.run(2);
    chain
}

/// Judges person 0's vote after its proof was altered and signed anew.
fn judge(chain: &Chain, change: impl FnOnce(&mut AuthenticityProof)) -> Result<(), VoteRefusal> {
    let mut context = chain.authenticity(0, 100, chain.next_time());
    change(&mut context);
    let vote = chain.sign_vote(0, &chain.people[0].device, context);
    chain.next().add_vote(&vote)
}

fn stating(change: impl FnOnce(&mut OpenStatement)) -> impl FnOnce(&mut AuthenticityProof) {
    |context| {
        let Statement::Open(open) = &mut context.statement;
        change(open);
    }
}

#[test]
fn a_valid_vote_counts_once_an_epoch() {
    let mut chain = chain();
    assert_eq!(judge(&chain, |_| {}), Ok(()));
    let vote = chain.vote(0, 100);
    chain.advance(votes([vote.clone()]));
    assert_eq!(chain.standing(0).last_vote, Some((Epoch::ZERO, statement(100).score)));
    assert_eq!(chain.device(0).last_sequence, Some(0));

    let again = VoteRefusal::AlreadyVoted(chain.people[0].validator());
    assert_eq!(chain.next().add_vote(&vote), Err(again.clone()));
    assert_eq!(judge(&chain, |_| {}), Err(again));
    let later = chain.vote_at(0, 80, at(30));
    assert_eq!(chain.next_at(at(30)).add_vote(&later), Ok(()), "a new epoch, a new vote");
}

#[test]
fn vote_window_and_block_are_of_one_epoch() {
    let mut chain = chain();
    chain.advance_at(at(29), votes([]));
    let refused = Err(VoteRefusal::Epoch);
    let mut wrong = chain.vote(0, 100);
    wrong.epoch = Epoch::new(2);
    assert_eq!(chain.next_at(at(30)).add_vote(&wrong), refused);
    // The window ends in the epoch before the block's, then in the one after it.
    let early = chain.vote_at(0, 100, at(30).saturating_sub(1));
    assert_eq!(chain.next_at(at(30)).add_vote(&early), refused);
    let ahead = chain.vote_at(0, 100, at(30));
    assert_eq!(chain.next_at(at(30).saturating_sub(1)).add_vote(&ahead), refused);
    assert_eq!(chain.next_at(at(30)).add_vote(&ahead), Ok(()));
}

#[test]
fn only_registered_validators_vote() {
    let chain = chain();
    let vote = chain.vote(4, 100);
    let unknown = VoteRefusal::UnknownValidator(chain.people[4].validator());
    assert_eq!(chain.next().add_vote(&vote), Err(unknown));
}

#[test]
fn the_device_serves_this_validator() {
    let chain = chain();
    let of = |device: usize, validator: usize| {
        let context = chain.authenticity(device, 100, chain.next_time());
        chain.next().add_vote(&chain.sign_vote(validator, &chain.people[device].device, context))
    };
    assert_eq!(of(1, 1), Ok(()));
    assert_eq!(of(1, 0), Err(VoteRefusal::Device), "another validator's");
    assert_eq!(of(4, 0), Err(VoteRefusal::Device), "never enrolled");
}

#[test]
fn the_device_was_enrolled_before_the_challenge_block() {
    let mut chain = chain();
    let device = &chain.people[5].device;
    let enrolment = chain.order(0, chain.enroll(chain.people[0].validator(), device, 80));
    chain.advance(transactions([enrolment]));
    let vote = |chain: &Chain| {
        let context = chain.authenticity(5, 100, chain.next_time());
        chain.sign_vote(0, &chain.people[5].device, context)
    };
    assert_eq!(chain.height(), Height::new(3));
    assert_eq!(chain.next().add_vote(&vote(&chain)), Err(VoteRefusal::Device), "enrolled in the challenge");
    chain.run(1);
    assert_eq!(chain.next().add_vote(&vote(&chain)), Ok(()));
}

#[test]
fn a_revoked_device_counts_no_more_but_in_the_block_that_revokes_it() {
    let mut chain = chain();
    let revoke = Action::RevokeDevice { device_key: chain.people[0].device.public() };
    let mut both = transactions([chain.order(0, revoke)]);
    both.votes = vec![chain.vote(0, 100)];
    chain.advance(both);
    let vote = chain.vote_at(0, 100, at(30));
    assert_eq!(chain.next_at(at(30)).add_vote(&vote), Err(VoteRefusal::Device));
}

#[test]
fn sequence_numbers_rise_over_included_proofs() {
    let mut chain = chain();
    let device = &chain.people[0].device;
    let context = AuthenticityProof { sequence: 7, ..chain.authenticity(0, 100, chain.next_time()) };
    let vote = chain.sign_vote(0, device, context);
    chain.advance(votes([vote]));
    let next = |sequence| {
        let context = AuthenticityProof { sequence, ..chain.authenticity(0, 100, at(30)) };
        chain.next_at(at(30)).add_vote(&chain.sign_vote(0, &chain.people[0].device, context))
    };
    for got in [0, 6, 7] {
        assert_eq!(next(got), Err(VoteRefusal::Replayed { got, last: 7 }));
    }
    assert_eq!(next(8), Ok(()));
    assert_eq!(next(u64::MAX), Ok(()), "gaps are legal");
}

#[test]
fn the_challenge_is_one_of_the_last_twenty_blocks_by_its_very_id() {
    let mut chain = Chain::new(4);
    let mut ids = vec![BlockId::new(chain.spec.hash)];
    for _ in 0..24 {
        chain.run(1);
        ids.push(chain.parent_id());
    }
    // The block to come has height 25.
    let against = |height: u64, challenge| {
        judge(&chain, |context| {
            context.challenge_height = Height::new(height);
            context.challenge = challenge;
        })
    };
    for height in [5, 6, 23, 24] {
        assert_eq!(against(height, ids[height as usize]), Ok(()), "{height}");
        assert_eq!(against(height, BlockId::default()), Err(VoteRefusal::Challenge));
        assert_eq!(against(height, ids[height as usize - 1]), Err(VoteRefusal::Challenge));
    }
    for height in [1, 4, 25, 26, u64::MAX] {
        let id = ids.get(height as usize).copied().unwrap_or_default();
        assert_eq!(against(height, id), Err(VoteRefusal::Challenge), "{height}");
    }
    assert_eq!(against(0, ids[0]), Err(VoteRefusal::Device), "no device is enrolled before genesis");
}

#[test]
fn challenges_outlive_a_short_evidence_window() {
    let mut chain = Chain::with(4, |params| {
        params.epoch_ms = 25_000;
        params.evidence_ms = 25_000;
        params.block_interval_ms = 25_000;
    });
    chain.run(1);
    let (height, challenge) = (chain.height(), chain.parent_id());
    chain.run(19);
    let old = |context: &mut AuthenticityProof| {
        context.challenge_height = height;
        context.challenge = challenge;
    };
    assert_eq!(judge(&chain, old), Ok(()));
}

#[test]
fn the_window_ends_between_the_challenge_and_half_a_second_after_the_block() {
    let chain = chain();
    let ending = |time| judge(&chain, |context| context.window_end = time);
    assert_eq!(ending(at(2)), Ok(()), "at the challenge's own time");
    assert_eq!(ending(at(2).saturating_sub(1)), Err(VoteRefusal::Window));
    assert_eq!(ending(at(3).saturating_add(500)), Ok(()));
    assert_eq!(ending(at(3).saturating_add(501)), Err(VoteRefusal::Window));
}

#[test]
fn the_formulas_are_those_of_the_chain() {
    let chain = chain();
    let other = judge(&chain, |context| context.algo_id = hash_bytes(b"other"));
    assert_eq!(other, Err(VoteRefusal::Algorithm));
}

#[test]
fn statements_recompute_and_pass_their_gates() {
    let chain = chain();
    let of = |change: fn(&mut OpenStatement)| judge(&chain, stating(change));
    let statement = |error: StatementError| Err(VoteRefusal::Statement(error));
    assert_eq!(of(|_| {}), Ok(()));
    let computed = statement_score();
    let forged = of(|open| open.score = BasisPoints::MAX);
    assert_eq!(forged, statement(StatementError::Score { stated: 10_000, computed }));
    let range = StatementError::Range { field: "stress", value: 101 };
    assert_eq!(of(|open| open.stress = 101), statement(range));
    assert_eq!(of(|open| with_authenticity(open, 69)), statement(StatementError::Authenticity(69)));
    assert_eq!(of(|open| with_authenticity(open, 70)), Ok(()));
    let above = StatementError::AboveTier { stated: 81, tier: 80 };
    assert_eq!(of(|open| with_authenticity(open, 81)), statement(above));
    for (rate, expected) in [
        (2_999, statement(StatementError::HeartRate(2_999))),
        (3_000, Ok(())),
        (22_000, Ok(())),
        (22_001, statement(StatementError::HeartRate(22_001))),
    ] {
        assert_eq!(judge(&chain, stating(|open| open.heart_rate_cbpm = rate)), expected);
    }
}

fn statement_score() -> u16 {
    statement(100).score.get()
}

fn with_authenticity(open: &mut OpenStatement, authenticity: u8) {
    open.authenticity = authenticity;
    open.score = open.recompute_score().unwrap();
}

#[test]
fn both_signatures_cover_everything() {
    let chain = chain();
    let good = chain.vote(0, 100);
    let refused = |change: fn(&mut EmotionalVote)| {
        let mut vote = good.clone();
        change(&mut vote);
        assert_eq!(chain.next().add_vote(&vote), Err(VoteRefusal::Signature));
    };
    refused(|vote| vote.proof.commitment = hash_bytes(b"other"));
    refused(|vote| vote.proof.authenticity.sample_count = 119);
    refused(|vote| vote.proof.authenticity.sequence = 9);
    refused(|vote| vote.proof.signature = vote.signature);
    refused(|vote| vote.signature = vote.proof.signature);
    // Countersigned by another validator's key, then made for another chain.
    let context = || chain.authenticity(0, 100, chain.next_time());
    let mut foreign = chain.sign_vote(0, &chain.people[1].device, context());
    assert_eq!(chain.next().add_vote(&foreign), Err(VoteRefusal::Signature));
    let other = Chain::with(4, |params| params.epoch_ms = EPOCH + SECOND);
    foreign = other.sign_vote(0, &chain.people[0].device, context());
    assert_eq!(chain.next().add_vote(&foreign), Err(VoteRefusal::Signature));
}

#[test]
fn a_full_block_takes_no_more_and_a_refused_vote_leaves_no_trace() {
    let mut chain = Chain::with(4, |params| params.max_block_votes = 1);
    chain.run(2);
    let mut execution = chain.next();
    let before = chain.next().finish().writes;
    let mut forged = chain.vote(0, 100);
    forged.signature = forged.proof.signature;
    assert_eq!(execution.add_vote(&forged), Err(VoteRefusal::Signature));
    assert_eq!(execution.finish().writes, before);

    let mut execution = chain.next();
    assert_eq!(execution.add_vote(&forged), Err(VoteRefusal::Signature), "does not use up the place");
    assert_eq!(execution.add_vote(&chain.vote(0, 100)), Ok(()));
    assert_eq!(execution.add_vote(&chain.vote(1, 100)), Err(VoteRefusal::Full));
}
