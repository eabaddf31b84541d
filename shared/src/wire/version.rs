//! Protocol ids and the choice of a common version (protocol §3).

use thiserror::Error;

use crate::primitives::Hash;

/// A major version: two peers talk only in one that both know.
pub type ProtocolVersion = u32;

/// The versions that a peer speaks, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    min: ProtocolVersion,
    max: ProtocolVersion,
}

/// Why two peers cannot talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VersionError {
    /// A range whose end lies before its start, or that begins at zero.
    #[error("version range {min}..={max} is empty")]
    Empty {
        /// Lowest version.
        min: ProtocolVersion,
        /// Highest version.
        max: ProtocolVersion,
    },
    /// No version in both ranges.
    #[error("no common version: ours {}..={}, theirs {}..={}", .ours.min, .ours.max, .theirs.min, .theirs.max)]
    Disjoint {
        /// What we speak.
        ours: VersionRange,
        /// What the peer speaks.
        theirs: VersionRange,
    },
}

impl VersionRange {
    /// What this software speaks.
    pub const SUPPORTED: Self = Self { min: 1, max: 1 };

    /// A range from a peer's two numbers.
    ///
    /// # Errors
    /// [`VersionError::Empty`] when it holds no version.
    pub const fn new(min: ProtocolVersion, max: ProtocolVersion) -> Result<Self, VersionError> {
        if min == 0 || max < min { Err(VersionError::Empty { min, max }) } else { Ok(Self { min, max }) }
    }

    /// Lowest version.
    pub const fn min(self) -> ProtocolVersion {
        self.min
    }

    /// Highest version.
    pub const fn max(self) -> ProtocolVersion {
        self.max
    }
}

/// The highest version that both speak.
///
/// # Errors
/// [`VersionError::Disjoint`] when there is none.
pub fn negotiate(ours: VersionRange, theirs: VersionRange) -> Result<ProtocolVersion, VersionError> {
    let highest = ours.max.min(theirs.max);
    if highest >= ours.min.max(theirs.min) {
        Ok(highest)
    } else {
        Err(VersionError::Disjoint { ours, theirs })
    }
}

/// `/emotionalchain/<first 8 bytes of SHA-256(chain id ‖ genesis hash), hex>/<name>/<version>`: peers of another
/// chain share no protocol, and so never exchange a message.
pub fn protocol_id(chain: &Hash, name: &str, version: ProtocolVersion) -> String {
    let chain: String = chain.to_string().chars().take(16).collect();
    format!("/emotionalchain/{chain}/{name}/{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highest_common_version_wins() {
        let range = |min, max| VersionRange::new(min, max).unwrap();
        assert_eq!(negotiate(range(1, 3), range(2, 5)), Ok(3));
        assert_eq!(negotiate(range(2, 2), range(1, 9)), Ok(2));
        assert!(matches!(negotiate(range(1, 2), range(3, 4)), Err(VersionError::Disjoint { .. })));
        assert!(VersionRange::new(3, 2).is_err() && VersionRange::new(0, 1).is_err());
    }
}
