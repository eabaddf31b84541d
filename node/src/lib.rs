//! The EmotionalChain validator.

pub mod consensus;
pub mod device;
mod disk;
pub mod keys;
pub mod mempool;
pub mod network;
pub mod node;
pub mod store;
