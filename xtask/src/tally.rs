//! Counting tests in what a test runner prints.

/// Tests counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

impl Tally {
    /// Reads one line of output; only closing lines (`test result: ok. 3 passed; 0 failed; …`) count.
    pub fn read(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        self.passed = self.passed.saturating_add(before(counts, "passed"));
        self.failed = self.failed.saturating_add(before(counts, "failed"));
    }

    /// Takes another count in.
    pub fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

/// The number that stands before `word` in `3 passed; 0 failed`.
fn before(counts: &str, word: &str) -> u64 {
    let mut last = 0;
    for part in counts.split([' ', ';', '.']) {
        if part == word {
            return last;
        }
        last = part.parse().unwrap_or(0);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_summed_and_other_lines_ignored() {
        let mut tally = Tally::default();
        tally.read("running 3 tests");
        tally.read(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        );
        tally.read("    test result: FAILED. 4 passed; 2 failed; 0 ignored");
        tally.read("5 passed, 0 failed");
        assert_eq!(tally, Tally { passed: 7, failed: 2 });
    }

    #[test]
    fn a_garbled_closing_line_counts_nothing() {
        let mut tally = Tally::default();
        tally.read("test result: ok. many passed");
        tally.read("test result: ");
        assert_eq!(tally, Tally::default());
    }
}
