//! Transactions on their way into a block (sans-IO).
//!
//! Rules:
//! - the signature is verified before anything is kept, once: blocks skip it for ids that are here;
//! - the nonce is the account's next or at most [`MempoolConfig::max_gap`] ahead; one transaction a sender and nonce,
//!   replaced only by one that pays a tenth more;
//! - bounds in count, in bytes and per sender; past them a newcomer must pay more per byte than the cheapest, whose
//!   sender then loses its highest nonce, so that no gap is made;
//! - blocks take what pays most per byte first, each sender in the order of nonces.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use emotionalchain_shared::{
    chain::{Transaction, state::Account},
    crypto::SignDomain,
    primitives::{Address, Amount, Hash, Nonce},
    wire::Wire,
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
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MempoolRefusal {
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
    /// The account cannot pay even the fee.
    #[error("balance {0} does not cover the fee")]
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
    pub replaced: Option<Hash>,
}

#[derive(Clone, Debug)]
struct Entry {
    id: Hash,
    transaction: Transaction,
    size: usize,
    /// µEMO per 1,024 bytes: what order goes by.
    price: u64,
}

/// The pool.
#[derive(Debug)]
pub struct Mempool {
    config: MempoolConfig,
    senders: BTreeMap<Address, BTreeMap<Nonce, Entry>>,
    ids: HashMap<Hash, (Address, Nonce)>,
    /// Price of each sender's last transaction: whom eviction hits.
    tails: BTreeSet<(u64, Address)>,
    bytes: usize,
}

impl Mempool {
    /// An empty pool.
    pub fn new(config: MempoolConfig) -> Self {
        Self { config, senders: BTreeMap::new(), ids: HashMap::new(), tails: BTreeSet::new(), bytes: 0 }
    }

    /// Admits a transaction on its sender's committed account.
    ///
    /// # Errors
    /// [`MempoolRefusal`] for the first rule broken; nothing has changed then.
    pub fn insert(
        &mut self,
        transaction: Transaction,
        account: Account,
        domain: &SignDomain,
    ) -> Result<Inserted, MempoolRefusal> {
        let encoded = transaction.encode();
        let id = emotionalchain_shared::primitives::hash_bytes(&encoded);
        if self.ids.contains_key(&id) {
            return Err(MempoolRefusal::Known);
        }
        let (sender, nonce, fee) = (transaction.sender(), transaction.body.nonce, transaction.body.fee);
        if fee < self.config.min_fee {
            return Err(MempoolRefusal::Fee { got: fee, least: self.config.min_fee });
        }
        let last = account.nonce.get().saturating_add(self.config.max_gap);
        if nonce < account.nonce || nonce.get() > last {
            return Err(MempoolRefusal::Nonce { got: nonce, next: account.nonce, last });
        }
        if account.balance < fee {
            return Err(MempoolRefusal::Balance(account.balance));
        }
        let size = encoded.len();
        let price = price(fee, size);
        let own = self.senders.get(&sender);
        let old = own.and_then(|own| own.get(&nonce));
        if let Some(old) = old {
            let least = old.transaction.body.fee.mul_div(11, 10).unwrap_or(old.transaction.body.fee);
            if fee < least || fee == old.transaction.body.fee {
                return Err(MempoolRefusal::Underpriced(least));
            }
        } else if own.is_some_and(|own| own.len() >= self.config.max_per_sender) {
            return Err(MempoolRefusal::SenderFull);
        }
        let full = |pool: &Self| {
            pool.ids.len() >= pool.config.max_count || pool.bytes.saturating_add(size) > pool.config.max_bytes
        };
        let cheapest = self.tails.first().map(|(price, _)| *price);
        if full(self) && old.is_none() && cheapest.is_none_or(|cheapest| price <= cheapest) {
            return Err(MempoolRefusal::Full);
        }
        transaction.verify_signature(domain).map_err(|_| MempoolRefusal::Signature)?;

        let replaced = self.remove(&sender, nonce);
        while full(self) {
            let Some((_, victim)) = self.tails.first().copied() else { break };
            let highest = self.senders.get(&victim).and_then(|own| own.keys().next_back().copied());
            match highest {
                Some(highest) => self.remove(&victim, highest),
                None => break,
            };
        }
        self.untail(&sender);
        self.bytes = self.bytes.saturating_add(size);
        self.ids.insert(id, (sender, nonce));
        self.senders.entry(sender).or_default().insert(nonce, Entry { id, transaction, size, price });
        self.tail(&sender);
        Ok(Inserted { replaced })
    }

    /// What a block should take, in order.
    pub fn select(
        &self,
        max_bytes: usize,
        max_count: usize,
        account_of: &dyn Fn(&Address) -> Account,
    ) -> Vec<Transaction> {
        let mut heap = BinaryHeap::new();
        for (sender, own) in &self.senders {
            let next = account_of(sender).nonce;
            if let Some(entry) = own.get(&next) {
                heap.push((entry.price, std::cmp::Reverse(*sender), next));
            }
        }
        let mut chosen = Vec::new();
        let mut room = max_bytes;
        while let Some((_, std::cmp::Reverse(sender), nonce)) = heap.pop() {
            let Some(own) = self.senders.get(&sender) else { continue };
            let Some(entry) = own.get(&nonce) else { continue };
            let Some(left) = room.checked_sub(entry.size) else { break };
            if chosen.len() >= max_count {
                break;
            }
            room = left;
            chosen.push(entry.transaction.clone());
            if let Some((next, entry)) = nonce.next().and_then(|next| own.get_key_value(&next)) {
                heap.push((entry.price, std::cmp::Reverse(sender), *next));
            }
        }
        chosen
    }

    /// Lets go of included transactions, and of those whose nonce they used up.
    pub fn committed(&mut self, included: &[Transaction]) {
        for transaction in included {
            let (sender, nonce) = (transaction.sender(), transaction.body.nonce);
            while let Some(lowest) = self.senders.get(&sender).and_then(|own| own.keys().next().copied()) {
                if lowest > nonce {
                    break;
                }
                self.remove(&sender, lowest);
            }
        }
    }

    /// Lets go of one transaction.
    pub fn discard(&mut self, id: &Hash) {
        if let Some((sender, nonce)) = self.ids.get(id).copied() {
            self.remove(&sender, nonce);
        }
    }

    /// Whether a transaction is here, and so verified.
    pub fn contains(&self, id: &Hash) -> bool {
        self.ids.contains_key(id)
    }

    /// A transaction.
    pub fn get(&self, id: &Hash) -> Option<&Transaction> {
        let (sender, nonce) = self.ids.get(id)?;
        self.senders.get(sender)?.get(nonce).map(|entry| &entry.transaction)
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Their bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn remove(&mut self, sender: &Address, nonce: Nonce) -> Option<Hash> {
        self.untail(sender);
        let own = self.senders.get_mut(sender)?;
        let removed = own.remove(&nonce);
        if own.is_empty() {
            self.senders.remove(sender);
        }
        self.tail(sender);
        let removed = removed?;
        self.bytes = self.bytes.saturating_sub(removed.size);
        self.ids.remove(&removed.id);
        Some(removed.id)
    }

    fn last_price(&self, sender: &Address) -> Option<u64> {
        self.senders.get(sender)?.values().next_back().map(|entry| entry.price)
    }

    fn tail(&mut self, sender: &Address) {
        if let Some(price) = self.last_price(sender) {
            self.tails.insert((price, *sender));
        }
    }

    fn untail(&mut self, sender: &Address) {
        if let Some(price) = self.last_price(sender) {
            self.tails.remove(&(price, *sender));
        }
    }
}

fn price(fee: Amount, size: usize) -> u64 {
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    fee.micro().saturating_mul(1_024).checked_div(size).unwrap_or(u64::MAX)
}
