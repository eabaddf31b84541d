//! Coming to the head of the chain, block by block from several peers at once.
//!
//! Sans-IO: events and the time in, actions out. What peers send is only ordered and bounded here; every block is
//! verified by the replica.

mod catchup;
mod rest;

pub use catchup::{Action, Catchup, Event, Numbered};
