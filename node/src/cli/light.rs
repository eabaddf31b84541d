//! `light`, and the verifying walk that `query --verify` stands on.
//!
//! From genesis or a checkpoint to the head, by the walk of [`Skipping`]; what it asks for comes from one node.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use emotionalchain_shared::{
    chain::{ChainSpec, state::StateKey},
    consensus::ValidatorSet,
    light::{LightOptions, Skipping, Step, Trusted, read_signed_header, verify_set},
    primitives::{BlockId, Hash, Height},
    wire::SignedHeader,
};
use serde_json::{Value, json};
use thiserror::Error;

use super::{
    CliResult,
    client::{Client, ClientError},
    home::read_spec,
    recover::parse_checkpoint,
};
use crate::node::now;

/// Options of `light`.
#[derive(Debug, Args)]
pub struct LightArgs {
    /// URL of a node to ask; nothing that it says is trusted
    #[arg(long, env = "EMOTIONALCHAIN_NODE", value_name = "URL")]
    node: String,
    /// Genesis file of the chain: the root of trust
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// Trusted block to begin at, as HEIGHT:ID, instead of genesis
    #[arg(long, value_name = "HEIGHT:ID", value_parser = parse_checkpoint)]
    from_checkpoint: Option<(Height, BlockId)>,
    /// Stop once this height is verified; without it follow for ever
    #[arg(long, value_name = "HEIGHT")]
    until: Option<u64>,
    /// Print one JSON object a verified head
    #[arg(long)]
    json: bool,
}

/// Why the walk ends.
#[derive(Debug, Error)]
pub enum WalkError {
    /// The node does not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What it answers is not what was asked for.
    #[error("the node's answer for {0} cannot be decoded")]
    Undecodable(&'static str),
    /// What it answers is false.
    #[error("the node's header at height {height} is refused: {reason}")]
    Refused {
        /// Which.
        height: Height,
        /// Why.
        reason: String,
    },
    /// The block at the checkpoint is another one.
    #[error("the node has another block at the checkpoint's height {0}")]
    Checkpoint(Height),
    /// No header between the trusted block and this one could be verified within a walk's bounds.
    #[error("height {0} cannot be reached from the trusted block")]
    TooFar(Height),
    /// The set that a header announces is not to be had.
    #[error("the node does not give the validator set with root {0}")]
    Set(Hash),
}

/// A verified walk along a chain.
pub struct Walk<'a> {
    client: &'a Client,
    spec: &'a ChainSpec,
    options: LightOptions,
    trusted: Trusted,
}

impl<'a> Walk<'a> {
    /// Begins at genesis, or at a checkpoint whose id is trusted.
    ///
    /// # Errors
    /// [`WalkError`].
    pub fn begin(
        client: &'a Client,
        spec: &'a ChainSpec,
        checkpoint: Option<(Height, BlockId)>,
    ) -> Result<Self, WalkError> {
        let genesis = Trusted::genesis(spec).map_err(|_| WalkError::Undecodable("genesis"))?;
        let mut walk = Self { client, spec, options: LightOptions::of(spec.params()), trusted: genesis };
        if let Some((height, id)) = checkpoint {
            let signed = walk.fetch(height)?;
            if signed.header.id() != id {
                return Err(WalkError::Checkpoint(height));
            }
            let next = walk.fetch_set(signed.header.next_validators_root)?;
            walk.trusted = Trusted::from_verified(&signed, next)
                .ok_or(WalkError::Set(signed.header.next_validators_root))?;
        }
        Ok(walk)
    }

    /// What is trusted now.
    pub fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// Verifies a signed header that an answer came with, by way of as few others as possible.
    ///
    /// # Errors
    /// [`WalkError`].
    pub fn reach(&mut self, target: &SignedHeader) -> Result<(), WalkError> {
        if (target.header.height, target.header.id()) == (self.trusted.height, self.trusted.id) {
            return Ok(());
        }
        let mut skipping = Skipping::new(self.trusted.clone(), target.clone());
        loop {
            match skipping.step(self.spec, &self.options, now()) {
                Step::Again => {}
                Step::Header(height) => {
                    skipping.header(self.fetch(height)?).map_err(|_| WalkError::Undecodable("header"))?;
                }
                Step::Set(root) => {
                    skipping.set(self.fetch_set(root)?).map_err(|_| WalkError::Set(root))?;
                }
                Step::Reached(reached) => {
                    self.trusted = reached.trusted().clone();
                    return Ok(());
                }
                Step::TooLong if skipping.verified() > 0 => {
                    skipping = Skipping::new(skipping.trusted().clone(), target.clone());
                }
                Step::TooLong => return Err(WalkError::TooFar(target.header.height)),
                Step::Failed { height, reason } => {
                    return Err(WalkError::Refused { height, reason: reason.to_string() });
                }
            }
        }
    }

    /// Header and certificate of a height, unverified.
    ///
    /// # Errors
    /// [`WalkError`].
    pub fn fetch(&self, height: Height) -> Result<SignedHeader, WalkError> {
        let answer = self.client.get(&format!("/headers/{height}"))?;
        let signed = signed_header(self.client, &answer)?;
        if signed.header.height == height { Ok(signed) } else { Err(WalkError::Undecodable("header")) }
    }

    fn fetch_set(&self, root: Hash) -> Result<ValidatorSet, WalkError> {
        let key = hex::encode(StateKey::Set(root).to_bytes());
        let answer = self.client.get(&format!("/state/{key}"))?;
        let bytes = self.client.bytes(&answer, "value_hex")?;
        verify_set(&root, &bytes).map_err(|_| WalkError::Set(root))
    }
}

/// Decodes the header and certificate of an answer.
///
/// # Errors
/// [`WalkError`].
pub fn signed_header(client: &Client, answer: &Value) -> Result<SignedHeader, WalkError> {
    let (header, certificate) =
        (client.bytes(answer, "header_hex")?, client.bytes(answer, "certificate_hex")?);
    read_signed_header(&header, &certificate).map_err(|_| WalkError::Undecodable("header"))
}

pub fn light(args: &LightArgs) -> CliResult {
    let spec = read_spec(&args.genesis)?;
    let client = Client::new(&args.node);
    let mut walk = Walk::begin(&client, &spec, args.from_checkpoint)?;
    loop {
        let status = match client.get("/status") {
            Ok(status) => status,
            // Followed without an end, the node may come back; what is verified stays.
            Err(error) if args.until.is_none() && walk.trusted().height > Height::ZERO => {
                eprintln!("{error}");
                std::thread::sleep(Duration::from_secs(1));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let head = Height::new(client.number(&status, "height")?);
        if head > walk.trusted().height {
            let signed = walk.fetch(head)?;
            walk.reach(&signed)?;
            let trusted = walk.trusted();
            if args.json {
                let seats = trusted.next_set.len();
                out!(
                    "{}",
                    json!({ "height": trusted.height.get(), "block_id": trusted.id, "time_ms": trusted.time.millis(), "seats": seats, "verified": true })
                );
            } else {
                out!("height {} {} verified, {} seats", trusted.height, trusted.id, trusted.next_set.len());
            }
        }
        if args.until.is_some_and(|until| walk.trusted().height.get() >= until) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
