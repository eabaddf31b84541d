//! Which members of a validator set signed.

use thiserror::Error;

use crate::wire::MAX_SEATS;

/// A bitmap over a set of `n` members: `ceil(n/8)` bytes, member `i` at bit `i % 8` of byte `i / 8`, no bit past `n`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signers {
    bytes: Vec<u8>,
}

/// Why a bitmap does not fit a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignersError {
    /// Another number of bytes than the set needs.
    #[error("signer bitmap has {got} bytes, the set needs {expected}")]
    Length {
        /// What `n` members need.
        expected: usize,
        /// What came.
        got: usize,
    },
    /// A bit past the last member.
    #[error("signer bitmap has a bit past the last of {members} members")]
    Stray {
        /// Members in the set.
        members: usize,
    },
}

impl Signers {
    /// The longest bitmap in bytes.
    pub const MAX_BYTES: usize = MAX_SEATS / 8;

    /// A bitmap of the given members of a set of `members`; indices outside the set are left out.
    pub fn from_indices(members: usize, indices: impl IntoIterator<Item = usize>) -> Self {
        let mut bytes = vec![0_u8; members.div_ceil(8)];
        for index in indices.into_iter().filter(|index| *index < members) {
            if let Some(byte) = bytes.get_mut(index >> 3) {
                *byte |= bit(index);
            }
        }
        Self { bytes }
    }

    /// Wraps bytes that are checked against a set only when [`Self::indices`] meets one.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= Self::MAX_BYTES).then_some(Self { bytes })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bits are set, whatever the set.
    pub fn count(&self) -> usize {
        self.bytes.iter().map(|byte| byte.count_ones()).sum::<u32>().try_into().unwrap_or(usize::MAX)
    }

    /// The distinct in-range members that signed, ascending.
    ///
    /// # Errors
    /// [`SignersError`] when the bitmap is not one over exactly `members` members.
    pub fn indices(&self, members: usize) -> Result<Vec<usize>, SignersError> {
        let expected = members.div_ceil(8);
        if self.bytes.len() != expected {
            return Err(SignersError::Length { expected, got: self.bytes.len() });
        }
        let set: Vec<usize> = (0..expected.saturating_mul(8))
            .filter(|index| self.bytes.get(index >> 3).is_some_and(|byte| byte & bit(*index) != 0))
            .collect();
        if set.last().is_some_and(|last| *last >= members) {
            return Err(SignersError::Stray { members });
        }
        Ok(set)
    }
}

const fn bit(index: usize) -> u8 {
    1 << (index & 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_n_bits() {
        let signers = Signers::from_indices(10, [0, 3, 9, 9, 10, 400]);
        assert_eq!(signers.indices(10), Ok(vec![0, 3, 9]));
        assert_eq!(signers.count(), 3);
        assert_eq!(signers.indices(8), Err(SignersError::Length { expected: 1, got: 2 }));
        assert_eq!(signers.indices(9), Err(SignersError::Stray { members: 9 }));
        assert_eq!(signers.indices(17), Err(SignersError::Length { expected: 3, got: 2 }));
        assert!(Signers::from_bytes(vec![0; 17]).is_none());
    }

    #[test]
    fn an_index_past_the_set_never_stands_for_a_member() {
        for members in [1, 8, 10, MAX_SEATS] {
            let nobody = Signers::from_indices(members, []);
            // Cut to the bits of the longest map, to eight, sixteen or thirty-one bits, each would be a member.
            for beyond in [MAX_SEATS, 1 << 8, 1 << 9, 1 << 16, 1 << 31] {
                let far = (0..members).map(|index| index + beyond);
                let signers = Signers::from_indices(members, far);
                assert_eq!(signers, nobody, "{members} members, {beyond} further");
                assert_eq!((signers.count(), signers.indices(members)), (0, Ok(Vec::new())));
                let beside = Signers::from_indices(members, [beyond, members - 1, beyond + members - 1]);
                assert_eq!(beside.indices(members), Ok(vec![members - 1]));
            }
        }
    }
}
