//! The heights between what is applied and what was asked for: a gapless line of ranges.
//!
//! - A range is *open* (to be asked), *asked*, *ready*, or *applying*; only the first one can be applying.
//! - The line begins above the applied height and ends at most [`MAX_AHEAD`] blocks further up. It grows at its end
//!   alone, so heights are asked in order, and it holds no more ranges than blocks.
//! - A range is split when less of it is asked or served; what is left stays open.

use std::collections::BTreeMap;

use emotionalchain_shared::primitives::Height;
use libp2p::PeerId;

use super::Numbered;

/// Blocks between the applied height and the end of the line: enough that one slow peer does not stop the others.
pub(super) const MAX_AHEAD: u64 = 512;
/// Blocks in one range.
pub(super) const MAX_RANGE: u32 = 64;

/// How far a range has come.
#[derive(Debug)]
enum State<T> {
    /// To be asked; not of the peer named, if there is another.
    Open(Option<PeerId>),
    Asked(PeerId),
    Ready {
        peer: PeerId,
        blocks: Vec<T>,
        bytes: usize,
    },
    Applying {
        peer: PeerId,
        bytes: usize,
    },
}

#[derive(Debug)]
struct Range<T> {
    count: u32,
    state: State<T>,
}

/// The line.
#[derive(Debug)]
pub(super) struct Window<T> {
    applied: Height,
    ranges: BTreeMap<Height, Range<T>>,
}

impl<T: Numbered> Window<T> {
    /// An empty line above the newest block.
    pub const fn new(applied: Height) -> Self {
        Self { applied, ranges: BTreeMap::new() }
    }

    /// The newest block that is applied.
    pub const fn applied(&self) -> Height {
        self.applied
    }

    /// The first height after the line, while the line may grow, and by how many blocks it may.
    pub fn room(&self) -> Option<(Height, u32)> {
        let end = match self.ranges.last_key_value() {
            Some((from, range)) => above(*from, range.count)?,
            None => self.applied.next()?,
        };
        let ahead = end.since(self.applied)?;
        let room = MAX_AHEAD.saturating_add(1).saturating_sub(ahead);
        let room = u32::try_from(room).unwrap_or(u32::MAX).min(MAX_RANGE);
        (room > 0).then_some((end, room))
    }

    /// Ranges to be asked, lowest first: first height, blocks, and whom not to ask.
    pub fn open(&self) -> Vec<(Height, u32, Option<PeerId>)> {
        let open = self.ranges.iter().filter_map(|(from, range)| match range.state {
            State::Open(not) => Some((*from, range.count, not)),
            _ => None,
        });
        open.collect()
    }

    /// Whether a range is the first that is not here yet, so that all others wait for it.
    pub fn is_first_missing(&self, from: Height) -> bool {
        let missing =
            self.ranges.iter().find(|(_, range)| matches!(range.state, State::Open(_) | State::Asked(_)));
        missing.is_none_or(|(first, _)| from <= *first)
    }

    /// Takes open ranges at the end of the line off if nobody serves them.
    pub fn shorten(&mut self, served: impl Fn(Height) -> bool) {
        while let Some(last) = self.ranges.last_entry() {
            if !matches!(last.get().state, State::Open(_)) || served(*last.key()) {
                return;
            }
            last.remove();
        }
    }

    /// Marks `count` blocks from `from` on as asked: of an open range, or at the end of the line.
    pub fn asked(&mut self, from: Height, count: u32, peer: PeerId) {
        if let Some(Range { count: whole, state: State::Open(not) }) = self.ranges.remove(&from) {
            self.reopen_rest(from, whole, count, not);
        }
        self.ranges.insert(from, Range { count, state: State::Asked(peer) });
    }

    /// Opens a range that was asked of this peer.
    pub fn reopen(&mut self, from: Height, peer: PeerId) {
        if let Some(range) = self.ranges.get_mut(&from)
            && matches!(range.state, State::Asked(asked) if asked == peer)
        {
            range.state = State::Open(Some(peer));
        }
    }

    /// Takes an answer of at least one block in, which may be shorter than the range. Without effect if the range is here
    /// already, or was split since.
    pub fn ready(&mut self, from: Height, asked: u32, peer: PeerId, blocks: Vec<T>, bytes: usize) {
        let waits = |range: &Range<T>| {
            range.count == asked && matches!(range.state, State::Open(_) | State::Asked(_))
        };
        if !self.ranges.get(&from).is_some_and(waits) {
            return;
        }
        let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX).min(asked);
        self.reopen_rest(from, asked, count, Some(peer));
        self.ranges.insert(from, Range { count, state: State::Ready { peer, blocks, bytes } });
    }

    /// The next blocks to apply, and whose they are; `None` while some are being applied or the next are missing.
    pub fn apply(&mut self) -> Option<(PeerId, Vec<T>)> {
        let mut first = self.ranges.first_entry()?;
        let range = first.get_mut();
        match std::mem::replace(&mut range.state, State::Open(None)) {
            State::Ready { peer, blocks, bytes } => {
                range.state = State::Applying { peer, bytes };
                Some((peer, blocks))
            }
            other => {
                range.state = other;
                None
            }
        }
    }

    /// Whose blocks are being applied.
    pub fn applying(&self) -> Option<PeerId> {
        match self.ranges.first_key_value()?.1.state {
            State::Applying { peer, .. } => Some(peer),
            _ => None,
        }
    }

    /// Moves the applied height up, and the line with it. What was being applied is done with: if not all of it was
    /// applied, the rest is opened. Gives whether all of it was.
    pub fn advance(&mut self, applied: Height) -> bool {
        self.applied = self.applied.max(applied);
        let mut whole = true;
        if let Some(mut first) = self.ranges.first_entry()
            && let State::Applying { peer, .. } = first.get().state
        {
            let end = above(*first.key(), first.get().count);
            whole = end.is_none_or(|end| end.prev() <= Some(self.applied));
            first.get_mut().state = State::Open(Some(peer));
        }
        while let Some(first) = self.ranges.first_entry()
            && *first.key() <= self.applied
        {
            let (from, mut range) = first.remove_entry();
            let done = self.applied.since(from).map_or(0, |steps| steps.saturating_add(1));
            range.count = range.count.saturating_sub(u32::try_from(done).unwrap_or(u32::MAX));
            let (Some(start), true) = (self.applied.next(), range.count > 0) else { continue };
            match &mut range.state {
                State::Ready { blocks, .. } => blocks.retain(|block| block.height() >= start),
                State::Asked(peer) => range.state = State::Open(Some(*peer)),
                State::Open(_) | State::Applying { .. } => {}
            }
            self.ranges.insert(start, range);
        }
        whole
    }

    /// Throws away all blocks that a peer served.
    pub fn discard(&mut self, peer: PeerId) {
        for range in self.ranges.values_mut() {
            let served = match range.state {
                State::Ready { peer, .. } | State::Applying { peer, .. } | State::Asked(peer) => Some(peer),
                State::Open(_) => None,
            };
            if served == Some(peer) {
                range.state = State::Open(Some(peer));
            }
        }
    }

    /// Ranges that are here and wait, without a gap, to be applied or are being applied.
    pub fn waiting(&self) -> usize {
        let here = |range: &&Range<T>| matches!(range.state, State::Ready { .. } | State::Applying { .. });
        self.ranges.values().take_while(here).count()
    }

    /// Bytes of all blocks that are here.
    pub fn bytes(&self) -> usize {
        let bytes = self.ranges.values().map(|range| match range.state {
            State::Ready { bytes, .. } | State::Applying { bytes, .. } => bytes,
            _ => 0,
        });
        bytes.fold(0, usize::saturating_add)
    }

    fn reopen_rest(&mut self, from: Height, whole: u32, taken: u32, not: Option<PeerId>) {
        let rest = whole.saturating_sub(taken);
        if let (Some(start), true) = (above(from, taken), rest > 0) {
            self.ranges.insert(start, Range { count: rest, state: State::Open(not) });
        }
    }
}

fn above(from: Height, count: u32) -> Option<Height> {
    from.get().checked_add(u64::from(count)).map(Height::new)
}
