//! The light client's core: what makes a header trusted, and what an answer must show (protocol §8).
//!
//! ```text
//!  genesis, checkpoint or Snapshot ──► Trusted ──Skipping──► Trusted ──► head ──verify_…──► answers
//!                                         ▲                     │
//!                                         └─ the next head ◄────┤
//!                                          2 Witnesses ◄────────┘
//! ```
//!
//! Nothing here has a socket, a clock or a source of chance: answers and the time are handed in. Whoever answers may
//! lie; every function says of a lie what it is, by a code that never changes.
//!
//! # One step of trust
//! A [`Trusted`] block names the set that signs the next one. [`verify`] takes an untrusted header with its certificate
//! and the set that signed it, and gives a [`Verdict`]: `Success`, `NotEnoughTrust`, or `Invalid` with a [`Reason`].
//! The checks, in this order; the first that fails is the verdict:
//!
//! 1. chain and version are ours; the certificate is for this very header;
//! 2. the trusted block is younger than the trusting period, two thirds of the unbonding delay: who could still be
//!    punished signed it. The header is not from the future, with ten seconds of drift;
//! 3. the header is higher and later than the trusted block;
//! 4. the set handed in is the one that the header names;
//! 5. the next height: that set is the one the trusted block announced, and the parent is the trusted block;
//!    further up: more than a third of the announced set signed, else `NotEnoughTrust`. They are counted by address
//!    before any signature is verified;
//! 6. more than two thirds of the set signed, each signature strictly valid.
//!
//! Sets are fetched from anybody: their root is in a verified header, so a wrong one is recognised.
//!
//! # The way to a head
//! [`Skipping`] tries the head at once and bisects upon `NotEnoughTrust`; each verified header becomes the trusted
//! block. A header becomes trusted only with the set that it announces. Answers that were not asked for are refused.
//! One certificate a step, and bounds on depth, sets and headers.
//!
//! A client that saw nothing for longer than the trusting period needs a checkpoint from somebody it trusts.
//!
//! # Witnesses
//! Each new head is compared with at least two peers beside the one that gave it ([`Witnesses`], [`compare`]). Another
//! id at the same height is verified by a walk of its own, from the last trusted block below, and [`settle`]d: it is the
//! witness's lie, or a [`Fork`] with evidence of both sides. After a fork nothing more is believed.
//!
//! # Queries
//! What a node answers beside headers is believed only with a proof against a verified one:
//!
//! | question | answer shown by |
//! |---|---|
//! | account, validator, any record, and that there is none | [`verify_account`], [`verify_record`], [`verify_value`] |
//! | a validator's scores of some epochs | [`verify_scores`] |
//! | a validator set | [`verify_set`] |
//! | an older header | [`verify_past_header`] |
//! | inclusion of a transaction, of an emotional vote and so of its proof | [`verify_inclusion`], [`verify_vote_inclusion`] |
//! | the same, to be checked by hand | [`explain_inclusion`] |
//! | a whole block | [`RawBlock`], [`BodyCheck`] |
//! | what an epoch came to | [`verify_summary`] |
//!
//! # Between two visits
//! A [`Snapshot`] keeps the trusted block, its header and a few addresses. It is checked when it is read, the trusting
//! period included, and a bad one means a start from genesis or a checkpoint.

mod answers;
mod predicates;
mod skipping;
mod snapshot;
mod verifier;
mod witness;

#[cfg(test)]
mod tests;

pub use answers::{
    AnswerError, BodyCheck, InclusionPath, RawBlock, Sibling, explain_inclusion, read_signed_header,
    verify_account, verify_inclusion, verify_past_header, verify_record, verify_scores, verify_set,
    verify_summary, verify_value, verify_vote_inclusion,
};
pub use predicates::Reason;
pub use skipping::{NotAsked, Path, Reached, Skipping, Step};
pub use snapshot::{Snapshot, SnapshotError};
pub use verifier::{LightOptions, Trusted, Verdict, verify};
pub use witness::{Comparison, Fork, Settled, Standing, WITNESSES, Witnesses, Word, compare, settle};
