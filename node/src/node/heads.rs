//! Heads pushed to light clients: one stream a client, one frame a head (protocol §8).
//!
//! The client sends one [`HeadSubscription`]; the node answers with its newest head at once and with every later one
//! as it becomes final, each with its certificate, with the set that it announces where that is a new one, and with
//! the summary of an epoch that it closes. A reader that is slower than the chain misses the heads in between. Streams
//! are bounded in all and per peer, and a reader that takes nothing is given up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use emotionalchain_link::{read_frame, write_frame};
use emotionalchain_shared::wire::{HeadSubscription, HeadUpdate, Wire};
use futures::{AsyncWriteExt, StreamExt};
use libp2p::PeerId;
use libp2p_stream::IncomingStreams;
use tokio::{
    sync::broadcast::{Receiver, Sender, error::RecvError},
    time::timeout,
};
use tracing::{debug, error};

use super::{HeadNews, serve};
use crate::store::Store;

/// The protocol's name.
pub const PROTOCOL: &str = "head";
/// Streams open at once: as many as a node has inbound connections.
const MAX_STREAMS: usize = 256;
/// Streams of one peer: a client needs one, and may reopen it before the old one is seen to be dead.
const MAX_PER_PEER: usize = 4;
/// How long a client may take for its first message.
const GREETING: Duration = Duration::from_secs(5);
/// How long a client may take for one head.
const PATIENCE: Duration = Duration::from_secs(10);

/// Open streams by peer.
#[derive(Clone, Default)]
struct Places(Arc<Mutex<HashMap<PeerId, usize>>>);

/// One open stream; gives its place back when it ends.
struct Place {
    peer: PeerId,
    places: Places,
}

impl Places {
    fn take(&self, peer: PeerId) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = open.values().sum();
        let own = open.get(&peer).copied().unwrap_or_default();
        if total >= MAX_STREAMS || own >= MAX_PER_PEER {
            return None;
        }
        open.insert(peer, own.saturating_add(1));
        Some(Place { peer, places: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.peer) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

/// Serves until the network stops.
pub async fn run(mut streams: IncomingStreams, store: Arc<Store>, news: Sender<HeadNews>) {
    let places = Places::default();
    while let Some((peer, stream)) = streams.next().await {
        let Some(place) = places.take(peer) else {
            debug!(%peer, "no place for another head stream");
            continue;
        };
        let (store, news) = (Arc::clone(&store), news.subscribe());
        tokio::spawn(async move {
            let ended = serve(stream, store, news).await;
            debug!(peer = %place.peer, reason = ?ended.err(), "a head stream ends");
            drop(place);
        });
    }
}

async fn serve(
    mut stream: libp2p::swarm::Stream,
    store: Arc<Store>,
    mut news: Receiver<HeadNews>,
) -> std::io::Result<()> {
    let request = timeout(GREETING, read_frame(&mut stream, HeadSubscription::MAX_BYTES)).await??;
    HeadSubscription::decode(&request).map_err(std::io::Error::other)?;
    let mut told = None;
    loop {
        let store = Arc::clone(&store);
        let newest = tokio::task::spawn_blocking(move || serve::head_update(&store.snapshot()?)).await?;
        match newest {
            Ok(Some(update)) if told != Some(update.head.header.height) => {
                told = Some(update.head.header.height);
                let bytes = update.encode();
                timeout(PATIENCE, write_frame(&mut stream, &bytes, HeadUpdate::MAX_BYTES)).await??;
            }
            Ok(_) => {}
            Err(reason) => error!(%reason, "the head cannot be read"),
        }
        match news.recv().await {
            // A slow reader gets the newest head next.
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
    stream.close().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let (places, peer) = (Places::default(), PeerId::random());
        let held: Vec<_> = (0..MAX_PER_PEER).filter_map(|_| places.take(peer)).collect();
        assert_eq!(held.len(), MAX_PER_PEER);
        assert!(places.take(peer).is_none());
        assert!(places.take(PeerId::random()).is_some(), "others have places");
        drop(held);
        assert!(places.take(peer).is_some());
        let all: Vec<_> = (0..2 * MAX_STREAMS).filter_map(|_| places.take(PeerId::random())).collect();
        assert_eq!(all.len(), MAX_STREAMS);
        assert_eq!(places.0.lock().unwrap().len(), MAX_STREAMS, "a stranger that is refused leaves nothing");
    }
}
