//! `evidence`: what is held against somebody convicts, and convicts the guilty.

use emotionalchain_shared::{chain::ChainSpec, consensus::Evidence, primitives::Address};

use super::{Checked, Violation};

/// Judges one piece.
///
/// # Errors
/// `evidence`.
pub fn check(spec: &ChainSpec, byzantine: &[Address], piece: &Evidence) -> Checked {
    let Some(accused) = piece.accused() else {
        return Err(Violation::of("evidence", "a certified header contradicts a final one"));
    };
    if !byzantine.contains(&accused) {
        return Err(Violation::of("evidence", format!("{accused} is honest and accused: {piece:?}")));
    }
    let key =
        spec.genesis.validators.iter().map(|one| one.consensus_key).find(|key| key.address() == accused);
    let key = key.ok_or_else(|| Violation::of("evidence", format!("{accused} is nobody")))?;
    piece
        .verify_duplicate(&spec.domain, &key)
        .map_err(|reason| Violation::of("evidence", format!("against {accused}: {reason}")))
}
