//! Making a biometric proof: the one way from a measured window to signed bytes, for simulated devices and browsers.

use crate::{
    biometrics::{
        Commitment, CommitmentError, CommitmentSecret, Modality, OpenStatement, Sample, Window, algo_id,
    },
    chain::{AuthenticityProof, BiometricProof, Statement},
    crypto::{SecretKey, SignDomain},
    primitives::{Address, BlockId, Height, TimeMs},
};

/// The block that a proof answers to: the newest one that its maker knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub id: BlockId,
    /// Its time.
    pub time: TimeMs,
}

/// A window with what is said of it.
#[derive(Clone, Debug)]
pub struct Measured<'a> {
    /// The beats; they stay with the caller.
    pub window: &'a Window,
    /// What is published of them.
    pub statement: OpenStatement,
    /// When the window ended on the wall clock; moved up to the challenge's time, which it cannot precede.
    pub end: TimeMs,
    /// How long it was on the wall clock, milliseconds; at least one.
    pub span_ms: u64,
}

/// Commits to the window's samples and signs the statement with a device key.
///
/// # Errors
/// [`CommitmentError`] when the samples cannot be committed to.
pub fn prove(
    domain: &SignDomain,
    key: &SecretKey,
    validator: Address,
    measured: &Measured<'_>,
    challenge: &Challenge,
    sequence: u64,
    secret: &CommitmentSecret,
) -> Result<BiometricProof, CommitmentError> {
    let samples: Vec<Sample> = measured.window.samples().collect();
    let commitment = Commitment::new(secret, &samples)?;
    let window_end = measured.end.max(challenge.time);
    let authenticity = AuthenticityProof {
        device_key: key.public(),
        delegation: None,
        algo_id: algo_id(),
        modalities: Modality::RrInterval.bit(),
        sample_count: commitment.filled_leaves().into(),
        window_start: window_end.saturating_sub(measured.span_ms.max(1)),
        window_end,
        challenge_height: challenge.height,
        challenge: challenge.id,
        sequence,
        statement: Statement::Open(measured.statement),
    };
    Ok(BiometricProof::sign(domain, key, validator, commitment.root(), authenticity))
}
