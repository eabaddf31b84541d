//! The task that owns what is trusted.
//!
//! Upon a pushed head that is higher than ours: walk to it ([`walk`]), with headers and sets of the peer that pushed
//! it. Upon one of a height that we verified: it is the same block, or a conflict, which gets a walk of its own from
//! below. Two certified blocks of one height halt the client. Upon a head that stays behind: the peer is dropped.
//!
//! Walks run beside the task, so that a peer that answers slowly delays nobody: while one is under way and young, the
//! claims of others wait; when it fails, or is old, the next claim is tried.

mod conflicts;
mod recent;
mod saving;
mod walk;

use std::{rc::Rc, sync::Arc, time::Duration};

use emotionalchain_shared::{
    chain::{ChainSpec, EpochSummary},
    light::{LightOptions, Reached, Reason, Step, Trusted, Witnesses, Word, verify_summary},
    primitives::{BlockId, Height},
    wire::{HeadUpdate, SignedHeader, Wire},
};
use libp2p::PeerId;
use tokio::sync::{mpsc, oneshot, watch};
use vecmap::VecMap;

use crate::{
    clock,
    error::LightError,
    executor::spawn,
    follow::News,
    host::{NetworkView, Order},
    options::Checkpoint,
    peers::ENOUGH,
    rpc::Rpc,
    store::Store,
    views::{EpochView, ErrorView, HeadView, HeaderView, path_name},
};
use recent::Recent;
pub use walk::fetch_header;
use walk::{Hints, Walked, anchor, walk};

/// Between looks at witnesses, stale peers and what is to be saved.
const TICK: Duration = Duration::from_millis(250);
/// A walk that takes longer lets another begin beside it.
const WALK_PATIENCE: Duration = Duration::from_secs(2);
/// Walks under way at once: one a peer, so that peers that answer slowly cannot keep others from being heard.
const MAX_WALKS: usize = ENOUGH;
/// Between two questions for the block at the checkpoint: a peer that has another one is gone by then.
const ANCHOR_AGAIN: Duration = Duration::from_millis(500);
/// How far a peer's head may lie behind ours, beside three block intervals, milliseconds.
const STALE_MS: u64 = 10_000;

/// What the client stands on; published whenever it changes.
#[derive(Clone, Debug, Default)]
pub struct ChainView {
    /// The newest verified head.
    pub head: Option<HeadView>,
    /// Its block and the set that signs next.
    pub trusted: Option<Trusted>,
    /// Its header.
    pub signed: Option<Arc<SignedHeader>>,
    /// What trust began at.
    pub trust: &'static str,
    /// Why the client halted, or what hinders it.
    pub error: Option<ErrorView>,
    /// Why it halted, if it did.
    pub halted: Option<LightError>,
    /// Whether a walk of several steps is under way.
    pub syncing: bool,
    /// Headers whose certificates were verified.
    pub headers_verified: u64,
    /// When the first head was verified, by the local clock.
    pub first_head_ms: Option<u64>,
    /// The newest verified epoch summary.
    pub epoch: Option<Arc<EpochView>>,
}

/// A question to the task.
pub enum Ask {
    /// The verified header of a height, if it is among the recent ones.
    Recent(Height, oneshot::Sender<Option<SignedHeader>>),
    /// A verified summary that a query came by.
    Summary(Box<EpochView>),
    /// What would be saved now.
    Snapshot(oneshot::Sender<Option<Vec<u8>>>),
}

/// Everything that the task is made with.
pub struct Parts {
    pub spec: Rc<ChainSpec>,
    pub trusted: Option<(Trusted, Option<SignedHeader>)>,
    pub checkpoint: Option<Checkpoint>,
    pub trust: &'static str,
    pub rpc: Rpc,
    pub store: Rc<dyn Store>,
    pub record: String,
    pub news: mpsc::Receiver<News>,
    pub asks: mpsc::Receiver<Ask>,
    pub orders: mpsc::Sender<Order>,
    pub network: watch::Receiver<NetworkView>,
    pub view: watch::Sender<ChainView>,
}

/// The end of something that ran beside the task.
enum Done {
    Walk(PeerId, Box<HeadUpdate>, Walked),
    Anchored(PeerId, Result<Box<(Trusted, SignedHeader)>, LightError>),
    Witness(PeerId, Height, Result<Option<Box<SignedHeader>>, LightError>),
    Conflict(PeerId, Box<SignedHeader>, Walked),
    /// The peer's block at our height, after its header of a later one did not link to ours.
    Doubt(PeerId, LightError, Result<Box<SignedHeader>, LightError>),
}

/// What a peer last claimed.
struct Claim {
    update: Box<HeadUpdate>,
    tried: bool,
}

/// The task's state.
pub struct Chain {
    parts: Parts,
    trusted: Option<Trusted>,
    signed: Option<SignedHeader>,
    recent: Recent,
    claims: VecMap<PeerId, Claim>,
    walks: VecMap<PeerId, (Height, clock::Instant)>,
    conflicts: VecMap<PeerId, BlockId>,
    anchoring: Option<PeerId>,
    /// When the block at the checkpoint was last asked for.
    anchored: Option<clock::Instant>,
    witnesses: Witnesses<PeerId>,
    done: mpsc::Sender<Done>,
    ended: mpsc::Receiver<Done>,
    saved: Option<(Height, clock::Instant)>,
}

impl Chain {
    pub fn new(mut parts: Parts) -> Self {
        let (done, ended) = mpsc::channel(32);
        let start = parts.trusted.take();
        let (trusted, signed) = start.map_or((None, None), |(trusted, signed)| (Some(trusted), signed));
        let mut recent = Recent::default();
        if let Some(trusted) = &trusted {
            recent.start(trusted.clone());
        }
        if let (Some(trusted), Some(signed)) = (&trusted, &signed) {
            recent.add(signed.clone(), trusted.clone());
        }
        Self {
            parts,
            trusted,
            signed,
            recent,
            claims: VecMap::new(),
            walks: VecMap::new(),
            conflicts: VecMap::new(),
            anchoring: None,
            anchored: None,
            witnesses: Witnesses::default(),
            done,
            ended,
            saved: None,
        }
    }

    /// Runs until the client closes.
    pub async fn run(mut self) {
        let trust = self.parts.trust;
        let trusted = self.trusted.clone();
        if let Some(trusted) = &trusted {
            let options = LightOptions::of(self.parts.spec.params());
            if clock::now().since(trusted.time) >= options.trusting_ms {
                let reason = Reason::Expired(trusted.time);
                self.halt(LightError::Header { height: trusted.height, reason });
            }
        }
        self.parts.view.send_modify(|view| (view.trust, view.trusted) = (trust, trusted));
        loop {
            tokio::select! {
                news = self.parts.news.recv() => match news {
                    Some(News::Head(peer, update)) => self.on_head(peer, update).await,
                    Some(News::Failed(peer, error)) => self.give_up(peer, error).await,
                    None => break,
                },
                Some(done) = self.ended.recv() => self.on_done(done).await,
                ask = self.parts.asks.recv() => match ask {
                    Some(ask) => self.on_ask(ask),
                    None => break,
                },
                () = clock::sleep(TICK) => {}
            }
            self.tick().await;
        }
        self.save(true).await;
    }

    /// Stops to trust anything.
    fn halt(&self, error: LightError) {
        self.parts.view.send_modify(|view| {
            view.error = Some(ErrorView { code: error.code().0, message: error.to_string() });
            view.halted = Some(error);
        });
    }

    fn halted(&self) -> bool {
        self.parts.view.borrow().halted.is_some()
    }

    async fn blame(&self, peer: PeerId, error: LightError) {
        let order = if error.blames_the_peer() { Order::Drop(peer, error) } else { Order::Failed(peer) };
        // The host is closing if nobody takes it.
        let _ = self.parts.orders.send(order).await;
    }

    /// A peer from which no heads are to be had.
    async fn give_up(&self, peer: PeerId, error: LightError) {
        let order = if error.blames_the_peer() { Order::Drop(peer, error) } else { Order::Leave(peer) };
        // The host is closing if nobody takes it.
        let _ = self.parts.orders.send(order).await;
    }

    async fn on_head(&mut self, peer: PeerId, update: Box<HeadUpdate>) {
        if self.halted() {
            return;
        }
        let header = &update.head.header;
        let _ = self.parts.orders.send(Order::Reported(peer, header.height)).await;
        if self.recent.id(header.height).is_some() {
            self.compare(peer, &update.head);
        }
        self.claims.insert(peer, Claim { update, tried: false });
        self.go_on();
    }

    /// Begins a walk to the best claim, if there is one and none is in its way.
    fn go_on(&mut self) {
        let Some(trusted) = self.trusted.clone() else { return self.find_anchor() };
        let now = clock::instant();
        let young =
            |(_, since): &(Height, clock::Instant)| now.saturating_duration_since(*since) < WALK_PATIENCE;
        if self.halted() || self.walks.len() >= MAX_WALKS || self.walks.values().any(young) {
            return;
        }
        let walking = &self.walks;
        let open = self.claims.iter_mut().filter(|(peer, claim)| {
            !claim.tried && claim.update.head.header.height > trusted.height && !walking.contains_key(peer)
        });
        let Some((peer, claim)) = open.max_by_key(|(_, claim)| claim.update.head.header.height) else {
            return;
        };
        claim.tried = true;
        let (peer, update) = (*peer, claim.update.clone());
        self.walks.insert(peer, (update.head.header.height, now));
        let (spec, rpc, done) = (Rc::clone(&self.parts.spec), self.parts.rpc.clone(), self.done.clone());
        let hints = Hints::of(&update);
        spawn(async move {
            let walked = walk(&spec, &rpc, peer, trusted, update.head.clone(), hints).await;
            let _ = done.send(Done::Walk(peer, update, walked)).await;
        });
        self.show_syncing();
    }

    /// Fetches the block at the checkpoint from one peer after the other.
    fn find_anchor(&mut self) {
        let rested =
            self.anchored.is_none_or(|then| clock::instant().saturating_duration_since(then) >= ANCHOR_AGAIN);
        let Some(checkpoint) = self.parts.checkpoint.filter(|_| self.anchoring.is_none() && rested) else {
            return;
        };
        let Some(peer) = self.parts.network.borrow().connected.first().copied() else { return };
        self.anchoring = Some(peer);
        self.anchored = Some(clock::instant());
        let (spec, rpc, done) = (Rc::clone(&self.parts.spec), self.parts.rpc.clone(), self.done.clone());
        spawn(async move {
            let found = anchor(&spec, &rpc, peer, checkpoint).await;
            let _ = done.send(Done::Anchored(peer, found.map(Box::new))).await;
        });
    }

    async fn on_done(&mut self, done: Done) {
        match done {
            Done::Walk(peer, update, walked) => {
                self.walks.remove(&peer);
                self.count(walked.verified);
                match walked.end {
                    Ok(Step::Reached(reached)) => self.reached(peer, &update, &reached, walked.seats).await,
                    Ok(Step::Failed { reason: reason @ Reason::Expired(_), height }) => {
                        self.halt(LightError::Header { height, reason });
                    }
                    // It may follow another block than ours at our very height.
                    Ok(Step::Failed { reason: reason @ (Reason::Parent | Reason::Announced), height }) => {
                        self.doubt(peer, LightError::Header { height, reason });
                    }
                    Ok(Step::Failed { height, reason }) => {
                        self.blame(peer, LightError::Header { height, reason }).await;
                    }
                    Ok(_) => self.blame(peer, LightError::OutOfReach(update.head.header.height)).await,
                    Err(error) => self.blame(peer, error).await,
                }
                self.go_on();
                self.show_syncing();
            }
            Done::Anchored(peer, found) => {
                self.anchoring = None;
                match found {
                    Ok(found) => {
                        let (trusted, signed) = *found;
                        self.recent.start(trusted.clone());
                        self.recent.add(signed.clone(), trusted.clone());
                        (self.trusted, self.signed) = (Some(trusted), Some(signed));
                    }
                    Err(error) => {
                        if error
                            == LightError::Checkpoint(
                                self.parts.checkpoint.map(|one| one.height).unwrap_or_default(),
                            )
                        {
                            // Perhaps it is not the peer that is wrong: whoever gave the checkpoint should know.
                            let hindered = ErrorView { code: error.code().0, message: error.to_string() };
                            self.parts.view.send_modify(|view| view.error = Some(hindered));
                        }
                        self.blame(peer, error).await;
                    }
                }
                self.go_on();
            }
            Done::Doubt(peer, lie, answer) => self.on_doubt(peer, lie, answer).await,
            Done::Witness(peer, height, answer) => {
                let now = clock::now();
                let word = match answer {
                    Ok(Some(signed)) => {
                        if self.compare(peer, &signed) {
                            Word::Agrees
                        } else {
                            Word::Nothing
                        }
                    }
                    Ok(None) => Word::Behind,
                    Err(error) => {
                        self.blame(peer, error).await;
                        Word::Nothing
                    }
                };
                self.witnesses.heard(height, &peer, word, now);
            }
            Done::Conflict(peer, theirs, walked) => {
                self.count(walked.verified);
                match walked.end {
                    Ok(end) => self.settle_conflict(peer, &theirs, &end).await,
                    Err(error) => self.blame(peer, error).await,
                }
            }
        }
    }

    fn count(&self, verified: usize) {
        let verified = u64::try_from(verified).unwrap_or(u64::MAX);
        self.parts.view.send_if_modified(|view| {
            view.headers_verified = view.headers_verified.saturating_add(verified);
            false
        });
    }

    fn show_syncing(&self) {
        let head = self.trusted.as_ref().map(|trusted| trusted.height.get()).unwrap_or_default();
        let far = |(height, _): &(Height, clock::Instant)| height.get() > head.saturating_add(2);
        let syncing = self.walks.values().any(far);
        self.parts.view.send_if_modified(|view| std::mem::replace(&mut view.syncing, syncing) != syncing);
    }

    /// A head is verified.
    async fn reached(&mut self, peer: PeerId, update: &HeadUpdate, reached: &Reached, seats: Option<usize>) {
        let _ = self.parts.orders.send(Order::Useful(peer)).await;
        let signed = reached.target().clone();
        if self.halted()
            || self.trusted.as_ref().is_some_and(|trusted| signed.header.height <= trusted.height)
        {
            // Another peer's walk was faster: this one is a witness.
            self.compare(peer, &signed);
            return;
        }
        let now = clock::now();
        self.recent.add(signed.clone(), reached.trusted().clone());
        self.trusted = Some(reached.trusted().clone());
        self.signed = Some(signed.clone());
        self.witnesses.offer(signed.header.height, signed.header.id(), peer, now);
        let epoch = self.summary(peer, update).await;
        let head = HeadView {
            header: HeaderView::certified(&signed, seats),
            verified_ms: now.millis(),
            finality_ms: now.since(signed.header.time),
            peer: peer.to_string(),
            path: path_name(reached.path()),
        };
        let trusted = reached.trusted().clone();
        self.parts.view.send_modify(|view| {
            view.first_head_ms.get_or_insert(now.millis());
            view.head = Some(head);
            view.trusted = Some(trusted);
            view.signed = Some(Arc::new(signed));
            if let Some(epoch) = epoch {
                view.epoch = Some(Arc::new(epoch));
            }
        });
        self.save(false).await;
    }

    /// The summary that came with a verified head, if it is the one that the head carries.
    async fn summary(&self, peer: PeerId, update: &HeadUpdate) -> Option<EpochView> {
        let bytes = update.summary.as_ref()?;
        let header = &update.head.header;
        let verified = EpochSummary::decode(bytes)
            .map_err(LightError::Undecodable)
            .and_then(|summary| Ok(verify_summary(header, summary.epoch, bytes)?));
        match verified {
            Ok(summary) => Some(EpochView::of(header, &summary)),
            Err(error) => {
                self.blame(peer, error).await;
                None
            }
        }
    }

    fn on_ask(&mut self, ask: Ask) {
        match ask {
            // Nobody may be waiting any more.
            Ask::Recent(height, reply) => drop(reply.send(self.recent.signed(height).cloned())),
            Ask::Snapshot(reply) => drop(reply.send(self.snapshot())),
            Ask::Summary(epoch) => {
                self.parts.view.send_if_modified(|view| {
                    let newer = view.epoch.as_ref().is_none_or(|known| epoch.epoch > known.epoch);
                    if newer {
                        view.epoch = Some(Arc::new(*epoch));
                    }
                    newer
                });
            }
        }
    }

    async fn tick(&mut self) {
        let connected = self.parts.network.borrow().connected.clone();
        self.claims.retain(|peer, _| connected.contains(peer));
        self.conflicts.retain(|peer, _| connected.contains(peer));
        self.go_on();
        if self.halted() {
            return;
        }
        self.ask_witnesses(&connected);
        self.drop_stale().await;
        self.save(false).await;
    }
}
