//! The core: events in, actions out. Here the events of the host; those of peers are in `messages` and `certificates`.

use malachite::Input;
use malachite_types as mt;

use crate::{
    consensus::engine::{
        Admission, CoreConfig, Event, Halt, Handled, HeightStart, Ignored, Message, TimerKey, TimerKind,
        Verdict,
        context::{Seats, Tendermint},
        convert::timeout_in,
        drive::{built_input, value_input},
        effects::Effects,
        guard::Signed,
        running::{Closed, Running},
        waiting::{Early, Waiting},
    },
    crypto::{SecretKey, SignDomain},
    primitives::{BlockId, Height, Round, TimeMs},
};

/// One validator, or a full node that only follows: without a key nothing is ever signed.
pub struct Core {
    pub(super) config: CoreConfig,
    pub(super) effects: Effects,
    pub(super) running: Option<Running>,
    pub(super) previous: Option<Closed>,
    pub(super) waiting: Waiting,
    pub(super) halted: Option<Halt>,
    pub(super) evidence: u64,
    pub(super) now: TimeMs,
}

impl Core {
    /// A core that has seen nothing. The key's address is the validator's.
    pub fn new(config: CoreConfig, domain: SignDomain, key: Option<SecretKey>) -> Self {
        Self {
            effects: Effects::new(&config, domain, key),
            config,
            running: None,
            previous: None,
            waiting: Waiting::default(),
            halted: None,
            evidence: 0,
            now: TimeMs::ZERO,
        }
    }

    /// Takes an event.
    ///
    /// # Errors
    /// [`Halt`] when the core cannot go on; from then on every call returns the same.
    pub fn handle(&mut self, now: TimeMs, event: Event) -> Result<Handled, Halt> {
        let admission = self.guarded(now, |core| core.dispatch(event))?;
        Ok(Handled { actions: std::mem::take(&mut self.effects.actions), admission })
    }

    /// The head of the network is verified: nothing below `floor` is ever signed, and a pending floor pends no more. The
    /// floor must lie above the height in progress, which is not logged while nothing may be signed.
    pub fn settle_sign_floor(&mut self, floor: Height) {
        self.effects.guard.settle(floor.max(self.effects.height.next().unwrap_or(floor)));
    }

    /// Runs a step; its failure is final, and what it asked for before is dropped: nothing unlogged goes out.
    pub(super) fn guarded<T>(
        &mut self,
        now: TimeMs,
        step: impl FnOnce(&mut Self) -> Result<T, Halt>,
    ) -> Result<T, Halt> {
        if let Some(halt) = &self.halted {
            return Err(halt.clone());
        }
        self.now = now;
        step(self).inspect_err(|halt| {
            self.effects.actions.clear();
            self.halted = Some(halt.clone());
        })
    }

    fn dispatch(&mut self, event: Event) -> Result<Admission, Halt> {
        match event {
            Event::StartHeight(start) => self.on_start(start),
            Event::Vote(vote) => self.on_vote(vote, false),
            Event::Proposal(proposal) => self.on_proposal(proposal, false),
            Event::Polka(certificate) => self.on_polka(&certificate),
            Event::Round(certificate) => self.on_round(&certificate),
            Event::Built { height, round, block_id } => self.on_built(height, round, block_id),
            Event::Body { height, block_id, verdict, .. } => self.on_body(height, block_id, verdict),
            Event::Fired(key) => self.on_fired(key),
            Event::Synced { block_id, certificate } => self.on_synced(block_id, &certificate),
        }
    }

    fn on_start(&mut self, start: HeightStart) -> Result<Admission, Halt> {
        let height = start.height;
        let input = self.open(start)?;
        self.effects.persist_height(height);
        self.drive(input)?;
        for (early, verified) in self.waiting.take() {
            match early {
                Early::Vote(vote) if vote.height == height => self.on_vote(vote, verified)?,
                Early::Proposal(proposal) if proposal.height == height => {
                    self.on_proposal(proposal, verified)?
                }
                _ => Admission::Ignored(Ignored::Stale),
            };
        }
        Ok(Admission::Accepted)
    }

    /// Turns to a height; returns the input that starts it.
    pub(super) fn open(&mut self, start: HeightStart) -> Result<Input<Tendermint>, Halt> {
        let HeightStart { height, set, schedule } = start;
        let current = self.height();
        if height <= current {
            return Err(Halt::Order { current, got: height });
        }
        let seats = Seats::new(height, set, schedule, self.effects.faults.admits_strangers())?;
        let signs = self.effects.start_height(height, &seats);
        let thresholds = self.effects.thresholds(seats.set());
        self.previous = self.running.take().and_then(Running::close);
        self.running =
            Some(Running::new(self.now, height, seats.clone(), self.effects.me, thresholds, signs));
        // Pace is the host's: no target time. Vote extensions are not used.
        Ok(Input::StartHeight(height, seats, false, None, mt::VoteExtensionPolicy::Disabled))
    }

    fn on_built(&mut self, height: Height, round: Round, block_id: BlockId) -> Result<Admission, Halt> {
        let Some(running) = self.running.as_mut().filter(|running| running.height() == height) else {
            return Ok(Admission::Ignored(Ignored::Stale));
        };
        if self.effects.me.is_none() || running.seats.proposer(height, round) != self.effects.me {
            return Ok(Admission::Ignored(Ignored::Unexpected));
        }
        let waits = running.decided.is_none()
            && running.round() == round
            && running.state.driver.step_is_propose()
            && !self
                .effects
                .guard
                .signed(height)
                .any(|signed| matches!(signed, Signed::Proposal(proposal) if proposal.round == round));
        if !waits {
            return Ok(Admission::Ignored(Ignored::Stale));
        }
        running.bodies.restore(block_id, true);
        self.effects.faults.saw_valid(round, block_id);
        self.drive(built_input(height, round, block_id))?;
        Ok(Admission::Accepted)
    }

    fn on_body(&mut self, height: Height, block_id: BlockId, verdict: Verdict) -> Result<Admission, Halt> {
        let early = self.config.bounds.early_bodies;
        let Some(running) = self.running.as_mut() else { return Ok(Admission::Ignored(Ignored::Unexpected)) };
        if running.height() != height || running.decided.is_some() {
            return Ok(Admission::Ignored(Ignored::Stale));
        }
        let proposed = running.ballots.all_proposals().any(|proposal| proposal.block_id == block_id);
        if !proposed && !running.bodies.knows(&block_id) && running.bodies.untold() >= early {
            return Ok(Admission::Ignored(Ignored::Full));
        }
        if !running.bodies.note(block_id, verdict) {
            return Ok(Admission::Ignored(Ignored::Duplicate));
        }
        if proposed {
            self.tell(block_id)?;
        }
        Ok(Admission::Accepted)
    }

    /// Tells the state machine what it does not know yet about a proposed block.
    pub(super) fn tell(&mut self, block_id: BlockId) -> Result<(), Halt> {
        let Some(running) = self.running.as_mut() else { return Ok(()) };
        let certified = running.certified(block_id);
        let Some(valid) = running.bodies.tell(block_id, || certified) else { return Ok(()) };
        let height = running.height();
        let rounds: Vec<Round> = running
            .ballots
            .all_proposals()
            .filter(|proposal| proposal.block_id == block_id)
            .map(|proposal| proposal.round)
            .collect();
        // A verdict is paired with proposals by block id in every round; its own round only says where it is kept.
        let Some(round) = rounds.first().copied() else { return Ok(()) };
        if valid {
            for round in rounds {
                self.effects.faults.saw_valid(round, block_id);
            }
        }
        let proposer = running.seats.proposer(height, round);
        self.drive(value_input(proposer, (height, round), block_id, valid))
    }

    fn on_fired(&mut self, key: TimerKey) -> Result<Admission, Halt> {
        let stale = Ok(Admission::Ignored(Ignored::Stale));
        if !self.effects.timers.take(&key) {
            return stale;
        }
        let Some(running) = self.running.as_ref().filter(|running| running.height() == key.height) else {
            return stale;
        };
        if running.round() != key.round {
            return stale;
        }
        if key.kind == TimerKind::Rebroadcast {
            self.repeat_proposal(key);
            self.repeat_polka();
        } else if running.decided.is_some() {
            return stale;
        }
        self.drive(Input::TimeoutElapsed(timeout_in(key.kind, key.round)))?;
        Ok(Admission::Accepted)
    }

    /// Votes and round certificates are repeated by the state machine; our proposal by us.
    fn repeat_proposal(&mut self, key: TimerKey) {
        let ours = self.effects.guard.signed(key.height).find_map(|signed| match signed {
            Signed::Proposal(proposal) if proposal.round == key.round => Some(proposal.clone()),
            _ => None,
        });
        if let Some(proposal) = ours {
            self.effects.send(Message::Proposal(proposal));
        }
    }

    /// The newest proof of lock: who holds one alone, since votes were lost, would otherwise keep the others from its
    /// block, and itself from theirs, until its turn to propose.
    fn repeat_polka(&mut self) {
        let Some(running) = self.running.as_ref().filter(|running| running.decided.is_none()) else { return };
        let known = running.state.driver.polka_certificates();
        if let Some(newest) = known.iter().max_by_key(|polka| polka.round).cloned() {
            self.effects.send_polka(&newest);
        }
    }
}
