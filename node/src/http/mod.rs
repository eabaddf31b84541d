//! The node's HTTP face on a loopback address: status, chain, submission, events, metrics.
//!
//! Rules: bodies are bounded before they are read; every request has a time limit; errors are JSON
//! `{"error": {"code", "message"}}` with a fitting status; answers that a verifier needs are canonical bytes in
//! hexadecimal, so that nothing has to be re-encoded. `/openapi.json` describes every route, which a test holds it to.

mod blocks;
mod error;
mod events;
mod openapi;
mod state;
mod submit;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use emotionalchain_shared::chain::ChainSpec;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::node::NodeHandle;
pub use error::ApiError;

/// Largest request body: a transaction in hexadecimal, with room for JSON around it.
const MAX_BODY: usize = 16 * 1024;
/// Longest time for a request that is not a stream.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What handlers work on.
#[derive(Clone)]
pub struct Api {
    node: NodeHandle,
    spec: Arc<ChainSpec>,
}

/// Serves until the listener fails or the future is dropped.
///
/// # Errors
/// The socket's.
pub async fn serve(listener: TcpListener, node: NodeHandle, spec: Arc<ChainSpec>) -> std::io::Result<()> {
    axum::serve(listener, router(Api { node, spec })).await
}

/// Binds the address.
///
/// # Errors
/// The socket's.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// All routes.
pub fn router(api: Api) -> Router {
    let bounded = Router::new()
        .route("/status", get(status))
        .route("/peers", get(peers))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/genesis", get(genesis))
        .route("/blocks", get(blocks::list))
        .route("/blocks/{height}", get(blocks::one))
        .route("/headers/{height}", get(blocks::header))
        .route("/epochs/{epoch}", get(blocks::epoch))
        .route("/transactions", post(submit::transaction))
        .route("/transactions/{id}", get(blocks::transaction))
        .route("/proofs", post(submit::proof))
        .route("/accounts/{address}", get(state::account))
        .route("/validators", get(state::validators))
        .route("/validators/{address}", get(state::validator))
        .route("/state/{key}", get(state::proof))
        .layer(middleware::from_fn(limit_time));
    Router::new()
        .merge(bounded)
        .route("/events", get(events::stream))
        .fallback(|| async { ApiError::NotFound("route") })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(api)
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Timeout.into_response(),
    }
}

/// The keys that the issue of `status --json` names, and more.
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

/// Ready: has a block and is not catching up.
async fn ready(State(api): State<Api>) -> StatusCode {
    let status = api.node.status();
    if status.height.get() > 0 && !status.syncing { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn genesis(State(api): State<Api>) -> Json<Value> {
    Json(json!(api.spec.genesis))
}

async fn metrics(State(api): State<Api>) -> Result<String, ApiError> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, api.node.registry())
        .map_err(|_| ApiError::Internal)?;
    Ok(text)
}
