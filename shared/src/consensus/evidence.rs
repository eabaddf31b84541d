//! Self-contained proofs of misbehaviour (protocol §7).

use emotionalchain_proto::v1;
use thiserror::Error;

use crate::{
    chain::Header,
    consensus::{CommitCertificate, Proposal, ValidatorSet, Vote},
    crypto::{PublicKey, SignDomain},
    primitives::{Address, Hash, Height, hash_bytes},
    wire::{self, DecodeError, Limit, Wire},
};

/// A violation that signatures alone prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Two votes of one seat, kind, height and round for different block ids (nil against a block counts).
    DuplicateVote(Vote, Vote),
    /// Two proposals of one (height, round) for different block ids; another POL round alone does not count.
    DuplicateProposal(Proposal, Proposal),
    /// A certified header that contradicts the finalised one of its height: each of its signers is guilty.
    ConflictingHeader(Box<Header>, CommitCertificate),
}

/// Why a piece of evidence proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EvidenceError {
    /// The two documents do not contradict each other, or are not in canonical order.
    #[error("the documents of the evidence do not contradict each other")]
    NoConflict,
    /// A signature does not verify.
    #[error("a signature of the evidence does not verify")]
    Signature,
    /// The certificate does not verify against the set of its height.
    #[error("the certificate of the evidence does not verify")]
    Certificate,
    /// The accused is not registered.
    #[error("the accused validator is not known")]
    Unknown,
}

impl Evidence {
    /// Evidence from two votes, in the order that makes its encoding unique.
    pub fn duplicate_vote(one: Vote, two: Vote) -> Self {
        if one <= two { Self::DuplicateVote(one, two) } else { Self::DuplicateVote(two, one) }
    }

    /// Evidence from two proposals, in the order that makes its encoding unique.
    pub fn duplicate_proposal(one: Proposal, two: Proposal) -> Self {
        if one <= two { Self::DuplicateProposal(one, two) } else { Self::DuplicateProposal(two, one) }
    }

    /// The height at which the violation happened.
    pub fn height(&self) -> Height {
        match self {
            Self::DuplicateVote(vote, _) => vote.height,
            Self::DuplicateProposal(proposal, _) => proposal.height,
            Self::ConflictingHeader(header, _) => header.height,
        }
    }

    /// The one validator accused; `None` for a conflicting header, whose certificate names several.
    pub fn accused(&self) -> Option<Address> {
        match self {
            Self::DuplicateVote(vote, _) => Some(vote.validator),
            Self::DuplicateProposal(proposal, _) => Some(proposal.proposer),
            Self::ConflictingHeader(..) => None,
        }
    }

    /// Verifies a duplicate vote or proposal against the accused's registered key.
    ///
    /// # Errors
    /// [`EvidenceError`] unless both signatures are the accused's and the documents contradict each other.
    pub fn verify_duplicate(&self, domain: &SignDomain, key: &PublicKey) -> Result<(), EvidenceError> {
        let signed = match self {
            Self::DuplicateVote(one, two) => {
                let same_place = (one.kind, one.height, one.round, one.validator)
                    == (two.kind, two.height, two.round, two.validator);
                if !same_place || one.block_id == two.block_id || one > two {
                    return Err(EvidenceError::NoConflict);
                }
                one.verify(domain, key).and_then(|()| two.verify(domain, key))
            }
            Self::DuplicateProposal(one, two) => {
                let same_place =
                    (one.height, one.round, one.proposer) == (two.height, two.round, two.proposer);
                if !same_place || one.block_id == two.block_id || one > two {
                    return Err(EvidenceError::NoConflict);
                }
                one.verify(domain, key).and_then(|()| two.verify(domain, key))
            }
            Self::ConflictingHeader(..) => return Err(EvidenceError::NoConflict),
        };
        signed.map_err(|_| EvidenceError::Signature)
    }

    /// Verifies a conflicting header against the set and the finalised id of its height; returns the guilty.
    ///
    /// # Errors
    /// [`EvidenceError`] unless the header differs, binds to that set and carries a valid certificate.
    pub fn verify_conflict(
        &self,
        domain: &SignDomain,
        set: &ValidatorSet,
        finalised: &crate::primitives::BlockId,
    ) -> Result<Vec<Address>, EvidenceError> {
        let Self::ConflictingHeader(header, certificate) = self else {
            return Err(EvidenceError::NoConflict);
        };
        let id = header.id();
        if id == *finalised || certificate.height != header.height || certificate.block_id != id {
            return Err(EvidenceError::NoConflict);
        }
        certificate.verify(domain, set).map_err(|_| EvidenceError::Certificate)
    }

    /// The hash of the canonical encoding.
    pub fn hash(&self) -> Hash {
        hash_bytes(&self.encode())
    }
}

impl Wire for Evidence {
    type Proto = v1::Evidence;
    const NAME: &'static str = "Evidence";
    const MAX_BYTES: usize = wire::MAX_EVIDENCE;
    const REPEATED: &'static [Limit] =
        &[Limit::inside(3, 1, "ConflictingHeader", &[Limit::message::<CommitCertificate>(2, 1)])];

    fn to_proto(&self) -> v1::Evidence {
        use v1::evidence::Kind;
        let kind = match self {
            Self::DuplicateVote(one, two) => Kind::DuplicateVote(v1::DuplicateVote {
                first: Some(one.to_proto()),
                second: Some(two.to_proto()),
            }),
            Self::DuplicateProposal(one, two) => Kind::DuplicateProposal(v1::DuplicateProposal {
                first: Some(one.to_proto()),
                second: Some(two.to_proto()),
            }),
            Self::ConflictingHeader(header, certificate) => Kind::ConflictingHeader(v1::ConflictingHeader {
                header: header.encode(),
                certificate: Some(certificate.to_proto()),
            }),
        };
        v1::Evidence { kind: Some(kind) }
    }

    fn from_proto(proto: v1::Evidence) -> Result<Self, DecodeError> {
        use v1::evidence::Kind;
        Ok(match proto.kind.ok_or(Self::field("kind"))? {
            Kind::DuplicateVote(pair) => Self::DuplicateVote(
                Vote::from_proto(pair.first.ok_or(Self::field("first"))?)?,
                Vote::from_proto(pair.second.ok_or(Self::field("second"))?)?,
            ),
            Kind::DuplicateProposal(pair) => Self::DuplicateProposal(
                Proposal::from_proto(pair.first.ok_or(Self::field("first"))?)?,
                Proposal::from_proto(pair.second.ok_or(Self::field("second"))?)?,
            ),
            Kind::ConflictingHeader(conflict) => Self::ConflictingHeader(
                Box::new(Header::decode(&conflict.header)?),
                CommitCertificate::from_proto(conflict.certificate.ok_or(Self::field("certificate"))?)?,
            ),
        })
    }
}
