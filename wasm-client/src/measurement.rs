//! Beats of one device, from frames to a signed proof. They live here and nowhere else.

use emotionalchain_shared::{
    biometrics::{BeatStream, CommitmentSecret, DeviceTier, Features, MeasureError, OpenStatement},
    chain::{BiometricProof, ChainSpec, Challenge, Measured, prove},
    crypto::SecretKey,
    primitives::{Address, TimeMs},
};

use crate::error::LightError;

/// A strap's last two minutes.
///
/// `Debug` shows how many beats there are, never one of them.
#[derive(Clone, Debug, Default)]
pub struct Measurement {
    beats: BeatStream,
}

/// Who signs a proof.
pub struct Device {
    /// Its key.
    pub key: SecretKey,
    /// The validator that it is enrolled for.
    pub validator: Address,
    /// What its enrolment is worth.
    pub tier: DeviceTier,
}

impl Measurement {
    /// Takes a payload of the heart-rate characteristic 0x2A37 that arrived at `at`, unix milliseconds.
    ///
    /// # Errors
    /// [`LightError::Measurement`] for a malformed or late one; what was measured before stays.
    pub fn heart_rate_frame(&mut self, payload: &[u8], at: TimeMs) -> Result<(), LightError> {
        self.beats.push(payload, at).map_err(|error| LightError::Measurement(error.to_string()))
    }

    /// What the newest window says; nothing while there are too few beats.
    ///
    /// # Errors
    /// [`LightError::Measurement`] for beats that no sensor sends.
    pub fn evaluate(&self, tier: DeviceTier) -> Result<Option<Features>, LightError> {
        match self.beats.features(tier) {
            Ok(features) => Ok(Some(features)),
            Err(MeasureError::Features(_)) => Ok(None),
            Err(error) => Err(LightError::Measurement(error.to_string())),
        }
    }

    /// Beats that are kept.
    pub fn len(&self) -> usize {
        self.beats.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.beats.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.beats.clear();
    }

    /// Commits to the newest window, states what it says and signs that. The salts' secret is drawn here and dropped
    /// here. The window ends now: of a recording, too, which only chains with simulated devices take.
    ///
    /// # Errors
    /// [`LightError::Measurement`] when the window gives no statement that a chain would take.
    pub fn prove(
        &self,
        spec: &ChainSpec,
        device: &Device,
        challenge: &Challenge,
        now: TimeMs,
    ) -> Result<(BiometricProof, OpenStatement), LightError> {
        fn wrong(error: impl ToString) -> LightError {
            LightError::Measurement(error.to_string())
        }
        let features = self.beats.features(device.tier).map_err(wrong)?;
        let statement = OpenStatement::from_features(&features).map_err(wrong)?;
        let window = self.beats.window().map_err(wrong)?;
        let span_ms = self.beats.span().map(|(first, last)| last.since(first)).unwrap_or_default();
        let mut secret = [0; CommitmentSecret::LEN];
        getrandom::fill(&mut secret).map_err(|error| LightError::Unsupported(error.to_string()))?;
        let secret = CommitmentSecret::new(&mut secret);
        let measured = Measured { window: &window, statement, end: now, span_ms };
        // Milliseconds rise from proof to proof, and no clock needs to be kept for that.
        let sequence = now.millis();
        let proof =
            prove(&spec.domain, &device.key, device.validator, &measured, challenge, sequence, &secret)
                .map_err(wrong)?;
        Ok((proof, statement))
    }
}
