//! The light client: a node without a ledger that joins the network from a page or natively, and verifies everything
//! that it shows (protocol §8).
//!
//! ```text
//!  page, program ── LightClient ──commands──► queries  one task a call; none waits for another
//!                        ▲                       │ asks peers, checks answers against verified headers
//!                        │ heads, epochs, peers  ▼
//!                        └──────────────────── chain   one task owns what is trusted: Skipping, Witnesses, Snapshot
//!                                                ▲ pushed heads            │ whom to drop, what to save
//!                                                │                         ▼
//!                                              follow  a task a peer      host  one task owns the swarm: Peers, pings
//!                                                │                         │
//!            transport (seam): WebRTC-direct, WebSocket │ TCP, QUIC      store (seam): IndexedDB, redb, memory
//! ```
//!
//! # Rules
//! 1. Nothing a peer says is shown as verified before it is: headers by certificate ([`emotionalchain_shared::light`]),
//!    all else by proofs against a verified header. What a peer merely reports is named so ([`PeerView`]).
//! 2. Every wait has an end, every queue a bound. An answer of the wrong kind, a proof that does not hold, a stream
//!    without end: the peer is dropped with the error's code, another is asked, the verified head stays.
//! 3. Heads arrive pushed, from every connected peer. The first that verifies becomes the head; the others are
//!    witnesses to it. A verified contradiction halts the client with the evidence, which goes to all peers.
//! 4. Three to six peers are kept. Peers are found through the addresses given, those of the last visit, and those that
//!    peers name. A dead one is noticed by its silence within eight seconds.
//! 5. What was trusted last is saved; the next start continues from there. A damaged or foreign save means a cold start.
//! 6. Platforms differ in four files and their folders alone: [`executor`], [`clock`], `transport`, [`store`].
//! 7. Raw samples and salts live in [`Measurement`] and are dropped with it; no message has a field for them.

#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails loudly"))]

mod chain;
mod client;
pub mod clock;
mod error;
pub mod executor;
mod follow;
mod host;
mod keys;
mod measurement;
mod options;
mod peers;
mod queries;
mod rpc;
pub mod store;
mod submit;
mod transport;
mod views;

#[cfg(target_arch = "wasm32")]
mod js;

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

pub use client::LightClient;
pub use error::{Code, LightError};
pub use keys::from_seed as key_from_seed;
pub use measurement::{Device, Measurement};
pub use options::{Checkpoint, LightConfig, StorageKind};
pub use transport::TransportKind;
pub use views::*;
