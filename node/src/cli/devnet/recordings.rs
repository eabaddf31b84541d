//! The recorded heartbeats that come with the program; sources and licences stand in `tests/data/rr/NOTICE.md`.

use std::path::PathBuf;

/// Name and content, long ones first.
pub const RECORDINGS: [(&str, &str); 4] = [
    ("plux_ecg_7min", include_str!("../../../../tests/data/rr/plux_ecg_7min.csv")),
    ("pyhrv_nsrdb_short_5min", include_str!("../../../../tests/data/rr/pyhrv_nsrdb_short_5min.csv")),
    ("plux_ecg_5min", include_str!("../../../../tests/data/rr/plux_ecg_5min.csv")),
    ("pyhrv_nsrdb_long_60min", include_str!("../../../../tests/data/rr/pyhrv_nsrdb_long_60min.csv")),
];

/// Reads `I=FILE`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_choice(text: &str) -> Result<(u16, PathBuf), String> {
    let (index, file) = text.split_once('=').ok_or("expected I=FILE, such as 0=heart.csv")?;
    let index = index.parse().map_err(|_| format!("'{index}' is not the number of a validator"))?;
    Ok((index, PathBuf::from(file)))
}
