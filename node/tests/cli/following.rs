//! `status` and `light`.

use serde_json::{Value, json};

use crate::{
    harness::Devnet,
    homes::text,
    program::{Run, run, run_all},
};

pub fn status_says_all_of_a_node(net: &Devnet) {
    for node in 0..4 {
        net.wait_until("all have found each other and none is behind", || {
            let status = net.get(node, "/status");
            status["peers"] == 3 && status["syncing"] == false
        });
        let status = run(&["status", "--json", "--node", net.url(node)]).json();
        assert_eq!((&status["chain_id"], &status["seats"]), (&json!("devnet"), &json!(4)), "{status}");
        assert_eq!(status["voting"], true, "{status}");
        for name in ["height", "time_ms"] {
            assert!(status[name].as_u64() > Some(0), "{name} of {status}");
        }
        for name in ["epoch", "peers"] {
            assert!(status[name].is_u64(), "{name} of {status}");
        }
        assert!(status["syncing"].is_boolean(), "{status}");
        let block = net.get(node, &format!("/blocks/{}", status["height"]));
        for (name, field) in [("block_id", "id"), ("time_ms", "time_ms"), ("epoch", "epoch")] {
            assert_eq!(status[name], block[field], "{name} of {status}");
        }

        let shown = run(&["status", "--node", net.url(node)]);
        for name in status.as_object().unwrap().keys() {
            let line = |line: &str| line.split_whitespace().next() == Some(name.as_str());
            assert!(shown.text().lines().any(line), "no {name} in\n{}", shown.text());
        }
    }
}

fn light(net: &Devnet, genesis: &str, options: &[&str]) -> Run {
    let genesis = net.path(genesis);
    run_all(&[&["light", "--node", net.url(1), "--genesis", &genesis], options])
}

pub fn light_follows_from_genesis_or_a_checkpoint(net: &Devnet) {
    let until = (net.wait_for_height(1, 1) + 20).to_string();
    let heads = light(net, "genesis.json", &["--json", "--until", &until]).rows();
    assert!(heads.len() > 1, "it follows while the chain grows: {heads:?}");
    let heights: Vec<u64> = heads.iter().map(|head| head["height"].as_u64().unwrap()).collect();
    assert!(heights.is_sorted_by(|one, next| one < next), "{heights:?}");
    assert!(heights.last() >= Some(&until.parse().unwrap()), "{heights:?}");
    for head in &heads {
        assert_eq!((&head["verified"], &head["seats"]), (&json!(true), &json!(4)), "{head}");
        net.wait_for_height(2, head["height"].as_u64().unwrap());
        let block = net.get(2, &format!("/blocks/{}", head["height"]));
        assert_eq!((&head["block_id"], &head["time_ms"]), (&block["id"], &block["time_ms"]));
    }

    let last = heads.last().unwrap();
    let checkpoint = format!("{}:{}", last["height"], text(last, "block_id"));
    let until = (heights[heights.len() - 1] + 1).to_string();
    let shown = light(net, "genesis.json", &["--from-checkpoint", &checkpoint, "--until", &until]);
    let first: Vec<&str> = shown.text().lines().next().unwrap().split_whitespace().collect();
    assert_eq!((first[0], &first[3..]), ("height", &["verified,", "4", "seats"][..]));
    let height: Value = serde_json::from_str(first[1]).unwrap();
    assert_eq!(net.get(1, &format!("/blocks/{height}"))["id"], first[2]);

    let wrong = format!("{}:{}", last["height"], "00".repeat(32));
    light(net, "genesis.json", &["--from-checkpoint", &wrong, "--until", &until])
        .fails(&["another block at the checkpoint's height"]);
    light(net, "other.json", &["--until", &until]).fails(&["refused", "another chain"]);
}
