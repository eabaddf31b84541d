//! Proofs that a quorum voted for one block.
//!
//! [`CommitCertificate`] (precommits) finalises; [`PolkaCertificate`] (prevotes) unlocks. Both verify alike, in this
//! order: bitmap of exactly n bits without a stray one; as many signatures as set bits; a quorum of members; every
//! signature strictly valid. The count is taken from distinct in-range members, never from the length of a list.

use emotionalchain_proto::v1;
use thiserror::Error;

use crate::{
    consensus::{Signers, SignersError, ValidatorSet, Vote, VoteKind},
    crypto::{SignDomain, Signature},
    primitives::{Address, BlockId, Hash, Height, Round, hash_bytes},
    wire::{self, DecodeError, Limit, Wire},
};

/// Why a certificate proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// The bitmap does not fit the set.
    #[error(transparent)]
    Signers(#[from] SignersError),
    /// Another number of signatures than set bits.
    #[error("certificate has {signatures} signatures for {signers} signers")]
    Count {
        /// Set bits.
        signers: usize,
        /// Signatures.
        signatures: usize,
    },
    /// Fewer members than a quorum.
    #[error("certificate has {got} signers, a quorum is {needed}")]
    NoQuorum {
        /// Members that signed.
        got: usize,
        /// Members needed.
        needed: usize,
    },
    /// A signature that does not verify.
    #[error("signature of {0} in the certificate does not verify")]
    Signature(Address),
    /// A vote that is not one for this certificate.
    #[error("a vote does not belong into the certificate")]
    Vote,
}

macro_rules! certificate {
    ($(#[$doc:meta])* $name:ident, $kind:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name {
            /// The height decided on.
            pub height: Height,
            /// The round of the votes.
            pub round: Round,
            /// The block voted for.
            pub block_id: BlockId,
            /// Who signed.
            pub signers: Signers,
            /// One signature a set bit, in set order.
            pub signatures: Vec<Signature>,
        }

        impl $name {
            /// Which votes it is made of.
            pub const KIND: VoteKind = $kind;

            /// Gathers votes of members for one block; votes of one member count once.
            ///
            /// # Errors
            /// [`CertificateError::Vote`] for a vote of another kind, height, round, block or of no member;
            /// [`CertificateError::NoQuorum`] for too few.
            pub fn from_votes<'a>(
                set: &ValidatorSet,
                height: Height,
                round: Round,
                block_id: BlockId,
                votes: impl IntoIterator<Item = &'a Vote>,
            ) -> Result<Self, CertificateError> {
                let mut by_index = std::collections::BTreeMap::new();
                for vote in votes {
                    let fits = vote.kind == Self::KIND
                        && vote.height == height
                        && vote.round == round
                        && vote.block_id == Some(block_id);
                    let index = set.index_of(&vote.validator).filter(|_| fits).ok_or(CertificateError::Vote)?;
                    by_index.entry(index).or_insert(vote.signature);
                }
                if by_index.len() < set.quorum() {
                    return Err(CertificateError::NoQuorum { got: by_index.len(), needed: set.quorum() });
                }
                Ok(Self {
                    height,
                    round,
                    block_id,
                    signers: Signers::from_indices(set.len(), by_index.keys().copied()),
                    signatures: by_index.into_values().collect(),
                })
            }

            /// Verifies against the set of its height and returns the members that signed, in set order.
            ///
            /// # Errors
            /// [`CertificateError`] for the first check that fails.
            pub fn verify(
                &self,
                domain: &SignDomain,
                set: &ValidatorSet,
            ) -> Result<Vec<Address>, CertificateError> {
                self.verify_with(domain, set, |_| false)
            }

            /// As [`Self::verify`], skipping the arithmetic of signatures that `known` has seen verify before.
            ///
            /// # Errors
            /// [`CertificateError`] for the first check that fails.
            pub fn verify_with(
                &self,
                domain: &SignDomain,
                set: &ValidatorSet,
                known: impl Fn(&Vote) -> bool,
            ) -> Result<Vec<Address>, CertificateError> {
                let votes = self.votes(set)?;
                if votes.len() < set.quorum() {
                    return Err(CertificateError::NoQuorum { got: votes.len(), needed: set.quorum() });
                }
                for vote in votes.iter().filter(|vote| !known(vote)) {
                    let key = set.key_of(&vote.validator).ok_or(CertificateError::Vote)?;
                    vote.verify(domain, key).map_err(|_| CertificateError::Signature(vote.validator))?;
                }
                Ok(votes.into_iter().map(|vote| vote.validator).collect())
            }

            /// The votes it is made of, unverified, in set order.
            ///
            /// # Errors
            /// [`CertificateError`] when bitmap, signatures and set do not fit each other.
            pub fn votes(&self, set: &ValidatorSet) -> Result<Vec<Vote>, CertificateError> {
                let indices = self.signers.indices(set.len())?;
                if indices.len() != self.signatures.len() {
                    return Err(CertificateError::Count {
                        signers: indices.len(),
                        signatures: self.signatures.len(),
                    });
                }
                let members = indices.iter().filter_map(|index| set.members().get(*index));
                Ok(members
                    .zip(&self.signatures)
                    .map(|(member, signature)| Vote {
                        kind: Self::KIND,
                        height: self.height,
                        round: self.round,
                        block_id: Some(self.block_id),
                        validator: member.address,
                        signature: *signature,
                    })
                    .collect())
            }

            /// The hash of the canonical encoding.
            pub fn hash(&self) -> Hash {
                hash_bytes(&self.encode())
            }
        }

        impl Wire for $name {
            type Proto = v1::$name;
            const NAME: &'static str = stringify!($name);
            const MAX_BYTES: usize = wire::MAX_CERTIFICATE;
            const REPEATED: &'static [Limit] = &[Limit::of(5, wire::MAX_SEATS)];

            fn to_proto(&self) -> v1::$name {
                v1::$name {
                    height: self.height.get(),
                    round: self.round.get(),
                    block_id: self.block_id.as_bytes().to_vec(),
                    signers: self.signers.as_bytes().to_vec(),
                    signatures: self.signatures.iter().map(|one| one.as_bytes().to_vec()).collect(),
                }
            }

            fn from_proto(proto: v1::$name) -> Result<Self, DecodeError> {
                if proto.signatures.len() > wire::MAX_SEATS {
                    return Err(Self::field("signatures"));
                }
                let signatures = proto
                    .signatures
                    .iter()
                    .map(|bytes| wire::fixed(Self::NAME, "signatures", bytes))
                    .collect::<Result<_, _>>()?;
                Ok(Self {
                    height: wire::height(Self::NAME, "height", proto.height)?,
                    round: Round::new(proto.round),
                    block_id: wire::fixed(Self::NAME, "block_id", &proto.block_id)?,
                    signers: Signers::from_bytes(proto.signers).ok_or(Self::field("signers"))?,
                    signatures,
                })
            }
        }
    };
}

certificate!(
    /// More than two thirds of precommits for one block: it is final.
    CommitCertificate,
    VoteKind::Precommit
);
certificate!(
    /// More than two thirds of prevotes for one block: a proof of lock.
    PolkaCertificate,
    VoteKind::Prevote
);

#[cfg(test)]
#[path = "certificate/tests.rs"]
mod tests;
