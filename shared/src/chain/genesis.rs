//! The file that starts a chain.

use borsh::BorshSerialize;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    chain::{Params, ParamsError},
    consensus::{ValidatorSet, ValidatorSetError},
    crypto::{PublicKey, SignDomain},
    primitives::{Address, Amount, BlockId, ChainId, Hash, TimeMs, hash_pair},
    wire::MAX_PEER_ID,
};

/// Everything that nodes of a chain agree on before the first block.
///
/// Genesis validators begin seated and without a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The chain's name.
    pub chain_id: ChainId,
    /// When epoch 0 begins.
    pub time_ms: TimeMs,
    /// The constants.
    #[serde(default)]
    pub params: Params,
    /// Who has money.
    pub accounts: Vec<GenesisAccount>,
    /// Who is seated.
    pub validators: Vec<GenesisValidator>,
    /// What they measure with.
    #[serde(default)]
    pub devices: Vec<GenesisDevice>,
}

/// Money at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisAccount {
    /// Whose.
    pub address: Address,
    /// How much, in µEMO.
    pub balance: Amount,
}

/// A validator seated at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisValidator {
    /// The account that owns it.
    pub account: Address,
    /// Signs consensus messages.
    pub consensus_key: PublicKey,
    /// The node's libp2p peer id, hexadecimal.
    #[serde(with = "hex::serde")]
    pub peer_id: Vec<u8>,
    /// Locked, in µEMO, beside the account's balance.
    pub bond: Amount,
    /// End of the randomness chain.
    pub randomness_tip: Hash,
}

/// A device enrolled at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisDevice {
    /// The validator that it serves.
    pub validator: Address,
    /// Its key.
    pub device_key: PublicKey,
    /// 70 bare key, 80 self-attested or simulated.
    pub tier: u8,
    /// Whether it replays a recording.
    pub simulated: bool,
}

/// Why a genesis file cannot start a chain.
#[derive(Debug, Error)]
pub enum GenesisError {
    /// Not JSON of this shape.
    #[error("genesis file is malformed: {0}")]
    Malformed(String),
    /// Longer than the maximum.
    #[error("genesis file has {0} bytes, {max} are allowed", max = Genesis::MAX_BYTES)]
    TooLarge(usize),
    /// A parameter out of range.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// No, too many or repeated validators.
    #[error(transparent)]
    Validators(#[from] ValidatorSetError),
    /// A bond below the least, or an unusable peer id.
    #[error("genesis validator {0} has too small a bond or an unusable peer id")]
    Validator(Address),
    /// One account twice.
    #[error("genesis account {0} is listed twice")]
    DuplicateAccount(Address),
    /// More money than may be handed out.
    #[error("genesis hands out more than the cap of {0}")]
    Supply(Amount),
    /// A device of no validator, of an impossible tier, listed twice, or simulated where that is not allowed.
    #[error("genesis device with key address {0} is not acceptable")]
    Device(Address),
}

impl Genesis {
    /// The largest file in bytes: 128 validators and ten thousand accounts fit.
    pub const MAX_BYTES: usize = 4 << 20;

    /// The set that signs block 1.
    ///
    /// # Errors
    /// [`GenesisError::Validators`].
    pub fn validator_set(&self) -> Result<ValidatorSet, GenesisError> {
        Ok(ValidatorSet::new(self.validators.iter().map(|one| one.consensus_key))?)
    }

    /// Hash of the value itself, not of the file's bytes, so that spacing does not matter.
    pub fn hash(&self) -> Hash {
        // Writing into a vector cannot fail.
        let bytes = borsh::to_vec(self).unwrap_or_default();
        hash_pair(b"emotionalchain/genesis/v1", &bytes)
    }

    /// What block 1 names as its parent.
    pub fn parent_id(&self) -> BlockId {
        BlockId::new(self.hash())
    }

    /// The domain of every signature of this chain.
    pub fn domain(&self) -> SignDomain {
        SignDomain::new(&self.chain_id, &self.hash())
    }

    /// Money handed out, bonds included; `None` past the range.
    pub fn supply(&self) -> Option<Amount> {
        let balances = self.accounts.iter().map(|one| one.balance);
        let bonds = self.validators.iter().map(|one| one.bond);
        balances.chain(bonds).try_fold(Amount::ZERO, Amount::checked_add)
    }

    /// Checks every rule of a start.
    ///
    /// # Errors
    /// [`GenesisError`] for the first one broken.
    pub fn check(&self) -> Result<(), GenesisError> {
        self.params.check()?;
        let set = self.validator_set()?;
        if set.len() > usize::try_from(self.params.max_seats).unwrap_or(usize::MAX) {
            return Err(ValidatorSetError::TooLarge(set.len()).into());
        }
        let small = self.validators.iter().find(|one| {
            one.bond < self.params.min_bond || one.peer_id.is_empty() || one.peer_id.len() > MAX_PEER_ID
        });
        if let Some(one) = small {
            return Err(GenesisError::Validator(one.consensus_key.address()));
        }
        let mut owners = std::collections::BTreeSet::new();
        if let Some(twice) = self.validators.iter().find(|one| !owners.insert(one.account)) {
            return Err(GenesisError::DuplicateAccount(twice.account));
        }
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = self.accounts.iter().find(|one| !seen.insert(one.address)) {
            return Err(GenesisError::DuplicateAccount(twice.address));
        }
        if self.supply().is_none_or(|supply| supply > self.params.genesis_cap) {
            return Err(GenesisError::Supply(self.params.genesis_cap));
        }
        let mut seen = std::collections::BTreeSet::new();
        let bad = self.devices.iter().find(|one| {
            !set.contains(&one.validator)
                || !matches!(one.tier, 70 | 80)
                || (one.simulated && !self.params.allow_simulated)
                || !seen.insert(one.device_key)
        });
        bad.map_or(Ok(()), |one| Err(GenesisError::Device(one.device_key.address())))
    }
}
