//! The simulator: real replicas, a simulated world, invariants that must hold whatever goes wrong.
//!
//! ```text
//!   seed ─► plan (faults) ─► world ─► outcome ─► report
//!                             │  ▲
//!        byzantine behaviours ┘  └ network: placement, weather
//!                             └──► invariants ─► violation ─► shrink ─► what is left of the plan
//! ```
//! Rules:
//! - the seed decides everything: no clock, no thread, no address and no order of a hash map enters a run;
//! - nodes run the very code of the validator, with its store and the bytes of its log;
//! - invariants watch from outside;
//! - a fault that never did anything tests nothing: each counts how often it fired.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a fault of the simulator itself must stop it loudly; it handles no input of strangers"
)]

pub mod byzantine;
pub mod invariants;
pub mod network;
pub mod plan;
pub mod report;
mod rng;
pub mod shrink;
pub mod world;
