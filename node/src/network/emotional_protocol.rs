//! The framing of requests, answers and direct messages (protocol §3).
//!
//! A stream carries one frame each way. Names of protocols and the frames themselves are those of
//! [`emotionalchain_link`], which browsers use too.

use std::io;

pub use emotionalchain_link::{ChainClaim, ChainTag, read_frame, write_frame};
use emotionalchain_shared::wire;
use futures::{AsyncRead, AsyncWrite};
use libp2p::{StreamProtocol, request_response};

use super::gossip::Topic;

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

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, io::Cursor};

    use super::*;

    #[test]
    fn the_largest_legal_frames_fit() {
        for max in [wire::MAX_SYNC_REQUEST, wire::MAX_SYNC_RESPONSE, Topic::MAX_BYTES] {
            let bytes = vec![7; max];
            let mut written = Vec::new();
            block_on(write_frame(&mut written, &bytes, max)).unwrap();
            assert_eq!(block_on(read_frame(&mut Cursor::new(written), max)).unwrap(), bytes);
        }
    }
}
