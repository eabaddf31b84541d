//! What both ends of a connection share, on top of libp2p: the validator and the light client use the same lines.
//!
//! - [`ChainTag`]: protocol names, topics and greetings carry the chain, so that peers of two chains exchange nothing;
//! - [`read_frame`], [`write_frame`]: one message on a stream, bounded before it is allocated;
//! - [`ChunkedMuxer`]: small writes, each flushed, which the WebRTC crates need on both sides.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails loudly"))]

mod chain;
mod chunked;
mod frames;

pub use chain::{ChainClaim, ChainTag};
pub use chunked::{CHUNK, ChunkedMuxer, ChunkedStream};
pub use frames::{read_frame, write_frame};
