//! One run of the program: arguments in; exit code, standard output and standard error out.

use std::{
    io::Read,
    process::{Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::harness::PROGRAM;

/// Longest run of any command: above the minute after which `tx --wait` gives up by itself.
const LIMIT: Duration = Duration::from_secs(150);
const LOOK: Duration = Duration::from_millis(10);
/// What the program or clap read from the environment: that of the machine must not decide a test.
const VARIABLES: [&str; 6] = [
    "EMOTIONALCHAIN_LOG",
    "EMOTIONALCHAIN_NODE",
    "EMOTIONALCHAIN_HOME",
    "EMOTIONALCHAIN_HTTP",
    "EMOTIONALCHAIN_PASSPHRASE",
    "COLUMNS",
];

pub struct Run {
    args: String,
    code: Option<i32>,
    out: String,
    err: String,
}

pub fn run(args: &[&str]) -> Run {
    run_in(&[], args)
}

/// With arguments put together of several lists.
pub fn run_all(args: &[&[&str]]) -> Run {
    run(&args.concat())
}

/// With variables of the environment.
pub fn run_in(variables: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = Command::new(PROGRAM);
    for name in VARIABLES {
        command.env_remove(name);
    }
    let mut child = command
        .args(args)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (out, err) = (drain(child.stdout.take().unwrap()), drain(child.stderr.take().unwrap()));
    let since = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if since.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{args:?} does not end within {} s\n{}", LIMIT.as_secs(), err.join().unwrap());
        }
        std::thread::sleep(LOOK);
    };
    Run { args: args.join(" "), code: status.code(), out: out.join().unwrap(), err: err.join().unwrap() }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

impl Run {
    /// Succeeded: what stands on standard output.
    #[track_caller]
    pub fn text(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}\n{}", self.args, self.err);
        &self.out
    }

    /// Succeeded and had nothing to print: what it told its user.
    #[track_caller]
    pub fn told(&self) -> &str {
        assert_eq!(self.text(), "", "{}", self.args);
        &self.err
    }

    /// Succeeded: the JSON documents, one a line.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        self.text().lines().map(parse).collect()
    }

    /// Succeeded: the only JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        let mut rows = self.rows();
        assert_eq!(rows.len(), 1, "{}\n{}", self.args, self.out);
        rows.remove(0)
    }

    /// Failed, with one line that holds all of these, and without a result.
    #[track_caller]
    pub fn fails(&self, words: &[&str]) {
        self.fails_at_length(words);
        assert_eq!(self.err.lines().count(), 1, "{}\n{}", self.args, self.err);
        assert_eq!(self.out, "", "{}", self.args);
    }

    /// Failed, with a message of any length.
    #[track_caller]
    pub fn fails_at_length(&self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{}\n{}{}", self.args, self.out, self.err);
        assert!(self.err.starts_with("error: "), "{}\n{}", self.args, self.err);
        self.says(words);
    }

    /// Was called in a wrong way.
    #[track_caller]
    pub fn is_misused(&self, words: &[&str]) {
        assert_eq!(self.code, Some(2), "{}\n{}{}", self.args, self.out, self.err);
        assert_eq!(self.out, "", "{}", self.args);
        self.says(words);
    }

    #[track_caller]
    fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.err.contains(word), "{}: no '{word}' in\n{}", self.args, self.err);
        }
    }
}
