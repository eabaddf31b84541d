//! The JavaScript face: a class that hands every call to [`LightClient`], with plain objects in and out.
//!
//! Calls run beside one another. Each takes an `AbortSignal`, upon which its future is dropped, and with it whatever it
//! had under way. Failures are `Error` objects with the stable code as property `code`.

mod abort;
#[cfg(feature = "bench")]
mod bench;
mod convert;
mod measurement;

use std::{future::Future, pin::pin, rc::Rc, str::FromStr, sync::Arc};

use emotionalchain_shared::{
    biometrics::DeviceTier,
    chain::{ChainSpec, Genesis, GenesisError},
    primitives::{Address, Amount, BlockId, Epoch, Height},
    wire::Wire,
};
use futures::{
    channel::oneshot,
    future::{Either, LocalBoxFuture, select},
};
use js_sys::{JSON, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::AbortSignal;

use self::{
    abort::abortable,
    convert::{failed, give, option, read},
};
use crate::{
    client::{LightClient, assemble},
    error::LightError,
    executor::spawn,
    keys::from_seed,
    measurement::Device,
    options::{Checkpoint, LightConfig, StorageKind},
    queries::Queries,
    store::Durable,
    transport::TransportKind,
    views::{EpochView, HeadView, PeerView, StatementView},
};
pub use measurement::RawMeasurement;

/// What `start` takes, but for the snapshot's bytes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    chain: String,
    bootstrap: Vec<String>,
    checkpoint: Option<CheckpointOption>,
    storage: Option<String>,
    transports: Option<Vec<TransportKind>>,
}

#[derive(Deserialize)]
struct CheckpointOption {
    height: u64,
    id: String,
}

#[derive(Deserialize)]
struct Transfer {
    to: String,
    amount: u64,
    fee: Option<u64>,
}

#[derive(Deserialize)]
struct DeviceOption {
    validator: String,
    tier: u8,
}

/// A running client.
#[wasm_bindgen]
pub struct RawClient {
    client: LightClient,
    queries: Rc<Queries>,
}

/// Shows a panic's place in the console. None is known; without this one would be a bare `unreachable`.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// The address of the account whose key has this seed.
#[wasm_bindgen(js_name = addressOfSeed)]
pub fn address_of_seed(seed: &[u8]) -> Result<String, JsValue> {
    let key = from_seed(seed).map_err(|error| failed(&error))?;
    Ok(key.public().address().to_string())
}

#[wasm_bindgen]
impl RawClient {
    /// Starts a client.
    pub async fn start(options: JsValue, signal: Option<AbortSignal>) -> Result<RawClient, JsValue> {
        let config = config(&options).map_err(|error| failed(&error))?;
        let (client, queries, body) =
            abortable(signal, Box::pin(assemble(config))).await.map_err(|error| failed(&error))?;
        spawn(body);
        Ok(Self { client, queries })
    }

    /// What the client is doing.
    pub fn status(&self) -> Result<JsValue, JsValue> {
        give(&self.client.status()).map_err(|error| failed(&error))
    }

    /// The newest verified head, once it is above a height.
    #[wasm_bindgen(js_name = nextHead)]
    pub fn next_head(&self, after: f64, signal: Option<AbortSignal>) -> Promise {
        let mut chain = self.client.chain();
        self.run(signal, async move {
            let newer = |head: &HeadView| head.header.height as f64 > after;
            let wait = chain.wait_for(|view| view.halted.is_some() || view.head.as_ref().is_some_and(newer));
            let view = wait.await.map_err(|_| LightError::Closed)?;
            match (&view.halted, &view.head) {
                (Some(reason), _) => Err(reason.clone()),
                (None, Some(head)) => give(head),
                (None, None) => Err(LightError::Closed),
            }
        })
    }

    /// The newest verified epoch summary, once it is above an epoch.
    #[wasm_bindgen(js_name = nextEpoch)]
    pub fn next_epoch(&self, after: f64, signal: Option<AbortSignal>) -> Promise {
        let mut chain = self.client.chain();
        self.run(signal, async move {
            let newer = |epoch: &Arc<EpochView>| epoch.epoch as f64 > after;
            let wait = chain.wait_for(|view| view.halted.is_some() || view.epoch.as_ref().is_some_and(newer));
            let view = wait.await.map_err(|_| LightError::Closed)?;
            match (&view.halted, view.epoch.as_deref()) {
                (Some(reason), _) => Err(reason.clone()),
                (None, Some(epoch)) => give(epoch),
                (None, None) => Err(LightError::Closed),
            }
        })
    }

    /// Everybody known, once that changed.
    #[wasm_bindgen(js_name = nextPeers)]
    pub fn next_peers(&self, after: f64, signal: Option<AbortSignal>) -> Promise {
        #[derive(Serialize)]
        struct Peers<'a> {
            version: u64,
            peers: &'a [PeerView],
        }
        let mut network = self.client.network();
        self.run(signal, async move {
            let wait = network.wait_for(|view| view.version as f64 > after);
            let view = wait.await.map_err(|_| LightError::Closed)?;
            give(&Peers { version: view.version, peers: &view.peers })
        })
    }

    /// A verified header.
    #[wasm_bindgen(js_name = getHeader)]
    pub fn get_header(&self, height: f64, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.header_view(Height::new(whole(height, "height")?)).await?) })
    }

    /// A verified block.
    #[wasm_bindgen(js_name = getBlock)]
    pub fn get_block(&self, height: f64, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.block(Height::new(whole(height, "height")?)).await?) })
    }

    /// A verified epoch summary.
    #[wasm_bindgen(js_name = getEpoch)]
    pub fn get_epoch(&self, epoch: f64, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.epoch(Epoch::new(whole(epoch, "epoch")?)).await?) })
    }

    /// The verified set that signs next.
    #[wasm_bindgen(js_name = getValidators)]
    pub fn get_validators(&self, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.validators().await?) })
    }

    /// A verified validator record, or `undefined`.
    #[wasm_bindgen(js_name = getValidator)]
    pub fn get_validator(&self, address: String, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move {
            let found = on.validator(parse::<Address>(&address, "address")?).await?;
            found.as_ref().map_or(Ok(JsValue::UNDEFINED), give)
        })
    }

    /// A verified account.
    #[wasm_bindgen(js_name = getAccount)]
    pub fn get_account(&self, address: String, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.account(parse::<Address>(&address, "address")?).await?) })
    }

    /// Verified scores of the last so many closed epochs.
    #[wasm_bindgen(js_name = getScoreHistory)]
    pub fn get_score_history(&self, address: String, epochs: f64, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move {
            let address = parse::<Address>(&address, "address")?;
            give(&on.score_history(address, whole(epochs, "number of epochs")?).await?)
        })
    }

    /// The proof that a transaction is included.
    #[wasm_bindgen(js_name = proveInclusion)]
    pub fn prove_inclusion(&self, id: String, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.transaction(parse(&id, "transaction id")?).await?) })
    }

    /// Hands in a transaction.
    #[wasm_bindgen(js_name = submitTransaction)]
    pub fn submit_transaction(&self, transaction: Vec<u8>, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.submit_transaction(&transaction).await?) })
    }

    /// Waits for a verified inclusion.
    #[wasm_bindgen(js_name = waitTransaction)]
    pub fn wait_transaction(&self, id: String, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.wait_transaction(parse(&id, "transaction id")?).await?) })
    }

    /// Hands in a biometric proof.
    #[wasm_bindgen(js_name = submitProof)]
    pub fn submit_proof(&self, proof: Vec<u8>, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.submit_proof(&proof).await?) })
    }

    /// Waits for a verified inclusion.
    #[wasm_bindgen(js_name = waitProof)]
    pub fn wait_proof(&self, proof: Vec<u8>, signal: Option<AbortSignal>) -> Promise {
        let on = Rc::clone(&self.queries);
        self.run(signal, async move { give(&on.wait_proof(&proof).await?) })
    }

    /// Signs a transfer.
    #[wasm_bindgen(js_name = signTransfer)]
    pub fn sign_transfer(&self, seed: &[u8], transfer: JsValue, signal: Option<AbortSignal>) -> Promise {
        let (on, key) = (Rc::clone(&self.queries), from_seed(seed));
        self.run(signal, async move {
            let transfer: Transfer = read(transfer, "transfer")?;
            let to = parse::<Address>(&transfer.to, "address")?;
            let (amount, fee) = (Amount::from_micro(transfer.amount), transfer.fee.map(Amount::from_micro));
            Ok(bytes(&on.sign_transfer(&key?, to, amount, fee).await?))
        })
    }

    /// Makes a biometric proof of the newest window of a measurement.
    #[wasm_bindgen(js_name = makeProof)]
    pub fn make_proof(
        &self,
        measurement: &RawMeasurement,
        device: JsValue,
        signal: Option<AbortSignal>,
    ) -> Promise {
        let (on, measurement) = (Rc::clone(&self.queries), measurement.measurement());
        self.run(signal, async move {
            let seed = option::<Uint8Array>(&device, "seed")?.ok_or(LightError::Malformed("seed"))?;
            let key = from_seed(&seed.to_vec())?;
            let option: DeviceOption = read(device, "device")?;
            let tier = DeviceTier::new(option.tier).ok_or(LightError::Malformed("tier"))?;
            let validator = parse(&option.validator, "address")?;
            let (proof, statement) = on.make_proof(&measurement, &Device { key, validator, tier }).await?;
            let made = Object::new();
            // An object that was made a moment ago takes properties.
            let _ = Reflect::set(&made, &"proof".into(), &bytes(&proof.encode()));
            let _ = Reflect::set(&made, &"statement".into(), &give(&StatementView::of(&statement))?);
            Ok(made.into())
        })
    }

    /// What a later start can continue from; `undefined` before there is anything to trust.
    pub fn snapshot(&self) -> Promise {
        let client = self.client.clone();
        self.run(None, async move {
            Ok(client.snapshot().await?.map_or(JsValue::UNDEFINED, |saved| bytes(&saved)))
        })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.client.close().await;
    }

    /// Starts a call beside all others. It ends with its signal, or with the client.
    fn run(
        &self,
        signal: Option<AbortSignal>,
        call: impl Future<Output = Result<JsValue, LightError>> + 'static,
    ) -> Promise {
        // Boxed here, so that all calls share what is around them: each copy of it would be downloaded.
        let call: LocalBoxFuture<'static, _> = Box::pin(call);
        let mut network = self.client.network();
        let (done, outcome) = oneshot::channel();
        // A task like all others, so that it keeps to slices of the page's time.
        spawn(async move {
            let closed = async move { while network.changed().await.is_ok() {} };
            let call = Box::pin(async move {
                match select(call, pin!(closed)).await {
                    Either::Left((outcome, _)) => outcome,
                    Either::Right(_) => Err(LightError::Closed),
                }
            });
            // Nobody may be waiting any more.
            let _ = done.send(abortable(signal, call).await);
        });
        future_to_promise(async move {
            outcome.await.unwrap_or(Err(LightError::Closed)).map_err(|error| failed(&error))
        })
    }
}

fn parse<T: FromStr>(text: &str, what: &'static str) -> Result<T, LightError> {
    text.parse().map_err(|_| LightError::Malformed(what))
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// A JavaScript number that stands for a counter.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and in range"
)]
fn whole(number: f64, what: &'static str) -> Result<u64, LightError> {
    let fits = number.fract() == 0.0 && (0.0..=9_007_199_254_740_991.0).contains(&number);
    if fits { Ok(number as u64) } else { Err(LightError::Malformed(what)) }
}

/// A genesis file, read by the browser's own parser: another one need not be downloaded.
fn chain(text: &str) -> Result<ChainSpec, LightError> {
    if text.len() > Genesis::MAX_BYTES {
        return Err(GenesisError::TooLarge(text.len()).into());
    }
    let parsed = JSON::parse(text).map_err(|_| LightError::Genesis("not JSON".into()))?;
    let genesis: Genesis = read(parsed, "chain").map_err(|error| LightError::Genesis(error.to_string()))?;
    Ok(ChainSpec::new(genesis)?)
}

fn config(options: &JsValue) -> Result<LightConfig, LightError> {
    let snapshot = option::<Uint8Array>(options, "snapshot")?.map(|bytes| bytes.to_vec());
    let options: Options = read(options.clone(), "options")?;
    let mut config = LightConfig::new(chain(&options.chain)?);
    config.bootstrap =
        options.bootstrap.iter().map(|one| LightConfig::read_address(one)).collect::<Result<_, _>>()?;
    config.checkpoint = options
        .checkpoint
        .map(|one| {
            let wrong = |_| LightError::Config("checkpoint", "its id is not 64 hexadecimal digits".into());
            Ok::<_, LightError>(Checkpoint {
                height: Height::new(one.height),
                id: BlockId::new(one.id.parse().map_err(wrong)?),
            })
        })
        .transpose()?;
    config.storage = match options.storage.as_deref() {
        None | Some("auto") => StorageKind::Auto,
        Some("memory") => StorageKind::Memory,
        Some("indexeddb") => StorageKind::Durable(Durable::PLACE.unwrap_or_default().into()),
        Some(other) => return Err(LightError::Config("storage", format!("{other:.40} is not a storage"))),
    };
    config.transports = options.transports.unwrap_or_default();
    config.snapshot = snapshot;
    Ok(config)
}
