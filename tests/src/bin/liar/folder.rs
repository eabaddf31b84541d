//! The folder of a local network, as `emotionalchain devnet --home` makes it.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use emotionalchain_node::keys::{KeyFile, Keys, Passphrase};
use emotionalchain_shared::chain::{ChainSpec, Genesis};
use serde::de::DeserializeOwned;

/// What went wrong, as a person reads it.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The folder, whose network runs.
pub struct Folder {
    path: PathBuf,
    /// The network's chain.
    pub spec: ChainSpec,
}

impl Folder {
    /// Reads the chain.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let genesis: Genesis = serde_json::from_str(&read(&path.join("genesis.json"))?)?;
        Ok(Self { path: path.to_owned(), spec: ChainSpec::new(genesis)? })
    }

    /// The homes of the validators, seen from the folder.
    pub fn homes(&self) -> Vec<PathBuf> {
        let name = |index: usize| PathBuf::from(format!("validator-{index}"));
        (0..).map(name).take_while(|home| self.path.join(home).exists()).collect()
    }

    /// What each running validator wrote about itself, as far as the caller needs it.
    pub fn running<T: DeserializeOwned>(&self) -> Result<Vec<T>, Failure> {
        let file = |home: PathBuf| self.path.join(home).join("run.json");
        let nodes = self.homes().into_iter().map(|home| Ok(serde_json::from_str(&read(&file(home))?)?));
        let nodes = nodes.collect::<Result<Vec<T>, Failure>>()?;
        if nodes.is_empty() {
            return Err(format!("{} holds no validator", self.path.display()).into());
        }
        Ok(nodes)
    }

    /// The keys in a file of the folder: one passphrase opens them all.
    pub fn keys(&self, file: impl AsRef<Path>) -> Result<Keys, Failure> {
        let passphrase = read(&self.path.join("passphrase"))?.trim_end().to_owned();
        Ok(KeyFile::open(self.path.join(file))?.unlock(&Passphrase::new(passphrase)?)?)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
