//! `tx`: every transaction, and what is refused.

use std::{fs, thread::JoinHandle};

use serde_json::{Value, json};

use crate::{
    harness::Devnet,
    homes::text,
    program::{Run, run, run_all},
    queries::verified,
};

/// µEMO.
const FUNDS: u64 = 10_001_000_000;
const BOND: u64 = 10_000_000_000;
const LEAST_FEE: u64 = 1_000;
const HIGHER_FEE: u64 = 5_000;

/// A transaction in a block.
pub struct Sent {
    pub id: String,
    pub height: u64,
    pub sender: String,
}

/// Signs with a key file of the network's folder and hands in to node 0.
fn tx(net: &Devnet, key: &str, order: &[&str]) -> Run {
    tx_on(net, "genesis.json", key, order)
}

fn tx_on(net: &Devnet, genesis: &str, key: &str, order: &[&str]) -> Run {
    let (genesis, key, passphrase) = (net.path(genesis), net.path(key), net.path("passphrase"));
    let common =
        ["--node", net.url(0), "--genesis", &genesis, "--key", &key, "--passphrase-file", &passphrase];
    run_all(&[&["tx"], order, &common])
}

/// Hands in, waits for the block, and looks into it.
fn settle(net: &Devnet, key: &str, order: &[&str]) -> (String, u64) {
    let answer = tx(net, key, &[order, &["--wait", "--json"]].concat()).json();
    let (id, height) = (text(&answer, "id"), answer["height"].as_u64().unwrap());
    let block = net.get(0, &format!("/blocks/{height}"));
    assert!(block["transactions"].as_array().unwrap().contains(&json!(id)), "{block}");
    (id, height)
}

pub fn a_fifth_validator_joins_and_leaves(net: &Devnet) -> Sent {
    let (home, genesis, passphrase) = (net.path("fifth"), net.path("genesis.json"), net.path("passphrase"));
    let init = ["init", "--home", &home, "--genesis", &genesis, "--passphrase-file", &passphrase, "--json"];
    let made = run(&init).json();
    let (account, validator) = (text(&made, "account"), text(&made, "validator"));
    let (device, key) = (text(&made, "device_key"), "fifth/node.key");
    let money = |balance: u64, nonce: u64| {
        let found = verified(net, 0, &["account", &account]);
        let expected = json!({ "address": account, "balance_micro": balance, "nonce": nonce });
        assert_eq!(found["record"], expected, "{found}");
    };

    assert_eq!(verified(net, 0, &["account", &account])["present"], false);
    tx(net, key, &["transfer", "--to", &account, "--amount", "1"]).fails(&["balance 0.000000 EMO"]);
    tx(net, key, &["enroll", "--tier", "80"]).fails(&["validator"]);
    let amount = FUNDS.to_string();
    let (id, height) = settle(net, "faucet.key", &["transfer", "--to", &account, "--amount", &amount]);
    money(FUNDS, 0);

    settle(net, key, &["register", "--bond", &BOND.to_string()]);
    money(FUNDS - BOND - LEAST_FEE, 1);
    let record = verified(net, 0, &["validator", &validator])["record"].clone();
    assert_eq!((&record["account"], &record["bond_micro"]), (&json!(account), &json!(BOND)));
    assert_eq!((&record["jailed"], &record["tombstoned"]), (&json!(false), &json!(false)));

    settle(net, key, &["enroll", "--tier", "80"]);
    let mut enrolled = json!({
        "validator": validator, "tier": 80, "simulated": true, "revoked": false, "last_sequence": null,
    });
    assert_eq!(verified(net, 0, &["device", &device])["record"], enrolled);
    settle(net, key, &["revoke", "--device", &device, "--fee", &HIGHER_FEE.to_string()]);
    enrolled["revoked"] = json!(true);
    assert_eq!(verified(net, 0, &["device", &device])["record"], enrolled);

    let left = tx(net, key, &["unbond", "--nonce", "3", "--wait"]);
    assert!(left.text().contains(" is in block "), "{}", left.text());
    assert_eq!(net.get(0, &format!("/validators/{validator}"))["unbonding"], true);
    money(FUNDS - BOND - 3 * LEAST_FEE - HIGHER_FEE, 4);
    tx(net, key, &["unbond", "--nonce", "3"]).fails(&["nonce 3 is not in 4..="]);

    handed_in_without_waiting(net, &account);
    Sent { id, height, sender: faucet(net) }
}

/// The devnet lists it last.
fn faucet(net: &Devnet) -> String {
    let genesis: Value = serde_json::from_slice(&fs::read(net.path("genesis.json")).unwrap()).unwrap();
    text(genesis["accounts"].as_array().unwrap().last().unwrap(), "address")
}

fn handed_in_without_waiting(net: &Devnet, to: &str) {
    let order = ["transfer", "--to", to, "--amount", "7", "--json"];
    let answer = tx(net, "faucet.key", &order).json();
    assert_eq!(answer["height"], Value::Null, "{answer}");
    let path = format!("/transactions/{}", text(&answer, "id"));
    net.wait_until("the transfer is in a block", || net.try_get(0, &path).is_some());
    let said = tx(net, "faucet.key", &["transfer", "--to", to, "--amount", "7"]);
    let id = said.text().strip_suffix(" is handed in\n").unwrap_or_else(|| panic!("{}", said.text()));
    let path = format!("/transactions/{id}");
    net.wait_until("the second transfer is in a block", || net.try_get(0, &path).is_some());
}

pub fn what_cannot_be_is_refused_at_once(net: &Devnet) {
    let to = net.account_of(1);
    let transfer = |more: &[&'static str]| {
        let order = ["transfer", "--to", &to, "--amount", "1", "--wait"];
        tx(net, "faucet.key", &[&order[..], more].concat())
    };
    transfer(&["--fee", "1"]).fails(&["fee 0.000001 EMO is below the least of 0.001000 EMO"]);
    transfer(&["--nonce", "0"]).fails(&["nonce 0 is not in"]);
    transfer(&["--nonce", "1000000"]).fails(&["nonce 1000000 is not in"]);
    transfer(&["--fee", "2000000000000"]).fails(&["does not cover the transaction"]);

    let mut other: Value = serde_json::from_slice(&fs::read(net.path("genesis.json")).unwrap()).unwrap();
    other["chain_id"] = json!("other");
    fs::write(net.path("other.json"), other.to_string()).unwrap();
    let order = ["transfer", "--to", &to, "--amount", "1"];
    tx_on(net, "other.json", "faucet.key", &order).fails(&["signature does not verify"]);
    tx_on(net, "none.json", "faucet.key", &order).fails(&["none.json"]);
    tx(net, "none.key", &order).fails(&["none.key"]);
    let mempool = || net.get(0, "/status")["mempool"].as_u64();
    net.wait_until("nothing refused is kept but what waits to be judged", || mempool() <= Some(1));
}

/// Beside the rest: it must not wait for a block that will never take it.
pub fn unjail_meanwhile(net: &Devnet) -> JoinHandle<Run> {
    let (key, node) = (net.home(3).join("node.key").display().to_string(), net.url(3).to_owned());
    let (genesis, passphrase) = (net.path("genesis.json"), net.path("passphrase"));
    std::thread::spawn(move || {
        let files = ["--key", &key, "--genesis", &genesis, "--passphrase-file", &passphrase];
        run_all(&[&["tx", "unjail", "--wait", "--json", "--node", &node], &files])
    })
}

pub fn unjail_without_a_jail_is_refused(net: &Devnet, asked: JoinHandle<Run>) {
    asked.join().unwrap().fails(&["not in a state that allows this"]);
    let found = verified(net, 3, &["account", &net.account_of(3)]);
    assert_eq!(found["record"]["nonce"], 0, "what is refused costs nothing: {found}");
    let record = verified(net, 3, &["validator", &net.validator_of(3)])["record"].clone();
    assert_eq!(record["jailed"], false, "{record}");
}
