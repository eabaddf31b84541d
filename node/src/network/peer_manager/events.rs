//! What the host tells the peer manager, and what it is told to do.

use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use thiserror::Error;

use super::super::{conduct::Conduct, peers::Direction};

/// Names a dial. That of a persistent address stays the same for the life of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(pub(super) u64);

/// What happened.
#[derive(Clone, Debug)]
pub enum PeerEvent {
    /// A peer's first connection stands, or one that a dial of this node made.
    Opened {
        /// The peer.
        peer: PeerId,
        /// Who opened it.
        direction: Direction,
        /// The peer's end of it.
        address: Multiaddr,
        /// The dial.
        target: Option<TargetId>,
    },
    /// A connected peer has shown that it is a full peer of this chain.
    Identified {
        /// The peer.
        peer: PeerId,
    },
    /// A peer's last connection is gone.
    Closed {
        /// The peer.
        peer: PeerId,
    },
    /// A dial failed.
    DialFailed(TargetId),
    /// A dial reached this very node.
    DialledSelf(TargetId),
    /// A ping came back.
    Rtt {
        /// The peer.
        peer: PeerId,
        /// The time from ping to pong.
        rtt: Duration,
    },
    /// A peer did something that counts.
    Did {
        /// The peer.
        peer: PeerId,
        /// The deed.
        conduct: Conduct,
    },
    /// A peer follows another chain.
    Refused {
        /// The peer.
        peer: PeerId,
    },
    /// Time passed, or the stock of candidates has grown.
    Tick,
}

/// An order to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerAction {
    /// Dial.
    Dial(Dial),
    /// Close all connections of a peer.
    Disconnect {
        /// The peer.
        peer: PeerId,
        /// For the log.
        why: Farewell,
    },
    /// The bans have changed and are to be saved.
    Banned {
        /// The peer.
        peer: PeerId,
        /// The end of its ban, in Unix milliseconds.
        until_ms: u64,
    },
}

/// Whom to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// What to name when the dial ends.
    pub target: TargetId,
    /// Who is expected to answer, if known.
    pub peer: Option<PeerId>,
    /// Where; never empty.
    pub addresses: Vec<Multiaddr>,
}

/// Why a peer is let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Farewell {
    /// All slots are taken.
    Full,
    /// A fresh peer took its slot.
    Rotated,
    /// A peer with a better line took its slot.
    Slow,
    /// It, or its address, is banned.
    Banned,
    /// It follows another chain.
    Refused,
}

/// Why a peer may neither connect nor be dialled now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// It follows another chain.
    #[error("the peer follows another chain")]
    Refused,
    /// It is banned.
    #[error("the peer is banned until {until_ms} (unix ms)")]
    Banned {
        /// The end, in Unix milliseconds.
        until_ms: u64,
    },
    /// Its address is banned with the peers that used it.
    #[error("the address is banned until {until_ms} (unix ms)")]
    AddressBanned {
        /// The end, in Unix milliseconds.
        until_ms: u64,
    },
}

impl From<Refusal> for Farewell {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Refused => Self::Refused,
            Refusal::Banned { .. } | Refusal::AddressBanned { .. } => Self::Banned,
        }
    }
}
