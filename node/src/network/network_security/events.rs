//! What the host tells, and what it is told to do.

use std::net::IpAddr;

use libp2p::{PeerId, swarm::ConnectionId};

use super::{
    budgets::ValidatorKey,
    detectors::{
        equivocation::{Conflict, SignedVote},
        mesh_abuse::MeshEvent,
        slow_loris::StreamId,
    },
    gate::GateRefusal,
    traffic::Traffic,
};
use crate::network::{conduct::Conduct, peers::Direction, subnet::Subnet};

/// What happened. Sizes are in bytes, cost in signature checks; `ip` is `None` for a relayed connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityEvent {
    /// Somebody begins a handshake.
    Pending {
        /// The connection.
        connection: ConnectionId,
        /// Where from.
        ip: Option<IpAddr>,
    },
    /// A handshake ended well, ours or theirs.
    Established {
        /// The connection.
        connection: ConnectionId,
        /// The other end.
        ip: Option<IpAddr>,
        /// Who is there.
        peer: PeerId,
        /// Who opened it.
        direction: Direction,
    },
    /// A handshake failed, or a connection is gone.
    Closed(ConnectionId),
    /// An answer of this size is about to go to a peer whose question was charged as a message.
    Answer {
        /// To whom.
        peer: PeerId,
        /// Its size.
        bytes: u64,
    },
    /// A message or a question came in.
    Message {
        /// From whom.
        peer: PeerId,
        /// Its class.
        traffic: Traffic,
        /// Its size.
        bytes: u64,
        /// What it costs to check.
        cost: u64,
    },
    /// The signature of a message that had not come before was found good.
    ValidatorMessage {
        /// Who signed it.
        validator: ValidatorKey,
        /// Its class.
        traffic: Traffic,
        /// Its size.
        bytes: u64,
        /// What it costs from here on.
        cost: u64,
    },
    /// A signature was found wrong against a known key.
    InvalidSignature(PeerId),
    /// A message was found to be long stale (see [`replay`](super::detectors::replay)).
    Stale {
        /// From whom.
        peer: PeerId,
        /// Its gossip id.
        message: [u8; 32],
    },
    /// A vote with a good signature came in, from whomever.
    Vote(SignedVote),
    /// A peer announced addresses unasked.
    Addresses {
        /// The peer.
        source: PeerId,
        /// How many of them were not known before.
        count: u32,
    },
    /// A peer id is about to enter the routing table.
    Routed {
        /// The id.
        peer: PeerId,
        /// Its address.
        ip: Option<IpAddr>,
    },
    /// A frame begins on a stream.
    FrameBegun {
        /// The stream.
        stream: StreamId,
        /// With whom.
        peer: PeerId,
    },
    /// A frame made progress.
    FrameBytes {
        /// The stream.
        stream: StreamId,
        /// With whom.
        peer: PeerId,
        /// By so much.
        bytes: u64,
    },
    /// A frame is complete, or its stream is gone.
    FrameEnded {
        /// The stream.
        stream: StreamId,
        /// With whom.
        peer: PeerId,
    },
    /// A compressed payload is about to be unpacked.
    Packed {
        /// From whom.
        peer: PeerId,
        /// Its size.
        packed: u64,
        /// Its size unpacked, as it says.
        declared: u64,
        /// The most that its kind may have.
        limit: u64,
    },
    /// A compressed payload was unpacked, no further than one byte beyond what it declared.
    Unpacked {
        /// From whom.
        peer: PeerId,
        /// Its size, as it said.
        declared: u64,
        /// Its size.
        unpacked: u64,
    },
    /// Something happened in a gossip mesh.
    Mesh {
        /// With whom.
        peer: PeerId,
        /// What.
        event: MeshEvent,
    },
    /// Time passed; once a second is right.
    Tick,
}

/// An order to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Lower the reputation of a peer.
    Charge {
        /// The peer.
        peer: PeerId,
        /// For this.
        conduct: Conduct,
    },
    /// Do not use what the event was about: ignore the message, addresses or id.
    Drop,
    /// Replace some of the peers of a subnet, if others are known.
    Replace {
        /// The subnet.
        subnet: Subnet,
    },
    /// Refuse a connection, or close it.
    Refuse {
        /// The connection.
        connection: ConnectionId,
        /// Why.
        why: GateRefusal,
    },
    /// Reset a stream.
    Reset(StreamId),
    /// Hand both messages on as evidence.
    Evidence(Conflict),
}

/// What can speak; the order is that of the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detector {
    /// Limits on connections.
    Gate,
    /// Budgets of peers.
    PeerBudget,
    /// Budgets of validators.
    ValidatorBudget,
    /// Repeated overruns.
    Spam,
    /// Signatures that do not verify.
    InvalidSignatures,
    /// Old messages over and over.
    Replay,
    /// Two values for one step.
    Equivocation,
    /// Floods of addresses, captured subnets.
    Eclipse,
    /// What is held open.
    SlowLoris,
    /// Decompression bombs.
    Bombs,
    /// Floods of peer ids.
    Sybil,
    /// Abuse of the gossip mesh.
    MeshAbuse,
}

impl Detector {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Gate,
        Self::PeerBudget,
        Self::ValidatorBudget,
        Self::Spam,
        Self::InvalidSignatures,
        Self::Replay,
        Self::Equivocation,
        Self::Eclipse,
        Self::SlowLoris,
        Self::Bombs,
        Self::Sybil,
        Self::MeshAbuse,
    ];

    /// The name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::PeerBudget => "peer_budget",
            Self::ValidatorBudget => "validator_budget",
            Self::Spam => "spam",
            Self::InvalidSignatures => "invalid_signatures",
            Self::Replay => "replay",
            Self::Equivocation => "equivocation",
            Self::Eclipse => "eclipse",
            Self::SlowLoris => "slow_loris",
            Self::Bombs => "bombs",
            Self::Sybil => "sybil",
            Self::MeshAbuse => "mesh_abuse",
        }
    }
}
