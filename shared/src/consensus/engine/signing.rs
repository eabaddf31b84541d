//! Our messages: through the guard, into the log, and only then out.

use malachite_types::SignedMessage;

use crate::{
    consensus::engine::{
        Action, Halt, Record, TimerKey, TimerKind,
        context::{ProposalDoc, VoteDoc},
        convert::{SignedProposal, SignedVote, kind_out, proposal_in, round_out, value_out, vote_in},
        effects::{Effects, REFUSED},
        guard::{Answer, Refused, Signed},
    },
    primitives::{Height, Round},
};

impl Effects {
    /// Takes note of a message of ours that came back from a peer and that we do not remember: the log was lost, or
    /// the key is used twice. Whatever contradicts it is not signed any more.
    pub(super) fn learn(&mut self, signed: Signed) {
        if self.guard.remembers(&signed) {
            return;
        }
        self.guard.note(signed.clone());
        self.persist(record(signed));
    }

    pub(super) fn sign_vote(&mut self, doc: VoteDoc) -> SignedVote {
        let (Some(key), Some(round)) = (&self.key, round_out(doc.round)) else {
            return SignedMessage::new(doc, REFUSED);
        };
        let kind = kind_out(doc.kind);
        let block_id = self.faults.vote(kind, round, value_out(&doc.value));
        let answer = self.guard.sign_vote(&self.domain, key, kind, (doc.height, round), block_id);
        match answer {
            Answer::Fresh(vote) => {
                self.signed(Signed::Vote(vote.clone()));
                vote_in(&vote)
            }
            Answer::Again(vote) => vote_in(&vote),
            Answer::Refused(why) => {
                self.refused(why, doc.height, round);
                SignedMessage::new(doc, REFUSED)
            }
        }
    }

    pub(super) fn sign_proposal(&mut self, doc: ProposalDoc) -> SignedProposal {
        let (Some(key), Some(round)) = (&self.key, round_out(doc.round)) else {
            return SignedMessage::new(doc, REFUSED);
        };
        let pol_round = round_out(doc.pol_round);
        let place = (doc.height, round);
        match self.guard.sign_proposal(&self.domain, key, place, doc.value, pol_round) {
            Answer::Fresh(proposal) => {
                self.signed(Signed::Proposal(proposal.clone()));
                proposal_in(&proposal)
            }
            Answer::Again(proposal) => proposal_in(&proposal),
            Answer::Refused(why) => {
                self.refused(why, doc.height, round);
                // The state machine thinks that it proposed and stopped the timer; without it nobody would move us on.
                self.arm_propose(round);
                SignedMessage::new(doc, REFUSED)
            }
        }
    }

    /// Lets the round run out without a proposal (L57).
    pub(super) fn arm_propose(&mut self, round: Round) {
        self.arm(TimerKey { height: self.height, round, kind: TimerKind::Propose });
    }

    /// Logs what was signed, also during replay: it was not in the log.
    fn signed(&mut self, signed: Signed) {
        self.fresh.push(signed.clone());
        if self.logs {
            self.actions.push(Action::Persist(record(signed)));
        }
    }

    fn refused(&mut self, why: Refused, height: Height, round: Round) {
        if why == Refused::Diverged {
            self.fault = Some(Halt::Diverged { height, round });
        }
    }
}

fn record(signed: Signed) -> Record {
    match signed {
        Signed::Proposal(proposal) => Record::Proposal(proposal),
        Signed::Vote(vote) => Record::Vote(vote),
    }
}
