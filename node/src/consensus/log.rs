//! Entries of the consensus log: records of the engine, and bodies of proposals in pieces.
//!
//! A quorum that prevoted for a block must be able to decide it after a power cut of the whole network, so a body is in
//! the log before the vote that rests on it. The log's records are short; a body is cut into pieces of [`PIECE`] bytes.

use emotionalchain_shared::{
    consensus::engine::{Record, RecordError},
    wire::{BlockProposal, DecodeError, Wire},
};
use thiserror::Error;

/// Bytes of a body in one entry: with its head below the 64 KiB that a record of the log may have.
pub const PIECE: usize = 60 * 1024;

const KIND_RECORD: u8 = 0;
const KIND_PIECE: u8 = 1;
const KIND_LAST_PIECE: u8 = 2;

/// Why an entry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LogError {
    /// Not a record of the engine.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Not a proposal with its body.
    #[error(transparent)]
    Body(#[from] DecodeError),
    /// A kind of entry that this software does not write.
    #[error("log entry of unknown kind {0}")]
    Kind(u8),
    /// An entry without a byte.
    #[error("empty log entry")]
    Empty,
}

/// What a log held.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Records of the engine, in order.
    pub records: Vec<Record>,
    /// Proposals with their bodies.
    pub proposals: Vec<BlockProposal>,
}

/// The entry of an engine record.
pub fn record_entry(record: &Record) -> Vec<u8> {
    let mut entry = vec![KIND_RECORD];
    entry.extend(record.encode());
    entry
}

/// The entries of a proposal with its body.
pub fn body_entries(proposal: &BlockProposal) -> Vec<Vec<u8>> {
    let bytes = proposal.encode();
    let mut pieces = bytes.chunks(PIECE).peekable();
    let mut entries = Vec::new();
    while let Some(piece) = pieces.next() {
        let kind = if pieces.peek().is_some() { KIND_PIECE } else { KIND_LAST_PIECE };
        let mut entry = vec![kind];
        entry.extend_from_slice(piece);
        entries.push(entry);
    }
    entries
}

/// Reads a log back. Pieces of a body that a cut tail left without their end are dropped: no vote followed them.
///
/// # Errors
/// [`LogError`] for the first entry that this software did not write.
pub fn replay(entries: &[Vec<u8>]) -> Result<Replay, LogError> {
    let mut found = Replay::default();
    let mut body = Vec::new();
    for entry in entries {
        let (kind, rest) = entry.split_first().ok_or(LogError::Empty)?;
        match *kind {
            KIND_RECORD => found.records.push(Record::decode(rest)?),
            KIND_PIECE => body.extend_from_slice(rest),
            KIND_LAST_PIECE => {
                body.extend_from_slice(rest);
                found.proposals.push(BlockProposal::decode(&std::mem::take(&mut body))?);
            }
            other => return Err(LogError::Kind(other)),
        }
    }
    Ok(found)
}
