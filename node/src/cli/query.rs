//! `query`: answers of a node, and with `--verify` their proofs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use emotionalchain_shared::{
    chain::{
        ChainSpec, Transaction,
        state::{Account, Device, StateKey, Validator},
    },
    crypto::PublicKey,
    light::{verify_inclusion, verify_summary, verify_value},
    primitives::{Address, BlockId, Epoch, Hash, Height},
    wire::{SignedHeader, Wire},
};
use serde_json::{Value, json};

use super::{
    CliResult,
    client::Client,
    home::read_spec,
    light::{Walk, signed_header},
    recover::parse_checkpoint,
};
use crate::http::summary_json;

/// Options of `query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// URL of the node
    #[arg(long, env = "EMOTIONALCHAIN_NODE", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    node: String,
    /// Check the answer against certificates from genesis or a checkpoint on; needs --genesis
    #[arg(long, requires = "genesis")]
    verify: bool,
    /// Genesis file: the root of trust of --verify
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// Trusted block to begin at, as HEIGHT:ID, instead of genesis
    #[arg(long, value_name = "HEIGHT:ID", value_parser = parse_checkpoint)]
    from_checkpoint: Option<(Height, BlockId)>,
    /// Print one JSON object in one line; without it the same, indented for people
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

/// What can be asked.
#[derive(Debug, Subcommand)]
enum What {
    /// Balance and nonce of an account
    Account {
        /// Address, emo1…
        address: Address,
    },
    /// A validator's record
    Validator {
        /// Address, emo1…
        address: Address,
    },
    /// An enrolled device
    Device {
        /// Public key, 64 hexadecimal digits
        key: PublicKey,
    },
    /// An included transaction
    Transaction {
        /// Id, 64 hexadecimal digits
        id: Hash,
    },
    /// A header with its certificate
    Header {
        /// Its height
        height: u64,
    },
    /// Summary of a closed epoch
    Epoch {
        /// Its number
        epoch: u64,
    },
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub fn query(args: &QueryArgs) -> CliResult {
    let client = Client::new(&args.node);
    let spec = args.genesis.as_deref().map(read_spec).transpose()?;
    let mut answer = match &args.what {
        What::Account { address } => state(args, &client, spec.as_ref(), StateKey::Account(*address))?,
        What::Validator { address } => state(args, &client, spec.as_ref(), StateKey::Validator(*address))?,
        What::Device { key } => state(args, &client, spec.as_ref(), StateKey::Device(*key))?,
        What::Transaction { id } => transaction(args, &client, spec.as_ref(), id)?,
        What::Header { height } => {
            let answer = client.get(&format!("/headers/{height}"))?;
            let signed = signed_header(&client, &answer)?;
            if signed.header.height.get() != *height {
                return Err("the node answers with another header".into());
            }
            reach(args, &client, spec.as_ref(), &signed)?;
            let header = &signed.header;
            json!({ "height": height, "id": header.id(), "time_ms": header.time.millis(), "state_root": header.state_root })
        }
        What::Epoch { epoch } => summary(args, &client, spec.as_ref(), Epoch::new(*epoch))?,
    };
    if let Value::Object(fields) = &mut answer {
        fields.insert("verified".into(), json!(args.verify));
    }
    if args.json {
        out!("{answer}");
    } else {
        out!("{}", serde_json::to_string_pretty(&answer)?);
    }
    Ok(())
}

/// A record of the state; verified against a certified header's state root, absence included.
fn state(
    args: &QueryArgs,
    client: &Client,
    spec: Option<&ChainSpec>,
    key: StateKey,
) -> Result<Value, Failure> {
    let answer = client.get(&format!("/state/{}", hex::encode(key.to_bytes())))?;
    let value = match answer.get("value_hex") {
        Some(Value::Null) | None => None,
        Some(_) => Some(client.bytes(&answer, "value_hex")?),
    };
    let signed = proved_by(client, &answer)?;
    if args.verify {
        verify_value(&signed.header, key, value.as_deref(), &client.bytes(&answer, "proof_hex")?)?;
    }
    reach(args, client, spec, &signed)?;
    let height = signed.header.height.get();
    let Some(value) = value else {
        return Ok(json!({ "height": height, "present": false }));
    };
    let record = match key {
        StateKey::Account(address) => {
            let account: Account = borsh::from_slice(&value)?;
            json!({ "address": address, "balance_micro": account.balance.micro(), "nonce": account.nonce.get() })
        }
        StateKey::Validator(address) => {
            let one: Validator = borsh::from_slice(&value)?;
            json!({
                "validator": address,
                "account": one.account,
                "bond_micro": one.bond.micro(),
                "score_bp": one.standing.score.map(|score| score.get()),
                "seated": one.seated,
                "jailed": one.jailed,
                "tombstoned": one.tombstoned,
            })
        }
        _ => {
            let one: Device = borsh::from_slice(&value)?;
            json!({
                "validator": one.validator,
                "tier": one.tier,
                "simulated": one.simulated,
                "revoked": one.revoked.is_some(),
                "last_sequence": one.last_sequence,
            })
        }
    };
    Ok(json!({ "height": height, "present": true, "record": record }))
}

/// A transaction; verified against the transactions root of a certified header.
fn transaction(
    args: &QueryArgs,
    client: &Client,
    spec: Option<&ChainSpec>,
    id: &Hash,
) -> Result<Value, Failure> {
    let answer = client.get(&format!("/transactions/{id}"))?;
    let bytes = client.bytes(&answer, "transaction_hex")?;
    let signed = proved_by(client, &answer)?;
    let transaction = if args.verify {
        verify_inclusion(&signed.header, id, &bytes, &client.bytes(&answer, "proof_hex")?)?
    } else {
        Transaction::decode(&bytes)?
    };
    reach(args, client, spec, &signed)?;
    let mut found = json!({
        "id": transaction.id(),
        "height": signed.header.height.get(),
        "sender": transaction.sender(),
        "nonce": transaction.body.nonce.get(),
        "fee_micro": transaction.body.fee.micro(),
    });
    // A list's root does not commit to positions: this one stays the node's word.
    if !args.verify
        && let Value::Object(fields) = &mut found
    {
        fields.insert("index".into(), json!(client.number(&answer, "index")?));
    }
    Ok(found)
}

/// An epoch's summary; verified against the certified header that closes the epoch.
fn summary(
    args: &QueryArgs,
    client: &Client,
    spec: Option<&ChainSpec>,
    epoch: Epoch,
) -> Result<Value, Failure> {
    let mut answer = client.get(&format!("/epochs/{epoch}"))?;
    let signed = proved_by(client, &answer)?;
    if args.verify {
        let summary = verify_summary(&signed.header, epoch, &client.bytes(&answer, "summary_hex")?)?;
        reach(args, client, spec, &signed)?;
        answer = summary_json(&summary);
    }
    if let Value::Object(fields) = &mut answer {
        fields.remove("signed_header");
        fields.remove("summary_hex");
        fields.insert("closed_by".into(), json!(signed.header.height.get()));
    }
    Ok(answer)
}

/// The header that an answer comes with.
fn proved_by(client: &Client, answer: &Value) -> Result<SignedHeader, Failure> {
    Ok(signed_header(client, answer.get("signed_header").ok_or("answer without a header")?)?)
}

/// With `--verify`: follows certificates up to the header.
fn reach(
    args: &QueryArgs,
    client: &Client,
    spec: Option<&ChainSpec>,
    signed: &SignedHeader,
) -> Result<(), Failure> {
    if let Some(spec) = spec.filter(|_| args.verify) {
        Walk::begin(client, spec, args.from_checkpoint)?.reach(signed)?;
    }
    Ok(())
}
