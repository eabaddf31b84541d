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
mod tests {
    use emotionalchain_shared::{
        crypto::{SecretKey, SignDomain},
        primitives::{BlockId, ChainId, Height, TimeMs, hash_bytes},
    };

    use super::*;

    const SHORT: &str = include_str!("../../../tests/data/rr/plux_ecg_5min.csv");
    const MINUTE: &str = include_str!("../../../tests/data/rr/plux_ecg_supine_60s.csv");
    const GOLDEN: &str = include_str!("../../../tests/data/golden_features.csv");
    const VALIDATOR: Address = Address::new([7; 20]);

    fn domain() -> SignDomain {
        SignDomain::new(&"prove".parse::<ChainId>().unwrap(), &hash_bytes(b"genesis"))
    }

    fn device(recording: &Recording, tier: u8) -> SimulatedDevice {
        let key = SecretKey::from_seed(&[3; 32]);
        SimulatedDevice::new(recording.clone(), key, VALIDATOR, domain(), 30_000)
            .with_tier(DeviceTier::new(tier).unwrap())
    }

    fn record(tier: u8) -> Device {
        Device {
            validator: VALIDATOR,
            tier,
            simulated: tier == 80,
            webauthn_key: None,
            enrolled: Height::ZERO,
            revoked: None,
            last_sequence: None,
            session: None,
        }
    }

    /// What `biometrics prove` says of a recording.
    fn proved(csv: &str, asked: Option<u64>, tier: u8) -> Result<Proved, String> {
        let recording = Recording::parse(csv).unwrap();
        let ends = ends(&recording, asked)?;
        let device = device(&recording, tier);
        let end = choose(&device, &ends)?;
        let at = TimeMs::from_millis(1_700_000_000_000);
        let challenge = (Height::new(5), BlockId::new(hash_bytes(b"5")), at.saturating_sub(400));
        let proof = device.with_first_end(ticks(end)).proof(
            at,
            TimeMs::ZERO,
            challenge,
            at.millis(),
            CommitmentSecret::new(&mut [1; 32]),
        );
        let (proof, enrolled) = (proof.unwrap(), record(tier));
        Ok(Proved { proof, enrolled, end, epoch: Epoch::ZERO, submitted: false })
    }

    fn said(proved: &Proved) -> (u32, u8, u8, u8) {
        let Statement::Open(open) = &proved.proof.authenticity.statement;
        (open.heart_rate_cbpm, open.stress, open.focus, open.authenticity)
    }

    /// (end in seconds, heart rate, stress, focus) of a recording.
    fn golden(name: &str) -> Vec<(u64, u32, u8, u8)> {
        let rows = GOLDEN.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[0] == name)
            .map(|row| {
                let end = row[1].parse::<u64>().unwrap() / 1024;
                (end, row[4].parse().unwrap(), row[10].parse().unwrap(), row[13].parse().unwrap())
            })
            .collect()
    }

    #[test]
    fn a_proof_states_the_golden_features_of_the_window_asked_for_under_the_enrolled_tier() {
        let golden = golden("plux_ecg_5min");
        assert_eq!((golden[0].0, golden.len()), (90, 7));
        for tier in [70, 80] {
            for (end, heart_rate, stress, focus) in &golden {
                let proved = proved(SHORT, Some(*end), tier).unwrap();
                assert_eq!(said(&proved), (*heart_rate, *stress, *focus, tier), "{end} s");
                assert_eq!(proved.proof.verify_signatures(&domain()), Ok(()));
            }
        }
    }

    #[test]
    fn without_a_wish_the_last_eligible_window_is_taken() {
        assert_eq!(proved(SHORT, None, 80).unwrap().end, 270);
        // The same with two minutes after it in which every second beat is an artefact.
        let noise: String = (0..110).map(|beat| if beat % 2 == 0 { "820\n" } else { "1400\n" }).collect();
        let rows: String = SHORT
            .lines()
            .skip(1)
            .map(|row| format!("{}\n", row.split(',').nth(3).unwrap()))
            .chain([noise])
            .collect();
        let spoilt = format!("rr_1024\n{rows}");
        let recording = Recording::parse(&spoilt).unwrap();
        let ends = ends(&recording, None).unwrap();
        assert_eq!((ends.first(), ends.last()), (Some(&390), Some(&90)));
        let end = proved(&spoilt, None, 80).unwrap().end;
        assert!((270..390).contains(&end), "{end}");
        let device = device(&recording, 80);
        for later in ends.iter().filter(|later| **later > end) {
            assert!(device.statement_at(ticks(*later)).is_err(), "{later}");
        }
    }

    #[test]
    fn the_gate_that_refuses_is_named() {
        let refused = |csv: &str, asked| proved(csv, asked, 80).map(|_| ()).unwrap_err();
        let clock = format!("rr_1024\n{}", "820\n".repeat(600));
        let noisy: String = (0..600).map(|beat| if beat % 2 == 0 { "820\n" } else { "1400\n" }).collect();
        let noisy = format!("rr_1024\n{noisy}");
        let sparse = format!("rr_1024\n{}", "4000\n".repeat(200));
        let reason = refused(&clock, Some(120));
        assert!(reason.contains("ends at 120 s") && reason.contains("authenticity of"), "{reason}");
        let reason = refused(&clock, None);
        assert!(reason.contains("ends at 480 s") && reason.contains("nor does any before it"), "{reason}");
        let reason = refused(&sparse, Some(90));
        assert!(reason.contains("accepted beats"), "{reason}");
        let reason = refused(&noisy, Some(90));
        assert!(reason.contains("quality of") || reason.contains("accepted beats"), "{reason}");
    }

    #[test]
    fn windows_end_at_multiples_of_30_s_within_the_recording() {
        for end in ["90", "120", "3600"] {
            assert_eq!(parse_end(end), Ok(end.parse().unwrap()));
        }
        for end in ["", "0", "60", "89", "91", "100", "-90", "90.0", "soon", "99999999999999999999"] {
            assert!(parse_end(end).is_err(), "{end}");
        }
        let short = Recording::parse(SHORT).unwrap();
        assert_eq!(ends(&short, Some(270)), Ok(vec![270]));
        assert_eq!(ends(&short, None), Ok(vec![270, 240, 210, 180, 150, 120, 90]));
        assert!(ends(&short, Some(300)).unwrap_err().contains("at most 270"));
        assert!(ends(&Recording::parse(MINUTE).unwrap(), None).unwrap_err().contains("lasts 58 s"));
    }

    #[test]
    fn a_device_must_be_the_validators_and_not_revoked() {
        let good = record(80);
        assert_eq!(usable(&good, &VALIDATOR), Ok(DeviceTier::SIMULATED));
        assert_eq!(usable(&record(70), &VALIDATOR), Ok(DeviceTier::BARE_KEY));
        assert!(usable(&good, &Address::new([8; 20])).unwrap_err().contains("another validator"));
        let revoked = Device { revoked: Some(Height::new(9)), ..good.clone() };
        assert!(usable(&revoked, &VALIDATOR).unwrap_err().contains("revoked in block 9"));
        assert!(usable(&Device { tier: 101, ..good }, &VALIDATOR).is_err());
    }

    #[test]
    fn sequences_follow_the_clock_and_never_fall() {
        let after = |last_sequence| sequence(&Device { last_sequence, ..record(80) }, 1_000);
        assert_eq!(
            [None, Some(5), Some(999), Some(1_000), Some(4_000)].map(after),
            [1_000, 1_000, 1_000, 1_001, 4_001]
        );
    }

    #[test]
    fn what_is_told_is_what_the_proof_says_and_no_more() {
        let proved = proved(SHORT, Some(120), 80).unwrap();
        let told = proved.json();
        let mut names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "authenticity",
                "challenge",
                "challenge_height",
                "commitment",
                "device_key",
                "epoch",
                "focus",
                "heart_rate_cbpm",
                "proof_hex",
                "recording_end_s",
                "score_bp",
                "sequence",
                "simulated",
                "stress",
                "submitted",
                "tier",
                "validator",
                "window_end_ms",
            ]
        );
        let bytes = hex::decode(told["proof_hex"].as_str().unwrap()).unwrap();
        assert_eq!(BiometricProof::decode(&bytes).unwrap(), proved.proof);
        assert_eq!(told["commitment"], json!(proved.proof.commitment.to_string()));
        assert_eq!((told["recording_end_s"].as_u64(), told["tier"].as_u64()), (Some(120), Some(80)));
    }
}
