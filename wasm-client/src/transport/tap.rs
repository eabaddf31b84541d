//! Shows the plaintext of every stream to an observer, so that anybody can check what leaves a device.
//!
//! It sits between the protocols and the encryption: what it shows is what is encrypted next, or was decrypted just
//! now. Without an observer it hands everything through.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{AsyncRead, AsyncWrite};
use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the peer.
    Out,
    /// From the peer.
    In,
}

/// Told of every piece of plaintext.
pub type Observer = fn(Direction, &[u8]);

/// A multiplexer whose streams are observed.
pub struct TapMuxer<M> {
    muxer: M,
    observer: Observer,
}

/// An observed stream.
pub struct TapStream<S> {
    stream: S,
    observer: Observer,
}

impl<M> TapMuxer<M> {
    /// Wraps a multiplexer.
    pub const fn new(muxer: M, observer: Observer) -> Self {
        Self { muxer, observer }
    }
}

impl<M: StreamMuxer<Substream: Unpin> + Unpin> StreamMuxer for TapMuxer<M> {
    type Substream = TapStream<M::Substream>;
    type Error = M::Error;

    fn poll_inbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        let observer = self.observer;
        Pin::new(&mut self.muxer).poll_inbound(cx).map_ok(|stream| TapStream { stream, observer })
    }

    fn poll_outbound(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Self::Substream, Self::Error>> {
        let observer = self.observer;
        Pin::new(&mut self.muxer).poll_outbound(cx).map_ok(|stream| TapStream { stream, observer })
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.muxer).poll_close(cx)
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<StreamMuxerEvent, Self::Error>> {
        Pin::new(&mut self.muxer).poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TapStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        (self.observer)(Direction::In, buf.get(..read).unwrap_or_default());
        Poll::Ready(Ok(read))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TapStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        (self.observer)(Direction::Out, buf.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
