//! Single items of a block's lists, and the way from an item to the root for whoever wants to follow it.

#[cfg(test)]
pub(super) mod tests;

use crate::{
    chain::{EmotionalVote, Header, Transaction},
    light::AnswerError,
    merkle::{ListProof, ListProofError, list_leaf},
    primitives::{Address, Epoch, Hash},
    wire::Wire,
};

/// A hash beside the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// The hash.
    pub hash: Hash,
    /// Whether it stands left of the node that it is joined with.
    pub left: bool,
}

/// A verified way from an item to the root of its list, so that others can go it by themselves:
/// begin with `leaf`, and for each sibling upwards hash `0x01 ‖ left ‖ right`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionPath {
    /// `SHA-256(0x00 ‖ item)`.
    pub leaf: Hash,
    /// Where the proof says that the item stands, from 0.
    pub index: u64,
    /// How many items the proof says that there are.
    pub total: u64,
    /// From the leaf upwards.
    pub siblings: Vec<Sibling>,
    /// The root that the header carries.
    pub root: Hash,
}

/// The way from an item to a root of a verified header.
///
/// # Errors
/// [`AnswerError`] for a proof that does not lead there.
pub fn explain_inclusion(root: &Hash, item: &[u8], proof: &[u8]) -> Result<InclusionPath, AnswerError> {
    let proof = verify_item(root, item, proof)?;
    Ok(InclusionPath {
        leaf: list_leaf(item),
        index: proof.index,
        total: proof.total,
        siblings: proof.siblings().map(|(hash, left)| Sibling { hash: *hash, left }).collect(),
        root: *root,
    })
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
    verify_item(&header.transactions_root, &transaction.encode(), proof)?;
    Ok(transaction)
}

/// A validator's emotional vote of an epoch, once it is shown to stand in the block of `header`. It carries the
/// biometric proof that it counts.
///
/// # Errors
/// [`AnswerError`] for another vote, or a proof that does not show that.
pub fn verify_vote_inclusion(
    header: &Header,
    validator: &Address,
    epoch: Epoch,
    vote: &[u8],
    proof: &[u8],
) -> Result<EmotionalVote, AnswerError> {
    let vote = EmotionalVote::decode(vote)?;
    if vote.validator() != *validator || vote.epoch != epoch {
        return Err(AnswerError::OtherVote(vote.validator(), vote.epoch));
    }
    verify_item(&header.votes_root, &vote.encode(), proof)?;
    Ok(vote)
}

/// Whether an item stands in the list with this root.
fn verify_item(root: &Hash, item: &[u8], proof: &[u8]) -> Result<ListProof, AnswerError> {
    if proof.is_empty() {
        return Err(AnswerError::EmptyProof);
    }
    let proof = ListProof::decode(proof).map_err(|error| match error {
        ListProofError::PathLength { got: 0, .. } => AnswerError::EmptyProof,
        other => other.into(),
    })?;
    match proof.verify(root, item) {
        Err(ListProofError::Root) if proof.path.is_empty() => Err(AnswerError::EmptyProof),
        checked => checked.map(|()| proof).map_err(AnswerError::from),
    }
}
