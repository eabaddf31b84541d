//! `check-config`, and `run` on homes that cannot start.

use std::fs;

use serde_json::{Value, json};

use crate::{
    homes::{Scene, set_mode, text},
    program::run,
};

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/rr/plux_ecg_5min.csv");

#[test]
fn a_good_home_passes() {
    let scene = Scene::new();
    let (made, home) = (scene.init("home"), scene.path("home"));
    let check = || run(&["check-config", "--home", &home]);
    let before = scene.files("home");
    let first = check();
    let lines: Vec<&str> = first.text().lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[0].starts_with("chain       cli-test ("), "{}", lines[0]);
    assert_eq!(lines[1], format!("validator   {}", text(&made, "validator")));
    assert!(lines[2].starts_with("http        127.0.0.1:"), "{}", lines[2]);
    assert!(scene.files("home") == before, "checking changes nothing");

    scene.write("home/config.toml", "http = \"127.0.0.1:9\"\n[network.peers]\nlow = 5\n");
    assert!(check().text().contains("http        127.0.0.1:9\n"));
    fs::remove_file(scene.path("home/config.toml")).unwrap();
    assert_eq!(check().text(), first.text(), "without the file the defaults hold");
}

#[test]
fn a_malformed_configuration_is_named_with_its_line() {
    let scene = Scene::new();
    scene.init("home");
    let (home, file) = (scene.path("home"), scene.path("home/config.toml"));
    let cases: [(&[u8], &str); 11] = [
        (b"http = \n", "line 1"),
        (b"http", "line 1"),
        (b"http\0\0\0", "line 1"),
        (b"# why\nhttp = \"127.0.0.1:0\"\ncolour = 1\n", "line 3"),
        (b"http = 5\n", "line 1"),
        (b"http = \"localhost\"\n", "line 1"),
        (b"recording = [1]\n", "line 1"),
        (b"[network]\nspeed = 1\n", "line 2"),
        (b"[network]\nlisten = [\"nonsense\"]\n", "line 2"),
        (b"[network.gossip]\nmesh = \"many\"\n", "line 2"),
        (b"[network.peers]\nlow = -1\n", "line 2"),
    ];
    for (bytes, line) in cases {
        fs::write(&file, bytes).unwrap();
        let before = scene.files("home");
        run(&["check-config", "--home", &home]).fails_at_length(&[&file, line]);
        scene.unlocked(&["run", "--home", &home]).fails_at_length(&[&file, line]);
        assert!(scene.files("home") == before, "nothing is changed");
    }
    for (bytes, reason) in
        [(b"http = \"\xff\"\n".to_vec(), "UTF-8"), (vec![b'#'; (1 << 20) + 1], "too large")]
    {
        fs::write(&file, bytes).unwrap();
        run(&["check-config", "--home", &home]).fails(&[&file, reason]);
    }
}

#[test]
fn values_out_of_range_are_named() {
    let scene = Scene::new();
    scene.init("home");
    let home = scene.path("home");
    for (config, words) in [
        ("[network.peers]\nlow = 0\n", ["peers.low", "1..=12"]),
        ("[network]\nlisten = []\n", ["listen", "empty"]),
        ("[network]\nbootstrap = [\"/ip4/1.2.3.4/udp/9\"]\n", ["/ip4/1.2.3.4/udp/9", "is not a"]),
        ("[network.gossip]\nmesh_low = 9\n", ["gossip.mesh_low", "9"]),
        ("[network.timing]\nping_interval_ms = 1\n", ["timing.ping_interval_ms", "100"]),
    ] {
        scene.write("home/config.toml", config);
        run(&["check-config", "--home", &home]).fails(&words);
    }
}

#[test]
fn environment_and_flags_win_over_the_file() {
    let scene = Scene::new();
    scene.init("home");
    let home = scene.path("home");
    scene.write("home/config.toml", "[network.peers]\nlow = 5\nhigh = 20\n");
    let low = |call: &mut std::process::Command| {
        let found: Value = serde_json::from_slice(&call.output().unwrap().stdout).unwrap();
        let peers = &found["settings"]["network"]["peers"];
        (peers["low"].as_u64().unwrap(), peers["high"].as_u64().unwrap())
    };
    let check = |flags: &[&str]| {
        let mut call = std::process::Command::new(env!("CARGO_BIN_EXE_emotionalchain"));
        call.args(["check-config", "--json", "--show", "--home", &home]).args(flags);
        call
    };
    assert_eq!(low(&mut check(&[])), (5, 20));
    let variable = ("EMOTIONALCHAIN__NETWORK__PEERS__LOW", "6");
    assert_eq!(low(check(&[]).env(variable.0, variable.1)), (6, 20));
    assert_eq!(low(check(&["--set", "network.peers.low=7"]).env(variable.0, variable.1)), (7, 20));
    run(&["check-config", "--home", &home, "--set", "network.colour=1"])
        .fails(&["--set network.colour", "unknown field"]);
    let seeds = scene.write("seeds.txt", "# ours\n/dnsaddr/seeds.example\n");
    let (profile, path) = ("profile=mainnet", format!("seeds={seeds}"));
    run(&["check-config", "--home", &home, "--set", profile, "--set", &path]).text();
    scene.write("seeds.txt", "nonsense\n");
    run(&["check-config", "--home", &home, "--set", &path]).fails(&[&seeds, "seed 1", "nonsense"]);
    run(&["check-config", "--home", &home, "--set", "profile=mainnet"]).fails(&["mainnet", "bootstrap"]);
}

#[test]
fn a_malformed_genesis_is_named_with_its_line() {
    let scene = Scene::new();
    scene.init("home");
    let (home, file) = (scene.path("home"), scene.path("home/genesis.json"));
    let good = scene.genesis.clone();
    let changed = |pointer: &str, name: &str, value: Value| {
        let mut genesis = good.clone();
        genesis.pointer_mut(pointer).unwrap()[name] = value;
        serde_json::to_vec_pretty(&genesis).unwrap()
    };
    let without = |name: &str| {
        let mut genesis = good.clone();
        genesis.as_object_mut().unwrap().remove(name).unwrap();
        serde_json::to_vec_pretty(&genesis).unwrap()
    };
    let twice = json!([good["accounts"][0], good["accounts"][0]]);
    let cases = [
        (b"{".to_vec(), "line 1"),
        (b"".to_vec(), "line 1"),
        (vec![0; 100], "line 1"),
        (b"{\n}".to_vec(), "line 2"),
        (changed("", "colour", json!(1)), "unknown field `colour`"),
        (changed("", "time_ms", json!("soon")), "line "),
        (changed("", "chain_id", json!("Chain")), "chain id must be"),
        (changed("", "params", json!({ "speed": 1 })), "unknown field `speed`"),
        (changed("/accounts/0", "balance", json!(-1)), "line "),
        (changed("/accounts/0", "address", json!("emo1")), "line "),
        (without("validators"), "missing field `validators`"),
        // Well formed, but no start of a chain: no line to point at.
        (changed("", "params", json!({ "epoch_ms": 1 })), "epoch_ms is out of range"),
        (changed("", "validators", json!([])), "at least one member"),
        (changed("", "accounts", twice), "listed twice"),
        (changed("/validators/0", "bond", json!(1)), "too small a bond"),
        (vec![b' '; (4 << 20) + 1], "too large"),
    ];
    for (bytes, reason) in cases {
        fs::write(&file, bytes).unwrap();
        let before = scene.files("home");
        run(&["check-config", "--home", &home]).fails(&[&file, reason]);
        scene.unlocked(&["run", "--home", &home]).fails(&[&file, reason]);
        assert!(scene.files("home") == before, "nothing is changed");
    }
}

#[test]
fn missing_keys_and_recordings_are_named() {
    let scene = Scene::new();
    scene.init("home");
    let (home, key) = (scene.path("home"), scene.path("home/node.key"));
    let check = || run(&["check-config", "--home", &home]);
    let none = scene.path("none.csv");
    scene.write("home/config.toml", format!("recording = '{none}'\n"));
    check().fails(&[&none, "No such file"]);
    let broken = scene.write("broken.csv", "rr_1024\nfast\n");
    scene.write("home/config.toml", format!("recording = '{broken}'\n"));
    check().fails(&[&broken, "line 2"]);
    fs::remove_file(scene.path("home/config.toml")).unwrap();
    set_mode(&key, 0o604);
    check().fails(&[&key, "chmod 600"]);
    fs::remove_file(&key).unwrap();
    check().fails(&[&key]);
}

#[test]
fn a_recording_is_replayed_only_where_the_chain_allows_it() {
    let scene = Scene::new();
    scene.init("home");
    let (home, wrong) = (scene.path("home"), scene.path("wrong"));
    let why = "does not allow simulated devices";
    scene.unlocked(&["run", "--home", &home, "--recording", RECORDING]).fails(&[why]);
    scene.write("home/config.toml", format!("recording = '{RECORDING}'\n"));
    scene.unlocked(&["run", "--home", &home]).fails(&[why]);
    run(&["check-config", "--home", &home]).fails(&[why]);

    let mut genesis = scene.genesis.clone();
    genesis["params"] = json!({ "allow_simulated": true });
    fs::write(scene.path("home/genesis.json"), genesis.to_string()).unwrap();
    run(&["check-config", "--home", &home]).text();
    run(&["run", "--home", &home, "--passphrase-file", &wrong]).fails(&["wrong passphrase"]);
    assert!(!fs::exists(scene.path("home/data")).unwrap(), "refused before anything is written");
}
