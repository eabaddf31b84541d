//! A header with another state root under the certificate of the true one: nobody signed what it says.
//!
//! Defence: a certificate is for the one header whose id it names.

use emotionalchain_shared::wire::HeadUpdate;

use crate::lie::{Lie, Truth, other};

/// See the module.
pub struct ForgedHeader;

impl Lie for ForgedHeader {
    fn head(&self, truth: &Truth) -> HeadUpdate {
        let mut update = truth.update.clone();
        let header = &mut update.head.header;
        header.state_root = other(&header.state_root);
        update
    }
}
