//! What goes into the core and what comes out of it.

use std::time::Duration;

use crate::{
    consensus::{
        CommitCertificate, Evidence, PolkaCertificate, Proposal, RoundCertificate, ValidatorSet, Vote,
        engine::{Admission, Record, TimerKey},
    },
    epoch::Schedule,
    primitives::{BlockId, Height, Round},
};

/// What a height needs to start: its seats and their order of proposing.
#[derive(Clone, Debug)]
pub struct HeightStart {
    /// The height to decide.
    pub height: Height,
    /// Who votes on it.
    pub set: ValidatorSet,
    /// Who proposes in which round; every ticket names a member of `set`.
    pub schedule: Schedule,
}

/// What the host found out about a body (protocol §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Fails structural verification.
    Invalid,
    /// Passes structural verification, but its time was outside the window at first receipt of a fresh proposal: it
    /// gets no prevote of ours, and counts as valid as soon as a quorum voted for it in any round.
    Untimely,
    /// Passes structural verification and is timely.
    Valid,
}

/// Something that happened outside the core.
#[derive(Clone, Debug)]
pub enum Event {
    /// The host is ready for a height: its parent is durable and the pace allows it.
    StartHeight(HeightStart),
    /// A vote from a peer.
    Vote(Vote),
    /// A proposal from a peer.
    Proposal(Proposal),
    /// A proof of lock from a peer.
    Polka(PolkaCertificate),
    /// A justification of a round from a peer.
    Round(RoundCertificate),
    /// The block asked for by [`Action::Build`]. Its body is durable before this event is fed.
    Built {
        /// As asked.
        height: Height,
        /// As asked.
        round: Round,
        /// The block to propose.
        block_id: BlockId,
    },
    /// The verdict on the body of a proposal that was accepted before.
    Body {
        /// Height of the block.
        height: Height,
        /// Round of the proposal.
        round: Round,
        /// The block.
        block_id: BlockId,
        /// What verification said.
        verdict: Verdict,
    },
    /// A timer armed by [`Action::Arm`] ran out.
    Fired(TimerKey),
    /// A finalised block from a peer that is ahead.
    Synced {
        /// The block.
        block_id: BlockId,
        /// Its proof.
        certificate: CommitCertificate,
    },
}

/// A message for every peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Our vote.
    Vote(Vote),
    /// Our proposal, or one that we lock on late.
    Proposal(Proposal),
    /// A proof of lock.
    Polka(PolkaCertificate),
    /// Why we are in this round.
    Round(RoundCertificate),
}

/// What the host has to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Append to the log. Must be durable before any later [`Action::Send`] of this or a later list leaves the host.
    Persist(Record),
    /// Publish.
    Send(Message),
    /// Start a timer; an older one of the same key is replaced.
    Arm(TimerKey, Duration),
    /// Stop a timer.
    Disarm(TimerKey),
    /// Build a block and answer with [`Event::Built`].
    Build {
        /// The height to build for.
        height: Height,
        /// The round to propose in; the header's build round.
        round: Round,
    },
    /// Publish the body of a block once more.
    Restream {
        /// Height of the block.
        height: Height,
        /// Round of the proposal it goes with.
        round: Round,
        /// The block.
        block_id: BlockId,
        /// The round of its proof of lock, if the proposal has one.
        pol_round: Option<Round>,
    },
    /// The block is final. Must be durable before the next [`Event::StartHeight`]. A host without the body fetches it.
    /// After a restart the same commit can be reported again.
    Commit {
        /// The proof.
        certificate: CommitCertificate,
    },
    /// Somebody signed a contradiction; each is reported once in the life of a core.
    Evidence(Evidence),
}

/// The answer to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "actions must be carried out in order"]
pub struct Handled {
    /// What to do, in this order.
    pub actions: Vec<Action>,
    /// What to think of the event and of the peer that sent it.
    pub admission: Admission,
}
