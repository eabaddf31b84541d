//! A chain of the liar's own: its newest header names a set of keys that the liar made, which truly signed it, and
//! whoever asks for a set gets that one.
//!
//! Defence: a set counts by its root, and the root that counts is the one that the block before announced.

use emotionalchain_node::keys::Seed;
use emotionalchain_shared::{
    chain::ChainSpec,
    consensus::ValidatorSet,
    crypto::{SecretKey, SignDomain},
    wire::{HeadUpdate, SyncRequest, SyncResponse},
};

use crate::{
    folder::Failure,
    lie::{Lie, Truth, is_set, other},
    next_block::certify,
};

/// Seats of the made-up set.
const SEATS: usize = 4;

/// See the module.
pub struct WrongSet {
    domain: SignDomain,
    keys: Vec<SecretKey>,
    set: ValidatorSet,
    encoded: Vec<u8>,
}

impl WrongSet {
    /// With new keys.
    pub fn new(spec: &ChainSpec) -> Result<Self, Failure> {
        let keys =
            (0..SEATS).map(|_| Ok(Seed::random()?.signing_key())).collect::<Result<Vec<_>, Failure>>()?;
        let set = ValidatorSet::new(keys.iter().map(SecretKey::public))?;
        let encoded = borsh::to_vec(&set)?;
        Ok(Self { domain: spec.domain.clone(), keys, set, encoded })
    }
}

impl Lie for WrongSet {
    fn head(&self, truth: &Truth) -> HeadUpdate {
        let (head, root) = (&truth.update.head, self.set.root());
        let mut header = head.header.clone();
        (header.validators_root, header.next_validators_root) = (root, root);
        header.state_root = other(&header.state_root);
        match certify(&self.domain, &self.keys, &self.set, head.certificate.round, header) {
            Some(head) => HeadUpdate { head, next_set: Some(self.set.clone()), ..truth.update.clone() },
            None => truth.update.clone(),
        }
    }

    fn answer(&self, request: &SyncRequest, answer: SyncResponse, truth: &Truth) -> SyncResponse {
        match (request, answer) {
            (SyncRequest::State(key), SyncResponse::State(mut answer)) if is_set(key) => {
                answer.value = Some(self.encoded.clone());
                SyncResponse::State(answer)
            }
            (_, answer) => self.as_pushed(answer, truth),
        }
    }
}
