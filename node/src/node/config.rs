//! What a node is started with, and why it may not start.

use std::{path::PathBuf, sync::Arc};

use emotionalchain_shared::{
    biometrics::Recording,
    chain::{ChainSpec, state::StateError},
    consensus::engine::Timeouts,
};
use thiserror::Error;

use crate::{
    consensus::{log::LogError, replica::Stop, wal::WalError},
    keys::{Keys, SignFloorError},
    mempool::MempoolConfig,
    network::{NetworkConfig, NetworkError},
    store::{StoreError, StoreOptions},
};

/// Everything that a node needs.
pub struct NodeConfig {
    /// The chain.
    pub spec: Arc<ChainSpec>,
    /// Where store and log are kept.
    pub data_dir: PathBuf,
    /// The keys; the consensus key signs only when it has a seat.
    pub keys: Keys,
    /// Where the sign floor of the consensus key is kept, if it has one.
    pub sign_floor: PathBuf,
    /// The peer-to-peer layer.
    pub network: NetworkConfig,
    /// Bounds of the mempool.
    pub mempool: MempoolConfig,
    /// Cache and history of the store.
    pub store: StoreOptions,
    /// Lengths of the engine's timers.
    pub timeouts: Timeouts,
    /// A recording to replay as a simulated device, under the device key.
    pub recording: Option<Recording>,
}

/// Why a node cannot start or go on.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The store.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// The log's file.
    #[error("consensus log: {0}")]
    Wal(#[from] WalError),
    /// What may be signed is not known.
    #[error("sign floor: {0}")]
    SignFloor(#[from] SignFloorError),
    /// The log's entries.
    #[error("consensus log: {0}")]
    Log(#[from] LogError),
    /// The network.
    #[error("network: {0}")]
    Network(#[from] NetworkError),
    /// The replica stopped.
    #[error(transparent)]
    Stop(#[from] Stop),
    /// Genesis cannot be laid out.
    #[error("genesis state: {0}")]
    Genesis(#[from] StateError),
    /// The data folder cannot be made.
    #[error("data folder {0}: {1}")]
    DataDir(PathBuf, std::io::Error),
}
