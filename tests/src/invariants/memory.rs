//! `memory`: what peers can make a node keep.

use emotionalchain_node::consensus::replica::Replica;
use emotionalchain_shared::consensus::engine::Bounds;

use super::{Checked, Violation};

/// A log of one height: a body or two a round and all votes.
const MAX_LOG: usize = 8 << 20;
/// Proposals kept of one round: two prove a contradiction, one more may come by certificate.
const PROPOSALS_A_ROUND: usize = 4;

/// Judges one node.
///
/// # Errors
/// `memory`.
pub fn check(replica: &Replica, log_bytes: usize, validators: usize) -> Checked {
    let bounds = Bounds::default();
    let counts = replica.core().counts();
    let rounds = (bounds.past_rounds + Bounds::MAX_FUTURE_ROUNDS + 1) as usize;
    let [bodies, votes, evidence, transactions] = replica.held();
    let rules = [
        // Two kinds of votes a round, and the second of a contradiction.
        ("votes", counts.votes, rounds * validators * 4),
        ("proposals", counts.proposals, rounds * PROPOSALS_A_ROUND),
        ("verdicts", counts.bodies, rounds * PROPOSALS_A_ROUND + bounds.early_bodies),
        (
            "early messages",
            counts.early,
            validators * bounds.next_height_per_seat + bounds.next_height_unknown,
        ),
        ("timers", counts.timers, 4 * rounds),
        ("bodies", bodies, 12),
        ("emotional votes", votes, validators),
        ("pieces of evidence", evidence, 256),
        ("transactions", transactions, 50_000),
        ("bytes of log", log_bytes, MAX_LOG),
    ];
    match rules.iter().find(|(_, held, most)| held > most) {
        Some((what, held, most)) => {
            Err(Violation::of("memory", format!("{held} {what} are kept, {most} are the bound")))
        }
        None => Ok(()),
    }
}
