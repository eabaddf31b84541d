//! Four seats, and one core driven by hand.

use std::sync::LazyLock;

use super::super::*;
use crate::{
    consensus::{
        CommitCertificate, PolkaCertificate, Proposal, RoundCertificate, ValidatorSet, Vote, VoteKind,
    },
    crypto::{SecretKey, SignDomain},
    primitives::{Address, BlockId, Height, Round, TimeMs, hash_bytes},
};

pub(super) use VoteKind::{Precommit, Prevote};

pub(super) fn domain() -> SignDomain {
    SignDomain::new(&"devnet".parse().unwrap(), &hash_bytes(b"genesis"))
}

static KEYS: LazyLock<Vec<SecretKey>> = LazyLock::new(|| {
    let mut keys: Vec<SecretKey> = (1..=4_u8).map(|seed| SecretKey::from_seed(&[seed; 32])).collect();
    keys.sort_by_key(|key| key.public().address());
    keys
});

static ADDRESSES: LazyLock<Vec<Address>> =
    LazyLock::new(|| KEYS.iter().map(|key| key.public().address()).collect());

/// The key of a seat; seats count from 0 in set order, strangers from 100.
pub(super) fn key(seat: usize) -> SecretKey {
    match KEYS.get(seat) {
        Some(key) => key.clone(),
        None => SecretKey::from_seed(&[u8::try_from(seat).unwrap(); 32]),
    }
}

pub(super) fn address(seat: usize) -> Address {
    ADDRESSES[seat]
}

pub(super) const SEATS: usize = 4;

pub(super) fn set() -> ValidatorSet {
    ValidatorSet::new((0..SEATS).map(|seat| key(seat).public())).unwrap()
}

/// Seat `(height − 1 + round) mod 4` proposes.
pub(super) fn start(height: u64) -> HeightStart {
    let tickets = (0..SEATS).map(address).collect();
    HeightStart {
        height: Height::new(height),
        set: set(),
        schedule: Schedule { first: Height::new(1), tickets },
    }
}

pub(super) fn block(name: &str) -> BlockId {
    BlockId::new(hash_bytes(name.as_bytes()))
}

pub(super) fn vote(seat: usize, kind: VoteKind, height: u64, round: u32, id: Option<BlockId>) -> Vote {
    Vote::sign(&domain(), &key(seat), kind, Height::new(height), Round::new(round), id)
}

pub(super) fn proposal(seat: usize, height: u64, round: u32, id: BlockId, pol: Option<u32>) -> Proposal {
    Proposal::sign(&domain(), &key(seat), Height::new(height), Round::new(round), id, pol.map(Round::new))
}

pub(super) fn polka(seats: &[usize], height: u64, round: u32, id: BlockId) -> PolkaCertificate {
    let votes: Vec<Vote> = seats.iter().map(|seat| vote(*seat, Prevote, height, round, Some(id))).collect();
    PolkaCertificate::from_votes(&set(), Height::new(height), Round::new(round), id, &votes).unwrap()
}

pub(super) fn commit(seats: &[usize], height: u64, round: u32, id: BlockId) -> CommitCertificate {
    let votes: Vec<Vote> = seats.iter().map(|seat| vote(*seat, Precommit, height, round, Some(id))).collect();
    CommitCertificate::from_votes(&set(), Height::new(height), Round::new(round), id, &votes).unwrap()
}

pub(super) fn skip(height: u64, round: u32, votes: Vec<Vote>) -> RoundCertificate {
    RoundCertificate { height: Height::new(height), round: Round::new(round), precommit: false, votes }
}

/// One core and what it did.
pub(super) struct Rig {
    pub(super) core: Core,
    pub(super) log: Vec<Record>,
    pub(super) done: Vec<Action>,
    now: u64,
}

impl Rig {
    /// Height 1 started.
    pub(super) fn new(seat: usize) -> Self {
        Self::with(CoreConfig::default(), Some(seat))
    }

    pub(super) fn with(config: CoreConfig, seat: Option<usize>) -> Self {
        let core = Core::new(config, domain(), seat.map(key));
        let mut rig = Self { core, log: Vec::new(), done: Vec::new(), now: 1_000 };
        assert_eq!(rig.feed(Event::StartHeight(start(1))), Admission::Accepted);
        rig
    }

    /// Started over from a log.
    pub(super) fn recovered(config: CoreConfig, seat: usize, height: u64, log: Vec<Record>) -> Self {
        let core = Core::new(config, domain(), Some(key(seat)));
        let mut rig = Self { core, log, done: Vec::new(), now: 1_000 };
        let actions = rig.core.recover(rig.at(), start(height), rig.log.clone()).unwrap();
        rig.take(actions);
        rig
    }

    pub(super) fn at(&self) -> TimeMs {
        TimeMs::from_millis(self.now)
    }

    fn take(&mut self, actions: Vec<Action>) {
        self.log.extend(actions.iter().filter_map(|action| match action {
            Action::Persist(record) => Some(record.clone()),
            _ => None,
        }));
        self.done.extend(actions);
    }

    pub(super) fn try_feed(&mut self, event: Event) -> Result<Admission, Halt> {
        self.now += 1;
        let handled = self.core.handle(self.at(), event)?;
        self.take(handled.actions);
        Ok(handled.admission)
    }

    pub(super) fn feed(&mut self, event: Event) -> Admission {
        self.try_feed(event).unwrap()
    }

    pub(super) fn vote(&mut self, vote: Vote) -> Admission {
        self.feed(Event::Vote(vote))
    }

    /// The votes of some seats.
    pub(super) fn votes(
        &mut self,
        seats: &[usize],
        kind: VoteKind,
        height: u64,
        round: u32,
        id: Option<BlockId>,
    ) {
        for seat in seats {
            assert_eq!(self.vote(vote(*seat, kind, height, round, id)), Admission::Accepted, "seat {seat}");
        }
    }

    pub(super) fn body(&mut self, height: u64, round: u32, block_id: BlockId, verdict: Verdict) -> Admission {
        self.feed(Event::Body { height: Height::new(height), round: Round::new(round), block_id, verdict })
    }

    /// A proposal with a valid body.
    pub(super) fn propose(&mut self, proposal: Proposal) {
        let (height, round, id) = (proposal.height.get(), proposal.round.get(), proposal.block_id);
        assert_eq!(self.feed(Event::Proposal(proposal)), Admission::Accepted);
        let body = self.body(height, round, id, Verdict::Valid);
        assert!(matches!(body, Admission::Accepted | Admission::Ignored(Ignored::Duplicate)), "{body:?}");
    }

    pub(super) fn fire(&mut self, kind: TimerKind, height: u64, round: u32) -> Admission {
        self.feed(Event::Fired(TimerKey { height: Height::new(height), round: Round::new(round), kind }))
    }

    /// Everything done since the last look.
    pub(super) fn news(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.done)
    }

    /// Our votes sent since the last look: kind, round, block.
    pub(super) fn votes_sent(&mut self) -> Vec<(VoteKind, u32, Option<BlockId>)> {
        let sent = self.news().into_iter().filter_map(|action| match action {
            Action::Send(Message::Vote(vote)) => Some((vote.kind, vote.round.get(), vote.block_id)),
            _ => None,
        });
        sent.collect()
    }

    pub(super) fn evidence(&self) -> usize {
        self.done.iter().filter(|action| matches!(action, Action::Evidence(_))).count()
    }
}
