//! What the state holds.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::{
    crypto::PublicKey,
    epoch::{Attendance, Standing, WellnessTotals},
    primitives::{Address, Amount, BasisPoints, BlockId, Epoch, Hash, Height, Nonce, TimeMs},
};

/// What every block reads and writes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Globals {
    /// The block that this state is after; 0 is genesis.
    pub height: Height,
    /// That block's time.
    pub time: TimeMs,
    /// That block's epoch.
    pub epoch: Epoch,
    /// Money in existence.
    pub supply: Amount,
    /// Money burned by slashing.
    pub burned: Amount,
    /// Randomness of the epoch, folded reveal by reveal.
    pub seed: Hash,
    /// Root of the set that signs the next block.
    pub next_set: Hash,
    /// Root of the set that signed this block.
    pub signing_set: Hash,
    /// Pages of validator addresses and entries on the last one.
    pub validators: u32,
    /// Sums over the epoch's open statements.
    pub wellness: WellnessTotals,
}

/// Money and order of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Free money.
    pub balance: Amount,
    /// Transactions included so far; the next one carries this number.
    pub nonce: Nonce,
}

/// A registered validator; records are never removed, so consensus keys stay unique.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validator {
    /// The owner.
    pub account: Address,
    /// The consensus key.
    pub key: PublicKey,
    /// The node's peer id.
    pub peer_id: Vec<u8>,
    /// Locked money.
    pub bond: Amount,
    /// The next reveal hashes to this.
    pub randomness_tip: Hash,
    /// Smoothed score and misses.
    pub standing: Standing,
    /// The last emotional vote.
    pub last_vote: Option<(Epoch, BasisPoints)>,
    /// Signed heights of recent epochs.
    pub attendance: Attendance,
    /// Whether it sits in the set that signs the next block.
    pub seated: bool,
    /// Jailed for downtime, until `Unjail`.
    pub jailed: bool,
    /// Convicted, for ever.
    pub tombstoned: bool,
    /// Asked to leave.
    pub unbonding: bool,
    /// When the bond is free, set once the seat is left.
    pub unbond_at: Option<TimeMs>,
}

impl Validator {
    /// Whether it may hold a seat as far as its bond goes.
    pub fn bonded(&self) -> bool {
        self.bond > Amount::ZERO && !self.unbonding
    }
}

/// An enrolled device; records are never removed, so a device serves one validator ever.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Device {
    /// The validator that it serves.
    pub validator: Address,
    /// Caps its authenticity, 0..=100.
    pub tier: u8,
    /// Whether it replays a recording.
    pub simulated: bool,
    /// Compressed P-256 key of its authenticator.
    pub webauthn_key: Option<[u8; 33]>,
    /// At which height.
    pub enrolled: Height,
    /// From which height on it no longer counts.
    pub revoked: Option<Height>,
    /// Of the last included proof.
    pub last_sequence: Option<u64>,
    /// A session key permitted by transaction.
    pub session: Option<Session>,
}

/// A permitted session key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Session {
    /// The key.
    pub key: PublicKey,
    /// From when.
    pub not_before: TimeMs,
    /// Until when.
    pub not_after: TimeMs,
}

/// A block of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Finalised {
    /// Its id.
    pub id: BlockId,
    /// Its time.
    pub time: TimeMs,
    /// Root of the set that signed it.
    pub set: Hash,
}

/// Commits carried in blocks since the last close, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Credits {
    /// In address order.
    pub entries: Vec<Credit>,
}

/// One validator's commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Credit {
    /// Whose.
    pub validator: Address,
    /// Carried commits of sets in which it sat.
    pub possible: u32,
    /// Those that it signed.
    pub signed: u32,
}

impl Credits {
    /// Counts one carried commit of a set.
    pub fn add(&mut self, members: impl Iterator<Item = Address>, signed: &[Address]) {
        for validator in members {
            let credited = u32::from(signed.binary_search(&validator).is_ok());
            match self.entries.binary_search_by(|one| one.validator.cmp(&validator)) {
                Ok(at) => {
                    if let Some(one) = self.entries.get_mut(at) {
                        one.possible = one.possible.saturating_add(1);
                        one.signed = one.signed.saturating_add(credited);
                    }
                }
                Err(at) => self.entries.insert(at, Credit { validator, possible: 1, signed: credited }),
            }
        }
    }

    /// One validator's commits.
    pub fn of(&self, validator: &Address) -> Option<&Credit> {
        let at = self.entries.binary_search_by(|one| one.validator.cmp(validator)).ok()?;
        self.entries.get(at)
    }

    /// Share of possible commits that were signed.
    pub fn participation(&self) -> BasisPoints {
        let possible: u64 = self.entries.iter().map(|one| u64::from(one.possible)).sum();
        let signed: u64 = self.entries.iter().map(|one| u64::from(one.signed)).sum();
        let share = signed.saturating_mul(10_000).checked_div(possible).unwrap_or_default();
        u16::try_from(share).ok().and_then(BasisPoints::new).unwrap_or_default()
    }
}

/// A validator's score in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ScoreEntry {
    /// What it voted, if it did.
    pub vote: Option<BasisPoints>,
    /// Smoothed score after the close.
    pub smoothed: Option<BasisPoints>,
}
