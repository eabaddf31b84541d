//! A network of four cores in virtual time, with crashes. Every law of the host that a test could break by accident is
//! asserted here.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::*, rig::*};
use crate::{
    consensus::CommitCertificate,
    crypto::SecretKey,
    primitives::{Address, BlockId, Height, Round, TimeMs},
};

/// Three of four lock the first block, and everybody sees so few of their precommits that the round ends undecided.
pub(super) fn hidden_decision(from: usize, to: usize, message: &Message) -> bool {
    let first = |height: Height, round: Round| (height.get(), round.get()) == (1, 0);
    match message {
        Message::Proposal(proposal) if first(proposal.height, proposal.round) => to != 3,
        Message::Vote(vote) if first(vote.height, vote.round) && vote.kind == Precommit => {
            if to == 3 {
                from < 2
            } else {
                from == 3 || from == (to + 1) % 3
            }
        }
        Message::Round(certificate) => !first(certificate.height, certificate.round),
        _ => true,
    }
}

enum Happening {
    Event(Event),
    Timer(TimerKey, u64),
    Restart,
    Sync,
}

/// One validator process: what is on disk survives a crash.
pub(super) struct Node {
    pub(super) core: Option<Core>,
    pub(super) log: Vec<Record>,
    pub(super) commits: Vec<CommitCertificate>,
    timers: BTreeMap<TimerKey, u64>,
    /// Records ever persisted; at this many the process dies between the record and the next action.
    persisted: usize,
    pub(super) dies_at: Option<usize>,
    /// What a restart finds: the log as it was left, or nothing.
    pub(super) loses_log: bool,
    pub(super) restarts: usize,
}

pub(super) struct Net {
    pub(super) now: u64,
    seq: u64,
    agenda: BTreeMap<(u64, u64), (usize, Happening)>,
    pub(super) nodes: Vec<Node>,
    pub(super) heights: u64,
    /// Whether a message arrives: from, to, message.
    pub(super) passes: fn(usize, usize, &Message) -> bool,
    built: u64,
    /// Every consensus message ever sent: signer, height, round, kind and what was said.
    pub(super) said: BTreeMap<(Address, Height, Round, u8), BTreeSet<Option<BlockId>>>,
    pub(super) evidence: usize,
    /// Everything ever done, in order: for the comparison of two runs.
    pub(super) trace: Vec<String>,
    config: fn(usize) -> CoreConfig,
}

impl Net {
    pub(super) fn new(heights: u64) -> Self {
        Self::with(heights, |_| CoreConfig::default())
    }

    pub(super) fn with(heights: u64, config: fn(usize) -> CoreConfig) -> Self {
        let node = || Node {
            core: None,
            log: Vec::new(),
            commits: Vec::new(),
            timers: BTreeMap::new(),
            persisted: 0,
            dies_at: None,
            loses_log: false,
            restarts: 0,
        };
        let mut net = Self {
            now: 10_000,
            seq: 0,
            agenda: BTreeMap::new(),
            nodes: (0..SEATS).map(|_| node()).collect(),
            heights,
            passes: |_, _, _| true,
            built: 0,
            said: BTreeMap::new(),
            evidence: 0,
            trace: Vec::new(),
            config,
        };
        for seat in 0..SEATS {
            net.after(0, seat, Happening::Restart);
            net.after(500, seat, Happening::Sync);
        }
        net
    }

    fn after(&mut self, ms: u64, seat: usize, what: Happening) {
        self.seq += 1;
        self.agenda.insert((self.now + ms, self.seq), (seat, what));
    }

    /// Takes a process away; it comes back after `ms`, if at all.
    pub(super) fn crash(&mut self, seat: usize, back_after: Option<u64>) {
        self.nodes[seat].core = None;
        self.nodes[seat].timers.clear();
        if let Some(ms) = back_after {
            self.after(ms, seat, Happening::Restart);
        }
    }

    fn restart(&mut self, seat: usize) {
        let key: SecretKey = key(seat);
        let node = &mut self.nodes[seat];
        node.restarts += 1;
        if node.loses_log && node.restarts > 1 {
            node.log.clear();
        }
        let height = node.commits.last().map_or(0, |last| last.height.get()) + 1;
        let mut core = Core::new((self.config)(seat), domain(), Some(key));
        let actions = core.recover(TimeMs::from_millis(self.now), start(height), node.log.clone()).unwrap();
        node.core = Some(core);
        self.carry_out(seat, actions);
    }

    fn carry_out(&mut self, seat: usize, actions: Vec<Action>) {
        for action in actions {
            self.trace.push(format!("{} {seat} {action:?}", self.now));
            match action {
                Action::Persist(record) => {
                    let node = &mut self.nodes[seat];
                    node.log.push(Record::decode(&record.encode()).unwrap());
                    node.persisted += 1;
                    if node.dies_at == Some(node.persisted) {
                        self.crash(seat, Some(300));
                        return;
                    }
                }
                Action::Send(message) => self.send(seat, &message),
                Action::Arm(key, length) => {
                    self.seq += 1;
                    let generation = self.seq;
                    self.nodes[seat].timers.insert(key, generation);
                    let ms = u64::try_from(length.as_millis()).unwrap();
                    self.after(ms, seat, Happening::Timer(key, generation));
                }
                Action::Disarm(key) => drop(self.nodes[seat].timers.remove(&key)),
                Action::Build { height, round } => {
                    self.built += 1;
                    let block_id = block(&format!("{height} {round} {seat} {}", self.built));
                    self.after(3, seat, Happening::Event(Event::Built { height, round, block_id }));
                }
                Action::Restream { .. } => {}
                Action::Commit { certificate } => {
                    certificate.verify(&domain(), &set()).unwrap();
                    let node = &mut self.nodes[seat];
                    assert_eq!(node.commits.len() as u64 + 1, certificate.height.get());
                    node.commits.push(certificate.clone());
                    if certificate.height.get() < self.heights {
                        let next = start(certificate.height.get() + 1);
                        self.after(100, seat, Happening::Event(Event::StartHeight(next)));
                    }
                }
                Action::Evidence(evidence) => {
                    let key = set().key_of(&evidence.accused().unwrap()).copied().unwrap();
                    evidence.verify_duplicate(&domain(), &key).unwrap();
                    self.evidence += 1;
                }
            }
        }
    }

    fn send(&mut self, from: usize, message: &Message) {
        // Law 1: what we sign is in the log before it leaves.
        let said = match message {
            Message::Vote(vote) => {
                Some((vote.validator, Record::Vote(vote.clone()), vote.kind as u8, vote.block_id))
            }
            Message::Proposal(proposal) => {
                Some((proposal.proposer, Record::Proposal(proposal.clone()), 9, Some(proposal.block_id)))
            }
            _ => None,
        };
        if let Some((signer, record, kind, block_id)) = said
            && signer == address(from)
        {
            assert!(self.nodes[from].log.contains(&record), "sent before it was logged: {record:?}");
            let round = match message {
                Message::Vote(vote) => vote.round,
                Message::Proposal(proposal) => proposal.round,
                _ => Round::ZERO,
            };
            self.said.entry((signer, record.height(), round, kind)).or_default().insert(block_id);
        }
        for to in (0..SEATS).filter(|to| *to != from) {
            if (self.passes)(from, to, message) {
                let event = match message.clone() {
                    Message::Vote(vote) => Event::Vote(vote),
                    Message::Proposal(proposal) => Event::Proposal(proposal),
                    Message::Polka(certificate) => Event::Polka(certificate),
                    Message::Round(certificate) => Event::Round(certificate),
                };
                let latency = 5 + 7 * ((from + 2 * to) % 4) as u64;
                self.after(latency, to, Happening::Event(event));
            }
        }
    }

    fn happen(&mut self, seat: usize, what: Happening) {
        let event = match what {
            Happening::Restart => return self.restart(seat),
            Happening::Sync => {
                self.after(500, seat, Happening::Sync);
                let done = self.nodes[seat].commits.len();
                let known = self.nodes.iter().find_map(|node| node.commits.get(done)).cloned();
                match known {
                    Some(certificate) => Event::Synced { block_id: certificate.block_id, certificate },
                    None => return,
                }
            }
            Happening::Timer(key, generation) => {
                if self.nodes[seat].timers.get(&key) != Some(&generation) {
                    return;
                }
                self.nodes[seat].timers.remove(&key);
                Event::Fired(key)
            }
            Happening::Event(event) => event,
        };
        let proposal = if let Event::Proposal(proposal) = &event { Some(proposal.clone()) } else { None };
        if let Event::StartHeight(start) = &event
            && self.nodes[seat].core.as_ref().is_some_and(|core| core.height() >= start.height)
        {
            return; // A restart was faster.
        }
        let Some(core) = &mut self.nodes[seat].core else { return };
        let handled = core.handle(TimeMs::from_millis(self.now), event).unwrap();
        assert!(handled.admission.refusal().is_none(), "{:?}", handled.admission);
        self.carry_out(seat, handled.actions);
        if let Some(proposal) = proposal
            && handled.admission.is_accepted()
        {
            let body = Event::Body {
                height: proposal.height,
                round: proposal.round,
                block_id: proposal.block_id,
                verdict: Verdict::Valid,
            };
            self.after(2, seat, Happening::Event(body));
        }
    }

    /// Runs until `done` or until virtual time is up; whether it was done.
    pub(super) fn run(&mut self, ms: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + ms;
        while !done(self) {
            let Some(((at, seq), _)) = self.agenda.first_key_value() else { return false };
            let (at, seq) = (*at, *seq);
            if at > end {
                return false;
            }
            self.now = at;
            let (seat, what) = self.agenda.remove(&(at, seq)).unwrap();
            self.happen(seat, what);
        }
        true
    }

    /// Whether these seats have decided every height.
    pub(super) fn finished(&self, seats: &[usize]) -> bool {
        seats.iter().all(|seat| self.nodes[*seat].commits.len() as u64 == self.heights)
    }

    /// Nobody decided differently.
    pub(super) fn assert_agreement(&self) {
        let longest = self.nodes.iter().max_by_key(|node| node.commits.len()).unwrap();
        for node in &self.nodes {
            for (one, other) in node.commits.iter().zip(&longest.commits) {
                assert_eq!(one.block_id, other.block_id, "height {}", one.height);
            }
        }
    }

    /// Places at which somebody said two things.
    pub(super) fn double_signatures(&self) -> usize {
        self.said.values().filter(|said| said.len() > 1).count()
    }
}
