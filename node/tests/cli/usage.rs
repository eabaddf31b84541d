//! Help of every command, and calls that are refused before anything is done.

use std::collections::{BTreeMap, BTreeSet};

use crate::{homes::Scene, program::run};

/// Every command with its own options and arguments.
const COMMANDS: [(&str, &[&str]); 30] = [
    ("", &["--version"]),
    ("init", &["--home", "--genesis", "--passphrase-file", "--profile", "--json"]),
    (
        "run",
        &[
            "--home",
            "--http",
            "--recording",
            "--web",
            "--peer",
            "--stop-on-stdin-close",
            "--set",
            "--passphrase-file",
        ],
    ),
    (
        "devnet",
        &[
            "--validators",
            "--epoch-seconds",
            "--block-interval-ms",
            "--home",
            "--base-port",
            "--recording",
            "--no-recordings",
            "--web",
            "--browser-device",
            "--json",
        ],
    ),
    ("status", &["--node", "--watch", "--json"]),
    ("tx", &[]),
    ("tx transfer", &["--to", "--amount"]),
    ("tx register", &["--bond"]),
    ("tx enroll", &["--tier"]),
    ("tx revoke", &["--device"]),
    ("tx unbond", &[]),
    ("tx delegate", &["--session-key", "--minutes"]),
    ("tx unjail", &[]),
    ("query", &["--node", "--verify", "--genesis", "--from-checkpoint", "--json"]),
    ("query account", &["<ADDRESS>"]),
    ("query validator", &["<ADDRESS>"]),
    ("query device", &["<KEY>"]),
    ("query transaction", &["<ID>"]),
    ("query header", &["<HEIGHT>"]),
    ("query epoch", &["<EPOCH>"]),
    ("light", &["--node", "--genesis", "--from-checkpoint", "--until", "--json"]),
    ("biometrics", &[]),
    ("biometrics analyze", &["<FILE>", "--json"]),
    (
        "biometrics prove",
        &["<FILE>", "--key", "--genesis", "--node", "--end", "--submit", "--passphrase-file", "--json"],
    ),
    ("keys", &[]),
    ("keys show", &["--home", "--json"]),
    ("keys export", &["--home", "--to", "--passphrase-file", "--json"]),
    ("keys import", &["--home", "--from", "--genesis", "--passphrase-file", "--json"]),
    ("check-config", &["--home", "--set", "--show", "--json"]),
    ("recover", &["--home", "--to-checkpoint", "--yes", "--json"]),
];
/// Options of every transaction.
const TRANSACTION: [&str; 8] =
    ["--key", "--genesis", "--node", "--fee", "--nonce", "--wait", "--passphrase-file", "--json"];
const EVERYWHERE: [&str; 3] = ["--help", "--log", "--log-format"];

#[test]
fn the_help_of_every_command_lists_its_options_and_no_others() {
    let mut found = BTreeMap::new();
    walk(&mut Vec::new(), &mut found);
    assert_eq!(found.len(), COMMANDS.len(), "{:?}", found.keys());
    for (command, own) in COMMANDS {
        let common = if command.starts_with("tx ") { &TRANSACTION[..] } else { &[] };
        let expected: BTreeSet<String> =
            [own, common, &EVERYWHERE].concat().into_iter().map(String::from).collect();
        assert_eq!(found.get(command), Some(&expected), "{command}");
    }
}

/// Asks a command and those below it for help.
fn walk(command: &mut Vec<String>, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let args: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let run = run(&args);
    let help = run.text();
    assert!(help.contains("Usage: "), "{help}");
    found.insert(command.join(" "), options(help));
    for below in commands(help) {
        command.push(below);
        walk(command, found);
        command.pop();
    }
}

/// Names under `Commands:`; continued descriptions stand further right.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|rest| rest.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Long options and arguments, which begin their lines; descriptions stand further right.
fn options(help: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let begins = ["      --", "  -", "  <"].into_iter().any(|start| line.starts_with(start));
        let mut words =
            line.split_whitespace().filter(|word| word.starts_with("--") || word.starts_with('<'));
        words.next().filter(|_| begins).map(str::to_owned)
    };
    help.lines().filter_map(name).collect()
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = run(&["--version"]);
    assert_eq!(version.text(), concat!("emotionalchain ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn wrong_calls_exit_with_2_and_say_why() {
    let id = "00".repeat(32);
    let checkpoint = |text| ["recover", "--home", "nowhere", "--to-checkpoint", text];
    let no_height = format!("high:{id}");
    let negative = format!("--to-checkpoint=-1:{id}");
    let short = format!("5:{}", &id[2..]);
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec![], "Usage"),
        (vec!["revive"], "'revive'"),
        (vec!["--colour", "red", "status"], "'--colour'"),
        (vec!["--log-format", "yaml", "status"], "'yaml'"),
        (vec!["--log", "info=loud", "status"], "level"),
        (vec!["status", "--bogus"], "'--bogus'"),
        (vec!["init", "--home", "nowhere", "--force"], "'--force'"),
        (vec!["init"], "--home"),
        (vec!["biometrics", "analyze"], "<FILE>"),
        (vec!["biometrics", "analyze", "a.csv", "b.csv"], "'b.csv'"),
        (vec!["keys"], "Usage"),
        (vec!["keys", "export", "--home", "nowhere"], "--to"),
        (vec!["devnet", "--validators", "0"], "'0'"),
        (vec!["devnet", "--validators", "65"], "'65'"),
        (vec!["devnet", "--recording", "heart.csv"], "I=FILE"),
        (vec!["run", "--home", "nowhere", "--http", "localhost"], "'localhost'"),
        (vec!["run", "--home", "nowhere", "--peer", "nonsense"], "'nonsense'"),
        (vec!["query", "account", "emo1"], "'emo1'"),
        (vec!["query", "transaction", "00"], "64 hexadecimal digits"),
        (vec!["query", "header", "two"], "'two'"),
        (vec!["query", "--verify", "header", "2"], "--genesis"),
        (vec!["query", "--from-checkpoint", "2", "header", "3"], "HEIGHT:ID"),
        (vec!["light", "--node", "http://127.0.0.1:1"], "--genesis"),
        (vec!["tx", "transfer", "--to", "me", "--amount", "1"], "'me'"),
        (vec!["tx", "unbond", "--genesis", "genesis.json"], "--key"),
        (vec!["recover", "--home", "nowhere"], "--to-checkpoint"),
        (checkpoint("12").into(), "HEIGHT:ID"),
        (checkpoint("12:").into(), "64 hexadecimal digits"),
        (checkpoint("12:zz").into(), "64 hexadecimal digits"),
        (checkpoint(&short).into(), "64 hexadecimal digits"),
        (checkpoint(&no_height).into(), "'high' is not a height"),
        (vec!["recover", "--home", "nowhere", &negative], "'-1' is not a height"),
    ];
    for (args, reason) in cases {
        run(&args).is_misused(&[reason]);
    }
}

#[test]
fn what_is_not_there_is_named() {
    let scene = Scene::new();
    let (home, genesis) = (scene.path("nowhere"), scene.path("nowhere/genesis.json"));
    let checkpoint = format!("5:{}", "00".repeat(32));
    run(&["recover", "--home", &home, "--to-checkpoint", &checkpoint, "--yes"]).fails(&[&genesis]);
    run(&["check-config", "--home", &home]).fails(&[&genesis]);
    run(&["keys", "show", "--home", &home]).fails(&[&scene.path("nowhere/node.key")]);
    scene.unlocked(&["run", "--home", &home]).fails(&[&genesis]);
    let (known, unknown) = (scene.path("genesis.json"), "http://127.0.0.1:1");
    for args in [
        vec!["status", "--node", unknown],
        vec!["query", "--node", unknown, "header", "2"],
        vec!["light", "--node", unknown, "--genesis", &known],
    ] {
        run(&args).fails(&[unknown, "cannot be reached"]);
    }
    assert!(scene.files("nowhere").is_empty(), "nothing is written");
}
