//! News of blocks as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, stream};
use serde_json::{Value, json};
use tokio::sync::{
    OwnedSemaphorePermit,
    broadcast::{Receiver, error::RecvError},
};

use super::{Api, ApiError};
use crate::node::HeadNews;

/// Between signs of life on a silent stream, so that both ends notice a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One open stream; counted while it lives.
struct Slot {
    news: Receiver<HeadNews>,
    _permit: OwnedSemaphorePermit,
}

pub async fn stream(
    State(api): State<Api>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let permit = Arc::clone(&api.streams).try_acquire_owned().map_err(|_| ApiError::Busy)?;
    let slot = Slot { news: api.node.news(), _permit: permit };
    let events = stream::unfold(slot, |mut slot| async move {
        loop {
            match slot.news.recv().await {
                Ok(news) => return Some((Ok(event(&news)), slot)),
                // A slow reader misses the oldest heads and goes on.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn event(news: &HeadNews) -> Event {
    Event::default().event("head").data(data(news).to_string())
}

fn data(news: &HeadNews) -> Value {
    json!({
        "height": news.height.get(),
        "block_id": news.block_id,
        "time_ms": news.time.millis(),
        "epoch": news.epoch.get(),
        "closes_epoch": news.closes.map(|epoch| epoch.get()),
        "transactions": news.transactions,
        "finality_ms": news.finality_ms,
    })
}
