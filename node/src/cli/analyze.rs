//! `biometrics`: what a recording comes to; proofs are in [`super::prove`].

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use emotionalchain_shared::biometrics::{
    DeviceTier, Features, Recording, References, SourceContext, Window, tables::SLIDE_TICKS,
};
use serde_json::json;

use super::{
    CliResult,
    home::read_bounded,
    prove::{ProveArgs, prove},
};

/// What can be done with a recording.
#[derive(Debug, Subcommand)]
pub enum BiometricsCommand {
    /// Features and score of every 30-s epoch of a recording; needs the column `rr_1024`
    Analyze(AnalyzeArgs),
    /// Sign a proof over one window of a recording, as a simulated device; the recording stays here
    Prove(ProveArgs),
}

/// Options of `biometrics analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// CSV file with a column `rr_1024`: RR intervals in 1/1024 s
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one JSON object an epoch
    #[arg(long)]
    json: bool,
}

pub fn biometrics(command: &BiometricsCommand) -> CliResult {
    match command {
        BiometricsCommand::Analyze(args) => analyze(args),
        BiometricsCommand::Prove(args) => prove(args),
    }
}

fn analyze(args: &AnalyzeArgs) -> CliResult {
    let recording = read_recording(&args.file)?;
    let dataset = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let context =
        SourceContext { tier: DeviceTier::ATTESTED, references: References::GRANTED, reactions: None };
    if !args.json {
        out!(
            "{:>9} {:>5} {:>7} {:>7} {:>6} {:>5} {:>5} {:>5}",
            "end s",
            "beats",
            "HR bpm",
            "RMSSD",
            "stress",
            "focus",
            "auth",
            "score"
        );
    }
    let mut end = SLIDE_TICKS;
    while end <= recording.total_ticks() {
        let window = Window::ending_at(recording.beats(), end)?;
        if let Ok(found) = Features::compute(&window, &context) {
            if args.json {
                out!("{}", row(&dataset, &found));
            } else {
                out!(
                    "{:>9} {:>5} {:>7.2} {:>7.2} {:>6} {:>5} {:>5} {:>5}{}",
                    end.checked_div(1024).unwrap_or_default(),
                    found.count,
                    f64::from(found.hr_cbpm) / 100.0,
                    f64::from(found.rmssd_cms) / 100.0,
                    found.stress,
                    found.focus,
                    found.authenticity,
                    found.score.get(),
                    if found.is_eligible() { "" } else { "  refused" },
                );
            }
        }
        end = end.saturating_add(SLIDE_TICKS);
    }
    Ok(())
}

/// Reads a recording.
///
/// # Errors
/// The file's, or where it is malformed.
pub fn read_recording(path: &Path) -> Result<Recording, Box<dyn std::error::Error + Send + Sync>> {
    let limit = u64::try_from(Recording::MAX_BYTES).unwrap_or(u64::MAX);
    let text = read_bounded(path, limit)?;
    Recording::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn row(dataset: &str, found: &Features) -> serde_json::Value {
    json!({
        "dataset": dataset,
        "t_now_ticks": found.now_tick,
        "n": found.count,
        "q": found.quality,
        "hr_cbpm": found.hr_cbpm,
        "rmssd_cms": found.rmssd_cms,
        "sdnn_cms": found.sdnn_cms,
        "nn50": found.nn50,
        "pairs": found.pairs,
        "ssi": found.ssi,
        "stress": found.stress,
        "peak_mHz": found.peak_mhz,
        "coh": found.coherence,
        "focus": found.focus,
        "distinct": found.distinct,
        "ratio": found.ratio,
        "auth": found.authenticity,
        "E": found.score.get(),
        "eligible": u8::from(found.is_eligible()),
    })
}
