//! The host of the consensus engine.

pub mod wal;
