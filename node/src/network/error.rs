//! Why something in the network did not happen.

use std::io;

use libp2p::{Multiaddr, TransportError, multiaddr};
use thiserror::Error;

/// Why the node could not start, or a command could not be taken.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// A setting contradicts itself or leaves its range.
    #[error("network configuration: {0}")]
    Config(#[from] ConfigError),
    /// The seed is no ed25519 key.
    #[error("the node's key seed is not usable")]
    Identity,
    /// The WebRTC certificate cannot be read, written or made.
    #[error("webrtc certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// A socket cannot be opened.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: Multiaddr,
        /// What the transport answered.
        source: TransportError<io::Error>,
    },
    /// The system's resolver configuration cannot be read.
    #[error("cannot set up name resolution: {0}")]
    Dns(#[source] io::Error),
    /// A transport cannot be built.
    #[error("cannot build a transport: {0}")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The gossip parameters contradict each other.
    #[error("cannot build gossip: {0}")]
    Gossip(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Somebody takes the streams of this protocol already.
    #[error("streams of the protocol {0} are taken already")]
    Taken(String),
    /// The host has stopped.
    #[error("the network has stopped")]
    Stopped,
    /// The command queue is full: the caller is ahead of the network.
    #[error("the network's command queue is full")]
    Busy,
    /// Larger than the protocol allows; refused before it is sent.
    #[error("{size} bytes are too many, {max} are allowed")]
    TooLarge {
        /// Its length.
        size: usize,
        /// The limit.
        max: usize,
    },
}

impl NetworkError {
    /// Whether the network is gone or was never there; otherwise the command may be tried again.
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::Busy | Self::TooLarge { .. })
    }
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A number outside its range.
    #[error("{field} is {value}, must lie in {min}..={max}")]
    Range {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
        /// The least allowed.
        min: u64,
        /// The most allowed.
        max: u64,
    },
    /// Nothing to listen on.
    #[error("listen is empty: give at least one address")]
    NoListenAddress,
    /// An address of no transport that this node speaks.
    #[error("{0} is not a tcp, quic-v1, ws or webrtc-direct address")]
    Address(Multiaddr),
    /// A bootstrap list too long to be dialled again and again.
    #[error("{count} bootstrap addresses, at most {max} are allowed")]
    Bootstrap {
        /// How many were given.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// An address that does not parse.
    #[error("not an address: {0}")]
    Syntax(#[from] AddressSyntax),
}

/// A text that is no multiaddress.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} is no multiaddress")]
pub struct AddressSyntax {
    /// The text.
    pub text: String,
}

/// Parses an address of a list, naming the text that is wrong.
///
/// # Errors
/// [`ConfigError::Syntax`] with the text.
pub fn parse_address(text: &str) -> Result<Multiaddr, ConfigError> {
    text.parse().map_err(|_: multiaddr::Error| ConfigError::Syntax(AddressSyntax { text: text.to_owned() }))
}

/// Why there is no WebRTC certificate.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file is damaged. Deleting it makes a new certificate, and a new address.
    #[error("{path} is damaged; delete it to get a new certificate (and a new webrtc address)")]
    Damaged {
        /// The file.
        path: std::path::PathBuf,
    },
    /// No certificate can be made.
    #[error("cannot make a certificate")]
    Generate,
}

/// Why a request has no answer.
#[derive(Debug, Error)]
pub enum RequestError {
    /// No connection to the peer.
    #[error("not connected to the peer")]
    NotConnected,
    /// Too many requests are under way.
    #[error("too many requests are under way")]
    Busy,
    /// Larger than the protocol allows; refused before it is sent.
    #[error("a request of {size} bytes is too large, {max} are allowed")]
    TooLarge {
        /// Its length.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection closed, or the peer dropped the request.
    #[error("the connection closed before the answer")]
    Closed,
    /// The peer does not speak the protocol.
    #[error("the peer does not speak the protocol")]
    Unsupported,
    /// The stream broke, or the answer broke a limit.
    #[error("stream: {0}")]
    Stream(#[source] io::Error),
    /// The host has stopped.
    #[error("the network has stopped")]
    Stopped,
}
