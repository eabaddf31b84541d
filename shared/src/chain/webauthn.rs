//! WebAuthn assertions over a session delegation: the one place where ES256 is allowed (protocol §4).
//!
//! What counts (W3C Web Authentication Level 3, §7.2): client data of type `webauthn.get` whose challenge is the
//! base64url SHA-256 of the delegation's signed bytes; authenticator data with the user-present flag; an ECDSA P-256
//! signature over `authenticatorData ‖ SHA-256(clientDataJSON)`. Browsers add keys to the client data, so it is
//! parsed, never compared. Neither origin nor relying party is judged: the chain does not know the page. It says
//! nothing of a pulse.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use serde::Deserialize;
use thiserror::Error;

use crate::{chain::WebAuthnAssertion, primitives::hash_bytes};

/// An assertion that permits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WebAuthnError {
    /// Client data that is not of an assertion over this delegation.
    #[error("client data is not of an assertion over this delegation")]
    ClientData,
    /// Too short, or without user presence.
    #[error("authenticator data lacks user presence")]
    AuthenticatorData,
    /// The signature does not verify.
    #[error("assertion signature does not verify")]
    Signature,
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
}

/// Bytes of a relying party's hash, before the flags.
const FLAGS_AT: usize = 32;
/// Hash, flags and counter.
const MIN_AUTHENTICATOR_DATA: usize = 37;
const USER_PRESENT: u8 = 1;

/// Whether bytes are a compressed P-256 key.
pub fn is_key(bytes: &[u8; 33]) -> bool {
    // Tags 2 and 3 are the compressed form; other spellings of a point would give one key two records.
    matches!(bytes.first(), Some(2 | 3)) && VerifyingKey::from_sec1_bytes(bytes).is_ok()
}

/// Checks an assertion of the key's authenticator over the signed bytes of a delegation.
///
/// # Errors
/// [`WebAuthnError`] for the first check that fails.
pub fn verify(key: &[u8; 33], message: &[u8], assertion: &WebAuthnAssertion) -> Result<(), WebAuthnError> {
    let client: ClientData =
        serde_json::from_slice(&assertion.client_data_json).map_err(|_| WebAuthnError::ClientData)?;
    let challenge = Base64UrlUnpadded::encode_string(hash_bytes(message).as_bytes());
    if client.kind != "webauthn.get" || client.challenge != challenge {
        return Err(WebAuthnError::ClientData);
    }
    let present = assertion.authenticator_data.len() >= MIN_AUTHENTICATOR_DATA
        && assertion.authenticator_data.get(FLAGS_AT).is_some_and(|flags| flags & USER_PRESENT != 0);
    if !present {
        return Err(WebAuthnError::AuthenticatorData);
    }
    let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| WebAuthnError::Signature)?;
    let signature = Signature::from_der(&assertion.signature).map_err(|_| WebAuthnError::Signature)?;
    let client_hash = hash_bytes(&assertion.client_data_json);
    let signed = [assertion.authenticator_data.as_slice(), client_hash.as_bytes()].concat();
    key.verify(&signed, &signature).map_err(|_| WebAuthnError::Signature)
}

/// The challenge that a page hands to the authenticator for the signed bytes of a delegation.
pub fn challenge(message: &[u8]) -> [u8; 32] {
    *hash_bytes(message).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::{SigningKey, signature::Signer};

    fn assertion(key: &SigningKey, message: &[u8], kind: &str, flags: u8) -> WebAuthnAssertion {
        let challenge = Base64UrlUnpadded::encode_string(&challenge(message));
        let json = format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://x","extra":1}}"#);
        let mut authenticator_data = vec![9; MIN_AUTHENTICATOR_DATA];
        authenticator_data[FLAGS_AT] = flags;
        let client_hash = hash_bytes(json.as_bytes());
        let signed = [authenticator_data.as_slice(), client_hash.as_bytes()].concat();
        let signature: Signature = key.sign(&signed);
        WebAuthnAssertion {
            authenticator_data,
            client_data_json: json.into_bytes(),
            signature: signature.to_der().as_bytes().to_vec(),
        }
    }

    fn key() -> (SigningKey, [u8; 33]) {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let public = key.verifying_key().to_sec1_point(true).as_bytes().try_into().unwrap();
        (key, public)
    }

    #[test]
    fn an_assertion_permits_its_own_delegation_alone() {
        let (key, public) = key();
        assert!(is_key(&public) && !is_key(&[5; 33]));
        let good = assertion(&key, b"delegation", "webauthn.get", 1);
        assert_eq!(verify(&public, b"delegation", &good), Ok(()));
        assert_eq!(verify(&public, b"another", &good), Err(WebAuthnError::ClientData));
        let created = assertion(&key, b"delegation", "webauthn.create", 1);
        assert_eq!(verify(&public, b"delegation", &created), Err(WebAuthnError::ClientData));
        let absent = assertion(&key, b"delegation", "webauthn.get", 0);
        assert_eq!(verify(&public, b"delegation", &absent), Err(WebAuthnError::AuthenticatorData));
        let other = SigningKey::from_slice(&[8; 32]).unwrap();
        let forged = assertion(&other, b"delegation", "webauthn.get", 1);
        assert_eq!(verify(&public, b"delegation", &forged), Err(WebAuthnError::Signature));
        for length in 0..good.client_data_json.len() {
            let mut cut = good.clone();
            cut.client_data_json.truncate(length);
            assert!(verify(&public, b"delegation", &cut).is_err());
        }
    }
}
