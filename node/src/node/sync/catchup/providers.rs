//! Who can be asked: claims, measured speed, and rest after failures.
//!
//! - A peer is asked one range at a time, within the heights that it claims to serve.
//! - Its speed is the mean time that it takes a block, newer answers counting a quarter. Of two idle peers the faster is
//!   asked; one that was never measured comes last, so that a newcomer does not hold up the line.
//! - Who answers with nothing, fails or is late loses its claim, and rests two seconds, doubled with every failure
//!   in a row up to two minutes; what it claims in the meantime is not believed. A disconnect ends no rest.
//! - A liar is not asked again.
//! - At most [`MAX_PROVIDERS`] are known. A newcomer displaces one that is gone: the one whose rest ends first, a liar
//!   last. If all are connected, it is not taken.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use emotionalchain_shared::primitives::Height;
use libp2p::PeerId;

use crate::node::sync::rest::Rest;

/// Peers known at once: as many as a node has connections.
pub(super) const MAX_PROVIDERS: usize = 256;
/// How long a peer should take for a range: long against a round trip, short against the patience with it.
const AIM: Duration = Duration::from_secs(1);
/// Blocks asked of a peer that was never measured.
const FIRST_RANGE: u32 = 16;
/// Blocks asked of the slowest peer.
const MIN_RANGE: u32 = 8;

/// A range that a peer was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Its first height.
    pub from: Height,
    /// Its blocks.
    pub count: u32,
    /// When it was asked.
    pub since: Instant,
}

#[derive(Debug, Default)]
struct Provider {
    here: bool,
    liar: bool,
    /// Lowest and highest height that it claims to serve.
    claim: Option<(Height, Height)>,
    asked: Option<Asked>,
    per_block: Option<Duration>,
    rest: Rest,
}

impl Provider {
    fn serves(&self, height: Height) -> bool {
        self.here && !self.liar && self.claim.is_some_and(|(low, high)| low <= height && height <= high)
    }
}

/// The peers, by id.
#[derive(Debug, Default)]
pub(super) struct Providers(BTreeMap<PeerId, Provider>);

impl Providers {
    /// A peer says what it serves; `earliest..=head`.
    pub fn claimed(&mut self, peer: PeerId, earliest: Height, head: Height, now: Instant) {
        if !self.0.contains_key(&peer) && self.0.len() >= MAX_PROVIDERS {
            let gone = self
                .0
                .iter()
                .filter(|(_, known)| !known.here)
                .min_by_key(|(_, known)| (known.liar, known.rest.end()));
            let Some(gone) = gone.map(|(peer, _)| *peer) else { return };
            self.0.remove(&gone);
        }
        let provider = self.0.entry(peer).or_default();
        provider.here = true;
        if !provider.rest.lasts(now) {
            provider.claim = Some((earliest, head));
        }
    }

    /// A peer is gone. Gives the range that it owes.
    pub fn gone(&mut self, peer: &PeerId, now: Instant) -> Option<Asked> {
        let provider = self.0.get_mut(peer)?;
        let asked = provider.asked;
        if asked.is_some() {
            provider.rest.begin(now);
        }
        (provider.here, provider.asked, provider.claim) = (false, None, None);
        if !provider.liar && !provider.rest.lasts(now) {
            self.0.remove(peer);
        }
        asked
    }

    /// Takes the mark of a question off, if it is the one that the peer was asked.
    pub fn ended(&mut self, peer: &PeerId, from: Height) -> Option<Asked> {
        let provider = self.0.get_mut(peer)?;
        provider.asked.take_if(|asked| asked.from == from)
    }

    /// A peer answered with `blocks` blocks, at least one.
    pub fn served(&mut self, peer: &PeerId, asked: Asked, blocks: u32, now: Instant) {
        let Some(provider) = self.0.get_mut(peer) else { return };
        provider.rest.reset();
        let took = now.saturating_duration_since(asked.since);
        let took = took.checked_div(blocks).unwrap_or(took).max(Duration::from_micros(1));
        provider.per_block = Some(match provider.per_block {
            Some(mean) => mean.saturating_mul(3).saturating_add(took).checked_div(4).unwrap_or(took),
            None => took,
        });
    }

    /// A peer did not give what it claims from this height on.
    pub fn failed(&mut self, peer: &PeerId, from: Height, now: Instant) {
        let Some(provider) = self.0.get_mut(peer) else { return };
        provider.claim = provider.claim.zip(from.prev()).map(|((low, high), below)| (low, high.min(below)));
        provider.rest.begin(now);
    }

    /// A peer was caught.
    pub fn lied(&mut self, peer: &PeerId) {
        if let Some(provider) = self.0.get_mut(peer) {
            (provider.liar, provider.claim, provider.asked) = (true, None, None);
        }
    }

    /// Peers whose answer takes longer than `patience`, and what they were asked.
    pub fn late(&self, patience: Duration, now: Instant) -> Vec<(PeerId, Asked)> {
        let asked = self.0.iter().filter_map(|(peer, provider)| Some((*peer, provider.asked?)));
        asked.filter(|(_, asked)| now.saturating_duration_since(asked.since) >= patience).collect()
    }

    /// The best idle peer for a height, and how many blocks from there on to ask it for. `not` is chosen only if nobody
    /// else, idle or busy, claims the height.
    pub fn best(&self, from: Height, not: Option<PeerId>, now: Instant) -> Option<(PeerId, u32)> {
        let able = |known: &Provider| known.serves(from) && !known.rest.lasts(now);
        let others = self.0.iter().any(|(peer, known)| Some(*peer) != not && able(known));
        let idle = self.0.iter().filter(|(_, known)| able(known) && known.asked.is_none());
        let idle = idle.filter(|(peer, _)| !others || Some(**peer) != not);
        let (peer, best) = idle.min_by_key(|(_, known)| (known.per_block.is_none(), known.per_block))?;
        let (_, high) = best.claim?;
        let most = high.since(from)?.saturating_add(1);
        Some((*peer, best.share().min(u32::try_from(most).unwrap_or(u32::MAX))))
    }

    /// Marks a question.
    pub fn ask(&mut self, peer: &PeerId, asked: Asked) {
        if let Some(provider) = self.0.get_mut(peer) {
            provider.asked = Some(asked);
        }
    }

    /// Questions under way that are younger than `age`.
    pub fn under_way(&self, age: Duration, now: Instant) -> usize {
        let asked = self.0.values().filter_map(|known| known.asked);
        asked.filter(|asked| now.saturating_duration_since(asked.since) < age).count()
    }

    /// Whether anybody claims to serve a height.
    pub fn serve(&self, height: Height) -> bool {
        self.0.values().any(|known| known.serves(height))
    }

    /// The highest claim.
    pub fn highest(&self) -> Height {
        let believed = self.0.values().filter(|known| known.here && !known.liar);
        believed.filter_map(|known| known.claim).map(|(_, high)| high).max().unwrap_or(Height::ZERO)
    }

    /// How many are known.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Provider {
    /// How many blocks to ask for at once: what it serves in [`AIM`].
    fn share(&self) -> u32 {
        let Some(per_block) = self.per_block else { return FIRST_RANGE };
        let blocks = AIM.as_micros().checked_div(per_block.as_micros()).unwrap_or(u128::MAX);
        u32::try_from(blocks).unwrap_or(u32::MAX).max(MIN_RANGE)
    }
}
