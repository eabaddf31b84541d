//! The OpenAPI document: one entry a route, kept beside the routes and tested against them.

use axum::Json;
use serde_json::{Map, Value, json};

/// Path, method, summary and whether it takes a body.
pub const ROUTES: [(&str, &str, &str); 19] = [
    ("/status", "get", "What the node says of itself"),
    ("/peers", "get", "Connected peers, measured"),
    ("/health", "get", "200 while the process answers"),
    ("/ready", "get", "200 once a block is final and the node is not catching up, else 503"),
    ("/metrics", "get", "Prometheus text"),
    ("/openapi.json", "get", "This document"),
    ("/genesis", "get", "The chain's genesis"),
    ("/blocks", "get", "Finalised blocks; query: from (height), count (at most 100)"),
    ("/blocks/{height}", "get", "One finalised block with its certificate"),
    ("/headers/{height}", "get", "Header and certificate as canonical bytes"),
    ("/epochs/{epoch}", "get", "Summary of a closed epoch"),
    ("/transactions", "post", "Hand in {\"transaction_hex\"}; 202 with its id"),
    ("/transactions/{id}", "get", "An included transaction with its inclusion proof"),
    ("/proofs", "post", "Hand in {\"proof_hex\"}, a biometric proof for this validator"),
    ("/accounts/{address}", "get", "Balance and nonce; reported, not proved"),
    ("/validators", "get", "The seats that decide the next height"),
    ("/validators/{address}", "get", "One validator"),
    ("/state/{key}", "get", "A key of the state (hexadecimal) with proof, header and certificate"),
    ("/events", "get", "Server-sent events: one `head` a finalised block"),
];

pub async fn document() -> Json<Value> {
    let mut paths = Map::new();
    for (path, method, summary) in ROUTES {
        let parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let mut operation = json!({
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "2XX": { "description": "the answer" },
                "default": { "$ref": "#/components/responses/Error" },
            },
        });
        if method == "post"
            && let Value::Object(fields) = &mut operation
        {
            let body = json!({ "required": true, "content": { "application/json": { "schema": { "type": "object" } } } });
            fields.insert("requestBody".into(), body);
        }
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = entry {
            methods.insert(method.into(), operation);
        }
    }
    let error = json!({
        "description": "what went wrong",
        "content": { "application/json": { "schema": { "type": "object", "properties": { "error": {
            "type": "object",
            "properties": { "code": { "type": "string" }, "message": { "type": "string" } },
        } } } } },
    });
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "EmotionalChain node", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": { "responses": { "Error": error } },
    }))
}
