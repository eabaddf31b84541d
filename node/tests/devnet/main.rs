//! The network as its users run it: separate processes of the built program, real sockets, real kills.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::arithmetic_side_effects, missing_docs, reason = "a panic is a failed test")]

mod harness;
mod liar;
mod light;
mod synthetic;

use std::time::Duration;

use harness::Devnet;
use serde_json::Value;

#[test]
fn a_killed_validator_catches_up_and_two_killed_stop_finality_without_loss() {
    let mut net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    let before = net.wait_for_height(0, 5);

    net.kill(3);
    let meanwhile = net.wait_for_height(0, before + 10);
    net.restart(3);
    net.wait_for_height(3, meanwhile);
    let validator = net.validator_of(3);
    let record = net.get(0, &format!("/validators/{validator}"));
    assert_eq!(record["tombstoned"], Value::Bool(false), "it signed nothing twice");

    // Killed and back at once, they return to the very heights that they have signed for.
    for _ in 0..3 {
        let before = net.wait_for_height(0, 1);
        net.kill(2);
        net.kill(3);
        net.restart(2);
        net.restart(3);
        net.wait_for_height(0, before + 2);
    }

    net.kill(2);
    net.kill(3);
    let stopped = net.height_once_still(0);
    net.wait_until("a node without a quorum says so", || {
        net.get(0, "/status")["stalled"] == Value::Bool(true)
    });
    assert!(net.try_get(0, "/ready").is_none(), "and is not ready");
    let kept: Vec<Value> =
        (1..=stopped).map(|height| net.get(0, &format!("/blocks/{height}"))["id"].clone()).collect();
    net.restart(2);
    net.restart(3);
    let after = net.wait_for_height(0, stopped + 5);
    net.wait_until("it moves again", || net.get(0, "/status")["stalled"] == Value::Bool(false));
    net.wait_for_height(2, after);
    for (height, id) in (1..=stopped).zip(&kept) {
        assert_eq!(&net.get(2, &format!("/blocks/{height}"))["id"], id, "nothing finalised is lost");
    }
    for node in 0..4 {
        let record = net.get(0, &format!("/validators/{}", net.validator_of(node)));
        assert_eq!(record["tombstoned"], Value::Bool(false));
    }
}

#[test]
fn a_low_score_loses_the_seat_and_a_recovered_one_regains_it() {
    let file = synthetic::low_then_high();
    let choice = format!("4={}", file.path().display());
    let args =
        ["--validators", "5", "--epoch-seconds", "3", "--block-interval-ms", "300", "--recording", &choice];
    let net = Devnet::start(&args);
    let validator = net.validator_of(4);
    let path = format!("/validators/{validator}");
    net.wait_until("the seat is lost", || net.get(0, &path)["seated"] == Value::Bool(false));
    net.wait_until("four seats decide", || net.get(0, "/status")["seats"] == 4);
    net.wait_until("the seat is regained", || net.get(0, &path)["seated"] == Value::Bool(true));
    net.wait_until("it votes again", || net.get(4, "/status")["voting"] == Value::Bool(true));
}

#[test]
fn without_any_recording_the_chain_goes_on_at_its_floor() {
    let net = Devnet::start(&["--no-recordings", "--epoch-seconds", "2", "--block-interval-ms", "200"]);
    net.wait_until("three epochs close", || net.get(0, "/status")["epoch"].as_u64() > Some(3));
    assert_eq!(net.get(0, "/status")["seats"], 4);
    let epoch = net.get(0, "/epochs/1");
    assert_eq!(epoch["scores"].as_array().map(Vec::len), Some(0), "nobody voted");
}

#[test]
fn all_recordings_stop_and_the_chain_goes_on() {
    let mut net = Devnet::start(&["--epoch-seconds", "2", "--block-interval-ms", "200"]);
    let voters = |epoch: u64| {
        let closed = net_epoch(&net, epoch)?;
        closed["scores"].as_array().map(Vec::len)
    };
    net.wait_until("an epoch in which all four voted", || {
        let epoch = net.get(0, "/status")["epoch"].as_u64().unwrap();
        (0..epoch).any(|closed| voters(closed) == Some(4))
    });
    // One after the other, so that the network never lacks a quorum.
    for node in 0..4 {
        net.terminate(node, Duration::from_secs(10));
        net.stop_recording(node);
        net.restart(node);
        let head = net.wait_for_height((node + 1) % 4, 1);
        net.wait_for_height(node, head);
    }
    let since = net.get(0, "/status")["epoch"].as_u64().unwrap();
    let silent = |epoch: u64| {
        net_epoch(&net, epoch).is_some_and(|one| one["scores"].as_array().is_some_and(Vec::is_empty))
    };
    net.wait_until("three epochs in which nobody voted", || (since + 1..=since + 3).all(silent));
    assert_eq!(net.get(0, "/status")["seats"], 4, "the floor keeps its seats");
    let head = net.wait_for_height(0, 1);
    net.wait_for_height(0, head + 5);
}

/// A closed epoch, if it is closed.
fn net_epoch(net: &Devnet, epoch: u64) -> Option<Value> {
    net.try_get(0, &format!("/epochs/{epoch}"))
}

#[test]
fn a_proof_made_by_hand_becomes_a_score_and_a_session_key_a_delegation() {
    let net = Devnet::start(&["--no-recordings", "--epoch-seconds", "3", "--block-interval-ms", "200"]);
    net.wait_for_height(0, 5);
    let (key, genesis) = (net.home(0).join("node.key").display().to_string(), net.path("genesis.json"));
    let (passphrase, recording) = (net.path("passphrase"), net.path("recordings/plux_ecg_7min.csv"));
    let common = [
        "--key",
        &key,
        "--genesis",
        &genesis,
        "--passphrase-file",
        &passphrase,
        "--node",
        net.url(0),
        "--json",
    ];
    let prove = [["biometrics", "prove", &recording, "--submit"].as_slice(), &common].concat();
    let mut proved = Value::Null;
    // A proof made at the very end of an epoch comes too late for it: the next one will do.
    net.wait_until("a proof becomes a score", || {
        let Ok(text) = net.cli(&prove) else { return false };
        proved = serde_json::from_str(&text).unwrap();
        let epoch = proved["epoch"].as_u64().unwrap();
        let path = format!("/epochs/{epoch}");
        net.wait_until("the epoch closes", || {
            net.try_get(1, &path).is_some_and(|one| one["epoch"].is_number())
        });
        let voted = |seat: &Value| seat["validator"] == proved["validator"];
        net.get(1, &path)["scores"].as_array().unwrap().iter().any(voted)
    });
    assert_eq!((&proved["simulated"], &proved["tier"]), (&Value::Bool(true), &Value::from(80)));
    for secret in ["salt", "secret", "samples", "rr"] {
        assert!(proved.get(secret).is_none(), "{secret} leaves the program");
    }

    let session = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let order = ["tx", "delegate", "--session-key", session, "--minutes", "5", "--wait"];
    let delegate = [order.as_slice(), &common].concat();
    let delegated: Value = serde_json::from_str(&net.cli(&delegate).unwrap()).unwrap();
    assert!(delegated["height"].as_u64().is_some(), "{delegated}");
}

#[test]
fn a_transfer_is_final_and_its_proofs_hold_until_a_bit_changes() {
    let net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    let to = net.account_of(1);
    let sent = net.cli(&[
        "tx",
        "transfer",
        "--to",
        &to,
        "--amount",
        "1234567",
        "--wait",
        "--json",
        "--node",
        net.url(0),
        "--key",
        &net.path("faucet.key"),
        "--genesis",
        &net.path("genesis.json"),
        "--passphrase-file",
        &net.path("passphrase"),
    ]);
    let sent: Value = serde_json::from_str(&sent.unwrap()).unwrap();
    let id = sent["id"].as_str().unwrap().to_owned();
    let genesis = net.path("genesis.json");
    let verified = |node: &str, what: [&str; 2]| {
        let args = ["query", "--verify", "--genesis", &genesis, "--node", node, what[0], what[1]];
        net.cli(&args).map(|text| serde_json::from_str::<Value>(&text).unwrap())
    };
    // Every node proves it, not only the one that took it in.
    let height = sent["height"].as_u64().unwrap();
    for node in 0..4 {
        net.wait_for_height(node, height);
        let proved = verified(net.url(node), ["transaction", &id]).unwrap();
        assert_eq!((&proved["height"], &proved["verified"]), (&sent["height"], &Value::Bool(true)));
    }
    let balance = verified(net.url(2), ["account", &to]).unwrap();
    assert!(balance["record"]["balance_micro"].as_u64().unwrap() >= 1_001_234_567);

    net.wait_until("epoch 0 is closed", || net.try_get(0, "/epochs/0").is_some_and(|one| one["epoch"] == 0));
    let summary = verified(net.url(0), ["epoch", "0"]).unwrap();
    assert_eq!((&summary["epoch"], &summary["verified"]), (&Value::from(0), &Value::Bool(true)));

    let fields =
        ["proof_hex", "header_hex", "certificate_hex", "transaction_hex", "value_hex", "summary_hex"];
    for field in fields {
        let liar = liar::Liar::before(net.url(0), field);
        let asked = [["transaction", id.as_str()], ["account", to.as_str()], ["header", "2"], ["epoch", "0"]];
        for what in asked {
            let answer = verified(&liar.url, what);
            let touched = liar.lies() > 0;
            assert_eq!(answer.is_err(), touched, "{field} altered in the answer for {}", what[0]);
            liar.reset();
        }
    }
    let light =
        net.cli(&["light", "--node", net.url(1), "--genesis", &genesis, "--until", "5", "--json"]).unwrap();
    assert!(light.contains("\"verified\":true"));
}

#[test]
fn nodes_stop_cleanly_and_come_back() {
    let mut net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    net.wait_for_height(1, 3);
    net.terminate(1, Duration::from_secs(10));
    assert!(!net.home(1).join("run.json").exists(), "a clean stop takes its traces along");
    net.restart(1);
    let height = net.wait_for_height(0, 8);
    net.wait_for_height(1, height);
}

#[test]
fn a_lost_log_and_a_moved_key_sign_again_above_their_floor_and_nothing_twice() {
    let mut net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    net.wait_for_height(3, 5);
    let floor = |home: &std::path::Path| -> Value {
        serde_json::from_str(&std::fs::read_to_string(home.join("sign_floor.json")).unwrap()).unwrap()
    };
    let home = net.home(3).to_owned();
    assert_eq!(floor(&home)["first_height"], 0, "a key made here has signed nothing");

    // The log is lost.
    net.kill(3);
    std::fs::remove_file(home.join("data/consensus.wal")).unwrap();
    net.restart(3);
    let first = floor(&home)["first_height"].as_u64().unwrap();
    assert!(first > 5 && floor(&home)["pending"] == false);
    net.signs_again(3, first);

    // The key moves to another machine: its home with nothing but genesis and configuration.
    net.terminate(3, Duration::from_secs(10));
    let (copy, passphrase) = (net.path("copy.key"), net.path("passphrase"));
    let at = home.display().to_string();
    net.cli(&["keys", "export", "--home", &at, "--to", &copy, "--passphrase-file", &passphrase]).unwrap();
    for file in ["node.key", "sign_floor.json"] {
        std::fs::remove_file(home.join(file)).unwrap();
    }
    std::fs::remove_dir_all(home.join("data")).unwrap();
    net.cli(&["keys", "import", "--home", &at, "--from", &copy, "--passphrase-file", &passphrase]).unwrap();
    assert_eq!(floor(&home)["pending"], true);
    let before = net.wait_for_height(0, 1);
    net.restart(3);
    net.wait_until("the floor is settled", || floor(&home)["pending"] == false);
    let first = floor(&home)["first_height"].as_u64().unwrap();
    assert!(first >= before + 2, "above what it may have signed elsewhere");
    net.signs_again(3, first);

    // The data folder is lost, the key file stays.
    net.kill(3);
    std::fs::remove_dir_all(home.join("data")).unwrap();
    let before = net.wait_for_height(0, 1);
    net.restart(3);
    net.wait_until("the floor rises", || floor(&home)["first_height"].as_u64() >= Some(before + 2));
    let record = net.get(0, &format!("/validators/{}", net.validator_of(3)));
    assert_eq!(record["tombstoned"], Value::Bool(false));
}
