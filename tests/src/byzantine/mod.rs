//! Seats that do not follow the protocol, one behaviour a file.
//!
//! A Byzantine node runs the honest code; its behaviour stands between that code and the network. It holds the seat's
//! keys and may say anything to anybody, but cannot sign for others. Each behaviour counts how often it really did
//! something: a behaviour that never fires tests nothing.

mod amnesia;
mod bad_signatures;
mod equivocating_proposals;
mod equivocating_votes;
mod false_scores;
mod forged_certificates;
mod invalid_body;
mod replayed_proofs;
mod round_flood;
mod strangers;
mod twins;
mod withheld_bodies;
mod withheld_votes;

use emotionalchain_shared::{
    chain::{Block, ChainSpec, EmotionalVote, LedgerDyn},
    consensus::{CommitCertificate, Proposal, ValidatorSet},
    crypto::SecretKey,
    primitives::{Address, Height, Round},
    wire::{BlockProposal, ConsensusMessage},
};

use crate::{rng::Rng, world::Payload};

/// The behaviours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Votes for different blocks to different peers.
    EquivocatingVotes,
    /// Different valid blocks to different peers.
    EquivocatingProposals,
    /// Two honest nodes with one key.
    Twins,
    /// Votes that nobody, or hardly anybody, gets.
    WithheldVotes,
    /// Blocks that only some get.
    WithheldBodies,
    /// Blocks that do not come to what they claim.
    InvalidBody,
    /// Votes that forget a lock.
    Amnesia,
    /// Votes in the name of others.
    BadSignatures,
    /// Votes of keys without a seat, and of heights and epochs long past.
    Strangers,
    /// Certificates with too few, repeated or false signers.
    ForgedCertificates,
    /// Votes for rounds and heights far ahead.
    RoundFlood,
    /// Emotional votes with scores that nobody measured.
    FalseScores,
    /// Biometric proofs that were included before, and those of others.
    ReplayedProofs,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::EquivocatingVotes,
        Self::EquivocatingProposals,
        Self::Twins,
        Self::WithheldVotes,
        Self::WithheldBodies,
        Self::InvalidBody,
        Self::Amnesia,
        Self::BadSignatures,
        Self::Strangers,
        Self::ForgedCertificates,
        Self::RoundFlood,
        Self::FalseScores,
        Self::ReplayedProofs,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::EquivocatingVotes => "equivocating_votes",
            Self::EquivocatingProposals => "equivocating_proposals",
            Self::Twins => "twins",
            Self::WithheldVotes => "withheld_votes",
            Self::WithheldBodies => "withheld_bodies",
            Self::InvalidBody => "invalid_body",
            Self::Amnesia => "amnesia",
            Self::BadSignatures => "bad_signatures",
            Self::Strangers => "strangers",
            Self::ForgedCertificates => "forged_certificates",
            Self::RoundFlood => "round_flood",
            Self::FalseScores => "false_scores",
            Self::ReplayedProofs => "replayed_proofs",
        }
    }

    /// The behaviour at its beginning; the second of twins knows that it is.
    pub fn begin(self, second: bool) -> Box<dyn Behaviour> {
        match self {
            Self::EquivocatingVotes => Box::<equivocating_votes::EquivocatingVotes>::default(),
            Self::EquivocatingProposals => Box::<equivocating_proposals::EquivocatingProposals>::default(),
            Self::Twins => Box::new(twins::Twin::new(second)),
            Self::WithheldVotes => Box::<withheld_votes::WithheldVotes>::default(),
            Self::WithheldBodies => Box::<withheld_bodies::WithheldBodies>::default(),
            Self::InvalidBody => Box::<invalid_body::InvalidBody>::default(),
            Self::Amnesia => Box::<amnesia::Amnesia>::default(),
            Self::BadSignatures => Box::<bad_signatures::BadSignatures>::default(),
            Self::Strangers => Box::<strangers::Strangers>::default(),
            Self::ForgedCertificates => Box::<forged_certificates::ForgedCertificates>::default(),
            Self::RoundFlood => Box::<round_flood::RoundFlood>::default(),
            Self::FalseScores => Box::<false_scores::FalseScores>::default(),
            Self::ReplayedProofs => Box::<replayed_proofs::ReplayedProofs>::default(),
        }
    }
}

/// To whom something goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Every node.
    All,
    /// These nodes.
    Some(Vec<usize>),
}

/// Something said to somebody.
pub type Said = (To, Payload);

/// What a Byzantine seat knows and holds.
pub struct Seat<'a> {
    /// Its consensus key.
    pub key: &'a SecretKey,
    /// Its device's key.
    pub device: &'a SecretKey,
    /// Its address.
    pub address: Address,
    /// The chain.
    pub spec: &'a ChainSpec,
    /// Who decides its height.
    pub set: Option<&'a ValidatorSet>,
    /// Its height.
    pub height: Height,
    /// Its round.
    pub round: Round,
    /// Its committed state.
    pub ledger: &'a dyn LedgerDyn,
    /// Its own number.
    pub node: usize,
    /// How many nodes there are.
    pub nodes: usize,
    /// Its chance.
    pub rng: &'a mut Rng,
}

impl Seat<'_> {
    /// Every second node, and the others.
    pub fn halves(&self) -> (To, To) {
        let side = |rest| To::Some((0..self.nodes).filter(|node| node % 2 == rest).collect());
        (side(0), side(1))
    }

    /// As [`Self::halves`]; now and then all, twice.
    pub fn sides(&mut self) -> (To, To) {
        if self.rng.chance(250) { (To::All, To::All) } else { self.halves() }
    }

    /// Signs a proposal of a block in a round.
    pub fn propose(&self, block: Block, round: Round, like: &BlockProposal) -> Payload {
        let signed = Proposal::sign(
            &self.spec.domain,
            self.key,
            block.header.height,
            round,
            block.id(),
            like.proposal.pol_round,
        );
        let proposal = BlockProposal { proposal: signed, block, score: like.score };
        Payload::Consensus(ConsensusMessage::Proposal(Box::new(proposal)))
    }
}

/// The message as it is, to all.
pub fn as_it_is(message: ConsensusMessage) -> Vec<Said> {
    vec![(To::All, Payload::Consensus(message))]
}

/// Stands between the honest code and the network.
pub trait Behaviour {
    /// What goes out instead of a message for all.
    fn send(&mut self, _seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        as_it_is(message)
    }

    /// What goes out instead of an answer to one node.
    fn answer(&mut self, _seat: &mut Seat<'_>, to: usize, message: ConsensusMessage) -> Vec<Said> {
        vec![(To::Some(vec![to]), Payload::Consensus(message))]
    }

    /// What it says on hearing something.
    fn hear(&mut self, _seat: &mut Seat<'_>, _message: &ConsensusMessage) -> Vec<Said> {
        Vec::new()
    }

    /// What goes out instead of its own emotional vote.
    fn feel(&mut self, _seat: &mut Seat<'_>, vote: EmotionalVote) -> Vec<Said> {
        vec![(To::All, Payload::Vote(Box::new(vote)))]
    }

    /// What it says on hearing another's emotional vote.
    fn hear_vote(&mut self, _seat: &mut Seat<'_>, _vote: &EmotionalVote) -> Vec<Said> {
        Vec::new()
    }

    /// What it serves instead of finalised blocks.
    fn serve(
        &mut self,
        _seat: &mut Seat<'_>,
        blocks: Vec<(Block, CommitCertificate)>,
    ) -> Vec<(Block, CommitCertificate)> {
        blocks
    }

    /// How often it did something.
    fn fired(&self) -> u64;
}
