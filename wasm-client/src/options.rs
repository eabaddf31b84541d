//! How a client is started.

use emotionalchain_shared::{
    chain::{ChainSpec, Genesis, GenesisError},
    primitives::{BlockId, Height},
};
use libp2p::{Multiaddr, PeerId, multiaddr::Protocol};

use crate::{error::LightError, transport::TransportKind};

/// Addresses given at the start that are used.
pub const MAX_BOOTSTRAP: usize = 64;

/// A block that the caller trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its height, at least 1.
    pub height: Height,
    /// Its id.
    pub id: BlockId,
}

/// Where the trusted state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageKind {
    /// Durable where the platform has a place for it, as browsers do; else memory.
    Auto,
    /// Durable, or the start fails: a database's name in a browser, a file's path natively.
    Durable(String),
    /// For as long as the client lives.
    Memory,
}

/// Everything that a client needs to start.
#[derive(Clone)]
pub struct LightConfig {
    /// The chain: the root of trust.
    pub spec: ChainSpec,
    /// Where peers are, each address with a peer id at its end.
    pub bootstrap: Vec<Multiaddr>,
    /// A later root of trust.
    pub checkpoint: Option<Checkpoint>,
    /// Where the trusted state is kept.
    pub storage: StorageKind,
    /// A saved state that is used before the stored one.
    pub snapshot: Option<Vec<u8>>,
    /// The only ways to reach peers; empty: all that the platform has.
    pub transports: Vec<TransportKind>,
}

impl LightConfig {
    /// A client of a chain that trusts its genesis alone.
    pub fn new(spec: ChainSpec) -> Self {
        Self {
            spec,
            bootstrap: Vec::new(),
            checkpoint: None,
            storage: StorageKind::Auto,
            snapshot: None,
            transports: Vec::new(),
        }
    }

    /// Reads a genesis file.
    ///
    /// # Errors
    /// [`LightError::Genesis`].
    pub fn read_chain(text: &str) -> Result<ChainSpec, LightError> {
        if text.len() > Genesis::MAX_BYTES {
            return Err(GenesisError::TooLarge(text.len()).into());
        }
        let genesis: Genesis =
            serde_json::from_str(text).map_err(|error| LightError::Genesis(error.to_string()))?;
        Ok(ChainSpec::new(genesis)?)
    }

    /// Reads an address that can be dialled.
    ///
    /// # Errors
    /// [`LightError::Config`].
    pub fn read_address(text: &str) -> Result<Multiaddr, LightError> {
        let wrong = |reason: &str| LightError::Config("bootstrap", format!("{text:.200}: {reason}"));
        let address: Multiaddr = text.parse().map_err(|_| wrong("not a multiaddress"))?;
        peer_of(&address).ok_or_else(|| wrong("it does not end with /p2p/ and a peer id"))?;
        Ok(address)
    }
}

/// The peer at the end of an address.
pub fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_a_peer() {
        let peer = PeerId::random();
        let good = format!("/ip4/127.0.0.1/tcp/1/ws/p2p/{peer}");
        assert_eq!(peer_of(&LightConfig::read_address(&good).unwrap()), Some(peer));
        for bad in ["", "/ip4/127.0.0.1/tcp/1/ws", "http://127.0.0.1", "/ip4/1"] {
            assert_eq!(LightConfig::read_address(bad).unwrap_err().code().0, "config", "{bad}");
        }
    }

    #[test]
    fn a_genesis_is_checked() {
        assert_eq!(LightConfig::read_chain("{}").unwrap_err().code().0, "config");
    }
}
