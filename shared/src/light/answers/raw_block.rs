//! A block taken apart into the bytes of its parts, none of which is decoded.
//!
//! A full block has thousands of transactions. To show that they are the header's, their bytes are enough.

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::{
    chain::Block,
    wire::{DecodeError, MAX_BLOCK_EVIDENCE, MAX_BLOCK_TRANSACTIONS, MAX_BLOCK_VOTES, Wire},
};

/// The bytes of a block's parts; [`super::BodyCheck`] says whether they are a header's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawBlock<'a> {
    /// The encoded header.
    pub header: &'a [u8],
    /// The encoded certificate for the parent.
    pub last_commit: Option<&'a [u8]>,
    /// Encoded transactions, in the order of execution.
    pub transactions: Vec<&'a [u8]>,
    /// Encoded emotional votes.
    pub votes: Vec<&'a [u8]>,
    /// Encoded evidence.
    pub evidence: Vec<&'a [u8]>,
}

impl<'a> RawBlock<'a> {
    /// Takes an encoded block apart: no longer than a block may be, no field that a block does not have, no list longer
    /// than a block's, header and certificate once.
    ///
    /// # Errors
    /// [`DecodeError`] for the first of these rules broken.
    pub fn split(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (message, size, max) = (Block::NAME, bytes.len(), Block::MAX_BYTES);
        if size > max {
            return Err(DecodeError::TooLarge { message, size, max });
        }
        let mut header = None;
        let mut last_commit = None;
        let mut transactions = Vec::new();
        let mut votes = Vec::new();
        let mut evidence = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (field, part) = part(&mut rest).ok_or(DecodeError::Malformed { message })?;
            let (held, max) = match field {
                1 => (usize::from(header.replace(part).is_some()), 1),
                2 => (usize::from(last_commit.replace(part).is_some()), 1),
                3 => (add(&mut transactions, part), MAX_BLOCK_TRANSACTIONS),
                4 => (add(&mut votes, part), MAX_BLOCK_VOTES),
                5 => (add(&mut evidence, part), MAX_BLOCK_EVIDENCE),
                _ => return Err(DecodeError::NotCanonical { message }),
            };
            if held >= max {
                return Err(DecodeError::TooMany { message, field, max });
            }
        }
        let header = header.ok_or(Block::field("header"))?;
        Ok(Self { header, last_commit, transactions, votes, evidence })
    }
}

/// Adds a part, and says how many were there before.
fn add<'a>(list: &mut Vec<&'a [u8]>, part: &'a [u8]) -> usize {
    list.push(part);
    list.len().saturating_sub(1)
}

/// Number and bytes of the next field, which every field of a block has a length for.
fn part<'a>(rest: &mut &'a [u8]) -> Option<(u32, &'a [u8])> {
    let (field, kind) = decode_key(rest).ok()?;
    let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
    let (part, after) = rest.split_at_checked(length).filter(|_| kind == WireType::LengthDelimited)?;
    *rest = after;
    Some((field, part))
}
