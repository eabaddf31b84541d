//! What other peers say of a verified head.
//!
//! A verified header is certified, but were more than a third of a set dishonest, two could be. So each new head is
//! compared with at least [`WITNESSES`] peers beside the one that gave it, as far as there are that many:
//!
//! - the same id: the witness agrees;
//! - another id at the same height: one of the two headers is false, or the chain has forked. The witness's header is
//!   verified by a walk of its own, from the last trusted block below the head, with headers and sets of that witness.
//!   A header that does not verify is the witness's lie. One that does is a [`Fork`];
//! - a fork is never decided by the client: it hands the evidence to its peers and stops to trust either side.
//!
//! Evidence is made of both headers, because only the chain's nodes know which one they finalised: they convict the
//! signers of the other. Of a header that names another set than theirs they cannot; it stays a reason to stop.
//!
//! [`Witnesses`] decides whom to ask and when that is enough. It knows nothing of headers.

#[cfg(test)]
mod tests;

use crate::{
    consensus::Evidence,
    light::{Reached, Reason, Step},
    primitives::{BlockId, Height, TimeMs},
    wire::SignedHeader,
};

/// Peers beside the one that gave a head, whose word on it is asked.
pub const WITNESSES: usize = 2;

/// A witness's header beside our verified one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same block.
    Agrees,
    /// Another block of the same height: verify it, then [`settle`].
    Conflict,
    /// The answer is about another height than asked for.
    OtherHeight(Height),
}

/// Compares a witness's header with the verified head that it was asked about.
pub fn compare(ours: &SignedHeader, theirs: &SignedHeader) -> Comparison {
    if theirs.header.height != ours.header.height {
        Comparison::OtherHeight(theirs.header.height)
    } else if theirs.header.id() == ours.header.id() {
        Comparison::Agrees
    } else {
        Comparison::Conflict
    }
}

/// Two certified blocks of one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    height: Height,
    ours: Evidence,
    theirs: Evidence,
}

impl Fork {
    /// `None` unless the walk reached another block of the same height.
    fn between(ours: &SignedHeader, theirs: &Reached) -> Option<Self> {
        let evidence = |one: &SignedHeader| {
            Evidence::ConflictingHeader(Box::new(one.header.clone()), one.certificate.clone())
        };
        (compare(ours, theirs.target()) == Comparison::Conflict).then(|| Self {
            height: ours.header.height,
            ours: evidence(ours),
            theirs: evidence(theirs.target()),
        })
    }

    /// Where it is.
    pub const fn height(&self) -> Height {
        self.height
    }

    /// For nodes that finalised the witness's block.
    pub const fn ours(&self) -> &Evidence {
        &self.ours
    }

    /// For nodes that finalised ours.
    pub const fn theirs(&self) -> &Evidence {
        &self.theirs
    }
}

/// What a conflict came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Both verify: submit both pieces of evidence and stop to trust.
    Fork(Box<Fork>),
    /// The witness's header does not verify: leave the witness.
    Lie {
        /// The header of its that failed.
        height: Height,
        /// Why.
        reason: Reason,
    },
    /// Neither: the walk was too long, or began at a block that is too old by now.
    Undecided,
}

/// What the end of the walk to a witness's header says; `None` while it is not over. `ours` must be verified.
pub fn settle(ours: &SignedHeader, walk: &Step) -> Option<Settled> {
    match walk {
        Step::Header(_) | Step::Set(_) | Step::Again => None,
        Step::Reached(theirs) => {
            Some(Fork::between(ours, theirs).map_or(Settled::Undecided, |fork| Settled::Fork(Box::new(fork))))
        }
        Step::Failed { reason: Reason::Expired(_), .. } | Step::TooLong => Some(Settled::Undecided),
        Step::Failed { height, reason } => Some(Settled::Lie { height: *height, reason: reason.clone() }),
    }
}

/// What came of a question to a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It has the same block.
    Agrees,
    /// It has no block of this height yet.
    Behind,
    /// It gave no answer, or one that is worth nothing.
    Nothing,
}

/// How far the comparison of a head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No head is compared.
    Idle,
    /// Answers are missing.
    Open,
    /// As many witnesses as were to be had agree.
    Compared {
        /// How many: fewer than [`WITNESSES`] only where no more could be asked.
        witnesses: usize,
    },
}

/// Whom to ask about the newest head. `P` names a peer.
///
/// One head is compared at a time; a newer one takes its place once it is compared, or after
/// [`Self::PATIENCE_MS`]. So slow witnesses delay the comparison and never prevent it.
#[derive(Clone, Debug)]
pub struct Witnesses<P> {
    head: Option<Head<P>>,
}

#[derive(Clone, Debug)]
struct Head<P> {
    height: Height,
    id: BlockId,
    primary: P,
    since: TimeMs,
    /// Asked, and when.
    open: Vec<(P, TimeMs)>,
    /// To be asked again, and when.
    behind: Vec<(P, TimeMs)>,
    agreed: Vec<P>,
    spent: Vec<P>,
    asked: usize,
    /// Whether nobody was left to be asked when somebody was last looked for.
    exhausted: bool,
}

impl<P> Default for Witnesses<P> {
    fn default() -> Self {
        Self { head: None }
    }
}

impl<P: Clone + PartialEq> Witnesses<P> {
    /// How long a head is compared before a newer one may take its place, milliseconds: five blocks.
    pub const PATIENCE_MS: u64 = 5_000;
    /// How long an answer may take, milliseconds.
    pub const ANSWER_MS: u64 = 3_000;
    /// After how long a witness that is behind is asked again, milliseconds: half a block.
    pub const RETRY_MS: u64 = 500;
    /// Questions about one head, at most: enough to get past a handful of silent peers.
    pub const MAX_ASKED: usize = 16;

    /// Takes a verified head that `primary` gave; false while another one is being compared.
    pub fn offer(&mut self, height: Height, id: BlockId, primary: P, now: TimeMs) -> bool {
        let busy = self.standing() == Standing::Open
            && self.head.as_ref().is_some_and(|head| now.since(head.since) < Self::PATIENCE_MS);
        let newer = self.head.as_ref().is_none_or(|head| height > head.height);
        if busy || !newer {
            return false;
        }
        self.head = Some(Head {
            height,
            id,
            primary,
            since: now,
            open: Vec::new(),
            behind: Vec::new(),
            agreed: Vec::new(),
            spent: Vec::new(),
            asked: 0,
            exhausted: false,
        });
        true
    }

    /// The head that is compared, or was last.
    pub fn head(&self) -> Option<(Height, BlockId)> {
        self.head.as_ref().map(|head| (head.height, head.id))
    }

    /// Which of the connected peers to ask now. Call it after each new head and each word, and from time to time: it
    /// also gives up on those that do not answer.
    pub fn ask(&mut self, peers: impl IntoIterator<Item = P>, now: TimeMs) -> Vec<P> {
        let Some(head) = &mut self.head else { return Vec::new() };
        let late = |asked: &TimeMs| now.since(*asked) >= Self::ANSWER_MS;
        let silent = head.open.extract_if(.., |(_, asked)| late(asked)).map(|(peer, _)| peer);
        head.spent.extend(silent);
        let mut chosen = Vec::new();
        // Whoever may be asked, now or later.
        let mut left = false;
        for peer in peers {
            if !head.may_ask(&peer) {
                continue;
            }
            if head.agreed.len().saturating_add(head.open.len()) >= WITNESSES || head.asked >= Self::MAX_ASKED
            {
                break;
            }
            left = true;
            let again = head.behind.iter().position(|(one, _)| *one == peer);
            if again.and_then(|at| head.behind.get(at)).is_some_and(|(_, due)| *due > now) {
                continue;
            }
            head.behind.retain(|(one, _)| *one != peer);
            head.open.push((peer.clone(), now));
            head.asked = head.asked.saturating_add(1);
            chosen.push(peer);
        }
        head.exhausted = !left;
        chosen
    }

    /// What came of asking a peer about the head of this height; a peer that was not asked says nothing.
    pub fn heard(&mut self, height: Height, peer: &P, word: Word, now: TimeMs) {
        let Some(head) = self.head.as_mut().filter(|head| head.height == height) else { return };
        let Some(at) = head.open.iter().position(|(one, _)| one == peer) else { return };
        let (peer, _) = head.open.swap_remove(at);
        match word {
            Word::Agrees => head.agreed.push(peer),
            Word::Behind => head.behind.push((peer, now.saturating_add(Self::RETRY_MS))),
            Word::Nothing => head.spent.push(peer),
        }
        head.exhausted = false;
    }

    /// How far the comparison is.
    pub fn standing(&self) -> Standing {
        let Some(head) = &self.head else { return Standing::Idle };
        let witnesses = head.agreed.len();
        let over = witnesses >= WITNESSES || (head.open.is_empty() && head.exhausted);
        if over { Standing::Compared { witnesses } } else { Standing::Open }
    }
}

impl<P: PartialEq> Head<P> {
    fn may_ask(&self, peer: &P) -> bool {
        *peer != self.primary
            && !self.agreed.contains(peer)
            && !self.spent.contains(peer)
            && self.open.iter().all(|(one, _)| one != peer)
    }
}
