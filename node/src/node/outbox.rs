//! Transactions of our users on their way out: gathered for a moment, since a gossip message costs every node the same
//! whether it carries one or hundreds (sans-IO).

use std::time::Duration;

use emotionalchain_shared::{
    chain::Transaction,
    wire::{MAX_BATCH_TRANSACTIONS, MAX_TRANSACTION_BATCH, TransactionBatch, Wire},
};
use tokio::time::Instant;

/// How long the first one waits for others: far below a block's time.
const PATIENCE: Duration = Duration::from_millis(10);
/// Framing of one entry.
const ENTRY: usize = 8;

/// What waits.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Vec<Transaction>,
    bytes: usize,
    due: Option<Instant>,
}

impl Outbox {
    /// Adds one; returns a full batch if it does not fit in beside the others.
    pub fn push(&mut self, now: Instant, transaction: Transaction) -> Option<TransactionBatch> {
        let size = transaction.encode().len().saturating_add(ENTRY);
        let room = MAX_TRANSACTION_BATCH.saturating_sub(self.bytes);
        let full =
            (self.waiting.len() >= MAX_BATCH_TRANSACTIONS || size > room).then(|| self.take()).flatten();
        self.bytes = self.bytes.saturating_add(size);
        self.waiting.push(transaction);
        self.due = self.due.or_else(|| now.checked_add(PATIENCE));
        full
    }

    /// When the next batch must go.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Everything that waits; `None` if nothing does.
    pub fn take(&mut self) -> Option<TransactionBatch> {
        (self.bytes, self.due) = (0, None);
        let waiting = std::mem::take(&mut self.waiting);
        (!waiting.is_empty()).then_some(TransactionBatch(waiting))
    }
}

#[cfg(test)]
mod tests {
    use emotionalchain_shared::{
        chain::Action,
        crypto::{SecretKey, SignDomain},
        primitives::{Address, Amount, Nonce, hash_bytes},
    };

    use super::*;

    fn transfer(nonce: u64) -> Transaction {
        let domain = SignDomain::new(&"devnet".parse().unwrap(), &hash_bytes(b"genesis"));
        let action = Action::Transfer { to: Address::new([1; 20]), amount: Amount::from_micro(1) };
        let key = SecretKey::from_seed(&[1; 32]);
        Transaction::sign(&domain, &key, Nonce::new(nonce), Amount::from_micro(1_000), action)
    }

    #[test]
    fn batches_are_full_or_due_and_always_decode() {
        let (mut outbox, now) = (Outbox::default(), Instant::now());
        assert_eq!((outbox.due(), outbox.take()), (None, None));
        let mut sent = Vec::new();
        for nonce in 0..2_000 {
            sent.extend(outbox.push(now, transfer(nonce)));
        }
        assert_eq!(outbox.due(), now.checked_add(PATIENCE), "the first one decides");
        sent.extend(outbox.take());
        assert_eq!(outbox.due(), None);
        assert!(sent.len() > 3 && sent.iter().all(|batch| TransactionBatch::decode(&batch.encode()).is_ok()));
        let nonces = sent.iter().flat_map(|batch| &batch.0).map(|one| one.body.nonce.get());
        assert!(nonces.eq(0..2_000), "each once, in order");
    }
}
