//! Asking one peer one thing: one stream, one frame each way, bounded in bytes and time.

use std::{io, time::Duration};

use emotionalchain_link::{ChainTag, read_frame, write_frame};
use emotionalchain_shared::wire::{SyncRequest, SyncResponse, Wire};
use futures::AsyncWriteExt;
use libp2p::{PeerId, StreamProtocol, swarm::Stream};
use libp2p_stream::{Control, OpenStreamError};

use crate::{clock, error::LightError};

/// How long one answer may take: 4 MiB at 3.5 Mbit/s.
pub const ANSWER_SECONDS: u64 = 10;

/// Opens streams to peers; cheap to clone.
#[derive(Clone)]
pub struct Rpc {
    control: Control,
    sync: StreamProtocol,
    head: StreamProtocol,
}

impl Rpc {
    pub fn new(control: Control, chain: &ChainTag) -> Result<Self, LightError> {
        let name = |name| chain.protocol(name).map_err(|error| LightError::Unsupported(error.to_string()));
        Ok(Self { control, sync: name("sync")?, head: name("head")? })
    }

    /// Asks a peer.
    ///
    /// # Errors
    /// [`LightError`]: of the connection, or what [`LightError::blames_the_peer`].
    pub async fn ask(&self, peer: PeerId, request: &SyncRequest) -> Result<SyncResponse, LightError> {
        let bytes = self.ask_raw(peer, request).await?;
        SyncResponse::decode(&bytes).map_err(LightError::Undecodable)
    }

    /// Asks a peer for something that is not to be decoded at once.
    ///
    /// # Errors
    /// As [`Self::ask`], but for what decoding finds.
    pub async fn ask_raw(&self, peer: PeerId, request: &SyncRequest) -> Result<Vec<u8>, LightError> {
        let answer = async {
            // A connection that breaks while names are exchanged looks like a peer that knows none of ours.
            let mut stream = self.open(peer, &self.sync).await.map_err(|error| match error {
                LightError::OtherChain => LightError::Connection("no protocol in common".into()),
                other => other,
            })?;
            write_frame(&mut stream, &request.encode(), SyncRequest::MAX_BYTES).await.map_err(broken)?;
            let bytes = read_frame(&mut stream, SyncResponse::MAX_BYTES).await.map_err(broken)?;
            // The answer is here: whether the stream ends in good order is the peer's affair.
            let _ = stream.close().await;
            Ok(bytes)
        };
        let limit = Duration::from_secs(ANSWER_SECONDS);
        clock::within(limit, answer).await.unwrap_or(Err(LightError::Timeout(ANSWER_SECONDS)))
    }

    /// Opens a stream on which the peer pushes its heads.
    ///
    /// # Errors
    /// Of the connection; [`LightError::OtherChain`] when the names exchanged have none in common, which is also what
    /// a connection that breaks meanwhile looks like.
    pub async fn open_heads(&self, peer: PeerId) -> Result<Stream, LightError> {
        self.open(peer, &self.head).await
    }

    async fn open(&self, peer: PeerId, protocol: &StreamProtocol) -> Result<Stream, LightError> {
        self.control.clone().open_stream(peer, protocol.clone()).await.map_err(|error| match error {
            OpenStreamError::UnsupportedProtocol(_) => LightError::OtherChain,
            other => LightError::Connection(other.to_string()),
        })
    }
}

/// What a broken stream means.
pub fn broken(error: io::Error) -> LightError {
    match error.kind() {
        io::ErrorKind::InvalidData => LightError::Oversized,
        _ => LightError::Connection(error.to_string()),
    }
}
