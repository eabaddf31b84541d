//! `recover --to-checkpoint`: roll back on the operator's word (protocol §7).
//!
//! Before any block goes, what proves the fork becomes pending evidence, and the sign floor rises above the old head:
//! this validator has signed there.

use std::path::PathBuf;

use clap::Args;
use emotionalchain_shared::{
    consensus::Evidence,
    primitives::{BlockId, Height},
};
use serde::Serialize;

use super::{CliResult, home::Home};
use crate::{
    keys::{KeyFile, SignFloor},
    store::Store,
};

/// Options of `recover`.
#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// Folder of the node, which must be stopped
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Trusted block, as HEIGHT:ID
    #[arg(long, value_name = "HEIGHT:ID", value_parser = parse_checkpoint)]
    to_checkpoint: (Height, BlockId),
    /// Do it; without this only the difference is shown
    #[arg(long)]
    yes: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Reads `HEIGHT:ID`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_checkpoint(text: &str) -> Result<(Height, BlockId), String> {
    let (height, id) = text.split_once(':').ok_or("expected HEIGHT:ID")?;
    let height = height.parse().map_err(|_| format!("'{height}' is not a height"))?;
    let id = id.parse().map_err(|_| format!("'{id}' is not a block id of 64 hexadecimal digits"))?;
    Ok((Height::new(height), id))
}

/// What was found, and what was done about it.
#[derive(Debug, Serialize)]
struct Finding {
    /// The height of the checkpoint.
    height: Height,
    /// The trusted block there.
    trusted: BlockId,
    /// This node's block there; none above its head.
    ours: Option<BlockId>,
    /// The newest block of this node, after a rollback the one before the fork.
    head: Height,
    /// `ahead`, `agrees`, `forked` or `rolled_back`.
    state: &'static str,
}

impl Finding {
    fn print(&self, json: bool) -> CliResult {
        if json {
            out!("{}", serde_json::to_string(self)?);
            return Ok(());
        }
        let Self { height, trusted, head, .. } = self;
        match (self.state, self.ours) {
            ("ahead", _) => {
                out!("the checkpoint {height} is ahead of the head {head}: nothing to roll back")
            }
            ("agrees", _) => out!("block {height} is {trusted} here too: nothing to roll back"),
            ("forked", Some(ours)) => {
                out!("at height {height} this node has {ours}, the checkpoint says {trusted}");
                out!(
                    "with --yes the blocks {height} to {head} are rolled back; what proves the fork is kept"
                );
            }
            _ => out!("rolled back to height {head}; start the node to catch up from its peers"),
        }
        Ok(())
    }
}

pub fn recover(args: &RecoverArgs) -> CliResult {
    let home = Home::at(&args.home);
    let spec = home.spec()?;
    let path = home.data().join("store.redb");
    if !path.exists() {
        return Err(format!("{}: no blocks are stored there", path.display()).into());
    }
    let store = Store::open(path, spec.hash)?;
    let head = store.head()?.ok_or("the store is empty")?.height;
    let (height, trusted) = args.to_checkpoint;
    let mut finding = Finding { height, trusted, ours: None, head, state: "ahead" };
    if head < height {
        return finding.print(args.json);
    }
    let ours = match height {
        Height::ZERO => BlockId::new(spec.hash),
        _ => store.block_id(height)?.ok_or("the block at that height is not stored")?,
    };
    finding.ours = Some(ours);
    if ours == trusted {
        finding.state = "agrees";
        return finding.print(args.json);
    }
    let target = height.prev().ok_or("the checkpoint is of another chain: its genesis is not this one")?;
    let oldest = store.oldest_version()?;
    if target < oldest {
        return Err(format!(
            "no undo data below height {oldest}: remove {} and catch up anew",
            home.data().display()
        )
        .into());
    }
    if !args.yes {
        finding.state = "forked";
        return finding.print(args.json);
    }
    // In this order: after a crash the command can be given again, and nothing is signed twice in between.
    let (block, certificate) = (store.block(height)?, store.certificate(height)?);
    let (block, certificate) = block.zip(certificate).ok_or("the block at that height is not stored")?;
    store.put_evidence(&Evidence::ConflictingHeader(Box::new(block.header), certificate))?;
    let key = KeyFile::open(home.keys())?.public().consensus;
    let path = SignFloor::path_beside(home.keys());
    let mut floor =
        SignFloor::load(&path, &spec.hash, &key)?.unwrap_or(SignFloor::above(spec.hash, key, head)?);
    if !floor.is_pending() {
        floor.raise(head)?;
        floor.save(&path)?;
    }
    finding.head = store.rollback_to(target)?.height;
    finding.state = "rolled_back";
    finding.print(args.json)
}
