//! Tests of catching up: each rule by itself, and a simulated download from good and bad peers.

#![allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly")]

mod rules;
mod simulation;

use std::time::{Duration, Instant};

use emotionalchain_shared::primitives::Height;
use libp2p::PeerId;

use super::{Action, Catchup, Event, Numbered};
use crate::network::conduct::Conduct;

/// A block that verifies or not.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    height: u64,
    good: bool,
}

impl Numbered for Block {
    fn height(&self) -> Height {
        Height::new(self.height)
    }
}

fn peer(number: u8) -> PeerId {
    PeerId::from_bytes(&[0, 1, number]).unwrap()
}

fn blocks(from: u64, count: u64) -> Vec<Block> {
    (from..from + count).map(|height| Block { height, good: true }).collect()
}

/// A core and its clock.
struct Rig {
    core: Catchup<Block>,
    now: Instant,
}

impl Rig {
    /// Peers 1, 2, … that claim heights from 1 up to these heads.
    fn new(heads: &[u64]) -> (Self, Vec<Action<Block>>) {
        let mut rig = Self { core: Catchup::new(Height::ZERO), now: Instant::now() };
        let mut actions = Vec::new();
        for (number, head) in (1..).zip(heads) {
            actions.extend(rig.claim(number, *head));
        }
        (rig, actions)
    }

    fn event(&mut self, event: Event<Block>) -> Vec<Action<Block>> {
        self.core.handle(self.now, event)
    }

    fn claim(&mut self, number: u8, head: u64) -> Vec<Action<Block>> {
        self.event(Event::Claimed { peer: peer(number), earliest: Height::new(1), head: Height::new(head) })
    }

    fn answer(&mut self, number: u8, from: u64, blocks: Vec<Block>) -> Vec<Action<Block>> {
        let bytes = blocks.len() * 100;
        self.event(Event::Answered { peer: peer(number), from: Height::new(from), blocks, bytes })
    }

    fn applied(&mut self, height: u64) -> Vec<Action<Block>> {
        self.event(Event::Applied { height: Height::new(height) })
    }

    fn wait(&mut self, time: Duration) -> Vec<Action<Block>> {
        self.now += time;
        self.event(Event::Tick)
    }
}

/// Questions among actions: peer, first height, count.
fn asks(actions: &[Action<Block>]) -> Vec<(PeerId, u64, u32)> {
    let asks = actions.iter().filter_map(|action| match action {
        Action::Ask { peer, from, count } => Some((*peer, from.get(), *count)),
        _ => None,
    });
    asks.collect()
}

/// First and last height to apply among actions, and whose they are.
fn applies(actions: &[Action<Block>]) -> Vec<(PeerId, u64, u64)> {
    let applies = actions.iter().filter_map(|action| match action {
        Action::Apply { peer, blocks } => Some((*peer, blocks.first()?.height, blocks.last()?.height)),
        _ => None,
    });
    applies.collect()
}

fn charges(actions: &[Action<Block>]) -> Vec<(PeerId, Conduct)> {
    let charges = actions.iter().filter_map(|action| match action {
        Action::Charge { peer, conduct } => Some((*peer, *conduct)),
        _ => None,
    });
    charges.collect()
}
