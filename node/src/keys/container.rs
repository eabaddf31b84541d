//! The format of a key file, and its seal.
//!
//! ```text
//! { "version": 1,
//!   "public":  { "consensus": hex, "node": hex, "account": hex, "device": hex },
//!   "kdf":     { "memory_kib": 19456, "passes": 2, "lanes": 1 },
//!   "salt":    16 bytes hex,  "nonce": 24 bytes hex,  "sealed": 176 bytes hex }
//! ```
//! Sealed are the seeds of consensus, node, account, device and randomness, 32 bytes each, with the authentication tag.
//! Associated data: `"emotionalchain/keyfile" ‖ version ‖ costs ‖ salt ‖ public keys`, so nothing in the file can be
//! changed unnoticed by who has the passphrase.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

use super::{KdfCost, KeyFileError, Keys, Passphrase, PublicKeys, Seed};

/// The longest key file: four times a real one.
pub const MAX_KEY_FILE: usize = 4096;

const VERSION: u32 = 1;
const DOMAIN: &[u8] = b"emotionalchain/keyfile";
/// Five seeds and a Poly1305 tag.
const SEALED: usize = 5 * Seed::LEN + 16;

/// An encrypted set of keys, as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    version: u32,
    public: PublicKeys,
    kdf: KdfCost,
    salt: Hex<16>,
    nonce: Hex<24>,
    sealed: Hex<SEALED>,
}

/// Bytes that are hexadecimal in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hex<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = [0; N];
        hex::decode_to_slice(String::deserialize(deserializer)?, &mut bytes).map_err(D::Error::custom)?;
        Ok(Self(bytes))
    }
}

fn random<const N: usize>() -> Result<Hex<N>, KeyFileError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyFileError::Randomness)?;
    Ok(Hex(bytes))
}

impl KeyFile {
    /// Encrypts keys with a new salt and nonce.
    ///
    /// # Errors
    /// [`KeyFileError::Cost`], [`KeyFileError::Kdf`], [`KeyFileError::Randomness`].
    pub fn seal(keys: &Keys, passphrase: &Passphrase, cost: KdfCost) -> Result<Self, KeyFileError> {
        let mut file = Self {
            version: VERSION,
            public: keys.public(),
            kdf: cost,
            salt: random()?,
            nonce: random()?,
            sealed: Hex([0; SEALED]),
        };
        let mut plain = Zeroizing::new(Vec::with_capacity(SEALED));
        for seed in keys.in_order() {
            plain.extend_from_slice(seed.expose());
        }
        let data = file.associated_data();
        let sealed = file
            .cipher(passphrase)?
            .encrypt(&XNonce::from(file.nonce.0), Payload { msg: &plain, aad: &data })
            .map_err(|_| KeyFileError::Seal)?;
        file.sealed = Hex(sealed.try_into().map_err(|_| KeyFileError::Seal)?);
        Ok(file)
    }

    /// Decrypts.
    ///
    /// # Errors
    /// [`KeyFileError::WrongPassphrase`], also for a file that was changed.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<Keys, KeyFileError> {
        let data = self.associated_data();
        let plain = self
            .cipher(passphrase)?
            .decrypt(&XNonce::from(self.nonce.0), Payload { msg: &self.sealed.0, aad: &data })
            .map_err(|_| KeyFileError::WrongPassphrase)?;
        Keys::from_bytes(&Zeroizing::new(plain)).ok_or(KeyFileError::Contents)
    }

    /// The public keys. They are as the file says until [`Self::unlock`] has vouched for it.
    pub const fn public(&self) -> &PublicKeys {
        &self.public
    }

    /// What opening costs.
    pub const fn cost(&self) -> KdfCost {
        self.kdf
    }

    /// Reads the format, and refuses costs outside the bounds.
    ///
    /// # Errors
    /// [`KeyFileError::TooLarge`], [`KeyFileError::Format`], [`KeyFileError::Version`], [`KeyFileError::Cost`].
    pub fn decode(bytes: &[u8]) -> Result<Self, KeyFileError> {
        /// Looked at first: other versions may have other fields.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        if bytes.len() > MAX_KEY_FILE {
            return Err(KeyFileError::TooLarge { max: MAX_KEY_FILE });
        }
        let Versioned { version } = serde_json::from_slice(bytes).map_err(KeyFileError::Format)?;
        if version != VERSION {
            return Err(KeyFileError::Version { found: version, supported: VERSION });
        }
        let file: Self = serde_json::from_slice(bytes).map_err(KeyFileError::Format)?;
        file.kdf.check()?;
        Ok(file)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// None that is known: writing JSON into memory does not fail.
    pub fn encode(&self) -> Result<Vec<u8>, KeyFileError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(KeyFileError::Format)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn cipher(&self, passphrase: &Passphrase) -> Result<XChaCha20Poly1305, KeyFileError> {
        let key = self.kdf.derive(passphrase, &self.salt.0)?;
        XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_| KeyFileError::Seal)
    }

    fn associated_data(&self) -> Vec<u8> {
        let [memory, passes, lanes] = self.kdf.to_words().map(u32::to_le_bytes);
        let PublicKeys { consensus, node, account, device } = &self.public;
        let keys = [consensus, node, account, device].map(|key| key.as_bytes().as_slice()).concat();
        [DOMAIN, &self.version.to_le_bytes(), &memory, &passes, &lanes, &self.salt.0, &keys].concat()
    }
}
