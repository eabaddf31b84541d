//! What a peer did, and what that is worth in reputation.
//!
//! Reputation runs from 0 to 100 and starts at 50; below 30 a peer is banned, above 70 it counts as reliable. The worth
//! of a deed is chosen by what it proves: a false answer or a signature that does not verify cannot happen to honest
//! software, so two of them ban; what an old version can cause takes many. What a slow line or a busy machine causes costs
//! nothing here: it counts in a peer's quality, and gets it replaced. Merits are small, so that no peer earns room for an
//! attack within minutes.

/// A deed of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conduct {
    /// A message that no honest node would send or forward: it does not decode, or breaks a rule of the chain.
    InvalidMessage,
    /// A signature that does not verify.
    InvalidSignature,
    /// An answer that contradicts what it claims to prove.
    FalseAnswer,
    /// More than its budget allows.
    Flood,
    /// Old messages over and over.
    Replay,
    /// A frame above its written limit.
    Oversized,
    /// Compressed bytes that unpack to more than they declare.
    Bomb,
    /// A stream that is kept open without progress.
    SlowStream,
    /// Grafts during back-off, broken promises, floods of control messages.
    MeshAbuse,
    /// Routing-table records and addresses in numbers that only an attack needs.
    RoutingFlood,
    /// No answer in time.
    Timeout,
    /// An answer that helped.
    UsefulAnswer,
    /// A minute in which it was first with something valid.
    UsefulMinute,
}

impl Conduct {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::InvalidMessage,
        Self::InvalidSignature,
        Self::FalseAnswer,
        Self::Flood,
        Self::Replay,
        Self::Oversized,
        Self::Bomb,
        Self::SlowStream,
        Self::MeshAbuse,
        Self::RoutingFlood,
        Self::Timeout,
        Self::UsefulAnswer,
        Self::UsefulMinute,
    ];

    /// What it changes, in points of reputation.
    pub const fn points(self) -> i8 {
        match self {
            Self::InvalidSignature | Self::FalseAnswer | Self::Oversized | Self::Bomb => -15,
            Self::InvalidMessage => -8,
            Self::Flood | Self::MeshAbuse | Self::RoutingFlood => -5,
            Self::Replay | Self::SlowStream => -3,
            Self::Timeout => 0,
            Self::UsefulAnswer | Self::UsefulMinute => 1,
        }
    }

    /// Its name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidMessage => "invalid_message",
            Self::InvalidSignature => "invalid_signature",
            Self::FalseAnswer => "false_answer",
            Self::Flood => "flood",
            Self::Replay => "replay",
            Self::Oversized => "oversized",
            Self::Bomb => "bomb",
            Self::SlowStream => "slow_stream",
            Self::MeshAbuse => "mesh_abuse",
            Self::RoutingFlood => "routing_flood",
            Self::Timeout => "timeout",
            Self::UsefulAnswer => "useful_answer",
            Self::UsefulMinute => "useful_minute",
        }
    }
}
