//! What the log holds: the causes of our votes, and our votes (protocol §7).
//!
//! A record is one byte of kind and a canonical body. Frames, checksums and the repair of a torn tail are the log's.
//! Votes and proposals of ours stand among those of others; the address tells them apart.

use thiserror::Error;

use crate::{
    consensus::{
        PolkaCertificate, Proposal, Vote,
        engine::{TimerKey, TimerKind},
    },
    primitives::{BlockId, Hash, Height, Round},
    wire::{self, DecodeError, Wire},
};

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A height was started: nothing below it is ever signed again. First record of every height.
    Height(Height),
    /// A vote was counted, or ours was signed.
    Vote(Vote),
    /// A proposal was taken up, or ours was signed.
    Proposal(Proposal),
    /// A proof of lock was taken up.
    Polka(PolkaCertificate),
    /// The verdict on a body was taken up.
    Body {
        /// Height of the block.
        height: Height,
        /// Round of its proposal.
        round: Round,
        /// The block.
        block_id: BlockId,
        /// What the host said.
        valid: bool,
    },
    /// A timer ran out.
    Timeout(TimerKey),
    /// The host built a block in our turn.
    Built {
        /// Height of the block.
        height: Height,
        /// Round to propose it in.
        round: Round,
        /// The block.
        block_id: BlockId,
    },
}

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Longer than the longest record.
    #[error("record has {0} bytes, {max} are allowed", max = Record::MAX_BYTES)]
    TooLarge(usize),
    /// No byte at all.
    #[error("record is empty")]
    Empty,
    /// An unknown kind.
    #[error("record has the unknown kind {0}")]
    Kind(u8),
    /// A body of another length than its kind has.
    #[error("record body has {got} bytes instead of {expected}")]
    Length {
        /// What the kind needs.
        expected: usize,
        /// What is there.
        got: usize,
    },
    /// A field outside its range.
    #[error("field {0} of the record is out of range")]
    Field(&'static str),
    /// The document inside is not one.
    #[error(transparent)]
    Document(#[from] DecodeError),
}

const HEIGHT: u8 = 1;
const VOTE: u8 = 2;
const PROPOSAL: u8 = 3;
const POLKA: u8 = 4;
const BODY: u8 = 5;
const TIMEOUT: u8 = 6;
const BUILT: u8 = 7;

impl Record {
    /// The longest record: a certificate and its kind.
    pub const MAX_BYTES: usize = wire::MAX_CERTIFICATE + 1;

    /// The height it belongs to.
    pub fn height(&self) -> Height {
        match self {
            Self::Height(height) | Self::Body { height, .. } | Self::Built { height, .. } => *height,
            Self::Vote(vote) => vote.height,
            Self::Proposal(proposal) => proposal.height,
            Self::Polka(certificate) => certificate.height,
            Self::Timeout(key) => key.height,
        }
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Height(height) => [&[HEIGHT], height.get().to_be_bytes().as_slice()].concat(),
            Self::Vote(vote) => [&[VOTE], vote.encode().as_slice()].concat(),
            Self::Proposal(proposal) => [&[PROPOSAL], proposal.encode().as_slice()].concat(),
            Self::Polka(certificate) => [&[POLKA], certificate.encode().as_slice()].concat(),
            Self::Body { height, round, block_id, valid } => [
                &[BODY],
                height.get().to_be_bytes().as_slice(),
                &round.get().to_be_bytes(),
                block_id.as_bytes(),
                &[u8::from(*valid)],
            ]
            .concat(),
            Self::Timeout(key) => [
                &[TIMEOUT],
                key.height.get().to_be_bytes().as_slice(),
                &key.round.get().to_be_bytes(),
                &[timer_byte(key.kind)],
            ]
            .concat(),
            Self::Built { height, round, block_id } => [
                &[BUILT],
                height.get().to_be_bytes().as_slice(),
                &round.get().to_be_bytes(),
                block_id.as_bytes(),
            ]
            .concat(),
        }
    }

    /// Reads a record; what does not re-encode to itself is refused.
    ///
    /// # Errors
    /// [`RecordError`] for the first rule broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(RecordError::TooLarge(bytes.len()));
        }
        let (kind, body) = bytes.split_first().ok_or(RecordError::Empty)?;
        match *kind {
            HEIGHT => Ok(Self::Height(height(fixed(body)?)?)),
            VOTE => Ok(Self::Vote(Vote::decode(body)?)),
            PROPOSAL => Ok(Self::Proposal(Proposal::decode(body)?)),
            POLKA => Ok(Self::Polka(PolkaCertificate::decode(body)?)),
            BODY => {
                let body: [u8; 45] = fixed(body)?;
                let (at, rest) = place(&body)?;
                let (id, valid) = rest.split_at_checked(Hash::LEN).ok_or(RecordError::Field("block_id"))?;
                let block_id = BlockId::try_from(id).map_err(|_| RecordError::Field("block_id"))?;
                let valid = match valid {
                    [0] => false,
                    [1] => true,
                    _ => return Err(RecordError::Field("valid")),
                };
                Ok(Self::Body { height: at.0, round: at.1, block_id, valid })
            }
            TIMEOUT => {
                let body: [u8; 13] = fixed(body)?;
                let (at, rest) = place(&body)?;
                let kind = match rest {
                    [0] => TimerKind::Propose,
                    [1] => TimerKind::Prevote,
                    [2] => TimerKind::Precommit,
                    _ => return Err(RecordError::Field("kind")),
                };
                Ok(Self::Timeout(TimerKey { height: at.0, round: at.1, kind }))
            }
            BUILT => {
                let body: [u8; 44] = fixed(body)?;
                let (at, rest) = place(&body)?;
                let block_id = BlockId::try_from(rest).map_err(|_| RecordError::Field("block_id"))?;
                Ok(Self::Built { height: at.0, round: at.1, block_id })
            }
            other => Err(RecordError::Kind(other)),
        }
    }
}

/// Repetition leads to no vote and is never recorded; its byte is not read back.
const fn timer_byte(kind: TimerKind) -> u8 {
    match kind {
        TimerKind::Propose => 0,
        TimerKind::Prevote => 1,
        TimerKind::Precommit => 2,
        TimerKind::Rebroadcast => 3,
    }
}

fn fixed<const N: usize>(body: &[u8]) -> Result<[u8; N], RecordError> {
    body.try_into().map_err(|_| RecordError::Length { expected: N, got: body.len() })
}

fn height(bytes: [u8; 8]) -> Result<Height, RecordError> {
    match u64::from_be_bytes(bytes) {
        0 => Err(RecordError::Field("height")),
        value => Ok(Height::new(value)),
    }
}

/// Height and round at the head of a body, and the rest.
fn place(body: &[u8]) -> Result<((Height, Round), &[u8]), RecordError> {
    let (at, rest) = body.split_first_chunk::<8>().ok_or(RecordError::Field("height"))?;
    let (round, rest) = rest.split_first_chunk::<4>().ok_or(RecordError::Field("round"))?;
    Ok(((height(*at)?, Round::new(u32::from_be_bytes(*round))), rest))
}

#[cfg(test)]
#[path = "tests/records.rs"]
mod tests;
