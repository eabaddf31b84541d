//! Step 7: fees, nonces and the orders.

use crate::{
    chain::{
        Action, Transaction,
        execution::{Execution, TransactionRefusal},
        state::{StateKey, Validator},
    },
    primitives::Amount,
};

impl Execution<'_> {
    pub(super) fn apply_transaction(&mut self, transaction: &Transaction) -> Result<(), TransactionRefusal> {
        let body = &transaction.body;
        let sender = transaction.sender();
        let least = self.spec.params().min_fee;
        if body.fee < least {
            return Err(TransactionRefusal::Fee { got: body.fee, least });
        }
        let mut account = self.account(&sender)?;
        if body.nonce != account.nonce {
            return Err(TransactionRefusal::Nonce { got: body.nonce, expected: account.nonce });
        }
        if !self.seen.transaction(&transaction.id()) {
            transaction.verify_signature(&self.spec.domain).map_err(|_| TransactionRefusal::Signature)?;
        }
        account.nonce = account.nonce.next().ok_or(TransactionRefusal::Amount)?;
        self.state.write(StateKey::Account(sender), &account);
        self.withdraw(&sender, body.fee)?;
        let builder: Validator = self.state.require(StateKey::Validator(self.place.proposer))?;
        self.deposit(&builder.account, body.fee)?;

        match &body.action {
            Action::Transfer { to, amount } => {
                if *amount == Amount::ZERO {
                    return Err(TransactionRefusal::Amount);
                }
                self.withdraw(&sender, *amount)?;
                Ok(self.deposit(to, *amount)?)
            }
            Action::RegisterValidator { consensus_key, peer_id, bond, randomness_tip, possession } => {
                self.register(&sender, consensus_key, peer_id, *bond, randomness_tip, possession)
            }
            Action::EnrollDevice { device_key, tier, possession, webauthn_key } => {
                self.enroll(&sender, device_key, *tier, possession, *webauthn_key)
            }
            Action::RevokeDevice { device_key } => self.revoke(&sender, device_key),
            Action::DelegateSession { device_key, session_key, not_before, not_after, authorisation } => {
                self.delegate(&sender, device_key, session_key, *not_before, *not_after, authorisation)
            }
            Action::Unbond => self.unbond(&sender),
            Action::Unjail => self.unjail(&sender),
        }
    }
}
