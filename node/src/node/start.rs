//! Bringing a node up: store, log, replica, network, then the task.

use std::{path::Path, sync::Arc};

use emotionalchain_shared::{
    chain::{ChainSpec, genesis_writes},
    consensus::engine::CoreConfig,
    epoch::RandomnessChain,
    merkle::StateTree,
    primitives::{BlockId, Height, TimeMs},
};
use prometheus_client::registry::Registry;
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinHandle,
};

use super::{
    NodeConfig, NodeError, NodeHandle, NodeStatus,
    floor::{Disk, Floor},
    heads,
    host::{Host, now},
    metrics::NodeMetrics,
};
use crate::{
    consensus::{log, replica, wal::Wal},
    device::SimulatedDevice,
    network::{ChainTag, P2pNode, keypair_from_seed},
    store::{Store, StoreError},
};

/// Orders that wait for the node's task.
const ORDERS: usize = 4_096;
/// Heads that a slow listener may be behind.
const NEWS: usize = 256;

/// A running node.
pub struct Node {
    handle: NodeHandle,
    task: JoinHandle<Result<(), NodeError>>,
}

impl Node {
    /// Starts a node.
    ///
    /// # Errors
    /// [`NodeError`] for whatever cannot be opened.
    pub async fn start(config: NodeConfig) -> Result<Self, NodeError> {
        let NodeConfig { spec, data_dir, keys, sign_floor, network, mempool, store, timeouts, recording } =
            config;
        std::fs::create_dir_all(&data_dir).map_err(|error| NodeError::DataDir(data_dir.clone(), error))?;
        let store = Arc::new(Store::open_with(data_dir.join("store.redb"), spec.hash, store)?);
        lay_genesis(&spec, &store)?;
        let consensus = keys.consensus.signing_key();
        let head = store.head()?.ok_or(StoreError::Empty)?;
        let log = wal_path(&data_dir);
        let logged = log.try_exists().map_err(|error| NodeError::DataDir(log.clone(), error))?;
        let disk = Disk { log: logged, head: head.height };
        let interval_ms = spec.params().block_interval_ms;
        let floor = Floor::open(sign_floor, &spec.hash, &consensus.public(), disk, interval_ms)?;
        let (wal, entries) = Wal::open(log)?;
        let replay = log::replay(&entries)?;

        let address = consensus.public().address();
        let tag = ChainTag::new(&spec.genesis.chain_id, &spec.hash);
        let mut registry = Registry::with_prefix("emotionalchain");
        let identity = keypair_from_seed(*keys.node.expose())?;
        let (network, events) = P2pNode::start(network, identity, tag, &mut registry).await?;

        let mut replica = replica::Replica::new(
            replica::ReplicaConfig {
                spec: Arc::clone(&spec),
                core: CoreConfig { timeouts, sign_floor: floor.first_height(), ..CoreConfig::default() },
                mempool,
                keys: Some(replica::Keys {
                    consensus,
                    randomness: RandomnessChain::new(keys.randomness.expose()),
                }),
            },
            head,
            store.certificate(head.height)?,
        );
        let outputs = replica.recover(now(), &store.snapshot()?, replay)?;
        let device = recording.map(|recording| {
            SimulatedDevice::new(
                recording,
                keys.device.signing_key(),
                address,
                spec.domain.clone(),
                spec.params().epoch_ms,
            )
        });

        let (orders, inbox) = mpsc::channel(ORDERS);
        let (status_sender, status) = watch::channel(empty_status(head.block_id));
        let (news, _) = broadcast::channel(NEWS);
        let metrics = NodeMetrics::register(&mut registry);
        let handle = NodeHandle {
            orders,
            status,
            news: news.clone(),
            store: Arc::clone(&store),
            network: network.clone(),
            registry: Arc::new(registry),
        };
        tokio::spawn(heads::run(network.accept(heads::PROTOCOL)?, Arc::clone(&store), news.clone()));
        let host = Host::new(spec, store, wal, floor, replica, network, device, status_sender, metrics, news);
        let task = tokio::spawn(host.run(outputs, inbox, events));
        Ok(Self { handle, task })
    }

    /// The way to it.
    pub fn handle(&self) -> NodeHandle {
        self.handle.clone()
    }

    /// Waits until the node has stopped, by order or by fault.
    ///
    /// # Errors
    /// Why it stopped, unless by order.
    pub async fn finished(self) -> Result<(), NodeError> {
        match self.task.await {
            Ok(result) => result,
            Err(error) => Err(NodeError::Stop(replica::Stop::State(error.to_string()))),
        }
    }
}

/// Where the consensus log is.
pub fn wal_path(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join("consensus.wal")
}

fn lay_genesis(spec: &ChainSpec, store: &Store) -> Result<(), NodeError> {
    if store.head()?.is_some() {
        return Ok(());
    }
    let writes = genesis_writes(spec)?;
    let (_, tree) = StateTree::new(store)
        .apply(0, writes.clone())
        .map_err(|error| replica::Stop::State(error.to_string()))?;
    store.commit_genesis(spec.genesis.time_ms, &writes, &tree)?;
    Ok(())
}

fn empty_status(block_id: BlockId) -> NodeStatus {
    NodeStatus {
        height: Height::ZERO,
        epoch: emotionalchain_shared::primitives::Epoch::ZERO,
        block_id,
        time: TimeMs::ZERO,
        seats: 0,
        voting: false,
        round: 0,
        peers: 0,
        syncing: false,
        mempool: 0,
        quiet_ms: 0,
        stalled: false,
    }
}
