//! What a signature is bound to: its kind, its chain and its genesis.

use crate::{
    crypto::{PublicKey, SecretKey, Signature, SignatureError},
    primitives::{ChainId, Hash},
};

/// First bytes of everything that is signed.
const PREFIX: &[u8] = b"emotionalchain/v1";

/// What kind of document a signature is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum SignKind {
    /// A biometric proof, by a device or session key.
    BiometricProof = 1,
    /// An emotional vote, by a consensus key.
    EmotionalVote = 2,
    /// A block proposal.
    Proposal = 3,
    /// A prevote.
    Prevote = 4,
    /// A precommit.
    Precommit = 5,
    /// A transaction, by an account key.
    Transaction = 6,
    /// Possession of a consensus or device key, at registration.
    KeyPossession = 7,
    /// A validator's peer addresses.
    PeerRecord = 8,
    /// A peer's status.
    PeerStatus = 9,
    /// A device key's permission for a session key.
    SessionDelegation = 10,
}

impl SignKind {
    /// Every kind, for tables.
    pub const ALL: [Self; 10] = [
        Self::BiometricProof,
        Self::EmotionalVote,
        Self::Proposal,
        Self::Prevote,
        Self::Precommit,
        Self::Transaction,
        Self::KeyPossession,
        Self::PeerRecord,
        Self::PeerStatus,
        Self::SessionDelegation,
    ];
}

/// The chain that signatures belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignDomain {
    /// `len(chain id) ‖ chain id ‖ genesis hash`.
    suffix: Vec<u8>,
}

impl SignDomain {
    /// The domain of one chain.
    pub fn new(chain_id: &ChainId, genesis_hash: &Hash) -> Self {
        let id = chain_id.as_str().as_bytes();
        // `ChainId` is at most 32 bytes, so the length always fits one byte.
        let len = u8::try_from(id.len()).unwrap_or(u8::MAX);
        let mut suffix = vec![len];
        suffix.extend_from_slice(id);
        suffix.extend_from_slice(genesis_hash.as_bytes());
        Self { suffix }
    }

    /// The bytes that a signature of `kind` over `body` covers.
    pub fn message(&self, kind: SignKind, body: &[u8]) -> Vec<u8> {
        let kind = [kind as u8];
        [PREFIX, kind.as_slice(), self.suffix.as_slice(), body].concat()
    }

    /// Signs a canonical body.
    pub fn sign(&self, key: &SecretKey, kind: SignKind, body: &[u8]) -> Signature {
        key.sign_raw(&self.message(kind, body))
    }

    /// Verifies strictly.
    ///
    /// # Errors
    /// [`SignatureError`] for any other key, kind, chain, genesis or body.
    pub fn verify(
        &self,
        key: &PublicKey,
        kind: SignKind,
        body: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        key.verify_raw(&self.message(kind, body), signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::hash_bytes;

    fn domain(chain: &str, genesis: &str) -> SignDomain {
        SignDomain::new(&chain.parse().unwrap(), &hash_bytes(genesis.as_bytes()))
    }

    #[test]
    fn a_signature_fits_its_own_kind_chain_genesis_key_and_body_alone() {
        let home = domain("devnet", "a");
        let (key, other) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
        for kind in SignKind::ALL {
            let signature = home.sign(&key, kind, b"body");
            assert!(home.verify(&key.public(), kind, b"body", &signature).is_ok());
            assert!(home.verify(&other.public(), kind, b"body", &signature).is_err());
            assert!(home.verify(&key.public(), kind, b"bodY", &signature).is_err());
            assert!(domain("devnet", "b").verify(&key.public(), kind, b"body", &signature).is_err());
            assert!(domain("devnet2", "a").verify(&key.public(), kind, b"body", &signature).is_err());
            for wrong in SignKind::ALL.into_iter().filter(|wrong| *wrong != kind) {
                assert!(home.verify(&key.public(), wrong, b"body", &signature).is_err());
            }
        }
    }

    #[test]
    fn weak_and_non_canonical_keys_are_refused() {
        assert!(PublicKey::from_bytes(&[0; 32]).is_err());
        let mut identity = [0; 32];
        identity[0] = 1;
        assert!(PublicKey::from_bytes(&identity).is_err());
        // y = p + 3, a non-canonical spelling of y = 3.
        let mut high = [0xff; 32];
        high[0] = 0xf0;
        high[31] = 0x7f;
        assert!(PublicKey::from_bytes(&high).is_err());
        assert!(PublicKey::from_bytes(&[1; 31]).is_err());
    }

    #[test]
    fn secrets_do_not_print() {
        let key = SecretKey::from_seed(&[0xab; 32]);
        assert!(!format!("{key:?}").contains("abab"));
    }
}
