//! What a light client kept between two visits, in a store that others may have written to.

#![no_main]

use std::sync::LazyLock;

use emotionalchain_shared::{
    chain::{ChainSpec, Genesis, GenesisValidator, Params},
    crypto::SecretKey,
    light::{LightOptions, Snapshot},
    primitives::{Hash, TimeMs, hash_bytes},
};
use libfuzzer_sys::fuzz_target;

/// A chain of four seats.
static SPEC: LazyLock<ChainSpec> = LazyLock::new(|| {
    let params = Params::default();
    let seat = |seed: u8| {
        let key = SecretKey::from_seed(&[seed; 32]).public();
        GenesisValidator {
            account: key.address(),
            consensus_key: key,
            peer_id: vec![1],
            bond: params.min_bond,
            randomness_tip: Hash::default(),
        }
    };
    ChainSpec::new(Genesis {
        chain_id: "fuzz".parse().unwrap(),
        time_ms: TimeMs::from_millis(1_000_000),
        accounts: Vec::new(),
        validators: (1..5).map(seat).collect(),
        devices: Vec::new(),
        params: params.clone(),
    })
    .unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    load(bytes);
    // With a digest that fits, and for this chain: only what lies behind them can refuse it.
    let mut sealed = [b"EMOL\x01".as_slice(), SPEC.hash.as_bytes(), bytes].concat();
    sealed.extend_from_slice(hash_bytes(&sealed).as_bytes());
    load(&sealed);
});

/// What is accepted is written the same way again.
fn load(bytes: &[u8]) {
    let now = TimeMs::from_millis(2_000_000);
    if let Ok(snapshot) = Snapshot::decode(bytes, &SPEC, &LightOptions::of(SPEC.params()), now) {
        assert_eq!(snapshot.encode(&SPEC), bytes);
        assert!(snapshot.newest.is_some() || snapshot.trusted.id.hash() == &SPEC.hash);
    }
}
