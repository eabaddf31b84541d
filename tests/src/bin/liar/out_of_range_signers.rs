//! A block that one validator made up and signed alone; the certificate's other signers are seats past the end of the
//! set.
//!
//! Defence: a bit past the last member makes a bitmap invalid, and is never folded into the set.

use emotionalchain_shared::{
    chain::ChainSpec,
    consensus::{Signers, ValidatorSet},
    crypto::SecretKey,
    wire::HeadUpdate,
};

use crate::{
    lie::{Lie, Truth},
    repeated_signers::OneSigner,
};

/// See the module.
pub struct OutOfRangeSigners(OneSigner);

impl OutOfRangeSigners {
    /// With the keys of validators, of which the first that has a seat signs.
    pub fn new(spec: &ChainSpec, keys: Vec<SecretKey>) -> Self {
        Self(OneSigner { spec: spec.clone(), keys })
    }
}

/// One seat, and so many past the last one that they are a quorum together.
fn beyond(index: usize, set: &ValidatorSet) -> Signers {
    let end = set.len().saturating_add(set.quorum()).saturating_sub(1);
    Signers::from_indices(end, std::iter::once(index).chain(set.len()..end))
}

impl Lie for OutOfRangeSigners {
    fn head(&self, truth: &Truth) -> HeadUpdate {
        self.0.head(truth, beyond)
    }
}
