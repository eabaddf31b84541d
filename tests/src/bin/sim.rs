//! `sim`: runs the simulator over many seeds and says what it found.

use std::{
    ops::{Range, RangeInclusive},
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use clap::Parser;
use emotionalchain_tests::{
    plan::{Mutation, Plan, Scenario, draw},
    report::{Report, gather},
    world::{Outcome, run},
};

/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// Runs real validators in a simulated world and checks that every invariant holds.
///
/// Each seed draws a network, its faults and its Byzantine seats, and runs until every honest node has decided all
/// heights. A violation is shrunk to the faults that it takes and printed with the last events before it; the exit code
/// is then 1. The same arguments always print the same digest.
#[derive(Parser)]
#[command(name = "cargo xtask sim", version)]
struct Args {
    /// Seats: a number, or a range such as 4..10 of which each seed draws one (both ends included, at most 128)
    #[arg(long, value_name = "N", default_value = "4", value_parser = parse_validators)]
    validators: RangeInclusive<usize>,
    /// Seeds: a number, or a range such as 0..200 (the end not included)
    #[arg(long, value_name = "A..B", default_value = "0..20", value_parser = parse_seeds)]
    seeds: Range<u64>,
    /// What goes wrong: mixed, clean, wan, crashes, network, or the name of one Byzantine behaviour
    #[arg(long, default_value = "mixed")]
    scenario: Scenario,
    /// Heights that every honest node must decide
    #[arg(long, value_name = "H", default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    heights: u64,
    /// Take a defence away from every honest node and set the trap that shows it, to see an invariant fail. The trap
    /// brings its own seats, heights and faults. One of log-dropped, fsync-skipped, quorum-minus-one, quorum-of-all,
    /// signatures-unchecked, evidence-dropped, lock-ignored, membership-unchecked, churn-unbounded, results-unchecked,
    /// proofs-unchecked, fetch-dropped, bounds-off
    #[arg(long, value_name = "DEFENCE", conflicts_with_all = ["validators", "heights", "scenario"])]
    mutate: Option<Mutation>,
    /// Threads; results do not depend on it
    #[arg(long, value_name = "T")]
    threads: Option<usize>,
    /// Print one JSON document and nothing else
    #[arg(long)]
    json: bool,
}

fn parse_validators(text: &str) -> Result<RangeInclusive<usize>, String> {
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("'{text}' is not a number of seats"));
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (number(first)?, number(last.trim_start_matches('='))?),
        None => (number(text)?, number(text)?),
    };
    if first < 1 || last > 128 || first > last {
        return Err("expected 1 to 128 seats, or a range of them such as 4..10".into());
    }
    Ok(first..=last)
}

fn parse_seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("'{text}' is not a seed"));
    let range = match text.split_once("..") {
        Some((first, end)) => number(first)?..number(end)?,
        None => number(text)?..number(text)?.saturating_add(1),
    };
    if range.is_empty() { Err("the range of seeds is empty".into()) } else { Ok(range) }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let started = Instant::now();
    let runs = run_all(&args);
    let report = gather(args.scenario, runs);
    if args.json {
        match serde_json::to_string(&report) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("{error}"),
        }
    } else {
        print(&report, started.elapsed());
    }
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn plan(args: &Args, seed: u64) -> Plan {
    match args.mutate {
        Some(mutation) => mutation.trap(seed).without(mutation),
        None => draw(seed, args.validators.clone(), args.heights, args.scenario),
    }
}

/// Every seed on some thread, in the order of seeds.
fn run_all(args: &Args) -> Vec<(Plan, Outcome)> {
    let next = AtomicU64::new(args.seeds.start);
    let failed = AtomicU64::new(0);
    let total = args.seeds.end.saturating_sub(args.seeds.start);
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(available).max(1);
    let work = || {
        let mut done = Vec::new();
        let mut said = Instant::now();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= args.seeds.end {
                return done;
            }
            let plan = plan(args, seed);
            let outcome = run(&plan, false);
            if outcome.violation.is_some() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            done.push((plan, outcome));
            if said.elapsed() > PROGRESS {
                said = Instant::now();
                let begun = seed.saturating_sub(args.seeds.start);
                eprintln!("{begun} of {total} seeds, {} violations", failed.load(Ordering::Relaxed));
            }
        }
    };
    let mut all: Vec<(Plan, Outcome)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|one| one.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
            .collect()
    });
    all.sort_by_key(|(plan, _)| plan.seed);
    all
}

fn print(report: &Report, took: Duration) {
    for found in &report.violations {
        println!(
            "VIOLATION of {} by seed {} ({} seats)",
            found.violation.invariant, found.seed, found.validators
        );
        println!("  {}", found.violation.detail);
        for fault in &found.faults {
            println!("  fault: {fault}");
        }
        for line in &found.trace {
            println!("  {line}");
        }
    }
    let (finality, ideal) = (report.finality_ms, report.ideal_finality_ms);
    println!(
        "{} seeds, {} heights, {} epochs in {:.1} s",
        report.seeds,
        report.heights,
        report.epochs,
        took.as_secs_f64()
    );
    println!("finality  p50 {:.0} ms, p95 {:.0} ms", finality.p50, finality.p95);
    println!("ideal     p50 {:.0} ms, p95 {:.0} ms", ideal.p50, ideal.p95);
    println!("a height  {} messages, {} bytes", report.messages_per_height, report.bytes_per_height);
    for (name, times) in &report.faults_fired {
        println!("fired     {name} {times}");
    }
    println!("digest    {}", report.digest);
    println!("{}", if report.violations.is_empty() { "no violation" } else { "VIOLATIONS FOUND" });
}
