//! `tx`: signing and handing in transactions.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::{Args, Subcommand};
use emotionalchain_shared::{
    chain::{Action, Authorisation, ChainSpec, SessionDelegation, Transaction},
    crypto::{PublicKey, SecretKey, SignDomain, SignKind},
    epoch::RandomnessChain,
    primitives::{Address, Amount, Hash, Nonce, TimeMs},
    wire::Wire,
};
use serde_json::{Map, Value, json};

use super::{
    CliResult, PassphraseArgs,
    client::{Client, ClientError},
    home::read_spec,
    init::peer_id,
};
use crate::keys::{KeyFile, Keys, PassphrasePurpose};

/// Transactions that can be made.
#[derive(Debug, Subcommand)]
pub enum TxCommand {
    /// Move money
    Transfer {
        /// To whom, emo1…
        #[arg(long)]
        to: Address,
        /// How much, in µEMO
        #[arg(long, value_name = "MICRO")]
        amount: u64,
        #[command(flatten)]
        common: Common,
    },
    /// Register the key file's consensus key as a validator
    Register {
        /// How much to lock, in µEMO; the least is a genesis parameter
        #[arg(long, value_name = "MICRO")]
        bond: u64,
        #[command(flatten)]
        common: Common,
    },
    /// Enrol the key file's device for the sender's validator
    Enroll {
        /// 70: bare key; 80: simulated, where the chain allows that
        #[arg(long, default_value_t = 70)]
        tier: u8,
        #[command(flatten)]
        common: Common,
    },
    /// Revoke a device for ever
    Revoke {
        /// Its public key, 64 hexadecimal digits
        #[arg(long)]
        device: PublicKey,
        #[command(flatten)]
        common: Common,
    },
    /// Let a session key sign proofs for the key file's device, from the time of the node's newest block on
    Delegate {
        /// Its public key, 64 hexadecimal digits
        #[arg(long, value_name = "HEX")]
        session_key: PublicKey,
        /// For how long; the chain may allow less
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=120))]
        minutes: u64,
        #[command(flatten)]
        common: Common,
    },
    /// Ask to leave the seat and have the bond back after the delay
    Unbond {
        #[command(flatten)]
        common: Common,
    },
    /// End a jail for downtime
    Unjail {
        #[command(flatten)]
        common: Common,
    },
}

/// What every transaction needs.
#[derive(Debug, Args)]
pub struct Common {
    /// Key file whose account signs and pays
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Genesis file of the chain
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// URL of the node
    #[arg(long, env = "EMOTIONALCHAIN_NODE", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    node: String,
    /// Fee in µEMO; without it the least
    #[arg(long, value_name = "MICRO")]
    fee: Option<u64>,
    /// Nonce; without it the account's next
    #[arg(long)]
    nonce: Option<u64>,
    /// Wait until it is in a block
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Longest wait for inclusion.
const INCLUSION: Duration = Duration::from_secs(60);

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub fn tx(command: &TxCommand) -> CliResult {
    let (TxCommand::Transfer { common, .. }
    | TxCommand::Register { common, .. }
    | TxCommand::Enroll { common, .. }
    | TxCommand::Revoke { common, .. }
    | TxCommand::Delegate { common, .. }
    | TxCommand::Unbond { common }
    | TxCommand::Unjail { common }) = command;
    let spec = read_spec(&common.genesis)?;
    let passphrase = common.passphrase.source().read(PassphrasePurpose::Unlock)?;
    let keys = KeyFile::open(&common.key)?.unlock(&passphrase)?;
    let client = Client::new(&common.node);
    let action = action(command, &spec, &keys, &client)?;
    send(common, &spec, &keys, &client, action)
}

fn action(command: &TxCommand, spec: &ChainSpec, keys: &Keys, client: &Client) -> Result<Action, Failure> {
    let account = keys.public().account.address();
    Ok(match command {
        TxCommand::Transfer { to, amount, .. } => {
            Action::Transfer { to: *to, amount: Amount::from_micro(*amount) }
        }
        TxCommand::Register { bond, .. } => {
            let peer_id = peer_id(keys)?.to_bytes();
            let document = Transaction::key_possession(&account, &peer_id);
            let consensus = keys.consensus.signing_key();
            Action::RegisterValidator {
                consensus_key: consensus.public(),
                possession: spec.domain.sign(&consensus, SignKind::KeyPossession, &document),
                peer_id,
                bond: Amount::from_micro(*bond),
                randomness_tip: RandomnessChain::new(keys.randomness.expose()).tip(),
            }
        }
        TxCommand::Enroll { tier, .. } => {
            let owner = client.get(&format!("/accounts/{account}"))?;
            let validator = client.text(&owner, "validator");
            let validator: Address =
                validator.map_err(|_| format!("{account} owns no validator: register one first"))?.parse()?;
            let device = keys.device.signing_key();
            let document = Transaction::device_possession(&validator, *tier);
            Action::EnrollDevice {
                device_key: device.public(),
                tier: *tier,
                possession: spec.domain.sign(&device, SignKind::KeyPossession, &document),
                webauthn_key: None,
            }
        }
        TxCommand::Revoke { device, .. } => Action::RevokeDevice { device_key: *device },
        TxCommand::Delegate { session_key, minutes, .. } => {
            let (_, _, from) = client.head(&spec.hash)?;
            let most = spec.params().session_ms;
            delegation(&spec.domain, most, &keys.device.signing_key(), *session_key, from, *minutes)?
        }
        TxCommand::Unbond { .. } => Action::Unbond,
        TxCommand::Unjail { .. } => Action::Unjail,
    })
}

/// The device's word that a session key may sign for some minutes, at most `session_ms` long.
fn delegation(
    domain: &SignDomain,
    session_ms: u64,
    device: &SecretKey,
    session_key: PublicKey,
    not_before: TimeMs,
    minutes: u64,
) -> Result<Action, Failure> {
    let length = minutes.saturating_mul(60_000);
    if length > session_ms {
        return Err(format!("a session of this chain lasts at most {session_ms} ms").into());
    }
    let not_after = not_before.saturating_add(length);
    let document = SessionDelegation::sign_body(&session_key, not_before, not_after);
    Ok(Action::DelegateSession {
        device_key: device.public(),
        session_key,
        not_before,
        not_after,
        authorisation: Authorisation::Device(domain.sign(device, SignKind::SessionDelegation, &document)),
    })
}

/// What of an order its user needs and cannot know: a session's proofs must repeat its times.
fn details(action: &Action) -> Map<String, Value> {
    let mut details = Map::new();
    if let Action::DelegateSession { device_key, session_key, not_before, not_after, .. } = action {
        details.insert("device_key".into(), json!(device_key));
        details.insert("session_key".into(), json!(session_key));
        details.insert("not_before_ms".into(), json!(not_before.millis()));
        details.insert("not_after_ms".into(), json!(not_after.millis()));
    }
    details
}

fn send(common: &Common, spec: &ChainSpec, keys: &Keys, client: &Client, action: Action) -> CliResult {
    let key = keys.account.signing_key();
    let nonce = match common.nonce {
        Some(nonce) => nonce,
        None => {
            let account = client.get(&format!("/accounts/{}", key.public().address()))?;
            client.number(&account, "nonce")?
        }
    };
    let fee = common.fee.map_or(spec.params().min_fee, Amount::from_micro);
    let transaction = Transaction::sign(&spec.domain, &key, Nonce::new(nonce), fee, action);
    let body = json!({ "transaction_hex": hex::encode(transaction.encode()) });
    client.post("/transactions", &body)?;
    let id = transaction.id();
    let height = if common.wait { Some(included(client, &id)?) } else { None };
    let mut details = details(&transaction.body.action);
    if common.json {
        details.insert("id".into(), json!(id));
        details.insert("height".into(), json!(height));
        out!("{}", Value::Object(details));
    } else {
        match height {
            Some(height) => out!("{id} is in block {height}"),
            None => out!("{id} is handed in"),
        }
        for (name, value) in &details {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            out!("{:<13} {value}", name.replace('_', " "));
        }
    }
    Ok(())
}

fn included(client: &Client, id: &Hash) -> Result<u64, Failure> {
    let since = Instant::now();
    loop {
        match client.get(&format!("/transactions/{id}")) {
            Ok(answer) => return Ok(client.number(&answer, "height")?),
            Err(ClientError::Refused { .. }) if since.elapsed() < INCLUSION => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(ClientError::Refused { .. }) => {
                return Err(format!("{id} is in no block after {} s", INCLUSION.as_secs()).into());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
