//! The way from a trusted block to a header further up.
//!
//! [`Skipping`] is one such walk, without IO: [`Skipping::step`] says what it needs, [`Skipping::header`] and
//! [`Skipping::set`] hand it in, from whatever peer. Rules:
//!
//! - the target is tried first; as long as too few of the trusted set signed the header in question, the one half way
//!   between it and the trusted block is tried before it;
//! - each verified header becomes the trusted block, and the header above it is tried again from there;
//! - a header becomes trusted only with the set that it announces; sets are recognised by their roots;
//! - what was not asked for is refused and changes nothing, so a peer that answers something else can be left and
//!   another asked;
//! - a header that does not verify ends the walk: it is the answerer's fault, and [`Skipping::trusted`] is where a walk
//!   with another peer may begin;
//! - a step verifies a slice of one certificate at most, so that a caller can do other things in between.
//!
//! Bounds: [`Skipping::MAX_DEPTH`] headers wait at a time, [`Skipping::MAX_SETS`] sets are kept, the newest
//! [`Skipping::MAX_TRAIL`] verified headers are handed over, [`Skipping::MAX_VERIFIED`] are verified.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use thiserror::Error;

use crate::{
    chain::ChainSpec,
    consensus::ValidatorSet,
    light::{
        LightOptions, Reason, Trusted,
        verifier::{certified_from, plausible, vouched_for},
    },
    primitives::{Hash, Height, TimeMs},
    wire::SignedHeader,
};

/// How a target was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// It was the next height.
    Adjacent,
    /// In one leap: enough of the trusted set signed it.
    Skip,
    /// By way of others.
    Bisection,
}

/// What a walk needs, or what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The signed header of this height.
    Header(Height),
    /// The validator set with this root.
    Set(Hash),
    /// Nothing: signatures were verified and others are left.
    Again,
    /// The target is trusted.
    Reached(Box<Reached>),
    /// A header does not verify.
    Failed {
        /// Which.
        height: Height,
        /// Why.
        reason: Reason,
    },
    /// One of the walk's bounds is met; what was verified stays good, see [`Skipping::trusted`].
    TooLong,
}

/// Proof of a completed walk; made by nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    trusted: Trusted,
    target: SignedHeader,
    trail: Vec<SignedHeader>,
    path: Path,
}

impl Reached {
    /// The target as a trusted block.
    pub const fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// The target's header.
    pub const fn target(&self) -> &SignedHeader {
        &self.target
    }

    /// The headers verified on the way, ascending, without the target; the newest [`Skipping::MAX_TRAIL`] of them.
    pub fn trail(&self) -> &[SignedHeader] {
        &self.trail
    }

    /// How the target was reached.
    pub const fn path(&self) -> Path {
        self.path
    }
}

/// An answer to a question that was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAsked {
    /// The header of another height, or any header where none is needed.
    #[error("header of height {0} was not asked for")]
    Header(Height),
    /// A set with another root, or any set where none is needed.
    #[error("validator set with root {0} was not asked for")]
    Set(Hash),
}

impl NotAsked {
    /// The name under which programs know it; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Header(_) => "bad-answer",
            Self::Set(_) => "wrong-set",
        }
    }
}

/// Where the walk stands.
#[derive(Clone, Debug)]
enum Stage {
    /// The last pending header is to be judged.
    Judge,
    /// A header half way is needed before it.
    Middle(Height),
    /// So many of its signatures are verified.
    Certify(usize),
    /// It is verified, and the set that it announces is needed.
    Announce,
    /// It is over.
    Over(Step),
}

/// A walk from a trusted block to one target.
#[derive(Clone, Debug)]
pub struct Skipping {
    trusted: Trusted,
    /// The target first; the one to be judged next last.
    pending: Vec<SignedHeader>,
    stage: Stage,
    /// The root of the set that the last step asked for.
    wanted: Option<Hash>,
    /// The most recently used last.
    sets: VecDeque<(Hash, ValidatorSet)>,
    trail: VecDeque<SignedHeader>,
    adjacent: bool,
    verified: usize,
    most: usize,
}

impl Skipping {
    /// Halving a distance of 64 bits ends after 64 headers.
    pub const MAX_DEPTH: usize = 64;
    /// A walk goes back and forth between few sets; one that is forgotten is asked for again.
    pub const MAX_SETS: usize = 8;
    /// Enough to show how a head was reached; half a megabyte of the largest.
    pub const MAX_TRAIL: usize = 64;
    /// With the default parameters a trusting period has 26,880 epochs, and one close leaves more than a third of the
    /// set among the signers: about two headers an epoch at worst. Past it the walk ends and a new one may begin.
    pub const MAX_VERIFIED: usize = 65_536;

    /// A walk to `target`, of which nothing is believed yet.
    pub fn new(trusted: Trusted, target: SignedHeader) -> Self {
        Self {
            adjacent: trusted.height.next() == Some(target.header.height),
            trusted,
            pending: vec![target],
            stage: Stage::Judge,
            wanted: None,
            sets: VecDeque::new(),
            trail: VecDeque::new(),
            verified: 0,
            most: Self::MAX_VERIFIED,
        }
    }

    /// The newest block that the walk verified, or the one it began at.
    pub const fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// How many headers it verified.
    pub const fn verified(&self) -> usize {
        self.verified
    }

    /// Goes on as far as it can without an answer or more signatures than a slice. A walk that is over says so again.
    pub fn step(&mut self, spec: &ChainSpec, options: &LightOptions, now: TimeMs) -> Step {
        if matches!(self.stage, Stage::Announce)
            && let Some(step) = self.settle()
        {
            return step;
        }
        match &self.stage {
            Stage::Over(step) => step.clone(),
            Stage::Middle(height) => Step::Header(*height),
            Stage::Certify(from) => self.go_on(spec, *from),
            Stage::Judge | Stage::Announce => self.judge(spec, options, now),
        }
    }

    /// Hands in the header that the last step asked for.
    ///
    /// # Errors
    /// [`NotAsked`] for any other; the walk still needs the one it asked for.
    pub fn header(&mut self, signed: SignedHeader) -> Result<(), NotAsked> {
        let height = signed.header.height;
        match self.stage {
            Stage::Middle(asked) if asked == height => {
                self.pending.push(signed);
                self.stage = Stage::Judge;
                Ok(())
            }
            _ => Err(NotAsked::Header(height)),
        }
    }

    /// Hands in the set that the last step asked for.
    ///
    /// # Errors
    /// [`NotAsked`] for any other; the walk still needs the one it asked for.
    pub fn set(&mut self, set: ValidatorSet) -> Result<(), NotAsked> {
        let root = set.root();
        if self.wanted != Some(root) {
            return Err(NotAsked::Set(root));
        }
        self.wanted = None;
        self.keep(root, set);
        Ok(())
    }

    /// Judges the last pending header.
    fn judge(&mut self, spec: &ChainSpec, options: &LightOptions, now: TimeMs) -> Step {
        let Some(signed) = self.pending.last().cloned() else { return self.end(Step::TooLong) };
        let (height, root) = (signed.header.height, signed.header.validators_root);
        if let Err(reason) = plausible(spec, options, &self.trusted, &signed, now) {
            return self.end(Step::Failed { height, reason });
        }
        let Some(set) = self.known(root) else { return self.want(root) };
        match vouched_for(&self.trusted, &signed, &set) {
            Err(reason) => return self.end(Step::Failed { height, reason }),
            Ok(false) => return self.halve(height),
            Ok(true) => {}
        }
        self.certify(spec, &signed, &set, 0)
    }

    /// Verifies the next signatures of the last pending header.
    fn certify(&mut self, spec: &ChainSpec, signed: &SignedHeader, set: &ValidatorSet, from: usize) -> Step {
        match certified_from(spec, signed, set, from) {
            Err(reason) => self.end(Step::Failed { height: signed.header.height, reason }),
            Ok(Some(done)) => {
                self.stage = Stage::Certify(done);
                Step::Again
            }
            Ok(None) => {
                self.stage = Stage::Announce;
                self.settle().unwrap_or(Step::Again)
            }
        }
    }

    /// Goes on with a certificate that was begun.
    fn go_on(&mut self, spec: &ChainSpec, from: usize) -> Step {
        let Some(signed) = self.pending.last().cloned() else { return self.end(Step::TooLong) };
        let root = signed.header.validators_root;
        match self.known(root) {
            Some(set) => self.certify(spec, &signed, &set, from),
            None => self.want(root),
        }
    }

    /// Asks for the header half way to one that is too far. Only a header above the next height is: so there is one.
    fn halve(&mut self, height: Height) -> Step {
        if self.pending.len() >= Self::MAX_DEPTH {
            return self.end(Step::TooLong);
        }
        let middle = Height::new(self.trusted.height.get().midpoint(height.get()));
        self.stage = Stage::Middle(middle);
        Step::Header(middle)
    }

    /// Makes the verified header the trusted block, if the set that it announces is there; `None`: others are left.
    fn settle(&mut self) -> Option<Step> {
        let root = self.pending.last()?.header.next_validators_root;
        let Some(next) = self.known(root) else { return Some(self.want(root)) };
        let signed = self.pending.pop()?;
        // The set was found under the very root.
        let trusted = Trusted::from_verified(&signed, next)?;
        let before = std::mem::replace(&mut self.trusted, trusted);
        if before.next_set != self.trusted.next_set {
            self.keep(before.next_set.root(), before.next_set);
        }
        self.verified = self.verified.saturating_add(1);
        self.stage = Stage::Judge;
        if self.pending.is_empty() {
            let path = match self.verified {
                1 if self.adjacent => Path::Adjacent,
                1 => Path::Skip,
                _ => Path::Bisection,
            };
            let trail = std::mem::take(&mut self.trail).into();
            let reached = Reached { trusted: self.trusted.clone(), target: signed, trail, path };
            return Some(self.end(Step::Reached(Box::new(reached))));
        }
        self.trail.push_back(signed);
        if self.trail.len() > Self::MAX_TRAIL {
            self.trail.pop_front();
        }
        (self.verified >= self.most).then(|| self.end(Step::TooLong))
    }

    fn end(&mut self, step: Step) -> Step {
        self.stage = Stage::Over(step.clone());
        step
    }

    fn want(&mut self, root: Hash) -> Step {
        self.wanted = Some(root);
        Step::Set(root)
    }

    /// The set with this root, if the walk has it.
    fn known(&mut self, root: Hash) -> Option<ValidatorSet> {
        if self.trusted.next_set.root() == root {
            return Some(self.trusted.next_set.clone());
        }
        let at = self.sets.iter().position(|(one, _)| *one == root)?;
        let (_, set) = self.sets.remove(at)?;
        self.keep(root, set.clone());
        Some(set)
    }

    fn keep(&mut self, root: Hash, set: ValidatorSet) {
        if self.sets.iter().any(|(one, _)| *one == root) {
            return;
        }
        self.sets.push_back((root, set));
        if self.sets.len() > Self::MAX_SETS {
            self.sets.pop_front();
        }
    }
}
