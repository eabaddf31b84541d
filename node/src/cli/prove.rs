//! `biometrics prove`: a proof over one window of a recording, made without a node by the code of its simulated device.
//!
//! As with a replay, the recording stands in for a heart that beats now: the window ends on the wall clock, and only
//! chains that allow simulated devices take it. Samples, secret and salts stay in memory.

use std::path::PathBuf;

use clap::Args;
use emotionalchain_shared::{
    biometrics::{
        CommitmentSecret, DeviceTier, Recording,
        tables::{SLIDE_TICKS, TICKS_PER_SECOND},
    },
    chain::{
        BiometricProof, Statement,
        state::{Device, StateKey},
    },
    crypto::PublicKey,
    primitives::{Address, Epoch},
    wire::Wire,
};
use serde_json::{Value, json};

use super::{CliResult, PassphraseArgs, analyze::read_recording, client::Client, home::read_spec};
use crate::{
    device::SimulatedDevice,
    keys::{KeyFile, PassphrasePurpose},
    node::now,
};

/// Seconds between the ends of successive windows.
const SLIDE: u64 = 30;
/// Where a recording's first window ends, seconds.
const FIRST_END: u64 = 90;

/// Options of `biometrics prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// CSV file with a column `rr_1024`: RR intervals in 1/1024 s; they stay on this machine
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Key file whose device signs, enrolled for the validator that its account owns
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Genesis file of the chain, which must allow simulated devices
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// URL of the validator's own node: no other takes its proof
    #[arg(long, env = "EMOTIONALCHAIN_NODE", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    node: String,
    /// Where in the recording the window ends: 90 or a later multiple of 30; without it the last eligible one
    #[arg(long, value_name = "SECONDS", value_parser = parse_end)]
    end: Option<u64>,
    /// Hand the proof in
    #[arg(long)]
    submit: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object, with the proof in hexadecimal
    #[arg(long)]
    json: bool,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A proof and what is told of it.
struct Proved {
    proof: BiometricProof,
    enrolled: Device,
    /// Where in the recording the window ends, seconds.
    end: u64,
    epoch: Epoch,
    submitted: bool,
}

pub fn prove(args: &ProveArgs) -> CliResult {
    let spec = read_spec(&args.genesis)?;
    if !spec.params().allow_simulated {
        return Err("this chain does not allow simulated devices: it takes no proof over a recording".into());
    }
    let recording = read_recording(&args.file)?;
    let named = |reason: String| format!("{}: {reason}", args.file.display());
    let ends = ends(&recording, args.end).map_err(named)?;
    let key_file = KeyFile::open(&args.key)?;
    let passphrase = args.passphrase.source().read(PassphrasePurpose::Unlock)?;
    let keys = key_file.unlock(&passphrase)?;

    let client = Client::new(&args.node);
    let validator = owned(&client, &keys.public().account.address())?;
    let key = keys.device.signing_key();
    let enrolled = enrolled(&client, &key.public())?;
    let tier = usable(&enrolled, &validator)?;
    let device = SimulatedDevice::new(recording, key, validator, spec.domain.clone(), spec.params().epoch_ms)
        .with_tier(tier);
    let end = choose(&device, &ends).map_err(named)?;

    // Last of all that is asked: the challenge ages with every block.
    let challenge = client.head(&spec.hash)?;
    if challenge.0 <= enrolled.enrolled {
        let height = enrolled.enrolled;
        return Err(format!("the device was enrolled in block {height}: try again after the next one").into());
    }
    let mut secret = [0; CommitmentSecret::LEN];
    getrandom::fill(&mut secret)?;
    let secret = CommitmentSecret::new(&mut secret);
    let at = now();
    let proof = device.with_first_end(ticks(end)).proof(
        at,
        spec.genesis.time_ms,
        challenge,
        sequence(&enrolled, at.millis()),
        secret,
    )?;
    if args.submit {
        client.post("/proofs", &json!({ "proof_hex": hex::encode(proof.encode()) }))?;
    }
    let epoch = spec.epoch_of(proof.authenticity.window_end);
    let proved = Proved { proof, enrolled, end, epoch, submitted: args.submit };
    if args.json {
        out!("{}", proved.json());
    } else {
        proved.print()?;
    }
    Ok(())
}

fn parse_end(text: &str) -> Result<u64, String> {
    let end = text.parse::<u64>().ok().filter(|end| *end >= FIRST_END && end.is_multiple_of(SLIDE));
    end.ok_or_else(|| format!("'{text}' is neither {FIRST_END} nor a later multiple of {SLIDE}"))
}

const fn ticks(seconds: u64) -> u64 {
    seconds.saturating_mul(TICKS_PER_SECOND)
}

/// Ends of the windows to try, seconds, the first choice first.
fn ends(recording: &Recording, asked: Option<u64>) -> Result<Vec<u64>, String> {
    let total = recording.total_ticks();
    let lasts = total.checked_div(TICKS_PER_SECOND).unwrap_or_default();
    let last = total.checked_div(SLIDE_TICKS).unwrap_or_default().saturating_mul(SLIDE);
    if last < FIRST_END {
        return Err(format!("the recording lasts {lasts} s, and its first window ends at {FIRST_END} s"));
    }
    match asked {
        Some(end) if end > last => Err(format!("the recording lasts {lasts} s: --end is at most {last}")),
        Some(end) => Ok(vec![end]),
        None => {
            let windows = last.checked_div(SLIDE).unwrap_or_default();
            let first = FIRST_END.checked_div(SLIDE).unwrap_or_default();
            Ok((first..=windows).rev().map(|window| window.saturating_mul(SLIDE)).collect())
        }
    }
}

/// The first of these ends whose window gives a proof.
fn choose(device: &SimulatedDevice, ends: &[u64]) -> Result<u64, String> {
    let mut refused = String::new();
    for end in ends {
        match device.statement_at(ticks(*end)) {
            Ok(_) => return Ok(*end),
            Err(reason) if refused.is_empty() => {
                refused = format!("the window that ends at {end} s gives no proof: {reason}");
            }
            Err(_) => {}
        }
    }
    Err(if ends.len() > 1 { format!("{refused}; nor does any before it") } else { refused })
}

/// The validator that an account owns.
fn owned(client: &Client, account: &Address) -> Result<Address, Failure> {
    let answer = client.get(&format!("/accounts/{account}"))?;
    if answer.get("validator").is_some_and(Value::is_null) {
        return Err(format!("account {account} owns no validator: see `emotionalchain tx register`").into());
    }
    Ok(client.text(&answer, "validator")?.parse()?)
}

/// What the node's state holds of a device.
fn enrolled(client: &Client, key: &PublicKey) -> Result<Device, Failure> {
    let answer = client.get(&format!("/state/{}", hex::encode(StateKey::Device(*key).to_bytes())))?;
    if answer.get("value_hex").is_none_or(Value::is_null) {
        return Err(format!("device {key} is not enrolled: see `emotionalchain tx enroll`").into());
    }
    Ok(borsh::from_slice(&client.bytes(&answer, "value_hex")?)?)
}

/// The tier that caps what the device may state for this validator.
fn usable(device: &Device, validator: &Address) -> Result<DeviceTier, String> {
    if let Some(height) = device.revoked {
        return Err(format!("the key file's device was revoked in block {height}"));
    }
    if device.validator != *validator {
        return Err(format!("the key file's device is enrolled for another validator, {}", device.validator));
    }
    DeviceTier::new(device.tier)
        .ok_or_else(|| format!("the device's tier of {} is out of range", device.tier))
}

/// The wall clock, as a node's own device counts, unless more was included already.
fn sequence(device: &Device, millis: u64) -> u64 {
    millis.max(device.last_sequence.map_or(0, |last| last.saturating_add(1)))
}

impl Proved {
    fn json(&self) -> Value {
        let said = &self.proof.authenticity;
        let Statement::Open(open) = &said.statement;
        json!({
            "validator": self.proof.validator,
            "device_key": said.device_key,
            "tier": self.enrolled.tier,
            "simulated": self.enrolled.simulated,
            "recording_end_s": self.end,
            "window_end_ms": said.window_end.millis(),
            "epoch": self.epoch.get(),
            "challenge_height": said.challenge_height.get(),
            "challenge": said.challenge,
            "sequence": said.sequence,
            "score_bp": open.score.get(),
            "stress": open.stress,
            "focus": open.focus,
            "authenticity": open.authenticity,
            "heart_rate_cbpm": open.heart_rate_cbpm,
            "commitment": self.proof.commitment,
            "submitted": self.submitted,
            "proof_hex": hex::encode(self.proof.encode()),
        })
    }

    fn print(&self) -> CliResult {
        let said = &self.proof.authenticity;
        let Statement::Open(open) = &said.statement;
        let kind = if self.enrolled.simulated { "simulated" } else { "not enrolled as simulated" };
        out!("validator     {}", self.proof.validator);
        out!("device        {}, tier {}, {kind}", said.device_key, self.enrolled.tier);
        out!("window        ends at {} s of the recording", self.end);
        out!("window end    {} ms, epoch {}", said.window_end, self.epoch);
        out!("challenge     block {} {}", said.challenge_height, said.challenge);
        out!("sequence      {}", said.sequence);
        out!("score         {} bp", open.score.get());
        out!("stress        {}", open.stress);
        out!("focus         {}", open.focus);
        out!("authenticity  {}", open.authenticity);
        out!("heart rate    {:.2} bpm", f64::from(open.heart_rate_cbpm) / 100.0);
        out!("commitment    {}", self.proof.commitment);
        out!("{}", if self.submitted { "taken in by the node; not yet in a block" } else { "not handed in" });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
