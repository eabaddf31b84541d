//! The page: `run --web`, `devnet --web`, `devnet --browser-device`.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    harness::PROGRAM,
    homes::{Scene, mode, text},
    program::run,
};

#[test]
fn a_folder_that_is_no_page_is_named() {
    let scene = Scene::new();
    scene.init("home");
    let home = scene.path("home");
    let (none, empty, odd) = (scene.path("none"), scene.path("empty"), scene.path("odd"));
    fs::create_dir(&empty).unwrap();
    fs::create_dir(&odd).unwrap();
    scene.write("odd/index.html", "<p>page");
    std::os::unix::fs::symlink(scene.path("passphrase"), format!("{odd}/link.txt")).unwrap();
    for (folder, why) in
        [(&none, "No such file"), (&empty, "index.html"), (&odd, "neither a plain file nor a folder")]
    {
        scene.unlocked(&["run", "--home", &home, "--web", folder]).fails(&[folder, why]);
        scene.write("home/config.toml", format!("web = '{folder}'\n"));
        scene.unlocked(&["run", "--home", &home]).fails(&[folder, why]);
        run(&["check-config", "--home", &home]).fails(&[folder, why]);
        fs::remove_file(scene.path("home/config.toml")).unwrap();
        run(&["devnet", "--home", &scene.path("net"), "--web", folder]).fails(&[folder, why]);
        assert!(!fs::exists(scene.path("net")).unwrap(), "refused before anything is made");
    }
    fs::remove_file(format!("{odd}/link.txt")).unwrap();
    scene.write("home/config.toml", format!("web = '{odd}'\n"));
    run(&["check-config", "--home", &home]).text();
    assert!(!fs::exists(scene.path("home/data")).unwrap());
}

/// A running `devnet`.
struct Net {
    supervisor: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Net {
    fn start(args: &[&str]) -> Self {
        let mut supervisor = Command::new(PROGRAM)
            .args(["--log", "warn", "devnet"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(supervisor.stdout.take().unwrap()).lines();
        Self { supervisor, lines }
    }

    fn json(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.supervisor.id().to_string()).status();
        let _ = self.supervisor.wait();
    }
}

#[test]
fn a_devnet_serves_the_page_and_gives_it_a_device() {
    let scene = Scene::new();
    let (home, page) = (scene.path("net"), scene.path("page"));
    fs::create_dir(&page).unwrap();
    scene.write("page/index.html", "<p>page");
    let recording = ["--recording", "1=heart.csv", "--browser-device", "--validators", "2"];
    run(&[&["devnet", "--home", &home][..], &recording].concat()).fails(&["--recording 1"]);
    assert!(!fs::exists(&home).unwrap(), "refused before anything is made");

    let mut net = Net::start(&[
        "--json",
        "--home",
        &home,
        "--web",
        &page,
        "--browser-device",
        "--validators",
        "2",
        "--block-interval-ms",
        "200",
    ]);
    let made = net.json();
    let (url, faucet) = (text(&made["page"], "url"), text(&made["page"], "faucet_seed_hex"));
    let device = &made["page"]["device"];
    let last = run(&["keys", "show", "--json", "--home", &format!("{home}/validator-1")]).json();
    assert_eq!((device["validator"].clone(), device["tier"].clone()), (last["validator"].clone(), 80.into()));
    let (node, fragment) = url.split_once("/#").unwrap();
    assert_eq!(node, text(&made["nodes"][0], "http"));
    assert_eq!(
        fragment,
        format!("faucet={faucet}&device={}&validator={}", text(device, "seed_hex"), text(&last, "validator"))
    );
    for node in made["nodes"].as_array().unwrap() {
        let served = ureq::get(text(node, "http")).call().unwrap().body_mut().read_to_string().unwrap();
        assert_eq!(served, "<p>page");
    }
    let config = |index| fs::read_to_string(format!("{home}/validator-{index}/config.toml")).unwrap();
    assert!(config(0).contains("recording = ") && !config(1).contains("recording = "));
    assert_eq!(mode(format!("{home}/page.json")), 0o600);
    let kept = fs::read(format!("{home}/page.json")).unwrap();
    drop(net);

    let shaped = run(&["devnet", "--home", &home, "--browser-device"]);
    shaped.fails_at_length(&["is a network already"]);
    // Again, with the page once told and once remembered.
    let mut net = Net::start(&["--json", "--home", &home, "--web", &page]);
    assert_eq!(net.json()["page"], made["page"]);
    drop(net);
    let mut net = Net::start(&["--home", &home]);
    let told = net.lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("page "));
    assert_eq!(told, Some(format!("page     {url}")));
    assert_eq!(fs::read(format!("{home}/page.json")).unwrap(), kept);
}

#[test]
fn a_devnet_without_a_page_says_nothing_of_one() {
    let scene = Scene::new();
    let home = scene.path("net");
    let mut net = Net::start(&["--home", &home, "--validators", "1", "--block-interval-ms", "200"]);
    let mut seen = Vec::new();
    for line in net.lines.by_ref().map_while(Result::ok) {
        let last = line.starts_with("stop ");
        seen.push(line);
        if last {
            break;
        }
    }
    assert!(seen[0].starts_with("1 validators finalise blocks; 1 of them replay"), "{seen:?}");
    assert!(!seen.iter().any(|line| line.starts_with("page ")), "{seen:?}");
    drop(net);
    let mut net = Net::start(&["--json", "--home", &home]);
    let page = &net.json()["page"];
    assert_eq!(page["device"], Value::Null);
    assert!(text(page, "url").ends_with(&format!("/#faucet={}", text(page, "faucet_seed_hex"))));
}
