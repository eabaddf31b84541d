//! A block and its parts, as they come out of a store or a peer's hands.

#![no_main]

use emotionalchain_shared::{
    chain::{Block, EpochSummary, Header},
    wire::Wire,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    strict::<Block>(bytes);
    strict::<Header>(bytes);
    strict::<EpochSummary>(bytes);
});

/// Signed and hashed documents have one encoding: what decodes is what it encodes to.
fn strict<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = T::decode(bytes) {
        assert!(value.encode() == bytes, "{} has two encodings", T::NAME);
    }
}
