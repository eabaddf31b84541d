//! Nothing that a sensor, a file or a peer sends can panic; openings hold together; frames cannot be misread.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // a panic is a failed test

use emotionalchain_proto::v1;
use emotionalchain_shared::{
    biometrics::{
        Beat, Commitment, CommitmentSecret, DeviceTier, Features, HeartRateMeasurement, LeafData, Modality,
        OpenStatement, Opening, ReactionTask, Recording, Reference, References, Sample, SourceContext,
        Window,
    },
    primitives::BasisPoints,
};
use proptest::prelude::*;

fn contexts() -> impl Strategy<Value = SourceContext> {
    let clock = prop_oneof![
        Just(Reference::Absent),
        Just(Reference::Granted),
        any::<u64>().prop_map(Reference::Measured)
    ];
    let hr = prop_oneof![
        Just(Reference::Absent),
        Just(Reference::Granted),
        any::<u32>().prop_map(Reference::Measured)
    ];
    (0..=100_u8, clock, hr, prop::collection::vec(any::<u16>(), 0..130)).prop_map(
        |(tier, clock, hr, times)| SourceContext {
            tier: DeviceTier::new(tier).unwrap(),
            references: References { wall_clock_ticks: clock, device_hr_cbpm: hr },
            reactions: ReactionTask::new(&times).ok(),
        },
    )
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let sample = (0..4_usize, 1..=122_880_u32, any::<u16>()).prop_map(|(modality, offset_ticks, value)| {
        Sample { modality: Modality::ALL[modality], offset_ticks, value }
    });
    prop::collection::vec(sample, 1..=Commitment::MAX_SAMPLES)
}

/// Points and scores in range, the score recomputed from its parts, authenticity within the tier.
fn check_features(features: &Features, context: &SourceContext) {
    assert!(features.quality <= 1000 && features.coherence <= 1000 && features.distinct <= 1000);
    assert!(features.stress <= 100 && features.focus <= 100);
    assert!(features.authenticity <= context.tier.get());
    assert!(features.score <= BasisPoints::MAX);
    if let Ok(statement) = OpenStatement::from_features(features) {
        assert!(features.is_eligible());
        assert_eq!(statement.recompute_score(), Some(features.score));
        assert_eq!(statement.check(context.tier.get()), Ok(()));
        assert_eq!(OpenStatement::try_from(&v1::OpenStatement::from(&statement)), Ok(statement));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_beats_give_features_or_an_error(
        raw in prop::collection::vec((any::<u64>(), any::<u16>()), 0..300),
        now in any::<u64>(),
        context in contexts(),
    ) {
        let beats: Vec<Beat> = raw.iter().map(|&(end_tick, rr)| Beat { end_tick, rr }).collect();
        if let Ok(window) = Window::ending_at(&beats, now) && let Ok(features) = Features::compute(&window, &context) {
            check_features(&features, &context);
        }
    }

    #[test]
    fn any_rhythm_gives_features_or_an_error(
        base in 300..2_000_u16,
        jitter in prop::collection::vec(0..200_u16, 40..420),
        late in any::<u32>(),
        context in contexts(),
    ) {
        let start = u64::from(late);
        let beats: Vec<Beat> = Beat::sequence(jitter.iter().map(|jitter| base + jitter))
            .map(|beat| Beat { end_tick: beat.end_tick + start, rr: beat.rr })
            .collect();
        let window = Window::ending_at(&beats, beats.last().unwrap().end_tick).unwrap();
        let features = Features::compute(&window, &context);
        prop_assert_eq!(features, Features::compute(&window, &context));
        if let Ok(features) = features {
            check_features(&features, &context);
        }
    }

    #[test]
    fn openings_round_trip(bytes in any::<[u8; 32]>(), samples in samples(), index in 0..256_u16) {
        let commitment = Commitment::new(&CommitmentSecret::new(&mut bytes.clone()), &samples).unwrap();
        let opening = commitment.open(index).unwrap();
        let encoded = opening.encode();
        prop_assert_eq!(encoded.len(), Opening::LEN);
        let decoded = Opening::decode(&encoded).unwrap();
        prop_assert_eq!(&decoded, &opening);
        let opened: Vec<Sample> = decoded.verify(&commitment.root()).unwrap().samples().collect();
        let expected = samples.chunks(LeafData::SLOTS).nth(index.into()).unwrap_or_default();
        prop_assert_eq!(opened, expected);
    }

    #[test]
    fn openings_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(opening) = Opening::decode(&bytes) {
            prop_assert_eq!(opening.encode(), bytes);
        }
    }

    #[test]
    fn frames_never_panic_and_cut_frames_never_lie(payload in prop::collection::vec(any::<u8>(), 0..600)) {
        let whole = HeartRateMeasurement::parse(&payload);
        for cut in 0..payload.len() {
            let Ok(part) = HeartRateMeasurement::parse(&payload[..cut]) else { continue };
            if let Ok(whole) = &whole {
                prop_assert_eq!((part.hr_bpm, part.contact, part.energy_kj), (whole.hr_bpm, whole.contact, whole.energy_kj));
                prop_assert!(whole.rr.starts_with(&part.rr));
            }
        }
        if let Ok(whole) = whole {
            prop_assert!(payload.len() <= 512 && whole.rr.iter().all(|rr| *rr != 0));
        }
    }

    #[test]
    fn recordings_never_panic(text in "(rr_1024|[a-z],rr_1024)?\n?([0-9a-z,.\n -]{0,200})", now in any::<u64>()) {
        if let Ok(recording) = Recording::parse(&text) {
            let _ = recording.window_looped(now);
        }
    }

    #[test]
    fn statements_never_panic(
        score_bp in 0..=11_000_u32,
        stress in 0..=120_u32,
        focus in 0..=120_u32,
        authenticity in 0..=120_u32,
        heart_rate_cbpm in any::<u32>(),
        tier in 0..=100_u8,
    ) {
        let wire = v1::OpenStatement { score_bp, stress, focus, authenticity, heart_rate_cbpm };
        if let Ok(statement) = OpenStatement::try_from(&wire) {
            let in_range = stress <= 100 && focus <= 100 && authenticity <= 100;
            let honest = in_range && score_bp == 40 * authenticity + 30 * focus + 30 * (100 - stress);
            let passed = statement.check(tier).is_ok();
            let gates = authenticity >= 70 && authenticity <= tier.into() && (3_000..=22_000).contains(&heart_rate_cbpm);
            prop_assert_eq!(passed, honest && gates);
        }
    }
}

/// No bit of an opening can change: not of the salt, a sample, the position or the path.
#[test]
fn every_flipped_bit_is_refused() {
    let samples: Vec<Sample> = (1..=151)
        .map(|beat| Sample { modality: Modality::RrInterval, offset_ticks: beat * 800, value: 800 })
        .collect();
    let commitment = Commitment::new(&CommitmentSecret::new(&mut [3; 32]), &samples).unwrap();
    for index in [0, 75, 76, 255] {
        let encoded = commitment.open(index).unwrap().encode();
        for bit in 0..encoded.len() * 8 {
            let mut damaged = encoded.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let accepted =
                Opening::decode(&damaged).is_ok_and(|opening| opening.verify(&commitment.root()).is_ok());
            assert!(!accepted, "leaf {index}, bit {bit}");
        }
        for len in 0..encoded.len() {
            let accepted = Opening::decode(&encoded[..len])
                .is_ok_and(|opening| opening.verify(&commitment.root()).is_ok());
            assert!(!accepted, "leaf {index}, cut to {len}");
        }
    }
}
