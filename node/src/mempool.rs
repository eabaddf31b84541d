//! Transactions on their way into a block (sans-IO).
//!
//! Rules:
//! - the signature is verified before anything is kept, once: blocks skip it for ids that are here;
//! - the nonce is the account's next or at most [`MempoolConfig::max_gap`] ahead; one transaction a sender and nonce,
//!   replaced only by one that pays a tenth more;
//! - the account can pay all that its sender has waiting: what nobody can be charged for takes no room;
//! - bounds in count, in bytes and per sender; past them a newcomer displaces only what pays less per byte, the
//!   cheapest first and of each sender the highest nonce first, so that no gap is made. One that would have to displace
//!   what it follows itself, or what pays as much, is refused, and nothing is displaced;
//! - blocks take what pays most per byte first, each sender in the order of nonces;
//! - what block building refuses [`MAX_STRIKES`] times is let go: it pays no fee and would come first for ever.

mod config;

#[cfg(test)]
mod tests;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
};

use emotionalchain_shared::{
    chain::{Action, Transaction, state::Account},
    crypto::SignDomain,
    primitives::{Address, Amount, Hash, Nonce, hash_bytes},
    wire::Wire,
};

pub use config::{Inserted, MempoolConfig, MempoolRefusal};

/// Refusals by block building that a transaction survives less one: the money for it may come with the same block, so
/// once is not enough.
const MAX_STRIKES: u8 = 2;
/// Senders whose next transaction is too large for the room that is left, before a selection ends: the room is nearly
/// full then, and looking through everybody else costs more than it brings.
const MAX_MISFITS: usize = 16;

#[derive(Clone, Debug)]
struct Entry {
    id: Hash,
    transaction: Transaction,
    size: usize,
    /// µEMO per 1,024 bytes: what order goes by.
    price: u64,
    /// What the sender has to have: fee, and money moved or locked.
    cost: u128,
    /// How often block building refused it.
    strikes: u8,
}

/// What one sender has waiting; never empty.
#[derive(Debug, Default)]
struct Queue {
    entries: BTreeMap<Nonce, Entry>,
    /// Sum of costs.
    cost: u128,
}

impl Queue {
    fn highest(&self) -> Option<(Nonce, u64)> {
        self.entries.last_key_value().map(|(nonce, entry)| (*nonce, entry.price))
    }

    fn below(&self, nonce: Nonce) -> Option<(Nonce, u64)> {
        self.entries.range(..nonce).next_back().map(|(nonce, entry)| (*nonce, entry.price))
    }
}

/// The pool.
#[derive(Debug)]
pub struct Mempool {
    config: MempoolConfig,
    senders: BTreeMap<Address, Queue>,
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

    /// Admits a transaction on its sender's committed account. The signature comes last: it costs the most.
    ///
    /// # Errors
    /// [`MempoolRefusal`] for the first rule broken; nothing has changed then.
    pub fn insert(
        &mut self,
        transaction: Transaction,
        account: Account,
        domain: &SignDomain,
    ) -> Result<Inserted, MempoolRefusal> {
        self.admit(transaction, account, |transaction| transaction.verify_signature(domain).is_ok())
    }

    fn admit(
        &mut self,
        transaction: Transaction,
        account: Account,
        signed: impl FnOnce(&Transaction) -> bool,
    ) -> Result<Inserted, MempoolRefusal> {
        let encoded = transaction.encode();
        let id = hash_bytes(&encoded);
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
        let (size, cost) = (encoded.len(), cost(&transaction));
        let entry = Entry { id, size, price: price(fee, size), cost, strikes: 0, transaction };
        self.check_queue(&sender, nonce, &entry, account)?;
        let victims = self.make_room(&sender, nonce, &entry).ok_or(MempoolRefusal::Full)?;
        if !signed(&entry.transaction) {
            return Err(MempoolRefusal::Signature);
        }

        let replaced = self.remove(&sender, nonce);
        for (victim, nonce) in victims {
            self.remove(&victim, nonce);
        }
        self.untail(&sender);
        self.bytes = self.bytes.saturating_add(size);
        self.ids.insert(id, (sender, nonce));
        let queue = self.senders.entry(sender).or_default();
        queue.cost = queue.cost.saturating_add(cost);
        queue.entries.insert(nonce, entry);
        self.tail(&sender);
        Ok(Inserted { replaced })
    }

    /// The rules among one sender's own: replacement, count, and whether the account can pay for all of them.
    fn check_queue(
        &self,
        sender: &Address,
        nonce: Nonce,
        new: &Entry,
        account: Account,
    ) -> Result<(), MempoolRefusal> {
        let queue = self.senders.get(sender);
        let old = queue.and_then(|queue| queue.entries.get(&nonce));
        if let Some(old) = old {
            let least = tenth_more(old.transaction.body.fee);
            if new.transaction.body.fee < least {
                return Err(MempoolRefusal::Underpriced(least));
            }
        } else if queue.is_some_and(|queue| queue.entries.len() >= self.config.max_per_sender) {
            return Err(MempoolRefusal::SenderFull);
        }
        let kept = queue.map_or(0, |queue| queue.cost).saturating_sub(old.map_or(0, |old| old.cost));
        if kept.saturating_add(new.cost) > account.balance.micro().into() {
            return Err(MempoolRefusal::Balance(account.balance));
        }
        Ok(())
    }

    /// What a newcomer has to displace to be kept; `None` if it may not.
    fn make_room(&self, sender: &Address, nonce: Nonce, new: &Entry) -> Option<Vec<(Address, Nonce)>> {
        let replaced = self.senders.get(sender).and_then(|queue| queue.entries.get(&nonce));
        let mut count = self.ids.len().saturating_add(usize::from(replaced.is_none()));
        let mut bytes =
            self.bytes.saturating_add(new.size).saturating_sub(replaced.map_or(0, |old| old.size));
        let mut tails = self.tails.iter().copied().peekable();
        // What becomes a sender's last one when its last one goes.
        let mut bared: BinaryHeap<Reverse<(u64, Address, Nonce)>> = BinaryHeap::new();
        let mut victims = Vec::new();
        while count > self.config.max_count || bytes > self.config.max_bytes {
            let tail = tails.peek().copied();
            let bare = bared.peek().map(|Reverse(bare)| *bare);
            let (price, victim, victim_nonce) = match (tail, bare) {
                (Some(tail), Some(bare)) if (bare.0, bare.1) < tail => bared.pop()?.0,
                (Some(_), _) => {
                    let (price, victim) = tails.next()?;
                    (price, victim, self.senders.get(&victim)?.highest()?.0)
                }
                (None, _) => bared.pop()?.0,
            };
            if victim == *sender && victim_nonce == nonce {
                // What it replaces; those before it are what it follows.
                continue;
            }
            if price >= new.price || (victim == *sender && victim_nonce < nonce) {
                return None;
            }
            let queue = self.senders.get(&victim)?;
            count = count.saturating_sub(1);
            bytes = bytes.saturating_sub(queue.entries.get(&victim_nonce)?.size);
            victims.push((victim, victim_nonce));
            if let Some((below, price)) = queue.below(victim_nonce) {
                bared.push(Reverse((price, victim, below)));
            }
        }
        Some(victims)
    }

    /// What a block should take, in order.
    pub fn select(
        &self,
        max_bytes: usize,
        max_count: usize,
        account_of: &dyn Fn(&Address) -> Account,
    ) -> Vec<Transaction> {
        let first = |(sender, queue): (&Address, &Queue)| {
            let (nonce, entry) = queue.entries.first_key_value()?;
            Some((entry.price, Reverse(*sender), *nonce))
        };
        let mut heap: BinaryHeap<_> = self.senders.iter().filter_map(first).collect();
        let mut chosen = Vec::new();
        let (mut room, mut misfits) = (max_bytes, 0_usize);
        while chosen.len() < max_count && misfits < MAX_MISFITS {
            let Some((_, Reverse(sender), nonce)) = heap.pop() else { break };
            let Some(entries) = self.senders.get(&sender).map(|queue| &queue.entries) else { continue };
            let Some(entry) = entries.get(&nonce) else { continue };
            // Accounts are asked only for senders whose turn it is.
            let lowest = entries.first_key_value().map(|(lowest, _)| *lowest);
            let next = if lowest == Some(nonce) { account_of(&sender).nonce } else { nonce };
            if next != nonce {
                let waiting = entries.get(&next).filter(|_| next > nonce);
                heap.extend(waiting.map(|entry| (entry.price, Reverse(sender), next)));
                continue;
            }
            let Some(left) = room.checked_sub(entry.size) else {
                misfits = misfits.saturating_add(1);
                continue;
            };
            room = left;
            chosen.push(entry.transaction.clone());
            if let Some((next, entry)) = nonce.next().and_then(|next| entries.get_key_value(&next)) {
                heap.push((entry.price, Reverse(sender), *next));
            }
        }
        chosen
    }

    /// Lets go of included transactions, and of those whose nonce they used up.
    pub fn committed(&mut self, included: &[Transaction]) {
        for transaction in included {
            let (sender, nonce) = (transaction.sender(), transaction.body.nonce);
            while let Some(lowest) = self.lowest(&sender).filter(|lowest| *lowest <= nonce) {
                self.remove(&sender, lowest);
            }
        }
    }

    /// Notes what block building refused, in its order; the second time it is let go. Only the first of each sender
    /// counts: the nonces of the others do not fit because of it.
    pub fn refused(&mut self, ids: &[Hash]) {
        let mut blamed = BTreeSet::new();
        for id in ids {
            let Some((sender, nonce)) = self.ids.get(id).copied() else { continue };
            if !blamed.insert(sender) {
                continue;
            }
            let entry = self.senders.get_mut(&sender).and_then(|queue| queue.entries.get_mut(&nonce));
            let Some(entry) = entry else { continue };
            entry.strikes = entry.strikes.saturating_add(1);
            if entry.strikes >= MAX_STRIKES {
                self.remove(&sender, nonce);
            }
        }
    }

    /// Whether a transaction is here, and so verified.
    pub fn contains(&self, id: &Hash) -> bool {
        self.ids.contains_key(id)
    }

    /// A transaction.
    pub fn get(&self, id: &Hash) -> Option<&Transaction> {
        let (sender, nonce) = self.ids.get(id)?;
        self.senders.get(sender)?.entries.get(nonce).map(|entry| &entry.transaction)
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

    fn lowest(&self, sender: &Address) -> Option<Nonce> {
        self.senders.get(sender)?.entries.first_key_value().map(|(nonce, _)| *nonce)
    }

    fn remove(&mut self, sender: &Address, nonce: Nonce) -> Option<Hash> {
        self.untail(sender);
        let queue = self.senders.get_mut(sender)?;
        let removed = queue.entries.remove(&nonce);
        queue.cost = queue.cost.saturating_sub(removed.as_ref().map_or(0, |entry| entry.cost));
        if queue.entries.is_empty() {
            self.senders.remove(sender);
        }
        self.tail(sender);
        let removed = removed?;
        self.bytes = self.bytes.saturating_sub(removed.size);
        self.ids.remove(&removed.id);
        Some(removed.id)
    }

    fn last_price(&self, sender: &Address) -> Option<u64> {
        self.senders.get(sender)?.highest().map(|(_, price)| price)
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

/// Fee, and what the order itself takes from the account. Balances are far below the range of the sum.
fn cost(transaction: &Transaction) -> u128 {
    let moved = match &transaction.body.action {
        Action::Transfer { amount, .. } => *amount,
        Action::RegisterValidator { bond, .. } => *bond,
        _ => Amount::ZERO,
    };
    u128::from(transaction.body.fee.micro()).saturating_add(moved.micro().into())
}

/// The least fee of a replacement: a tenth more, rounded up, and always more.
fn tenth_more(fee: Amount) -> Amount {
    let tenth = fee.micro().div_ceil(10).max(1);
    Amount::from_micro(fee.micro().saturating_add(tenth))
}
