//! The way to a running node.

use emotionalchain_shared::{
    chain::{BiometricProof, Transaction},
    primitives::{BlockId, Epoch, Hash, Height, TimeMs},
};
use prometheus_client::registry::Registry;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::{mempool::MempoolRefusal, network::NetworkHandle, store::Store};

/// News of a finalised block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadNews {
    /// Its height.
    pub height: Height,
    /// Its id.
    pub block_id: BlockId,
    /// Its time.
    pub time: TimeMs,
    /// Its epoch.
    pub epoch: Epoch,
    /// The epoch that it closes.
    pub closes: Option<Epoch>,
    /// Its transactions.
    pub transactions: u32,
    /// Milliseconds from its time to its commit here.
    pub finality_ms: u64,
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// The newest finalised height.
    pub height: Height,
    /// Its epoch.
    pub epoch: Epoch,
    /// Its id.
    pub block_id: BlockId,
    /// Its time.
    pub time: TimeMs,
    /// Seats of the set that decides the next height.
    pub seats: usize,
    /// Whether this node has one of them.
    pub voting: bool,
    /// The round of the height in progress.
    pub round: u32,
    /// Connected peers.
    pub peers: usize,
    /// Whether it fetches blocks from others.
    pub syncing: bool,
    /// Transactions waiting.
    pub mempool: usize,
    /// Milliseconds since the newest block became final here, or since the start.
    pub quiet_ms: u64,
    /// Whether that is so long that there is no quorum within reach: see [`STALLED_MS`].
    pub stalled: bool,
}

/// Milliseconds without a final block after which a node says that it is cut off, beside three block intervals: two
/// rounds that nobody answers.
pub const STALLED_MS: u64 = 10_000;

/// Why something handed in was not taken.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SubmitError {
    /// The mempool's reason.
    #[error(transparent)]
    Refused(#[from] MempoolRefusal),
    /// Of no enrolled device of its validator, not of this time, known already, or not signed as it should be.
    #[error("the proof is not usable by its validator now")]
    Proof,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopped,
}

/// An order to the node's task.
pub(super) enum Order {
    Submit(Vec<Transaction>, oneshot::Sender<Vec<Result<(), MempoolRefusal>>>),
    Proof(Box<BiometricProof>, oneshot::Sender<Result<(), SubmitError>>),
    Stop,
}

/// The way to a running node; cheap to clone.
#[derive(Clone)]
pub struct NodeHandle {
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) status: watch::Receiver<NodeStatus>,
    pub(super) news: broadcast::Sender<HeadNews>,
    pub(super) store: std::sync::Arc<Store>,
    pub(super) network: NetworkHandle,
    pub(super) registry: std::sync::Arc<Registry>,
}

impl NodeHandle {
    /// Hands in a transaction and returns its id.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn submit(&self, transaction: Transaction) -> Result<Hash, SubmitError> {
        let results = self.submit_all(vec![transaction]).await?;
        let id = results.into_iter().next().ok_or(SubmitError::Stopped)??;
        Ok(id)
    }

    /// Hands in several transactions, and returns the id of each or why it is refused, in their order.
    ///
    /// # Errors
    /// [`SubmitError::Stopped`].
    pub async fn submit_all(
        &self,
        transactions: Vec<Transaction>,
    ) -> Result<Vec<Result<Hash, MempoolRefusal>>, SubmitError> {
        let ids: Vec<Hash> = transactions.iter().map(Transaction::id).collect();
        let (answer, answered) = oneshot::channel();
        self.order(Order::Submit(transactions, answer)).await?;
        let results = answered.await.map_err(|_| SubmitError::Stopped)?;
        Ok(ids.into_iter().zip(results).map(|(id, result)| result.map(|()| id)).collect())
    }

    /// Hands in a biometric proof; one for another validator is passed on to it.
    ///
    /// # Errors
    /// [`SubmitError`].
    pub async fn submit_proof(&self, proof: BiometricProof) -> Result<(), SubmitError> {
        let (answer, answered) = oneshot::channel();
        self.order(Order::Proof(Box::new(proof), answer)).await?;
        answered.await.map_err(|_| SubmitError::Stopped)?
    }

    async fn order(&self, order: Order) -> Result<(), SubmitError> {
        self.orders.send(order).await.map_err(|_| SubmitError::Stopped)
    }

    /// The newest status.
    pub fn status(&self) -> NodeStatus {
        self.status.borrow().clone()
    }

    /// News of blocks from now on; a slow listener misses the oldest.
    pub fn news(&self) -> broadcast::Receiver<HeadNews> {
        self.news.subscribe()
    }

    /// The store, for reading.
    pub fn store(&self) -> &std::sync::Arc<Store> {
        &self.store
    }

    /// The network.
    pub fn network(&self) -> &NetworkHandle {
        &self.network
    }

    /// What it measures.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Asks the node to stop; [`super::Node::finished`] tells when it has.
    pub async fn stop(&self) {
        let _ = self.orders.send(Order::Stop).await;
    }
}
