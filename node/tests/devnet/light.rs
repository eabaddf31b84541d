//! The light client, natively, against real validators: the lines that a browser runs.

use std::time::{Duration, Instant};

use emotionalchain_light_client::{Checkpoint, LightClient, LightConfig, LightError, StorageKind};
use emotionalchain_shared::{
    crypto::SecretKey,
    primitives::{Address, Amount, BlockId, Epoch, Hash, Height},
};
use futures::executor::block_on;
use serde_json::Value;

use crate::harness::Devnet;

/// Longest wait for anything that a client waits for.
const PATIENCE: Duration = Duration::from_secs(60);

fn config(net: &Devnet, nodes: &[usize], transport: &str) -> LightConfig {
    let genesis = std::fs::read_to_string(net.path("genesis.json")).unwrap();
    let mut config = LightConfig::new(LightConfig::read_chain(&genesis).unwrap());
    for node in nodes {
        let running = std::fs::read_to_string(net.home(*node).join("run.json")).unwrap();
        let running: Value = serde_json::from_str(&running).unwrap();
        let addresses = running["listen"].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
        let wanted = addresses.filter(|one| match transport {
            "ws" => one.contains("/ws/"),
            _ => one.contains("/tcp/") && !one.contains("/ws"),
        });
        config.bootstrap.extend(wanted.map(|one| LightConfig::read_address(one).unwrap()));
    }
    config.storage = StorageKind::Memory;
    config
}

fn start(config: LightConfig) -> LightClient {
    block_on(LightClient::start(config)).unwrap()
}

/// Waits until the verified head is at least that high.
fn follow(client: &LightClient, height: u64) -> u64 {
    let since = Instant::now();
    loop {
        let status = client.status();
        match status.head {
            Some(head) if head.header.height >= height => return head.header.height,
            _ => {}
        }
        assert!(since.elapsed() < PATIENCE, "no head {height}: {status:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_light_client_follows_asks_submits_and_resumes() {
    let mut net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    net.wait_for_height(0, 3);
    let client = start(config(&net, &[0], "ws"));
    let height = follow(&client, 5);
    let header = block_on(client.header(Height::new(height))).unwrap();
    // The client may have it from another validator before.
    net.wait_for_height(0, height);
    assert_eq!(Value::String(header.id), net.get(0, &format!("/blocks/{height}"))["id"]);
    // Of the past, by a proof against the head.
    let first = block_on(client.header(Height::new(1))).unwrap();
    assert_eq!(Value::String(first.id), net.get(0, "/blocks/1")["id"]);
    let missing = block_on(client.header(Height::new(height + 1_000_000)));
    assert_eq!(missing, Err(LightError::NotFound("header")));

    let validators = block_on(client.validators()).unwrap();
    assert_eq!(validators.seats.len(), 4);
    assert!(validators.seats.iter().all(|seat| seat.seated && !seat.jailed));
    let address: Address = validators.seats[0].address.parse().unwrap();
    follow(&client, height + 40);
    let epoch = block_on(client.epoch(Epoch::new(1))).unwrap();
    assert_eq!(epoch.seats.len(), 4);
    let scores = block_on(client.score_history(address, 2)).unwrap();
    assert_eq!(scores.len(), 2);
    assert_eq!(block_on(client.epoch(Epoch::new(1_000_000))), Err(LightError::NotFound("closed epoch")));

    // Peers tell of one another: one address was enough to find all.
    net.wait_until("three peers", || client.status().peers >= 3);
    assert!(client.status().dropped.is_empty(), "{:?}", client.status().dropped);

    let seed = faucet_seed(&net);
    let key = SecretKey::from_seed(&seed);
    let (from, to) = (key.public().address(), Address::new([7; 20]));
    let before = block_on(client.account(from)).unwrap();
    assert_eq!(block_on(client.account(to)).unwrap().balance, 0, "absence is proved");
    let amount = Amount::from_micro(1_234_567);
    let transfer = block_on(client.sign_transfer(key, to, amount, None)).unwrap();
    let submitted = block_on(client.submit_transaction(transfer.clone())).unwrap();
    assert!(!submitted.accepted_by.is_empty());
    let id: Hash = submitted.id.parse().unwrap();
    let receipt = block_on(client.wait_transaction(id)).unwrap();
    assert_eq!((receipt.kind, receipt.id.as_str()), ("transaction", submitted.id.as_str()));
    assert_eq!(receipt.leaf, hex::encode(&transfer));
    assert_eq!(block_on(client.account(to)).unwrap().balance, 1_234_567);
    assert!(block_on(client.account(from)).unwrap().nonce > before.nonce);
    let block = block_on(client.block(Height::new(receipt.height))).unwrap();
    assert!(block.transactions.iter().any(|one| one.id == submitted.id));
    let again = block_on(client.submit_transaction(transfer)).unwrap_err();
    assert_eq!(again.code().0, "refused");
    assert_eq!(block_on(client.submit_transaction(vec![1])), Err(LightError::Malformed("transaction")));
    let unknown = block_on(client.prove_inclusion(Hash::new([9; 32])));
    assert_eq!(unknown, Err(LightError::NotFound("included transaction")));

    // A killed server is noticed, and the client goes on.
    net.kill(0);
    let killed = Instant::now();
    net.wait_until("the dead peer is noticed", || {
        client.status().peers <= 3 && {
            let list = client.network().borrow().peers.clone();
            list.iter().filter(|one| one.state == "connected").count() == client.status().peers
        }
    });
    let on = client.status().head.unwrap().header.height;
    follow(&client, on + 5);
    assert!(killed.elapsed() < Duration::from_secs(15));

    // What was trusted is where a next client begins, over another transport.
    let saved = block_on(client.snapshot()).unwrap().unwrap();
    block_on(client.close());
    assert_eq!(block_on(client.header(Height::new(1))), Err(LightError::Closed));
    let mut resumed = config(&net, &[1], "tcp");
    resumed.snapshot = Some(saved.clone());
    let resumed = start(resumed);
    follow(&resumed, on + 6);
    let status = resumed.status();
    assert_eq!(status.trust, "snapshot");
    assert!(status.headers_verified < 50, "the past is not verified again: {status:?}");
    let mut damaged = saved;
    damaged[40] ^= 1;
    let mut config = config(&net, &[1], "tcp");
    config.snapshot = Some(damaged);
    let refused = block_on(LightClient::start(config)).err().unwrap();
    assert_eq!(refused.code().0, "snapshot");
}

#[test]
fn a_waiting_call_delays_no_other_and_ends_with_the_client() {
    let net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    net.wait_for_height(0, 2);
    let client = start(config(&net, &[0, 1], "ws"));
    follow(&client, 3);
    let waiting = client.clone();
    let never = std::thread::spawn(move || block_on(waiting.wait_transaction(Hash::new([9; 32]))));
    for height in 1..=3 {
        block_on(client.header(Height::new(height))).unwrap();
    }
    assert!(!never.is_finished());
    block_on(client.close());
    assert_eq!(never.join().unwrap(), Err(LightError::Closed));
}

#[test]
fn a_false_checkpoint_is_refused_and_a_true_one_is_a_start() {
    let net = Devnet::start(&["--epoch-seconds", "3", "--block-interval-ms", "200"]);
    net.wait_for_height(0, 6);
    let id: Hash = net.get(0, "/blocks/4")["id"].as_str().unwrap().parse().unwrap();
    let mut at = config(&net, &[0], "ws");
    at.checkpoint = Some(Checkpoint { height: Height::new(4), id: BlockId::new(id) });
    let client = start(at.clone());
    follow(&client, 7);
    assert_eq!(client.status().trust, "checkpoint");
    at.checkpoint = Some(Checkpoint { height: Height::new(4), id: BlockId::default() });
    let client = start(at);
    net.wait_until("those with another block are dropped", || {
        client.status().dropped.iter().any(|one| one.code == "forged-header")
    });
    assert_eq!(client.status().head, None);
}

fn faucet_seed(net: &Devnet) -> [u8; 32] {
    let page: Value = serde_json::from_str(&std::fs::read_to_string(net.path("page.json")).unwrap()).unwrap();
    hex::decode(page["faucet_seed_hex"].as_str().unwrap()).unwrap().try_into().unwrap()
}
