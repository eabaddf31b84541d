//! All that a light client needs to begin.

use axum::{Json, extract::State, http::header::ACCESS_CONTROL_ALLOW_ORIGIN, response::IntoResponse};
use serde_json::json;

use super::{Api, ApiError};

/// The chain's genesis and addresses that a browser can dial.
///
/// Pages of any origin may read this answer, and no other: a page served elsewhere begins with it. It holds what the
/// network tells every peer, no cookie or password decides on it, and asking changes nothing.
pub async fn chain(State(api): State<Api>) -> Result<impl IntoResponse, ApiError> {
    let addresses = api.node.network().browser_addresses().await.map_err(|_| ApiError::Stopping)?;
    let body = json!({ "genesis": api.spec.genesis, "bootstrap": addresses });
    Ok(([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(body)))
}
