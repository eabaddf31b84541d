//! A folder with a genesis, passphrases and homes, made by the program itself.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Run, run_all};

pub const PASSPHRASE: &str = "correct horse";

pub struct Scene {
    folder: TempDir,
    /// The chain whose only validator is the home `founder`.
    pub genesis: Value,
}

impl Scene {
    pub fn new() -> Self {
        let mut scene = Self { folder: tempfile::tempdir().unwrap(), genesis: Value::Null };
        scene.write("passphrase", PASSPHRASE);
        scene.write("wrong", "wrong horse\n");
        let keys = scene.unlocked(&["init", "--home", &scene.path("founder"), "--json"]).json();
        scene.genesis = scene.genesis_of(&keys);
        scene.write("genesis.json", serde_json::to_vec_pretty(&scene.genesis).unwrap());
        scene
    }

    /// The peer id stands in a genesis as bytes, and is made of a key that only the key file shows.
    fn genesis_of(&self, keys: &Value) -> Value {
        let file: Value = serde_json::from_slice(&fs::read(self.path("founder/node.key")).unwrap()).unwrap();
        json!({
            "chain_id": "cli-test",
            "time_ms": 1_700_000_000_000_u64,
            "accounts": [{ "address": keys["account"], "balance": 5_000_000 }],
            "validators": [{
                "account": keys["account"],
                "consensus_key": keys["consensus_key"],
                "peer_id": format!("002408011220{}", file["public"]["node"].as_str().unwrap()),
                "bond": 10_000_000_000_u64,
                "randomness_tip": keys["randomness_tip"],
            }],
        })
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Writes a file for its owner alone and gives its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        set_mode(&path, 0o600);
        path
    }

    /// Runs the program with the right passphrase.
    pub fn unlocked(&self, args: &[&str]) -> Run {
        run_all(&[args, &["--passphrase-file", &self.path("passphrase")]])
    }

    /// Makes a home of the chain.
    pub fn init(&self, name: &str) -> Value {
        self.try_init(name).json()
    }

    pub fn try_init(&self, name: &str) -> Run {
        let (home, genesis) = (self.path(name), self.path("genesis.json"));
        self.unlocked(&["init", "--home", &home, "--genesis", &genesis, "--json"])
    }

    /// Every file below a folder of the scene, with mode and content.
    pub fn files(&self, name: &str) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        collect(Path::new(&self.path(name)), &mut found);
        found
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.insert(path.clone(), (mode(&path), fs::read(&path).unwrap()));
        }
    }
}

pub fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

pub fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A text field of a JSON object.
#[track_caller]
pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no text '{name}' in {value}")).to_owned()
}
