//! The page that the node serves at `/`: the files of one folder, read into memory at the start.
//!
//! Rules:
//! - a request is looked up in the table of what was read (see [`load`]) and never reaches the disk: no path, however
//!   written, leads out of the folder. Routes of the interface win over files;
//! - a file with compressed copies beside it goes out in the coding that the browser likes best (see [`coding`]);
//! - files under `/assets/` with a hash in their name never change and are kept for ever; all others are asked for
//!   again, and answered with 304 while they are the same;
//! - a page may run its own scripts and WebAssembly and talk to nodes, and load nothing from anywhere else;
//! - a node without a page says at `/` how to get one.

mod coding;
mod load;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
            IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use emotionalchain_shared::primitives::hash_bytes;

use super::{Api, ApiError};
use coding::Coding;
pub use load::SiteError;

/// What a page may do. WebSockets go to any node; HTTP asks nodes of this machine for `/light.json`.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                      img-src 'self' data:; connect-src 'self' ws: wss: http://127.0.0.1:* http://localhost:*; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// For names that change with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For all others: kept, but asked for again before use.
const ASK_AGAIN: &str = "no-cache";
/// Characters of the hash that bundlers put before the extension.
const HASH: usize = 8;
/// What stands at `/` without a page.
const NO_PAGE: &str = "This EmotionalChain node serves no page.\n\n\
                       build it   cargo xtask web\n\
                       serve it   emotionalchain run --web web/dist, or web = \"web/dist\" in config.toml\n\
                       the API    /openapi.json\n";

/// A page with all its files.
#[derive(Debug)]
pub struct Site {
    files: BTreeMap<String, File>,
}

/// One file in every coding that there is.
#[derive(Debug)]
struct File {
    kind: &'static str,
    plain: Content,
    compressed: BTreeMap<Coding, Content>,
}

#[derive(Debug)]
struct Content {
    bytes: Bytes,
    tag: String,
}

impl Content {
    fn new(bytes: Vec<u8>) -> Self {
        let digest: String = hash_bytes(&bytes).to_string().chars().take(32).collect();
        Self { bytes: bytes.into(), tag: format!("\"{digest}\"") }
    }
}

/// Answers what no route of the interface does.
pub async fn serve(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let (method, path) = (request.method(), request.uri().path());
    match &api.site {
        Some(site) => site.answer(method, path, request.headers()),
        None if path == "/" && is_read(method) => {
            Ok(([(CONTENT_TYPE, load::TEXT), (X_CONTENT_TYPE_OPTIONS, "nosniff")], NO_PAGE).into_response())
        }
        None => Err(ApiError::NotFound("route")),
    }
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

impl Site {
    fn answer(&self, method: &Method, path: &str, asked: &HeaderMap) -> Result<Response, ApiError> {
        let path = if path == "/" { "/index.html" } else { path };
        let file = self.files.get(path).ok_or(ApiError::NotFound("route"))?;
        if !is_read(method) {
            return Err(ApiError::Method);
        }
        let wanted = text(asked, &ACCEPT_ENCODING);
        let coding = coding::choose(&wanted, file.compressed.keys().copied());
        let content = coding.and_then(|coding| file.compressed.get(&coding)).unwrap_or(&file.plain);

        let mut headers = HeaderMap::new();
        let fixed = HeaderValue::from_static;
        headers.insert(CONTENT_TYPE, fixed(file.kind));
        headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
        headers.insert(CACHE_CONTROL, fixed(if has_hash(path) { FOR_EVER } else { ASK_AGAIN }));
        headers.insert(ETAG, HeaderValue::from_str(&content.tag).map_err(|_| ApiError::Internal)?);
        if file.kind == load::HTML {
            headers.insert(CONTENT_SECURITY_POLICY, fixed(POLICY));
        }
        if !file.compressed.is_empty() {
            headers.insert(VARY, fixed("accept-encoding"));
        }
        if matches(&text(asked, &IF_NONE_MATCH), &content.tag) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        if let Some(coding) = coding {
            headers.insert(CONTENT_ENCODING, fixed(coding.name()));
        }
        // The framework leaves the body out where only the head was asked for.
        Ok((headers, Body::from(content.bytes.clone())).into_response())
    }
}

/// A header's values as one list.
fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// Whether one of these tags names the content.
fn matches(tags: &str, own: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == own)
}

/// Whether the name changes with the content: `/assets/index-CezsLBg2.css`. An ordinary word of eight letters is none.
fn has_hash(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/assets/") else { return false };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let Some(split) = stem.len().checked_sub(HASH) else { return false };
    let Some((before, hash)) = stem.split_at_checked(split) else { return false };
    before.ends_with('-') && hash.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}
