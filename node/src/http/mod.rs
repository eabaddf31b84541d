//! The node's HTTP face on a loopback address: status, chain, submission, events, metrics, and a page for browsers.
//!
//! Rules: connections are bounded in number and in silence; only names of this machine are answered to, so that no page
//! of the web reaches a node through its own name; bodies are bounded before they are read; every request has a time limit; the store is read on blocking
//! threads, a bounded number at a time, since consensus runs on the runtime's own; every error is JSON
//! `{"error": {"code", "message"}}` with a fitting status; answers that a verifier needs are canonical bytes in
//! hexadecimal, so that nothing has to be re-encoded. `openapi.json` describes every route, and the tests hold the
//! routes, the answers and the document to each other. What is no route is looked for in the page (see [`site`]).

mod blocks;
mod error;
mod events;
mod light;
mod listener;
mod site;
mod state;
mod submit;

#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HOST},
        uri::Authority,
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use emotionalchain_shared::{chain::ChainSpec, wire::MAX_TRANSACTION_BATCH};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{node::NodeHandle, store::Snapshot};
pub use blocks::summary_json;
pub use error::ApiError;
pub use site::{Site, SiteError};

/// Largest request body: a transaction in hexadecimal, with room for JSON around it.
const MAX_BODY: usize = 16 * 1024;
/// Largest body of a batch: as many transactions as travel together, in hexadecimal, with room for JSON.
const MAX_BATCH_BODY: usize = 3 * MAX_TRANSACTION_BATCH;
/// Longest time for a request that is not a stream.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Reads of the store at a time: more wait, so that listing blocks leaves threads and disk to consensus.
const MAX_READERS: usize = 4;
/// Streams open at once; one more is refused.
const MAX_STREAMS: usize = 64;
/// What [`metrics`] answers in, so that a scraper need not guess.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What handlers work on.
#[derive(Clone)]
pub struct Api {
    node: NodeHandle,
    spec: Arc<ChainSpec>,
    site: Option<Arc<Site>>,
    readers: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Api {
    /// For a running node, and the page that it serves.
    pub fn new(node: NodeHandle, spec: Arc<ChainSpec>, site: Option<Site>) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        let site = site.map(Arc::new);
        Self { node, spec, site, readers: semaphore(MAX_READERS), streams: semaphore(MAX_STREAMS) }
    }

    /// Reads one moment of the store on a blocking thread.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Snapshot) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| ApiError::Stopping)?;
        let store = Arc::clone(self.node.store());
        let reading = tokio::task::spawn_blocking(move || {
            // Kept to the end: a caller that gave up leaves its read running.
            let _permit = permit;
            work(&store.snapshot()?)
        });
        reading.await.map_err(|_| ApiError::Internal)?
    }
}

/// Serves until the listener fails or the future is dropped.
///
/// # Errors
/// The socket's.
pub async fn serve(listener: TcpListener, api: Api) -> std::io::Result<()> {
    axum::serve(listener::Bounded::new(listener), router(api)).await
}

/// Binds the address.
///
/// # Errors
/// The socket's.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Every route but the stream, which has no time limit.
fn bounded() -> [(&'static str, MethodRouter<Api>); 20] {
    [
        ("/status", get(status)),
        ("/peers", get(peers)),
        ("/health", get(health)),
        ("/ready", get(ready)),
        ("/metrics", get(metrics)),
        ("/openapi.json", get(openapi)),
        ("/genesis", get(genesis)),
        ("/light.json", get(light::chain)),
        ("/blocks", get(blocks::list)),
        ("/blocks/{height}", get(blocks::one)),
        ("/headers/{height}", get(blocks::header)),
        ("/epochs/{epoch}", get(blocks::epoch)),
        ("/transactions", post(submit::transaction)),
        ("/transactions/batch", post(submit::batch).layer(DefaultBodyLimit::max(MAX_BATCH_BODY))),
        ("/transactions/{id}", get(blocks::transaction)),
        ("/proofs", post(submit::proof)),
        ("/accounts/{address}", get(state::account)),
        ("/validators", get(state::validators)),
        ("/validators/{address}", get(state::validator)),
        ("/state/{key}", get(state::proof)),
    ]
}

const STREAM: &str = "/events";

/// All routes.
pub fn router(api: Api) -> Router {
    let bounded =
        bounded().into_iter().fold(Router::new(), |router, (path, method)| router.route(path, method));
    Router::new()
        .merge(bounded.layer(middleware::from_fn(limit_time)))
        .route(STREAM, get(events::stream))
        .fallback(site::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::map_response(error::uniform))
        .layer(middleware::from_fn(only_local_names))
        .with_state(api)
}

/// A page whose host name is made to point here asks under that name.
async fn only_local_names(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let authority = host.and_then(|host| host.parse::<Authority>().ok());
    let local = authority.is_some_and(|authority| {
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    if local { next.run(request).await } else { ApiError::Host.into_response() }
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Timeout.into_response(),
    }
}

/// What `status --json` prints.
pub fn status_json(api: &Api) -> Value {
    let status = api.node.status();
    json!({
        "chain_id": api.spec.genesis.chain_id.as_str(),
        "height": status.height.get(),
        "epoch": status.epoch.get(),
        "block_id": status.block_id.to_string(),
        "time_ms": status.time.millis(),
        "seats": status.seats,
        "voting": status.voting,
        "peers": status.peers,
        "syncing": status.syncing,
        "round": status.round,
        "mempool": status.mempool,
        "quiet_ms": status.quiet_ms,
        "stalled": status.stalled,
        "peer_id": api.node.network().local_peer_id().to_string(),
        "genesis_hash": api.spec.hash.to_string(),
    })
}

async fn status(State(api): State<Api>) -> Json<Value> {
    Json(status_json(&api))
}

async fn peers(State(api): State<Api>) -> Result<Json<Value>, ApiError> {
    let peers = api.node.network().peers().await.map_err(|_| ApiError::Stopping)?;
    Ok(Json(json!({ "peers": peers })))
}

async fn health() -> StatusCode {
    StatusCode::OK
}

/// Ready: has a block, is not catching up, and blocks become final.
async fn ready(State(api): State<Api>) -> Result<StatusCode, ApiError> {
    let status = api.node.status();
    if status.height.get() > 0 && !status.syncing && !status.stalled {
        Ok(StatusCode::OK)
    } else {
        Err(ApiError::NotReady)
    }
}

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], include_str!("openapi.json"))
}

async fn genesis(State(api): State<Api>) -> Json<Value> {
    Json(json!(api.spec.genesis))
}

async fn metrics(State(api): State<Api>) -> Result<impl IntoResponse, ApiError> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, api.node.registry())
        .map_err(|_| ApiError::Internal)?;
    Ok(([(CONTENT_TYPE, METRICS_TYPE)], text))
}
