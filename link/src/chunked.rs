//! Small writes for WebRTC.
//!
//! The published WebRTC crates read a stream through a buffer of 8 KiB and may merge a small buffered write with a
//! large one into a packet over 16 KiB: messages that are larger than the one are lost, packets larger than the other
//! are refused. A stream wrapped here writes at most [`CHUNK`] bytes and flushes before it writes again, so neither
//! happens, whatever protocol runs on it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};

/// Half of the reader's buffer.
pub const CHUNK: usize = 4096;

/// A multiplexer whose streams write in small pieces.
pub struct ChunkedMuxer<M>(M);

/// A stream that writes in small pieces.
pub struct ChunkedStream<S> {
    stream: S,
    unflushed: bool,
}

impl<M> ChunkedMuxer<M> {
    /// Wraps a multiplexer.
    pub const fn new(muxer: M) -> Self {
        Self(muxer)
    }
}

impl<M: StreamMuxer<Substream: Unpin> + Unpin> StreamMuxer for ChunkedMuxer<M> {
    type Substream = ChunkedStream<M::Substream>;
    type Error = M::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.0).poll_inbound(cx).map_ok(ChunkedStream::new)
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        Pin::new(&mut self.0).poll_outbound(cx).map_ok(ChunkedStream::new)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.0).poll_close(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<S> ChunkedStream<S> {
    const fn new(stream: S) -> Self {
        Self { stream, unflushed: false }
    }
}

impl<S: AsyncWrite + Unpin> ChunkedStream<S> {
    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ChunkedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ChunkedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.unflushed {
            ready!(self.poll_settle(cx))?;
        }
        let piece = buf.get(..CHUNK).unwrap_or(buf);
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, piece))?;
        self.unflushed = true;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_settle(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.unflushed {
            ready!(self.poll_settle(cx))?;
        }
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::{AsyncWriteExt, executor::block_on};

    use super::*;

    /// Records the sizes of what was written between flushes.
    #[derive(Default)]
    struct Packets {
        buffered: usize,
        sent: Vec<usize>,
    }

    impl AsyncWrite for Packets {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
            self.buffered += buf.len();
            Poll::Ready(Ok(buf.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            let buffered = std::mem::take(&mut self.buffered);
            self.sent.push(buffered);
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.poll_flush(cx)
        }
    }

    #[test]
    fn no_packet_is_large() {
        let mut stream = ChunkedStream::new(Packets::default());
        block_on(async {
            stream.write_all(&[1; 3]).await.unwrap();
            stream.write_all(&[2; 100_000]).await.unwrap();
            stream.close().await.unwrap();
        });
        assert!(stream.stream.sent.iter().all(|size| *size <= CHUNK));
        assert_eq!(stream.stream.sent.iter().sum::<usize>(), 100_003);
    }
}
