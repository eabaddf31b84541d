//! Decompression bombs.
//!
//! - **What:** compressed payloads, before they are unpacked and after.
//! - **From where on:** a declared size above the written limit of its kind is oversized. More than [`MAX_RATIO`] times
//!   the packed size, above [`SMALL`] bytes, is a bomb; so is unpacking to more or less than was declared. The host
//!   must stop unpacking at the declared size.
//! - **Honest load** cannot be packed so well: every item of at most 4 kB carries a signature and a commitment, 96
//!   bytes that no compression removes, so 43 is the most.
//! - Nothing is remembered.

use crate::network::conduct::Conduct;

/// The most that packing can have saved.
pub const MAX_RATIO: u64 = 64;
/// Bytes that may be unpacked whatever the ratio: too few to hurt.
pub const SMALL: u64 = 64 * 1024;

/// Judges what is about to be unpacked; all sizes in bytes, `limit` that of the kind.
pub fn before(packed: u64, declared: u64, limit: u64) -> Option<Conduct> {
    if declared > limit {
        return Some(Conduct::Oversized);
    }
    (declared > SMALL && declared > packed.saturating_mul(MAX_RATIO)).then_some(Conduct::Bomb)
}

/// Judges what was unpacked: `unpacked` bytes, or the first byte beyond what was declared.
pub fn after(declared: u64, unpacked: u64) -> Option<Conduct> {
    (unpacked != declared).then_some(Conduct::Bomb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_above_the_limit_are_oversized() {
        assert_eq!(before(1000, 4096, 4096), None);
        assert_eq!(before(1000, 4097, 4096), Some(Conduct::Oversized));
        assert_eq!(before(1000, u64::MAX, 4096), Some(Conduct::Oversized));
    }

    #[test]
    fn ratios_that_no_signature_allows_are_bombs() {
        let limit = 4 << 20;
        assert_eq!(before(10_000, 640_000, limit), None);
        assert_eq!(before(10_000, 640_001, limit), Some(Conduct::Bomb));
        assert_eq!(before(1, SMALL, limit), None, "small");
        assert_eq!(before(0, SMALL + 1, limit), Some(Conduct::Bomb));
    }

    #[test]
    fn a_false_declaration_is_a_bomb() {
        assert_eq!(after(100, 100), None);
        assert_eq!(after(100, 101), Some(Conduct::Bomb));
        assert_eq!(after(100, 99), Some(Conduct::Bomb));
    }

    proptest! {
        #[test]
        fn what_is_let_through_is_bounded(packed: u64, declared: u64, limit: u64) {
            if before(packed, declared, limit).is_none() {
                prop_assert!(declared <= limit);
                prop_assert!(declared <= SMALL.max(packed.saturating_mul(MAX_RATIO)));
            }
        }
    }
}
