//! What a node answers, checked against a header.
//!
//! Every function here is pure over bytes and believes nothing but the header that it is given: that must be one which
//! [`super::verify`] called a success. The rules:
//!
//! - a state record is what the proof shows under the key, canonical to the last byte; absence is shown by a proof, too,
//!   never by silence;
//! - an item of a block's list is the one asked for, and stands in the list. The list's root does not commit to its
//!   length, so a proof shows membership: the position that it claims is the answerer's word;
//! - a whole body is the one whose three list roots the header carries, see [`BodyCheck`];
//! - an epoch's summary is the one whose hash the closing header carries;
//! - a header of the past is the one whose id stands in the state after a later block;
//! - a proof without a hash beside the way fits only a tree of one leaf. Where it fits nothing it has an error of its
//!   own, because a checker that takes "nothing to check" for "nothing wrong" believes everything.

mod body;
mod error;
mod lists;
mod raw_block;
#[cfg(test)]
mod tests;

use borsh::BorshDeserialize;

pub use body::BodyCheck;
pub use error::AnswerError;
pub use lists::{InclusionPath, Sibling, explain_inclusion, verify_inclusion, verify_vote_inclusion};
pub use raw_block::RawBlock;

use crate::{
    chain::{
        EpochSummary, Header,
        state::{Account, Finalised, ScoreEntry, StateKey},
    },
    consensus::{CommitCertificate, ValidatorSet},
    crypto::PublicKey,
    merkle::{StateProof, StateProofError},
    primitives::{Address, Epoch, Hash, Height},
    wire::{DecodeError, MAX_SEATS, SignedHeader, Wire},
};

/// Reads the canonical bytes of a header and its certificate; [`super::verify`] judges them.
///
/// # Errors
/// [`AnswerError::Decode`].
pub fn read_signed_header(header: &[u8], certificate: &[u8]) -> Result<SignedHeader, AnswerError> {
    Ok(SignedHeader { header: Header::decode(header)?, certificate: CommitCertificate::decode(certificate)? })
}

/// Checks that the state after `header` holds `value` under the key, or nothing if `None`.
///
/// # Errors
/// [`AnswerError`] for a proof that does not show that.
pub fn verify_value(
    header: &Header,
    key: StateKey,
    value: Option<&[u8]>,
    proof: &[u8],
) -> Result<(), AnswerError> {
    if proof.is_empty() {
        return Err(AnswerError::EmptyProof);
    }
    // The count of siblings follows the kind.
    let bare = matches!(proof, [_, 0, 0, ..]);
    let (root, key, proof) = (&header.state_root, key.to_bytes(), StateProof::decode(proof)?);
    let shown = match value {
        Some(value) => proof.verify_inclusion(root, &key, value),
        None => proof.verify_absence(root, &key),
    };
    shown.map_err(|error| match error {
        StateProofError::Root if bare => AnswerError::EmptyProof,
        other => other.into(),
    })
}

/// The record under a key in the state after `header`; `None` if there verifiably is none.
///
/// # Errors
/// [`AnswerError`] for a proof that does not show that, or a value of another kind.
pub fn verify_record<T: BorshDeserialize>(
    header: &Header,
    key: StateKey,
    value: Option<&[u8]>,
    proof: &[u8],
) -> Result<Option<T>, AnswerError> {
    verify_value(header, key, value, proof)?;
    value.map(|bytes| T::try_from_slice(bytes).map_err(|_| AnswerError::Record(key.name()))).transpose()
}

/// Balance and nonce of an account in the state after `header`; one that never had money is empty.
///
/// # Errors
/// As [`verify_record`].
pub fn verify_account(
    header: &Header,
    address: Address,
    value: Option<&[u8]>,
    proof: &[u8],
) -> Result<Account, AnswerError> {
    Ok(verify_record(header, StateKey::Account(address), value, proof)?.unwrap_or_default())
}

/// A validator's scores in the state after `header`, one for each epoch asked for, in that order; `None` where there
/// verifiably is none. Each entry is a value and its proof.
///
/// # Errors
/// As [`verify_record`]; [`AnswerError::Count`] unless there are as many entries as epochs.
pub fn verify_scores<'a>(
    header: &Header,
    address: Address,
    epochs: &[Epoch],
    entries: &[(Option<&'a [u8]>, &'a [u8])],
) -> Result<Vec<Option<ScoreEntry>>, AnswerError> {
    if entries.len() != epochs.len() {
        return Err(AnswerError::Count { got: entries.len(), asked: epochs.len() });
    }
    let verified = epochs.iter().zip(entries).map(|(epoch, (value, proof))| {
        verify_record(header, StateKey::Score(address, *epoch), *value, proof)
    });
    verified.collect()
}

/// The header of an earlier block, by its id in the state after `header`. Value and proof are those of
/// [`StateKey::Finalised`] at that height.
///
/// # Errors
/// As [`verify_record`]; [`AnswerError::Forgotten`] where the state verifiably holds no such block, or no longer;
/// [`AnswerError::OtherHeader`] for another one.
pub fn verify_past_header(
    header: &Header,
    height: Height,
    past: &[u8],
    value: Option<&[u8]>,
    proof: &[u8],
) -> Result<Header, AnswerError> {
    let record: Option<Finalised> = verify_record(header, StateKey::Finalised(height), value, proof)?;
    let record = record.ok_or(AnswerError::Forgotten(height))?;
    let past = Header::decode(past)?;
    if past.height != height || past.id() != record.id {
        return Err(AnswerError::OtherHeader(height));
    }
    Ok(past)
}

/// The validator set with this root, which a verified header names; no other proof is needed.
///
/// # Errors
/// [`AnswerError::NoSet`] for what is not the encoding of a set, [`AnswerError::OtherSet`] for another one.
pub fn verify_set(root: &Hash, bytes: &[u8]) -> Result<ValidatorSet, AnswerError> {
    if bytes.len() > MAX_SET {
        return Err(DecodeError::TooLarge { message: "ValidatorSet", size: bytes.len(), max: MAX_SET }.into());
    }
    let set = ValidatorSet::try_from_slice(bytes).map_err(|_| AnswerError::NoSet)?;
    let found = set.root();
    if found == *root { Ok(set) } else { Err(AnswerError::OtherSet(found)) }
}

/// Bytes of the largest set: a count, and a key a seat.
const MAX_SET: usize = 4 + MAX_SEATS * PublicKey::LEN;

/// The summary of an epoch that `header` closes.
///
/// # Errors
/// [`AnswerError`] for a summary of another epoch, or one that the header does not carry.
pub fn verify_summary(header: &Header, epoch: Epoch, summary: &[u8]) -> Result<EpochSummary, AnswerError> {
    let summary = EpochSummary::decode(summary)?;
    if summary.epoch != epoch {
        return Err(AnswerError::OtherEpoch(summary.epoch));
    }
    if summary.root() != header.epoch_summary_root {
        return Err(AnswerError::Summary);
    }
    Ok(summary)
}
