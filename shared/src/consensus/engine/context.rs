//! Our types in the terms of the state machine: a value *is* its block id, so it decides over ids alone, and whether a
//! block is valid is said by the host (protocol §4, §7).

use std::sync::Arc;

use malachite_types as mt;
use mt::NilOrVal;

use crate::{
    consensus::{Member, ValidatorSet, engine::Halt},
    crypto::{KeyError, PublicKey, Signature},
    epoch::Schedule,
    primitives::{Address, BlockId, Height, Round},
};

/// The state machine's view of this chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tendermint;

/// The seats of a height and their order of proposing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seats(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    set: ValidatorSet,
    schedule: Schedule,
    /// Stands in where the state machine's interface leaves no room for "nobody"; never asked for by a checked
    /// schedule.
    fallback: Member,
    /// A fault of tests: whoever signs has a vote.
    strangers: bool,
}

/// A vote without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VoteDoc {
    pub(super) kind: mt::VoteType,
    pub(super) height: Height,
    pub(super) round: mt::Round,
    pub(super) value: NilOrVal<BlockId>,
    pub(super) validator: Address,
}

/// A proposal without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProposalDoc {
    pub(super) height: Height,
    pub(super) round: mt::Round,
    pub(super) value: BlockId,
    pub(super) pol_round: mt::Round,
    pub(super) proposer: Address,
}

/// Bodies travel outside the state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoPart;

/// The signature scheme; keys stay outside the state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ed25519;

impl Seats {
    /// Checks that every ticket names a seat.
    pub(super) fn new(
        height: Height,
        set: ValidatorSet,
        schedule: Schedule,
        strangers: bool,
    ) -> Result<Self, Halt> {
        let fits = schedule.tickets.iter().all(|ticket| set.contains(ticket))
            && schedule.proposer(height, Round::ZERO).is_some();
        let fallback = set.members().first().copied().filter(|_| fits).ok_or(Halt::Schedule(height))?;
        Ok(Self(Arc::new(Inner { set, schedule, fallback, strangers })))
    }

    pub(super) fn set(&self) -> &ValidatorSet {
        &self.0.set
    }

    pub(super) fn proposer(&self, height: Height, round: Round) -> Option<Address> {
        self.0.schedule.proposer(height, round)
    }

    fn member(&self, address: &Address) -> Option<&Member> {
        self.0.set.index_of(address).and_then(|index| self.0.set.members().get(index))
    }
}

impl mt::ValidatorSet<Tendermint> for Seats {
    fn count(&self) -> usize {
        self.0.set.len()
    }

    fn total_voting_power(&self) -> mt::VotingPower {
        u64::try_from(self.0.set.len()).unwrap_or(u64::MAX)
    }

    fn get_by_address(&self, address: &Address) -> Option<&Member> {
        self.member(address).or(self.0.strangers.then_some(&self.0.fallback))
    }

    fn get_by_index(&self, index: usize) -> Option<&Member> {
        self.0.set.members().get(index)
    }
}

impl mt::Context for Tendermint {
    type Address = Address;
    type Height = Height;
    type ProposalPart = NoPart;
    type Proposal = ProposalDoc;
    type Validator = Member;
    type ValidatorSet = Seats;
    type Timeouts = mt::LinearTimeouts;
    type Value = BlockId;
    type Vote = VoteDoc;
    type Extension = ();
    type SigningScheme = Ed25519;

    fn select_proposer<'a>(&self, seats: &'a Seats, height: Height, round: mt::Round) -> &'a Member {
        round
            .as_u32()
            .and_then(|round| seats.proposer(height, Round::new(round)))
            .and_then(|address| seats.member(&address))
            .unwrap_or(&seats.0.fallback)
    }

    fn new_proposal(
        &self,
        height: Height,
        round: mt::Round,
        value: BlockId,
        pol_round: mt::Round,
        proposer: Address,
    ) -> ProposalDoc {
        ProposalDoc { height, round, value, pol_round, proposer }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: mt::Round,
        value: NilOrVal<BlockId>,
        validator: Address,
    ) -> VoteDoc {
        VoteDoc { kind: mt::VoteType::Prevote, height, round, value, validator }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: mt::Round,
        value: NilOrVal<BlockId>,
        validator: Address,
    ) -> VoteDoc {
        VoteDoc { kind: mt::VoteType::Precommit, height, round, value, validator }
    }
}

impl mt::Height for Height {
    const ZERO: Self = Self::ZERO;
    const INITIAL: Self = Self::new(1);

    fn increment_by(&self, n: u64) -> Self {
        Self::new(self.get().saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.get().checked_sub(n).map(Self::new)
    }

    fn as_u64(&self) -> u64 {
        self.get()
    }
}

impl mt::Address for Address {}

impl mt::Value for BlockId {
    type Id = Self;

    fn id(&self) -> Self {
        *self
    }
}

impl mt::Validator<Tendermint> for Member {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn voting_power(&self) -> mt::VotingPower {
        1
    }
}

impl mt::Vote<Tendermint> for VoteDoc {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> mt::Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> mt::VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.validator
    }

    fn extension(&self) -> Option<&mt::SignedExtension<Tendermint>> {
        None
    }

    fn take_extension(&mut self) -> Option<mt::SignedExtension<Tendermint>> {
        None
    }

    fn extend(self, _: mt::SignedExtension<Tendermint>) -> Self {
        self
    }
}

impl mt::Proposal<Tendermint> for ProposalDoc {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> mt::Round {
        self.round
    }

    fn value(&self) -> &BlockId {
        &self.value
    }

    fn take_value(self) -> BlockId {
        self.value
    }

    fn pol_round(&self) -> mt::Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.proposer
    }
}

impl mt::ProposalPart<Tendermint> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

impl mt::SigningScheme for Ed25519 {
    type DecodingError = KeyError;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Signature, KeyError> {
        Signature::try_from(bytes)
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.as_bytes().to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, KeyError> {
        PublicKey::from_bytes(bytes)
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.as_bytes().to_vec()
    }
}
