//! Tests of `prove`.

use emotionalchain_shared::{
    crypto::{SecretKey, SignDomain},
    primitives::{BlockId, ChainId, Height, TimeMs, hash_bytes},
};

use super::*;

const SHORT: &str = include_str!("../../../../tests/data/rr/plux_ecg_5min.csv");
const MINUTE: &str = include_str!("../../../../tests/data/rr/plux_ecg_supine_60s.csv");
const GOLDEN: &str = include_str!("../../../../tests/data/golden_features.csv");
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
