//! How a node finds the network, and how it knows whether it has found all of it (protocol §9).
//!
//! ```text
//!   file ─► seeds                     (names are the transport's to resolve)
//!                           │ addresses of a few peers
//!                           ▼
//!   identify, Kademlia ─► address_book ─► whom to dial            (the peer manager picks)
//!                             │  ▲
//!                             │  └─ what worked, what failed
//!                             ▼
//!                          a file
//! ```
//!
//! 1. **One honest address is enough:** a seed is dialled, Kademlia asks it for others, and so on.
//! 2. **Hearsay is kept apart from experience** ([`address_book`]): whoever tells many addresses fills only the few
//!    places that its part of the internet has, and never those of peers that worked.
//! 3. **Seeds are bounded whoever wrote them** ([`seeds`]): lines, characters, numbers.
//!
//! All of it is sans-IO: files, clocks and sockets are the host's.

pub mod address_book;
pub mod seeds;
