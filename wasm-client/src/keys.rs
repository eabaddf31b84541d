//! Keys of the caller, on their way through.

use emotionalchain_shared::crypto::SecretKey;
use zeroize::Zeroize;

use crate::error::LightError;

/// A key from its 32 secret bytes; the copy made here is overwritten.
///
/// # Errors
/// [`LightError::Malformed`] for any other length.
pub fn from_seed(seed: &[u8]) -> Result<SecretKey, LightError> {
    let mut bytes = <[u8; SecretKey::LEN]>::try_from(seed).map_err(|_| LightError::Malformed("seed"))?;
    let key = SecretKey::from_seed(&bytes);
    bytes.zeroize();
    Ok(key)
}
