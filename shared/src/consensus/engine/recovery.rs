//! Recovery from the log (protocol §7).
//!
//! Rules:
//! 1. the guard is restored from every record, before anything can be signed; if the store lost blocks and the log holds
//!    signatures of ours above `start`, nothing is signed up to that height, as a lock there would be unknown;
//! 2. records of the height that starts are verified like messages and fed again in their order, which leads to the
//!    same locks and the same votes; during that nothing goes out and no block is asked for;
//! 3. a message that the replay leads to and the log does not hold was never sent: it is signed, logged and sent now;
//! 4. a message that contradicts one of ours further on in the log, or is missing before one, means missing causes,
//!    perhaps a missing lock: the core halts;
//! 5. at the end the timers that would run are armed, what we said in the current round is said again, and a block is
//!    asked for if it is our turn and none was built.

use malachite::Input;

use crate::{
    consensus::engine::{
        Action, Core, Halt, HeightStart, Message, Record, Refusal,
        convert::{polka_in, proposal_in, timeout_in, vote_in},
        drive::{built_input, value_input},
        guard::Signed,
        verify::Verifier,
    },
    primitives::{Height, TimeMs},
};

impl Core {
    /// Starts a core with the log it left behind: `start` is the height after the last durable block, `records` all
    /// that the log holds, of whatever heights, in order. An empty log is a first start.
    ///
    /// # Errors
    /// [`Halt`] when the log does not fit; from then on every call returns the same.
    pub fn recover(
        &mut self,
        now: TimeMs,
        start: HeightStart,
        records: Vec<Record>,
    ) -> Result<Vec<Action>, Halt> {
        self.guarded(now, |core| core.replay(start, records))?;
        Ok(std::mem::take(&mut self.effects.actions))
    }

    fn replay(&mut self, start: HeightStart, records: Vec<Record>) -> Result<(), Halt> {
        let height = start.height;
        self.restore_guard(height, &records);
        let input = self.open(start)?;
        if records.iter().all(|record| record.height() != height) {
            self.effects.persist_height(height);
        }
        self.effects.begin_replay();
        if let Some(running) = &mut self.running {
            // Lifts the bounds that hold for peers: what is in the log was let in before. The log of the state machine
            // stays empty, as signatures are remembered by the guard.
            running.state.index_wal_entries(std::iter::empty());
        }
        self.drive(input)?;
        for (index, record) in records.into_iter().enumerate() {
            if record.height() == height && self.decided().is_none() {
                self.replay_record(index, record)?;
            }
        }
        if let Some(running) = &mut self.running {
            running.state.reset_entries_index();
        }
        self.resume(height);
        Ok(())
    }

    /// Rule 1.
    fn restore_guard(&mut self, start: Height, records: &[Record]) {
        let me = self.effects.me;
        for record in records {
            let signed = match record {
                Record::Height(height) => {
                    self.effects.guard.raise(*height);
                    continue;
                }
                Record::Vote(vote) if Some(vote.validator) == me => Signed::Vote(vote.clone()),
                Record::Proposal(proposal) if Some(proposal.proposer) == me => {
                    Signed::Proposal(proposal.clone())
                }
                _ => continue,
            };
            match record.height() {
                height if height == start => self.effects.guard.expect(signed),
                // Where we signed without the causes being replayed, a lock of ours may be unknown.
                height if height > start => self.effects.guard.raise(height.next().unwrap_or(height)),
                _ => {}
            }
        }
    }

    /// Rule 2.
    fn replay_record(&mut self, index: usize, record: Record) -> Result<(), Halt> {
        let Some(running) = self.running.as_mut() else { return Ok(()) };
        let verifier =
            Verifier { domain: &self.effects.domain, seats: &running.seats, faults: &self.effects.faults };
        let unfit = |refusal: Refusal| Halt::Record { index, refusal };
        let input = match record {
            Record::Height(_) => return Ok(()),
            Record::Vote(vote) => {
                verifier.logged_vote(&vote).map_err(unfit)?;
                if Some(vote.validator) == self.effects.me {
                    self.effects.guard.pass(Signed::Vote(vote.clone()));
                }
                let _ = running.ballots.file(&vote, true);
                Input::Vote(vote_in(&vote))
            }
            Record::Proposal(proposal) => {
                verifier.logged_proposal(&proposal).map_err(unfit)?;
                if Some(proposal.proposer) == self.effects.me {
                    self.effects.guard.pass(Signed::Proposal(proposal.clone()));
                }
                let _ = running.ballots.file_proposal(&proposal);
                if running.bodies.is_valid(&proposal.block_id) {
                    self.effects.faults.saw_valid(proposal.round, proposal.block_id);
                }
                Input::Proposal(proposal_in(&proposal))
            }
            Record::Polka(certificate) => {
                let votes = verifier.polka(&certificate, &running.ballots).map_err(unfit)?;
                for vote in &votes {
                    let _ = running.ballots.file(vote, false);
                }
                Input::PolkaCertificate(polka_in(&certificate, &votes))
            }
            Record::Body { height, round, block_id, valid } => {
                running.bodies.restore(block_id, valid);
                if valid {
                    self.effects.faults.saw_valid(round, block_id);
                }
                let proposer = running.seats.proposer(height, round);
                value_input(proposer, (height, round), block_id, valid)
            }
            Record::Built { height, round, block_id } => {
                running.bodies.restore(block_id, true);
                self.effects.faults.saw_valid(round, block_id);
                built_input(height, round, block_id)
            }
            Record::Timeout(key) => Input::TimeoutElapsed(timeout_in(key.kind, key.round)),
        };
        self.drive(input)
    }

    /// Rule 5.
    fn resume(&mut self, height: Height) {
        let held = self.effects.end_replay();
        let Some(running) = &self.running else { return };
        let round = running.round();
        let ours: Vec<Signed> =
            self.effects.guard.signed(height).filter(|signed| signed.place().1 == round).cloned().collect();
        let proposed = ours.iter().any(|signed| matches!(signed, Signed::Proposal(_)));
        let builds = running.decided.is_none() && running.state.driver.step_is_propose() && !proposed;
        for action in held {
            match action {
                Action::Build { round: asked, .. } if !builds || asked != round => {}
                // Said again below.
                Action::Send(Message::Vote(_) | Message::Proposal(_)) | Action::Restream { .. } => {}
                other => self.effects.actions.push(other),
            }
        }
        for signed in ours {
            match signed {
                Signed::Vote(vote) => self.effects.send(Message::Vote(vote)),
                Signed::Proposal(proposal) => {
                    let (block_id, pol_round) = (proposal.block_id, proposal.pol_round);
                    self.effects.send(Message::Proposal(proposal));
                    self.effects.actions.push(Action::Restream { height, round, block_id, pol_round });
                }
            }
        }
    }
}
