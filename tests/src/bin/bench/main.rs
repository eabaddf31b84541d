//! `bench`: measures what the documentation claims, with the peer or the limit of each figure in the same run.
//!
//! ```text
//!  crypto     a certificate of 100 seats   beside   as many bare ed25519 checks
//!  blocks     a full block: check, execute, store
//!  simulated  finality at 4, 32, 100 seats beside   the ideal of the same placement; bytes and propagation
//!  live       four processes on loopback: finality, memory; transfers a second beside the limit of signature checks
//! ```
//! The result is one Markdown section on standard output, progress goes to standard error.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a failed measurement stops loudly; no input of strangers is handled"
)]

mod blocks;
mod crypto;
mod live;
mod simulated;

use std::{path::PathBuf, time::Duration};

use clap::Parser;

/// Measures EmotionalChain on this machine and prints one Markdown section.
#[derive(Parser)]
#[command(name = "cargo xtask bench", version)]
struct Args {
    /// The program `emotionalchain`
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Minutes that the quiet network runs before its memory is read
    #[arg(long, default_value_t = 10, value_name = "M")]
    minutes: u64,
    /// Seconds of load on the busy network
    #[arg(long, default_value_t = 30, value_name = "S")]
    load_seconds: u64,
    /// Transfers a second that are offered to the busy network
    #[arg(long, default_value_t = 4_500, value_name = "N")]
    rate: u64,
    /// Only this part
    #[arg(long, value_enum)]
    only: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Crypto,
    Blocks,
    Simulated,
    Live,
    Load,
}

/// One line of the table.
pub struct Row {
    what: String,
    figure: String,
    beside: String,
}

impl Row {
    fn new(what: impl Into<String>, figure: impl Into<String>, beside: impl Into<String>) -> Self {
        Self { what: what.into(), figure: figure.into(), beside: beside.into() }
    }
}

fn main() {
    let args = Args::parse();
    let wanted = |part| args.only.is_none_or(|only| only == part);
    let mut rows = Vec::new();
    // Also the yardstick of the throughput below.
    let check = crypto::bare_check();
    if wanted(Part::Crypto) {
        rows.extend(crypto::certificate(check));
    }
    if wanted(Part::Blocks) {
        rows.extend(blocks::block(check));
    }
    if wanted(Part::Simulated) {
        rows.extend(simulated::finality());
    }
    if wanted(Part::Load) {
        rows.extend(live::throughput(
            &args.program,
            Duration::from_secs(args.load_seconds),
            args.rate,
            check,
        ));
    }
    if wanted(Part::Live) {
        rows.extend(live::quiet(&args.program, Duration::from_secs(60 * args.minutes)));
    }
    println!("{}\n\n| what | measured | beside |\n|---|---|---|", machine());
    for Row { what, figure, beside } in rows {
        println!("| {what} | {figure} | {beside} |");
    }
}

/// Processor, cores and date.
fn machine() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let date = std::process::Command::new("date").arg("+%Y-%m-%d").output();
    let date = date.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    format!("{}, {cores} cores, {date}", model.unwrap_or("unknown processor"))
}

/// The middle of sorted values, and the one that nineteen of twenty lie below.
pub fn percentiles(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    let at = |percent: usize| values.get((values.len() * percent / 100).min(values.len().saturating_sub(1)));
    (at(50).copied().unwrap_or_default(), at(95).copied().unwrap_or_default())
}

/// The shortest of several runs, in seconds: what the machine can do when nothing disturbs it.
pub fn best(runs: usize, mut work: impl FnMut()) -> f64 {
    let times = (0..runs).map(|_| {
        let start = std::time::Instant::now();
        work();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}
