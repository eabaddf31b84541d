//! To each proposal come prevotes and precommits of keys that never had a seat, enough for a quorum, and its own votes
//! of earlier heights and epochs once more.
//!
//! Defence: only members of the height's set count, and only for that height.

use emotionalchain_shared::{
    consensus::{Vote, VoteKind},
    crypto::SecretKey,
    primitives::hash_bytes,
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, To, as_it_is};
use crate::world::Payload;

/// Old votes kept to be said again.
const KEPT: usize = 64;

/// See the module.
#[derive(Debug, Default)]
pub struct Strangers {
    old: Vec<Vote>,
    fired: u64,
}

impl Behaviour for Strangers {
    fn hear(&mut self, seat: &mut Seat<'_>, message: &ConsensusMessage) -> Vec<Said> {
        let ConsensusMessage::Proposal(one) = message else { return Vec::new() };
        let Some(set) = seat.set else { return Vec::new() };
        let proposal = &one.proposal;
        let mut votes = Vec::new();
        for stranger in 0..set.quorum() {
            let seed = hash_bytes(&[b"stranger".as_slice(), &stranger.to_le_bytes()].concat());
            let key = SecretKey::from_seed(seed.as_bytes());
            for kind in [VoteKind::Prevote, VoteKind::Precommit] {
                let id = Some(proposal.block_id);
                let domain = &seat.spec.domain;
                votes.push(Vote::sign(domain, &key, kind, proposal.height, proposal.round, id));
            }
        }
        // Half of what it once said is older than an epoch by the end of a run.
        votes.extend(self.old.iter().take(4).cloned());
        self.fired += votes.len() as u64;
        votes.into_iter().map(|vote| (To::All, Payload::Consensus(ConsensusMessage::Vote(vote)))).collect()
    }

    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        if let ConsensusMessage::Vote(vote) = &message
            && self.old.len() < KEPT
        {
            self.old.push(vote.clone());
        }
        let mut said = self.hear(seat, &message);
        said.extend(as_it_is(message));
        said
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
