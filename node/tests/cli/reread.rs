//! A running node that is told to read its configuration again.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use crate::{harness::PROGRAM, homes::Scene};

const PATIENCE: Duration = Duration::from_secs(60);

struct Node {
    child: Child,
    lines: Receiver<String>,
}

impl Node {
    fn run(scene: &Scene, home: &str) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["run", "--home", home, "--http", "127.0.0.1:0", "--stop-on-stdin-close"])
            .args(["--passphrase-file", &scene.path("passphrase")])
            .env_remove("EMOTIONALCHAIN_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let log = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    fn says(&self, words: &str) -> String {
        let mut heard = Vec::new();
        loop {
            let line =
                self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no '{words}' in {heard:#?}"));
            if line.contains(words) {
                return line;
            }
            heard.push(line);
        }
    }

    fn hang_up(&self) {
        let told = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_can_change_changes_and_a_wrong_file_changes_nothing() {
    let scene = Scene::new();
    scene.init("home");
    let home = scene.path("home");
    let config = |rest: &str| scene.write("home/config.toml", format!("profile = \"devnet\"\n{rest}"));
    config("");
    let node = Node::run(&scene, &home);
    node.says("node is up");
    config("log = \"info,emotionalchain_node=debug\"\n[network.limits]\nmax_inbound = 7\n");
    node.hang_up();
    // Not logged under the filter of the start.
    let limits = node.says("limits in force");
    assert!(limits.contains("max_inbound: 7"), "{limits}");
    node.says("the configuration was read again");
    config("[network.limits]\nmax_inbound = 0\n");
    node.hang_up();
    let refused = node.says("the configuration in force stays");
    assert!(refused.contains("limits.max_inbound"), "{refused}");
    config("log = \"info[\"\n");
    node.hang_up();
    node.says("the configuration in force stays");
}
