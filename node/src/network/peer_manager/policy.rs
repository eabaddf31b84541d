//! The numbers and times of the peer manager.

use std::time::Duration;

/// How many peers to keep, and how fast to look after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Full peers below which candidates are dialled; at least `min_outbound`.
    pub low: usize,
    /// Full peers above which one is let go; at least `low`.
    pub high: usize,
    /// Full peers wanted among those that this node dialled, each in another subnet.
    pub min_outbound: usize,
    /// Dials under way at once; at least 3, since two are kept for candidates.
    pub max_dials: usize,
    /// First wait before a persistent peer is dialled again.
    pub base: Duration,
    /// Longest such wait while fewer than `low` peers are there.
    pub cap: Duration,
    /// Longest such wait otherwise.
    pub far: Duration,
    /// How long a peer of another chain is refused.
    pub refusal: Duration,
    /// How often one slot in eight gets a fresh peer.
    pub rotation: Duration,
    /// How often the slowest peer is looked for.
    pub slow_check: Duration,
    /// How long a new full peer may stay although all slots are taken.
    pub grace: Duration,
    /// How long a dial may take before it is forgotten.
    pub dial_patience: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            low: 8,
            high: 12,
            min_outbound: 3,
            max_dials: 8,
            base: Duration::from_millis(200),
            cap: Duration::from_millis(1500),
            far: Duration::from_mins(5),
            refusal: Duration::from_mins(1),
            rotation: Duration::from_mins(10),
            slow_check: Duration::from_mins(1),
            grace: Duration::from_secs(10),
            dial_patience: Duration::from_secs(30),
        }
    }
}
