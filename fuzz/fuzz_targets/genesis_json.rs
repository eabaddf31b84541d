//! A genesis file: JSON from whoever starts a chain.

#![no_main]

use emotionalchain_shared::chain::{ChainSpec, Genesis, genesis_writes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(genesis) = serde_json::from_slice::<Genesis>(bytes) else { return };
    let text = serde_json::to_vec(&genesis).expect("what was read can be written");
    let again: Genesis = serde_json::from_slice(&text).expect("what was written can be read");
    assert!(again == genesis && again.hash() == genesis.hash());
    // What passes every check makes a state.
    if let Ok(spec) = ChainSpec::new(genesis) {
        assert!(genesis_writes(&spec).is_ok_and(|writes| !writes.is_empty()));
    }
});
