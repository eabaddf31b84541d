//! `cargo xtask test`: every check that a change must pass, in order of cost; the first failure ends the run.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::shell::Shell;
use crate::tally::Tally;
use crate::{Result, e2e, fuzz, lint, setup, sim, wasm, web};

/// Seconds for each fuzz target here; `cargo xtask fuzz --seconds` takes longer looks.
const FUZZ_SECONDS: u32 = 10;

/// Options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave out the long runs: 200 simulated seeds, the browsers, the page, the fuzz targets
    #[arg(long)]
    quick: bool,
}

/// Runs the steps and closes with one line that counts the tests, each step being one as well.
pub fn main(args: &Args) -> Result {
    let mut report = Report::default();
    let outcome = steps(args.quick, &mut report);
    report.print();
    outcome
}

fn steps(quick: bool, report: &mut Report) -> Result {
    report.step("set-up", || prepare(quick))?;
    report.step("format", || lint::format().map(none))?;
    report.step("clippy", || lint::clippy().map(none))?;
    // The simulator's tests are built with optimisation, and so on their own.
    let native = ["test", "--workspace", "--exclude", "emotionalchain-tests"];
    report.step("native tests", || Shell::cargo(native).run_tests())?;
    report.step("light client, native tests", || lint::client("test")?.run_tests())?;
    report.step("simulator tests", sim::tests)?;
    report.step("wasm32 compiles", || wasm::check().map(none))?;
    if quick {
        return Ok(());
    }
    report.step("simulator, 200 seeds", || sim::gate().map(none))?;
    report.step("wasm32 tests in both browsers", wasm::browsers)?;
    report.step("page and package", || web::build().map(none))?;
    report.step("sizes and contents", || web::measure().map(none))?;
    report.step("npm unit tests", web::tests)?;
    report.step("page and package in both browsers", || e2e::run(None, None))?;
    report.step("fuzz targets", || fuzz::run(FUZZ_SECONDS, None).map(|passed| Tally { passed, failed: 0 }))
}

/// What the steps need; touches nothing where it is there already.
fn prepare(quick: bool) -> Result<Tally> {
    setup::base()?;
    if quick {
        setup::wasm_compiler()?;
    } else {
        setup::wasm()?;
        setup::web()?;
        setup::fuzz()?;
    }
    Ok(Tally::default())
}

/// A step that is one check in itself and counts no tests of its own.
fn none((): ()) -> Tally {
    Tally::default()
}

/// What ran, how long it took, what it counted.
#[derive(Default)]
struct Report {
    lines: Vec<(&'static str, Duration, bool)>,
    tally: Tally,
}

impl Report {
    /// Runs one step and notes it, whatever its end.
    fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<Tally>) -> Result {
        println!("== {name}");
        let start = Instant::now();
        let outcome = run();
        let took = start.elapsed();
        println!("== {name}: {} in {:.1} s", word(outcome.is_ok()), took.as_secs_f64());
        self.lines.push((name, took, outcome.is_ok()));
        let own = Tally { passed: u64::from(outcome.is_ok()), failed: u64::from(outcome.is_err()) };
        self.tally.add(own);
        let counted = outcome.map_err(|error| Error::Step { step: name, source: Box::new(error) })?;
        self.tally.add(counted);
        Ok(())
    }

    /// The table of steps, then the count alone on its line.
    fn print(&self) {
        println!("\n  seconds  step");
        for (name, took, passed) in &self.lines {
            println!("{:>9.1}  {name}: {}", took.as_secs_f64(), word(*passed));
        }
        println!("\n{} passed, {} failed", self.tally.passed, self.tally.failed);
    }
}

fn word(passed: bool) -> &'static str {
    if passed { "passed" } else { "FAILED" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_itself_and_its_tests() {
        let mut report = Report::default();
        assert!(report.step("two tests", || Ok(Tally { passed: 2, failed: 0 })).is_ok());
        assert_eq!(report.tally, Tally { passed: 3, failed: 0 });
    }

    #[test]
    fn a_failed_step_is_named_and_counted() {
        let mut report = Report::default();
        let outcome = report.step("broken", || Err(Error::NoCache));
        assert!(matches!(outcome, Err(Error::Step { step: "broken", .. })));
        assert_eq!(report.tally, Tally { passed: 0, failed: 1 });
    }
}
