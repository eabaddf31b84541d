//! Consensus in a validator: the sans-IO [`replica`] that the node and the simulator share, its durable [`log`] and the
//! log's file, the [`wal`].

pub mod log;
pub mod replica;
pub mod wal;
