//! Having precommitted a block it prevotes and precommits another one of a later round, as if it never had a lock.
//!
//! Defence: locks of the honest. It is recorded, not slashed: no two votes of one round contradict each other.

use std::collections::BTreeMap;

use emotionalchain_shared::{
    consensus::{Vote, VoteKind},
    primitives::{BlockId, Height, Round},
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, as_it_is};

/// See the module.
#[derive(Debug, Default)]
pub struct Amnesia {
    locked: BTreeMap<Height, (Round, BlockId)>,
    proposed: BTreeMap<(Height, Round), BlockId>,
    fired: u64,
}

impl Behaviour for Amnesia {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        let ConsensusMessage::Vote(vote) = &message else {
            self.hear(seat, &message);
            return as_it_is(message);
        };
        if vote.validator != seat.address {
            return as_it_is(message);
        }
        let place = (vote.height, vote.round);
        let forgets = match (self.locked.get(&vote.height), self.proposed.get(&place)) {
            (Some((round, locked)), Some(proposed)) if *round < vote.round && proposed != locked => {
                Some(*proposed)
            }
            _ => None,
        };
        if vote.kind == VoteKind::Precommit
            && let Some(id) = vote.block_id
        {
            self.locked.insert(vote.height, (vote.round, id));
        }
        let Some(other) = forgets else { return as_it_is(message) };
        self.fired += 1;
        let (domain, key) = (&seat.spec.domain, seat.key);
        as_it_is(ConsensusMessage::Vote(Vote::sign(
            domain,
            key,
            vote.kind,
            vote.height,
            vote.round,
            Some(other),
        )))
    }

    fn hear(&mut self, _: &mut Seat<'_>, message: &ConsensusMessage) -> Vec<Said> {
        if let ConsensusMessage::Proposal(one) = message {
            let proposal = &one.proposal;
            self.proposed.entry((proposal.height, proposal.round)).or_insert(proposal.block_id);
        }
        Vec::new()
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
