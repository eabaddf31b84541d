//! What other peers say of our heads: witnesses, conflicts, stale heads.
//!
//! A conflict is looked into from a block that both sides have ([`common`]): our own newest ones may lie on the false
//! branch. Only then is it said who is wrong, the peer or more than a third of a set.

use std::{rc::Rc, time::Duration};

use emotionalchain_shared::{
    consensus::Evidence,
    light::{Settled, Step, Word, settle},
    wire::{Refusal, SignedHeader, SyncRequest, SyncResponse},
};
use libp2p::PeerId;

use super::{
    Chain, Claim, Done, STALE_MS,
    walk::{Hints, Walked, common, fetch_header, walk},
};
use crate::{clock, error::LightError, executor::spawn};

/// How often evidence is handed to a peer that does not take it, and the time between: a few blocks.
const EVIDENCE_TRIES: usize = 10;
const EVIDENCE_AGAIN: Duration = Duration::from_secs(1);

impl Chain {
    /// Holds a peer's header against our verified one of that height: whether they are the same. If not, a walk finds
    /// out who is wrong.
    pub(super) fn compare(&mut self, peer: PeerId, theirs: &SignedHeader) -> bool {
        let height = theirs.header.height;
        let Some(ours) = self.recent.id(height) else { return false };
        if ours == theirs.header.id() {
            self.witnesses.heard(height, &peer, Word::Agrees, clock::now());
            return true;
        }
        if self.conflicts.insert(peer, theirs.header.id()) == Some(theirs.header.id()) {
            // That very conflict is being looked into, or is settled.
            return false;
        }
        let below = self.recent.below(height);
        let (spec, rpc, done) = (Rc::clone(&self.parts.spec), self.parts.rpc.clone(), self.done.clone());
        let theirs = Box::new(theirs.clone());
        spawn(async move {
            let walked = match common(&rpc, peer, below).await {
                Ok(start) => walk(&spec, &rpc, peer, start, (*theirs).clone(), Hints::default()).await,
                Err(error) => Walked { verified: 0, seats: None, end: Err(error) },
            };
            let _ = done.send(Done::Conflict(peer, theirs, walked)).await;
        });
        false
    }

    pub(super) async fn settle_conflict(&mut self, peer: PeerId, theirs: &SignedHeader, end: &Step) {
        let height = theirs.header.height;
        let Some(ours) = self.recent.signed(height) else { return };
        match settle(ours, end) {
            Some(Settled::Fork(fork)) => {
                let evidence = [fork.ours().clone(), fork.theirs().clone()];
                self.halt(LightError::Fork(height));
                // A later start must not continue from one of the two branches.
                let _ = self.parts.store.remove(&self.parts.record).await;
                self.accuse(evidence);
            }
            Some(Settled::Lie { height, reason }) => {
                self.blame(peer, LightError::Header { height, reason }).await;
            }
            Some(Settled::Undecided) | None => self.blame(peer, LightError::OutOfReach(height)).await,
        }
    }

    /// Hands the evidence to every peer: those that finalised the other block will use it, once they have it. A node that
    /// finalised the very block of a piece refuses that piece for good, which looks the same.
    fn accuse(&self, evidence: [Evidence; 2]) {
        let requests = evidence.map(|one| SyncRequest::SubmitEvidence(Box::new(one)));
        for peer in self.parts.network.borrow().connected.clone() {
            let (rpc, requests) = (self.parts.rpc.clone(), requests.clone());
            spawn(async move {
                for _ in 0..EVIDENCE_TRIES {
                    let mut waiting = false;
                    for request in &requests {
                        let answer = rpc.ask(peer, request).await;
                        waiting |= matches!(answer, Ok(SyncResponse::Refused(code)) if Refusal::of(code) == Some(Refusal::NotTaken));
                        if matches!(answer, Ok(SyncResponse::Taken(_))) {
                            return;
                        }
                    }
                    if !waiting {
                        return;
                    }
                    clock::sleep(EVIDENCE_AGAIN).await;
                }
            });
        }
    }

    /// A peer's header does not link to our newest block: asks for the peer's own block of that height.
    pub(super) fn doubt(&self, peer: PeerId, lie: LightError) {
        let Some(height) = self.trusted.as_ref().map(|trusted| trusted.height) else { return };
        let (rpc, done) = (self.parts.rpc.clone(), self.done.clone());
        spawn(async move {
            let answer = fetch_header(&rpc, peer, height).await.map(Box::new);
            let _ = done.send(Done::Doubt(peer, lie, answer)).await;
        });
    }

    pub(super) async fn on_doubt(
        &mut self,
        peer: PeerId,
        lie: LightError,
        answer: Result<Box<SignedHeader>, LightError>,
    ) {
        match answer {
            Ok(theirs) => {
                // It has our block, and still its next one does not follow.
                if self.compare(peer, &theirs) {
                    self.blame(peer, lie).await;
                }
            }
            Err(error) => self.blame(peer, error).await,
        }
    }

    pub(super) fn ask_witnesses(&mut self, connected: &[PeerId]) {
        let Some((height, _)) = self.witnesses.head() else { return };
        for peer in self.witnesses.ask(connected.iter().copied(), clock::now()) {
            let (rpc, done) = (self.parts.rpc.clone(), self.done.clone());
            spawn(async move {
                let answer = match rpc.ask(peer, &SyncRequest::Headers(height, 1)).await {
                    Ok(SyncResponse::Headers(headers)) => match headers.into_iter().next() {
                        Some(signed) if signed.header.height == height => Ok(Some(Box::new(signed))),
                        Some(_) => Err(LightError::BadAnswer("another header")),
                        None => Ok(None),
                    },
                    Ok(SyncResponse::Refused(_)) => Ok(None),
                    Ok(_) => Err(LightError::BadAnswer("no header")),
                    Err(error) => Err(error),
                };
                let _ = done.send(Done::Witness(peer, height, answer)).await;
            });
        }
    }

    pub(super) async fn drop_stale(&mut self) {
        let Some(head) = self.signed.as_ref().map(|signed| &signed.header) else { return };
        let interval = self.parts.spec.params().block_interval_ms;
        let patience = STALE_MS.saturating_add(interval.saturating_mul(3));
        let stale = |claim: &Claim| head.time.since(claim.update.head.header.time) > patience;
        let peers: Vec<_> = self
            .claims
            .iter()
            .filter(|(_, claim)| stale(claim))
            .map(|(peer, claim)| (*peer, claim.update.head.header.height))
            .collect();
        let height = head.height;
        for (peer, got) in peers {
            self.claims.remove(&peer);
            self.blame(peer, LightError::StaleHead { got, head: height }).await;
        }
    }
}
