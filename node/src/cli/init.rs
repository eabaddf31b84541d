//! `init` and `keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use emotionalchain_shared::epoch::RandomnessChain;
use serde_json::json;

use super::{
    CliResult, PassphraseArgs,
    home::{Home, HomeError, read_spec},
};
use crate::{
    keys::{KdfCost, KeyFile, Keys, PassphrasePurpose, PublicKeys},
    network::{Profile, keypair_from_seed},
};

/// Options of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder of the node
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Genesis file of the chain to join; without it only keys and configuration are made
    #[arg(long, value_name = "FILE")]
    genesis: Option<PathBuf>,
    /// What the network is for: gives every setting that config.toml does not name
    #[arg(long, value_enum, default_value_t = Profile::Testnet)]
    profile: Profile,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What can be done with a key file.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Show public keys and addresses; needs no passphrase
    Show {
        /// Folder of the node
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Copy the encrypted keys for another machine; stop this validator for good before the copy is used
    Export {
        /// Folder of the node
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// File to write
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseArgs,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Bring exported keys in; nothing is signed before the network's verified head + 2
    Import {
        /// Folder of the node
        #[arg(long, value_name = "DIR")]
        home: PathBuf,
        /// Exported file
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Genesis file of the chain, for a home that has none yet
        #[arg(long, value_name = "FILE")]
        genesis: Option<PathBuf>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub fn init(args: &InitArgs) -> CliResult {
    let home = Home::at(&args.home);
    let spec = args.genesis.as_deref().map(read_spec).transpose()?;
    for made in [home.keys(), home.config(), home.genesis()] {
        if made.exists() {
            return Err(HomeError::Exists(made).into());
        }
    }
    let keys = Keys::random()?;
    // Read before anything is written: a mistyped one leaves nothing behind.
    let passphrase = args.passphrase.source().read(PassphrasePurpose::Create)?;
    std::fs::create_dir_all(home.path())?;
    if let Some(spec) = spec {
        home.create(&home.genesis(), &serde_json::to_string_pretty(&spec.genesis)?)?;
    }
    KeyFile::seal(&keys, &passphrase, KdfCost::default())?.create(home.keys())?;
    home.create(&home.config(), &first_config(args.profile))?;
    let tip = RandomnessChain::new(keys.randomness.expose()).tip();
    if args.json {
        let mut shown = describe(&keys.public())?;
        if let serde_json::Value::Object(fields) = &mut shown {
            fields.insert("randomness_tip".into(), json!(tip));
            fields.insert("home".into(), json!(args.home));
        }
        out!("{shown}");
    } else {
        out!("home            {}", args.home.display());
        print_keys(&keys.public())?;
        out!("randomness tip  {tip}");
    }
    Ok(())
}

pub fn keys(command: &KeysCommand) -> CliResult {
    match command {
        KeysCommand::Show { home, json } => {
            let file = KeyFile::open(Home::at(home).keys())?;
            if *json {
                out!("{}", describe(file.public())?);
            } else {
                print_keys(file.public())?;
            }
        }
        KeysCommand::Export { home, to, passphrase, json } => {
            let passphrase = passphrase.source().read(PassphrasePurpose::Unlock)?;
            let file = KeyFile::open(Home::at(home).keys())?;
            file.export_to(to, &passphrase, None)?;
            if *json {
                out!("{}", json!({ "file": to, "validator": file.public().consensus.address() }));
            }
            eprintln!(
                "keys copied to {}; stop this validator for good before they are used elsewhere",
                to.display()
            );
        }
        KeysCommand::Import { home, from, genesis, passphrase, json } => {
            let home = Home::at(home);
            let given = genesis.as_deref().map(read_spec).transpose()?;
            let file = KeyFile::open(from)?;
            let passphrase = passphrase.source().read(PassphrasePurpose::Unlock)?;
            // Before anything is written: a wrong passphrase leaves nothing behind.
            file.unlock(&passphrase)?;
            if let Some(spec) = given {
                home.create(&home.genesis(), &serde_json::to_string_pretty(&spec.genesis)?)?;
            }
            let spec = home.spec()?;
            file.import(home.keys(), &passphrase, spec.hash)?;
            if !home.config().exists() {
                home.create(&home.config(), &first_config(Profile::default()))?;
            }
            if *json {
                out!(
                    "{}",
                    json!({ "home": home.path(), "validator": file.public().consensus.address(), "pending": true })
                );
            }
            eprintln!("keys imported; the validator signs from the network's verified head + 2 on");
        }
    }
    Ok(())
}

/// The configuration of a new home: what it does not name, the profile gives.
fn first_config(profile: Profile) -> String {
    let name = profile.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    format!(
        "# What the network is for: devnet, testnet or mainnet. Gives every setting that is not named here;\n\
         # `emotionalchain check-config --show --home DIR` prints them all.\nprofile = \"{name}\"\n"
    )
}

/// The libp2p identity of a key file.
///
/// # Errors
/// When the key is not one.
pub fn peer_id(keys: &Keys) -> Result<libp2p::PeerId, crate::network::NetworkError> {
    Ok(keypair_from_seed(*keys.node.expose())?.public().to_peer_id())
}

fn describe(keys: &PublicKeys) -> Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
    let node = libp2p::identity::ed25519::PublicKey::try_from_bytes(keys.node.as_bytes())?;
    Ok(json!({
        "validator": keys.consensus.address(),
        "account": keys.account.address(),
        "consensus_key": keys.consensus,
        "account_key": keys.account,
        "device_key": keys.device,
        "peer_id": libp2p::PeerId::from_public_key(&node.into()).to_string(),
    }))
}

fn print_keys(keys: &PublicKeys) -> CliResult {
    let shown = describe(keys)?;
    for (name, value) in shown.as_object().into_iter().flatten() {
        out!("{:<15} {}", name.replace('_', " "), value.as_str().unwrap_or_default());
    }
    Ok(())
}
