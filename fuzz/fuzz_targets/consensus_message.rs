//! What validators say to each other for one height.

#![no_main]

use emotionalchain_shared::{
    consensus::{Proposal, Vote},
    wire::{BlockProposal, ConsensusMessage, Wire},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    strict::<ConsensusMessage>(bytes);
    strict::<BlockProposal>(bytes);
    strict::<Vote>(bytes);
    strict::<Proposal>(bytes);
});

/// Signed and hashed documents have one encoding: what decodes is what it encodes to.
fn strict<T: Wire>(bytes: &[u8]) {
    if let Ok(value) = T::decode(bytes) {
        assert!(value.encode() == bytes, "{} has two encodings", T::NAME);
    }
}
