//! Accounts, validators, and any key of the state with its proof.

use axum::{
    Json,
    extract::{Path, State},
};
use emotionalchain_shared::{
    chain::{
        schedule_after,
        state::{Account, Overlay, StateError, StateKey, Validator},
    },
    merkle::{MAX_KEY, StateTree},
    primitives::{Address, Height},
};
use serde_json::{Value, json};

use super::{Api, ApiError, blocks};

impl From<StateError> for ApiError {
    fn from(error: StateError) -> Self {
        tracing::error!(%error, "state cannot be read");
        Self::Internal
    }
}

pub async fn account(State(api): State<Api>, Path(address): Path<String>) -> Result<Json<Value>, ApiError> {
    let address: Address = address.parse().map_err(|_| ApiError::Malformed("address"))?;
    api.read(move |store| {
        let view = Overlay::new(store);
        let account: Account = view.read(StateKey::Account(address))?.unwrap_or_default();
        let owns: Option<Address> = view.read(StateKey::Owner(address))?;
        Ok(Json(json!({
            "address": address,
            "balance_micro": account.balance.micro(),
            "nonce": account.nonce.get(),
            "validator": owns,
        })))
    })
    .await
}

pub async fn validators(State(api): State<Api>) -> Result<Json<Value>, ApiError> {
    api.read(|store| {
        let (globals, set, _) = schedule_after(store)?;
        let view = Overlay::new(store);
        let mut seats = Vec::new();
        for member in set.members() {
            let validator: Validator = view.require(StateKey::Validator(member.address))?;
            seats.push(describe(&member.address, &validator));
        }
        Ok(Json(json!({
            "height": globals.height.get(),
            "root": globals.next_set,
            "quorum": set.quorum(),
            "seats": seats,
        })))
    })
    .await
}

pub async fn validator(State(api): State<Api>, Path(address): Path<String>) -> Result<Json<Value>, ApiError> {
    let address: Address = address.parse().map_err(|_| ApiError::Malformed("address"))?;
    api.read(move |store| {
        let validator: Option<Validator> = Overlay::new(store).read(StateKey::Validator(address))?;
        Ok(Json(describe(&address, &validator.ok_or(ApiError::NotFound("validator"))?)))
    })
    .await
}

fn describe(address: &Address, one: &Validator) -> Value {
    json!({
        "validator": address,
        "account": one.account,
        "consensus_key": one.key,
        "bond_micro": one.bond.micro(),
        "score_bp": one.standing.score.map(|score| score.get()),
        "misses": one.standing.misses,
        "last_vote_epoch": one.last_vote.map(|(epoch, _)| epoch.get()),
        "attendance_bp": one.attendance.share().get(),
        "seated": one.seated,
        "jailed": one.jailed,
        "tombstoned": one.tombstoned,
        "unbonding": one.unbonding,
    })
}

/// A key in hexadecimal; the answer verifies against the header beside it.
pub async fn proof(State(api): State<Api>, Path(key): Path<String>) -> Result<Json<Value>, ApiError> {
    if key.len() > MAX_KEY.saturating_mul(2) {
        return Err(ApiError::Malformed("key"));
    }
    let key = hex::decode(key).map_err(|_| ApiError::Malformed("key"))?;
    api.read(move |store| {
        let head = store.head()?.filter(|head| head.height > Height::ZERO);
        let head = head.ok_or(ApiError::NotFound("block"))?;
        let (value, proof) =
            StateTree::new(store).get_with_proof(head.height.get(), &key).map_err(|_| ApiError::Internal)?;
        let (block, certificate) = blocks::read(store, head.height)?.ok_or(ApiError::Internal)?;
        Ok(Json(json!({
            "height": head.height.get(),
            "key_hex": hex::encode(key),
            "value_hex": value.map(hex::encode),
            "proof_hex": hex::encode(proof.encode()),
            "signed_header": blocks::signed_header(&block.header, &certificate),
        })))
    })
    .await
}
