//! Emotional votes and evidence on their way into a block.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    chain::EmotionalVote,
    consensus::Evidence,
    primitives::{Address, Epoch, Hash},
};

/// Votes kept: one a validator; more than seats, since candidates vote too.
const MAX_VOTES: usize = 1_024;
/// Evidence kept: each piece removes a validator.
const MAX_EVIDENCE: usize = 256;

/// The newest vote of each validator.
#[derive(Debug, Default)]
pub struct VotePool {
    votes: BTreeMap<Address, EmotionalVote>,
}

impl VotePool {
    /// Keeps a verified vote; false if it is not newer than what is kept, or there is no room.
    pub fn insert(&mut self, vote: EmotionalVote) -> bool {
        let address = vote.validator();
        let known = self.votes.get(&address).map(|known| (known.epoch, known.proof.authenticity.sequence));
        let newer = known.is_none_or(|known| (vote.epoch, vote.proof.authenticity.sequence) > known);
        if !newer || (known.is_none() && self.votes.len() >= MAX_VOTES) {
            return false;
        }
        self.votes.insert(address, vote);
        true
    }

    /// Those of an epoch, in address order.
    pub fn of(&self, epoch: Epoch) -> Vec<EmotionalVote> {
        self.votes.values().filter(|vote| vote.epoch == epoch).cloned().collect()
    }

    /// Forgets included votes and those of past epochs.
    pub fn committed(&mut self, included: &[EmotionalVote], epoch: Epoch) {
        for vote in included {
            if self.votes.get(&vote.validator()).is_some_and(|kept| kept.epoch <= vote.epoch) {
                self.votes.remove(&vote.validator());
            }
        }
        self.votes.retain(|_, vote| vote.epoch >= epoch);
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.votes.len()
    }
}

/// Evidence that is in no block yet.
#[derive(Debug, Default)]
pub struct EvidencePool {
    pieces: BTreeMap<Hash, Evidence>,
}

impl EvidencePool {
    /// Keeps a piece; false if it is known or there is no room.
    pub fn insert(&mut self, evidence: Evidence) -> bool {
        if self.pieces.len() >= MAX_EVIDENCE {
            return false;
        }
        self.pieces.insert(evidence.hash(), evidence).is_none()
    }

    /// All pieces, in a fixed order.
    pub fn all(&self) -> Vec<Evidence> {
        self.pieces.values().cloned().collect()
    }

    /// Forgets pieces that are in a block, and those against whom they convicted.
    pub fn committed(&mut self, included: &[Evidence]) {
        for piece in included {
            self.pieces.remove(&piece.hash());
            self.pieces.retain(|_, kept| kept.accused().is_none() || kept.accused() != piece.accused());
        }
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.pieces.len()
    }
}
