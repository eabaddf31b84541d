//! From heart beats to a statement that can be signed: "biometrics features v1".
//!
//! ```text
//!  strap ── 0x2A37 frame ──► HeartRateMeasurement ─┐
//!                                                  ├─ rr ──► Beat … ──► Window (120 s) ──► Series (accepted beats)
//!  file ─── rr_1024 column ─► Recording ───────────┘                      │                  │
//!                                                                         │    Hrv, stress, Coherence, authenticity
//!  reaction task, wall clock, device's HR, tier ──► SourceContext ───────────────────────────┤
//!                                                                         │                  ▼
//!                                        secret ──► Commitment ◄─ samples ┘               Features
//!                                                       │                                    │
//!                                                       ▼ root = biometric_hash              ▼
//!                                          Opening (audits only)             OpenStatement ──► signed into a proof
//! ```
//!
//! # Rules
//! 1. Integers only in everything that enters a proof; native and wasm agree bit for bit. Ticks are 1/1024 s; `//`
//!    divides non-negative integers, rounding down. Constants stand in [`tables`] alone; [`algo_id`] names them.
//! 2. A window holds the beats that end in `(now − 120 s, now]`, slid every 30 s ([`Window`]).
//! 3. Beats are accepted or left out, never interpolated ([`Series`], step 1); at least 40 accepted beats that span
//!    60 s, else no features.
//! 4. Step 2 is in [`Hrv`] (Task Force 1996), steps 3 and 4 (Baevsky) in [`baevsky_ssi`] and [`stress()`], step 5 in
//!    [`Coherence`] and [`ReactionTask`], step 6 in [`authenticity()`], step 7 in [`score()`].
//! 5. A proof needs quality ≥ 800 ‰, authenticity ≥ 70 and at most the device's tier, and 30 to 220 bpm
//!    ([`OpenStatement`]).
//! 6. The commitment hides: per-leaf salts from one secret a proof, always 256 leaves ([`Commitment`]). Raw readings
//!    and salts never leave the device; `Debug` shows neither.
//!
//! Deliberate choices where the formulas leave room: the span of a window is counted between the *ends* of its first
//! and last accepted beat; a reaction task counts from ten valid responses, and its mean with the rhythm is rounded
//! down; pNN50 is taken over the differences.
//!
//! # What is claimed, and what is not
//! Claimed: a published, deterministic score, the same native and in the browser; HRV equal to reference tools on real
//! recordings; samples committed to, not shown.
//!
//! Not claimed: proof of a human, of liveness or of uniqueness; unforgeable biometrics; measured emotion; medical
//! meaning; that a higher score is a better node. Statistics stop broken sensors and lazy bots only: noise, a sine and
//! a simulator all pass, and `shared/tests/biometrics_forgery.rs` keeps it written down.

mod algorithm;
mod authenticity;
mod ble;
mod coherence;
mod commitment;
mod features;
mod fixed;
mod hrv;
mod leaf;
mod opening;
mod reaction;
mod recording;
mod sample;
mod score;
mod series;
mod statement;
mod stream;
mod stress;
pub mod tables;
mod window;

pub use algorithm::algo_id;
pub use authenticity::{DeviceTier, Reference, References, authenticity};
pub use ble::{BleError, Contact, HeartRateMeasurement, MAX_PAYLOAD};
pub use coherence::Coherence;
pub use commitment::{Commitment, CommitmentError, CommitmentSecret};
pub use features::{FeatureError, Features, SourceContext};
pub use fixed::{Piecewise, log2_q16};
pub use hrv::Hrv;
pub use leaf::{LeafData, LeafError};
pub use opening::{Opening, OpeningError};
pub use reaction::{ReactionError, ReactionTask};
pub use recording::{Recording, RecordingError};
pub use sample::{Modalities, Modality, Sample, SampleError};
pub use score::{authenticity_admits, heart_rate_admits, quality_admits, score};
pub use series::Series;
pub use statement::{OpenStatement, StatementError};
pub use stream::{BeatStream, MeasureError, StreamError};
pub use stress::{baevsky_ssi, stress};
pub use window::{Beat, Window, WindowError};
