//! Heights, rounds, epochs and nonces.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, borsh::BorshSerialize, borsh::BorshDeserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The first one.
            pub const ZERO: Self = Self(0);

            /// Wraps an integer.
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            /// The integer.
            pub const fn get(self) -> $inner {
                self.0
            }

            /// The one after; `None` at the end of the range.
            pub fn next(self) -> Option<Self> {
                self.0.checked_add(1).map(Self)
            }

            /// The one before; `None` at zero.
            pub fn prev(self) -> Option<Self> {
                self.0.checked_sub(1).map(Self)
            }

            /// How many steps lie from `earlier` to this one; `None` if it is not earlier or equal.
            pub fn since(self, earlier: Self) -> Option<$inner> {
                self.0.checked_sub(earlier.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, out)
            }
        }
    };
}

counter!(
    /// Position of a block; genesis is 0, the first block is 1.
    Height(u64)
);
counter!(
    /// Attempt to decide a height, from 0.
    Round(u32)
);
counter!(
    /// Number of an emotional round: `(block time − genesis time) / epoch length`, from 0.
    Epoch(u64)
);
counter!(
    /// Count of an account's included transactions, from 0.
    Nonce(u64)
);
