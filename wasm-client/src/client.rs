//! The client's face: a handle that can be cloned and sent, and the start of what is behind it.

use std::rc::{Rc, Weak};

use emotionalchain_link::ChainTag;
use emotionalchain_shared::{
    biometrics::OpenStatement,
    chain::{BiometricProof, state::Device as Enrolled},
    crypto::{PublicKey, SecretKey},
    light::{LightOptions, Snapshot, Trusted},
    primitives::{Address, Amount, Epoch, Hash, Height},
    wire::SignedHeader,
};
use futures::future::{Either, LocalBoxFuture, select};
use libp2p::identity::Keypair;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    chain::{Ask, Chain, ChainView, Parts},
    clock,
    error::LightError,
    executor::{launch, spawn},
    host::{Host, NetworkView, Order},
    measurement::{Device, Measurement},
    options::{LightConfig, MAX_BOOTSTRAP, StorageKind},
    queries::Queries,
    rpc::Rpc,
    store::{Durable, Memory, Store},
    transport,
    views::{
        AccountView, BlockView, EpochView, HeaderView, ReceiptView, ScoreView, StatusView,
        SubmittedProofView, SubmittedView, ValidatorView, ValidatorsView,
    },
};

/// Calls that wait for the client's thread.
const CALLS: usize = 256;
/// Heads that wait to be looked at.
const NEWS: usize = 64;
/// Orders that wait for the host.
const ORDERS: usize = 256;
type Job = Box<dyn FnOnce(Rc<Queries>) -> LocalBoxFuture<'static, ()> + Send>;

/// A running light client; cheap to clone. It ends with the last clone, or when it is closed.
#[derive(Clone)]
pub struct LightClient {
    jobs: mpsc::Sender<Job>,
    chain: watch::Receiver<ChainView>,
    network: watch::Receiver<NetworkView>,
    orders: mpsc::WeakSender<Order>,
    asks: mpsc::WeakSender<Ask>,
    start: Start,
}

/// What is known from the start on.
#[derive(Clone)]
struct Start {
    chain_id: String,
    genesis: Hash,
    storage: &'static str,
    at: u64,
}

impl LightClient {
    /// Starts a client. It runs when this returns; peers are being dialled.
    ///
    /// # Errors
    /// [`LightError`] of the configuration, the storage or the platform.
    pub async fn start(config: LightConfig) -> Result<Self, LightError> {
        let (ready, started) = oneshot::channel();
        launch(move || Box::pin(live(config, ready)))?;
        started.await.map_err(|_| LightError::Closed)?
    }

    /// What the client is doing.
    pub fn status(&self) -> StatusView {
        let (chain, network) = (self.chain.borrow(), self.network.borrow());
        let state = match () {
            () if chain.halted.is_some() => "halted",
            () if network.connected.is_empty() => "connecting",
            () if chain.head.is_none() || chain.syncing => "syncing",
            () => "following",
        };
        StatusView {
            chain_id: self.start.chain_id.clone(),
            genesis_hash: self.start.genesis.to_string(),
            state,
            trust: chain.trust,
            head: chain.head.clone(),
            peers: network.connected.len(),
            storage: self.start.storage,
            error: chain.error.clone(),
            dropped: network.dropped.clone(),
            headers_verified: chain.headers_verified,
            started_ms: self.start.at,
            first_head_ms: chain.first_head_ms.map(|at| at.saturating_sub(self.start.at)),
        }
    }

    /// What is trusted, whenever it changes.
    pub fn chain(&self) -> watch::Receiver<ChainView> {
        self.chain.clone()
    }

    /// Who is connected, whenever it changes.
    pub fn network(&self) -> watch::Receiver<NetworkView> {
        self.network.clone()
    }

    /// The verified header of a height.
    ///
    /// # Errors
    /// [`LightError`], here and below: what cannot be verified is not returned.
    pub async fn header(&self, height: Height) -> Result<HeaderView, LightError> {
        self.call(move |on| Box::pin(async move { on.header_view(height).await })).await
    }

    /// A verified block.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn block(&self, height: Height) -> Result<BlockView, LightError> {
        self.call(move |on| Box::pin(async move { on.block(height).await })).await
    }

    /// The verified summary of a closed epoch.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn epoch(&self, epoch: Epoch) -> Result<EpochView, LightError> {
        self.call(move |on| Box::pin(async move { on.epoch(epoch).await })).await
    }

    /// The verified set that signs next.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn validators(&self) -> Result<ValidatorsView, LightError> {
        self.call(move |on| Box::pin(async move { on.validators().await })).await
    }

    /// A verified validator record, or that there verifiably is none.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn validator(&self, address: Address) -> Result<Option<ValidatorView>, LightError> {
        self.call(move |on| Box::pin(async move { on.validator(address).await })).await
    }

    /// A verified device record.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn device(&self, key: PublicKey) -> Result<Enrolled, LightError> {
        self.call(move |on| Box::pin(async move { on.device(key).await })).await
    }

    /// A verified account; one that never had money is empty.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn account(&self, address: Address) -> Result<AccountView, LightError> {
        self.call(move |on| Box::pin(async move { on.account(address).await })).await
    }

    /// Verified scores of the last so many closed epochs, the newest first.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn score_history(&self, address: Address, epochs: u64) -> Result<Vec<ScoreView>, LightError> {
        self.call(move |on| Box::pin(async move { on.score_history(address, epochs).await })).await
    }

    /// The proof that a transaction is included.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn prove_inclusion(&self, id: Hash) -> Result<ReceiptView, LightError> {
        self.call(move |on| Box::pin(async move { on.transaction(id).await })).await
    }

    /// Signs a transfer with the account's verified nonce; without a fee, the chain's least.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn sign_transfer(
        &self,
        key: SecretKey,
        to: Address,
        amount: Amount,
        fee: Option<Amount>,
    ) -> Result<Vec<u8>, LightError> {
        self.call(move |on| Box::pin(async move { on.sign_transfer(&key, to, amount, fee).await })).await
    }

    /// Hands in a transaction.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn submit_transaction(&self, bytes: Vec<u8>) -> Result<SubmittedView, LightError> {
        self.call(move |on| Box::pin(async move { on.submit_transaction(&bytes).await })).await
    }

    /// Waits until a transaction is verifiably included.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn wait_transaction(&self, id: Hash) -> Result<ReceiptView, LightError> {
        self.call(move |on| Box::pin(async move { on.wait_transaction(id).await })).await
    }

    /// Makes a proof of the newest window, with the newest verified head as its challenge.
    ///
    /// # Errors
    /// As [`Self::header`], and [`LightError::Measurement`].
    pub async fn make_proof(
        &self,
        measurement: Measurement,
        device: Device,
    ) -> Result<(BiometricProof, OpenStatement), LightError> {
        self.call(move |on| Box::pin(async move { on.make_proof(&measurement, &device).await })).await
    }

    /// Hands in a biometric proof.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn submit_proof(&self, bytes: Vec<u8>) -> Result<SubmittedProofView, LightError> {
        self.call(move |on| Box::pin(async move { on.submit_proof(&bytes).await })).await
    }

    /// Waits until a biometric proof is verifiably included.
    ///
    /// # Errors
    /// As [`Self::header`].
    pub async fn wait_proof(&self, bytes: Vec<u8>) -> Result<ReceiptView, LightError> {
        self.call(move |on| Box::pin(async move { on.wait_proof(&bytes).await })).await
    }

    /// What would be saved now; nothing before there is anything to trust.
    ///
    /// # Errors
    /// [`LightError::Closed`].
    pub async fn snapshot(&self) -> Result<Option<Vec<u8>>, LightError> {
        let (reply, answer) = oneshot::channel();
        let asks = self.asks.upgrade().ok_or(LightError::Closed)?;
        asks.send(Ask::Snapshot(reply)).await.map_err(|_| LightError::Closed)?;
        answer.await.map_err(|_| LightError::Closed)
    }

    /// Closes all connections; every call that is under way ends with [`LightError::Closed`].
    pub async fn close(&self) {
        let Some(orders) = self.orders.upgrade() else { return };
        let (done, closed) = oneshot::channel();
        if orders.send(Order::Close(done)).await.is_ok() {
            drop(orders);
            // An error means that it is closed.
            let _ = closed.await;
        }
    }

    /// Runs a call beside all others. Dropping the future ends it.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(Rc<Queries>) -> LocalBoxFuture<'static, Result<T, LightError>> + Send + 'static,
    ) -> Result<T, LightError> {
        let (mut reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |on| {
            Box::pin(async move {
                let outcome = match select(work(on), Box::pin(reply.closed())).await {
                    Either::Left((outcome, _)) => outcome,
                    Either::Right(_) => return,
                };
                // Nobody may be waiting any more.
                let _ = reply.send(outcome);
            })
        });
        self.jobs.send(job).await.map_err(|_| LightError::Closed)?;
        answer.await.map_err(|_| LightError::Closed)?
    }
}

/// The client's thread.
async fn live(config: LightConfig, ready: oneshot::Sender<Result<LightClient, LightError>>) {
    let (client, _, body) = match assemble(config).await {
        Ok(made) => made,
        Err(error) => return drop(ready.send(Err(error))),
    };
    if ready.send(Ok(client)).is_ok() {
        body.await;
    }
}

/// Makes a client for a caller on its own thread: the handle, the queries behind it, and the body, which is to be
/// spawned.
pub(crate) async fn assemble(
    config: LightConfig,
) -> Result<(LightClient, Rc<Queries>, LocalBoxFuture<'static, ()>), LightError> {
    if config.bootstrap.len() > MAX_BOOTSTRAP {
        return Err(LightError::Config("bootstrap", format!("more than {MAX_BOOTSTRAP} addresses")));
    }
    let at = clock::now();
    let spec = Rc::new(config.spec.clone());
    let store = open(&config.storage).await?;
    let record = format!("trusted/{}", spec.hash);
    let mut config = config;
    let (trusted, trust) = begin(&mut config, store.as_ref(), &record).await?;

    let tag = ChainTag::new(&spec.genesis.chain_id, &spec.hash);
    let identity = Keypair::generate_ed25519();
    let swarm = transport::build(&identity).await?;
    let rpc = Rpc::new(swarm.behaviour().streams.new_control(), &tag)?;
    let (news_sender, news) = mpsc::channel(NEWS);
    let (orders, inbox) = mpsc::channel(ORDERS);
    let (asks, questions) = mpsc::channel(CALLS);
    let (network_sender, network) = watch::channel(NetworkView::default());
    let (chain_sender, chain) = watch::channel(ChainView::default());
    let host =
        Host::new(swarm, &config, rpc.clone(), news_sender, (orders.downgrade(), inbox), network_sender);
    let parts = Parts {
        spec: Rc::clone(&spec),
        trusted,
        checkpoint: config.checkpoint.filter(|_| trust == "checkpoint"),
        trust,
        rpc: rpc.clone(),
        store: Rc::clone(&store),
        record,
        news,
        asks: questions,
        orders: orders.clone(),
        network: network.clone(),
        view: chain_sender,
    };
    let (jobs, calls) = mpsc::channel(CALLS);
    let client = LightClient {
        jobs,
        chain: chain.clone(),
        network: network.clone(),
        orders: orders.downgrade(),
        asks: asks.downgrade(),
        start: Start {
            chain_id: spec.genesis.chain_id.as_str().to_owned(),
            genesis: spec.hash,
            storage: store.kind(),
            at: at.millis(),
        },
    };
    let queries = Rc::new(Queries { spec, rpc, network, chain, asks, orders });
    let body = Box::pin(run(host, Chain::new(parts), Rc::clone(&queries), calls));
    Ok((client, queries, body))
}

/// Runs the tasks until the host closes, and drops the calls with it.
async fn run(host: Host, chain: Chain, queries: Rc<Queries>, mut calls: mpsc::Receiver<Job>) {
    let (stopped, mut stop) = watch::channel(false);
    spawn(async move {
        host.run().await;
        // Everybody may be gone already.
        let _ = stopped.send(true);
    });
    let (saved, save) = oneshot::channel();
    spawn(async move {
        chain.run().await;
        let _ = saved.send(());
    });
    spawn(fill_epochs(Rc::downgrade(&queries)));
    let orders = queries.orders.clone();
    loop {
        tokio::select! {
            call = calls.recv() => match call {
                Some(job) => {
                    let (work, mut stop) = (job(Rc::clone(&queries)), stop.clone());
                    spawn(async move {
                        let stop = std::pin::pin!(stop.wait_for(|stopped| *stopped));
                        drop(select(work, stop).await);
                    });
                }
                // The last handle is gone.
                None => {
                    let (done, closed) = oneshot::channel();
                    if orders.send(Order::Close(done)).await.is_ok() {
                        let _ = closed.await;
                    }
                    break;
                }
            },
            _ = stop.changed() => break,
        }
    }
    drop((queries, orders, calls));
    // The chain's task ends with its last asker, and saves.
    let _ = save.await;
}

/// Asks for the summary of an epoch whose closing head was passed over, or came without it.
async fn fill_epochs(queries: Weak<Queries>) {
    let Some(mut chain) = queries.upgrade().map(|on| on.chain.clone()) else { return };
    let mut asked = 0;
    while chain.changed().await.is_ok() {
        let (open, known) = {
            let view = chain.borrow_and_update();
            let open = view.head.as_ref().map(|head| head.header.epoch).unwrap_or_default();
            (open, view.epoch.as_ref().map(|epoch| epoch.epoch))
        };
        let missing = open.checked_sub(1).filter(|closed| known.is_none_or(|known| known < *closed));
        // Epochs without a block do not exist: each is asked for once.
        if let Some(closed) = missing.filter(|_| asked != open) {
            asked = open;
            let Some(on) = queries.upgrade() else { return };
            // What is found goes to the chain's task.
            let _ = on.epoch(Epoch::new(closed)).await;
        }
    }
}

async fn open(kind: &StorageKind) -> Result<Rc<dyn Store>, LightError> {
    Ok(match kind {
        StorageKind::Memory => Rc::new(Memory::default()),
        StorageKind::Durable(place) => Rc::new(Durable::open(place).await?),
        StorageKind::Auto => match Durable::PLACE {
            Some(place) => match Durable::open(place).await {
                Ok(store) => Rc::new(store),
                Err(_) => Rc::new(Memory::default()),
            },
            None => Rc::new(Memory::default()),
        },
    })
}

type Beginning = (Option<(Trusted, Option<SignedHeader>)>, &'static str);

/// What trust begins at: the snapshot that was handed in, the one that was saved, the checkpoint, genesis. A saved one
/// that does not verify, or lies before the checkpoint, is passed over; one that was handed in must verify.
async fn begin(config: &mut LightConfig, store: &dyn Store, record: &str) -> Result<Beginning, LightError> {
    let options = LightOptions::of(config.spec.params());
    let decode = |bytes: &[u8]| Snapshot::decode(bytes, &config.spec, &options, clock::now());
    let snapshot = match &config.snapshot {
        Some(bytes) => Some(decode(bytes)?),
        None => match store.load(record).await? {
            Some(bytes) => match decode(&bytes) {
                Ok(snapshot) => Some(snapshot),
                Err(_) => {
                    store.remove(record).await?;
                    None
                }
            },
            None => None,
        },
    };
    let least = config.checkpoint.map(|checkpoint| checkpoint.height).unwrap_or_default();
    if let Some(snapshot) = snapshot.filter(|snapshot| snapshot.trusted.height >= least) {
        let kept = snapshot.peers.iter().filter_map(|one| LightConfig::read_address(one).ok());
        let room = MAX_BOOTSTRAP.saturating_sub(config.bootstrap.len());
        let kept: Vec<_> = kept.take(room).collect();
        config.bootstrap.extend(kept);
        return Ok((Some((snapshot.trusted, snapshot.newest)), "snapshot"));
    }
    if config.checkpoint.is_some() {
        return Ok((None, "checkpoint"));
    }
    Ok((Some((Trusted::genesis(&config.spec)?, None)), "genesis"))
}
