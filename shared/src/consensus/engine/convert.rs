//! Between the types of the protocol and those of the state machine.

use malachite_types as mt;
use mt::{NilOrVal, SignedMessage};

use crate::{
    consensus::{
        CommitCertificate, PolkaCertificate, Proposal, RoundCertificate, Signers, ValidatorSet, Vote,
        VoteKind,
        engine::{
            TimerKey, TimerKind,
            context::{ProposalDoc, Tendermint, VoteDoc},
        },
    },
    crypto::Signature,
    primitives::{Address, BlockId, Height, Round},
};

pub(super) type SignedVote = mt::SignedVote<Tendermint>;
pub(super) type SignedProposal = mt::SignedProposal<Tendermint>;

pub(super) const fn round_in(round: Round) -> mt::Round {
    mt::Round::new(round.get())
}

pub(super) fn round_out(round: mt::Round) -> Option<Round> {
    round.as_u32().map(Round::new)
}

pub(super) const fn kind_in(kind: VoteKind) -> mt::VoteType {
    match kind {
        VoteKind::Prevote => mt::VoteType::Prevote,
        VoteKind::Precommit => mt::VoteType::Precommit,
    }
}

pub(super) const fn kind_out(kind: mt::VoteType) -> VoteKind {
    match kind {
        mt::VoteType::Prevote => VoteKind::Prevote,
        mt::VoteType::Precommit => VoteKind::Precommit,
    }
}

fn value_in(block_id: Option<BlockId>) -> NilOrVal<BlockId> {
    block_id.map_or(NilOrVal::Nil, NilOrVal::Val)
}

pub(super) const fn value_out(value: &NilOrVal<BlockId>) -> Option<BlockId> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(id) => Some(*id),
    }
}

pub(super) fn vote_in(vote: &Vote) -> SignedVote {
    let doc = VoteDoc {
        kind: kind_in(vote.kind),
        height: vote.height,
        round: round_in(vote.round),
        value: value_in(vote.block_id),
        validator: vote.validator,
    };
    SignedMessage::new(doc, vote.signature)
}

/// `None` for a vote of no round, which the state machine never makes.
pub(super) fn vote_out(signed: &SignedVote) -> Option<Vote> {
    let doc = &signed.message;
    Some(Vote {
        kind: kind_out(doc.kind),
        height: doc.height,
        round: round_out(doc.round)?,
        block_id: value_out(&doc.value),
        validator: doc.validator,
        signature: signed.signature,
    })
}

pub(super) fn proposal_in(proposal: &Proposal) -> SignedProposal {
    let doc = ProposalDoc {
        height: proposal.height,
        round: round_in(proposal.round),
        value: proposal.block_id,
        pol_round: proposal.pol_round.map_or(mt::Round::Nil, round_in),
        proposer: proposal.proposer,
    };
    SignedMessage::new(doc, proposal.signature)
}

/// `None` for a proposal of no round.
pub(super) fn proposal_out(signed: &SignedProposal) -> Option<Proposal> {
    let doc = &signed.message;
    Some(Proposal {
        height: doc.height,
        round: round_out(doc.round)?,
        block_id: doc.value,
        pol_round: round_out(doc.pol_round),
        proposer: doc.proposer,
        signature: signed.signature,
    })
}

/// `votes` are those of the certificate.
pub(super) fn polka_in(certificate: &PolkaCertificate, votes: &[Vote]) -> mt::PolkaCertificate<Tendermint> {
    mt::PolkaCertificate {
        height: certificate.height,
        round: round_in(certificate.round),
        value_id: certificate.block_id,
        polka_signatures: votes
            .iter()
            .map(|vote| mt::PolkaSignature::new(vote.validator, vote.signature))
            .collect(),
    }
}

pub(super) fn polka_out(
    certificate: &mt::PolkaCertificate<Tendermint>,
    set: &ValidatorSet,
) -> Option<PolkaCertificate> {
    let signatures = certificate.polka_signatures.iter().map(|one| (one.address, one.signature));
    let (signers, signatures) = assemble(set, signatures);
    Some(PolkaCertificate {
        height: certificate.height,
        round: round_out(certificate.round)?,
        block_id: certificate.value_id,
        signers,
        signatures,
    })
}

pub(super) fn commit_out(
    certificate: &mt::CommitCertificate<Tendermint>,
    set: &ValidatorSet,
) -> Option<CommitCertificate> {
    let signatures = certificate.commit_signatures.iter().map(|one| (one.address, one.signature));
    let (signers, signatures) = assemble(set, signatures);
    Some(CommitCertificate {
        height: certificate.height,
        round: round_out(certificate.round)?,
        block_id: certificate.value_id,
        signers,
        signatures,
    })
}

/// Bitmap and signatures in set order; a seat counts once, whoever has no seat not at all.
pub(super) fn assemble(
    set: &ValidatorSet,
    signatures: impl IntoIterator<Item = (Address, Signature)>,
) -> (Signers, Vec<Signature>) {
    let mut by_index = std::collections::BTreeMap::new();
    for (address, signature) in signatures {
        if let Some(index) = set.index_of(&address) {
            by_index.entry(index).or_insert(signature);
        }
    }
    (Signers::from_indices(set.len(), by_index.keys().copied()), by_index.into_values().collect())
}

pub(super) fn round_certificate_in(certificate: &RoundCertificate) -> mt::RoundCertificate<Tendermint> {
    let cert_type = if certificate.precommit {
        mt::RoundCertificateType::Precommit
    } else {
        mt::RoundCertificateType::Skip
    };
    mt::RoundCertificate {
        height: certificate.height,
        round: round_in(certificate.round),
        cert_type,
        round_signatures: certificate
            .votes
            .iter()
            .map(|vote| {
                mt::RoundSignature::new(
                    kind_in(vote.kind),
                    value_in(vote.block_id),
                    vote.validator,
                    vote.signature,
                )
            })
            .collect(),
    }
}

pub(super) fn round_certificate_out(
    certificate: &mt::RoundCertificate<Tendermint>,
) -> Option<RoundCertificate> {
    let round = round_out(certificate.round)?;
    let votes = certificate
        .round_signatures
        .iter()
        .map(|one| Vote {
            kind: kind_out(one.vote_type),
            height: certificate.height,
            round,
            block_id: value_out(&one.value_id),
            validator: one.address,
            signature: one.signature,
        })
        .collect();
    let precommit = certificate.cert_type == mt::RoundCertificateType::Precommit;
    Some(RoundCertificate { height: certificate.height, round, precommit, votes })
}

pub(super) const fn timeout_in(kind: TimerKind, round: Round) -> mt::Timeout {
    let kind = match kind {
        TimerKind::Propose => mt::TimeoutKind::Propose,
        TimerKind::Prevote => mt::TimeoutKind::Prevote,
        TimerKind::Precommit => mt::TimeoutKind::Precommit,
        TimerKind::Rebroadcast => mt::TimeoutKind::Rebroadcast,
    };
    mt::Timeout::new(round_in(round), kind)
}

/// `None` for the timer of a finalisation period, which is not used, and for one of no round.
pub(super) fn timeout_out(height: Height, timeout: mt::Timeout) -> Option<TimerKey> {
    let kind = match timeout.kind {
        mt::TimeoutKind::Propose => TimerKind::Propose,
        mt::TimeoutKind::Prevote => TimerKind::Prevote,
        mt::TimeoutKind::Precommit => TimerKind::Precommit,
        mt::TimeoutKind::Rebroadcast => TimerKind::Rebroadcast,
        mt::TimeoutKind::FinalizeHeight(_) => return None,
    };
    Some(TimerKey { height, round: round_out(timeout.round)?, kind })
}
