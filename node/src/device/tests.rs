use emotionalchain_shared::{
    biometrics::algo_id,
    chain::{MODALITY_RR, Statement},
    primitives::{ChainId, hash_bytes},
    wire::Wire,
};

use super::*;

const GENESIS: u64 = 1_700_000_000_000;
const EPOCH: u64 = 30_000;
const GOLDEN: &str = include_str!("../../../tests/data/golden_features.csv");
const SHORT: &str = include_str!("../../../tests/data/rr/plux_ecg_5min.csv");
const LONG: &str = include_str!("../../../tests/data/rr/plux_ecg_7min.csv");

fn at(ms: u64) -> TimeMs {
    TimeMs::from_millis(GENESIS + ms)
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[3; 32])
}

fn domain() -> SignDomain {
    SignDomain::new(&"device".parse::<ChainId>().unwrap(), &hash_bytes(b"genesis"))
}

fn device(csv: &str, epoch_ms: u64) -> SimulatedDevice {
    SimulatedDevice::new(Recording::parse(csv).unwrap(), key(), Address::new([7; 20]), domain(), epoch_ms)
}

fn prove(device: &mut SimulatedDevice, ms: u64, secret: u8) -> Result<BiometricProof, DeviceError> {
    let challenge = (Height::new(5), BlockId::new(hash_bytes(b"5")), at(ms.saturating_sub(400)));
    let secret = CommitmentSecret::new(&mut [secret; 32]);
    device.proof(at(ms), at(0), challenge, at(ms).millis(), secret)
}

fn open(proof: &BiometricProof) -> OpenStatement {
    let Statement::Open(open) = proof.authenticity.statement;
    open
}

/// (heart rate, stress, focus) of a recording's windows from the first full one on.
fn golden(name: &str) -> Vec<(u32, u8, u8)> {
    let rows = GOLDEN.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.filter(|row| row[0] == name && row[1].parse::<u64>().unwrap() >= WINDOW_TICKS)
        .map(|row| (row[4].parse().unwrap(), row[10].parse().unwrap(), row[13].parse().unwrap()))
        .collect()
}

#[test]
fn a_replay_states_the_golden_features_epoch_by_epoch() {
    for (name, csv) in [("plux_ecg_5min", SHORT), ("plux_ecg_7min", LONG)] {
        for epoch_ms in [EPOCH, 3_000, 2_000] {
            let mut device = device(csv, epoch_ms);
            let golden = golden(name);
            assert!(golden.len() >= 5, "{name}");
            for (epoch, expected) in (0_u64..).zip(&golden) {
                let said = open(&prove(&mut device, epoch_ms * epoch + 100, 1).unwrap());
                assert_eq!(
                    (said.heart_rate_cbpm, said.stress, said.focus),
                    *expected,
                    "{name} of {epoch_ms} ms, epoch {epoch}"
                );
                assert_eq!(
                    said.authenticity,
                    DeviceTier::SIMULATED.get(),
                    "a simulated device's tier is a cap"
                );
            }
        }
    }
}

#[test]
fn a_replay_may_begin_at_any_window_and_states_what_was_foretold() {
    for end in [90_u64, 120, 150, 270, 300] {
        let mut device = device(SHORT, EPOCH).with_first_end(end * 1024);
        let foretold = device.statement_at(end * 1024).unwrap();
        assert_eq!(open(&prove(&mut device, 100, 1).unwrap()), foretold, "{end} s");
        let next = device.statement_at((end + 30) * 1024).unwrap();
        assert_eq!(open(&prove(&mut device, EPOCH + 100, 1).unwrap()), next, "30 s after {end} s");
    }
}

#[test]
fn authenticity_is_capped_by_the_enrolled_tier() {
    for tier in [DeviceTier::BARE_KEY, DeviceTier::SIMULATED] {
        let said = open(&prove(&mut device(SHORT, EPOCH).with_tier(tier), 100, 1).unwrap());
        assert_eq!(said.authenticity, tier.get());
        assert_eq!(said.check(tier.get()), Ok(()));
    }
}

#[test]
fn a_recording_goes_on_from_its_start_when_it_ends() {
    let mut device = device(SHORT, EPOCH);
    let recording = Recording::parse(SHORT).unwrap();
    let epochs = recording.total_ticks() * 3 / EPOCH_TICKS;
    let mut given = 0;
    for epoch in 0..epochs {
        match prove(&mut device, epoch * EPOCH, 1) {
            Ok(_) => given += 1,
            Err(DeviceError::NotEligible(_)) => {}
            Err(error) => panic!("epoch {epoch}: {error}"),
        }
    }
    assert!(given * 2 > epochs, "{given} of {epochs}");
}

#[test]
fn a_proof_is_bound_signed_and_travels() {
    let mut device = device(SHORT, EPOCH);
    let proof = prove(&mut device, 40_000, 1).unwrap();
    let said = &proof.authenticity;
    assert_eq!((said.device_key, proof.validator), (device.public_key(), Address::new([7; 20])));
    assert_eq!((said.window_end, said.sequence), (at(40_000), at(40_000).millis()));
    assert_eq!(said.window_end.since(said.window_start), 120_000);
    assert_eq!((said.challenge_height, said.challenge), (Height::new(5), BlockId::new(hash_bytes(b"5"))));
    assert_eq!((said.algo_id, said.modalities), (algo_id(), MODALITY_RR));
    assert_eq!(open(&proof).check(DeviceTier::SIMULATED.get()), Ok(()));
    assert!(open(&proof).check(DeviceTier::BARE_KEY.get()).is_err());
    assert_eq!(proof.verify_signatures(&domain()), Ok(()));
    let other = SignDomain::new(&"other".parse::<ChainId>().unwrap(), &hash_bytes(b"genesis"));
    assert!(proof.verify_signatures(&other).is_err());
    let bytes = proof.encode();
    assert_eq!(BiometricProof::decode(&bytes).unwrap(), proof);
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let refused =
            BiometricProof::decode(&altered).map_or(true, |one| one.verify_signatures(&domain()).is_err());
        assert!(refused, "bit {bit}");
    }
}

#[test]
fn salts_hide_the_samples_and_only_they_differ() {
    let commitment = |secret| prove(&mut device(SHORT, EPOCH), 100, secret).unwrap().commitment;
    assert_eq!(commitment(1), commitment(1));
    assert_ne!(commitment(1), commitment(2));
}

#[test]
fn the_challenge_is_never_later_than_the_window() {
    let mut device = device(SHORT, EPOCH);
    let challenge = (Height::new(5), BlockId::default(), at(900));
    let proof = device.proof(at(500), at(0), challenge, 1, CommitmentSecret::new(&mut [1; 32])).unwrap();
    assert_eq!(proof.authenticity.window_end, at(900));
}

#[test]
fn one_proof_an_epoch_is_due_in_its_first_third() {
    let mut device = device(SHORT, EPOCH);
    for (ms, due) in [(0, true), (10_000, true), (10_001, false), (29_999, false), (30_000, true)] {
        assert_eq!(device.is_due(at(ms), at(0)), due, "{ms} ms");
    }
    prove(&mut device, 31_000, 1).unwrap();
    for (ms, due) in [(31_500, false), (39_000, false), (60_000, true), (5_000, false)] {
        assert_eq!(device.is_due(at(ms), at(0)), due, "{ms} ms after a proof in epoch 1");
    }
}

#[test]
fn a_bad_signal_gives_no_proof_and_the_epoch_is_done() {
    // Every second beat is an artefact.
    let noisy: String = (0..600).map(|beat| if beat % 2 == 0 { "820\n" } else { "1400\n" }).collect();
    // A clock, not a heart.
    let even = "820\n".repeat(600);
    let sparse = "4000\n".repeat(200);
    for rows in [noisy, even, sparse] {
        let mut device = device(&format!("rr_1024\n{rows}"), EPOCH);
        assert!(device.is_due(at(100), at(0)));
        let refused = prove(&mut device, 100, 1).unwrap_err();
        assert!(matches!(refused, DeviceError::NotEligible(_) | DeviceError::Features(_)), "{refused}");
        assert!(!device.is_due(at(200), at(0)), "to sit out is final for the epoch");
        assert!(device.is_due(at(EPOCH), at(0)));
    }
    let mut flood = device(&format!("rr_1024\n{}", "1\n".repeat(5_000)), EPOCH);
    assert!(matches!(prove(&mut flood, 100, 1), Err(DeviceError::Window(_))));
}
