//! Settings of a core.

#[cfg(feature = "mutations")]
use crate::consensus::engine::Mutation;
use crate::{consensus::engine::Timeouts, primitives::Height};

/// Settings of a core; the key, and with it the address, is handed to `Core::new`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreConfig {
    /// Lengths of timers.
    pub timeouts: Timeouts,
    /// Bounds on what peers can make us keep.
    pub bounds: Bounds,
    /// Nothing below this height is ever signed: set when a key was imported, as its guard stayed behind (protocol §7).
    /// `None`: nothing at all is signed before `Core::settle_sign_floor`.
    pub sign_floor: Option<Height>,
    /// A deliberate fault.
    #[cfg(feature = "mutations")]
    pub mutation: Option<Mutation>,
}

impl Default for CoreConfig {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            bounds: Bounds::default(),
            sign_floor: Some(Height::ZERO),
            #[cfg(feature = "mutations")]
            mutation: None,
        }
    }
}

/// Bounds on what peers can make us keep. Past each of them a message is ignored, not its sender punished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Rounds ahead of ours in which votes and proposals are kept. More than [`Bounds::MAX_FUTURE_ROUNDS`] has no
    /// effect: the state machine itself looks no further. A third of the seats pulls us ahead step by step (L55).
    pub future_rounds: u32,
    /// Rounds behind ours in which votes still count. Older ones could only complete a decision that the network has
    /// long left behind; it comes by its certificate.
    pub past_rounds: u32,
    /// Verified messages for the next height kept for each seat: two votes and a proposal for two rounds and more.
    pub next_height_per_seat: usize,
    /// Messages for the next height kept in all whose signer has no seat now, so that they cannot be verified yet: at
    /// an epoch's end newcomers may be a block ahead of us.
    pub next_height_unknown: usize,
    /// Verdicts kept of bodies whose proposal has not come yet.
    pub early_bodies: usize,
}

impl Bounds {
    /// What the state machine looks ahead.
    pub const MAX_FUTURE_ROUNDS: u32 = malachite::MAX_FUTURE_ROUND_LOOKAHEAD;

    /// A certificate for a later round than this is refused: with ten seconds a round it lies four months ahead, and it
    /// keeps all arithmetic on rounds far from its end.
    pub const MAX_ROUND: u32 = 1 << 20;
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            future_rounds: Self::MAX_FUTURE_ROUNDS,
            past_rounds: 32,
            next_height_per_seat: 8,
            next_height_unknown: 64,
            early_bodies: 8,
        }
    }
}
