//! The signed part of a block proposal.

use emotionalchain_proto::v1;
use prost::Message;

use crate::{
    crypto::{PublicKey, SecretKey, SignDomain, SignKind, Signature, SignatureError},
    primitives::{Address, BlockId, Height, Round},
    wire::{self, DecodeError, Wire},
};

/// A proposer's word for one block in one round; the body travels beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proposal {
    /// The height proposed for.
    pub height: Height,
    /// The round proposed in.
    pub round: Round,
    /// The block.
    pub block_id: BlockId,
    /// The round in which the proposer saw a quorum of prevotes for this block, if it re-proposes one.
    pub pol_round: Option<Round>,
    /// Who proposes.
    pub proposer: Address,
    /// By the proposer's consensus key.
    pub signature: Signature,
}

impl Proposal {
    /// Makes a signed proposal.
    pub fn sign(
        domain: &SignDomain,
        key: &SecretKey,
        height: Height,
        round: Round,
        block_id: BlockId,
        pol_round: Option<Round>,
    ) -> Self {
        let body = body(height, round, &block_id, pol_round).encode_to_vec();
        let signature = domain.sign(key, SignKind::Proposal, &body);
        Self { height, round, block_id, pol_round, proposer: key.public().address(), signature }
    }

    /// Checks the signature against the key of the proposer named.
    ///
    /// # Errors
    /// [`SignatureError`] when it does not verify, or when the key is not that proposer's.
    pub fn verify(&self, domain: &SignDomain, key: &PublicKey) -> Result<(), SignatureError> {
        if key.address() != self.proposer {
            return Err(SignatureError);
        }
        let body = body(self.height, self.round, &self.block_id, self.pol_round).encode_to_vec();
        domain.verify(key, SignKind::Proposal, &body, &self.signature)
    }
}

fn body(height: Height, round: Round, block_id: &BlockId, pol_round: Option<Round>) -> v1::ProposalBody {
    v1::ProposalBody {
        height: height.get(),
        round: round.get(),
        block_id: block_id.as_bytes().to_vec(),
        pol_round: pol_round.map(Round::get),
    }
}

impl Wire for Proposal {
    type Proto = v1::Proposal;
    const NAME: &'static str = "Proposal";
    const MAX_BYTES: usize = wire::MAX_VOTE;

    fn to_proto(&self) -> v1::Proposal {
        v1::Proposal {
            body: Some(body(self.height, self.round, &self.block_id, self.pol_round)),
            proposer: self.proposer.as_bytes().to_vec(),
            signature: self.signature.as_bytes().to_vec(),
        }
    }

    fn from_proto(proto: v1::Proposal) -> Result<Self, DecodeError> {
        let body = proto.body.ok_or(Self::field("body"))?;
        if body.pol_round.is_some_and(|pol| pol >= body.round) {
            return Err(Self::field("pol_round"));
        }
        Ok(Self {
            height: wire::height(Self::NAME, "height", body.height)?,
            round: Round::new(body.round),
            block_id: wire::fixed(Self::NAME, "block_id", &body.block_id)?,
            pol_round: body.pol_round.map(Round::new),
            proposer: wire::address(Self::NAME, "proposer", &proto.proposer)?,
            signature: wire::fixed(Self::NAME, "signature", &proto.signature)?,
        })
    }
}
