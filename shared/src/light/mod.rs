//! The light client's core: what makes a header trusted (protocol §8).
//!
//! A [`Trusted`] block names the set that signs the next one. [`verify`] takes an untrusted header with its certificate
//! and the set that signed it, and gives a [`Verdict`]. The checks, in this order:
//!
//! 1. chain and version are ours; the certificate is for this very header;
//! 2. the trusted block is within the trusting period, and the header not from the future;
//! 3. the header is higher and later than the trusted block;
//! 4. the set handed in is the one that the header names;
//! 5. the next height: that set is the one the trusted block announced, and the parent is the trusted block;
//!    further up: more than a third of the announced set signed, else [`Verdict::NotEnoughTrust`]: bisect;
//! 6. more than two thirds of the set signed, each signature strictly valid.
//!
//! Sets are fetched from anybody: their root is in a verified header, so a wrong one is recognised.
//!
//! What a node answers beside headers is believed only with a proof against one of them: see [`verify_record`],
//! [`verify_inclusion`] and [`verify_summary`].

mod answers;
mod predicates;
mod verifier;

#[cfg(test)]
mod tests;

pub use answers::{
    AnswerError, read_signed_header, verify_account, verify_inclusion, verify_record, verify_summary,
    verify_value,
};
pub use predicates::Reason;
pub use verifier::{LightOptions, Trusted, Verdict, verify};
