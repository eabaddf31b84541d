//! Bounds of a mempool, and why it refuses.

use emotionalchain_shared::{
    chain::TransactionRefusal,
    primitives::{Amount, Nonce},
};
use thiserror::Error;

/// Bounds of a mempool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MempoolConfig {
    /// Transactions in all.
    pub max_count: usize,
    /// Bytes in all.
    pub max_bytes: usize,
    /// Transactions of one sender.
    pub max_per_sender: usize,
    /// How far a nonce may be ahead of the account's.
    pub max_gap: u64,
    /// Least fee.
    pub min_fee: Amount,
}

impl Default for MempoolConfig {
    fn default() -> Self {
        Self {
            max_count: 50_000,
            max_bytes: 16 << 20,
            max_per_sender: 1_024,
            max_gap: 1_024,
            min_fee: Amount::from_micro(1_000),
        }
    }
}

/// Why a transaction is not kept.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MempoolRefusal {
    /// No block would take it as things stand.
    #[error(transparent)]
    Ledger(Box<TransactionRefusal>),
    /// Here already.
    #[error("transaction is known already")]
    Known,
    /// The signature does not verify.
    #[error("signature does not verify")]
    Signature,
    /// Below the least fee.
    #[error("fee {got} is below the least of {least}")]
    Fee {
        /// Its fee.
        got: Amount,
        /// The least.
        least: Amount,
    },
    /// Included before, or too far ahead.
    #[error("nonce {got} is not in {next}..={last}")]
    Nonce {
        /// Its nonce.
        got: Nonce,
        /// The account's next.
        next: Nonce,
        /// The furthest accepted.
        last: u64,
    },
    /// Replaces another without paying a tenth more.
    #[error("a replacement must pay at least {0}")]
    Underpriced(Amount),
    /// The account cannot pay this beside what it has waiting already.
    #[error("balance {0} does not cover the transaction and those of the sender that wait")]
    Balance(Amount),
    /// The sender has too many waiting.
    #[error("sender has too many transactions waiting")]
    SenderFull,
    /// Full of what pays more.
    #[error("mempool is full of transactions that pay more")]
    Full,
}

/// What became of an admitted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// The transaction that it replaced.
    pub replaced: Option<emotionalchain_shared::primitives::Hash>,
}
