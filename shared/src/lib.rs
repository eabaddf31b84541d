//! Everything that EmotionalChain validators and browsers must agree on.
//!
//! A sample becomes a proof, a proof becomes a vote, votes make an epoch, an epoch seats validators, validators
//! finalise blocks, blocks are proved to a browser. Nothing here knows a socket, a clock, a disk, a thread or a source
//! of randomness: what is needed is passed in.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails loudly"))]

pub mod biometrics;
pub mod chain;
pub mod consensus;
pub mod crypto;
pub mod epoch;
pub mod light;
pub mod merkle;
#[cfg(feature = "mutations")]
pub mod mutations;
pub mod primitives;
pub mod wire;
