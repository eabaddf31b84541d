//! The name of a chain.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// 1..=32 characters of `a-z`, `0-9` and `-`; enters every signature.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, borsh::BorshSerialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct ChainId(String);

/// Why a text is not a chain id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("chain id must be 1 to {max} characters of a-z, 0-9 and '-'", max = ChainId::MAX_LEN)]
pub struct ChainIdError;

impl ChainId {
    /// The longest id in bytes: its length is one byte in signed messages.
    pub const MAX_LEN: usize = 32;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChainId {
    type Err = ChainIdError;
    fn from_str(text: &str) -> Result<Self, ChainIdError> {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(legal) {
            return Err(ChainIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ChainId {
    type Error = ChainIdError;
    fn try_from(text: String) -> Result<Self, ChainIdError> {
        text.parse()
    }
}

impl From<ChainId> for String {
    fn from(id: ChainId) -> Self {
        id.0
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
