//! Tests of the store: one suite over both backends, durability, refusals, a model check and the cost of a commit.

#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod cost;
mod fixture;
mod model;
mod open;
mod suite;
