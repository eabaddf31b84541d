//! Moving money: every sum is checked, none is made or lost.

use crate::{
    chain::{
        execution::{Execution, TransactionRefusal},
        state::{Account, StateError, StateKey},
    },
    primitives::{Address, Amount},
};

impl Execution<'_> {
    /// An account, empty if it never had money.
    pub(super) fn account(&self, address: &Address) -> Result<Account, StateError> {
        Ok(self.state.read(StateKey::Account(*address))?.unwrap_or_default())
    }

    /// Adds money. The supply cap keeps every sum far inside the range.
    pub(super) fn deposit(&mut self, address: &Address, amount: Amount) -> Result<(), StateError> {
        if amount == Amount::ZERO {
            return Ok(());
        }
        let key = StateKey::Account(*address);
        let mut account = self.account(address)?;
        account.balance = account.balance.checked_add(amount).ok_or(StateError::Corrupt(key.name()))?;
        self.state.write(key, &account);
        Ok(())
    }

    /// Takes money.
    pub(super) fn withdraw(&mut self, address: &Address, amount: Amount) -> Result<(), TransactionRefusal> {
        let mut account = self.account(address)?;
        let refused = TransactionRefusal::Balance { has: account.balance, needs: amount };
        account.balance = account.balance.checked_sub(amount).ok_or(refused)?;
        self.state.write(StateKey::Account(*address), &account);
        Ok(())
    }
}
