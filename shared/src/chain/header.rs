//! Block headers: what a certificate makes final and a light client verifies.

use emotionalchain_proto::v1;

use crate::{
    primitives::{Address, BlockId, ChainId, Epoch, Hash, Height, Round, TimeMs, hash_bytes},
    wire::{self, DecodeError, Wire},
};

/// Version of blocks that this software makes and accepts.
pub const PROTOCOL_VERSION: u32 = 1;

/// Commits to everything of a block; its hash is the block's id, which nothing in it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// [`PROTOCOL_VERSION`].
    pub version: u32,
    /// The chain.
    pub chain_id: ChainId,
    /// Position, from 1.
    pub height: Height,
    /// The round in which the block was built; its proposer is the builder, who gets the fees.
    pub build_round: Round,
    /// Strictly above the parent's.
    pub time: TimeMs,
    /// `(time − genesis time) / epoch length`.
    pub epoch: Epoch,
    /// The block before; at height 1 the genesis hash.
    pub parent_id: BlockId,
    /// Hash of the certificate for the parent; the default hash at height 1.
    pub last_commit_hash: Hash,
    /// The builder.
    pub proposer: Address,
    /// Preimage of the builder's randomness tip.
    pub randomness_reveal: Hash,
    /// Merkle root over the encoded transactions.
    pub transactions_root: Hash,
    /// Merkle root over the encoded emotional votes.
    pub votes_root: Hash,
    /// Merkle root over the encoded evidence.
    pub evidence_root: Hash,
    /// State after this block.
    pub state_root: Hash,
    /// The set that signs this block.
    pub validators_root: Hash,
    /// The set that signs the next one.
    pub next_validators_root: Hash,
    /// Hash of the [`super::EpochSummary`] if this block closes an epoch, else the default hash.
    pub epoch_summary_root: Hash,
}

impl Header {
    /// The hash of the canonical encoding.
    pub fn id(&self) -> BlockId {
        BlockId::new(hash_bytes(&self.encode()))
    }
}

impl Wire for Header {
    type Proto = v1::Header;
    const NAME: &'static str = "Header";
    const MAX_BYTES: usize = wire::MAX_HEADER;

    fn to_proto(&self) -> v1::Header {
        v1::Header {
            version: self.version,
            chain_id: self.chain_id.as_str().to_owned(),
            height: self.height.get(),
            build_round: self.build_round.get(),
            time_ms: self.time.to_wire(),
            epoch: self.epoch.get(),
            parent_id: self.parent_id.as_bytes().to_vec(),
            last_commit_hash: self.last_commit_hash.as_bytes().to_vec(),
            proposer: self.proposer.as_bytes().to_vec(),
            randomness_reveal: self.randomness_reveal.as_bytes().to_vec(),
            transactions_root: self.transactions_root.as_bytes().to_vec(),
            votes_root: self.votes_root.as_bytes().to_vec(),
            evidence_root: self.evidence_root.as_bytes().to_vec(),
            state_root: self.state_root.as_bytes().to_vec(),
            validators_root: self.validators_root.as_bytes().to_vec(),
            next_validators_root: self.next_validators_root.as_bytes().to_vec(),
            epoch_summary_root: self.epoch_summary_root.as_bytes().to_vec(),
        }
    }

    fn from_proto(proto: v1::Header) -> Result<Self, DecodeError> {
        let hash = |field, bytes: &[u8]| wire::bytes32(Self::NAME, field, bytes);
        Ok(Self {
            version: proto.version,
            chain_id: proto.chain_id.parse().map_err(|_| Self::field("chain_id"))?,
            height: wire::height(Self::NAME, "height", proto.height)?,
            build_round: Round::new(proto.build_round),
            time: wire::time(Self::NAME, "time_ms", proto.time_ms)?,
            epoch: Epoch::new(proto.epoch),
            parent_id: BlockId::new(hash("parent_id", &proto.parent_id)?),
            last_commit_hash: hash("last_commit_hash", &proto.last_commit_hash)?,
            proposer: wire::address(Self::NAME, "proposer", &proto.proposer)?,
            randomness_reveal: hash("randomness_reveal", &proto.randomness_reveal)?,
            transactions_root: hash("transactions_root", &proto.transactions_root)?,
            votes_root: hash("votes_root", &proto.votes_root)?,
            evidence_root: hash("evidence_root", &proto.evidence_root)?,
            state_root: hash("state_root", &proto.state_root)?,
            validators_root: hash("validators_root", &proto.validators_root)?,
            next_validators_root: hash("next_validators_root", &proto.next_validators_root)?,
            epoch_summary_root: hash("epoch_summary_root", &proto.epoch_summary_root)?,
        })
    }
}
