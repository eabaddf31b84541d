//! Tests of the store: one suite over both backends, durability, refusals and a model check.

#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod fixture;
mod model;
mod open;
mod suite;
