//! The verified headers of the last minutes, and trusted blocks to walk from when one of them is disputed.

use std::collections::VecDeque;

use emotionalchain_shared::{
    light::Trusted,
    primitives::{BlockId, Height},
    wire::SignedHeader,
};

/// Headers kept: four minutes at one block a second.
const MAX_HEADERS: usize = 256;
/// Trusted blocks kept: each with a set of up to 128 seats.
const MAX_TRUSTED: usize = 32;

/// Bounded memory of what was verified, in rising heights.
#[derive(Debug, Default)]
pub struct Recent {
    headers: VecDeque<(BlockId, SignedHeader)>,
    trusted: VecDeque<Trusted>,
}

impl Recent {
    /// Keeps the block that trust began at.
    pub fn start(&mut self, trusted: Trusted) {
        self.trusted.push_back(trusted);
    }

    /// Keeps a verified header and the trusted block that it became; it is higher than all before.
    pub fn add(&mut self, signed: SignedHeader, trusted: Trusted) {
        self.headers.push_back((trusted.id, signed));
        self.trusted.push_back(trusted);
        if self.headers.len() > MAX_HEADERS {
            self.headers.pop_front();
        }
        if self.trusted.len() > MAX_TRUSTED {
            self.trusted.pop_front();
        }
    }

    /// The id of a height.
    pub fn id(&self, height: Height) -> Option<BlockId> {
        self.at(height).map(|(id, _)| *id)
    }

    /// The header of a height.
    pub fn signed(&self, height: Height) -> Option<&SignedHeader> {
        self.at(height).map(|(_, signed)| signed)
    }

    /// The newest trusted block below a height.
    pub fn below(&self, height: Height) -> Option<Trusted> {
        self.trusted.iter().rev().find(|one| one.height < height).cloned()
    }

    fn at(&self, height: Height) -> Option<&(BlockId, SignedHeader)> {
        let at = self.headers.binary_search_by(|(_, signed)| signed.header.height.cmp(&height)).ok()?;
        self.headers.get(at)
    }
}
