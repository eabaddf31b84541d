//! `recover`: on a running node, then on the same one once the whole network is stopped.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};

use crate::{
    harness::Devnet,
    homes::text,
    program::{Run, run, run_all},
};

const NODE: usize = 0;

fn recover(home: &Path, checkpoint: &str, options: &[&str]) -> Run {
    let home = home.display().to_string();
    run_all(&[&["recover", "--home", &home, "--to-checkpoint", checkpoint], options])
}

pub fn a_running_node_is_left_alone(net: &Devnet) {
    let checkpoint = format!("2:{}", "00".repeat(32));
    recover(net.home(NODE), &checkpoint, &["--yes"]).fails(&["store.redb", "in use by another process"]);
    let height = net.wait_for_height(NODE, 1);
    net.wait_for_height(NODE, height + 1);
}

pub fn a_stopped_node_is_rolled_back_on_demand(net: &mut Devnet) {
    let known = net.wait_for_height(NODE, 5);
    let id = text(&net.get(NODE, &format!("/blocks/{known}")), "id");
    let genesis_hash = text(&net.get(NODE, "/status"), "genesis_hash");
    for node in 0..4 {
        net.terminate(node, Duration::from_secs(30));
    }
    let home = net.home(NODE).to_owned();
    let floor = home.join("sign_floor.json");
    let floor_before = fs::read(&floor).ok();
    let found = |checkpoint: &str, options: &[&str]| -> Value {
        recover(&home, checkpoint, &[options, &["--json"]].concat()).json()
    };

    let own = found(&format!("{known}:{id}"), &["--yes"]);
    let head = own["head"].as_u64().unwrap();
    assert!(head >= known, "{own}");
    let agrees = json!({ "height": known, "trusted": id, "ours": id, "head": head, "state": "agrees" });
    assert_eq!(own, agrees);
    let genesis = found(&format!("0:{genesis_hash}"), &[]);
    assert_eq!((&genesis["state"], &genesis["head"]), (&json!("agrees"), &json!(head)));
    let ahead = found(&format!("{}:{id}", head + 1), &["--yes"]);
    assert_eq!((&ahead["state"], &ahead["ours"]), (&json!("ahead"), &Value::Null), "{ahead}");
    recover(&home, &format!("0:{id}"), &["--yes"]).fails(&["another chain"]);

    let (height, wrong) = (head - 1, "11".repeat(32));
    let fork = format!("{height}:{wrong}");
    let forked = found(&fork, &[]);
    let ours = text(&forked, "ours");
    let expected =
        json!({ "height": height, "trusted": wrong, "ours": ours, "head": head, "state": "forked" });
    assert_eq!(forked, expected);
    let shown = recover(&home, &fork, &[]);
    for words in [ours.as_str(), &wrong, "with --yes"] {
        assert!(shown.text().contains(words), "no {words} in\n{}", shown.text());
    }
    assert_eq!(found(&fork, &[]), expected, "without --yes nothing is changed");
    assert_eq!(fs::read(&floor).ok(), floor_before);

    let rolled_back = found(&fork, &["--yes"]);
    assert_eq!(rolled_back["state"], "rolled_back", "{rolled_back}");
    assert_eq!((&rolled_back["ours"], &rolled_back["head"]), (&json!(ours), &json!(height - 1)));
    let first = |floor: &Path| -> Value {
        let floor: Value = serde_json::from_slice(&fs::read(floor).unwrap()).unwrap();
        assert_eq!(floor["pending"], false, "{floor}");
        floor["first_height"].clone()
    };
    assert_eq!(first(&floor), head + 2, "it has signed up to its old head, and may have one higher");
    assert_eq!(found(&fork, &["--yes"])["state"], "ahead", "the block is gone");

    // Further back: the floor is never lowered.
    let shown = recover(&home, &format!("{}:{wrong}", height - 1), &["--yes"]);
    assert_eq!(
        shown.text(),
        format!("rolled back to height {}; start the node to catch up from its peers\n", height - 2)
    );
    assert_eq!(first(&floor), head + 2);
    run(&["check-config", "--home", &home.display().to_string()]).text();

    for node in 0..4 {
        net.restart(node);
    }
    net.wait_for_height(NODE, head + 5);
    assert_eq!(
        net.get(NODE, &format!("/blocks/{height}"))["id"],
        ours.as_str(),
        "it has the network's block again"
    );
    let record = net.get(1, &format!("/validators/{}", net.validator_of(NODE)));
    assert_eq!(record["tombstoned"], false, "its evidence against its own block convicts nobody: {record}");
}
