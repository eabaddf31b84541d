//! Random messages of seats that may all be Byzantine, our own key's double among them: nothing panics, nothing halts but
//! a proven fork, nothing is signed twice, and a restart leads back to where the core stood.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{super::*, rig::*};
use crate::{
    consensus::VoteKind,
    primitives::{BlockId, Height, Round},
};

/// Enough for every branch; a long run with 2,500 found the last fault in the 1,466th.
const SEEDS: u64 = 200;

fn some_block(rng: &mut StdRng) -> BlockId {
    block(["a", "b", "c"][rng.random_range(0..3)])
}

fn some_seats(rng: &mut StdRng) -> Vec<usize> {
    let skipped = rng.random_range(0..SEATS + 2);
    (0..SEATS).filter(|seat| *seat != skipped).collect()
}

fn some_event(rng: &mut StdRng, height: u64) -> Event {
    let at = height + rng.random_range(0..8) / 7;
    let round = rng.random_range(0..4);
    let kind = if rng.random() { VoteKind::Prevote } else { VoteKind::Precommit };
    let id = some_block(rng);
    let (typed, typed_round) = (Height::new(at), Round::new(round));
    match rng.random_range(0..20) {
        0..8 => {
            Event::Vote(vote(rng.random_range(0..SEATS), kind, at, round, rng.random::<bool>().then_some(id)))
        }
        8..11 => {
            let seat = (at as usize - 1 + round as usize) % SEATS;
            let pol = (round > 0 && rng.random()).then(|| rng.random_range(0..round));
            Event::Proposal(proposal(seat, at, round, id, pol))
        }
        11..13 => {
            let verdict =
                [Verdict::Invalid, Verdict::Untimely, Verdict::Valid, Verdict::Valid][rng.random_range(0..4)];
            Event::Body { height: typed, round: typed_round, block_id: id, verdict }
        }
        13 => Event::Polka(polka(&some_seats(rng), at, round, id)),
        14 => {
            let votes: Vec<_> = some_seats(rng)
                .into_iter()
                .map(|seat| vote(seat, VoteKind::Precommit, at, round, rng.random::<bool>().then_some(id)))
                .collect();
            let precommit = rng.random();
            Event::Round(crate::consensus::RoundCertificate { precommit, ..skip(at, round, votes) })
        }
        15 => Event::Built { height: typed, round: typed_round, block_id: id },
        16 if rng.random_range(0..8) == 0 => {
            Event::Synced { block_id: id, certificate: commit(&some_seats(rng), at, round, id) }
        }
        _ => {
            let kinds =
                [TimerKind::Propose, TimerKind::Prevote, TimerKind::Precommit, TimerKind::Rebroadcast];
            Event::Fired(TimerKey { height: typed, round: typed_round, kind: kinds[rng.random_range(0..4)] })
        }
    }
}

/// Where a core stands, as far as a restart must bring it back.
fn stand(core: &Core) -> impl PartialEq + std::fmt::Debug + use<> {
    (core.round(), core.step(), core.locked(), core.valid(), core.decided())
}

#[test]
fn noise_neither_panics_nor_halts_nor_makes_us_contradict_ourselves() {
    for seed in 0..SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let seat = rng.random_range(0..SEATS);
        let mut rig = Rig::new(seat);
        let mut said: BTreeMap<(u64, u32, u8), Option<BlockId>> = BTreeMap::new();
        for _ in 0..150 {
            let height = rig.core.height().get();
            let event = if rig.core.decided().is_some() && rng.random_range(0..4) == 0 {
                Event::StartHeight(start(height + 1))
            } else {
                some_event(&mut rng, height)
            };
            match rig.try_feed(event) {
                Ok(_) => {}
                Err(Halt::Fork { .. }) => break,
                Err(halt) => panic!("seed {seed}: {halt}"),
            }
            if rng.random_range(0..40) == 0 && rig.core.decided().is_none() {
                let (height, log) = (rig.core.height().get(), rig.log.clone());
                let (done, stood) = (rig.news(), stand(&rig.core));
                rig = Rig::recovered(CoreConfig::default(), seat, height, log);
                assert_eq!(stand(&rig.core), stood, "seed {seed}");
                rig.done.splice(0..0, done);
            }
            for action in rig.news() {
                let said_now = match action {
                    Action::Send(Message::Vote(vote)) if vote.validator == address(seat) => {
                        Some(((vote.height.get(), vote.round.get(), vote.kind as u8), vote.block_id))
                    }
                    Action::Send(Message::Proposal(one)) if one.proposer == address(seat) => {
                        Some(((one.height.get(), one.round.get(), 9), Some(one.block_id)))
                    }
                    _ => None,
                };
                if let Some((place, id)) = said_now {
                    assert_eq!(*said.entry(place).or_insert(id), id, "seed {seed}, {place:?}");
                }
            }
        }
    }
}
