//! The core: events in, actions out.

use std::convert::Infallible;

use malachite::{Error, Input, LocallyProposedValue, ProposedValue};
use malachite_types as mt;

use crate::{
    consensus::{
        CertificateError, CommitCertificate, ValidatorSet,
        engine::{
            Action, Admission, CoreConfig, Event, Fault, Halt, Handled, HeightStart, Ignored, Message,
            Record, TimerKey, TimerKind, Verdict,
            context::{Seats, Tendermint},
            convert::{round_in, timeout_in},
            decided::Decided,
            effects::Effects,
            guard::Signed,
            running::{Closed, Running},
            waiting::{Early, Waiting},
        },
    },
    crypto::{SecretKey, SignDomain},
    primitives::{Address, BlockId, Height, Round, TimeMs},
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
    now: TimeMs,
}

/// Where a core stands within a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// No height was started.
    Idle,
    /// Waiting for a proposal, or making one.
    Propose,
    /// Waiting for prevotes.
    Prevote,
    /// Waiting for precommits.
    Precommit,
    /// Decided.
    Commit,
}

/// How much a core keeps, and how often it met something odd: for metrics and for tests of the bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Votes of this height.
    pub votes: usize,
    /// Proposals of this height.
    pub proposals: usize,
    /// Verdicts on bodies of this height.
    pub bodies: usize,
    /// Messages for the next height.
    pub early: usize,
    /// Timers that run.
    pub timers: usize,
    /// Signatures that the guard refused.
    pub refusals: u64,
    /// Pieces of evidence reported.
    pub evidence: u64,
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
        self.effects.persist(Record::Height(height));
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
        self.drive(value_input(
            running_proposer(self.running.as_ref(), height, round),
            height,
            round,
            block_id,
            valid,
        ))
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

    /// Feeds an input and draws every consequence.
    pub(super) fn drive(&mut self, input: Input<Tendermint>) -> Result<(), Halt> {
        self.feed(input)?;
        loop {
            self.absorb();
            if let Some(certificate) = self.effects.decision.take() {
                return self.decide(&certificate, |key| key.kind != TimerKind::Rebroadcast);
            }
            let Some(running) = self.running.as_ref().filter(|running| running.decided.is_none()) else {
                return Ok(());
            };
            let due = running.bodies.untimely().into_iter().find(|id| {
                running.certified(*id)
                    && running.ballots.all_proposals().any(|proposal| proposal.block_id == *id)
            });
            let Some(block_id) = due else { return Ok(()) };
            // Ends: the verdict is valid from now on.
            self.tell(block_id)?;
        }
    }

    /// Runs the state machine on one input.
    fn feed(&mut self, input: Input<Tendermint>) -> Result<(), Halt> {
        let Some(running) = self.running.as_mut() else { return Ok(()) };
        let height = running.height();
        let (state, effects) = (&mut running.state, &mut self.effects);
        effects.expect_value(&input);
        let result: Result<(), Error<Tendermint>> = malachite::process!(
            input: input,
            state: state,
            metrics: &(),
            with: effect => Ok::<_, Infallible>(effects.on(effect))
        );
        if let Some(halt) = self.effects.fault.take() {
            return Err(halt);
        }
        let fault = match result {
            Ok(()) => return Ok(()),
            // A re-proposal whose proof of lock is gone: the round runs out without it.
            Err(Error::MissingPolkaCertificate(..)) => {
                let round = running.round();
                self.effects.arm_propose(round);
                return Ok(());
            }
            Err(Error::UnexpectedResume(..)) => Fault::Resume,
            Err(Error::DecisionNotFound(..)) => Fault::NoDecision,
            Err(Error::DriverProcess(..)) => Fault::Driver,
            Err(Error::InvalidCommitCertificate(..)) => Fault::Certificate,
            Err(Error::VoteExtensionRequired(..) | Error::WalCorrupted(..) | Error::ReplayDivergence(..)) => {
                Fault::Impossible
            }
        };
        Err(Halt::Machine { height, fault })
    }

    /// Files what we signed, and forgets rounds long past.
    fn absorb(&mut self) {
        let Some(running) = self.running.as_mut() else { return };
        for signed in std::mem::take(&mut self.effects.fresh) {
            let evidence = match &signed {
                Signed::Vote(vote) => running.ballots.file(vote, true),
                Signed::Proposal(proposal) => running.ballots.file_proposal(proposal),
            };
            if let Some(evidence) = evidence {
                self.evidence = self.evidence.saturating_add(1);
                self.effects.actions.push(Action::Evidence(evidence));
            }
        }
        if std::mem::take(&mut self.effects.new_round) {
            running.since = self.now;
            let oldest = running.round().get().saturating_sub(self.config.bounds.past_rounds);
            running.ballots.forget_before(Round::new(oldest));
        }
    }

    /// Takes a decision: ours, or one proved by a peer.
    pub(super) fn decide(
        &mut self,
        certificate: &CommitCertificate,
        stop: impl Fn(&TimerKey) -> bool,
    ) -> Result<(), Halt> {
        let Some(running) = self.running.as_mut() else { return Ok(()) };
        let set = running.seats.set();
        let (got, needed) = (certificate.signers.count(), set.quorum());
        if got < needed && !self.effects.faults.any() {
            let error = CertificateError::NoQuorum { got, needed };
            return Err(Halt::Uncertified { height: certificate.height, error });
        }
        let mut decided = Decided::new(certificate, set);
        for vote in running.ballots.precommits(decided.round, decided.block_id) {
            decided.add(vote, set);
        }
        self.effects.disarm(stop);
        self.effects.actions.push(Action::Commit { certificate: decided.certificate() });
        running.decided = Some(decided);
        Ok(())
    }
}

/// Who proposes there; the state machine only prints it.
fn running_proposer(running: Option<&Running>, height: Height, round: Round) -> Address {
    running
        .and_then(|running| running.seats.proposer(height, round))
        .unwrap_or(Address::new([0; Address::LEN]))
}

/// A block of ours in the terms of the state machine.
pub(super) fn built_input(height: Height, round: Round, block_id: BlockId) -> Input<Tendermint> {
    Input::Propose(LocallyProposedValue::new(height, round_in(round), block_id))
}

/// A verdict in the terms of the state machine.
pub(super) fn value_input(
    proposer: Address,
    height: Height,
    round: Round,
    block_id: BlockId,
    valid: bool,
) -> Input<Tendermint> {
    let value = ProposedValue {
        height,
        round: round_in(round),
        valid_round: mt::Round::Nil,
        proposer,
        value: block_id,
        validity: mt::Validity::from_bool(valid),
    };
    Input::ProposedValue(value, mt::ValueOrigin::Consensus)
}

/// Questions.
impl Core {
    /// The validator's address, if there is a key.
    pub fn address(&self) -> Option<Address> {
        self.effects.me
    }

    /// The height in progress or just decided; 0 before the first.
    pub fn height(&self) -> Height {
        self.running.as_ref().map_or(Height::ZERO, Running::height)
    }

    /// The round in progress.
    pub fn round(&self) -> Round {
        self.running.as_ref().map_or(Round::ZERO, Running::round)
    }

    /// When the round began.
    pub fn round_since(&self) -> Option<TimeMs> {
        self.running.as_ref().map(|running| running.since)
    }

    /// Where the core stands in the round.
    pub fn step(&self) -> Step {
        let Some(running) = &self.running else { return Step::Idle };
        let driver = &running.state.driver;
        if running.decided.is_some() || driver.step_is_commit() {
            Step::Commit
        } else if driver.step_is_precommit() {
            Step::Precommit
        } else if driver.step_is_prevote() {
            Step::Prevote
        } else {
            Step::Propose
        }
    }

    /// The set of the height.
    pub fn validator_set(&self) -> Option<&ValidatorSet> {
        self.running.as_ref().map(|running| running.seats.set())
    }

    /// Who proposes in the round.
    pub fn proposer(&self) -> Option<Address> {
        self.running.as_ref().and_then(|running| running.seats.proposer(running.height(), running.round()))
    }

    /// The block that we are locked on, and since which round (`lockedValue`, `lockedRound`).
    pub fn locked(&self) -> Option<(BlockId, Round)> {
        let locked = self.running.as_ref()?.state.driver.round_state().locked.as_ref()?;
        Some((locked.value, Round::new(locked.round.as_u32()?)))
    }

    /// The block that a quorum last prevoted, and in which round (`validValue`, `validRound`).
    pub fn valid(&self) -> Option<(BlockId, Round)> {
        let valid = self.running.as_ref()?.state.driver.valid_value()?;
        Some((valid.value, Round::new(valid.round.as_u32()?)))
    }

    /// The block decided at [`Self::height`], if it is decided.
    pub fn decided(&self) -> Option<BlockId> {
        self.running.as_ref()?.decided.as_ref().map(|decided| decided.block_id)
    }

    /// The fullest certificate of the last height that this core decided; late precommits make it grow. `None` if the
    /// host skipped over undecided heights, having synced them elsewhere.
    pub fn commit_certificate(&self) -> Option<CommitCertificate> {
        let current = self.running.as_ref().and_then(|running| running.decided.as_ref());
        let previous = self.previous.as_ref().map(|closed| &closed.decided);
        current.or(previous).map(Decided::certificate)
    }

    /// Proposals accepted at this height whose body has no verdict yet: to be fetched and verified, in particular
    /// after [`Core::recover`].
    pub fn awaiting(&self) -> Vec<(Round, BlockId)> {
        self.running.as_ref().map(Running::awaiting).unwrap_or_default()
    }

    /// Why the core stopped, if it did.
    pub fn halted(&self) -> Option<&Halt> {
        self.halted.as_ref()
    }

    /// How much is kept, and how often something odd was met.
    pub fn counts(&self) -> Counts {
        let running = self.running.as_ref();
        let (votes, proposals) = running.map(|running| running.ballots.counts()).unwrap_or_default();
        Counts {
            votes,
            proposals,
            bodies: running.map(|running| running.bodies.len()).unwrap_or_default(),
            early: self.waiting.len(),
            timers: self.effects.timers.len(),
            refusals: self.effects.guard.refusals(),
            evidence: self.evidence,
        }
    }
}
