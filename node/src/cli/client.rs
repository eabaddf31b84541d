//! Asking a node over HTTP.

use std::time::Duration;

use emotionalchain_shared::primitives::{BlockId, Hash, Height, TimeMs};
use serde_json::Value;
use thiserror::Error;

/// Longest answer that is read.
const MAX_ANSWER: u64 = 8 << 20;
/// Longest wait for one.
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The node cannot be reached.
    #[error("{url} cannot be reached: {source}; is the node running?")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the socket said.
        source: Box<ureq::Error>,
    },
    /// The node refuses.
    #[error("{url} answers: {message}")]
    Refused {
        /// What was asked.
        url: String,
        /// The node's words.
        message: String,
    },
    /// An answer that is not JSON, or lacks what it should hold.
    #[error("{url} answers without a usable {what}")]
    Malformed {
        /// What was asked.
        url: String,
        /// What is missing.
        what: &'static str,
    },
    /// Another genesis.
    #[error("{url} runs another chain than that of the genesis file")]
    OtherChain {
        /// Whose node.
        url: String,
    },
    /// Nothing is final yet.
    #[error("{url} has no block yet: try again later")]
    NoBlock {
        /// Whose node.
        url: String,
    },
}

/// A node's HTTP face.
pub struct Client {
    base: String,
    agent: ureq::Agent,
}

impl Client {
    /// The node at a URL.
    pub fn new(base: &str) -> Self {
        let config =
            ureq::Agent::config_builder().timeout_global(Some(TIME_LIMIT)).http_status_as_error(false);
        Self { base: base.trim_end_matches('/').to_owned(), agent: config.build().into() }
    }

    /// GET.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get(&self, path: &str) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        let response = self.agent.get(&url).call();
        read(url, response)
    }

    /// POST of a JSON object.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        let response = self.agent.post(&url).content_type("application/json").send(body.to_string());
        read(url, response)
    }

    /// Height, id and time of the node's newest block, if it runs the chain of this genesis.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn head(&self, genesis: &Hash) -> Result<(Height, BlockId, TimeMs), ClientError> {
        let status = self.get("/status")?;
        let malformed = |what| ClientError::Malformed { url: self.base.clone(), what };
        let runs: Hash =
            self.text(&status, "genesis_hash")?.parse().map_err(|_| malformed("genesis_hash"))?;
        if runs != *genesis {
            return Err(ClientError::OtherChain { url: self.base.clone() });
        }
        let height = Height::new(self.number(&status, "height")?);
        if height == Height::ZERO {
            return Err(ClientError::NoBlock { url: self.base.clone() });
        }
        let id: BlockId = self.text(&status, "block_id")?.parse().map_err(|_| malformed("block_id"))?;
        Ok((height, id, TimeMs::from_millis(self.number(&status, "time_ms")?)))
    }

    /// A text field of an answer.
    ///
    /// # Errors
    /// [`ClientError::Malformed`].
    pub fn text<'a>(&self, answer: &'a Value, what: &'static str) -> Result<&'a str, ClientError> {
        let malformed = || ClientError::Malformed { url: self.base.clone(), what };
        answer.get(what).and_then(Value::as_str).ok_or_else(malformed)
    }

    /// A number of an answer.
    ///
    /// # Errors
    /// [`ClientError::Malformed`].
    pub fn number(&self, answer: &Value, what: &'static str) -> Result<u64, ClientError> {
        let malformed = || ClientError::Malformed { url: self.base.clone(), what };
        answer.get(what).and_then(Value::as_u64).ok_or_else(malformed)
    }

    /// Hexadecimal bytes of an answer.
    ///
    /// # Errors
    /// [`ClientError::Malformed`].
    pub fn bytes(&self, answer: &Value, what: &'static str) -> Result<Vec<u8>, ClientError> {
        let malformed = |_| ClientError::Malformed { url: self.base.clone(), what };
        hex::decode(self.text(answer, what)?).map_err(malformed)
    }
}

fn read(
    url: String,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, ClientError> {
    let mut response = match response {
        Ok(response) => response,
        Err(source) => return Err(ClientError::Unreachable { url, source: Box::new(source) }),
    };
    let text = response.body_mut().with_config().limit(MAX_ANSWER).read_to_string().unwrap_or_default();
    let Ok(answer) = serde_json::from_str::<Value>(&text) else {
        return Err(ClientError::Malformed { url, what: "JSON document" });
    };
    if response.status().is_success() {
        return Ok(answer);
    }
    let message = answer.pointer("/error/message").and_then(Value::as_str).unwrap_or("an error");
    Err(ClientError::Refused { message: message.to_owned(), url })
}
