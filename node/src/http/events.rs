//! News of blocks as server-sent events.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, stream};
use serde_json::json;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{Api, ApiError};
use crate::node::HeadNews;

/// Streams open at once.
const MAX_STREAMS: usize = 64;
static STREAMS: AtomicUsize = AtomicUsize::new(0);

/// One open stream; counted while it lives.
struct Slot(Receiver<HeadNews>);

impl Drop for Slot {
    fn drop(&mut self) {
        STREAMS.fetch_sub(1, Ordering::Relaxed);
    }
}

pub async fn stream(
    State(api): State<Api>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    if STREAMS.fetch_add(1, Ordering::Relaxed) >= MAX_STREAMS {
        STREAMS.fetch_sub(1, Ordering::Relaxed);
        return Err(ApiError::Busy);
    }
    let events = stream::unfold(Slot(api.node.news()), |mut slot| async move {
        loop {
            match slot.0.recv().await {
                Ok(news) => return Some((Ok(event(&news)), slot)),
                // A slow reader misses the oldest heads and goes on.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

fn event(news: &HeadNews) -> Event {
    let data = json!({
        "height": news.height.get(),
        "block_id": news.block_id,
        "time_ms": news.time.millis(),
        "epoch": news.epoch.get(),
        "closes_epoch": news.closes.map(|epoch| epoch.get()),
        "transactions": news.transactions,
        "finality_ms": news.finality_ms,
    });
    Event::default().event("head").data(data.to_string())
}
