//! The node: the [`Replica`] with a network, a store, a log and a clock around it.
//!
//! ```text
//!  network ──events──►┐                     ┌──► log, fsync ──► network
//!  http, device ──────►  one task: Replica ─┤
//!  sync answers ──────►                     └──► store ──► head news (http, metrics)
//!  clock, timers ─────►┘
//! ```
//!
//! One task owns everything that changes; others ask it by message. It carries out the replica's outputs in order, with
//! the log on disk before anything that rests on it leaves.

mod config;
mod floor;
mod handle;
mod heads;
mod host;
mod metrics;
mod outbox;
mod serve;
mod start;
pub mod sync;
mod timers;

pub use config::{NodeConfig, NodeError};
pub use handle::{HeadNews, NodeHandle, NodeStatus, STALLED_MS, SubmitError};
pub use host::now;
pub use start::Node;
