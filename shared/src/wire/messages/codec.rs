//! The wire forms of what nodes say to each other, with their bounds.

use emotionalchain_proto::v1;

use super::{
    BlockProposal, ConsensusMessage, FinalisedBlock, HeadSubscription, HeadUpdate, InclusionAnswer,
    SignedHeader, StateAnswer, Status, SyncRequest, SyncResponse, TransactionBatch,
};
use crate::{
    chain::{BiometricProof, Block, Header, Transaction},
    consensus::{
        CommitCertificate, Evidence, PolkaCertificate, Proposal, RoundCertificate, ValidatorSet, Vote,
    },
    primitives::{BasisPoints, Epoch, Height},
    wire::{self, DecodeError, Limit, Wire},
};

impl Wire for BlockProposal {
    type Proto = v1::BlockProposal;
    const NAME: &'static str = "BlockProposal";
    const MAX_BYTES: usize = wire::MAX_PROPOSAL;
    const REPEATED: &'static [Limit] = &[Limit::message::<Block>(1, 1), Limit::of(4, wire::MAX_BLOCK_VOTES)];

    fn to_proto(&self) -> v1::BlockProposal {
        v1::BlockProposal {
            block: Some(self.block.to_proto()),
            proposer_id: self.proposal.proposer.to_string(),
            emotional_score: self.score.to_wire(),
            votes: Vec::new(),
            proposal: Some(self.proposal.to_proto()),
        }
    }

    fn from_proto(proto: v1::BlockProposal) -> Result<Self, DecodeError> {
        let block = proto.block.ok_or(Self::field("block"))?;
        if !proto.votes.is_empty() && proto.votes != block.votes {
            return Err(Self::field("votes"));
        }
        let block = Block::from_proto(block)?;
        let proposal = Proposal::from_proto(proto.proposal.ok_or(Self::field("proposal"))?)?;
        if proto.proposer_id != proposal.proposer.to_string() {
            return Err(Self::field("proposer_id"));
        }
        if proposal.block_id != block.id() || proposal.height != block.header.height {
            return Err(Self::field("block"));
        }
        let score =
            BasisPoints::from_wire(proto.emotional_score).map_err(|_| Self::field("emotional_score"))?;
        Ok(Self { proposal, block, score })
    }
}

impl Wire for ConsensusMessage {
    type Proto = v1::ConsensusMessage;
    const NAME: &'static str = "ConsensusMessage";
    const MAX_BYTES: usize = wire::MAX_CONSENSUS_MESSAGE;
    const REPEATED: &'static [Limit] = &[
        Limit::message::<BlockProposal>(2, 1),
        Limit::message::<PolkaCertificate>(3, 1),
        Limit::message::<RoundCertificate>(4, 1),
    ];

    fn to_proto(&self) -> v1::ConsensusMessage {
        use v1::consensus_message::Kind;
        let kind = match self {
            Self::Vote(vote) => Kind::Vote(vote.to_proto()),
            Self::Proposal(proposal) => Kind::Proposal(proposal.to_proto()),
            Self::Polka(polka) => Kind::Polka(polka.to_proto()),
            Self::Round(round) => Kind::Round(round.to_proto()),
            Self::RequestBody(height, id) => {
                Kind::RequestBody(v1::RequestBody { height: height.get(), block_id: id.as_bytes().to_vec() })
            }
        };
        v1::ConsensusMessage { kind: Some(kind) }
    }

    fn from_proto(proto: v1::ConsensusMessage) -> Result<Self, DecodeError> {
        use v1::consensus_message::Kind;
        Ok(match proto.kind.ok_or(Self::field("kind"))? {
            Kind::Vote(vote) => Self::Vote(Vote::from_proto(vote)?),
            Kind::Proposal(proposal) => Self::Proposal(Box::new(BlockProposal::from_proto(proposal)?)),
            Kind::Polka(polka) => Self::Polka(PolkaCertificate::from_proto(polka)?),
            Kind::Round(round) => Self::Round(RoundCertificate::from_proto(round)?),
            Kind::RequestBody(one) => Self::RequestBody(
                wire::height(Self::NAME, "height", one.height)?,
                wire::fixed(Self::NAME, "block_id", &one.block_id)?,
            ),
        })
    }
}

impl Wire for Status {
    type Proto = v1::Status;
    const NAME: &'static str = "Status";
    const MAX_BYTES: usize = wire::MAX_SYNC_REQUEST;
    const ENVELOPE: bool = true;

    fn to_proto(&self) -> v1::Status {
        v1::Status {
            chain_id: self.chain_id.as_str().to_owned(),
            genesis_hash: self.genesis_hash.as_bytes().to_vec(),
            min_version: self.versions.min(),
            max_version: self.versions.max(),
            head_height: self.head.get(),
            head_id: self.head_id.as_bytes().to_vec(),
            validators_root: self.validators_root.as_bytes().to_vec(),
            earliest_height: self.earliest.get(),
        }
    }

    fn from_proto(proto: v1::Status) -> Result<Self, DecodeError> {
        Ok(Self {
            chain_id: proto.chain_id.parse().map_err(|_| Self::field("chain_id"))?,
            genesis_hash: wire::bytes32(Self::NAME, "genesis_hash", &proto.genesis_hash)?,
            versions: wire::VersionRange::new(proto.min_version, proto.max_version)
                .map_err(|_| Self::field("max_version"))?,
            head: Height::new(proto.head_height),
            head_id: wire::fixed(Self::NAME, "head_id", &proto.head_id)?,
            validators_root: wire::bytes32(Self::NAME, "validators_root", &proto.validators_root)?,
            earliest: Height::new(proto.earliest_height),
        })
    }
}

impl Wire for FinalisedBlock {
    type Proto = v1::FinalisedBlock;
    const NAME: &'static str = "FinalisedBlock";
    const MAX_BYTES: usize = wire::MAX_BLOCK + wire::MAX_CERTIFICATE + 64;
    const REPEATED: &'static [Limit] =
        &[Limit::message::<Block>(1, 1), Limit::message::<CommitCertificate>(2, 1)];
    const ENVELOPE: bool = true;

    fn to_proto(&self) -> v1::FinalisedBlock {
        v1::FinalisedBlock {
            block: Some(self.block.to_proto()),
            certificate: Some(self.certificate.to_proto()),
        }
    }

    fn from_proto(proto: v1::FinalisedBlock) -> Result<Self, DecodeError> {
        let block = Block::from_proto(proto.block.ok_or(Self::field("block"))?)?;
        let certificate =
            CommitCertificate::from_proto(proto.certificate.ok_or(Self::field("certificate"))?)?;
        if certificate.block_id != block.id() || certificate.height != block.header.height {
            return Err(Self::field("certificate"));
        }
        Ok(Self { block, certificate })
    }
}

impl Wire for TransactionBatch {
    type Proto = v1::TransactionBatch;
    const NAME: &'static str = "TransactionBatch";
    const MAX_BYTES: usize = wire::MAX_TRANSACTION_BATCH;
    const REPEATED: &'static [Limit] = &[Limit::message::<Transaction>(1, wire::MAX_BATCH_TRANSACTIONS)];

    fn to_proto(&self) -> v1::TransactionBatch {
        v1::TransactionBatch { transactions: self.0.iter().map(Wire::to_proto).collect() }
    }

    fn from_proto(proto: v1::TransactionBatch) -> Result<Self, DecodeError> {
        let count = proto.transactions.len();
        if count == 0 || count > wire::MAX_BATCH_TRANSACTIONS {
            return Err(Self::field("transactions"));
        }
        Ok(Self(proto.transactions.into_iter().map(Transaction::from_proto).collect::<Result<_, _>>()?))
    }
}

impl Wire for SignedHeader {
    type Proto = v1::SignedHeader;
    const NAME: &'static str = "SignedHeader";
    const MAX_BYTES: usize = wire::MAX_HEADER + wire::MAX_CERTIFICATE + 64;
    const REPEATED: &'static [Limit] = &[Limit::message::<CommitCertificate>(2, 1)];
    const ENVELOPE: bool = true;

    fn to_proto(&self) -> v1::SignedHeader {
        v1::SignedHeader {
            header: Some(self.header.to_proto()),
            certificate: Some(self.certificate.to_proto()),
        }
    }

    fn from_proto(proto: v1::SignedHeader) -> Result<Self, DecodeError> {
        let header = Header::from_proto(proto.header.ok_or(Self::field("header"))?)?;
        let certificate =
            CommitCertificate::from_proto(proto.certificate.ok_or(Self::field("certificate"))?)?;
        if certificate.block_id != header.id() || certificate.height != header.height {
            return Err(Self::field("certificate"));
        }
        Ok(Self { header, certificate })
    }
}

/// The longest key that is looked up in the state.
const MAX_KEY: usize = crate::merkle::MAX_KEY;

impl Wire for SyncRequest {
    type Proto = v1::SyncRequest;
    const NAME: &'static str = "SyncRequest";
    const MAX_BYTES: usize = wire::MAX_SYNC_REQUEST;
    const ENVELOPE: bool = true;

    fn to_proto(&self) -> v1::SyncRequest {
        use v1::sync_request::Kind;
        let range = |from: &Height, count: &u32| v1::BlockRange { from: from.get(), count: *count };
        let kind = match self {
            Self::Status(status) => Kind::Status(status.to_proto()),
            Self::Blocks(from, count) => Kind::Blocks(range(from, count)),
            Self::Headers(from, count) => Kind::Headers(range(from, count)),
            Self::State(key) => Kind::Query(v1::StateQuery { key: key.clone() }),
            Self::Transaction(id) => Kind::Transaction(v1::TransactionQuery { id: id.as_bytes().to_vec() }),
            Self::Vote(validator, epoch) => {
                Kind::Vote(v1::VoteQuery { validator: validator.as_bytes().to_vec(), epoch: epoch.get() })
            }
            Self::Epoch(epoch) => Kind::Epoch(v1::EpochQuery { epoch: epoch.get() }),
            Self::SubmitTransaction(transaction) => Kind::SubmitTransaction(transaction.encode()),
            Self::SubmitProof(proof) => Kind::SubmitProof(proof.encode()),
            Self::SubmitEvidence(evidence) => Kind::SubmitEvidence(evidence.encode()),
            Self::Peers => Kind::Peers(v1::PeersQuery {}),
        };
        v1::SyncRequest { kind: Some(kind) }
    }

    fn from_proto(proto: v1::SyncRequest) -> Result<Self, DecodeError> {
        use v1::sync_request::Kind;
        Ok(match proto.kind.ok_or(Self::field("kind"))? {
            Kind::Status(status) => Self::Status(Status::from_proto(status)?),
            Kind::Blocks(range) => Self::Blocks(wire::height(Self::NAME, "from", range.from)?, range.count),
            Kind::Headers(range) => Self::Headers(wire::height(Self::NAME, "from", range.from)?, range.count),
            Kind::Query(query) if query.key.len() <= MAX_KEY => Self::State(query.key),
            Kind::Query(_) => return Err(Self::field("key")),
            Kind::Transaction(query) => Self::Transaction(wire::bytes32(Self::NAME, "id", &query.id)?),
            Kind::Vote(query) => {
                let validator = wire::address(Self::NAME, "validator", &query.validator)?;
                Self::Vote(validator, Epoch::new(query.epoch))
            }
            Kind::Epoch(query) => Self::Epoch(Epoch::new(query.epoch)),
            Kind::SubmitTransaction(bytes) => Self::SubmitTransaction(Box::new(Transaction::decode(&bytes)?)),
            Kind::SubmitProof(bytes) => Self::SubmitProof(Box::new(BiometricProof::decode(&bytes)?)),
            Kind::SubmitEvidence(bytes) => Self::SubmitEvidence(Box::new(Evidence::decode(&bytes)?)),
            Kind::Peers(_) => Self::Peers,
        })
    }
}

impl Wire for SyncResponse {
    type Proto = v1::SyncResponse;
    const NAME: &'static str = "SyncResponse";
    const MAX_BYTES: usize = wire::MAX_SYNC_RESPONSE;
    const REPEATED: &'static [Limit] = &[
        Limit::inside(2, 1, "FinalisedBlocks", &[Limit::message::<FinalisedBlock>(1, wire::MAX_SYNC_BLOCKS)]),
        Limit::inside(4, 1, "SignedHeaders", &[Limit::message::<SignedHeader>(1, wire::MAX_SYNC_BLOCKS)]),
        Limit::inside(9, 1, "PeersAnswer", &[Limit::of(1, wire::MAX_PEER_ADDRESSES)]),
    ];
    const ENVELOPE: bool = true;

    fn to_proto(&self) -> v1::SyncResponse {
        use v1::sync_response::Kind;
        let kind = match self {
            Self::Status(status) => Kind::Status(status.to_proto()),
            Self::Blocks(blocks) => {
                Kind::Blocks(v1::FinalisedBlocks { blocks: blocks.iter().map(Wire::to_proto).collect() })
            }
            Self::Headers(headers) => {
                Kind::Headers(v1::SignedHeaders { headers: headers.iter().map(Wire::to_proto).collect() })
            }
            Self::State(answer) => Kind::Answer(v1::StateAnswer {
                height: answer.height.get(),
                present: answer.value.is_some(),
                value: answer.value.clone().unwrap_or_default(),
                proof: answer.proof.clone(),
            }),
            Self::Refused(code) => Kind::Refusal(v1::Refusal { code: *code, reason: String::new() }),
            Self::Inclusion(answer) => Kind::Inclusion(v1::InclusionAnswer {
                height: answer.height.get(),
                item: answer.item.clone(),
                proof: answer.proof.clone(),
            }),
            Self::Epoch(height, summary) => {
                Kind::Epoch(v1::EpochAnswer { height: height.get(), summary: summary.clone() })
            }
            Self::Taken(id) => Kind::Taken(v1::Taken { id: id.as_bytes().to_vec() }),
            Self::Peers(addresses) => Kind::Peers(v1::PeersAnswer { addresses: addresses.clone() }),
        };
        v1::SyncResponse { kind: Some(kind) }
    }

    fn from_proto(proto: v1::SyncResponse) -> Result<Self, DecodeError> {
        use v1::sync_response::Kind;
        let few = |count: usize| {
            if count > wire::MAX_SYNC_BLOCKS { Err(Self::field("blocks")) } else { Ok(()) }
        };
        Ok(match proto.kind.ok_or(Self::field("kind"))? {
            Kind::Status(status) => Self::Status(Status::from_proto(status)?),
            Kind::Blocks(list) => {
                few(list.blocks.len())?;
                Self::Blocks(
                    list.blocks.into_iter().map(FinalisedBlock::from_proto).collect::<Result<_, _>>()?,
                )
            }
            Kind::Headers(list) => {
                few(list.headers.len())?;
                Self::Headers(
                    list.headers.into_iter().map(SignedHeader::from_proto).collect::<Result<_, _>>()?,
                )
            }
            Kind::Answer(answer) => Self::State(StateAnswer {
                height: wire::height(Self::NAME, "height", answer.height)?,
                value: answer.present.then_some(answer.value),
                proof: answer.proof,
            }),
            Kind::Refusal(refusal) => Self::Refused(refusal.code),
            Kind::Inclusion(answer) => Self::Inclusion(InclusionAnswer {
                height: wire::height(Self::NAME, "height", answer.height)?,
                item: answer.item,
                proof: answer.proof,
            }),
            Kind::Epoch(answer) => {
                Self::Epoch(wire::height(Self::NAME, "height", answer.height)?, answer.summary)
            }
            Kind::Taken(taken) => Self::Taken(wire::bytes32(Self::NAME, "id", &taken.id)?),
            Kind::Peers(answer) => {
                let addresses = answer.addresses;
                if addresses.iter().any(|address| address.len() > wire::MAX_ADDRESS) {
                    return Err(Self::field("addresses"));
                }
                Self::Peers(addresses)
            }
        })
    }
}

impl Wire for HeadSubscription {
    type Proto = v1::HeadSubscription;
    const NAME: &'static str = "HeadSubscription";
    const MAX_BYTES: usize = wire::MAX_HEAD_SUBSCRIPTION;
    const ENVELOPE: bool = true;

    fn to_proto(&self) -> v1::HeadSubscription {
        v1::HeadSubscription {}
    }

    fn from_proto(_: v1::HeadSubscription) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}

impl Wire for HeadUpdate {
    type Proto = v1::HeadUpdate;
    const NAME: &'static str = "HeadUpdate";
    const MAX_BYTES: usize = wire::MAX_HEAD_UPDATE;
    const REPEATED: &'static [Limit] = &[Limit::message::<SignedHeader>(1, 1)];
    const ENVELOPE: bool = true;

    fn to_proto(&self) -> v1::HeadUpdate {
        v1::HeadUpdate {
            head: Some(self.head.to_proto()),
            next_set: self.next_set.as_ref().and_then(|set| borsh::to_vec(set).ok()).unwrap_or_default(),
            summary: self.summary.clone().unwrap_or_default(),
        }
    }

    fn from_proto(proto: v1::HeadUpdate) -> Result<Self, DecodeError> {
        let head = SignedHeader::from_proto(proto.head.ok_or(Self::field("head"))?)?;
        let next_set = match proto.next_set.as_slice() {
            [] => None,
            bytes if bytes.len() > wire::MAX_VALIDATOR_SET => return Err(Self::field("next_set")),
            bytes => Some(borsh::from_slice::<ValidatorSet>(bytes).map_err(|_| Self::field("next_set"))?),
        };
        let summary = Some(proto.summary).filter(|bytes| !bytes.is_empty());
        Ok(Self { head, next_set, summary })
    }
}
