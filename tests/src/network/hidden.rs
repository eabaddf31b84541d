//! The adversary of locks: in round 0 of one height all but one node lock a block, and nobody sees its decision.
//!
//! ```text
//!            proposal, prevotes      precommits of round 0
//!  blind     too few of either       its own nil, and those of a quorum less one
//!  others    all: they lock          their own, those of quorum − 2 neighbours, and the blind one's nil
//! ```
//! Everybody sees votes of a quorum that do not agree, so round 1 begins. It lasts for a while only. The blind node proposes there; it knows of no
//! lock and builds another block. Who keeps its lock prevotes nil. Round 2 brings the first block back.

use std::collections::BTreeSet;

use emotionalchain_shared::{
    consensus::{VoteKind, quorum},
    primitives::{Address, Height},
    wire::ConsensusMessage,
};

/// Whose message it is, and to whom, by seat.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The sender.
    pub from: usize,
    /// The receiver.
    pub to: usize,
    /// How many seats there are.
    pub seats: usize,
    /// The seat that proposes in round 1.
    pub blind: usize,
}

/// Whether the adversary of `height` takes the message away.
pub fn takes(
    height: Height,
    way: Way,
    message: &ConsensusMessage,
    address: impl Fn(usize) -> Address,
) -> bool {
    let first = |at: Height, round: u32| at == height && round == 0;
    match message {
        ConsensusMessage::Proposal(one) => {
            first(one.proposal.height, one.proposal.round.get()) && way.to == way.blind
        }
        ConsensusMessage::Polka(polka) => first(polka.height, polka.round.get()) && way.to == way.blind,
        ConsensusMessage::Round(certificate) => first(certificate.height, certificate.round.get()),
        ConsensusMessage::RequestBody(at, _) => *at == height,
        ConsensusMessage::Vote(vote) if first(vote.height, vote.round.get()) => match vote.kind {
            VoteKind::Prevote if way.to != way.blind => false,
            VoteKind::Prevote | VoteKind::Precommit => {
                vote.block_id.is_some() && !visible(way).iter().any(|seat| address(*seat) == vote.validator)
            }
        },
        ConsensusMessage::Vote(_) => false,
    }
}

/// The seats whose votes for the block the receiver may see.
fn visible(way: Way) -> BTreeSet<usize> {
    let count = if way.to == way.blind { quorum(way.seats) - 1 } else { quorum(way.seats).saturating_sub(2) };
    let after = (1..way.seats).map(|step| (way.to + step) % way.seats);
    after.filter(|seat| *seat != way.blind).take(count).collect()
}
