//! Equivocation: a validator signs two values for one step.
//!
//! - **What:** votes whose signatures were checked, of heights that consensus still takes.
//! - **From where on:** the second value for the same validator, height, round and step: both messages are handed on as
//!   evidence, once for each step. The chain punishes the *validator* (it knows who is bonded), not this node.
//! - **The peer that brings it is never charged**: relaying equivocation is not an offence, since whoever relays it
//!   may have seen only one half, and evidence must travel.
//! - **Honest load:** an honest validator signs one value a step; repetitions carry the same value.
//! - **Bounds:** the last [`MAX_STEPS`] steps of each of [`MAX_VALIDATORS`] validators. A validator can push out only
//!   its own.

use std::{collections::VecDeque, time::Instant};

use super::super::{budgets::ValidatorKey, recent::Recent};

/// Steps kept of a validator: some twenty rounds.
pub const MAX_STEPS: usize = 64;
/// Validators kept; as many as the chain scores.
pub const MAX_VALIDATORS: usize = 1024;

/// A vote with a good signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedVote {
    /// Who signed.
    pub validator: ValidatorKey,
    /// At which height.
    pub height: u64,
    /// In which round.
    pub round: u32,
    /// Proposal, prevote or precommit, as the caller numbers them.
    pub step: u8,
    /// For what; all zeros for nil.
    pub value: [u8; 32],
    /// The message that carried it.
    pub message: [u8; 32],
}

/// Two messages that no validator may both sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Who signed them.
    pub validator: ValidatorKey,
    /// The id of the one that came first.
    pub first: [u8; 32],
    /// The id of the other.
    pub second: [u8; 32],
}

#[derive(Debug)]
struct Step {
    vote: SignedVote,
    reported: bool,
}

/// The detector.
#[derive(Debug, Default)]
pub struct Equivocation {
    validators: Recent<ValidatorKey, VecDeque<Step>, MAX_VALIDATORS>,
}

impl Equivocation {
    /// A vote came in.
    pub fn observe(&mut self, vote: SignedVote, now: Instant) -> Option<Conflict> {
        let steps = self.validators.touch(vote.validator, now, VecDeque::new);
        let key = |vote: &SignedVote| (vote.height, vote.round, vote.step);
        let Some(known) = steps.iter_mut().find(|step| key(&step.vote) == key(&vote)) else {
            if steps.len() >= MAX_STEPS {
                steps.pop_front();
            }
            steps.push_back(Step { vote, reported: false });
            return None;
        };
        if known.vote.value == vote.value || std::mem::replace(&mut known.reported, true) {
            return None;
        }
        Some(Conflict { validator: vote.validator, first: known.vote.message, second: vote.message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(height: u64, value: u8) -> SignedVote {
        let message = [value.wrapping_add(100); 32];
        SignedVote { validator: [1; 32], height, round: 0, step: 1, value: [value; 32], message }
    }

    #[test]
    fn two_values_for_one_step_are_handed_on_once() {
        let (mut equivocation, now) = (Equivocation::default(), Instant::now());
        assert_eq!(equivocation.observe(vote(5, 1), now), None);
        let conflict = equivocation.observe(vote(5, 2), now).unwrap();
        assert_eq!((conflict.first, conflict.second), ([101; 32], [102; 32]));
        assert_eq!(equivocation.observe(vote(5, 3), now), None, "one proof is enough");
    }

    #[test]
    fn repetitions_and_other_steps_are_honest() {
        let (mut equivocation, now) = (Equivocation::default(), Instant::now());
        let votes = [
            vote(5, 1),
            vote(5, 1),
            vote(6, 2),
            SignedVote { round: 1, ..vote(5, 2) },
            SignedVote { step: 2, ..vote(5, 2) },
            SignedVote { validator: [2; 32], ..vote(5, 2) },
        ];
        assert!(votes.into_iter().all(|vote| equivocation.observe(vote, now).is_none()));
    }

    #[test]
    fn a_validator_pushes_out_only_its_own_steps() {
        let (mut equivocation, now) = (Equivocation::default(), Instant::now());
        let other = SignedVote { validator: [2; 32], ..vote(0, 1) };
        equivocation.observe(other, now);
        for height in 0..1000 {
            equivocation.observe(vote(height, 1), now);
        }
        assert_eq!(equivocation.validators.get(&[1; 32]).unwrap().len(), MAX_STEPS);
        assert!(equivocation.observe(SignedVote { value: [9; 32], ..other }, now).is_some());
    }
}
