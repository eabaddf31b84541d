//! Budgets per peer and per validator.
//!
//! 1. **Budgets survive reconnects**: an account belongs to an identity, not to a connection. It is forgotten only when
//!    all its buckets are full again, when there is nothing left to remember.
//! 2. **The table is bounded.** A newcomer to a full one displaces the fullest account that is not connected (the
//!    fullest of all if every one is): whoever brings many identities cannot make us forget what one of them owes.
//! 3. **Under pressure**, from three quarters of the table on, a newcomer starts with an eighth of its buckets: a fresh
//!    identity is then worth less than waiting. Its rates are those of all.
//! 4. **A validator is charged after its signature was checked**, and once for each distinct message: otherwise
//!    anybody could spend another's budget.
//! 5. **What a validator sends beyond its budget is dropped and costs the peer that brought it nothing**: peers cannot
//!    know each other's accounts.
//! 6. What does not fit takes nothing, so a peer that floods is heard at its rate until it is banned.

use std::{collections::BTreeMap, time::Instant};

use libp2p::PeerId;
use serde::{Deserialize, Serialize};

use super::{
    token_bucket::TokenBucket,
    traffic::{Allowance, Traffic},
};
use crate::network::conduct::Conduct;

/// What a newcomer starts with under pressure, in thousandths of its buckets.
pub const NEWCOMER_PER_MILLE: u32 = 125;
/// The smallest scale at which every legal message fits into every budget.
pub const MIN_SCALE: u32 = 500;
/// How full a table is under pressure, in thousandths.
const PRESSURE_PER_MILLE: usize = 750;
const FULL: u32 = 1000;

/// A validator, as 32 bytes that name it alone (its address, padded, or its key).
pub type ValidatorKey = [u8; 32];

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetConfig {
    /// All sizes and rates in thousandths of those in [`Traffic`]; [`MIN_SCALE`] to 100,000.
    pub scale_per_mille: u32,
    /// Accounts of peers, and as many of validators; 1 to 65,536.
    pub max_accounts: usize,
}

impl Default for BudgetConfig {
    fn default() -> Self {
        Self { scale_per_mille: 1000, max_accounts: 4096 }
    }
}

/// The answer to a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// It fits.
    Within,
    /// It does not; nothing was taken.
    Over {
        /// What repeating it amounts to.
        conduct: Conduct,
    },
}

/// Messages, bytes and cost.
type Load = (u64, u64, u64);

#[derive(Debug)]
struct Meters {
    messages: TokenBucket,
    bytes: TokenBucket,
    cost: TokenBucket,
}

impl Meters {
    fn new(allowance: Allowance, per_mille: u32, now: Instant) -> Self {
        let bucket = |rate| TokenBucket::filled(rate, per_mille, now);
        Self {
            messages: bucket(allowance.messages),
            bytes: bucket(allowance.bytes),
            cost: bucket(allowance.cost),
        }
    }

    fn charge(&mut self, messages: u64, bytes: u64, cost: u64, now: Instant) -> bool {
        let fits =
            self.messages.holds(messages, now) && self.bytes.holds(bytes, now) && self.cost.holds(cost, now);
        fits && self.messages.try_take(messages, now)
            && self.bytes.try_take(bytes, now)
            && self.cost.try_take(cost, now)
    }

    fn fill(&self, now: Instant) -> u32 {
        let [messages, bytes, cost] =
            [&self.messages, &self.bytes, &self.cost].map(|bucket| bucket.fill_per_mille(now));
        messages.min(bytes).min(cost)
    }
}

/// A class that is not in it has full buckets.
#[derive(Debug, Default)]
struct Account {
    connections: u32,
    meters: BTreeMap<Traffic, Meters>,
}

impl Account {
    fn fill(&self, now: Instant) -> u32 {
        self.meters.values().map(|meters| meters.fill(now)).min().unwrap_or(FULL)
    }
}

#[derive(Debug)]
struct Accounts<K> {
    open: BTreeMap<K, Account>,
    allowance: fn(Traffic) -> Allowance,
    config: BudgetConfig,
}

impl<K: Ord + Copy> Accounts<K> {
    const fn new(config: BudgetConfig, allowance: fn(Traffic) -> Allowance) -> Self {
        Self { open: BTreeMap::new(), allowance, config }
    }

    fn allowance(&self, class: Traffic) -> Allowance {
        (self.allowance)(class).scaled(self.config.scale_per_mille)
    }

    fn charge(&mut self, key: K, class: Traffic, (messages, bytes, cost): Load, now: Instant) -> Charge {
        let allowance = self.allowance(class);
        let account = self.account(key, now);
        let meters = account.meters.entry(class).or_insert_with(|| Meters::new(allowance, FULL, now));
        if meters.charge(messages, bytes, cost, now) {
            Charge::Within
        } else {
            Charge::Over { conduct: Conduct::Flood }
        }
    }

    fn account(&mut self, key: K, now: Instant) -> &mut Account {
        let mut fresh = Account::default();
        if !self.open.contains_key(&key) {
            let pressure =
                self.config.max_accounts.saturating_mul(PRESSURE_PER_MILLE).checked_div(1000).unwrap_or(0);
            if self.open.len() >= pressure {
                self.sweep(now);
            }
            if self.open.len() >= pressure {
                fresh.meters = Traffic::ALL
                    .into_iter()
                    .map(|class| (class, Meters::new(self.allowance(class), NEWCOMER_PER_MILLE, now)))
                    .collect();
            }
            if self.open.len() >= self.config.max_accounts {
                self.evict(now);
            }
        }
        self.open.entry(key).or_insert(fresh)
    }

    fn evict(&mut self, now: Instant) {
        let rank = |account: &Account| (account.connections == 0, account.fill(now));
        let fullest = self.open.iter().max_by_key(|(key, account)| (rank(account), **key));
        fullest.map(|(key, _)| *key).and_then(|key| self.open.remove(&key));
    }

    fn sweep(&mut self, now: Instant) {
        self.open.retain(|_, account| account.connections > 0 || account.fill(now) < FULL);
    }
}

/// All accounts.
#[derive(Debug)]
pub struct Budgets {
    peers: Accounts<PeerId>,
    validators: Accounts<ValidatorKey>,
}

impl Budgets {
    /// No debts.
    pub fn new(config: BudgetConfig) -> Self {
        Self {
            peers: Accounts::new(config, Traffic::of_peer),
            validators: Accounts::new(config, Traffic::of_validator),
        }
    }

    /// A connection to a peer stands: its account is kept for as long.
    pub fn connected(&mut self, peer: PeerId, now: Instant) {
        let account = self.peers.account(peer, now);
        account.connections = account.connections.saturating_add(1);
    }

    /// A connection to a peer is gone; its debt stays.
    pub fn disconnected(&mut self, peer: &PeerId) {
        if let Some(account) = self.peers.open.get_mut(peer) {
            account.connections = account.connections.saturating_sub(1);
        }
    }

    /// Charges a peer for a message of so many bytes and so many checks.
    pub fn charge(&mut self, peer: PeerId, class: Traffic, bytes: u64, cost: u64, now: Instant) -> Charge {
        self.peers.charge(peer, class, (1, bytes, cost), now)
    }

    /// Charges a peer for the answer to a question that was charged before.
    pub fn charge_answer(&mut self, peer: PeerId, bytes: u64, now: Instant) -> Charge {
        self.peers.charge(peer, Traffic::Requests, (0, bytes, 0), now)
    }

    /// Charges a validator whose signature was found good.
    pub fn charge_validator(
        &mut self,
        validator: ValidatorKey,
        class: Traffic,
        bytes: u64,
        cost: u64,
        now: Instant,
    ) -> Charge {
        self.validators.charge(validator, class, (1, bytes, cost), now)
    }

    /// Forgets those that owe nothing.
    pub fn tick(&mut self, now: Instant) {
        self.peers.sweep(now);
        self.validators.sweep(now);
    }
}

#[cfg(test)]
mod tests;
