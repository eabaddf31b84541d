//! The ledger under test: one concept a file, over the chain in memory of [`harness`].

mod blocks;
mod building;
mod determinism;
mod devices;
mod epochs;
mod evidence;
mod genesis;
mod harness;
mod ledger;
mod light;
mod links;
mod orders;
mod seats;
mod sessions;
mod settlement;
mod supply;
mod transactions;
mod validators;
mod votes;
