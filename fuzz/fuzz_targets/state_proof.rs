//! Proofs about the state, from a peer that need not be honest.

#![no_main]

use emotionalchain_shared::{merkle::StateProof, primitives::hash_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(proof) = StateProof::decode(bytes) {
        assert_eq!(proof.encode(), bytes);
        // No proof fits a root that is the hash of the proof itself.
        let root = hash_bytes(bytes);
        assert!(proof.verify_inclusion(&root, b"key", b"value").is_err());
        assert!(proof.verify_absence(&root, b"key").is_err());
    }
});
