//! Bans as a text on disk: `{"version":1,"bans":[…]}`.

use libp2p::PeerId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Ban, Bans, MAX_BANS};

/// The longest text that is read: 256 bytes a ban.
pub const MAX_SAVED_BYTES: usize = MAX_BANS * 256;

const VERSION: u32 = 1;

/// Why a text holds no bans.
#[derive(Debug, Error)]
pub enum BansError {
    /// Longer than any that this node writes; it was not read.
    #[error("{size} bytes are too many, {max} are allowed")]
    TooLarge {
        /// Its length.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// No text of this form.
    #[error("not a list of bans: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a later version of this program.
    #[error("version {found} of the list of bans is not known, {VERSION} is")]
    Version {
        /// The version in the text.
        found: u32,
    },
    /// More than are ever known.
    #[error("{count} bans are too many, {max} are allowed")]
    TooMany {
        /// How many the text holds.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A peer occurs twice.
    #[error("{0} is banned twice")]
    Repeated(PeerId),
}

#[derive(Deserialize)]
struct Header {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u32,
    bans: Vec<Ban>,
}

impl Bans {
    /// The text to keep: bans in force, and ended ones for as long as they are remembered.
    ///
    /// # Errors
    /// [`BansError::Malformed`] when the text cannot be made, which no ban causes.
    pub fn encode(&self, now_ms: u64) -> Result<String, BansError> {
        let mut kept = self.clone();
        kept.expire(now_ms);
        let saved = Saved { version: VERSION, bans: kept.bans.into_values().collect() };
        Ok(serde_json::to_string(&saved)?)
    }

    /// Reads a text; bans past their memory are dropped.
    ///
    /// # Errors
    /// [`BansError`] with the first rule that the text breaks.
    pub fn decode(text: &[u8], now_ms: u64) -> Result<Self, BansError> {
        if text.len() > MAX_SAVED_BYTES {
            return Err(BansError::TooLarge { size: text.len(), max: MAX_SAVED_BYTES });
        }
        // A later version may have other fields: its number is the better news.
        let Header { version: found } = serde_json::from_slice(text)?;
        if found != VERSION {
            return Err(BansError::Version { found });
        }
        let saved: Saved = serde_json::from_slice(text)?;
        if saved.bans.len() > MAX_BANS {
            return Err(BansError::TooMany { count: saved.bans.len(), max: MAX_BANS });
        }
        let mut bans = Self::default();
        for ban in saved.bans {
            if bans.bans.contains_key(&ban.peer) {
                return Err(BansError::Repeated(ban.peer));
            }
            bans.insert(ban);
        }
        bans.expire(now_ms);
        Ok(bans)
    }
}

/// Peer ids as text.
pub(super) mod text {
    use libp2p::PeerId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Peer ids have at most 59 characters; reading base 58 takes time with the square of the length.
    const MAX_CHARACTERS: usize = 64;

    pub fn serialize<S: Serializer>(peer: &PeerId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(peer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PeerId, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > MAX_CHARACTERS {
            return Err(D::Error::custom("too long for a peer id"));
        }
        text.parse().map_err(D::Error::custom)
    }
}
