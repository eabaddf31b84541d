//! What the state machine asks for, turned into actions.
//!
//! The handler cannot fail: the state machine logs an error of its handler and goes on, so whatever matters is kept in
//! [`Effects::fault`] and halts the core when the state machine returns.

use malachite::{Effect, Input, LivenessMsg, Resumable, Resume, SignedConsensusMsg, ThresholdParams};
use malachite_types as mt;

use crate::{
    consensus::{
        CommitCertificate, ValidatorSet,
        engine::{
            Action, CoreConfig, Halt, Message, Record, Timeouts, TimerKey,
            context::{Seats, Tendermint},
            convert::{
                SignedProposal, SignedVote, commit_out, polka_out, proposal_out, round_certificate_out,
                round_out, timeout_out, vote_out,
            },
            guard::{Guard, Signed},
            mutation::Faults,
            timers::Timers,
        },
    },
    crypto::{SecretKey, SignDomain, Signature},
    primitives::{Address, Height},
};

/// Stands for a refused signature inside the state machine. It verifies for nobody, so a message that bears it is
/// neither counted nor logged, and it is never sent.
pub(super) const REFUSED: Signature = Signature::new([0; Signature::LEN]);

/// Everything that effects touch.
pub(super) struct Effects {
    pub(super) domain: SignDomain,
    pub(super) key: Option<SecretKey>,
    pub(super) me: Option<Address>,
    pub(super) guard: Guard,
    pub(super) timers: Timers,
    pub(super) faults: Faults,
    timeouts: Timeouts,
    pub(super) height: Height,
    set: Option<ValidatorSet>,
    /// Whether this height is logged: only who signs needs a log.
    pub(super) logs: bool,
    /// The record of the value that is being fed.
    value: Option<Record>,
    /// What to do, in order.
    pub(super) actions: Vec<Action>,
    /// While the log is replayed: requests of the current round, not carried out before the end.
    replay: Option<Vec<Action>>,
    /// Our messages signed since the last look.
    pub(super) fresh: Vec<Signed>,
    /// The decision, if one was made.
    pub(super) decision: Option<CommitCertificate>,
    /// Why to halt.
    pub(super) fault: Option<Halt>,
    /// Whether a round was started since the last look.
    pub(super) new_round: bool,
}

impl Effects {
    pub(super) fn new(config: &CoreConfig, domain: SignDomain, key: Option<SecretKey>) -> Self {
        let faults = Faults::new(config);
        Self {
            domain,
            me: key.as_ref().map(|key| key.public().address()),
            key,
            guard: Guard::new(config.sign_floor, faults.unguarded()),
            timers: Timers::default(),
            faults,
            timeouts: config.timeouts,
            height: Height::ZERO,
            set: None,
            logs: false,
            value: None,
            actions: Vec::new(),
            replay: None,
            fresh: Vec::new(),
            decision: None,
            fault: None,
            new_round: false,
        }
    }

    /// Turns to a height. Returns whether anything can be signed there.
    pub(super) fn start_height(&mut self, height: Height, seats: &Seats) -> bool {
        self.height = height;
        self.set = Some(seats.set().clone());
        self.faults.start_height();
        self.logs = self.me.is_some_and(|me| seats.set().contains(&me)) && self.guard.permits(height);
        self.logs
    }

    /// Logs that a height starts, with or without a seat: the guard never looks back behind it. A height that the guard
    /// has left behind gets no record: where the log begins anew, it would take the memory of the later one away.
    pub(super) fn persist_height(&mut self, height: Height) {
        if self.key.is_some() && self.guard.permits(height) {
            self.actions.push(Action::Persist(Record::Height(height)));
        }
    }

    /// Logs a record, unless it comes from the log or nothing is ever signed here.
    pub(super) fn persist(&mut self, record: Record) {
        if self.logs && self.replay.is_none() {
            self.actions.push(Action::Persist(record));
        }
    }

    /// Asks for an action; during replay, keeps it for the end.
    fn request(&mut self, action: Action) {
        match &mut self.replay {
            Some(held) => held.push(action),
            None => self.actions.push(action),
        }
    }

    pub(super) fn arm(&mut self, key: TimerKey) {
        self.timers.arm(key);
        if self.replay.is_none() {
            self.actions.push(Action::Arm(key, self.timeouts.length(key.kind, key.round)));
        }
    }

    /// Stops the timers that `stop` names.
    pub(super) fn disarm(&mut self, stop: impl Fn(&TimerKey) -> bool) {
        let stopped = self.timers.stop(stop);
        if self.replay.is_none() {
            self.actions.extend(stopped.into_iter().map(Action::Disarm));
        }
    }

    pub(super) fn send(&mut self, message: Message) {
        self.request(Action::Send(message));
    }

    /// Replay begins: nothing goes out.
    pub(super) fn begin_replay(&mut self) {
        self.replay = Some(Vec::new());
    }

    /// Replay ends: the timers that would run are armed; returns the requests of the last round.
    pub(super) fn end_replay(&mut self) -> Vec<Action> {
        let held = self.replay.take().unwrap_or_default();
        self.guard.end_replay();
        let armed: Vec<TimerKey> = self.timers.armed().collect();
        for key in armed {
            self.arm(key);
        }
        held
    }

    /// Answers one effect.
    pub(super) fn on(&mut self, effect: Effect<Tendermint>) -> Resume<Tendermint> {
        match effect {
            Effect::CancelAllTimeouts(r) => {
                self.disarm(|_| true);
                r.resume_with(())
            }
            Effect::CancelTimeout(timeout, r) => {
                let key = timeout_out(self.height, timeout);
                self.disarm(|armed| Some(*armed) == key);
                r.resume_with(())
            }
            Effect::ScheduleTimeout(timeout, r) => {
                if let Some(key) = timeout_out(self.height, timeout) {
                    self.arm(key);
                }
                r.resume_with(())
            }
            Effect::StartRound(_, _, _, _, r) => {
                self.new_round = true;
                if let Some(held) = &mut self.replay {
                    held.clear();
                }
                r.resume_with(())
            }
            Effect::PublishConsensusMsg(message, r) => {
                match message {
                    SignedConsensusMsg::Vote(vote) => self.send_vote(&vote),
                    SignedConsensusMsg::Proposal(proposal) => self.send_proposal(&proposal),
                }
                r.resume_with(())
            }
            Effect::PublishLivenessMsg(message, r) => {
                match message {
                    LivenessMsg::Vote(vote) => self.send_vote(&vote),
                    LivenessMsg::PolkaCertificate(certificate) => self.send_polka(&certificate),
                    LivenessMsg::SkipRoundCertificate(certificate) => self.send_round(&certificate),
                }
                r.resume_with(())
            }
            Effect::RepublishVote(vote, r) => {
                self.send_vote(&vote);
                r.resume_with(())
            }
            Effect::RepublishRoundCertificate(certificate, r) => {
                self.send_round(&certificate);
                r.resume_with(())
            }
            Effect::GetValue(height, round, _, r) => {
                if let Some(round) = round_out(round) {
                    self.request(Action::Build { height, round });
                }
                r.resume_with(())
            }
            Effect::RestreamProposal(height, round, pol_round, _, block_id, r) => {
                if let Some(round) = round_out(round) {
                    let pol_round = round_out(pol_round);
                    self.request(Action::Restream { height, round, block_id, pol_round });
                }
                r.resume_with(())
            }
            Effect::Decide(certificate, _, r) => {
                self.decision = self.set.as_ref().and_then(|set| commit_out(&certificate, set));
                r.resume_with(())
            }
            Effect::SignVote(vote, r) => r.resume_with(self.sign_vote(vote)),
            Effect::SignProposal(proposal, r) => r.resume_with(self.sign_proposal(proposal)),
            // Everything that reaches the state machine was verified before, or is ours.
            Effect::VerifySignature(message, _, r) => r.resume_with(message.signature != REFUSED),
            Effect::VerifyCommitCertificate(_, _, _, r)
            | Effect::VerifyPolkaCertificate(_, _, _, r)
            | Effect::VerifyRoundCertificate(_, _, _, r) => r.resume_with(Ok(())),
            Effect::VerifyExtendedCommitCertificate(_, _, _, _, r) => r.resume_with(Ok(())),
            Effect::WalAppend(height, input, r) => {
                if let Some(record) = self.cause(height, &input) {
                    self.persist(record);
                }
                r.resume_with(())
            }
            // Vote extensions are disabled, synced values do not pass through the state machine, and evidence is
            // found before messages reach it.
            Effect::ExtendVote(_, _, _, _, r) => r.resume_with(None),
            Effect::VerifyVoteExtension(_, _, _, _, _, _, r) => r.resume_with(Ok(())),
            Effect::CertVerifiedSyncValue(_, _, r) => r.resume_with(()),
            Effect::CertRejectedSyncValue(_, _, _, r) => r.resume_with(()),
            Effect::Finalize(_, _, _, r) => r.resume_with(()),
        }
    }

    /// Notes how to log the value that is fed. A block of ours and a verdict look alike when the state machine asks for
    /// the record, but lead to different things; and a proposal of ours that it takes up again by itself, it takes up
    /// again in a replay.
    pub(super) fn expect_value(&mut self, input: &Input<Tendermint>) {
        self.value = match input {
            Input::Propose(value) => round_out(value.round).map(|round| Record::Built {
                height: value.height,
                round,
                block_id: value.value,
            }),
            Input::ProposedValue(value, _) => round_out(value.round).map(|round| Record::Body {
                height: value.height,
                round,
                block_id: value.value,
                valid: value.validity.is_valid(),
            }),
            _ => None,
        };
    }

    /// The record of an input, unless it is a message of ours: that was logged when it was signed.
    fn cause(&mut self, height: Height, input: &Input<Tendermint>) -> Option<Record> {
        match input {
            Input::Vote(vote) if Some(vote.message.validator) == self.me => None,
            Input::Proposal(proposal) if Some(proposal.message.proposer) == self.me => None,
            Input::Vote(vote) => vote_out(vote).map(Record::Vote),
            Input::Proposal(proposal) => proposal_out(proposal).map(Record::Proposal),
            Input::PolkaCertificate(certificate) => {
                self.set.as_ref().and_then(|set| polka_out(certificate, set)).map(Record::Polka)
            }
            Input::TimeoutElapsed(timeout) => timeout_out(height, *timeout).map(Record::Timeout),
            Input::ProposedValue(..) => self.value.take(),
            _ => None,
        }
    }

    fn send_vote(&mut self, vote: &SignedVote) {
        if vote.signature != REFUSED
            && let Some(vote) = vote_out(vote)
        {
            self.send(Message::Vote(vote));
        }
    }

    fn send_proposal(&mut self, proposal: &SignedProposal) {
        if proposal.signature != REFUSED
            && let Some(proposal) = proposal_out(proposal)
        {
            self.send(Message::Proposal(proposal));
        }
    }

    pub(super) fn send_polka(&mut self, certificate: &mt::PolkaCertificate<Tendermint>) {
        if let Some(certificate) = self.set.as_ref().and_then(|set| polka_out(certificate, set)) {
            self.send(Message::Polka(certificate));
        }
    }

    fn send_round(&mut self, certificate: &mt::RoundCertificate<Tendermint>) {
        if let Some(certificate) = round_certificate_out(certificate) {
            self.send(Message::Round(certificate));
        }
    }

    /// More than two thirds decide; more than a third holds an honest seat.
    pub(super) fn thresholds(&self, set: &ValidatorSet) -> ThresholdParams {
        let mut thresholds = ThresholdParams::default();
        if self.faults.quorum(set) != set.quorum() {
            // weight · seats > seats · (quorum − 1), that is weight ≥ quorum.
            let seats = u64::try_from(set.len()).unwrap_or(u64::MAX);
            let below = u64::try_from(self.faults.quorum(set).saturating_sub(1)).unwrap_or(u64::MAX);
            thresholds.quorum = mt::ThresholdParam::new(below, seats);
        }
        thresholds
    }
}
