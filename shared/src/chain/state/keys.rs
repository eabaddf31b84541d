//! Keys of the state tree.

use crate::{
    crypto::PublicKey,
    primitives::{Address, Epoch, Hash, Height},
};

/// A key of the state tree; [`Self::to_bytes`] is what the tree hashes and proofs are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateKey {
    /// [`super::Globals`].
    Globals,
    /// [`super::Account`].
    Account(Address),
    /// [`super::Validator`].
    Validator(Address),
    /// The address of the validator that an account owns.
    Owner(Address),
    /// A page of validator addresses.
    ValidatorPage(u32),
    /// [`super::Device`].
    Device(PublicKey),
    /// [`super::Finalised`].
    Finalised(Height),
    /// A validator set by its root.
    Set(Hash),
    /// The proposers' schedule.
    Schedule,
    /// [`super::Credits`].
    Credits,
    /// Committee sizes of recent closes.
    Largest,
    /// [`super::ScoreEntry`].
    Score(Address, Epoch),
}

impl StateKey {
    /// What the key is of, for errors.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Globals => "globals",
            Self::Account(_) => "account",
            Self::Validator(_) => "validator",
            Self::Owner(_) => "owner",
            Self::ValidatorPage(_) => "validator page",
            Self::Device(_) => "device",
            Self::Finalised(_) => "finalised block",
            Self::Set(_) => "validator set",
            Self::Schedule => "schedule",
            Self::Credits => "credits",
            Self::Largest => "largest committee",
            Self::Score(..) => "score",
        }
    }

    /// The key's bytes.
    pub fn to_bytes(self) -> Vec<u8> {
        let join = |prefix: u8, parts: &[&[u8]]| [&[prefix], parts.concat().as_slice()].concat();
        match self {
            Self::Globals => join(b'g', &[]),
            Self::Account(address) => join(b'a', &[address.as_bytes()]),
            Self::Validator(address) => join(b'v', &[address.as_bytes()]),
            Self::Owner(address) => join(b'o', &[address.as_bytes()]),
            Self::ValidatorPage(page) => join(b'x', &[&page.to_be_bytes()]),
            Self::Device(key) => join(b'd', &[key.as_bytes()]),
            Self::Finalised(height) => join(b'b', &[&height.get().to_be_bytes()]),
            Self::Set(root) => join(b's', &[root.as_bytes()]),
            Self::Schedule => join(b't', &[]),
            Self::Credits => join(b'c', &[]),
            Self::Largest => join(b'l', &[]),
            Self::Score(address, epoch) => join(b'h', &[address.as_bytes(), &epoch.get().to_be_bytes()]),
        }
    }
}
