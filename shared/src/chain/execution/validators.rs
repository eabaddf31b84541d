//! Registration, leaving and release of validators; the state at genesis.

use crate::{
    chain::{
        ChainSpec, Transaction,
        execution::{Execution, TransactionRefusal},
        state::{Account, Device, Globals, Overlay, StateError, StateKey, Validator, Writes},
    },
    consensus::ValidatorSet,
    crypto::{PublicKey, SignKind, Signature},
    epoch::{self, Attendance, RecentLargest, Schedule, Standing, WellnessTotals},
    primitives::{Address, Amount, BasisPoints, Epoch, Hash, Height},
};

/// Addresses on one page of the index of validators: a page stays below the largest value of the tree.
const PAGE: u32 = 1_024;

/// Adds an address to the index of validators.
fn append_index(state: &mut Overlay<'_>, globals: &mut Globals, address: Address) -> Result<(), StateError> {
    let page = StateKey::ValidatorPage(globals.validators.checked_div(PAGE).unwrap_or_default());
    let mut addresses: Vec<Address> = state.read(page)?.unwrap_or_default();
    addresses.push(address);
    state.write(page, &addresses);
    globals.validators = globals.validators.saturating_add(1);
    Ok(())
}

impl Execution<'_> {
    /// Every validator ever registered, in order of registration.
    pub(super) fn validator_addresses(&self) -> Result<Vec<Address>, StateError> {
        let pages = self.globals.validators.div_ceil(PAGE);
        let mut all = Vec::new();
        for page in 0..pages {
            all.extend(self.state.require::<Vec<Address>>(StateKey::ValidatorPage(page))?);
        }
        Ok(all)
    }

    pub(super) fn register(
        &mut self,
        sender: &Address,
        key: &PublicKey,
        peer_id: &[u8],
        bond: Amount,
        tip: &Hash,
        possession: &Signature,
    ) -> Result<(), TransactionRefusal> {
        let least = self.spec.params().min_bond;
        if bond < least {
            return Err(TransactionRefusal::Bond { got: bond, least });
        }
        let address = key.address();
        if self.state.read::<Validator>(StateKey::Validator(address))?.is_some() {
            return Err(TransactionRefusal::KeyTaken);
        }
        // An account whose validator has its bond back may start over with another key.
        if self.owned(sender)?.is_some_and(|(_, validator)| validator.bond > Amount::ZERO) {
            return Err(TransactionRefusal::OwnsValidator);
        }
        let document = Transaction::key_possession(sender, peer_id);
        self.spec
            .domain
            .verify(key, SignKind::KeyPossession, &document, possession)
            .map_err(|_| TransactionRefusal::Possession)?;
        self.withdraw(sender, bond)?;
        let validator = new_validator(*sender, *key, peer_id.to_vec(), bond, *tip);
        self.state.write(StateKey::Validator(address), &validator);
        self.state.write(StateKey::Owner(*sender), &address);
        let mut globals = self.globals.clone();
        append_index(&mut self.state, &mut globals, address)?;
        self.globals = globals;
        Ok(())
    }

    /// The validator that an account owns.
    pub(super) fn owned(&self, account: &Address) -> Result<Option<(Address, Validator)>, StateError> {
        let Some(address) = self.state.read::<Address>(StateKey::Owner(*account))? else {
            return Ok(None);
        };
        Ok(Some((address, self.state.require(StateKey::Validator(address))?)))
    }

    pub(super) fn unbond(&mut self, sender: &Address) -> Result<(), TransactionRefusal> {
        let (address, mut validator) = self.owned(sender)?.ok_or(TransactionRefusal::NoValidator)?;
        if validator.unbonding || validator.bond == Amount::ZERO {
            return Err(TransactionRefusal::Standing);
        }
        validator.unbonding = true;
        self.state.write(StateKey::Validator(address), &validator);
        Ok(())
    }

    pub(super) fn unjail(&mut self, sender: &Address) -> Result<(), TransactionRefusal> {
        let (address, mut validator) = self.owned(sender)?.ok_or(TransactionRefusal::NoValidator)?;
        if !validator.jailed || validator.tombstoned {
            return Err(TransactionRefusal::Standing);
        }
        validator.jailed = false;
        validator.attendance.clear();
        self.state.write(StateKey::Validator(address), &validator);
        Ok(())
    }
}

fn new_validator(account: Address, key: PublicKey, peer_id: Vec<u8>, bond: Amount, tip: Hash) -> Validator {
    Validator {
        account,
        key,
        peer_id,
        bond,
        randomness_tip: tip,
        standing: Standing::default(),
        last_vote: None,
        attendance: Attendance::default(),
        seated: false,
        jailed: false,
        tombstoned: false,
        unbonding: false,
        unbond_at: None,
    }
}

/// The schedule of a set whose members stand as the state says.
pub(super) fn make_schedule(
    state: &Overlay<'_>,
    set: &ValidatorSet,
    seed: &Hash,
    first: Height,
) -> Result<Schedule, StateError> {
    let mut seats: Vec<(Address, Option<BasisPoints>)> = Vec::with_capacity(set.len());
    for member in set.members() {
        let validator: Validator = state.require(StateKey::Validator(member.address))?;
        seats.push((member.address, validator.standing.score));
    }
    Ok(Schedule::new(first, &seats, seed))
}

/// The set and schedule that decide the height after a committed state.
///
/// # Errors
/// [`StateError`] when the state is unusable.
pub fn schedule_after(
    state: &dyn crate::chain::state::StateRead,
) -> Result<(Globals, ValidatorSet, Schedule), StateError> {
    let view = Overlay::new(state);
    let globals: Globals = view.require(StateKey::Globals)?;
    let set = view.require(StateKey::Set(globals.next_set))?;
    Ok((globals, set, view.require(StateKey::Schedule)?))
}

/// The state before block 1.
///
/// # Errors
/// [`StateError::Corrupt`] when the genesis was not [checked](crate::chain::Genesis::check) and cannot be held.
pub fn genesis_writes(spec: &ChainSpec) -> Result<Writes, StateError> {
    let genesis = &spec.genesis;
    let unusable = |_| StateError::Corrupt(StateKey::Globals.name());
    let set = genesis.validator_set().map_err(|_| StateError::Corrupt(StateKey::Globals.name()))?;
    let empty = Writes::new();
    let mut state = Overlay::new(&empty);
    for one in &genesis.accounts {
        state.write(StateKey::Account(one.address), &Account { balance: one.balance, ..Account::default() });
    }
    let mut globals = Globals {
        height: Height::ZERO,
        time: genesis.time_ms,
        epoch: Epoch::ZERO,
        supply: genesis.supply().ok_or(()).map_err(unusable)?,
        burned: Amount::ZERO,
        seed: epoch::genesis_seed(&spec.hash),
        next_set: set.root(),
        signing_set: set.root(),
        validators: 0,
        wellness: WellnessTotals::default(),
    };
    for one in &genesis.validators {
        let address = one.consensus_key.address();
        let mut validator =
            new_validator(one.account, one.consensus_key, one.peer_id.clone(), one.bond, one.randomness_tip);
        validator.seated = true;
        state.write(StateKey::Validator(address), &validator);
        state.write(StateKey::Owner(one.account), &address);
        append_index(&mut state, &mut globals, address)?;
    }
    for one in &genesis.devices {
        let device = Device {
            validator: one.validator,
            tier: one.tier,
            simulated: one.simulated,
            webauthn_key: None,
            enrolled: Height::ZERO,
            revoked: None,
            last_sequence: None,
            session: None,
        };
        state.write(StateKey::Device(one.device_key), &device);
    }
    let first = Height::new(1);
    let schedule = make_schedule(&state, &set, &globals.seed, first)?;
    let mut largest = RecentLargest::default();
    largest.push(set.len(), &genesis.params);
    state.write(StateKey::Largest, &largest);
    state.write(StateKey::Schedule, &schedule);
    state.write(StateKey::Set(set.root()), &set);
    state.write(StateKey::Globals, &globals);
    Ok(state.into_writes())
}
