//! Votes that justify entering a round: a quorum of precommits, or more than a third that skipped ahead.

use emotionalchain_proto::v1;

use crate::{
    consensus::Vote,
    primitives::{Height, Round},
    wire::{self, DecodeError, Limit, Wire},
};

/// A bundle of signed votes; whether it suffices is decided by the engine, vote by vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundCertificate {
    /// The height.
    pub height: Height,
    /// The round that was ended or skipped to.
    pub round: Round,
    /// True: a quorum of precommits; false: votes of more than a third for a later round.
    pub precommit: bool,
    /// The votes, all of `height` and `round`.
    pub votes: Vec<Vote>,
}

impl Wire for RoundCertificate {
    type Proto = v1::RoundCertificate;
    const NAME: &'static str = "RoundCertificate";
    const MAX_BYTES: usize = wire::MAX_ROUND_CERTIFICATE;
    const REPEATED: &'static [Limit] = &[Limit::of(4, 2 * wire::MAX_SEATS)];

    fn to_proto(&self) -> v1::RoundCertificate {
        v1::RoundCertificate {
            height: self.height.get(),
            round: self.round.get(),
            precommit: self.precommit,
            votes: self.votes.iter().map(Wire::to_proto).collect(),
        }
    }

    fn from_proto(proto: v1::RoundCertificate) -> Result<Self, DecodeError> {
        if proto.votes.len() > wire::MAX_SEATS.saturating_mul(2) {
            return Err(Self::field("votes"));
        }
        let votes: Vec<Vote> = proto.votes.into_iter().map(Vote::from_proto).collect::<Result<_, _>>()?;
        if votes.iter().any(|vote| vote.height.get() != proto.height || vote.round.get() != proto.round) {
            return Err(Self::field("votes"));
        }
        Ok(Self {
            height: wire::height(Self::NAME, "height", proto.height)?,
            round: Round::new(proto.round),
            precommit: proto.precommit,
            votes,
        })
    }
}
