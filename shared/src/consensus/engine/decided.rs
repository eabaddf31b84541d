//! The decision of a height, and the precommits for it that keep coming.
//!
//! A decision needs a quorum, but honest seats beyond it are slower, not absent. The builder of the next block carries
//! the fullest certificate in `last_commit`, so that they are credited (protocol §7).

use std::collections::BTreeMap;

use crate::{
    consensus::{CommitCertificate, Signers, ValidatorSet, Vote, VoteKind},
    crypto::Signature,
    primitives::{BlockId, Height, Round},
};

/// A decision and its verified precommits, by position in the set.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) height: Height,
    pub(super) round: Round,
    pub(super) block_id: BlockId,
    seats: usize,
    signatures: BTreeMap<usize, Signature>,
}

impl Decided {
    /// From a certificate whose signatures are verified.
    pub(super) fn new(certificate: &CommitCertificate, set: &ValidatorSet) -> Self {
        let mut decided = Self {
            height: certificate.height,
            round: certificate.round,
            block_id: certificate.block_id,
            seats: set.len(),
            signatures: BTreeMap::new(),
        };
        decided.merge(certificate, set);
        decided
    }

    /// Adds a verified precommit, if it is one for this decision and its seat is not there yet.
    pub(super) fn add(&mut self, vote: &Vote, set: &ValidatorSet) {
        let fits = vote.kind == VoteKind::Precommit
            && vote.height == self.height
            && vote.round == self.round
            && vote.block_id == Some(self.block_id);
        if let Some(index) = set.index_of(&vote.validator).filter(|_| fits) {
            self.signatures.entry(index).or_insert(vote.signature);
        }
    }

    /// Adds the signatures of a verified certificate for the same block; nothing if it is of another round.
    pub(super) fn merge(&mut self, certificate: &CommitCertificate, set: &ValidatorSet) {
        for vote in certificate.votes(set).unwrap_or_default() {
            self.add(&vote, set);
        }
    }

    /// The fullest certificate so far.
    pub(super) fn certificate(&self) -> CommitCertificate {
        CommitCertificate {
            height: self.height,
            round: self.round,
            block_id: self.block_id,
            signers: Signers::from_indices(self.seats, self.signatures.keys().copied()),
            signatures: self.signatures.values().copied().collect(),
        }
    }
}
