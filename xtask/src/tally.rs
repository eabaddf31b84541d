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
    /// Reads one line of output; only closing lines count: cargo's and wasm-bindgen's (`test result: ok. 3 passed; 0
    /// failed; …`), and those of Node.js (`ℹ pass 3`, `ℹ fail 0`, with `#` in TAP).
    pub fn read(&mut self, line: &str) {
        if let Some((_, counts)) = line.split_once("test result: ") {
            self.passed = self.passed.saturating_add(before(counts, "passed"));
            self.failed = self.failed.saturating_add(before(counts, "failed"));
        }
        self.passed = self.passed.saturating_add(node(line, "pass"));
        self.failed = self.failed.saturating_add(node(line, "fail"));
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

/// The number in a closing line of Node.js. Such a line starts at the left edge and holds nothing else: the runner
/// indents and prefixes what the tests themselves print.
fn node(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["ℹ" | "#", said, number] if *said == word => number.parse().unwrap_or(0),
        _ => 0,
    }
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
    fn closing_lines_of_node_are_summed() {
        let mut tally = Tally::default();
        for line in
            ["ℹ tests 5", "ℹ pass 4", "ℹ fail 1", "ℹ cancelled 0", "# pass 2", "  # pass 9", "# fail 0"]
        {
            tally.read(line);
        }
        assert_eq!(tally, Tally { passed: 6, failed: 1 });
    }

    #[test]
    fn a_garbled_closing_line_counts_nothing() {
        let mut tally = Tally::default();
        tally.read("test result: ok. many passed");
        tally.read("test result: ");
        assert_eq!(tally, Tally::default());
    }
}
