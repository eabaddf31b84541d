//! `query`: every kind of question, verified from genesis or a checkpoint, and as the node's word.

use serde_json::{Value, json};

use crate::{
    harness::Devnet,
    homes::text,
    program::{Run, run, run_all},
    transactions::Sent,
};

/// Any node but the one that takes transactions in.
const NODE: usize = 2;

fn query(net: &Devnet, node: usize, options: &[&str], what: &[&str]) -> Run {
    let genesis = net.path("genesis.json");
    run_all(&[&["query", "--json", "--genesis", &genesis, "--node", net.url(node)], options, what])
}

/// An answer that is proved from genesis on.
pub fn verified(net: &Devnet, node: usize, what: &[&str]) -> Value {
    let answer = query(net, node, &["--verify"], what).json();
    assert_eq!(answer["verified"], true, "{answer}");
    answer
}

fn key_of(net: &Devnet, node: usize) -> Value {
    run(&["keys", "show", "--json", "--home", &net.home(node).display().to_string()]).json()
}

pub fn every_kind_is_answered_and_verified(net: &Devnet, sent: &Sent) {
    net.wait_until("epoch 0 is closed", || net.try_get(NODE, "/epochs/0").is_some());
    net.wait_for_height(NODE, sent.height);
    let keys = key_of(net, 1);
    let (account, validator) = (text(&keys, "account"), text(&keys, "validator"));
    let (device, height) = (text(&keys, "device_key"), sent.height.to_string());
    let kinds = [
        ["account", &account],
        ["validator", &validator],
        ["device", &device],
        ["transaction", &sent.id],
        ["header", &height],
        ["epoch", "0"],
    ];
    let [money, member, heart, transaction, header, epoch] = kinds.map(|what| verified(net, NODE, &what));

    assert_eq!(money["record"]["address"], account.as_str(), "{money}");
    assert!(money["record"]["balance_micro"].as_u64() >= Some(1_000_000_000), "{money}");
    assert_eq!(member["record"]["account"], account.as_str(), "{member}");
    assert_eq!(member["record"]["bond_micro"], 10_000_000_000_u64, "{member}");
    assert_eq!(heart["record"]["validator"], validator.as_str(), "{heart}");
    assert_eq!((&heart["record"]["simulated"], &heart["record"]["tier"]), (&json!(true), &json!(80)));
    assert_eq!((&transaction["id"], &transaction["height"]), (&json!(sent.id), &json!(sent.height)));
    assert_eq!(transaction["sender"], sent.sender.as_str(), "{transaction}");
    assert_eq!((&transaction["nonce"], &transaction["fee_micro"]), (&json!(0), &json!(1_000)));
    let block = net.get(NODE, &format!("/blocks/{height}"));
    for field in ["id", "time_ms", "state_root"] {
        assert_eq!(header[field], block[field], "{header}");
    }
    assert_eq!((&epoch["epoch"], epoch["seats"].as_array().unwrap().len()), (&json!(0), 4), "{epoch}");
    assert!(epoch["closed_by"].as_u64() > Some(0), "{epoch}");

    for what in &kinds {
        let answer = query(net, NODE, &[], what).json();
        assert_eq!(answer["verified"], false, "{answer}");
    }
    let reported = query(net, NODE, &[], &["transaction", &sent.id]).json();
    assert_eq!(reported["index"], 0, "{reported}");
}

pub fn what_is_not_there_is_refused(net: &Devnet) {
    let zeros = "00".repeat(32);
    for what in [["transaction", &zeros], ["header", "1000000000"], ["epoch", "1000000000"]] {
        query(net, NODE, &[], &what).fails(&[net.url(NODE), "no such"]);
        query(net, NODE, &["--verify"], &what).fails(&[net.url(NODE), "no such"]);
    }
    // A record that is absent is an answer, and proved like any other. Any key serves; this one is on the curve.
    let unused = text(&key_of(net, 1), "account_key");
    let absent = verified(net, NODE, &["device", &unused]);
    assert_eq!((&absent["present"], &absent["record"]), (&json!(false), &Value::Null), "{absent}");

    net.wait_for_height(NODE, 5);
    let id = text(&net.get(NODE, "/blocks/2"), "id");
    let (right, wrong) = (format!("2:{id}"), format!("2:{zeros}"));
    let header = ["header", "5"];
    let options = |checkpoint| ["--verify", "--from-checkpoint", checkpoint];
    assert_eq!(query(net, NODE, &options(&right), &header).json()["verified"], true);
    query(net, NODE, &options(&wrong), &header).fails(&["another block at the checkpoint's height 2"]);
    let other = net.path("other.json");
    run(&["query", "--verify", "--genesis", &other, "--node", net.url(NODE), "header", "5"])
        .fails(&["refused", "another chain"]);
}
