//! A transaction from anybody, alone or among others.

#![no_main]

use emotionalchain_shared::{
    chain::Transaction,
    wire::{TransactionBatch, Wire},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    strict::<Transaction>(bytes);
    strict::<TransactionBatch>(bytes);
});

/// Signed and hashed documents have one encoding: what decodes is what it encodes to.
fn strict<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = T::decode(bytes) {
        assert!(value.encode() == bytes, "{} has two encodings", T::NAME);
    }
}
