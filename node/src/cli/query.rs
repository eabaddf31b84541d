//! `query`: answers of a node, and with `--verify` their proofs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use emotionalchain_shared::{
    chain::{
        ChainSpec, Transaction,
        state::{Account, Device, StateKey, Validator},
    },
    crypto::PublicKey,
    merkle::{ListProof, StateProof},
    primitives::{Address, BlockId, Hash, Height},
    wire::Wire,
};
use serde_json::{Value, json};

use super::{
    CliResult,
    client::Client,
    home::read_spec,
    light::{Walk, read_signed_header},
    recover::parse_checkpoint,
};

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
    /// Print one JSON object (queries print JSON in any case; kept for scripts that ask for it)
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
    /// Summary of a closed epoch (reported; its root stands in a header)
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
            let signed = read_signed_header(&client, &answer)?;
            if let Some(spec) = spec.as_ref().filter(|_| args.verify) {
                Walk::begin(&client, spec, args.from_checkpoint)?.reach(&signed)?;
            }
            let header = &signed.header;
            json!({ "height": height, "id": header.id(), "time_ms": header.time.millis(), "state_root": header.state_root })
        }
        What::Epoch { epoch } => {
            if args.verify {
                return Err("an epoch's summary is reported, not proved: ask without --verify".into());
            }
            client.get(&format!("/epochs/{epoch}"))?
        }
    };
    if let Value::Object(fields) = &mut answer {
        fields.insert("verified".into(), json!(args.verify));
    }
    println!("{answer}");
    Ok(())
}

/// A record of the state; verified against a certified header's state root, absence included.
fn state(
    args: &QueryArgs,
    client: &Client,
    spec: Option<&ChainSpec>,
    key: StateKey,
) -> Result<Value, Failure> {
    let bytes = key.to_bytes();
    let answer = client.get(&format!("/state/{}", hex::encode(&bytes)))?;
    let value = match answer.get("value_hex") {
        Some(Value::Null) | None => None,
        Some(_) => Some(client.bytes(&answer, "value_hex")?),
    };
    let signed = read_signed_header(client, answer.get("signed_header").ok_or("answer without a header")?)?;
    if let Some(spec) = spec.filter(|_| args.verify) {
        let proof = StateProof::decode(&client.bytes(&answer, "proof_hex")?)?;
        let root = &signed.header.state_root;
        match &value {
            Some(value) => proof.verify_inclusion(root, &bytes, value)?,
            None => proof.verify_absence(root, &bytes)?,
        }
        Walk::begin(client, spec, args.from_checkpoint)?.reach(&signed)?;
    }
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
    let signed = read_signed_header(client, answer.get("signed_header").ok_or("answer without a header")?)?;
    let (index, total) = (client.number(&answer, "index")?, client.number(&answer, "total")?);
    let transaction = Transaction::decode(&bytes)?;
    if transaction.id() != *id {
        return Err("the node answers with another transaction".into());
    }
    if let Some(spec) = spec.filter(|_| args.verify) {
        let proof = ListProof::decode(&client.bytes(&answer, "proof_hex")?)?;
        proof.verify_at(&signed.header.transactions_root, &bytes, index, total)?;
        Walk::begin(client, spec, args.from_checkpoint)?.reach(&signed)?;
    }
    Ok(json!({
        "id": id,
        "height": signed.header.height.get(),
        "index": index,
        "sender": transaction.sender(),
        "nonce": transaction.body.nonce.get(),
        "fee_micro": transaction.body.fee.micro(),
    }))
}
