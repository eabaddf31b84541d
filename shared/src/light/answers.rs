//! What a node answers, checked against a header.
//!
//! Every function here is pure over bytes and believes nothing but the header that it is given: that must be one which
//! [`super::verify`] called a success. The rules:
//!
//! - a state record is what the proof shows under the key, canonical to the last byte; absence is shown by a proof, too,
//!   never by silence;
//! - a transaction is the one asked for, and stands in the block's list. The list's root does not commit to its length,
//!   so a proof shows membership: the position that it claims is the answerer's word;
//! - an epoch's summary is the one whose hash the closing header carries.

#[cfg(test)]
mod tests;

use borsh::BorshDeserialize;
use thiserror::Error;

use crate::{
    chain::{
        EpochSummary, Header, Transaction,
        state::{Account, StateKey},
    },
    consensus::CommitCertificate,
    merkle::{ListProof, ListProofError, StateProof, StateProofError},
    primitives::{Address, Epoch, Hash},
    wire::{DecodeError, SignedHeader, Wire},
};

/// Why an answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnswerError {
    /// Not the encoding of what it should be.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The state does not hold what is claimed.
    #[error(transparent)]
    State(#[from] StateProofError),
    /// The block's list does not hold what is claimed.
    #[error(transparent)]
    List(#[from] ListProofError),
    /// A proven value that is not a record of the kind that stands under such a key.
    #[error("the value under the {0} key is not such a record")]
    Record(&'static str),
    /// Another transaction than the one asked for.
    #[error("the answer holds transaction {0}, which was not asked for")]
    OtherTransaction(Hash),
    /// The summary of another epoch.
    #[error("the answer is about epoch {0}, which was not asked for")]
    OtherEpoch(Epoch),
    /// A summary that the header does not carry.
    #[error("the header does not carry this summary")]
    Summary,
}

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
    let (root, key, proof) = (&header.state_root, key.to_bytes(), StateProof::decode(proof)?);
    match value {
        Some(value) => proof.verify_inclusion(root, &key, value)?,
        None => proof.verify_absence(root, &key)?,
    }
    Ok(())
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

/// The transaction with this id, once it is shown to stand in the block of `header`.
///
/// # Errors
/// [`AnswerError`] for another transaction, or a proof that does not show that.
pub fn verify_inclusion(
    header: &Header,
    id: &Hash,
    transaction: &[u8],
    proof: &[u8],
) -> Result<Transaction, AnswerError> {
    let transaction = Transaction::decode(transaction)?;
    if transaction.id() != *id {
        return Err(AnswerError::OtherTransaction(transaction.id()));
    }
    ListProof::decode(proof)?.verify(&header.transactions_root, &transaction.encode())?;
    Ok(transaction)
}

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
