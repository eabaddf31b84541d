//! The seats that decide a height.

use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;

use crate::{
    crypto::PublicKey,
    merkle::list_root,
    primitives::{Address, Hash},
    wire::MAX_SEATS,
};

/// One seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Member {
    /// Address of the consensus key.
    pub address: Address,
    /// The consensus key.
    pub key: PublicKey,
}

/// 1..=128 distinct seats in address order, one vote each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSet {
    members: Vec<Member>,
}

/// Why keys do not make a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ValidatorSetError {
    /// No member.
    #[error("a validator set needs at least one member")]
    Empty,
    /// More than the maximum.
    #[error("a validator set has at most {max} members, got {0}", max = MAX_SEATS)]
    TooLarge(usize),
    /// One key twice.
    #[error("validator {0} is in the set twice")]
    Duplicate(Address),
}

impl ValidatorSet {
    /// Sorts and checks the seats.
    ///
    /// # Errors
    /// [`ValidatorSetError`] for none, too many, or a repeated key.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, ValidatorSetError> {
        let mut members: Vec<Member> = keys
            .into_iter()
            .map(|key| Member { address: key.address(), key })
            .take(MAX_SEATS.saturating_add(1))
            .collect();
        members.sort_unstable_by_key(|member| member.address);
        if members.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        if members.len() > MAX_SEATS {
            return Err(ValidatorSetError::TooLarge(members.len()));
        }
        let twice =
            members.iter().zip(members.iter().skip(1)).find(|(one, next)| one.address == next.address);
        if let Some((member, _)) = twice {
            return Err(ValidatorSetError::Duplicate(member.address));
        }
        Ok(Self { members })
    }

    /// The seats in address order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Number of seats.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Never true; here because a `len` without it surprises.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Seats that decide: `floor(2n/3) + 1`.
    pub fn quorum(&self) -> usize {
        quorum(self.members.len())
    }

    /// A seat's position.
    pub fn index_of(&self, address: &Address) -> Option<usize> {
        self.members.binary_search_by(|member| member.address.cmp(address)).ok()
    }

    /// A seat's key.
    pub fn key_of(&self, address: &Address) -> Option<&PublicKey> {
        self.index_of(address).and_then(|index| self.members.get(index)).map(|member| &member.key)
    }

    /// Whether an address has a seat.
    pub fn contains(&self, address: &Address) -> bool {
        self.index_of(address).is_some()
    }

    /// The RFC 6962 root over the members' keys in set order.
    pub fn root(&self) -> Hash {
        list_root(self.members.iter().map(|member| member.key.as_bytes().as_slice()))
    }
}

/// Seats that decide among `seats`: `floor(2n/3) + 1`.
pub fn quorum(seats: usize) -> usize {
    seats.saturating_mul(2).checked_div(3).unwrap_or_default().saturating_add(1)
}

impl BorshSerialize for ValidatorSet {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        let keys: Vec<PublicKey> = self.members.iter().map(|member| member.key).collect();
        keys.serialize(writer)
    }
}

impl BorshDeserialize for ValidatorSet {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let keys = Vec::<PublicKey>::deserialize_reader(reader)?;
        let invalid = |error: ValidatorSetError| {
            borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, error.to_string())
        };
        Self::new(keys).map_err(invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SecretKey;

    #[test]
    fn quorum_exceeds_two_thirds_and_leaves_room_for_a_third() {
        for n in 1..=128_usize {
            assert!(3 * quorum(n) > 2 * n, "{n}");
            assert!(3 * (quorum(n) - 1) <= 2 * n, "{n}");
            assert!(quorum(n) <= n - (n - 1) / 3, "{n}: f silent seats must not stop it");
        }
    }

    #[test]
    fn order_of_keys_does_not_matter_and_repeats_do() {
        let keys: Vec<_> = (1..=9_u8).map(|seed| SecretKey::from_seed(&[seed; 32]).public()).collect();
        let one = ValidatorSet::new(keys.iter().copied()).unwrap();
        let two = ValidatorSet::new(keys.iter().rev().copied()).unwrap();
        assert_eq!(one.root(), two.root());
        assert!(keys.iter().all(|key| one.key_of(&key.address()) == Some(key)));
        assert!(matches!(ValidatorSet::new([keys[0], keys[0]]), Err(ValidatorSetError::Duplicate(_))));
        assert_eq!(ValidatorSet::new([]), Err(ValidatorSetError::Empty));
        let many = (0..200_u8).map(|seed| SecretKey::from_seed(&[seed; 32]).public());
        assert!(matches!(ValidatorSet::new(many), Err(ValidatorSetError::TooLarge(_))));
    }
}
