//! A second block at the height of the newest one, with a certificate that truly verifies: a quorum of the validators'
//! keys signed both.
//!
//! Nothing protects against so many traitors. Defence: heads are compared among peers, so that it is noticed, and after
//! that nothing is believed.

use emotionalchain_shared::{chain::ChainSpec, crypto::SecretKey, wire::HeadUpdate};

use crate::{
    lie::{Lie, Truth, other},
    next_block::certify,
};

/// See the module.
pub struct Fork {
    spec: ChainSpec,
    keys: Vec<SecretKey>,
}

impl Fork {
    /// With the keys of validators.
    pub fn new(spec: &ChainSpec, keys: Vec<SecretKey>) -> Self {
        Self { spec: spec.clone(), keys }
    }
}

impl Lie for Fork {
    fn head(&self, truth: &Truth) -> HeadUpdate {
        let head = &truth.update.head;
        let mut header = head.header.clone();
        header.state_root = other(&header.state_root);
        match certify(&self.spec.domain, &self.keys, &truth.set, head.certificate.round, header) {
            Some(head) => HeadUpdate { head, ..truth.update.clone() },
            None => truth.update.clone(),
        }
    }
}
