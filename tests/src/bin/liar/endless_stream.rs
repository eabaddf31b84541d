//! Head streams without an end, one kind after the other: a frame as long as the protocol allows of which a byte comes
//! now and then, and a head that is said again and again.
//!
//! Defence: a frame that has begun must end in time, and nobody makes so many heads.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use emotionalchain_link::write_frame;
use emotionalchain_shared::wire::{HeadUpdate, Wire};
use futures::{AsyncWrite, AsyncWriteExt};

use crate::lie::{Lie, Manner};

/// Between bytes that trickle: often enough to look alive.
const DROP: Duration = Duration::from_millis(500);

/// See the module.
#[derive(Default)]
pub struct EndlessStream {
    trickled: AtomicBool,
}

impl Lie for EndlessStream {
    fn manner(&self) -> Manner {
        if self.trickled.fetch_not(Ordering::Relaxed) { Manner::Flood } else { Manner::Trickle }
    }
}

/// Begins a frame of the greatest length and never ends it.
pub async fn trickle<I: AsyncWrite + Unpin>(stream: &mut I) -> io::Result<()> {
    stream.write_all(&varint(HeadUpdate::MAX_BYTES)).await?;
    loop {
        stream.write_all(&[0]).await?;
        stream.flush().await?;
        tokio::time::sleep(DROP).await;
    }
}

/// Writes the same frame for as long as somebody reads it.
pub async fn flood<I: AsyncWrite + Unpin>(stream: &mut I, frame: &[u8]) -> io::Result<()> {
    loop {
        write_frame(stream, frame, HeadUpdate::MAX_BYTES).await?;
    }
}

/// A length as a frame begins with it.
pub fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(0x80 | u8::try_from(number & 0x7f).unwrap_or_default());
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or_default());
    bytes
}
