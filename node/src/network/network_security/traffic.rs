//! What honest peers need at their peak, and the budgets that follow from it.
//!
//! A mesh of eight delivers each message once, yet now and then one peer is first with nearly all of them. So a *peer*
//! may carry the whole network's traffic, a *validator* only its own. The figures are for 128 seats, 1,024 validators,
//! blocks of 1 s, epochs of 30 s and 4,000 transactions a second, and leave at least a factor of two; but requests have what is served at most.
//!
//! | class | honest peak of one peer |
//! |---|---|
//! | consensus | a round: 128 prevotes, 128 precommits, a proposal of 1 MiB, certificates: 3 a seat. Two rounds a second when all are in step; each is repeated once a second and comes both directly and by gossip |
//! | transactions | 4,000 a second, at worst each alone in its message; batches hold up to 512 |
//! | proofs, votes | 1,024 within the second in which an epoch closes, each again once a duplicate window |
//! | requests | 100 a second, 2,000 at once: a light client's longest walk asks for 372 headers and their sets; the bytes are those of the *answers*: a newcomer catches up at up to 64 MiB/s |
//! | control | per heartbeat of 700 ms: four IHAVEs with up to 5,000 ids, grafts, prunes; identify, ping, routing |
//!
//! Cost is counted in signature checks (about 50 µs), or in what takes as long: a block read, 32 ids compared.
//! The largest legal message fits into every budget, even into that of a newcomer (see [`super::budgets`]).

use super::token_bucket::Rate;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Traffic that shares a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Traffic {
    /// Proposals, prevotes, precommits, certificates.
    Consensus,
    /// Transactions.
    Transactions,
    /// Biometric proofs.
    Proofs,
    /// Emotional votes.
    Votes,
    /// Questions, with the bytes and the cost of their answers.
    Requests,
    /// All that keeps the network itself together.
    Control,
}

/// A budget: all three must have room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Messages.
    pub messages: Rate,
    /// Bytes.
    pub bytes: Rate,
    /// Signature checks, or as much work.
    pub cost: Rate,
}

impl Traffic {
    /// All classes.
    pub const ALL: [Self; 6] =
        [Self::Consensus, Self::Transactions, Self::Proofs, Self::Votes, Self::Requests, Self::Control];

    /// What a peer may carry: the traffic of all validators.
    pub const fn of_peer(self) -> Allowance {
        match self {
            // 2 rounds · 384 messages, twice over; a certificate costs 128 checks, a proposal 256 votes.
            Self::Consensus => Allowance {
                messages: Rate::per_second(2_000, 8_000),
                bytes: Rate::per_second(8 * MIB, 32 * MIB),
                cost: Rate::per_second(8_000, 32_000),
            },
            // Twice the chain's 4,000 a second; ordinary ones have 300 bytes, the largest 4 kB.
            Self::Transactions => Allowance {
                messages: Rate::per_second(8_000, 16_000),
                bytes: Rate::per_second(8 * MIB, 32 * MIB),
                cost: Rate::per_second(8_000, 32_000),
            },
            // Four epochs' worth at once, and one within 8 s; two checks each (device and account).
            Self::Proofs | Self::Votes => Allowance {
                messages: Rate::per_second(128, 4_096),
                bytes: Rate::per_second(MIB, 24 * MIB),
                cost: Rate::per_second(256, 16_384),
            },
            // 64 blocks to a question.
            Self::Requests => Allowance {
                messages: Rate::per_second(100, 2_000),
                bytes: Rate::per_second(64 * MIB, 256 * MIB),
                cost: Rate::per_second(3_200, 25_600),
            },
            Self::Control => Allowance {
                messages: Rate::per_second(100, 2_000),
                bytes: Rate::per_second(4 * MIB, 32 * MIB),
                cost: Rate::per_second(4_000, 32_000),
            },
        }
    }

    /// What all peers together may bring of one validator, each message counted once. What validators do not sign has
    /// the budget of a peer: it counts for the peer id that a validator has proved to be its own.
    pub const fn of_validator(self) -> Allowance {
        match self {
            // Two rounds a second with three messages, each repeated once a second for as long as ten rounds wait.
            Self::Consensus => Allowance {
                messages: Rate::per_second(60, 240),
                bytes: Rate::per_second(4 * MIB, 32 * MIB),
                cost: Rate::per_second(1_200, 9_600),
            },
            // An account that is busy; no account needs a quarter of the chain.
            Self::Transactions => Allowance {
                messages: Rate::per_second(1_000, 4_000),
                bytes: Rate::per_second(MIB, 4 * MIB),
                cost: Rate::per_second(1_000, 16_000),
            },
            // One an epoch, again once a duplicate window of 5.6 s: six an epoch.
            Self::Proofs | Self::Votes => Allowance {
                messages: Rate::per_minute(24, 64),
                bytes: Rate::per_second(4 * KIB, 512 * KIB),
                cost: Rate::per_minute(48, 128),
            },
            Self::Requests | Self::Control => self.of_peer(),
        }
    }
}

impl Allowance {
    /// The same, times `per_mille` / 1000.
    #[must_use]
    pub fn scaled(self, per_mille: u32) -> Self {
        let [messages, bytes, cost] =
            [self.messages, self.bytes, self.cost].map(|rate| rate.scaled(per_mille));
        Self { messages, bytes, cost }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::network_security::budgets::{MIN_SCALE, NEWCOMER_PER_MILLE};
    use emotionalchain_shared::wire;

    #[test]
    fn the_largest_legal_message_fits_into_the_budget_of_a_newcomer() {
        for (class, bytes, cost) in [
            (Traffic::Consensus, wire::MAX_CONSENSUS_MESSAGE, wire::MAX_BLOCK_VOTES),
            (Traffic::Transactions, wire::MAX_TRANSACTION_BATCH, wire::MAX_BATCH_TRANSACTIONS),
            (Traffic::Proofs, wire::MAX_BIOMETRIC_PROOF, 2),
            (Traffic::Votes, wire::MAX_EMOTIONAL_VOTE, 2),
            (Traffic::Requests, wire::MAX_SYNC_RESPONSE, wire::MAX_SYNC_BLOCKS),
            (Traffic::Control, 5_000 * 36, 5_000 / 32),
        ] {
            for allowance in [class.of_peer(), class.of_validator()] {
                let newcomer = allowance.scaled(MIN_SCALE).scaled(NEWCOMER_PER_MILLE);
                assert!(newcomer.messages.burst() >= 1);
                assert!(newcomer.bytes.burst() >= u64::try_from(bytes).unwrap(), "{class:?}");
                assert!(newcomer.cost.burst() >= u64::try_from(cost).unwrap(), "{class:?}");
            }
        }
    }

    #[test]
    fn a_peer_may_carry_what_a_validator_may_send() {
        for class in Traffic::ALL {
            let (peer, validator) = (class.of_peer(), class.of_validator());
            assert!(peer.messages.burst() >= validator.messages.burst());
            assert!(peer.bytes.burst() >= validator.bytes.burst());
            assert!(peer.cost.burst() >= validator.cost.burst());
        }
    }
}
