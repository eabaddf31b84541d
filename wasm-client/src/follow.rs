//! The heads that one peer pushes: one task a connected peer.
//!
//! A frame that has begun must end in time, and a peer that sends more heads than any chain makes is a flood: both are
//! a stream without end. A stream that breaks is opened again while the connection stands.

use std::{collections::VecDeque, time::Duration};

use emotionalchain_link::{read_frame, write_frame};
use emotionalchain_shared::wire::{HeadSubscription, HeadUpdate, Wire};
use futures::{AsyncRead, AsyncReadExt, io::Cursor};
use libp2p::PeerId;
use tokio::sync::mpsc;
use web_time::Instant;

use crate::{
    clock,
    error::LightError,
    rpc::{Rpc, broken},
};

/// How long the first head may take to begin: a node sends the one that it has at once.
const FIRST_TIME: Duration = Duration::from_secs(10);
/// How long a frame may take once its first byte is there.
const FRAME_TIME: Duration = Duration::from_secs(10);
/// Heads within [`FLOOD_TIME`]: the fastest chain makes one in 10 ms.
const FLOOD: usize = 400;
const FLOOD_TIME: Duration = Duration::from_secs(2);
/// Before a stream that broke is opened again.
const AGAIN: Duration = Duration::from_millis(500);
/// Openings that may fail one after the other.
const PATIENCE: usize = 5;

/// What a peer's stream says.
#[derive(Debug)]
pub enum News {
    /// A head, of which nothing is verified.
    Head(PeerId, Box<HeadUpdate>),
    /// The stream came to an end that no honest peer makes, or cannot be had.
    Failed(PeerId, LightError),
}

/// Reads a peer's heads until the peer is gone or the client closes.
pub async fn follow(rpc: Rpc, peer: PeerId, news: mpsc::Sender<News>) {
    let mut failures = 0_usize;
    loop {
        let error = match read(&rpc, peer, &news, &mut failures).await {
            Ok(()) => return,
            Err(error) => error,
        };
        failures = failures.saturating_add(1);
        // A peer of another chain is one for longer than a connection takes to break.
        let certain = (error.blames_the_peer() && error != LightError::OtherChain)
            || matches!(error, LightError::Timeout(_));
        if certain || failures > PATIENCE {
            // The client is closing if nobody takes it.
            let _ = news.send(News::Failed(peer, error)).await;
            return;
        }
        clock::sleep(AGAIN).await;
    }
}

async fn read(
    rpc: &Rpc,
    peer: PeerId,
    news: &mpsc::Sender<News>,
    failures: &mut usize,
) -> Result<(), LightError> {
    let mut stream = rpc.open_heads(peer).await?;
    write_frame(&mut stream, &HeadSubscription.encode(), HeadSubscription::MAX_BYTES)
        .await
        .map_err(broken)?;
    let mut pace = Pace::default();
    let first = clock::within(FIRST_TIME, begin(&mut stream)).await;
    let mut begun = first.ok_or(LightError::Timeout(FIRST_TIME.as_secs()))??;
    loop {
        let bytes = end(&mut stream, begun).await?;
        pace.count(clock::instant())?;
        let update = HeadUpdate::decode(&bytes).map_err(LightError::Undecodable)?;
        *failures = 0;
        if news.send(News::Head(peer, Box::new(update))).await.is_err() {
            return Ok(());
        }
        begun = begin(&mut stream).await?;
    }
}

/// Waits for a frame to begin, for as long as it takes.
async fn begin<S: AsyncRead + Unpin>(stream: &mut S) -> Result<[u8; 1], LightError> {
    let mut first = [0];
    stream.read_exact(&mut first).await.map_err(broken)?;
    Ok(first)
}

/// Waits for the end of a frame that has begun, not longer than [`FRAME_TIME`].
async fn end<S: AsyncRead + Unpin>(stream: &mut S, first: [u8; 1]) -> Result<Vec<u8>, LightError> {
    let mut whole = Cursor::new(first).chain(stream);
    let frame = read_frame(&mut whole, HeadUpdate::MAX_BYTES);
    clock::within(FRAME_TIME, frame).await.ok_or(LightError::EndlessStream)?.map_err(broken)
}

/// Counts heads in the last moments.
#[derive(Default)]
struct Pace(VecDeque<Instant>);

impl Pace {
    fn count(&mut self, now: Instant) -> Result<(), LightError> {
        self.0.retain(|then| now.saturating_duration_since(*then) < FLOOD_TIME);
        if self.0.len() >= FLOOD {
            return Err(LightError::EndlessStream);
        }
        self.0.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_an_end() {
        let (mut pace, now) = (Pace::default(), clock::instant());
        assert!((0..FLOOD).all(|_| pace.count(now).is_ok()));
        assert_eq!(pace.count(now), Err(LightError::EndlessStream));
        assert!(pace.count(now + FLOOD_TIME).is_ok(), "a burst is forgotten");
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn frames_are_read_whole_or_refused() {
        let read = |bytes: &[u8]| {
            futures::executor::block_on(async {
                let mut stream = Cursor::new(bytes);
                let first = begin(&mut stream).await?;
                end(&mut stream, first).await
            })
        };
        assert_eq!(read(&[2, 7, 8]).unwrap(), [7, 8]);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0x7f]).unwrap_err(), LightError::Oversized);
        assert_eq!(read(&[3, 7]).unwrap_err().code().0, "connection");
        assert_eq!(read(&[]).unwrap_err().code().0, "connection");
    }
}
