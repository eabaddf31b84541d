//! Building a block: the steps of verification, leaving out what is refused.

use crate::{
    chain::{
        Block, EmotionalVote, Header, PROTOCOL_VERSION, Transaction,
        execution::{BlockPlace, ChainSpec, Execution, SeenSignatures},
        verify::{InvalidBlock, LedgerDyn, Transition, results, transition},
    },
    consensus::{CommitCertificate, Evidence},
    primitives::Hash,
    wire::{MAX_BLOCK_EVIDENCE, MAX_BLOCK_TRANSACTIONS, MAX_CERTIFICATE, MAX_HEADER, Wire},
};

/// What a block may be built from, each list in the order of preference.
#[derive(Clone, Debug, Default)]
pub struct Ingredients {
    /// Emotional votes.
    pub votes: Vec<EmotionalVote>,
    /// Evidence.
    pub evidence: Vec<Evidence>,
    /// Transactions.
    pub transactions: Vec<Transaction>,
}

/// A block of one's own, and what it changes.
#[derive(Clone, Debug)]
pub struct Built {
    /// The block.
    pub block: Block,
    /// What it changes.
    pub transition: Transition,
    /// Ids of transactions that were offered and refused.
    pub refused: Vec<Hash>,
}

/// Framing of one entry in the block's encoding.
const ENTRY: usize = 8;

/// Builds a block that [`super::verify_block`] accepts on the same state.
///
/// # Errors
/// [`InvalidBlock`] when no block can stand at this place.
pub fn build_block(
    spec: &ChainSpec,
    ledger: &dyn LedgerDyn,
    seen: &dyn SeenSignatures,
    place: BlockPlace,
    last_commit: Option<CommitCertificate>,
    ingredients: Ingredients,
) -> Result<Built, InvalidBlock> {
    let mut execution = Execution::begin(spec, ledger.as_state(), seen, place, last_commit.as_ref())?;
    let max = usize::try_from(spec.params().max_block_bytes).unwrap_or(usize::MAX);
    let mut room = max.saturating_sub(MAX_HEADER.saturating_add(MAX_CERTIFICATE));
    // What is left after an entry; what is refused afterwards takes no room.
    let after = |room: usize, entry: Vec<u8>| room.checked_sub(entry.len().saturating_add(ENTRY));

    let mut evidence = Vec::new();
    let mut votes = Vec::new();
    for vote in ingredients.votes {
        if let Some(left) = after(room, vote.encode())
            && execution.add_vote(&vote).is_ok()
        {
            room = left;
            votes.push(vote);
        }
    }
    for piece in ingredients.evidence {
        if evidence.len() < MAX_BLOCK_EVIDENCE
            && let Some(left) = after(room, piece.encode())
            && execution.add_evidence(&piece).is_ok()
        {
            room = left;
            evidence.push(piece);
        }
    }
    let mut transactions = Vec::new();
    let mut refused = Vec::new();
    for transaction in ingredients.transactions {
        let left = after(room, transaction.encode()).filter(|_| transactions.len() < MAX_BLOCK_TRANSACTIONS);
        let Some(left) = left else { break };
        match execution.add_transaction(&transaction) {
            Ok(()) => {
                room = left;
                transactions.push(transaction);
            }
            Err(_) => refused.push(transaction.id()),
        }
    }
    let transition = transition(ledger, place.height, execution.finish())?;
    let found = results(&transition);
    let header = Header {
        version: PROTOCOL_VERSION,
        chain_id: spec.genesis.chain_id.clone(),
        height: place.height,
        build_round: place.build_round,
        time: place.time,
        epoch: transition.executed.epoch,
        parent_id: place.parent_id,
        last_commit_hash: Block::last_commit_hash(last_commit.as_ref()),
        proposer: place.proposer,
        randomness_reveal: place.reveal,
        transactions_root: Block::transactions_root(&transactions),
        votes_root: Block::votes_root(&votes),
        evidence_root: Block::evidence_root(&evidence),
        state_root: found.state_root,
        validators_root: found.validators_root,
        next_validators_root: found.next_validators_root,
        epoch_summary_root: found.epoch_summary_root,
    };
    Ok(Built { block: Block { header, last_commit, transactions, votes, evidence }, transition, refused })
}
