//! Proofs about lists, from a peer that need not be honest.

#![no_main]

use emotionalchain_shared::{merkle::ListProof, primitives::hash_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(proof) = ListProof::decode(bytes) {
        assert_eq!(proof.encode(), bytes);
        let (index, total) = (proof.index, proof.total);
        assert!(index < total && proof.path.len() <= ListProof::MAX_PATH);
        // No proof fits a root that is the hash of the proof itself.
        assert!(proof.verify_at(&hash_bytes(bytes), b"leaf", index, total).is_err());
    }
});
