//! A *simulated* device: a recording, replayed through exactly the path that a live sensor takes.
//!
//! beats → window → features → open statement → commitment → signed biometric proof. The recording loops; the first
//! window is taken from its start; 30 s of it pass in one epoch, so that with epochs of 30 s it plays in real time.
//! Devices of this kind exist where the genesis allows simulated devices, and are shown as simulated everywhere.

#[cfg(test)]
mod tests;

use emotionalchain_shared::{
    biometrics::{
        CommitmentError, CommitmentSecret, DeviceTier, FeatureError, Features, OpenStatement, Recording,
        References, SourceContext, StatementError, Window, WindowError,
    },
    chain::{BiometricProof, Challenge, Measured, prove},
    crypto::{PublicKey, SecretKey, SignDomain},
    primitives::{Address, BlockId, Height, TimeMs},
};
use thiserror::Error;

/// Ticks of the recording that pass in one epoch: 30 s of 1/1024 s.
const EPOCH_TICKS: u64 = 30 * 1024;
/// Ticks of one window: 120 s.
const WINDOW_TICKS: u64 = 120 * 1024;

/// Replays a recording under a device key.
pub struct SimulatedDevice {
    recording: Recording,
    key: SecretKey,
    validator: Address,
    domain: SignDomain,
    epoch_ms: u64,
    tier: DeviceTier,
    /// Where in the recording the first proof's window ends.
    first_end: u64,
    /// When the first proof was asked for: there the recording's first window ends.
    started: Option<TimeMs>,
    last_epoch: Option<u64>,
}

/// Why there is no proof in an epoch.
#[derive(Debug, Error)]
pub enum DeviceError {
    /// The recording gives no window.
    #[error("window: {0}")]
    Window(#[from] WindowError),
    /// Too few good beats.
    #[error("features: {0}")]
    Features(#[from] FeatureError),
    /// A gate refuses: to sit out is right.
    #[error("not eligible: {0}")]
    NotEligible(#[from] StatementError),
    /// The samples cannot be committed to.
    #[error("commitment: {0}")]
    Commitment(#[from] CommitmentError),
}

impl SimulatedDevice {
    /// A device of a validator on a chain whose epochs last `epoch_ms`, enrolled as simulated; its first window is the
    /// recording's first 120 s.
    pub fn new(
        recording: Recording,
        key: SecretKey,
        validator: Address,
        domain: SignDomain,
        epoch_ms: u64,
    ) -> Self {
        Self {
            recording,
            key,
            validator,
            domain,
            epoch_ms: epoch_ms.max(1),
            tier: DeviceTier::SIMULATED,
            first_end: WINDOW_TICKS,
            started: None,
            last_epoch: None,
        }
    }

    /// The same, enrolled at another tier.
    pub fn with_tier(self, tier: DeviceTier) -> Self {
        Self { tier, ..self }
    }

    /// The same, whose first window ends at this tick of the recording.
    pub fn with_first_end(self, end_tick: u64) -> Self {
        Self { first_end: end_tick, ..self }
    }

    /// The device's key.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Whether a proof should be made now: once an epoch, in its first third, so that it is early in a block.
    pub fn is_due(&self, now: TimeMs, genesis: TimeMs) -> bool {
        let passed = now.since(genesis);
        let epoch = passed.checked_div(self.epoch_ms).unwrap_or_default();
        let within = passed.checked_rem(self.epoch_ms).unwrap_or_default();
        within.saturating_mul(3) <= self.epoch_ms && self.last_epoch.is_none_or(|last| epoch > last)
    }

    /// What a proof over the window that ends at this tick of the looped recording states.
    ///
    /// # Errors
    /// [`DeviceError`]: the window gives no eligible statement.
    pub fn statement_at(&self, end_tick: u64) -> Result<OpenStatement, DeviceError> {
        self.statement(&self.recording.window_looped(end_tick)?)
    }

    fn statement(&self, window: &Window) -> Result<OpenStatement, DeviceError> {
        let context = SourceContext { tier: self.tier, references: References::GRANTED, reactions: None };
        Ok(OpenStatement::from_features(&Features::compute(window, &context)?)?)
    }

    /// Measures the window that ends now and signs what it says. Whatever comes of it, the epoch is done.
    ///
    /// # Errors
    /// [`DeviceError`]: the recording gives no eligible statement now.
    pub fn proof(
        &mut self,
        now: TimeMs,
        genesis: TimeMs,
        challenge: (Height, BlockId, TimeMs),
        sequence: u64,
        secret: CommitmentSecret,
    ) -> Result<BiometricProof, DeviceError> {
        self.last_epoch = now.since(genesis).checked_div(self.epoch_ms);
        let (height, id, time) = challenge;
        let started = *self.started.get_or_insert(now);
        let played =
            now.since(started).saturating_mul(EPOCH_TICKS).checked_div(self.epoch_ms).unwrap_or_default();
        let window = self.recording.window_looped(self.first_end.saturating_add(played))?;
        let statement = self.statement(&window)?;
        // The window ends now on the wall clock, however fast the recording plays.
        let span_ms = WINDOW_TICKS.saturating_mul(self.epoch_ms).checked_div(EPOCH_TICKS).unwrap_or_default();
        let measured = Measured { window: &window, statement, end: now, span_ms };
        let challenge = Challenge { height, id, time };
        Ok(prove(&self.domain, &self.key, self.validator, &measured, &challenge, sequence, &secret)?)
    }
}
