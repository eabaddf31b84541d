//! Keys and domain-separated signatures (protocol §2).
//!
//! Rules:
//! - keys are ed25519; a [`PublicKey`] in hand is always a valid, not weak, curve point;
//! - what is signed is `"emotionalchain/v1" ‖ kind ‖ len(chain id) ‖ chain id ‖ genesis hash ‖ body`, so that a
//!   signature of one kind, chain or genesis fails for every other;
//! - verification that nodes must agree on is strict and one signature at a time: batch verification accepts
//!   signatures that single verification rejects, so nodes could disagree.

mod domain;
mod keys;

pub use domain::{SignDomain, SignKind};
pub use keys::{KeyError, PublicKey, SecretKey, Signature, SignatureError};
