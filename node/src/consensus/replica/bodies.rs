//! Bodies of proposals for the height in progress and the one after, with what was found out about them.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    chain::{Block, Transition},
    primitives::{BlockId, Height, Round, TimeMs},
    wire::BlockProposal,
};

/// Most bodies kept: a round each for a bad height, and those of the next. Past it the oldest round goes first.
const MAX_BODIES: usize = 12;

/// One body.
pub struct Body {
    /// As it came first.
    pub proposal: BlockProposal,
    /// When it came first: what timeliness is judged by.
    pub received: TimeMs,
    /// What verification said, once it was asked.
    pub verdict: Option<Result<Transition, String>>,
    /// Whether it is in the log.
    pub logged: bool,
}

impl Body {
    /// The block.
    pub fn block(&self) -> &Block {
        &self.proposal.block
    }
}

/// The bodies by block id, and the proposals that named them.
#[derive(Default)]
pub struct Bodies {
    by_id: BTreeMap<BlockId, Body>,
    /// The proof-of-lock round of each accepted proposal.
    pol_rounds: BTreeMap<(Height, Round, BlockId), Option<Round>>,
}

impl Bodies {
    /// Keeps a body; a second proposal of the same block only adds its round.
    pub fn insert(&mut self, now: TimeMs, proposal: BlockProposal) {
        let signed = &proposal.proposal;
        let id = signed.block_id;
        self.pol_rounds.insert((signed.height, signed.round, id), signed.pol_round);
        while self.pol_rounds.len() > MAX_BODIES.saturating_mul(8) {
            self.pol_rounds.pop_first();
        }
        if self.by_id.contains_key(&id) {
            return;
        }
        if self.by_id.len() >= MAX_BODIES {
            let oldest = self
                .by_id
                .iter()
                .min_by_key(|(_, body)| (body.block().header.height, body.block().header.build_round));
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                self.by_id.remove(&oldest);
            }
        }
        self.by_id.insert(id, Body { proposal, received: now, verdict: None, logged: false });
    }

    /// A body.
    pub fn get(&self, id: &BlockId) -> Option<&Body> {
        self.by_id.get(id)
    }

    /// A body, to note something about it.
    pub fn get_mut(&mut self, id: &BlockId) -> Option<&mut Body> {
        self.by_id.get_mut(id)
    }

    /// The proof-of-lock round of a proposal, if that proposal was seen.
    pub fn pol_round(&self, height: Height, round: Round, id: &BlockId) -> Option<Option<Round>> {
        self.pol_rounds.get(&(height, round, *id)).copied()
    }

    /// Takes a body out.
    pub fn take(&mut self, id: &BlockId) -> Option<Body> {
        self.by_id.remove(id)
    }

    /// Forgets everything up to a decided height.
    pub fn forget(&mut self, height: Height) {
        self.by_id.retain(|_, body| body.block().header.height > height);
        self.pol_rounds.retain(|(at, _, _), _| *at > height);
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }
}
