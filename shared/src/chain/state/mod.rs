//! The ledger's state: typed records over an authenticated key-value tree.
//!
//! Values are borsh, which has one encoding a value; keys are a prefix byte and fixed-width big-endian parts:
//!
//! | key | value |
//! |---|---|
//! | `g` | [`Globals`] |
//! | `a` address | [`Account`] |
//! | `v` address | [`Validator`] |
//! | `o` address | address of the validator that the account owns |
//! | `x` page | addresses of validators, 1,024 a page, in order of registration |
//! | `d` device key | [`Device`] |
//! | `b` height | [`Finalised`]: id, time and set of each block within the evidence window |
//! | `s` root | [`crate::consensus::ValidatorSet`] with that root |
//! | `t` | [`crate::epoch::Schedule`] of the epoch |
//! | `c` | [`Credits`] since the last close |
//! | `l` | [`crate::epoch::RecentLargest`] |
//! | `h` address epoch | [`ScoreEntry`] |

mod keys;
mod overlay;
mod records;

pub use keys::StateKey;
pub use overlay::{Overlay, StateError, StateRead, Writes};
pub use records::{Account, Credit, Credits, Device, Finalised, Globals, ScoreEntry, Session, Validator};
