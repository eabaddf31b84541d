//! Ed25519 keys and signatures as validated types.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash as StdHash, Hasher},
    str::FromStr,
};

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::primitives::{Address, hash_bytes};

/// A verifying key: a canonical encoding of a point that is not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A signing key. `Debug` never shows it, and the memory is cleared on drop.
pub struct SecretKey(SigningKey);

/// 64 bytes of signature; only [`PublicKey`]'s strict check gives them meaning.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; Signature::LEN]);

/// Why bytes are not a key or a signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Another length than the type has.
    #[error("expected {expected} bytes, got {got}")]
    Length {
        /// The type's length.
        expected: usize,
        /// The length given.
        got: usize,
    },
    /// Not a canonical encoding of a curve point, or a point of small order.
    #[error("not a valid ed25519 public key")]
    Point,
    /// Not hexadecimal.
    #[error("not hexadecimal")]
    Hex,
}

/// A signature that does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("signature does not verify")]
pub struct SignatureError;

impl PublicKey {
    /// Bytes in a key.
    pub const LEN: usize = 32;

    /// Reads a key and refuses points of small order, for which one signature fits many messages.
    ///
    /// # Errors
    /// [`KeyError`] for another length, a non-canonical encoding or a weak point.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let array: [u8; Self::LEN] =
            bytes.try_into().map_err(|_| KeyError::Length { expected: Self::LEN, got: bytes.len() })?;
        let key = VerifyingKey::from_bytes(&array).map_err(|_| KeyError::Point)?;
        // dalek accepts some non-canonical encodings; one key must have one spelling.
        if key.is_weak() || key.to_edwards().compress().to_bytes() != array {
            return Err(KeyError::Point);
        }
        Ok(Self(key))
    }

    /// The encoded key.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        self.0.as_bytes()
    }

    /// First 20 bytes of SHA-256(key).
    pub fn address(&self) -> Address {
        let digest = hash_bytes(self.as_bytes());
        let mut bytes = [0; Address::LEN];
        for (to, from) in bytes.iter_mut().zip(digest.as_bytes()) {
            *to = *from;
        }
        Address::new(bytes)
    }

    /// Strict verification of raw bytes; callers outside this crate go through [`super::SignDomain`].
    pub(super) fn verify_raw(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| SignatureError)
    }
}

impl SecretKey {
    /// Bytes in a seed.
    pub const LEN: usize = 32;

    /// The key with this 32-byte seed, which must come from a cryptographic source of randomness.
    pub fn from_seed(seed: &[u8; Self::LEN]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, for encrypted storage alone.
    pub fn expose_seed(&self) -> Zeroizing<[u8; Self::LEN]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign_raw(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl Clone for SecretKey {
    fn clone(&self) -> Self {
        Self::from_seed(&self.expose_seed())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey(of {})", self.public().address())
    }
}

impl Signature {
    /// Bytes in a signature.
    pub const LEN: usize = 64;

    /// Wraps 64 raw bytes.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Signature {
    type Error = KeyError;
    fn try_from(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::Length { expected: Self::LEN, got: bytes.len() })
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head: String = hex::encode(self.0).chars().take(16).collect();
        write!(out, "Signature({head}…)")
    }
}

impl PartialOrd for Signature {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Signature {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl StdHash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; Self::LEN];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::Hex)?;
        Self::from_bytes(&bytes)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl borsh::BorshSerialize for PublicKey {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        writer.write_all(self.as_bytes())
    }
}

impl borsh::BorshDeserialize for PublicKey {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let mut bytes = [0; Self::LEN];
        reader.read_exact(&mut bytes)?;
        Self::from_bytes(&bytes)
            .map_err(|error| borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, error.to_string()))
    }
}
