//! Blocks, headers, epochs and transactions.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use emotionalchain_shared::{
    chain::{Block, EmotionalVote, EpochSummary, Header, SeatScore},
    consensus::CommitCertificate,
    merkle::ListTree,
    primitives::{Epoch, Hash, Height},
    wire::Wire,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Api, ApiError};
use crate::store::Snapshot;

/// Most blocks in one list.
const MAX_LIST: u64 = 100;
/// Blocks in a list whose length is not said.
const DEFAULT_LIST: u64 = 20;

/// Which blocks to list.
#[derive(Debug, Deserialize)]
pub struct Range {
    from: Option<u64>,
    count: Option<u64>,
}

pub async fn list(State(api): State<Api>, Query(range): Query<Range>) -> Result<Json<Value>, ApiError> {
    api.read(move |store| {
        let head = store.head()?.map(|head| head.height.get()).unwrap_or_default();
        let count = range.count.unwrap_or(DEFAULT_LIST).min(MAX_LIST);
        let newest = head.saturating_sub(count.saturating_sub(1)).max(1);
        let from = range.from.unwrap_or(newest).max(1);
        let mut blocks = Vec::new();
        for height in (from..from.saturating_add(count)).map(Height::new) {
            match store.block(height)? {
                Some(block) => blocks.push(summary(&block)),
                None => break,
            }
        }
        Ok(Json(json!({ "blocks": blocks })))
    })
    .await
}

pub async fn one(State(api): State<Api>, Path(height): Path<String>) -> Result<Json<Value>, ApiError> {
    let height = self::height(&height)?;
    let (block, certificate) =
        api.read(move |store| read(store, height)).await?.ok_or(ApiError::NotFound("block"))?;
    let mut value = summary(&block);
    if let Value::Object(fields) = &mut value {
        let ids: Vec<String> = block.transactions.iter().map(|one| one.id().to_string()).collect();
        let votes: Vec<Value> = block.votes.iter().map(vote_json).collect();
        fields.insert("transactions".into(), json!(ids));
        fields.insert("votes".into(), json!(votes));
        fields.insert("evidence".into(), json!(block.evidence.len()));
        fields.insert("certificate".into(), certificate_json(&certificate));
        fields.insert("block_hex".into(), json!(hex::encode(block.encode())));
    }
    Ok(Json(value))
}

/// Header and certificate as canonical bytes: what a light client verifies.
pub async fn header(State(api): State<Api>, Path(height): Path<String>) -> Result<Json<Value>, ApiError> {
    let height = self::height(&height)?;
    let (block, certificate) =
        api.read(move |store| read(store, height)).await?.ok_or(ApiError::NotFound("block"))?;
    Ok(Json(signed_header(&block.header, &certificate)))
}

/// A closed epoch, with the header that carries its root.
pub async fn epoch(State(api): State<Api>, Path(epoch): Path<String>) -> Result<Json<Value>, ApiError> {
    let epoch = epoch.parse().map(Epoch::new).map_err(|_| ApiError::Malformed("epoch"))?;
    api.read(move |store| {
        let summary = store.epoch_summary(epoch)?.ok_or(ApiError::NotFound("closed epoch"))?;
        let closes = store.close_height(epoch)?.ok_or(ApiError::NotFound("closed epoch"))?;
        let (block, certificate) = read(store, closes)?.ok_or(ApiError::Internal)?;
        let mut value = summary_json(&summary);
        if let Value::Object(fields) = &mut value {
            fields.insert("summary_hex".into(), json!(hex::encode(summary.encode())));
            fields.insert("signed_header".into(), signed_header(&block.header, &certificate));
        }
        Ok(Json(value))
    })
    .await
}

/// A transaction with the proof that it is in its block.
pub async fn transaction(State(api): State<Api>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let id: Hash = id.parse().map_err(|_| ApiError::Malformed("transaction id"))?;
    api.read(move |store| {
        let place = store.transaction_location(&id)?.ok_or(ApiError::NotFound("included transaction"))?;
        let (block, certificate) = read(store, place.height)?.ok_or(ApiError::NotFound("block"))?;
        let index = usize::try_from(place.index).map_err(|_| ApiError::Internal)?;
        let transaction = block.transactions.get(index).ok_or(ApiError::Internal)?;
        let proof = ListTree::from_leaves(block.transactions.iter().map(Wire::encode)).prove(index);
        let proof = proof.ok_or(ApiError::Internal)?;
        Ok(Json(json!({
            "id": id,
            "height": place.height.get(),
            "index": place.index,
            "total": block.transactions.len(),
            "transaction_hex": hex::encode(transaction.encode()),
            "proof_hex": hex::encode(proof.encode()),
            "signed_header": signed_header(&block.header, &certificate),
        })))
    })
    .await
}

/// An epoch's summary, but for its canonical bytes.
pub fn summary_json(summary: &EpochSummary) -> Value {
    let seat = |one: &SeatScore| {
        json!({
            "validator": one.validator,
            "score_bp": one.score.map(|score| score.get()),
            "voted": one.voted,
        })
    };
    json!({
        "epoch": summary.epoch.get(),
        "seats": summary.seats.iter().map(seat).collect::<Vec<_>>(),
        "scores": summary.scores.iter().map(seat).collect::<Vec<_>>(),
        "participation_bp": summary.participation.get(),
        "wellness": summary.wellness.map(|one| json!({
            "contributors": one.contributors,
            "score_bp": one.score.get(),
            "stress": one.stress,
            "focus": one.focus,
            "heart_rate_cbpm": one.heart_rate_cbpm,
        })),
        "jailed": summary.jailed,
        "rewards": summary.rewards.iter()
            .map(|(who, amount)| json!({ "validator": who, "micro_emo": amount.micro() }))
            .collect::<Vec<_>>(),
        "seed": summary.seed,
    })
}

fn vote_json(vote: &EmotionalVote) -> Value {
    json!({
        "validator": vote.validator(),
        "score_bp": vote.score().get(),
        "epoch": vote.epoch.get(),
        "device_key": vote.proof.authenticity.device_key,
        "sequence": vote.proof.authenticity.sequence,
    })
}

pub(super) fn read(store: &Snapshot, height: Height) -> Result<Option<(Block, CommitCertificate)>, ApiError> {
    Ok(store.block(height)?.zip(store.certificate(height)?))
}

pub(super) fn signed_header(header: &Header, certificate: &CommitCertificate) -> Value {
    json!({
        "height": header.height.get(),
        "header_hex": hex::encode(header.encode()),
        "certificate_hex": hex::encode(certificate.encode()),
    })
}

fn certificate_json(certificate: &CommitCertificate) -> Value {
    json!({
        "round": certificate.round.get(),
        "signers": certificate.signers.count(),
        "certificate_hex": hex::encode(certificate.encode()),
    })
}

fn summary(block: &Block) -> Value {
    let header = &block.header;
    json!({
        "height": header.height.get(),
        "id": header.id(),
        "parent_id": header.parent_id,
        "time_ms": header.time.millis(),
        "epoch": header.epoch.get(),
        "proposer": header.proposer,
        "build_round": header.build_round.get(),
        "transaction_count": block.transactions.len(),
        "vote_count": block.votes.len(),
        "state_root": header.state_root,
        "closes_epoch": header.epoch_summary_root != Hash::default(),
    })
}

fn height(text: &str) -> Result<Height, ApiError> {
    text.parse().map(Height::new).map_err(|_| ApiError::Malformed("height"))
}
