//! Golden features to the last digit, natively and in a browser, and agreement with reference tools.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)] // a panic is a failed test

use emotionalchain_shared::{
    biometrics::{
        DeviceTier, Features, HeartRateMeasurement, Hrv, Recording, References, Series, SourceContext,
        Window, algo_id, tables::SLIDE_TICKS,
    },
    primitives::BasisPoints,
};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const GOLDEN: &str = include_str!("../../tests/data/golden_features.csv");
const REFERENCE: &str = include_str!("../../tests/data/hrv_reference.csv");
const BLE_EDGE: &str = include_str!("../../tests/data/ble_frames_edge.csv");

const RECORDINGS: [(&str, &str); 7] = [
    ("plux_bvp_rest_105s", include_str!("../../tests/data/rr/plux_bvp_rest_105s.csv")),
    ("plux_ecg_5min", include_str!("../../tests/data/rr/plux_ecg_5min.csv")),
    ("plux_ecg_7min", include_str!("../../tests/data/rr/plux_ecg_7min.csv")),
    ("plux_ecg_supine_60s", include_str!("../../tests/data/rr/plux_ecg_supine_60s.csv")),
    ("pyhrv_bitalino_ecg", include_str!("../../tests/data/rr/pyhrv_bitalino_ecg.csv")),
    ("pyhrv_nsrdb_long_60min", include_str!("../../tests/data/rr/pyhrv_nsrdb_long_60min.csv")),
    ("pyhrv_nsrdb_short_5min", include_str!("../../tests/data/rr/pyhrv_nsrdb_short_5min.csv")),
];

const BLE_RECORDINGS: [(&str, &str); 2] = [
    ("plux_ecg_5min", include_str!("../../tests/data/ble_frames_plux_ecg_5min.csv")),
    ("pyhrv_nsrdb_short_5min", include_str!("../../tests/data/ble_frames_pyhrv_nsrdb_short_5min.csv")),
];

fn recording(name: &str) -> Recording {
    let (_, csv) = RECORDINGS.iter().find(|(known, _)| *known == name).unwrap();
    Recording::parse(csv).unwrap()
}

fn replayed(tier: DeviceTier) -> SourceContext {
    SourceContext { tier, references: References::GRANTED, reactions: None }
}

/// A row of the golden file.
fn row(dataset: &str, f: &Features) -> String {
    [
        dataset.to_owned(),
        f.now_tick.to_string(),
        f.count.to_string(),
        f.quality.to_string(),
        f.hr_cbpm.to_string(),
        f.rmssd_cms.to_string(),
        f.sdnn_cms.to_string(),
        f.nn50.to_string(),
        f.pairs.to_string(),
        f.ssi.to_string(),
        f.stress.to_string(),
        f.peak_mhz.to_string(),
        f.coherence.to_string(),
        f.focus.to_string(),
        f.distinct.to_string(),
        f.ratio.to_string(),
        f.authenticity.to_string(),
        f.score.get().to_string(),
        u8::from(f.is_eligible()).to_string(),
    ]
    .join(",")
}

/// Every window of the recordings in the golden file gives its row, and windows without a row give no features.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn golden_features_to_the_last_digit() {
    let mut expected = GOLDEN.lines();
    assert_eq!(expected.next().unwrap().split(',').count(), 19);
    for dataset in ["plux_ecg_5min", "plux_ecg_7min", "pyhrv_nsrdb_short_5min"] {
        let recording = recording(dataset);
        let ends = (1..).map(|slide| slide * SLIDE_TICKS).take_while(|now| *now <= recording.total_ticks());
        for now in ends {
            let window = Window::ending_at(recording.beats(), now).unwrap();
            assert_eq!(window, recording.window_looped(now).unwrap());
            match Features::compute(&window, &replayed(DeviceTier::ATTESTED)) {
                Ok(features) => assert_eq!(Some(row(dataset, &features).as_str()), expected.next()),
                Err(error) => assert!(now < 3 * SLIDE_TICKS, "{dataset} at {now}: {error}"),
            }
        }
    }
    assert_eq!(expected.next(), None);
}

/// Played in a loop with the tier of simulated devices, recordings keep passing the gates after their end.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn looped_recordings_stay_eligible() {
    for dataset in ["plux_ecg_5min", "plux_ecg_7min", "plux_bvp_rest_105s", "pyhrv_nsrdb_short_5min"] {
        let recording = recording(dataset);
        for slide in 3..100 {
            let window = recording.window_looped(slide * SLIDE_TICKS).unwrap();
            let features = Features::compute(&window, &replayed(DeviceTier::SIMULATED)).unwrap();
            assert!(features.is_eligible() && features.authenticity <= 80, "{dataset} {features:?}");
            assert!(features.score >= BasisPoints::new(4_200).unwrap(), "{dataset} {features:?}");
        }
    }
}

/// Whole recordings, every beat taken, agree with three independent tools.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn whole_recordings_agree_with_reference_tools() {
    let rows: Vec<Vec<&str>> = REFERENCE.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let raw: Vec<_> = rows.into_iter().filter(|row| row[1] == "raw_1024").collect();
    assert_eq!(raw.len(), RECORDINGS.len());
    for row in raw {
        let hrv = Hrv::measure(&Series::unfiltered(&recording(row[0])));
        let column = |index: usize| row[index].parse::<f64>().unwrap();
        assert_eq!(
            (hrv.count.to_string(), hrv.nn50.to_string(), hrv.pairs.to_string()),
            (row[2].to_owned(), row[7].to_owned(), row[8].to_owned())
        );
        let measured = [(hrv.hr_cbpm, 4), (hrv.sdnn_cms, 5), (hrv.rmssd_cms, 6), (hrv.pnn50_bp(), 9)];
        for (hundredths, index) in measured {
            let apart = (f64::from(hundredths) / 100.0 - column(index)).abs();
            assert!(apart <= 0.01, "{} column {index}: {hundredths} against {}", row[0], column(index));
        }
    }
}

/// Frames of a strap carry the very intervals of the recording that they were made from.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn strap_frames_carry_the_recording() {
    for (dataset, frames) in BLE_RECORDINGS {
        let mut received = Vec::new();
        for line in frames.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let frame = HeartRateMeasurement::parse(&hex::decode(cells[1]).unwrap()).unwrap();
            assert_eq!(frame.hr_bpm.to_string(), cells[2]);
            assert!(frame.is_plausible());
            let rr: Vec<String> = frame.rr.iter().map(u16::to_string).collect();
            assert_eq!(rr.join(" "), cells[5]);
            received.extend(frame.rr);
        }
        let recorded: Vec<u16> = recording(dataset).beats().iter().map(|beat| beat.rr).collect();
        assert_eq!(received, recorded[..received.len()], "{dataset}");
        assert!(received.len() + 2 >= recorded.len(), "{dataset}");
    }
}

/// The edge cases of a frame, each against the verdict written beside it.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn strap_frames_at_the_edge() {
    for line in BLE_EDGE.lines().skip(1) {
        let (frame, expected) = line.split_once(',').unwrap();
        let expected = expected.trim_matches('"');
        let parsed = HeartRateMeasurement::parse(&hex::decode(frame).unwrap());
        let Ok(parsed) = parsed else {
            assert!(expected.starts_with("error"), "{line}: {parsed:?}");
            continue;
        };
        assert!(!expected.starts_with("error"), "{line}: {parsed:?}");
        let said = |key: &str| expected.split_once(key).map(|(_, rest)| rest);
        let number = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
        assert_eq!(said("hr=").map(number), Some(parsed.hr_bpm.to_string()), "{line}");
        if let Some(rr) = said("rr=") {
            let list = rr.split_inclusive(']').next().unwrap().replace(' ', "");
            assert_eq!(list, format!("{:?}", parsed.rr).replace(' ', ""), "{line}");
        }
        if let Some(energy) = said("ee=").map(number) {
            assert_eq!(parsed.energy_kj.map(|kj| kj.to_string()), Some(energy), "{line}");
        }
        let doubtful = expected.contains("implausible") || expected.contains("discard");
        assert_eq!(parsed.is_plausible(), !doubtful, "{line}");
    }
}

/// Version 1, pinned and the same on every platform: if this fails, a constant changed and `tables::VERSION` must rise.
#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn version_1_keeps_its_name() {
    const ID: &str = "7bdf8381b7f3475e0e5f4eff29edd51887d4c16c265beea2d13e35a82e85b3b0";
    assert_eq!(algo_id().to_string(), ID);
}
