//! `init` and `keys`: homes, passphrases, damaged key files, moving a key.

use std::fs;

use serde_json::{Value, json};

use crate::{
    homes::{PASSPHRASE, Scene, mode, set_mode, text},
    program::{run, run_all, run_in},
};

const VARIABLE: &str = "EMOTIONALCHAIN_PASSPHRASE";

#[test]
fn init_makes_a_home_and_never_touches_one_that_is_there() {
    let scene = Scene::new();
    let made = scene.init("home");
    assert_eq!(text(&made, "home"), scene.path("home"));
    assert_eq!(text(&made, "randomness_tip").len(), 64);
    let before = scene.files("home");
    let names: Vec<&str> = before.keys().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["config.toml", "genesis.json", "node.key"]);
    assert_eq!(mode(scene.path("home/node.key")), 0o600);
    let genesis: Value = serde_json::from_slice(&fs::read(scene.path("home/genesis.json")).unwrap()).unwrap();
    assert_eq!(genesis["chain_id"], scene.genesis["chain_id"]);
    assert_eq!(genesis["validators"], scene.genesis["validators"]);

    let home = scene.path("home");
    scene.try_init("home").fails(&[&home, "exists already"]);
    scene.unlocked(&["init", "--home", &home]).fails(&[&home, "exists already"]);
    assert!(scene.files("home") == before, "nothing is changed");
    let without_genesis = scene.files("founder");
    scene.try_init("founder").fails(&[&scene.path("founder"), "exists already"]);
    assert!(scene.files("founder") == without_genesis, "nothing is added");

    let other = scene.init("other");
    for key in ["account", "validator", "device_key", "peer_id", "randomness_tip"] {
        assert_ne!(text(&made, key), text(&other, key), "keys are new each time");
    }
}

#[test]
fn init_refuses_before_it_makes_anything() {
    let scene = Scene::new();
    let (home, broken) = (scene.path("home"), scene.write("broken.json", "{\n\"chain_id\": 5\n}"));
    scene.unlocked(&["init", "--home", &home, "--genesis", &broken]).fails(&[&broken, "line 2"]);
    let none = scene.path("none.json");
    scene.unlocked(&["init", "--home", &home, "--genesis", &none]).fails(&[&none, "No such file"]);
    let open = scene.write("open", PASSPHRASE);
    set_mode(&open, 0o640);
    let genesis = scene.path("genesis.json");
    for (file, reason) in [(open, "chmod 600"), (scene.write("empty", ""), "passphrase is empty")] {
        run(&["init", "--home", &home, "--genesis", &genesis, "--passphrase-file", &file]).fails(&[reason]);
    }
    assert!(!fs::exists(&home).unwrap());
}

#[test]
fn init_and_keys_show_say_the_same_as_text_and_as_json() {
    let scene = Scene::new();
    let home = scene.path("home");
    let init = scene.unlocked(&["init", "--home", &home]);
    let shown = run(&["keys", "show", "--home", &home]);
    let keys = run(&["keys", "show", "--home", &home, "--json"]).json();
    let names = ["account", "account_key", "consensus_key", "device_key", "peer_id", "validator"];
    assert_eq!(keys.as_object().unwrap().keys().collect::<Vec<_>>(), names);
    for name in ["account", "validator"] {
        assert!(text(&keys, name).starts_with("emo1"), "{keys}");
    }
    assert_eq!(shown.text().lines().count(), names.len());
    for name in names {
        let line = format!("{:<15} {}", name.replace('_', " "), text(&keys, name));
        for output in [shown.text(), init.text()] {
            assert!(output.lines().any(|one| one == line), "no '{line}' in\n{output}");
        }
    }
    assert!(init.text().contains("randomness tip"), "{}", init.text());
}

#[test]
fn a_passphrase_comes_from_a_private_file_or_the_environment() {
    let scene = Scene::new();
    let (home, copy) = (scene.path("founder"), scene.path("copy"));
    let export = ["keys", "export", "--home", &home, "--to", &copy];
    let from_file = |file: &str| run_all(&[&export, &["--passphrase-file", file]]);
    let (right, wrong) = (scene.path("passphrase"), scene.path("wrong"));
    let (empty, none) = (scene.write("empty", "\n"), scene.path("none"));
    let open = scene.write("open", PASSPHRASE);
    let before = scene.files("founder");

    from_file(&wrong).fails(&["wrong passphrase"]);
    run_in(&[(VARIABLE, "wrong horse")], &export).fails(&["wrong passphrase"]);
    run_in(&[(VARIABLE, "")], &export).fails(&["passphrase is empty"]);
    from_file(&empty).fails(&["passphrase is empty"]);
    from_file(&none).fails(&[&none]);
    for shared in [0o640, 0o604, 0o666] {
        set_mode(&open, shared);
        from_file(&open).fails(&[&open, "open to others", "chmod 600"]);
    }
    assert!(!fs::exists(&copy).unwrap() && scene.files("founder") == before, "nothing is written");

    run_in(&[(VARIABLE, PASSPHRASE)], &export).told();
    fs::remove_file(&copy).unwrap();
    run_in(&[(VARIABLE, "wrong horse")], &[&export[..], &["--passphrase-file", &right]].concat()).told();
    fs::remove_file(&copy).unwrap();
    scene.write("passphrase", format!("{PASSPHRASE}\n"));
    from_file(&right).told();
}

#[test]
fn a_damaged_key_file_opens_nothing() {
    let scene = Scene::new();
    let (home, key, copy) = (scene.path("founder"), scene.path("founder/node.key"), scene.path("copy"));
    let show = || run(&["keys", "show", "--home", &home]);
    let export = || scene.unlocked(&["keys", "export", "--home", &home, "--to", &copy]);
    let whole = fs::read(&key).unwrap();

    for length in [0, 1, whole.len() / 2, whole.len() - 3] {
        fs::write(&key, &whole[..length]).unwrap();
        show().fails(&["not a key file"]);
        export().fails(&["not a key file"]);
    }
    fs::write(&key, vec![b' '; 5_000]).unwrap();
    show().fails(&["at most 4096 bytes"]);
    // Everywhere in the file: braces, names, numbers, every field.
    for at in (0..whole.len() - 1).step_by(whole.len() / 24) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&key, &flipped).unwrap();
        export().fails(&["key"]);
    }
    let pointers = [
        "/sealed",
        "/salt",
        "/nonce",
        "/public/consensus",
        "/public/node",
        "/public/account",
        "/public/device",
    ];
    for pointer in pointers {
        let mut file: Value = serde_json::from_slice(&whole).unwrap();
        let field = file.pointer_mut(pointer).unwrap();
        let digits = field.as_str().unwrap();
        let (rest, last) = digits.split_at(digits.len() - 1);
        *field = json!(format!("{rest}{}", if last == "0" { "1" } else { "0" }));
        fs::write(&key, file.to_string()).unwrap();
        export().fails(&["key"]);
    }
    assert!(!fs::exists(&copy).unwrap());

    fs::write(&key, &whole).unwrap();
    set_mode(&key, 0o644);
    show().fails(&[&key, "chmod 600"]);
    set_mode(&key, 0o600);
    export().told();
}

#[test]
fn an_exported_key_is_imported_with_a_floor_that_is_pending() {
    let scene = Scene::new();
    let made = scene.init("old");
    let (old, new, copy) = (scene.path("old"), scene.path("new"), scene.path("copy"));
    let export = ["keys", "export", "--home", &old, "--to", &copy];
    let exported = scene.unlocked(&export);
    assert!(exported.told().contains("stop this validator for good"), "{}", exported.told());
    assert_eq!(mode(&copy), 0o600);
    let bytes = fs::read(&copy).unwrap();
    assert_eq!(bytes, fs::read(scene.path("old/node.key")).unwrap());
    scene.unlocked(&export).fails(&[&copy, "exists already"]);
    assert_eq!(fs::read(&copy).unwrap(), bytes);

    let import = ["keys", "import", "--home", &new, "--from", &copy];
    scene.unlocked(&import).fails(&[&scene.path("new/genesis.json")]);
    fs::create_dir(&new).unwrap();
    fs::copy(scene.path("genesis.json"), scene.path("new/genesis.json")).unwrap();
    run_all(&[&import, &["--passphrase-file", &scene.path("wrong")]]).fails(&["wrong passphrase"]);
    assert_eq!(scene.files("new").len(), 1, "nothing is written");

    assert!(scene.unlocked(&import).told().contains("verified head + 2"));
    let floor: Value = serde_json::from_slice(&fs::read(scene.path("new/sign_floor.json")).unwrap()).unwrap();
    assert_eq!((&floor["pending"], &floor["first_height"]), (&json!(true), &json!(0)));
    assert_eq!(floor["consensus_key"], made["consensus_key"]);
    let checked = run(&["check-config", "--home", &new]);
    assert!(checked.text().contains(&text(&floor, "genesis")), "{}", checked.text());
    assert_eq!(mode(scene.path("new/node.key")), 0o600);
    let show = |home: &str| run(&["keys", "show", "--home", home, "--json"]).json();
    assert_eq!(show(&new), show(&old));

    let third = scene.path("third");
    let genesis = scene.path("genesis.json");
    scene.unlocked(&["keys", "import", "--home", &third, "--from", &copy, "--genesis", &genesis]).told();
    assert_eq!(show(&third), show(&old));
    assert_eq!(run(&["check-config", "--home", &third]).text(), checked.text());

    let before = scene.files("new");
    scene.unlocked(&import).fails(&[&scene.path("new/node.key"), "exists already"]);
    assert!(scene.files("new") == before, "a key in use stays as it is");
    assert!(!fs::exists(scene.path("old/sign_floor.json")).unwrap(), "an export leaves no floor");
}
