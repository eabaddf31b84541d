//! The network's part of a configuration file; what passes its check must not panic later.

#![no_main]

use emotionalchain_node::network::NetworkConfig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(config) = toml::from_str::<NetworkConfig>(text)
        && config.check().is_ok()
    {
        let again = toml::to_string(&config).expect("a valid configuration can be written");
        assert!(toml::from_str::<NetworkConfig>(&again).is_ok_and(|again| again == config));
    }
});
