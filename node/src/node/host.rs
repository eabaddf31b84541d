//! The node's one task.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use emotionalchain_shared::{
    biometrics::CommitmentSecret,
    chain::{BiometricProof, ChainSpec, EmotionalVote, Transaction},
    consensus::{Evidence, ValidatorSet},
    primitives::{Hash, Height, TimeMs, hash_bytes},
    wire::{ConsensusMessage, FinalisedBlock, SyncRequest, SyncResponse, TransactionBatch, Wire},
};
use libp2p::PeerId;
use tokio::{
    sync::{Semaphore, broadcast, mpsc, watch},
    task::block_in_place,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tracing::{debug, error, info, warn};

use super::{
    HeadNews, NodeError, NodeStatus, SubmitError,
    floor::Floor,
    handle::Order,
    outbox::Outbox,
    serve,
    sync::{BATCH, Sync},
    timers::Timers,
};
use crate::{
    consensus::{
        replica::{Commit, Handled, Input, Judgement, Output, PeerTag, Replica},
        wal::Wal,
    },
    device::SimulatedDevice,
    network::{MessageRef, NetworkEvent, NetworkHandle, Topic, Verdict},
    store::{CommitBatch, Store},
};

/// Between looks at peers' heads and our own status.
const TICK: Duration = Duration::from_millis(500);

/// Requests of peers that are answered at a time.
const SERVED_AT_ONCE: usize = 2;

/// Pieces of evidence taken up again after a restart.
const PENDING_EVIDENCE: usize = 256;

/// Wall clock in unix milliseconds.
pub fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimeMs::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// What a question to a peer came to.
enum Answer {
    Status(PeerId, Option<Height>),
    Blocks(PeerId, Vec<FinalisedBlock>),
}

/// Everything the task owns.
pub(super) struct Host {
    spec: Arc<ChainSpec>,
    store: Arc<Store>,
    wal: Wal,
    floor: Floor,
    replica: Replica,
    network: NetworkHandle,
    device: Option<SimulatedDevice>,
    status: watch::Sender<NodeStatus>,
    news: broadcast::Sender<HeadNews>,
    timers: Timers,
    outbox: Outbox,
    sync: Sync,
    /// Peers by the number that the replica knows them by.
    peers: BTreeMap<PeerTag, PeerId>,
    connected: BTreeSet<PeerId>,
    next_asked: usize,
    /// Answers to peers under way: reading blocks must not take the cores from consensus.
    serving: Arc<Semaphore>,
    answers: mpsc::Sender<Answer>,
    answered: mpsc::Receiver<Answer>,
    committee: Option<ValidatorSet>,
    /// What was sent to all at the height in progress.
    said: (Height, BTreeSet<Hash>),
}

impl Host {
    #[allow(
        clippy::too_many_arguments,
        reason = "called once, by name, from the one place that makes the parts"
    )]
    pub fn new(
        spec: Arc<ChainSpec>,
        store: Arc<Store>,
        wal: Wal,
        floor: Floor,
        replica: Replica,
        network: NetworkHandle,
        device: Option<SimulatedDevice>,
        status: watch::Sender<NodeStatus>,
        news: broadcast::Sender<HeadNews>,
    ) -> Self {
        let (answers, answered) = mpsc::channel(64);
        Self {
            spec,
            store,
            wal,
            floor,
            replica,
            network,
            device,
            status,
            news,
            timers: Timers::default(),
            outbox: Outbox::default(),
            sync: Sync::default(),
            peers: BTreeMap::new(),
            connected: BTreeSet::new(),
            next_asked: 0,
            serving: Arc::new(Semaphore::new(SERVED_AT_ONCE)),
            answers,
            answered,
            committee: None,
            said: (Height::ZERO, BTreeSet::new()),
        }
    }

    /// Runs until told to stop, or until something that must not fail does.
    pub async fn run(
        mut self,
        outputs: Vec<Output>,
        mut orders: mpsc::Receiver<Order>,
        mut events: mpsc::Receiver<NetworkEvent>,
    ) -> Result<(), NodeError> {
        let result = self.serve(outputs, &mut orders, &mut events).await;
        if let Err(reason) = &result {
            error!(%reason, "node stops");
        }
        self.network.shutdown().await;
        result
    }

    async fn serve(
        &mut self,
        outputs: Vec<Output>,
        orders: &mut mpsc::Receiver<Order>,
        events: &mut mpsc::Receiver<NetworkEvent>,
    ) -> Result<(), NodeError> {
        block_in_place(|| self.carry_out(outputs))?;
        self.replay_evidence()?;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (timer, outgoing) = (self.timers.next(), self.outbox.due());
            tokio::select! {
                biased;
                () = wait(timer), if timer.is_some() => {
                    while let Some(timer) = self.timers.take_due(Instant::now()) {
                        self.feed(Input::Fired(timer))?;
                    }
                }
                () = wait(outgoing), if outgoing.is_some() => {
                    let batch = self.outbox.take();
                    self.publish_batch(batch);
                }
                event = events.recv() => match event {
                    Some(event) => self.on_network(event)?,
                    None => return Ok(()),
                },
                Some(answer) = self.answered.recv() => self.on_answer(answer)?,
                order = orders.recv() => match order {
                    Some(Order::Stop) | None => {
                        info!("stopping");
                        return Ok(());
                    }
                    Some(order) => self.on_order(order)?,
                },
                _ = tick.tick() => self.on_tick()?,
            }
        }
    }

    fn replay_evidence(&mut self) -> Result<(), NodeError> {
        for evidence in self.store.evidence(PENDING_EVIDENCE)? {
            self.feed(Input::Evidence(evidence))?;
        }
        Ok(())
    }

    /// Hands an input to the replica and carries out what it answers.
    fn feed(&mut self, input: Input) -> Result<Judgement, NodeError> {
        block_in_place(|| {
            let snapshot = self.store.snapshot()?;
            let Handled { outputs, judgement } = self.replica.handle(now(), &snapshot, input)?;
            drop(snapshot);
            self.carry_out(outputs)?;
            Ok(judgement)
        })
    }

    /// Outputs in order; the log is on disk before anything leaves.
    fn carry_out(&mut self, outputs: Vec<Output>) -> Result<(), NodeError> {
        let mut unsynced = false;
        let mut committed = false;
        for output in outputs {
            if unsynced && !matches!(output, Output::Log(_) | Output::Arm(..) | Output::Disarm(_)) {
                self.wal.sync()?;
                unsynced = false;
            }
            match output {
                Output::NewLog(height, entry) => self.wal.reset_with(height, &[&entry])?,
                Output::Log(entries) => {
                    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
                    self.wal.append(&entries)?;
                    unsynced = true;
                }
                Output::Send(message) => self.send_to_all(message.encode()),
                Output::SendTo(peer, message) => self.send_to(peer, &message),
                Output::GossipTransaction(transaction) => {
                    let full = self.outbox.push(Instant::now(), *transaction);
                    self.publish_batch(full);
                }
                Output::GossipVote(vote) => self.publish(Topic::Votes, vote.encode()),
                Output::Arm(timer, length) => self.timers.arm(timer, Instant::now(), length),
                Output::Disarm(timer) => self.timers.disarm(&timer),
                Output::Evidence(evidence) => {
                    warn!(height = %evidence.height(), accused = ?evidence.accused(), "misbehaviour proved");
                    self.store.put_evidence(&evidence)?;
                }
                Output::Commit(commit) => {
                    self.commit(&commit)?;
                    committed = true;
                }
                Output::Behind => self.fetch(None),
            }
        }
        if unsynced {
            self.wal.sync()?;
        }
        if committed {
            let snapshot = self.store.snapshot()?;
            let handled = self.replica.handle(now(), &snapshot, Input::Committed)?;
            drop(snapshot);
            self.carry_out(handled.outputs)?;
            self.update_status();
        }
        Ok(())
    }

    fn publish(&self, topic: Topic, data: Vec<u8>) {
        if let Err(reason) = self.network.publish(topic, data) {
            warn!(?topic, %reason, "message not sent");
        }
    }

    fn publish_batch(&self, batch: Option<TransactionBatch>) {
        if let Some(batch) = batch {
            self.publish(Topic::Transactions, batch.encode());
        }
    }

    /// Gossip once; what is said again goes to each peer directly, since gossip drops what it has seen, and a peer that
    /// was away has not.
    fn send_to_all(&mut self, data: Vec<u8>) {
        let height = self.replica.core().height();
        if self.said.0 != height {
            self.said = (height, BTreeSet::new());
        }
        if self.said.1.insert(hash_bytes(&data)) {
            return self.publish(Topic::Consensus, data);
        }
        for peer in &self.connected {
            if let Err(reason) = self.network.send(*peer, Topic::Consensus, data.clone()) {
                debug!(%peer, %reason, "message not repeated");
            }
        }
    }

    fn send_to(&self, peer: PeerTag, message: &ConsensusMessage) {
        if let Some(peer) = self.peers.get(&peer)
            && let Err(reason) = self.network.send(*peer, Topic::Consensus, message.encode())
        {
            debug!(%peer, %reason, "answer not sent");
        }
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), NodeError> {
        let header = &commit.block.header;
        let transition = &commit.transition;
        let summary = transition.executed.summary.as_ref();
        self.store.commit(&CommitBatch {
            height: header.height,
            block_id: commit.block_id,
            time: header.time,
            block: commit.block.encode(),
            certificate: commit.certificate.clone(),
            writes: transition.executed.writes.clone(),
            tree: transition.tree.clone(),
            transactions: commit.block.transactions.iter().map(Transaction::id).collect(),
            proofs: commit.block.votes.iter().map(|vote| (vote.validator(), vote.epoch)).collect(),
            epoch_summary: summary.map(|summary| (summary.epoch, summary.encode())),
        })?;
        let settled: Vec<Hash> = commit.block.evidence.iter().map(Evidence::hash).collect();
        self.store.remove_evidence(&settled)?;
        if let Some(first) =
            self.floor.committed(now(), header.height, header.time, self.sync.is_ahead(header.height))?
        {
            info!(first_height = %first, "the head of the network is verified: the imported key may sign");
            self.replica.settle_sign_floor(first);
        }
        // The engine logs the next height's start before it signs anything there.
        let finality_ms = now().since(header.time);
        info!(
            height = %header.height,
            round = %commit.certificate.round,
            transactions = commit.block.transactions.len(),
            votes = commit.block.votes.len(),
            finality_ms,
            "block final"
        );
        if let Some(summary) = summary {
            info!(epoch = %summary.epoch, seats = summary.seats.len(), "epoch closed");
        }
        let news = HeadNews {
            height: header.height,
            block_id: commit.block_id,
            time: header.time,
            epoch: header.epoch,
            closes: summary.map(|summary| summary.epoch),
            transactions: u32::try_from(commit.block.transactions.len()).unwrap_or(u32::MAX),
            finality_ms,
        };
        // Nobody listening is fine.
        let _ = self.news.send(news);
        Ok(())
    }

    fn on_network(&mut self, event: NetworkEvent) -> Result<(), NodeError> {
        match event {
            NetworkEvent::Gossip { topic, message, data } => self.on_gossip(topic, message, &data)?,
            NetworkEvent::Request { data, token, .. } => {
                let (spec, store, network) =
                    (Arc::clone(&self.spec), Arc::clone(&self.store), self.network.clone());
                let turns = Arc::clone(&self.serving);
                tokio::spawn(async move {
                    // How many wait is bounded by the streams of all connections.
                    let Ok(turn) = turns.acquire_owned().await else { return };
                    tokio::task::spawn_blocking(move || {
                        let _turn = turn;
                        match store.snapshot() {
                            // A peer that went away does not need its answer.
                            Ok(snapshot) => {
                                drop(network.respond(token, serve::answer(&spec, &snapshot, &data)))
                            }
                            Err(reason) => error!(%reason, "peers get no answers"),
                        }
                    });
                });
            }
            NetworkEvent::PeerConnected { peer, .. } => {
                self.connected.insert(peer);
                self.ask_status(peer);
            }
            NetworkEvent::PeerDisconnected { peer } => {
                self.connected.remove(&peer);
                self.sync.forget(&peer);
                self.peers.retain(|_, known| *known != peer);
            }
            _ => {}
        }
        Ok(())
    }

    fn on_gossip(&mut self, topic: Topic, message: MessageRef, data: &[u8]) -> Result<(), NodeError> {
        let source = message.source();
        let tag = self.tag(source);
        let input = match topic {
            Topic::Consensus => ConsensusMessage::decode(data).map(|message| Input::Message(tag, message)),
            Topic::Transactions => TransactionBatch::decode(data).map(|batch| Input::Transactions(batch.0)),
            Topic::Proofs => BiometricProof::decode(data).map(Input::Proof),
            Topic::Votes => EmotionalVote::decode(data).map(Input::Vote),
        };
        let judgement = match input {
            Ok(input) => self.feed(input)?,
            Err(reason) => {
                debug!(%source, ?topic, %reason, "undecodable message");
                Judgement::Reject
            }
        };
        let verdict = match judgement {
            Judgement::Accept => Verdict::Accept,
            Judgement::Ignore => Verdict::Ignore,
            Judgement::Reject => Verdict::Reject,
        };
        self.network.report(message, verdict);
        Ok(())
    }

    /// The number of a peer: the first bytes of its id's hash, unique enough to answer it.
    fn tag(&mut self, peer: PeerId) -> PeerTag {
        let digest = hash_bytes(&peer.to_bytes());
        let tag = digest.as_bytes().iter().take(8).fold(0_u64, |tag, byte| (tag << 8) | u64::from(*byte));
        if self.connected.contains(&peer) {
            self.peers.insert(tag, peer);
        }
        tag
    }

    fn on_order(&mut self, order: Order) -> Result<(), NodeError> {
        match order {
            Order::Submit(transactions, answer) => {
                let mut results = Vec::with_capacity(transactions.len());
                block_in_place(|| {
                    let snapshot = self.store.snapshot()?;
                    for transaction in transactions {
                        results.push(match self.replica.submit(&snapshot, transaction)? {
                            Ok(outputs) => {
                                self.carry_out(outputs)?;
                                Ok(())
                            }
                            Err(refusal) => Err(refusal),
                        });
                    }
                    Ok::<_, NodeError>(())
                })?;
                let _ = answer.send(results);
            }
            Order::Proof(proof, answer) => {
                let judgement = self.feed(Input::Proof(*proof))?;
                let taken = judgement == Judgement::Accept;
                let _ = answer.send(if taken { Ok(()) } else { Err(SubmitError::Proof) });
            }
            Order::Stop => {}
        }
        Ok(())
    }

    fn on_tick(&mut self) -> Result<(), NodeError> {
        let peers: Vec<PeerId> = self.connected.iter().copied().collect();
        if let Some(peer) = self.next_asked.checked_rem(peers.len()).and_then(|at| peers.get(at)) {
            self.ask_status(*peer);
        }
        self.next_asked = self.next_asked.wrapping_add(1);
        self.fetch(None);
        self.measure()?;
        self.update_status();
        Ok(())
    }

    /// Lets the simulated device make its proof of the epoch.
    fn measure(&mut self) -> Result<(), NodeError> {
        let Some(device) = &mut self.device else { return Ok(()) };
        let at = now();
        let head = *self.replica.head();
        if head.height == Height::ZERO || !device.is_due(at, self.spec.genesis.time_ms) {
            return Ok(());
        }
        let mut secret = [0; 32];
        if getrandom::fill(&mut secret).is_err() {
            warn!("no randomness for salts: no proof in this epoch");
            return Ok(());
        }
        let challenge = (head.height, head.block_id, head.time);
        let secret = CommitmentSecret::new(&mut secret);
        match device.proof(at, self.spec.genesis.time_ms, challenge, at.millis(), secret) {
            Ok(proof) => {
                if self.feed(Input::Proof(proof))? != Judgement::Accept {
                    debug!("own proof not accepted");
                }
            }
            Err(reason) => info!(%reason, "simulated device gives no proof in this epoch"),
        }
        Ok(())
    }

    fn update_status(&mut self) {
        let head = *self.replica.head();
        if let Some(set) = self.replica.core().validator_set() {
            self.committee = Some(set.clone());
        }
        let seats = self.committee.as_ref().map(ValidatorSet::len).unwrap_or_default();
        let voting = match (&self.committee, self.replica.address()) {
            (Some(set), Some(me)) => set.contains(&me),
            _ => false,
        };
        self.status.send_replace(NodeStatus {
            height: head.height,
            epoch: self.spec.epoch_of(head.time),
            block_id: head.block_id,
            time: head.time,
            seats,
            voting,
            round: self.replica.core().round().get(),
            peers: self.connected.len(),
            syncing: self.sync.is_behind(head.height),
            mempool: self.replica.mempool().len(),
        });
    }

    fn ask_status(&self, peer: PeerId) {
        let Ok(snapshot) = self.store.snapshot() else { return };
        let Ok(ours) = serve::status(&self.spec, &snapshot) else { return };
        let (network, answers, hash) = (self.network.clone(), self.answers.clone(), self.spec.hash);
        tokio::spawn(async move {
            let answer = network.request(peer, SyncRequest::Status(ours).encode()).await;
            let head = match answer.map(|bytes| SyncResponse::decode(&bytes)) {
                Ok(Ok(SyncResponse::Status(status))) if status.genesis_hash == hash => Some(status.head),
                _ => None,
            };
            // The host is stopping if nobody takes it.
            let _ = answers.send(Answer::Status(peer, head)).await;
        });
    }

    fn fetch(&mut self, prefer: Option<PeerId>) {
        let Some((peer, from)) = self.sync.next(self.replica.head().height, prefer) else { return };
        let (network, answers) = (self.network.clone(), self.answers.clone());
        tokio::spawn(async move {
            let answer = network.request(peer, SyncRequest::Blocks(from, BATCH).encode()).await;
            let blocks = match answer.map(|bytes| SyncResponse::decode(&bytes)) {
                Ok(Ok(SyncResponse::Blocks(blocks))) => blocks,
                _ => Vec::new(),
            };
            let _ = answers.send(Answer::Blocks(peer, blocks)).await;
        });
    }

    fn on_answer(&mut self, answer: Answer) -> Result<(), NodeError> {
        match answer {
            Answer::Status(peer, Some(head)) => {
                self.sync.claimed(peer, head);
                if self.sync.is_behind(self.replica.head().height) {
                    self.fetch(Some(peer));
                }
            }
            Answer::Status(peer, None) => self.sync.forget(&peer),
            Answer::Blocks(peer, blocks) => {
                self.sync.fetched();
                let mut useful = false;
                for finalised in blocks {
                    let input = Input::Synced(Box::new(finalised.block), finalised.certificate);
                    match self.feed(input)? {
                        Judgement::Accept => useful = true,
                        Judgement::Ignore => {}
                        Judgement::Reject => {
                            warn!(%peer, "peer serves blocks that do not verify");
                            useful = false;
                            break;
                        }
                    }
                }
                if useful { self.fetch(Some(peer)) } else { self.sync.forget(&peer) }
            }
        }
        Ok(())
    }
}

async fn wait(until: Option<Instant>) {
    if let Some(until) = until {
        sleep_until(until).await;
    }
}
