//! Fetching blocks from several peers at once (sans-IO). Events and the time in, questions and blocks to apply out.
//!
//! 1. At most [`MAX_UNDER_WAY`] ranges are under way, one a peer, each of at most 64 blocks within the heights that the
//!    peer claims; one that is older than [`HURRY`] makes room for another. The lowest range goes to the fastest idle peer, and a slow peer gets a shorter one.
//! 2. Blocks are handed out strictly in order, one range at a time.
//! 3. Back-pressure: no new range is begun while [`MAX_WAITING`] ranges wait to be applied, none further than 512 blocks
//!    above the applied height, and none that could bring the blocks held above [`MAX_BYTES`]. Only when nothing waits to
//!    be applied is the range that all others wait for asked beyond that.
//! 4. A range that is not answered within [`PATIENCE`], or only in part, is asked of another peer. The one that all others
//!    wait for is asked of an idle peer as well after [`HURRY`]; the first answer counts.
//! 5. A peer that served a block that does not verify, or blocks that were not asked for, is a liar: it is charged and
//!    never asked again, and whatever it served and is not applied yet is fetched anew.
//! 6. A single block ahead is asked for on a tick alone: most often consensus brings it before.
//! 7. An empty answer, a failure and a late answer cost the peer its claim, and it rests: a false claim of a high head
//!    costs a question now and then and stalls nothing.

mod providers;
mod window;

use std::time::{Duration, Instant};

use emotionalchain_shared::{
    primitives::Height,
    wire::{FinalisedBlock, MAX_SYNC_RESPONSE},
};
use libp2p::PeerId;

use crate::network::conduct::Conduct;
use providers::{Asked, Providers};
use window::Window;

/// Questions under way at once: four peers fill a line of 100 Mbit/s.
pub const MAX_UNDER_WAY: usize = 4;
/// Ranges that wait to be applied before no new one is begun: one that is being applied and one to go on with.
pub const MAX_WAITING: usize = 2;
/// Bytes of blocks held, counting every question under way as a full answer.
pub const MAX_BYTES: usize = 32 << 20;
/// How long a peer has for an answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long all others wait for one range before another peer is asked for it too.
pub const HURRY: Duration = Duration::from_secs(2);

/// Something that has a height, as blocks have.
pub trait Numbered {
    /// Its height.
    fn height(&self) -> Height;
}

impl Numbered for FinalisedBlock {
    fn height(&self) -> Height {
        self.block.header.height
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event<T> {
    /// A peer says which blocks it serves.
    Claimed {
        /// The peer.
        peer: PeerId,
        /// The lowest.
        earliest: Height,
        /// The highest.
        head: Height,
    },
    /// A peer is not connected any more.
    Gone {
        /// The peer.
        peer: PeerId,
    },
    /// A peer answered a question.
    Answered {
        /// The peer.
        peer: PeerId,
        /// The first height of the question.
        from: Height,
        /// What it sent, in its order.
        blocks: Vec<T>,
        /// The size of the answer in bytes.
        bytes: usize,
    },
    /// A question came to nothing: the peer refused, or its answer cannot be read.
    Failed {
        /// The peer.
        peer: PeerId,
        /// The first height of the question.
        from: Height,
    },
    /// This height is applied, and with it all below; ends an [`Action::Apply`] that it is the last height of. A lower one
    /// ends it too: the rest is fetched from another peer.
    Applied {
        /// The height.
        height: Height,
    },
    /// The block of this height, out of the [`Action::Apply`] under way, does not verify; all below it are applied.
    Rejected {
        /// The height.
        height: Height,
    },
    /// Time passed; wanted twice a second.
    Tick,
}

/// An order to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<T> {
    /// Ask a peer for blocks; answered by [`Event::Answered`] or [`Event::Failed`].
    Ask {
        /// The peer.
        peer: PeerId,
        /// The first height.
        from: Height,
        /// How many, 1 to 64.
        count: u32,
    },
    /// Verify and apply these blocks, which follow the applied height; answered by [`Event::Applied`] or
    /// [`Event::Rejected`].
    Apply {
        /// Who served them.
        peer: PeerId,
        /// At least one.
        blocks: Vec<T>,
    },
    /// A peer did this.
    Charge {
        /// The peer.
        peer: PeerId,
        /// The deed.
        conduct: Conduct,
    },
}

/// What is known, asked and held.
#[derive(Debug)]
pub struct Catchup<T> {
    providers: Providers,
    window: Window<T>,
}

impl<T: Numbered> Catchup<T> {
    /// Nothing asked yet, above the newest block that is applied.
    pub fn new(applied: Height) -> Self {
        Self { providers: Providers::default(), window: Window::new(applied) }
    }

    /// Takes an event; answers with what to do, in order.
    pub fn handle(&mut self, now: Instant, event: Event<T>) -> Vec<Action<T>> {
        let mut actions = Vec::new();
        let ticks = matches!(event, Event::Tick);
        match event {
            Event::Claimed { peer, earliest, head } => self.providers.claimed(peer, earliest, head, now),
            Event::Gone { peer } => {
                if let Some(asked) = self.providers.gone(&peer, now) {
                    self.window.reopen(asked.from, peer);
                }
            }
            Event::Answered { peer, from, blocks, bytes } => {
                if let Some(asked) = self.providers.ended(&peer, from) {
                    self.answered(peer, asked, blocks, bytes, now, &mut actions);
                }
            }
            Event::Failed { peer, from } => {
                if self.providers.ended(&peer, from).is_some() {
                    self.failed(peer, from, now);
                }
            }
            Event::Applied { height } => self.applied(height, now, &mut actions),
            Event::Rejected { height } => {
                if let Some(below) = height.prev()
                    && let Some(peer) = self.window.applying()
                {
                    self.window.advance(below);
                    self.lied(peer, &mut actions);
                }
            }
            Event::Tick => {}
        }
        self.give_up_on_the_late(now, &mut actions);
        self.window.shorten(|height| self.providers.serve(height));
        if let Some((peer, blocks)) = self.window.apply() {
            actions.push(Action::Apply { peer, blocks });
        }
        if ticks || self.is_behind(self.window.applied()) {
            self.ask(now, &mut actions);
        }
        actions
    }

    /// Whether anybody claims a block above this height.
    pub fn is_ahead(&self, head: Height) -> bool {
        self.providers.highest() > head
    }

    /// Whether somebody claims to be more than a block ahead: a normal node is now and then one behind.
    pub fn is_behind(&self, head: Height) -> bool {
        self.providers.highest().since(head).is_some_and(|ahead| ahead > 1)
    }

    /// Bytes of the blocks that are held.
    pub fn held_bytes(&self) -> usize {
        self.window.bytes()
    }

    fn answered(
        &mut self,
        peer: PeerId,
        asked: Asked,
        blocks: Vec<T>,
        bytes: usize,
        now: Instant,
        actions: &mut Vec<Action<T>>,
    ) {
        let Ok(count @ 1..) = u32::try_from(blocks.len()) else {
            return self.failed(peer, asked.from, now);
        };
        let heights = (asked.from.get()..).zip(&blocks);
        let in_order = heights.into_iter().all(|(height, block)| block.height().get() == height);
        if count > asked.count || !in_order {
            self.window.reopen(asked.from, peer);
            return self.lied(peer, actions);
        }
        self.providers.served(&peer, asked, count, now);
        self.window.ready(asked.from, asked.count, peer, blocks, bytes);
    }

    fn failed(&mut self, peer: PeerId, from: Height, now: Instant) {
        self.providers.failed(&peer, from, now);
        self.window.reopen(from, peer);
    }

    fn lied(&mut self, peer: PeerId, actions: &mut Vec<Action<T>>) {
        self.providers.lied(&peer);
        self.window.discard(peer);
        actions.push(Action::Charge { peer, conduct: Conduct::FalseAnswer });
    }

    fn applied(&mut self, height: Height, now: Instant, actions: &mut Vec<Action<T>>) {
        let peer = self.window.applying();
        let whole = self.window.advance(height);
        match (peer, self.window.applied().next()) {
            (Some(peer), _) if whole => actions.push(Action::Charge { peer, conduct: Conduct::UsefulAnswer }),
            (Some(peer), Some(next)) => self.providers.failed(&peer, next, now),
            _ => {}
        }
    }

    fn give_up_on_the_late(&mut self, now: Instant, actions: &mut Vec<Action<T>>) {
        for (peer, asked) in self.providers.late(PATIENCE, now) {
            self.providers.ended(&peer, asked.from);
            self.failed(peer, asked.from, now);
            actions.push(Action::Charge { peer, conduct: Conduct::Timeout });
        }
        for (peer, asked) in self.providers.late(HURRY, now) {
            if self.window.is_first_missing(asked.from) {
                self.window.reopen(asked.from, peer);
            }
        }
    }

    fn ask(&mut self, now: Instant, actions: &mut Vec<Action<T>>) {
        for (from, count, not) in self.window.open() {
            let Some((peer, share)) = self.providers.best(from, not, now) else { continue };
            let urgent = self.window.waiting() == 0 && self.window.is_first_missing(from);
            if urgent || self.has_room(now) {
                self.put(peer, from, count.min(share), now, actions);
            }
        }
        while self.has_room(now) && self.window.waiting() < MAX_WAITING {
            let Some((from, most)) = self.window.room() else { return };
            let Some((peer, share)) = self.providers.best(from, None, now) else { return };
            self.put(peer, from, most.min(share), now, actions);
        }
    }

    fn has_room(&self, now: Instant) -> bool {
        let answers = self.providers.under_way(PATIENCE, now).saturating_add(1);
        let expected = answers.saturating_mul(MAX_SYNC_RESPONSE);
        self.providers.under_way(HURRY, now) < MAX_UNDER_WAY
            && self.window.bytes().saturating_add(expected) <= MAX_BYTES
    }

    fn put(&mut self, peer: PeerId, from: Height, count: u32, now: Instant, actions: &mut Vec<Action<T>>) {
        self.window.asked(from, count, peer);
        self.providers.ask(&peer, Asked { from, count, since: now });
        actions.push(Action::Ask { peer, from, count });
    }
}

#[cfg(test)]
mod tests;
