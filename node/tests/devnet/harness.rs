//! A devnet of the built program, and ways to watch and to hurt it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(120);
/// For how long a height must not change to be called still: many times the block interval.
const STILL: Duration = Duration::from_secs(4);
const LOOK: Duration = Duration::from_millis(50);

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_emotionalchain");

pub struct Devnet {
    supervisor: Child,
    folder: tempfile::TempDir,
    nodes: Vec<Node>,
    /// Nodes that the test itself started again.
    restarted: Vec<(Child, ChildStdin)>,
}

struct Node {
    url: String,
    pid: u64,
    home: PathBuf,
}

impl Devnet {
    pub fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut supervisor = Command::new(PROGRAM)
            .args(["--log", "warn", "devnet", "--json", "--home"])
            .arg(folder.path())
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).expect("devnet prints one JSON line");
        let nodes = started["nodes"].as_array().unwrap().iter().map(|node| Node {
            url: node["http"].as_str().unwrap().to_owned(),
            pid: node["pid"].as_u64().unwrap(),
            home: node["home"].as_str().unwrap().into(),
        });
        Self { nodes: nodes.collect(), supervisor, folder, restarted: Vec::new() }
    }

    pub fn url(&self, node: usize) -> &str {
        &self.nodes[node].url
    }

    pub fn home(&self, node: usize) -> &Path {
        &self.nodes[node].home
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn try_get(&self, node: usize, path: &str) -> Option<Value> {
        let url = format!("{}{path}", self.nodes[node].url);
        let text = ureq::get(&url).call().ok()?.body_mut().read_to_string().ok()?;
        serde_json::from_str(&text).ok()
    }

    pub fn get(&self, node: usize, path: &str) -> Value {
        self.try_get(node, path).unwrap_or_else(|| panic!("node {node} does not answer {path}"))
    }

    /// Runs the program to its end: its standard output, or its standard error if it fails.
    pub fn cli(&self, args: &[&str]) -> Result<String, String> {
        let output = Command::new(PROGRAM).args(args).output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap())
        } else {
            Err(String::from_utf8(output.stderr).unwrap())
        }
    }

    pub fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let since = Instant::now();
        while !holds() {
            assert!(
                since.elapsed() < PATIENCE,
                "{what}: not within {} s\n{}",
                PATIENCE.as_secs(),
                self.logs()
            );
            std::thread::sleep(LOOK);
        }
    }

    fn height(&self, node: usize) -> Option<u64> {
        self.try_get(node, "/status")?["height"].as_u64()
    }

    pub fn wait_for_height(&self, node: usize, at_least: u64) -> u64 {
        let mut height = 0;
        self.wait_until(&format!("node {node} reaches height {at_least}"), || {
            height = self.height(node).unwrap_or_default();
            height > 0 && height >= at_least
        });
        height
    }

    /// The height at which a node stands still.
    pub fn height_once_still(&self, node: usize) -> u64 {
        let (mut height, mut since) = (self.height(node), Instant::now());
        self.wait_until("finality stops", || {
            let now = self.height(node);
            if now != height {
                (height, since) = (now, Instant::now());
            }
            since.elapsed() > STILL
        });
        height.expect("the node answers")
    }

    /// Waits until a block that a node proposed is final at or above a height, as another node holds it.
    pub fn signs_again(&self, node: usize, from: u64) {
        let validator = self.validator_of(node);
        let mut height = from;
        self.wait_until(&format!("node {node} signs at {from} or later"), || {
            let Some(block) = self.try_get(0, &format!("/blocks/{height}")) else { return false };
            height += 1;
            block["proposer"].as_str() == Some(&validator)
        });
    }

    pub fn validator_of(&self, node: usize) -> String {
        self.keys(node)["validator"].as_str().unwrap().to_owned()
    }

    pub fn account_of(&self, node: usize) -> String {
        self.keys(node)["account"].as_str().unwrap().to_owned()
    }

    fn keys(&self, node: usize) -> Value {
        let home = self.nodes[node].home.display().to_string();
        serde_json::from_str(&self.cli(&["keys", "show", "--json", "--home", &home]).unwrap()).unwrap()
    }

    fn signal(&self, node: usize, signal: &str) {
        let pid = self.nodes[node].pid.to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill(&mut self, node: usize) {
        self.signal(node, "-KILL");
        self.wait_gone(node, PATIENCE);
    }

    /// SIGTERM, and a bound on what follows.
    pub fn terminate(&mut self, node: usize, within: Duration) {
        self.signal(node, "-TERM");
        self.wait_gone(node, within);
    }

    fn wait_gone(&mut self, node: usize, within: Duration) {
        let since = Instant::now();
        while self.height(node).is_some() {
            assert!(since.elapsed() < within, "node {node} does not stop");
            std::thread::sleep(LOOK);
        }
        let pid = self.nodes[node].pid;
        for (child, _) in &mut self.restarted {
            if u64::from(child.id()) == pid {
                child.wait().unwrap();
            }
        }
        // The port is closed before the store's lock is: wait for the process itself.
        let state = PathBuf::from(format!("/proc/{pid}/stat"));
        let alive = || std::fs::read_to_string(&state).is_ok_and(|stat| !stat.contains(") Z "));
        while alive() {
            assert!(since.elapsed() < within, "node {node} does not end");
            std::thread::sleep(LOOK);
        }
    }

    /// From its next start on a node replays nothing.
    pub fn stop_recording(&self, node: usize) {
        let path = self.nodes[node].home.join("config.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("recording")).collect();
        assert!(kept.len() < text.lines().count(), "it had a recording");
        std::fs::write(&path, kept.join("\n")).unwrap();
    }

    /// Starts a stopped node again on its home.
    pub fn restart(&mut self, node: usize) {
        let running = self.nodes[node].home.join("run.json");
        let _ = std::fs::remove_file(&running);
        let log =
            std::fs::OpenOptions::new().append(true).open(self.nodes[node].home.join("node.log")).unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["run", "--stop-on-stdin-close", "--passphrase-file", &self.path("passphrase"), "--home"])
            .arg(&self.nodes[node].home)
            .stdin(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        self.nodes[node].pid = child.id().into();
        let stdin = child.stdin.take().unwrap();
        self.restarted.push((child, stdin));
        self.wait_until(&format!("node {node} is up again"), || running.exists());
    }

    fn logs(&self) -> String {
        let tail = |node: &Node| {
            let text = std::fs::read_to_string(node.home.join("node.log")).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(8).collect();
            format!("{}:\n{}\n", node.home.display(), lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
        };
        self.nodes.iter().map(tail).collect()
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        for (mut child, stdin) in self.restarted.drain(..) {
            drop(stdin);
            let _ = child.wait();
        }
        let _ = Command::new("kill").arg(self.supervisor.id().to_string()).status();
        let _ = self.supervisor.wait();
    }
}
