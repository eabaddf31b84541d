//! A block that one validator made up and signed alone; the certificate lists its signature as often as a quorum needs.
//!
//! Defence: weight is counted over distinct members of the set, never by the length of a list.

use emotionalchain_shared::{
    chain::ChainSpec,
    consensus::{CommitCertificate, Signers, ValidatorSet},
    crypto::SecretKey,
    primitives::Round,
    wire::{HeadUpdate, SignedHeader},
};

use crate::{
    lie::{Lie, Truth},
    next_block::{next_header, precommit},
};

/// See the module.
pub struct RepeatedSigners(OneSigner);

impl RepeatedSigners {
    /// With the keys of validators, of which the first that has a seat signs.
    pub fn new(spec: &ChainSpec, keys: Vec<SecretKey>) -> Self {
        Self(OneSigner { spec: spec.clone(), keys })
    }
}

impl Lie for RepeatedSigners {
    fn head(&self, truth: &Truth) -> HeadUpdate {
        self.0.head(truth, |index, set| Signers::from_indices(set.len(), [index]))
    }
}

/// A validator that wants to be a quorum.
pub struct OneSigner {
    /// The chain.
    pub spec: ChainSpec,
    /// The validators' keys.
    pub keys: Vec<SecretKey>,
}

impl OneSigner {
    /// A made-up next block under one validator's signature, repeated; `signers` says of its seat and set who is said
    /// to have signed. The truth while no key has a seat.
    pub fn head(&self, truth: &Truth, signers: impl Fn(usize, &ValidatorSet) -> Signers) -> HeadUpdate {
        self.forge(truth, signers).unwrap_or_else(|| truth.update.clone())
    }

    fn forge(&self, truth: &Truth, signers: impl Fn(usize, &ValidatorSet) -> Signers) -> Option<HeadUpdate> {
        let set = truth.next_set();
        let (index, key) =
            self.keys.iter().find_map(|key| Some((set.index_of(&key.public().address())?, key)))?;
        let header = next_header(&self.spec, truth)?;
        let vote = precommit(&self.spec.domain, key, Round::default(), &header);
        let certificate = CommitCertificate {
            height: header.height,
            round: vote.round,
            block_id: header.id(),
            signers: signers(index, set),
            signatures: vec![vote.signature; set.quorum()],
        };
        Some(HeadUpdate { head: SignedHeader { header, certificate }, next_set: None, summary: None })
    }
}
