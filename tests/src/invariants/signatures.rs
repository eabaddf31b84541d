//! `double_signature` and `lock`, over everything that anybody ever sent.

use std::collections::{BTreeMap, BTreeSet};

use emotionalchain_shared::{
    consensus::{Vote, VoteKind},
    primitives::{Address, BlockId, Height, Round},
    wire::ConsensusMessage,
};

use super::{Checked, Violation, ledger::Ledger};

/// Where a key says one thing only: 0 a proposal, 1 a prevote, 2 a precommit.
type Place = (Address, Height, Round, u8);

/// What was said.
#[derive(Debug, Default)]
pub struct Signatures {
    /// May have voted for anything, and handed it on in certificates.
    byzantine: BTreeSet<Address>,
    said: BTreeMap<Place, Option<BlockId>>,
    votes: BTreeMap<(u8, Height, Round, BlockId), BTreeSet<Address>>,
    precommitted: BTreeMap<(Address, Height), (Round, BlockId)>,
}

const fn kind(vote: &Vote) -> u8 {
    match vote.kind {
        VoteKind::Prevote => 1,
        VoteKind::Precommit => 2,
    }
}

impl Signatures {
    /// Nothing was sent yet.
    pub fn new(byzantine: &[Address]) -> Self {
        Self { byzantine: byzantine.iter().copied().collect(), ..Self::default() }
    }

    /// Who sent a precommit for a block.
    pub fn precommits(&self, height: Height, round: Round, id: BlockId) -> impl Iterator<Item = &Address> {
        self.votes.get(&(2, height, round, id)).into_iter().flatten()
    }

    /// Somebody sent a message. Messages of others that it passes on say nothing of it.
    ///
    /// # Errors
    /// `double_signature`, `lock`.
    pub fn sent(
        &mut self,
        ledger: &Ledger,
        sender: Address,
        honest: bool,
        message: &ConsensusMessage,
    ) -> Checked {
        let (place, id) = match message {
            ConsensusMessage::Vote(vote) if vote.validator == sender => {
                if let Some(id) = vote.block_id {
                    let place = (kind(vote), vote.height, vote.round, id);
                    self.votes.entry(place).or_default().insert(sender);
                }
                if honest {
                    self.lock(ledger, vote)?;
                }
                ((sender, vote.height, vote.round, kind(vote)), vote.block_id)
            }
            ConsensusMessage::Proposal(one) if one.proposal.proposer == sender => {
                let proposal = &one.proposal;
                ((sender, proposal.height, proposal.round, 0), Some(proposal.block_id))
            }
            _ => return Ok(()),
        };
        let known = *self.said.entry(place).or_insert(id);
        if honest && known != id {
            let (_, height, round, kind) = place;
            let what = ["proposal", "prevote", "precommit"][usize::from(kind)];
            let name = |id: Option<BlockId>| id.map_or("nil".to_owned(), |id| id.to_string());
            let detail = format!(
                "{sender} signed two {what}s at height {height}, round {round}: {} and {}",
                name(known),
                name(id)
            );
            return Err(Violation::of("double_signature", detail));
        }
        Ok(())
    }

    /// Whether a quorum prevoted for a block. The voter's own prevote may leave just after what rests on it: the state
    /// machine counts it, draws the consequence, and sends both.
    fn polka(&self, ledger: &Ledger, voter: &Address, height: Height, round: Round, id: BlockId) -> bool {
        let Some(set) = ledger.set(height) else { return false };
        let votes = self.votes.get(&(1, height, round, id));
        let votes: BTreeSet<&Address> = votes.into_iter().flatten().chain(&self.byzantine).collect();
        let said = votes.into_iter().filter(|one| *one != voter && set.contains(one)).count();
        let own = match self.said.get(&(*voter, height, round, 1)) {
            Some(prevote) => *prevote == Some(id),
            None => set.contains(voter),
        };
        said + usize::from(own) >= set.quorum()
    }

    fn lock(&mut self, ledger: &Ledger, vote: &Vote) -> Checked {
        let (height, round, voter) = (vote.height, vote.round, vote.validator);
        let Some(id) = vote.block_id else { return Ok(()) };
        match vote.kind {
            VoteKind::Precommit => {
                if !self.polka(ledger, &voter, height, round, id) {
                    let detail =
                        format!("{voter} precommits {id} at height {height}, round {round} without a polka");
                    return Err(Violation::of("lock", detail));
                }
                let last = self.precommitted.entry((voter, height)).or_insert((round, id));
                if last.0 <= round {
                    *last = (round, id);
                }
            }
            VoteKind::Prevote => {
                let Some((locked_round, locked)) = self.precommitted.get(&(voter, height)) else {
                    return Ok(());
                };
                if *locked == id || *locked_round >= round {
                    return Ok(());
                }
                let later = locked_round.get()..round.get();
                if !later.into_iter().any(|at| self.polka(ledger, &voter, height, Round::new(at), id)) {
                    let detail = format!(
                        "{voter} precommitted {locked} in round {locked_round} of height {height} and prevotes {id} \
                         in round {round} without a later proof of lock"
                    );
                    return Err(Violation::of("lock", detail));
                }
            }
        }
        Ok(())
    }
}
