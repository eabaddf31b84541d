//! The EmotionalChain validator.

pub mod network;
