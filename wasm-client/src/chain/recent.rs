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
    start: Option<Trusted>,
}

impl Recent {
    /// Keeps the block that trust began at, for good.
    pub fn start(&mut self, trusted: Trusted) {
        self.start = Some(trusted);
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

    /// Trusted blocks below a height, from the newest on ever further apart, the one that trust began at last.
    pub fn below(&self, height: Height) -> Vec<Trusted> {
        let below: Vec<&Trusted> = self.trusted.iter().rev().filter(|one| one.height < height).collect();
        let apart = (0..usize::BITS).map_while(|power| below.get((1_usize << power).saturating_sub(1)));
        let start = self.start.as_ref().filter(|one| one.height < height);
        apart.copied().chain(start).cloned().collect()
    }

    fn at(&self, height: Height) -> Option<&(BlockId, SignedHeader)> {
        let at = self.headers.binary_search_by(|(_, signed)| signed.header.height.cmp(&height)).ok()?;
        self.headers.get(at)
    }
}
