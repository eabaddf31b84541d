//! The simulated network: where nodes stand, how long a message takes, and what it may meet on its way.
//!
//! Rules:
//! - every node stands in a region drawn from the seed; one way between two linked nodes takes half of the measured
//!   round trip of their regions and a millisecond for the hop ([`table`]);
//! - up to eleven nodes are linked with each other, more form a random mesh of degree ten, in which a message floods on
//!   the shortest paths ([`placement`]);
//! - what a network without CPU and bandwidth would need at best is known for the very same placement ([`ideal`]);
//! - loss, duplication, reordering, partitions and bandwidth come on top while a fault says so ([`weather`]), and
//!   [`hidden`] withholds exactly the votes that make a decision visible.

pub mod hidden;
pub mod ideal;
pub mod placement;
pub mod table;
pub mod weather;

/// Virtual time, in microseconds from the start of a run.
pub type Micros = u64;

/// A millisecond.
pub const MS: Micros = 1_000;
/// A second.
pub const SECOND: Micros = 1_000_000;
