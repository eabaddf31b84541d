//! A whole body against its header, in pieces.
//!
//! A megabyte takes a while to hash where there is one thread for everything. So [`BodyCheck::step`] hashes
//! [`BodyCheck::PIECE`] bytes at most, and the caller decides what happens before the next.

#[cfg(test)]
mod tests;

use super::RawBlock;
use crate::{
    chain::{EmotionalVote, Header, Transaction},
    consensus::Evidence,
    light::AnswerError,
    merkle::{list_leaf, list_node},
    primitives::{Hash, hash_bytes},
    wire::{DecodeError, Wire},
};

/// The check of one body.
#[derive(Clone, Debug)]
pub struct BodyCheck<'a> {
    lists: [List<'a>; 3],
}

/// One list on the way to its root.
#[derive(Clone, Debug)]
struct List<'a> {
    name: &'static str,
    items: std::vec::IntoIter<&'a [u8]>,
    root: Hash,
    built: Builder,
}

impl<'a> BodyCheck<'a> {
    /// Bytes hashed in one step, at most; each item counts [`Self::ITEM`] more for the hashing around it.
    pub const PIECE: usize = 64 * 1024;
    /// What an item costs beside its bytes: its own last block and the nodes above.
    pub const ITEM: usize = 192;

    /// Begins to check a block's parts against a verified header: the header is this very one, the certificate for the
    /// parent is the one that it names, and no item is longer than one may be.
    ///
    /// # Errors
    /// [`AnswerError::OtherHeader`], [`AnswerError::Body`], or [`AnswerError::Decode`] for an item that is too long.
    pub fn new(header: &Header, block: RawBlock<'a>) -> Result<Self, AnswerError> {
        if block.header != header.encode() {
            return Err(AnswerError::OtherHeader(header.height));
        }
        if block.last_commit.map(hash_bytes).unwrap_or_default() != header.last_commit_hash {
            return Err(AnswerError::Body("last commit"));
        }
        Ok(Self {
            lists: [
                List::new::<Transaction>("transactions", block.transactions, header.transactions_root)?,
                List::new::<EmotionalVote>("votes", block.votes, header.votes_root)?,
                List::new::<Evidence>("evidence", block.evidence, header.evidence_root)?,
            ],
        })
    }

    /// Hashes the next piece; true when everything is hashed and all of it is the header's.
    ///
    /// # Errors
    /// [`AnswerError::Body`] naming the list that is not the header's.
    pub fn step(&mut self) -> Result<bool, AnswerError> {
        let mut room = Self::PIECE;
        for list in &mut self.lists {
            while let Some(item) = list.items.as_slice().first() {
                let cost = item.len().saturating_add(Self::ITEM);
                let Some(left) = room.checked_sub(cost) else { return Ok(false) };
                room = left;
                list.built.add(list_leaf(item));
                list.items.next();
            }
            if list.built.root() != list.root {
                return Err(AnswerError::Body(list.name));
            }
        }
        Ok(true)
    }
}

impl<'a> List<'a> {
    fn new<T: Wire>(name: &'static str, items: Vec<&'a [u8]>, root: Hash) -> Result<Self, AnswerError> {
        if let Some(item) = items.iter().find(|item| item.len() > T::MAX_BYTES) {
            let (message, size, max) = (T::NAME, item.len(), T::MAX_BYTES);
            return Err(DecodeError::TooLarge { message, size, max }.into());
        }
        Ok(Self { name, items: items.into_iter(), root, built: Builder::default() })
    }
}

/// The root of a list that comes leaf by leaf: of each size of full subtree one at most is kept, the largest first.
#[derive(Clone, Debug, Default)]
struct Builder {
    full: Vec<(u32, Hash)>,
}

impl Builder {
    fn add(&mut self, leaf: Hash) {
        let (mut level, mut hash) = (0_u32, leaf);
        while let Some((_, left)) = self.full.pop_if(|(top, _)| *top == level) {
            hash = list_node(&left, &hash);
            level = level.saturating_add(1);
        }
        self.full.push((level, hash));
    }

    fn root(&self) -> Hash {
        let nodes = self.full.iter().rev().map(|(_, hash)| *hash);
        nodes.reduce(|right, left| list_node(&left, &right)).unwrap_or_else(|| hash_bytes(&[]))
    }
}
