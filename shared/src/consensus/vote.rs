//! Prevotes and precommits.

use emotionalchain_proto::v1;
use prost::Message;

use crate::{
    crypto::{PublicKey, SecretKey, SignDomain, SignKind, Signature, SignatureError},
    primitives::{Address, BlockId, Height, Round},
    wire::{self, DecodeError, Wire},
};

/// Which of the two votes of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VoteKind {
    /// First vote: "this block is valid and may be decided".
    Prevote,
    /// Second vote: "I saw a quorum of prevotes".
    Precommit,
}

impl VoteKind {
    /// The signing kind.
    pub const fn sign_kind(self) -> SignKind {
        match self {
            Self::Prevote => SignKind::Prevote,
            Self::Precommit => SignKind::Precommit,
        }
    }

    const fn to_proto(self) -> v1::VoteKind {
        match self {
            Self::Prevote => v1::VoteKind::Prevote,
            Self::Precommit => v1::VoteKind::Precommit,
        }
    }
}

/// A signed vote of one seat for a block, or for nil.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// The height voted on.
    pub height: Height,
    /// The round voted in.
    pub round: Round,
    /// The block; `None` is nil.
    pub block_id: Option<BlockId>,
    /// Who votes.
    pub validator: Address,
    /// By the validator's consensus key.
    pub signature: Signature,
}

impl Vote {
    /// The sign document: nothing but height, round and block id, so that certificates need no more.
    pub fn sign_body(height: Height, round: Round, block_id: Option<&BlockId>) -> Vec<u8> {
        body(height, round, block_id).encode_to_vec()
    }

    /// Makes a signed vote.
    pub fn sign(
        domain: &SignDomain,
        key: &SecretKey,
        kind: VoteKind,
        height: Height,
        round: Round,
        block_id: Option<BlockId>,
    ) -> Self {
        let signature =
            domain.sign(key, kind.sign_kind(), &Self::sign_body(height, round, block_id.as_ref()));
        Self { kind, height, round, block_id, validator: key.public().address(), signature }
    }

    /// Checks the signature against the key of the seat named.
    ///
    /// # Errors
    /// [`SignatureError`] when it does not verify, or when the key is not that validator's.
    pub fn verify(&self, domain: &SignDomain, key: &PublicKey) -> Result<(), SignatureError> {
        if key.address() != self.validator {
            return Err(SignatureError);
        }
        let body = Self::sign_body(self.height, self.round, self.block_id.as_ref());
        domain.verify(key, self.kind.sign_kind(), &body, &self.signature)
    }
}

fn body(height: Height, round: Round, block_id: Option<&BlockId>) -> v1::VoteBody {
    v1::VoteBody {
        height: height.get(),
        round: round.get(),
        block_id: block_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
    }
}

impl Wire for Vote {
    type Proto = v1::Vote;
    const NAME: &'static str = "Vote";
    const MAX_BYTES: usize = wire::MAX_VOTE;

    fn to_proto(&self) -> v1::Vote {
        v1::Vote {
            kind: self.kind.to_proto().into(),
            body: Some(body(self.height, self.round, self.block_id.as_ref())),
            validator: self.validator.as_bytes().to_vec(),
            signature: self.signature.as_bytes().to_vec(),
        }
    }

    fn from_proto(proto: v1::Vote) -> Result<Self, DecodeError> {
        let kind = match v1::VoteKind::try_from(proto.kind) {
            Ok(v1::VoteKind::Prevote) => VoteKind::Prevote,
            Ok(v1::VoteKind::Precommit) => VoteKind::Precommit,
            _ => return Err(Self::field("kind")),
        };
        let body = proto.body.ok_or(Self::field("body"))?;
        let block_id = if body.block_id.is_empty() {
            None
        } else {
            Some(wire::fixed(Self::NAME, "block_id", &body.block_id)?)
        };
        Ok(Self {
            kind,
            height: wire::height(Self::NAME, "height", body.height)?,
            round: Round::new(body.round),
            block_id,
            validator: wire::address(Self::NAME, "validator", &proto.validator)?,
            signature: wire::fixed(Self::NAME, "signature", &proto.signature)?,
        })
    }
}
