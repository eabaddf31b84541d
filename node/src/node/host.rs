//! The node's one task.

mod catch_up;
mod duties;
mod network;
mod requests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use emotionalchain_shared::{
    chain::{ChainSpec, Transaction},
    consensus::{Evidence, ValidatorSet},
    primitives::{Hash, Height, TimeMs},
    wire::{FinalisedBlock, Wire},
};
use libp2p::PeerId;
use tokio::{
    sync::{Semaphore, broadcast, mpsc, watch},
    task::block_in_place,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tracing::{error, info, warn};

use super::{
    HeadNews, NodeError, NodeStatus, floor::Floor, handle::Order, metrics::NodeMetrics, outbox::Outbox,
    serve, sync::Catchup, timers::Timers,
};
use crate::{
    consensus::{
        replica::{Commit, Handled, Input, Judgement, Output, PeerTag, Replica},
        wal::Wal,
    },
    device::SimulatedDevice,
    network::{NetworkEvent, NetworkHandle, Topic},
    store::{CommitBatch, Store},
};
use catch_up::Answer;

/// Between looks at peers' heads and our own status.
const TICK: Duration = Duration::from_millis(500);

/// Pieces of evidence taken up again after a restart.
const PENDING_EVIDENCE: usize = 256;

/// Wall clock in unix milliseconds.
pub fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimeMs::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
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
    metrics: NodeMetrics,
    /// When the newest block became final here.
    moved: Instant,
    news: broadcast::Sender<HeadNews>,
    timers: Timers,
    outbox: Outbox,
    sync: Catchup<FinalisedBlock>,
    /// Peers by the number that the replica knows them by.
    peers: BTreeMap<PeerTag, PeerId>,
    connected: BTreeSet<PeerId>,
    next_asked: usize,
    /// Turns for answering peers: reading blocks must not take all cores from consensus.
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
        metrics: NodeMetrics,
        news: broadcast::Sender<HeadNews>,
    ) -> Self {
        let (answers, answered) = mpsc::channel(64);
        let sync = Catchup::new(replica.head().height);
        Self {
            spec,
            store,
            wal,
            floor,
            replica,
            network,
            device,
            status,
            metrics,
            moved: Instant::now(),
            news,
            timers: Timers::default(),
            outbox: Outbox::default(),
            sync,
            peers: BTreeMap::new(),
            connected: BTreeSet::new(),
            next_asked: 0,
            serving: Arc::new(Semaphore::new(half_of_the_cores())),
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
                // The host gets to it when all outputs are carried out; when its queue is full, an answer or a tick does.
                Output::Behind => drop(self.answers.try_send(Answer::Behind)),
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
        self.moved = Instant::now();
        self.metrics.committed(commit.block.transactions.len(), finality_ms);
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
}

fn half_of_the_cores() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

async fn wait(until: Option<Instant>) {
    if let Some(until) = until {
        sleep_until(until).await;
    }
}
