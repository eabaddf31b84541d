//! The quantities of the protocol, each a type of its own (protocol §2): none a bare integer.
//!
//! Arithmetic that may leave a type's range returns `Option`; nothing wraps and nothing panics.

mod address;
mod amount;
mod basis_points;
mod chain_id;
mod counters;
mod hash;
mod time;

pub use address::{Address, AddressError};
pub use amount::Amount;
pub use basis_points::{BasisPoints, BasisPointsError};
pub use chain_id::{ChainId, ChainIdError};
pub use counters::{Epoch, Height, Nonce, Round};
pub use hash::{BlockId, Hash, HashError, hash_bytes, hash_pair};
pub use time::TimeMs;
