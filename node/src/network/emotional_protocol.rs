//! Protocol names of a chain, and the framing of requests, answers and direct messages (protocol §3).
//!
//! A stream carries one frame each way: `length (unsigned varint) ‖ bytes`. The length is checked before anything is
//! allocated, and memory grows with the bytes that arrive, not with the length that was promised. The varint is the
//! one of libp2p's other protocols, so that JavaScript reads it with `it-length-prefixed`.

use std::io;

use emotionalchain_shared::{
    primitives::{ChainId, Hash, hash_pair},
    wire::{self, ProtocolVersion, VersionRange},
};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{StreamProtocol, request_response};

use super::gossip::Topic;

/// Which chain: part of every protocol name, topic and greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainTag(Hash);

/// What a peer's greeting says of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainClaim {
    /// Ours, in a version that both speak.
    Ours,
    /// Another chain, or no common version of ours.
    Other,
    /// Nothing: software of another kind.
    Silent,
}

const GREETING: &str = "emotionalchain/";

impl ChainTag {
    /// The tag of a chain: SHA-256(chain id ‖ genesis hash).
    pub fn new(chain_id: &ChainId, genesis: &Hash) -> Self {
        Self(hash_pair(chain_id.as_str().as_bytes(), genesis.as_bytes()))
    }

    /// Wraps a tag computed elsewhere.
    pub const fn from_hash(tag: Hash) -> Self {
        Self(tag)
    }

    /// The name of one of the chain's protocols or topics.
    pub fn name(&self, name: &str, version: ProtocolVersion) -> String {
        wire::protocol_id(&self.0, name, version)
    }

    /// The prefix of all of them.
    pub fn prefix(&self) -> String {
        let mut prefix = self.name("", 1);
        prefix.truncate(prefix.trim_end_matches("/1").len());
        prefix
    }

    /// What identify tells a peer: `emotionalchain/<tag>/<lowest>-<highest version>`.
    pub fn greeting(&self) -> String {
        let range = VersionRange::SUPPORTED;
        format!("{GREETING}{}/{}-{}", self.short(), range.min(), range.max())
    }

    /// Reads a peer's greeting.
    pub fn judge(&self, greeting: &str) -> ChainClaim {
        let Some(rest) = greeting.strip_prefix(GREETING) else { return ChainClaim::Silent };
        let common =
            rest.split_once('/').filter(|(tag, _)| *tag == self.short()).and_then(|(_, versions)| {
                let (min, max) = versions.split_once('-')?;
                let theirs = VersionRange::new(min.parse().ok()?, max.parse().ok()?).ok()?;
                wire::negotiate(VersionRange::SUPPORTED, theirs).ok()
            });
        if common.is_some() { ChainClaim::Ours } else { ChainClaim::Other }
    }

    fn short(&self) -> String {
        self.0.to_string().chars().take(16).collect()
    }

    /// A protocol name as libp2p wants it; ours always begin with a slash, which is all that it asks for.
    pub(super) fn protocol(&self, name: &str) -> io::Result<StreamProtocol> {
        let version = VersionRange::SUPPORTED.max();
        StreamProtocol::try_from_owned(self.name(name, version)).map_err(io::Error::other)
    }
}

/// Reads and writes frames within two limits.
#[derive(Clone, Copy, Debug)]
pub struct FrameCodec {
    max_request: usize,
    max_response: usize,
}

impl FrameCodec {
    /// Sync and queries.
    pub const SYNC: Self =
        Self { max_request: wire::MAX_SYNC_REQUEST, max_response: wire::MAX_SYNC_RESPONSE };
    /// Direct messages: a topic's number and its message one way, an empty receipt the other.
    pub const DIRECT: Self = Self { max_request: Topic::MAX_BYTES.saturating_add(1), max_response: 0 };
}

impl request_response::Codec for FrameCodec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_frame(io, self.max_request).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_frame(io, self.max_response).await
    }

    async fn write_request<T>(&mut self, _: &StreamProtocol, io: &mut T, request: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &request, self.max_request).await
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, response: Vec<u8>) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write_frame(io, &response, self.max_response).await
    }
}

/// Reads one frame of at most `max` bytes.
///
/// # Errors
/// `InvalidData` for a length over `max` or not in its shortest form, `UnexpectedEof` for a frame cut short.
pub async fn read_frame<T: AsyncRead + Unpin>(io: &mut T, max: usize) -> io::Result<Vec<u8>> {
    let length = read_length(io, max).await?;
    let mut bytes = Vec::new();
    io.take(length as u64).read_to_end(&mut bytes).await?;
    if bytes.len() != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Writes one frame of at most `max` bytes.
///
/// # Errors
/// `InvalidInput` for one that is longer; else what the stream says.
pub async fn write_frame<T: AsyncWrite + Unpin>(io: &mut T, bytes: &[u8], max: usize) -> io::Result<()> {
    if bytes.len() > max {
        return Err(too_large(bytes.len(), max, io::ErrorKind::InvalidInput));
    }
    let mut head = Vec::with_capacity(10);
    prost::encoding::encode_varint(bytes.len() as u64, &mut head);
    io.write_all(&head).await?;
    io.write_all(bytes).await?;
    io.flush().await
}

async fn read_length<T: AsyncRead + Unpin>(io: &mut T, max: usize) -> io::Result<usize> {
    let mut length: u64 = 0;
    // Four bytes hold 2^28: no limit of the protocol is larger.
    for shift in [0_u32, 7, 14, 21] {
        let mut byte = [0_u8; 1];
        io.read_exact(&mut byte).await?;
        let [byte] = byte;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let padded = byte == 0 && shift > 0;
            let size = usize::try_from(length).unwrap_or(usize::MAX);
            return match size {
                _ if padded => Err(io::Error::new(io::ErrorKind::InvalidData, "the length is padded")),
                _ if size > max => Err(too_large(size, max, io::ErrorKind::InvalidData)),
                _ => Ok(size),
            };
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "the length has more than four bytes"))
}

fn too_large(size: usize, max: usize, kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, format!("a frame of {size} bytes is too large, {max} are allowed"))
}

#[cfg(test)]
mod tests;
