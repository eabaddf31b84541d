//! A validator's vote in one emotional round: a biometric proof, countersigned with the consensus key.

use emotionalchain_proto::v1;
use prost::Message;

use crate::{
    chain::{BiometricProof, Statement},
    crypto::{PublicKey, SecretKey, SignDomain, SignKind, Signature, SignatureError},
    primitives::{Address, BasisPoints, Epoch},
    wire::{self, DecodeError, Wire},
};

/// One validator's vote of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmotionalVote {
    /// The proof; it names the validator and states the score.
    pub proof: BiometricProof,
    /// The emotional round.
    pub epoch: Epoch,
    /// By the validator's consensus key.
    pub signature: Signature,
}

impl EmotionalVote {
    /// Wraps and signs a proof.
    pub fn sign(domain: &SignDomain, key: &SecretKey, proof: BiometricProof, epoch: Epoch) -> Self {
        let mut vote = Self { proof, epoch, signature: Signature::new([0; 64]) };
        vote.signature = domain.sign(key, SignKind::EmotionalVote, &vote.sign_body());
        vote
    }

    /// Who votes.
    pub fn validator(&self) -> Address {
        self.proof.validator
    }

    /// The score that counts.
    pub fn score(&self) -> BasisPoints {
        let Statement::Open(open) = &self.proof.authenticity.statement;
        open.score
    }

    /// The sign document: this vote with an empty signature.
    pub fn sign_body(&self) -> Vec<u8> {
        let mut proto = self.to_proto();
        proto.signature.clear();
        proto.encode_to_vec()
    }

    /// Checks the vote's own signature; the proof's are the proof's to check.
    ///
    /// # Errors
    /// [`SignatureError`] when it does not verify, or when the key is not the validator's.
    pub fn verify_signature(&self, domain: &SignDomain, key: &PublicKey) -> Result<(), SignatureError> {
        if key.address() != self.validator() {
            return Err(SignatureError);
        }
        domain.verify(key, SignKind::EmotionalVote, &self.sign_body(), &self.signature)
    }
}

impl Wire for EmotionalVote {
    type Proto = v1::EmotionalVote;
    const NAME: &'static str = "EmotionalVote";
    const MAX_BYTES: usize = wire::MAX_EMOTIONAL_VOTE;

    fn to_proto(&self) -> v1::EmotionalVote {
        v1::EmotionalVote {
            validator_id: self.validator().to_string(),
            emotional_score: self.score().to_wire(),
            proof: Some(self.proof.to_proto()),
            // Decoding bounds epochs to the field's range, and they grow by one in 30 s.
            consensus_round: i32::try_from(self.epoch.get()).unwrap_or(i32::MAX),
            signature: self.signature.as_bytes().to_vec(),
        }
    }

    fn from_proto(proto: v1::EmotionalVote) -> Result<Self, DecodeError> {
        let proof = BiometricProof::from_proto(proto.proof.ok_or(Self::field("proof"))?)?;
        let epoch = u64::try_from(proto.consensus_round).map_err(|_| Self::field("consensus_round"))?;
        let vote = Self {
            proof,
            epoch: Epoch::new(epoch),
            signature: wire::fixed(Self::NAME, "signature", &proto.signature)?,
        };
        if proto.validator_id != vote.validator().to_string() {
            return Err(Self::field("validator_id"));
        }
        if BasisPoints::from_wire(proto.emotional_score) != Ok(vote.score()) {
            return Err(Self::field("emotional_score"));
        }
        Ok(vote)
    }
}
