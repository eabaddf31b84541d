//! Biometric proofs as they travel (protocol §5): a commitment, a statement and the keys that stand for it.

use emotionalchain_proto::v1;
use prost::Message;

use crate::{
    biometrics::OpenStatement,
    crypto::{PublicKey, SecretKey, SignDomain, SignKind, Signature, SignatureError},
    primitives::{Address, BlockId, Hash, Height, TimeMs},
    wire::{self, DecodeError, Limit, Wire},
};

/// What a device says about its samples; the samples stay where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BiometricProof {
    /// The validator that the proof is for.
    pub validator: Address,
    /// Root of the commitment tree over salted samples.
    pub commitment: Hash,
    /// Context and statement.
    pub authenticity: AuthenticityProof,
    /// By the device key, or by the session key that it delegated to.
    pub signature: Signature,
}

/// Everything about a proof but its commitment and signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticityProof {
    /// The enrolled device.
    pub device_key: PublicKey,
    /// Present when a session key signs.
    pub delegation: Option<SessionDelegation>,
    /// Which tables and formulas made the statement: [`crate::biometrics::algo_id`].
    pub algo_id: Hash,
    /// Bit set of the modalities used: 1 RR intervals, 2 camera pulse, 4 reaction task, 8 motion.
    pub modalities: u32,
    /// Leaves of the commitment that carry samples.
    pub sample_count: u32,
    /// When the window began.
    pub window_start: TimeMs,
    /// When the window ended; the proof's time.
    pub window_end: TimeMs,
    /// Height of the block whose id the proof answers to.
    pub challenge_height: Height,
    /// That block's id: the proof cannot be older.
    pub challenge: BlockId,
    /// Counts up for each proof of a device.
    pub sequence: u64,
    /// What is said of the samples.
    pub statement: Statement,
}

/// What is said of the samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Published values.
    Open(OpenStatement),
}

/// A device key's permission for a session key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionDelegation {
    /// The key that may sign.
    pub session_key: PublicKey,
    /// From when.
    pub not_before: TimeMs,
    /// Until when.
    pub not_after: TimeMs,
    /// By the device key; `None` when the delegation stands in state, made by a transaction.
    pub signature: Option<Signature>,
}

/// The bit of [`AuthenticityProof::modalities`] for RR intervals, which are required.
pub const MODALITY_RR: u32 = 1;
/// Every bit of [`AuthenticityProof::modalities`].
pub const MODALITY_ALL: u32 = 15;
/// Leaves of a commitment tree.
pub const MAX_SAMPLES: u32 = 256;

impl SessionDelegation {
    /// The sign document.
    pub fn sign_body(session_key: &PublicKey, not_before: TimeMs, not_after: TimeMs) -> Vec<u8> {
        v1::SessionDelegationBody {
            session_key: session_key.as_bytes().to_vec(),
            not_before: not_before.to_wire(),
            not_after: not_after.to_wire(),
        }
        .encode_to_vec()
    }
}

impl BiometricProof {
    /// Signs a proof with a device or session key.
    pub fn sign(
        domain: &SignDomain,
        key: &SecretKey,
        validator: Address,
        commitment: Hash,
        authenticity: AuthenticityProof,
    ) -> Self {
        let mut proof = Self { validator, commitment, authenticity, signature: Signature::new([0; 64]) };
        proof.signature = domain.sign(key, SignKind::BiometricProof, &proof.sign_body());
        proof
    }

    /// The sign document: this proof with an empty signature.
    pub fn sign_body(&self) -> Vec<u8> {
        let mut proto = self.to_proto();
        proto.signature.clear();
        proto.encode_to_vec()
    }

    /// The key whose signature the proof carries.
    pub fn signing_key(&self) -> &PublicKey {
        self.authenticity.delegation.as_ref().map_or(&self.authenticity.device_key, |one| &one.session_key)
    }

    /// Checks the proof's signature and, if it carries one, the delegation's; whether the device is enrolled and a
    /// delegation in state allows the session key is for the ledger to say.
    ///
    /// # Errors
    /// [`SignatureError`] when one does not verify.
    pub fn verify_signatures(&self, domain: &SignDomain) -> Result<(), SignatureError> {
        if let Some(delegation) = &self.authenticity.delegation
            && let Some(signature) = &delegation.signature
        {
            let body = SessionDelegation::sign_body(
                &delegation.session_key,
                delegation.not_before,
                delegation.not_after,
            );
            domain.verify(&self.authenticity.device_key, SignKind::SessionDelegation, &body, signature)?;
        }
        domain.verify(self.signing_key(), SignKind::BiometricProof, &self.sign_body(), &self.signature)
    }
}

impl Wire for BiometricProof {
    type Proto = v1::BiometricProof;
    const NAME: &'static str = "BiometricProof";
    const MAX_BYTES: usize = wire::MAX_BIOMETRIC_PROOF;

    fn to_proto(&self) -> v1::BiometricProof {
        v1::BiometricProof {
            validator_id: self.validator.to_string(),
            biometric_hash: self.commitment.as_bytes().to_vec(),
            authenticity_proof: self.authenticity.encode(),
            timestamp: self.authenticity.window_end.to_wire(),
            signature: self.signature.as_bytes().to_vec(),
        }
    }

    fn from_proto(proto: v1::BiometricProof) -> Result<Self, DecodeError> {
        let authenticity = AuthenticityProof::decode(&proto.authenticity_proof)?;
        if proto.timestamp != authenticity.window_end.to_wire() {
            return Err(Self::field("timestamp"));
        }
        Ok(Self {
            validator: proto.validator_id.parse().map_err(|_| Self::field("validator_id"))?,
            commitment: wire::bytes32(Self::NAME, "biometric_hash", &proto.biometric_hash)?,
            authenticity,
            signature: wire::fixed(Self::NAME, "signature", &proto.signature)?,
        })
    }
}

impl Wire for AuthenticityProof {
    type Proto = v1::AuthenticityProof;
    const NAME: &'static str = "AuthenticityProof";
    const MAX_BYTES: usize = wire::MAX_AUTHENTICITY_PROOF;
    // The place of audit openings is kept, none is accepted yet.
    const REPEATED: &'static [Limit] = &[Limit::of(13, 0)];

    fn to_proto(&self) -> v1::AuthenticityProof {
        let Statement::Open(open) = &self.statement;
        v1::AuthenticityProof {
            device_key: self.device_key.as_bytes().to_vec(),
            delegation: self.delegation.as_ref().map(|one| v1::SessionDelegation {
                session_key: one.session_key.as_bytes().to_vec(),
                not_before: one.not_before.to_wire(),
                not_after: one.not_after.to_wire(),
                signature: one.signature.map(|signature| signature.as_bytes().to_vec()).unwrap_or_default(),
            }),
            algo_id: self.algo_id.as_bytes().to_vec(),
            modalities: self.modalities,
            sample_count: self.sample_count,
            window_start: self.window_start.to_wire(),
            window_end: self.window_end.to_wire(),
            challenge_height: self.challenge_height.get(),
            challenge: self.challenge.as_bytes().to_vec(),
            sequence: self.sequence,
            audit_openings: Vec::new(),
            statement: Some(v1::authenticity_proof::Statement::Open(v1::OpenStatement {
                score_bp: open.score.into(),
                stress: open.stress.into(),
                focus: open.focus.into(),
                authenticity: open.authenticity.into(),
                heart_rate_cbpm: open.heart_rate_cbpm,
            })),
        }
    }

    fn from_proto(proto: v1::AuthenticityProof) -> Result<Self, DecodeError> {
        if !proto.audit_openings.is_empty() {
            return Err(Self::field("audit_openings"));
        }
        let Some(v1::authenticity_proof::Statement::Open(open)) = proto.statement else {
            // A private statement's place is kept in the format; none is accepted yet.
            return Err(Self::field("statement"));
        };
        let percent = |name, value: u32| u8::try_from(value).map_err(|_| Self::field(name));
        let statement = OpenStatement {
            score: open.score_bp.try_into().map_err(|_| Self::field("score_bp"))?,
            stress: percent("stress", open.stress)?,
            focus: percent("focus", open.focus)?,
            authenticity: percent("authenticity", open.authenticity)?,
            heart_rate_cbpm: open.heart_rate_cbpm,
        };
        let known = proto.modalities & !MODALITY_ALL == 0 && proto.modalities & MODALITY_RR != 0;
        if !known {
            return Err(Self::field("modalities"));
        }
        if proto.sample_count == 0 || proto.sample_count > MAX_SAMPLES {
            return Err(Self::field("sample_count"));
        }
        let window_start = wire::time(Self::NAME, "window_start", proto.window_start)?;
        let window_end = wire::time(Self::NAME, "window_end", proto.window_end)?;
        if window_start >= window_end {
            return Err(Self::field("window_start"));
        }
        Ok(Self {
            device_key: PublicKey::from_bytes(&proto.device_key).map_err(|_| Self::field("device_key"))?,
            delegation: proto.delegation.map(delegation).transpose()?,
            algo_id: wire::bytes32(Self::NAME, "algo_id", &proto.algo_id)?,
            modalities: proto.modalities,
            sample_count: proto.sample_count,
            window_start,
            window_end,
            challenge_height: wire::height(Self::NAME, "challenge_height", proto.challenge_height)?,
            challenge: wire::fixed(Self::NAME, "challenge", &proto.challenge)?,
            sequence: proto.sequence,
            statement: Statement::Open(statement),
        })
    }
}

fn delegation(proto: v1::SessionDelegation) -> Result<SessionDelegation, DecodeError> {
    const NAME: &str = "SessionDelegation";
    let refused = |field| DecodeError::Field { message: NAME, field };
    let signature = if proto.signature.is_empty() {
        None
    } else {
        Some(wire::fixed(NAME, "signature", &proto.signature)?)
    };
    Ok(SessionDelegation {
        session_key: PublicKey::from_bytes(&proto.session_key).map_err(|_| refused("session_key"))?,
        not_before: wire::time(NAME, "not_before", proto.not_before)?,
        not_after: wire::time(NAME, "not_after", proto.not_after)?,
        signature,
    })
}
