//! Addresses of accounts and validators: the first 20 bytes of SHA-256(public key).

use std::{fmt, str::FromStr};

use bech32::{Bech32m, Hrp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

/// Human-readable prefix of every address.
const PREFIX: &str = "emo";

/// First 20 bytes of SHA-256(public key); shown as bech32m with the prefix `emo`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize,
)]
pub struct Address([u8; Address::LEN]);

/// Why a text or byte string is not an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// The byte string has another length than 20.
    #[error("address has {0} bytes instead of 20")]
    Length(usize),
    /// The text is not bech32m.
    #[error("address is not valid bech32m")]
    Encoding,
    /// The text has another prefix than `emo`.
    #[error("address does not start with 'emo1'")]
    Prefix,
}

impl Address {
    /// Bytes in an address.
    pub const LEN: usize = 20;
    /// The longest text form, in bytes: bounds what is parsed.
    pub const MAX_TEXT: usize = 48;

    /// Wraps 20 raw bytes.
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl TryFrom<&[u8]> for Address {
    type Error = AddressError;
    fn try_from(bytes: &[u8]) -> Result<Self, AddressError> {
        bytes.try_into().map(Self).map_err(|_| AddressError::Length(bytes.len()))
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > Self::MAX_TEXT {
            return Err(AddressError::Encoding);
        }
        // One spelling for one address: mixed or upper case would give signed texts two encodings.
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(AddressError::Encoding);
        }
        let checked = bech32::primitives::decode::CheckedHrpstring::new::<Bech32m>(text)
            .map_err(|_| AddressError::Encoding)?;
        if checked.hrp().as_str() != PREFIX {
            return Err(AddressError::Prefix);
        }
        let bytes: Vec<u8> = checked.byte_iter().collect();
        Self::try_from(bytes.as_slice())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hrp = Hrp::parse(PREFIX).map_err(|_| fmt::Error)?;
        bech32::encode_lower_to_fmt::<Bech32m, _>(out, hrp, &self.0).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_refuses_damage() {
        let address = Address::new([7; 20]);
        let text = address.to_string();
        assert!(text.starts_with("emo1") && text.len() <= Address::MAX_TEXT);
        assert_eq!(text.parse(), Ok(address));
        for position in 4..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[position] = if bytes[position] == b'q' { b'p' } else { b'q' };
            let damaged = String::from_utf8(bytes).unwrap();
            if damaged != text {
                assert!(damaged.parse::<Address>().is_err(), "{damaged}");
            }
        }
        assert_eq!(text.to_uppercase().parse::<Address>(), Err(AddressError::Encoding));
        assert_eq!("a".repeat(100).parse::<Address>(), Err(AddressError::Encoding));
    }
}
