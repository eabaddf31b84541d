//! `biometrics analyze`: the golden rows, and files that are no recordings.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{homes::Scene, program::run};

const GOLDEN: &str = include_str!("../../../tests/data/golden_features.csv");

fn recording(dataset: &str) -> String {
    format!("{}/../tests/data/rr/{dataset}.csv", env!("CARGO_MANIFEST_DIR"))
}

/// The golden rows, each as pairs of column and cell.
fn golden() -> Vec<Vec<(&'static str, &'static str)>> {
    let mut lines = GOLDEN.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(columns.len(), 19);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), columns.len(), "{line}");
            columns.iter().copied().zip(cells).collect()
        })
        .collect()
}

fn cell<'a>(row: &[(&'a str, &'a str)], column: &str) -> &'a str {
    row.iter().find(|(name, _)| *name == column).unwrap().1
}

fn datasets() -> BTreeSet<&'static str> {
    let datasets: BTreeSet<&str> = golden().iter().map(|row| cell(row, "dataset")).collect();
    assert!(datasets.len() >= 3, "{datasets:?}");
    datasets
}

#[test]
fn recordings_give_the_golden_rows_in_every_column() {
    for dataset in datasets() {
        let found = run(&["biometrics", "analyze", &recording(dataset), "--json"]).rows();
        let mut expected = golden();
        expected.retain(|row| cell(row, "dataset") == dataset);
        assert_eq!(found.len(), expected.len(), "{dataset}");
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.as_object().unwrap().len(), expected.len(), "{found}");
            for (column, cell) in expected {
                let value = match &found[*column] {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(&value, cell, "{dataset}, {column} of {found}");
            }
        }
    }
}

#[test]
fn the_table_for_people_says_the_same() {
    for dataset in datasets() {
        let run = run(&["biometrics", "analyze", &recording(dataset)]);
        let mut lines = run.text().lines();
        let title: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(title, ["end", "s", "beats", "HR", "bpm", "RMSSD", "stress", "focus", "auth", "score"]);
        let rows = golden().into_iter().filter(|row| cell(row, "dataset") == dataset);
        for row in rows {
            let hundredths = |column| {
                let value: f64 = cell(&row, column).parse().unwrap();
                format!("{:.2}", value / 100.0)
            };
            let end = cell(&row, "t_now_ticks").parse::<u64>().unwrap() / 1024;
            let expected = [
                end.to_string(),
                cell(&row, "n").to_owned(),
                hundredths("hr_cbpm"),
                hundredths("rmssd_cms"),
                cell(&row, "stress").to_owned(),
                cell(&row, "focus").to_owned(),
                cell(&row, "auth").to_owned(),
                cell(&row, "E").to_owned(),
            ];
            let shown: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
            assert_eq!(shown, expected, "{dataset}");
        }
        assert_eq!(lines.next(), None, "{dataset}");
    }
}

#[test]
fn what_is_no_recording_is_refused_in_one_line_that_names_it() {
    let scene = Scene::new();
    let large = vec![b' '; (8 << 20) + 1];
    let long = format!("rr_1024\n{}", "800\n".repeat(200_001));
    let cases: [(&str, &[u8], &str); 14] = [
        ("empty.csv", b"", "no column rr_1024"),
        ("column.csv", b"i,rr_ms\n0,800\n", "no column rr_1024"),
        ("case.csv", b"RR_1024\n800\n", "no column rr_1024"),
        ("rows.csv", b"rr_1024\n", "no rows"),
        ("word.csv", b"i,rr_1024\n0,800\n1,often\n", "line 3"),
        ("fraction.csv", b"rr_1024\n800.5\n", "line 2"),
        ("zero.csv", b"rr_1024\n800\n800\n0\n", "line 4"),
        ("wide.csv", b"rr_1024\n65536\n", "line 2"),
        ("short.csv", b"i,rr_1024\n0\n", "line 2"),
        ("nul.csv", b"rr_1024\n800\n\0\0\0\n", "line 3"),
        ("nuls.csv", &[0; 4096], "no column rr_1024"),
        ("bytes.csv", b"rr_1024\n\xff\xfe\n", "UTF-8"),
        ("large.csv", &large, "too large"),
        ("long.csv", long.as_bytes(), "more than 200000 rows"),
    ];
    for (name, bytes, _) in &cases {
        scene.write(name, bytes);
    }
    let before = scene.files("");
    for (name, _, reason) in cases {
        let file = scene.path(name);
        run(&["biometrics", "analyze", &file]).fails(&[&file, reason]);
        run(&["biometrics", "analyze", &file, "--json"]).fails(&[&file, reason]);
    }
    for (name, reason) in [("none.csv", "No such file"), ("founder", "directory")] {
        let file = scene.path(name);
        run(&["biometrics", "analyze", &file, "--json"]).fails(&[&file, reason]);
    }
    assert!(scene.files("") == before, "nothing is written");
}

/// Legal rows, but a heart of 60,000 bpm.
#[test]
fn a_recording_of_absurdly_short_intervals_is_refused() {
    let scene = Scene::new();
    let file = scene.write("fast.csv", format!("rr_1024\n{}", "1\n".repeat(40_000)));
    run(&["biometrics", "analyze", &file, "--json"]).fails(&["more than 2048 beats"]);
}
