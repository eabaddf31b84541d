//! Who sits next (protocol §6).
//!
//! # The rules
//!
//! - **Candidate**: bonded, not jailed, not tombstoned, not unbonding, with a score of at least `gate_enter`; for an
//!   incumbent `gate_leave` is enough. Without a score nobody is a candidate.
//! - **Stay**: an incumbent candidate keeps its seat.
//! - **Vacancies**, up to `max_seats`, go to other candidates by SHA-256(seed ‖ address), lowest first. Addresses are
//!   fixed before the seed is known, so none can be ground for it.
//! - **Floor** F = max(4, ⌈2M/3⌉), M the largest committee of the last `floor_window` closes. Below F, seats are
//!   filled from bonded, never tombstoned validators: incumbents first, unjailed first, then higher score, then
//!   address.
//! - **Churn**: seats entering plus seats leaving ≤ max(1, ⌈n/3⌉ − 1), n the current seats. Leaving goes first, in the
//!   order tombstoned, jailed, unbonding, lowest score; then entering.
//!
//! # How they meet
//!
//! ```text
//!                          budget = churn_bound(n)
//!  tombstoned ───────────► leave while budget lasts, floor or not; but one seat always stays
//!  jailed, unbonding, ───► leave, in this order, as many as the remaining budget allows while
//!  score below the gate    (seats that stay) + (candidates that enter at this same close) ≥ F;
//!                          the others are *held* by the floor and go on signing
//!  candidates ───────────► enter with what is left, up to max_seats
//!  other bonded ─────────► enter with what is left, only up to F
//! ```
//!
//! - *The floor bounds what really sits, not what would sit without churn.* Seats might otherwise leave at once while
//!   their successors still wait for budget, and nine seats would pass through three. So a leaver either leaves F
//!   seats behind or is replaced at the same close. Where the bound is 1 (up to six seats) the successor enters at one
//!   close and the leaver goes at the next. Only tombstones take a committee below F, and the floor then fills it.
//! - *Holding is leaving backwards.* Leavers that the floor keeps are those last in the order of leaving, hence
//!   unjailed before jailed and higher scores before lower. An unbonding validator is held, bond locked and slashable,
//!   until a candidate takes its place or the floor has sunk: a way out for one is no way to halt all.
//! - *Outsiders below the gate* enter for the floor alone, never in place of an incumbent: bonding cheap validators
//!   and knocking incumbents off the network must not buy seats. One that is unbonding does not enter; a jailed one
//!   only while the unjailed seats make a quorum of the committee enlarged by it, for it is known to be silent.
//! - *Never empty*: the last seat does not leave, even tombstoned; a successor enters beside it first.
//! - *Fewer than four seats*: F = 4, so nobody leaves unless tombstoned, and any bonded validator may enter, one a
//!   close.
//! - *Genesis* seats have no score: they are not candidates and sit by the floor alone. Four stay. Of ten, F = 7: three
//!   leave at the first close if they have not voted, the highest addresses first. Each `floor_window` in which nobody
//!   votes lets the floor sink by a third, down to four, never further.
//! - *`max_seats` = 4* makes F all the seats there are: seats then pass on by tombstone alone.
//!
//! Of n ≥ 4 seats more than 2n/3 stay through any close. Below that, n − 1 stay, and quorum is all of them.

use std::cmp::Reverse;

use crate::{
    chain::Params,
    consensus::quorum,
    primitives::{Address, BasisPoints, Hash, hash_pair},
};

/// A registered validator at a close; every seated one must be among the contenders, each address once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contender {
    /// The validator.
    pub address: Address,
    /// Whether it sits in the committee that signed the closing block.
    pub seated: bool,
    /// Smoothed score after this close; `None` before a first vote.
    pub score: Option<BasisPoints>,
    /// Whether it holds a bond that can be slashed and suffices for a seat.
    pub bonded: bool,
    /// Whether it is jailed, this close included.
    pub jailed: bool,
    /// Whether proven misbehaviour barred it for ever.
    pub tombstoned: bool,
    /// Whether it asked for its bond back.
    pub unbonding: bool,
}

/// The committee of the next epoch; each list in address order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    /// Everyone who sits.
    pub seats: Vec<Address>,
    /// Those of them who did not sit before.
    pub entered: Vec<Address>,
    /// Those who sat before and no longer do.
    pub left: Vec<Address>,
}

/// Fewest seats that mood, sleep and jail may leave: max(4, ⌈2M/3⌉) for a largest recent committee of M.
pub fn floor(largest_recent: usize) -> usize {
    largest_recent.saturating_mul(2).div_ceil(3).max(4)
}

/// Most seats that may enter and leave, together, at one close of a committee of `seats`: max(1, ⌈n/3⌉ − 1).
pub fn churn_bound(seats: usize) -> usize {
    seats.div_ceil(3).saturating_sub(1).max(1)
}

/// Seats that may change at this close.
fn budget(seats: usize) -> usize {
    #[cfg(feature = "mutations")]
    if crate::mutations::is_gone(crate::mutations::Defence::Churn) {
        return usize::MAX;
    }
    churn_bound(seats)
}

/// The committee that sits after a close; `seed` is that of the epoch which begins, `largest_recent` the largest
/// committee of the last `floor_window` closes. The order of `contenders` does not matter.
pub fn next_committee(
    params: &Params,
    contenders: &[Contender],
    seed: &Hash,
    largest_recent: usize,
) -> Committee {
    let max_seats = usize::try_from(params.max_seats).unwrap_or(usize::MAX).max(1);
    let floor = floor(largest_recent).min(max_seats);
    let (incumbents, outsiders): (Vec<&Contender>, Vec<&Contender>) =
        contenders.iter().partition(|one| one.seated);

    let mut leavers = in_order_of_leaving(params, &incumbents);
    let candidates = in_order_of_the_seed(params, &outsiders, seed);

    let budget = budget(incumbents.len());
    let barred = leavers.iter().filter(|one| is_barred(one)).count();
    let must_leave = barred.min(budget).min(incumbents.len().saturating_sub(1));
    let budget = budget.saturating_sub(must_leave);
    let present = incumbents.len().saturating_sub(must_leave);

    let can_enter = |leaving: usize| {
        let vacant = max_seats.saturating_sub(present.saturating_sub(leaving));
        candidates.len().min(vacant).min(budget.saturating_sub(leaving))
    };
    let may_leave = (0..=leavers.len().saturating_sub(barred).min(budget))
        .rev()
        .find(|&leaving| present.saturating_sub(leaving).saturating_add(can_enter(leaving)) >= floor)
        .unwrap_or_default();
    // Barred leavers stand first; none of the others goes while one of them waits, since then no budget is left.
    leavers.truncate(must_leave.saturating_add(may_leave));

    let mut entering: Vec<&Contender> = candidates.iter().copied().take(can_enter(may_leave)).collect();
    let budget = budget.saturating_sub(may_leave).saturating_sub(entering.len());
    let mut seats: Vec<&Contender> = incumbents
        .into_iter()
        .filter(|one| leavers.iter().all(|leaver| leaver.address != one.address))
        .chain(entering.iter().copied())
        .collect();
    for outsider in in_order_of_filling(params, &outsiders).into_iter().take(budget) {
        if seats.len() < floor && !would_stall(&seats, outsider) {
            seats.push(outsider);
            entering.push(outsider);
        }
    }
    Committee { seats: addresses(&seats), entered: addresses(&entering), left: addresses(&leavers) }
}

fn is_candidate(params: &Params, one: &Contender) -> bool {
    let gate = if one.seated { params.gate_leave } else { params.gate_enter };
    one.bonded
        && !one.jailed
        && !one.tombstoned
        && !one.unbonding
        && one.score.is_some_and(|score| score >= gate)
}

/// Whether not even the floor may keep it: nothing of it could be slashed, or it was proven to misbehave.
fn is_barred(one: &Contender) -> bool {
    one.tombstoned || !one.bonded
}

/// Incumbents who are no candidates: tombstoned, jailed, unbonding, then by score, lowest first.
fn in_order_of_leaving<'a>(params: &Params, incumbents: &[&'a Contender]) -> Vec<&'a Contender> {
    let mut leavers: Vec<_> = incumbents.iter().copied().filter(|one| !is_candidate(params, one)).collect();
    leavers.sort_unstable_by_key(|one| {
        (!is_barred(one), !one.jailed, !one.unbonding, one.score, Reverse(one.address))
    });
    leavers
}

/// Candidates without a seat by SHA-256(seed ‖ address).
fn in_order_of_the_seed<'a>(params: &Params, outsiders: &[&'a Contender], seed: &Hash) -> Vec<&'a Contender> {
    let mut candidates: Vec<_> = outsiders.iter().copied().filter(|one| is_candidate(params, one)).collect();
    candidates.sort_by_cached_key(|one| (hash_pair(seed.as_bytes(), one.address.as_bytes()), one.address));
    candidates
}

/// Those without a seat whom the floor may call though they are no candidates: unjailed, then higher score, then
/// address.
fn in_order_of_filling<'a>(params: &Params, outsiders: &[&'a Contender]) -> Vec<&'a Contender> {
    let may_fill = |one: &&Contender| !is_barred(one) && !one.unbonding && !is_candidate(params, one);
    let mut others: Vec<_> = outsiders.iter().copied().filter(may_fill).collect();
    others.sort_unstable_by_key(|one| (one.jailed, Reverse(one.score), one.address));
    others
}

/// Whether a jailed outsider would leave the unjailed seats short of a quorum.
fn would_stall(seats: &[&Contender], outsider: &Contender) -> bool {
    let unjailed = seats.iter().filter(|one| !one.jailed).count();
    outsider.jailed && unjailed < quorum(seats.len().saturating_add(1))
}

fn addresses(contenders: &[&Contender]) -> Vec<Address> {
    let mut addresses: Vec<Address> = contenders.iter().map(|one| one.address).collect();
    addresses.sort_unstable();
    addresses
}

#[cfg(test)]
mod tests;
