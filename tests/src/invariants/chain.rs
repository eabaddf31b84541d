//! `agreement` and `linkage`.

use std::collections::BTreeMap;

use emotionalchain_node::consensus::replica::Commit;
use emotionalchain_shared::primitives::{BlockId, Height, TimeMs};

use super::Violation;

/// The one chain that all nodes must have.
#[derive(Debug, Default)]
pub struct Chain {
    blocks: BTreeMap<Height, (BlockId, TimeMs)>,
}

impl Chain {
    /// A node finalised a block; whether it is the first to finalise that height.
    ///
    /// # Errors
    /// `agreement`, `linkage`.
    pub fn committed(&mut self, commit: &Commit) -> Result<bool, Violation> {
        let header = &commit.block.header;
        let height = header.height;
        if header.id() != commit.block_id {
            return Err(Violation::of("linkage", format!("block of height {height} has another id")));
        }
        if let Some((known, _)) = self.blocks.get(&height) {
            if *known != commit.block_id {
                let detail = format!("height {height}: {known} and {} are both final", commit.block_id);
                return Err(Violation::of("agreement", detail));
            }
            return Ok(false);
        }
        if let Some((parent, time)) = height.prev().and_then(|before| self.blocks.get(&before)) {
            if *parent != header.parent_id {
                let detail =
                    format!("height {height} names {} as its parent, not {parent}", header.parent_id);
                return Err(Violation::of("linkage", detail));
            }
            if header.time <= *time {
                return Err(Violation::of(
                    "linkage",
                    format!("height {height} is not later than its parent"),
                ));
            }
        }
        self.blocks.insert(height, (commit.block_id, header.time));
        Ok(true)
    }
}
