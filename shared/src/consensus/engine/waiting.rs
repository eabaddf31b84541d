//! Messages for the next height that came early: a peer that finalised first starts first.
//!
//! Votes and proposals of seats of the current set are verified before they are kept, a bounded number for each seat.
//! Whoever has no seat now may have one then; of such messages a bounded number is kept in all, unverified. Everything
//! is judged again when its height starts. Certificates are not kept: their senders repeat them.

use std::collections::BTreeMap;

use crate::{
    consensus::{Proposal, Vote},
    primitives::Address,
};

/// An early message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Early {
    Vote(Vote),
    Proposal(Proposal),
}

impl Early {
    fn signer(&self) -> Address {
        match self {
            Self::Vote(vote) => vote.validator,
            Self::Proposal(proposal) => proposal.proposer,
        }
    }
}

/// The messages, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    queue: Vec<(Early, bool)>,
    per_seat: BTreeMap<Address, usize>,
    unknown: usize,
}

impl Waiting {
    /// Whether this very message is kept.
    pub(super) fn holds(&self, message: &Early) -> bool {
        self.queue.iter().any(|(held, _)| held == message)
    }

    /// Whether a seat may have another one kept.
    pub(super) fn seat_has_room(&self, message: &Early, bound: usize) -> bool {
        self.per_seat.get(&message.signer()).copied().unwrap_or_default() < bound
    }

    /// Whether another one of unknown signer may be kept.
    pub(super) const fn unknown_has_room(&self, bound: usize) -> bool {
        self.unknown < bound
    }

    /// Keeps a message.
    pub(super) fn keep(&mut self, message: Early, verified: bool) {
        if verified {
            let kept = self.per_seat.entry(message.signer()).or_default();
            *kept = kept.saturating_add(1);
        } else {
            self.unknown = self.unknown.saturating_add(1);
        }
        self.queue.push((message, verified));
    }

    /// Hands out what was kept, and whether it was verified.
    pub(super) fn take(&mut self) -> Vec<(Early, bool)> {
        std::mem::take(self).queue
    }

    /// Messages kept.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }
}
