//! `accountability`: an honest node that took two contradictory votes or proposals of one seat has reported them.

use std::collections::{BTreeMap, BTreeSet};

use emotionalchain_shared::{
    consensus::{Evidence, VoteKind},
    primitives::{Address, BlockId, Height, Round},
    wire::ConsensusMessage,
};

use super::{Checked, Violation};

/// Who said it and where: 0 a proposal, 1 a prevote, 2 a precommit.
type Place = (Address, Height, Round, u8);

/// What each node took since it started, and whom it reported.
#[derive(Debug, Default)]
pub struct Accountability {
    taken: BTreeMap<usize, BTreeMap<Place, Option<BlockId>>>,
    reported: BTreeSet<(usize, Place)>,
}

const fn kind(vote: VoteKind) -> u8 {
    match vote {
        VoteKind::Prevote => 1,
        VoteKind::Precommit => 2,
    }
}

impl Accountability {
    /// A node died, and with it the memory of what it heard.
    pub fn crashed(&mut self, node: usize) {
        self.taken.remove(&node);
    }

    /// A node reports somebody.
    pub fn reported(&mut self, node: usize, piece: &Evidence) {
        let place = match piece {
            Evidence::DuplicateVote(vote, _) => (vote.validator, vote.height, vote.round, kind(vote.kind)),
            Evidence::DuplicateProposal(one, _) => (one.proposer, one.height, one.round, 0),
            Evidence::ConflictingHeader(..) => return,
        };
        self.reported.insert((node, place));
    }

    /// A node accepted a message; `height`: the one it works on. What is early is looked at later.
    ///
    /// # Errors
    /// `accountability`.
    pub fn accepted(&mut self, node: usize, height: Height, message: &ConsensusMessage) -> Checked {
        let (place, id) = match message {
            ConsensusMessage::Vote(vote) => {
                ((vote.validator, vote.height, vote.round, kind(vote.kind)), vote.block_id)
            }
            ConsensusMessage::Proposal(one) => {
                let proposal = &one.proposal;
                let place = (proposal.proposer, proposal.height, proposal.round, 0);
                (place, Some(proposal.block_id))
            }
            _ => return Ok(()),
        };
        let taken = self.taken.entry(node).or_default();
        taken.retain(|(_, at, _, _), _| at.get() + 2 > height.get());
        let first = *taken.entry(place).or_insert(id);
        if first == id || place.1 > height || self.reported.contains(&(node, place)) {
            return Ok(());
        }
        let (who, at, round, _) = place;
        let detail =
            format!("node {node} took two contradictory messages of {who} at {at}/{round} and kept silent");
        Err(Violation::of("accountability", detail))
    }
}
