//! Verdicts on the bodies of one height.
//!
//! Rules:
//! - a verdict reaches the state machine only beside a verified proposal for its block, else anybody could fill the two
//!   places that a round has; a few that come earlier are kept;
//! - an untimely body is withheld: without it we prevote nil when the proposal's time is up (L57). Once a quorum has
//!   voted for its block in any round it counts as valid, whatever its time (protocol §4);
//! - a verdict only improves.

use std::collections::BTreeMap;

use crate::{consensus::engine::Verdict, primitives::BlockId};

#[derive(Debug, Clone, Copy)]
struct Body {
    verdict: Verdict,
    /// What the state machine was told: nothing, invalid or valid.
    told: Option<bool>,
}

/// The verdicts. Bounded by the proposals that are kept, plus `early`.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    known: BTreeMap<BlockId, Body>,
}

impl Bodies {
    /// Notes a verdict; false if it is no better than the one known.
    pub(super) fn note(&mut self, block_id: BlockId, verdict: Verdict) -> bool {
        let body = self.known.entry(block_id).or_insert(Body { verdict, told: None });
        let news = body.told.is_none() && body.verdict == verdict || body.verdict < verdict;
        body.verdict = body.verdict.max(verdict);
        news
    }

    /// What the state machine has still to be told about a proposed block; `certified`: a quorum voted for it.
    pub(super) fn tell(&mut self, block_id: BlockId, certified: impl FnOnce() -> bool) -> Option<bool> {
        let body = self.known.get_mut(&block_id)?;
        if body.verdict == Verdict::Untimely && certified() {
            body.verdict = Verdict::Valid;
        }
        let say = match body.verdict {
            Verdict::Valid => true,
            Verdict::Invalid => false,
            Verdict::Untimely => return None,
        };
        if body.told == Some(say) {
            return None;
        }
        body.told = Some(say);
        Some(say)
    }

    /// Notes what the log says that the state machine was told.
    pub(super) fn restore(&mut self, block_id: BlockId, valid: bool) {
        let verdict = if valid { Verdict::Valid } else { Verdict::Invalid };
        self.known.insert(block_id, Body { verdict, told: Some(valid) });
    }

    /// Whether the block is known to be valid.
    pub(super) fn is_valid(&self, block_id: &BlockId) -> bool {
        self.known.get(block_id).is_some_and(|body| body.verdict == Verdict::Valid)
    }

    /// Whether there is a verdict.
    pub(super) fn knows(&self, block_id: &BlockId) -> bool {
        self.known.contains_key(block_id)
    }

    /// Blocks withheld for their time.
    pub(super) fn untimely(&self) -> Vec<BlockId> {
        let withheld = self.known.iter().filter(|(_, body)| body.verdict == Verdict::Untimely);
        withheld.map(|(block_id, _)| *block_id).collect()
    }

    /// Verdicts that the state machine has not been told.
    pub(super) fn untold(&self) -> usize {
        self.known.values().filter(|body| body.told.is_none()).count()
    }

    /// Verdicts kept.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}
