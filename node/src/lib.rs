//! The EmotionalChain validator.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails loudly"))]

pub mod cli;
pub mod consensus;
pub mod device;
mod disk;
pub mod http;
pub mod keys;
pub mod mempool;
pub mod network;
pub mod node;
pub mod store;
