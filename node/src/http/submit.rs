//! Handing in transactions and biometric proofs.

use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use emotionalchain_shared::{
    chain::{BiometricProof, Transaction},
    wire::{MAX_BATCH_TRANSACTIONS, Wire},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Api, ApiError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransactionBody {
    transaction_hex: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    transactions_hex: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofBody {
    proof_hex: String,
}

pub async fn transaction(State(api): State<Api>, body: Bytes) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body: TransactionBody = serde_json::from_slice(&body).map_err(|_| ApiError::Malformed("body"))?;
    let transaction = decode::<Transaction>(&body.transaction_hex, "transaction")?;
    let id = api.node.submit(transaction).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))))
}

/// Several at once, each with an answer of its own: what one is refused for does not touch the others.
pub async fn batch(State(api): State<Api>, body: Bytes) -> Result<Json<Value>, ApiError> {
    let body: BatchBody = serde_json::from_slice(&body).map_err(|_| ApiError::Malformed("body"))?;
    let count = body.transactions_hex.len();
    if count == 0 || count > MAX_BATCH_TRANSACTIONS {
        return Err(ApiError::Malformed("transactions_hex"));
    }
    let transactions: Vec<Transaction> =
        body.transactions_hex.iter().map(|text| decode(text, "transaction")).collect::<Result<_, _>>()?;
    let taken = api.node.submit_all(transactions).await?;
    let results: Vec<Value> = taken
        .into_iter()
        .map(|result| match result {
            Ok(id) => json!({ "id": id }),
            Err(refusal) => json!({ "refused": refusal.to_string() }),
        })
        .collect();
    Ok(Json(json!({ "results": results })))
}

pub async fn proof(State(api): State<Api>, body: Bytes) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body: ProofBody = serde_json::from_slice(&body).map_err(|_| ApiError::Malformed("body"))?;
    let proof = decode::<BiometricProof>(&body.proof_hex, "proof")?;
    let epoch = api.spec.epoch_of(proof.authenticity.window_end);
    let validator = proof.validator;
    api.node.submit_proof(proof).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "validator": validator, "epoch": epoch.get() }))))
}

fn decode<T: Wire>(text: &str, what: &'static str) -> Result<T, ApiError> {
    let bytes = hex::decode(text).map_err(|_| ApiError::Malformed(what))?;
    T::decode(&bytes).map_err(|error| ApiError::Refused(error.to_string()))
}
