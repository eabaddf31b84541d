//! `recover --to-checkpoint`: roll back on the operator's word (protocol §7).

use std::path::PathBuf;

use clap::Args;
use emotionalchain_shared::primitives::{BlockId, Height};

use super::{CliResult, home::Home};
use crate::store::Store;

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

pub fn recover(args: &RecoverArgs) -> CliResult {
    let home = Home::at(&args.home);
    let spec = home.spec()?;
    let store = Store::open(home.data().join("store.redb"), spec.hash)?;
    let head = store.head()?.ok_or("the store is empty")?;
    let (height, trusted) = args.to_checkpoint;
    if head.height < height {
        println!("the checkpoint {height} is ahead of the head {}: nothing to roll back", head.height);
        return Ok(());
    }
    let ours = store.block_id(height)?.ok_or("the block at that height is not stored")?;
    if ours == trusted {
        println!("block {height} is {trusted} here too: nothing to roll back");
        return Ok(());
    }
    println!("at height {height} this node has {ours}, the checkpoint says {trusted}");
    let target = height.prev().ok_or("the checkpoint contradicts genesis")?;
    if !args.yes {
        println!("with --yes the blocks {height} to {} are rolled back; evidence is kept", head.height);
        return Ok(());
    }
    let head = store.rollback_to(target)?;
    println!("rolled back to height {}; start the node to catch up from its peers", head.height);
    Ok(())
}
