//! Errors as users of the HTTP face see them.

use axum::{
    Json,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::json;
use thiserror::Error;

use crate::{node::SubmitError, store::StoreError};

/// Why a request has no answer; the code is stable, the message is for people.
#[derive(Debug, Error)]
pub enum ApiError {
    /// A parameter or body that cannot be read.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Something that is not here.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A transaction or proof that is refused.
    #[error("{0}")]
    Refused(String),
    /// A method that the route does not have.
    #[error("the route has no such method")]
    Method,
    /// Asked under a name that is not of this machine.
    #[error("only names of this machine are answered to, such as localhost")]
    Host,
    /// A body above the limit.
    #[error("the body is too large")]
    TooLarge,
    /// No block yet, or behind its peers.
    #[error("the node has no block yet, is catching up, or is without a quorum")]
    NotReady,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// Too many listeners.
    #[error("too many event streams are open")]
    Busy,
    /// Took too long.
    #[error("the request took too long")]
    Timeout,
    /// The node's own fault.
    #[error("internal error")]
    Internal,
}

impl ApiError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::NotFound(_) => "not_found",
            Self::Refused(_) => "refused",
            Self::Method => "method_not_allowed",
            Self::Host => "host",
            Self::TooLarge => "too_large",
            Self::NotReady => "not_ready",
            Self::Stopping => "stopping",
            Self::Busy => "busy",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotReady | Self::Stopping | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.to_string() } });
        (self.status(), Json(body)).into_response()
    }
}

/// Gives errors that the framework made, such as for a body above the limit, the form of our own.
pub async fn uniform(response: Response) -> Response {
    let status = response.status();
    let ours = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    match status {
        StatusCode::METHOD_NOT_ALLOWED => ApiError::Method,
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        StatusCode::NOT_FOUND => ApiError::NotFound("route"),
        _ if status.is_client_error() => ApiError::Malformed("request"),
        _ => ApiError::Internal,
    }
    .into_response()
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store cannot be read");
        Self::Internal
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Stopped => Self::Stopping,
            other => Self::Refused(other.to_string()),
        }
    }
}
