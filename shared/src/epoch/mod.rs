//! The emotional round: how one epoch's votes become the next epoch's seats (protocol §6, with the rewards and the
//! downtime of §7).
//!
//! Everything here is a pure function or a small value of the ledger's state. Nothing reads state, a clock or chance:
//! the ledger passes in what is needed and keeps what is returned. Every constant comes from
//! [`Params`](crate::chain::Params).
//!
//! # What an epoch is
//!
//! `epoch = (block time − genesis time) / epoch_ms`. A block B whose epoch is above its parent's *closes* the parent's
//! epoch, before B's own votes and transactions. Epochs without a block do not exist: nothing is charged, rewarded or
//! due in them.
//!
//! ```text
//!            epoch e                          │            epoch e+1
//!  … ── block ── block ── block ──────────────┼─ B ─────────── B+1 ── block ── …
//!        votes, reveals, commits carried      │  closes e      first block that the
//!                                             │  (old set      new set signs; its
//!                                             │   still signs) tickets begin here
//!                                             ▼
//!   votes ───► [`Standing`] ──┐
//!   commits ─► [`Attendance`] ┼─► jailed ─► [`next_committee`] ─► [`Schedule`] from B+1
//!   reveals ─► [`mix`] ───────┘                │     ▲                ▲
//!              seed(e+1) ──────────────────────┼─────┴────────────────┘
//!                                              └──► [`RecentLargest`] (floor of later closes)
//!   commits ─► [`epoch_reward`], [`split`]          open statements ─► [`WellnessTotals`]
//! ```
//!
//! # At a close, in this order
//!
//! 1. **Scores** ([`Standing::after_epoch`]). A score is none until a first vote sets it. A later vote moves it by
//!    (vote − score)/4, rounded away from zero, so that a steady vote is reached. `free_misses` consecutive epochs
//!    without a vote are free: people sleep. Each further one costs `miss_penalty`, not below 0. A low or missing
//!    score means to sit out; it is never slashed.
//! 2. **Attendance** ([`Attendance::record`], [`jailable`]). A seat that signed fewer than `downtime_min` of its last
//!    `downtime_window` seated heights is jailed until it says Unjail, worst first, and never so many that the unjailed
//!    seats fall below quorum.
//! 3. **Seats** ([`next_committee`]). Incumbents who are still candidates stay; vacancies go to other candidates in an
//!    order drawn from the seed; neither mood nor sleep takes the committee below the floor; and so few seats change
//!    at one close that a light client can always step.
//! 4. **Floor** ([`RecentLargest::push`]). The size of the new committee is remembered for `floor_window` closes.
//! 5. **Tickets** ([`Schedule::new`]). A seat at or above the seated lower median proposes twice as often as one
//!    below; a forged score buys no more than that.
//! 6. **Rewards** ([`epoch_reward`], [`split`]). Halved every `halving_epochs`, capped by the supply, shared by commits
//!    credited; dust is not minted.
//! 7. **Wellness** ([`WellnessTotals::finish`]). Means over open statements, from `wellness_min` contributors on.
//!
//! # What is at stake
//!
//! Safety rests on none of this: votes are counted one seat one vote (`consensus`). Scores decide who may sit and,
//! within a factor of two, how often a seat proposes. What the rules here owe to safety is the bound on churn: of
//! n ≥ 4 seats more than 2n/3 stay through every close.
//!
//! # What randomness is worth
//!
//! seed(e+1) is made of seed(e) and the reveals of e's blocks alone ([`mix`]). A reveal is fixed when its validator
//! registers, so a proposer cannot choose it; it can only withhold its block and so choose between two seeds, at the
//! cost of the block's fees. An adversary with the last k proposals of an epoch in a row chooses among at most 2^k
//! seeds. That buys places in the order of vacancies and of tickets, never a seat without a score, and never a vote.

mod committee_sizes;
mod downtime;
mod randomness;
mod rewards;
mod score;
mod seats;
mod shuffle;
mod tickets;
mod wellness;

pub use committee_sizes::RecentLargest;
pub use downtime::{Attendance, jailable};
pub use randomness::{RandomnessChain, check_reveal, genesis_seed, mix};
pub use rewards::{epoch_reward, participation, split};
pub use score::Standing;
pub use seats::{Committee, Contender, churn_bound, floor, next_committee};
pub use tickets::Schedule;
pub use wellness::WellnessTotals;
