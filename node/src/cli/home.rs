//! A node's home: genesis, keys, configuration, data.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use emotionalchain_shared::chain::{ChainSpec, Genesis, GenesisError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::logging;
use super::settings::{Setting, SettingsError, layered};
use crate::network::{NetworkConfig, Profile};

/// A folder with everything that a node needs.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

/// What `config.toml` holds; how it comes together with environment and flags, see [`settings`](super::settings).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeFile {
    /// What the network is for: gives what is not named.
    pub profile: Profile,
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// A recording to replay as a simulated device.
    pub recording: Option<PathBuf>,
    /// The folder of a built page, served at `/`.
    pub web: Option<PathBuf>,
    /// A file of seeds, one multiaddress a line: peers to begin at, beside those of `network.bootstrap`.
    pub seeds: Option<PathBuf>,
    /// What is logged, unless environment or flag say it.
    pub log: String,
    /// The peer-to-peer layer.
    pub network: NetworkConfig,
}

impl Default for NodeFile {
    fn default() -> Self {
        Self::of(Profile::default())
    }
}

impl NodeFile {
    /// The settings of a kind of network.
    pub fn of(profile: Profile) -> Self {
        Self {
            profile,
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            recording: None,
            web: None,
            seeds: None,
            log: logging::DEFAULT.to_owned(),
            network: NetworkConfig::of(profile),
        }
    }
}

/// What a running node writes into its home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// URL of its HTTP face.
    pub http: String,
    /// Its libp2p identity.
    pub peer_id: String,
    /// Where others dial it.
    pub listen: Vec<String>,
    /// Its process.
    pub pid: u32,
}

/// Why a home cannot be used.
#[derive(Debug, Error)]
pub enum HomeError {
    /// The disk.
    #[error("{}: {source}", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Too long to be what it should be.
    #[error("{} is too large", .0.display())]
    TooLarge(PathBuf),
    /// A configuration that cannot be read.
    #[error(transparent)]
    Config(#[from] SettingsError),
    /// A genesis that cannot be read.
    #[error("{}: {source}", .path.display())]
    GenesisSyntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A genesis that cannot start a chain.
    #[error("{}: {source}", .path.display())]
    Genesis {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<GenesisError>,
    },
    /// Something is there already and must not be overwritten.
    #[error("{} exists already; choose another --home or remove it yourself", .0.display())]
    Exists(PathBuf),
}

/// Longest configuration file.
const MAX_CONFIG: u64 = 1 << 20;

impl Home {
    /// A home at a path.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// The encrypted keys.
    pub fn keys(&self) -> PathBuf {
        self.0.join("node.key")
    }

    /// The configuration.
    pub fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// Store, log and certificate.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// What a running node wrote.
    pub fn running(&self) -> PathBuf {
        self.0.join("run.json")
    }

    /// Reads and checks the genesis.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn spec(&self) -> Result<ChainSpec, HomeError> {
        read_spec(&self.genesis())
    }

    /// Reads the configuration; the profile's if there is none. The environment is not asked.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn node_file(&self) -> Result<NodeFile, HomeError> {
        self.settings(&[])
    }

    /// Reads the configuration and puts settings of environment and flags on top.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn settings(&self, settings: &[Setting]) -> Result<NodeFile, HomeError> {
        let path = self.config();
        let text = if path.exists() { read_bounded(&path, MAX_CONFIG)? } else { String::new() };
        let mut file = layered(&path, &text, settings)?;
        file.network.data_dir = self.data();
        Ok(file)
    }

    /// Writes a file that is not there yet.
    ///
    /// # Errors
    /// [`HomeError::Exists`] rather than overwriting; the disk's.
    pub fn create(&self, path: &Path, text: &str) -> Result<(), HomeError> {
        use std::io::Write;
        let io = |source| HomeError::Io { path: path.to_owned(), source };
        fs::create_dir_all(&self.0).map_err(io)?;
        let mut file = match fs::OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(HomeError::Exists(path.to_owned()));
            }
            Err(error) => return Err(io(error)),
        };
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
    }
}

/// Reads and checks a genesis file.
///
/// # Errors
/// [`HomeError`].
pub fn read_spec(path: &Path) -> Result<ChainSpec, HomeError> {
    let limit = u64::try_from(Genesis::MAX_BYTES).unwrap_or(u64::MAX);
    let text = read_bounded(path, limit)?;
    let genesis: Genesis = serde_json::from_str(&text)
        .map_err(|source| HomeError::GenesisSyntax { path: path.to_owned(), source })?;
    ChainSpec::new(genesis)
        .map_err(|source| HomeError::Genesis { path: path.to_owned(), source: Box::new(source) })
}

/// Reads a text file of at most `limit` bytes.
///
/// # Errors
/// [`HomeError`].
pub fn read_bounded(path: &Path, limit: u64) -> Result<String, HomeError> {
    use std::io::Read;
    let io = |source| HomeError::Io { path: path.to_owned(), source };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(io)?;
    let read = file.take(limit.saturating_add(1)).read_to_string(&mut text).map_err(io)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > limit {
        return Err(HomeError::TooLarge(path.to_owned()));
    }
    Ok(text)
}
