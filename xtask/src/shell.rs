//! Running programs: shown before they run, their failure never swallowed.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::tally::Tally;
use crate::{Result, paths};

/// A command line under construction, run from the repository's root.
pub struct Shell {
    command: Command,
}

impl Shell {
    /// A call of `program`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(paths::root());
        Self { command }
    }

    /// A call of the cargo that started xtask, with these arguments.
    pub fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        Self::new("cargo").args(args)
    }

    /// Runs in this folder.
    pub fn within(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes an environment variable away.
    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs with the terminal's own input and output.
    pub fn run(mut self) -> Result {
        self.announce();
        let status = self.command.status().map_err(|source| self.cannot_start(source))?;
        if status.success() { Ok(()) } else { Err(Error::Failed { line: self.line(), status }) }
    }

    /// Runs, passes every line of standard output on and counts the tests reported there.
    ///
    /// A run in which no test passed is a failure: a runner that skips everything looks green otherwise.
    pub fn run_tests(mut self) -> Result<Tally> {
        self.announce();
        let mut child =
            self.command.stdout(Stdio::piped()).spawn().map_err(|source| self.cannot_start(source))?;
        let mut tally = Tally::default();
        if let Some(output) = child.stdout.take() {
            let mut shown = std::io::stdout();
            for line in BufReader::new(output).split(b'\n') {
                let line = line.map_err(|source| self.cannot_start(source))?;
                let line = String::from_utf8_lossy(&line);
                tally.read(&line);
                // A closed terminal must not turn a passing test into a failing one.
                let _ = writeln!(shown, "{line}");
            }
        }
        let status = child.wait().map_err(|source| self.cannot_start(source))?;
        match (status.success(), tally.passed) {
            (false, _) => Err(Error::Failed { line: self.line(), status }),
            (true, 0) => Err(Error::NoTests { line: self.line() }),
            (true, _) => Ok(tally),
        }
    }

    /// Standard output of a quiet call, or nothing where the program is missing or fails.
    pub fn read(mut self) -> Option<String> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Standard output of a call that must succeed; what it says on standard error is shown.
    pub fn capture(mut self) -> Result<String> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let output = output.map_err(|source| self.cannot_start(source))?;
        if !output.status.success() {
            return Err(Error::Failed { line: self.line(), status: output.status });
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Standard output of a call that must succeed and reads this text on its standard input.
    pub fn answer(mut self, question: &str) -> Result<String> {
        let child = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|source| self.cannot_start(source))?;
        if let Some(mut input) = child.stdin.take() {
            // A program that ends without reading says why by its status.
            let _ = input.write_all(question.as_bytes());
        }
        let output = child.wait_with_output().map_err(|source| self.cannot_start(source))?;
        if !output.status.success() {
            return Err(Error::Failed { line: self.line(), status: output.status });
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Becomes the program: signals, exit code and terminal are its own from here on. Returns only on failure.
    pub fn become_it(mut self) -> Error {
        use std::os::unix::process::CommandExt;
        self.announce();
        let source = self.command.exec();
        self.cannot_start(source)
    }

    /// The command line as a person would type it.
    fn line(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    fn announce(&self) {
        eprintln!("$ {}", self.line());
    }

    fn cannot_start(&self, source: std::io::Error) -> Error {
        Error::Start { program: self.command.get_program().to_string_lossy().into_owned(), source }
    }
}

/// Words on a command line.
pub fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
    words.into_iter().map(OsString::from).collect()
}
