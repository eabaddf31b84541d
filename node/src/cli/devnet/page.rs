//! What the page of a devnet may sign with: the faucet's account and, with `--browser-device`, one validator's device.
//!
//! These are keys of a throwaway network. They stand in a file of its folder for its owner alone, so that a restart
//! names them again, and in the fragment of the page's address, which browsers send to nobody.

use std::path::Path;

use emotionalchain_shared::primitives::Address;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    cli::home::read_bounded,
    keys::{Keys, Seed},
};

/// The tier of the devices of a devnet: simulated, so only a genesis that allows those enrols them.
pub const TIER: u8 = 80;
/// More than two seeds and an address need.
const MAX_FILE: u64 = 4_096;

/// The page's keys.
#[derive(Debug)]
pub struct Page {
    faucet: Seed,
    device: Option<Device>,
}

/// A device that belongs to the page.
#[derive(Debug)]
struct Device {
    seed: Seed,
    validator: Address,
}

/// The file, as it is written and read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    faucet_seed_hex: SeedText,
    device: Option<WrittenDevice>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDevice {
    seed_hex: SeedText,
    validator: Address,
    tier: u8,
}

/// A seed in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct SeedText(#[serde(with = "hex::serde")] [u8; Seed::LEN]);

impl SeedText {
    fn of(seed: &Seed) -> Self {
        Self(*seed.expose())
    }
}

impl Page {
    /// Of a new network.
    pub fn new(faucet: &Keys, device_of: Option<&Keys>) -> Self {
        let device = device_of
            .map(|keys| Device { seed: keys.device.clone(), validator: keys.public().consensus.address() });
        Self { faucet: faucet.account.clone(), device }
    }

    /// Of a network that is there.
    ///
    /// # Errors
    /// The disk's, or what is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let text = read_bounded(path, MAX_FILE)?;
        let written: Written =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let device = written
            .device
            .map(|device| Device { seed: Seed::new(device.seed_hex.0), validator: device.validator });
        Ok(Self { faucet: Seed::new(written.faucet_seed_hex.0), device })
    }

    /// What is written into the folder.
    pub fn file(&self) -> String {
        self.written().to_string()
    }

    fn written(&self) -> Value {
        let device = self.device.as_ref().map(|device| WrittenDevice {
            seed_hex: SeedText::of(&device.seed),
            validator: device.validator,
            tier: TIER,
        });
        json!(Written { faucet_seed_hex: SeedText::of(&self.faucet), device })
    }

    /// The same with the page's address.
    pub fn json(&self, node: &str) -> Value {
        let mut shown = self.written();
        if let Value::Object(fields) = &mut shown {
            fields.insert("url".into(), json!(self.url(node)));
        }
        shown
    }

    /// The page of a node, with the keys in the fragment.
    pub fn url(&self, node: &str) -> String {
        let faucet = hex::encode(self.faucet.expose());
        let device = self.device.as_ref().map(|device| {
            format!("&device={}&validator={}", hex::encode(device.seed.expose()), device.validator)
        });
        format!("{node}/#faucet={faucet}{}", device.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_names_the_same_keys() {
        let folder = tempfile::tempdir().unwrap();
        let (faucet, validator) = (Keys::random().unwrap(), Keys::random().unwrap());
        for device_of in [None, Some(&validator)] {
            let made = Page::new(&faucet, device_of);
            let path = folder.path().join("page.json");
            std::fs::write(&path, made.file()).unwrap();
            let read = Page::read(&path).unwrap();
            let (url, json) = (read.url("http://127.0.0.1:9"), read.json("http://127.0.0.1:9"));
            assert_eq!((&url, &json), (&made.url("http://127.0.0.1:9"), &made.json("http://127.0.0.1:9")));
            assert_eq!(json["url"], json!(url));
            assert_eq!(json["faucet_seed_hex"], hex::encode(faucet.account.expose()));
            let hex = hex::encode(faucet.account.expose());
            let Some(keys) = device_of else {
                assert_eq!(url, format!("http://127.0.0.1:9/#faucet={hex}"));
                assert_eq!(json["device"], Value::Null);
                continue;
            };
            let (device, validator) =
                (hex::encode(keys.device.expose()), keys.public().consensus.address().to_string());
            assert_eq!(
                url,
                format!("http://127.0.0.1:9/#faucet={hex}&device={device}&validator={validator}")
            );
            assert_eq!(json["device"], json!({ "seed_hex": device, "validator": validator, "tier": TIER }));
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.json");
        assert!(Page::read(&path).is_err());
        let seed = "00".repeat(32);
        for text in [
            String::new(),
            "{}".into(),
            format!("{{\"faucet_seed_hex\":\"{}\"}}", "00".repeat(31)),
            format!("{{\"faucet_seed_hex\":\"{seed}\",\"more\":1}}"),
            " ".repeat(5_000),
        ] {
            std::fs::write(&path, &text).unwrap();
            assert!(Page::read(&path).is_err(), "{text}");
        }
        std::fs::write(&path, format!("{{\"faucet_seed_hex\":\"{seed}\"}}")).unwrap();
        assert!(Page::read(&path).is_ok());
    }
}
