use std::collections::BTreeSet;

use super::*;

/// Every number, with the least and the most that it may be while the others have their defaults.
const RANGES: [(&str, u64, u64); 42] = [
    // Not above the upper bound.
    ("peers.low", 1, 12),
    ("peers.high", 1, 2_000),
    // Not above the lower bound.
    ("peers.min_outbound", 0, 8),
    ("peers.rotation_ms", 1_000, 86_400_000),
    ("peers.slow_check_ms", 1_000, 86_400_000),
    ("relay.reservations", 1, 10_000),
    ("relay.circuits", 1, 10_000),
    ("relay.circuit_ms", 1_000, 86_400_000),
    ("relay.circuit_bytes", 1 << 17, 1 << 34),
    ("security.budgets.scale_per_mille", 500, 100_000),
    ("security.budgets.max_accounts", 1, 65_536),
    // Not above all that are pending.
    ("security.gate.max_pending_per_ip", 1, 64),
    ("security.gate.max_per_ip", 1, 4_096),
    ("security.gate.max_per_v4_subnet", 1, 4_096),
    ("security.gate.max_per_v6_subnet", 1, 4_096),
    ("security.gate.handshakes_per_second", 1, 1_000),
    ("security.ids_per_hour", 4, 4_096),
    ("limits.max_inbound", 1, 10_000),
    ("limits.max_outbound", 1, 10_000),
    ("limits.max_per_peer", 2, 16),
    ("limits.max_pending_inbound", 1, 10_000),
    ("limits.max_pending_outbound", 1, 10_000),
    ("limits.max_memory_bytes", 32 << 20, 1 << 44),
    ("limits.max_streams", 1, 1_024),
    ("limits.max_unjudged", 16, 1 << 20),
    ("limits.max_unjudged_bytes", 4 << 20, 1 << 34),
    ("limits.event_queue", 128, 1 << 20),
    ("gossip.heartbeat_ms", 100, 60_000),
    ("gossip.history", 4, 100),
    ("gossip.mesh", 2, 100),
    // Not above the mesh of 8.
    ("gossip.mesh_low", 1, 8),
    // Not below it.
    ("gossip.mesh_high", 8, 200),
    // Half of it.
    ("gossip.mesh_outbound", 0, 4),
    ("timing.ping_interval_ms", 100, 3_600_000),
    ("timing.ping_timeout_ms", 100, 3_600_000),
    ("timing.connect_timeout_ms", 100, 3_600_000),
    ("timing.request_timeout_ms", 100, 3_600_000),
    ("timing.identify_timeout_ms", 100, 3_600_000),
    ("timing.redial_base_ms", 10, 60_000),
    // Not below the base of 200.
    ("timing.redial_cap_ms", 200, 3_600_000),
    ("timing.discovery_interval_ms", 100, 3_600_000),
    ("timing.refusal_ms", 100, 3_600_000),
];

fn with(field: &str, value: u64) -> NetworkConfig {
    toml::from_str(&format!("{field} = {value}")).unwrap()
}

fn refused(change: fn(&mut NetworkConfig)) -> ConfigError {
    let mut config = NetworkConfig::default();
    change(&mut config);
    config.check().unwrap_err()
}

#[test]
fn defaults_hold_and_survive_toml() {
    let config = NetworkConfig::default();
    config.check().unwrap();
    let text = toml::to_string(&config).unwrap();
    assert_eq!(toml::from_str::<NetworkConfig>(&text).unwrap(), config);
    let partial: NetworkConfig = toml::from_str("[gossip]\nmesh = 7").unwrap();
    assert_eq!((partial.gossip.mesh, partial.peers.low), (7, 8));
}

#[test]
fn a_number_outside_its_range_is_refused_by_name() {
    for (field, min, max) in RANGES {
        for value in [min.checked_sub(1), Some(max + 1)].into_iter().flatten() {
            let error = with(field, value).check().unwrap_err();
            assert_eq!(error, ConfigError::Range { field, value, min, max });
            assert_eq!(error.to_string(), format!("{field} is {value}, must lie in {min}..={max}"));
        }
        for value in [min, max] {
            // Another field may be bound to this one; this one is not at fault.
            let found = with(field, value).check();
            let blamed = matches!(found, Err(ConfigError::Range { field: named, .. }) if named == field);
            assert!(!blamed, "{field} = {value}: {found:?}");
        }
    }
}

#[test]
fn no_number_is_without_a_range() {
    fn enter(table: &toml::Table, before: &str, numbers: &mut BTreeSet<String>) {
        for (name, value) in table {
            match value {
                toml::Value::Integer(_) => drop(numbers.insert(format!("{before}{name}"))),
                toml::Value::Table(inner) => enter(inner, &format!("{before}{name}."), numbers),
                _ => {}
            }
        }
    }
    let mut numbers = BTreeSet::new();
    enter(&toml::Table::try_from(NetworkConfig::default()).unwrap(), "", &mut numbers);
    let ranged: BTreeSet<String> = RANGES.iter().map(|(field, ..)| (*field).to_owned()).collect();
    assert_eq!(numbers, ranged);
}

#[test]
fn what_is_no_number_or_fits_no_field_is_refused() {
    for (field, ..) in RANGES {
        for value in ["-1", "9223372036854775807", "1.5", "true", "\"1\"", "[1]"] {
            let read = toml::from_str::<NetworkConfig>(&format!("{field} = {value}"));
            assert!(!read.is_ok_and(|config| config.check().is_ok()), "{field} = {value}");
        }
    }
}

#[test]
fn unknown_keys_are_refused_by_name() {
    for text in [
        "unknown = 1",
        "[unknown]",
        "[limits]\nunknown = 1",
        "[gossip]\nmesh = 8\nunknown = 1",
        "[timing]\nunknown = 1",
        "limits.unknown = 1",
    ] {
        let error = toml::from_str::<NetworkConfig>(text).unwrap_err().to_string();
        assert!(error.contains("unknown field `unknown`"), "{text}: {error}");
    }
    // Known, but not for a file to say.
    let error = toml::from_str::<NetworkConfig>("data_dir = \".\"").unwrap_err().to_string();
    assert!(error.contains("unknown field `data_dir`"), "{error}");
}

#[test]
fn fields_that_contradict_each_other_are_refused() {
    let named = |change: fn(&mut NetworkConfig)| match refused(change) {
        ConfigError::Range { field, .. } => field,
        other => panic!("{other}"),
    };
    assert_eq!(named(|c| c.gossip.mesh_low = 9), "gossip.mesh_low");
    assert_eq!(named(|c| c.gossip.mesh = 5), "gossip.mesh_low");
    assert_eq!(named(|c| c.gossip.mesh = 13), "gossip.mesh_high");
    assert_eq!(named(|c| c.gossip.mesh_low = 3), "gossip.mesh_outbound");
    assert_eq!(named(|c| c.timing.redial_base_ms = 1_501), "timing.redial_cap_ms");
}

#[test]
fn addresses_that_cannot_be_used_are_refused() {
    assert_eq!(refused(|c| c.listen.clear()), ConfigError::NoListenAddress);
    let bad = ConfigError::Address("/ip4/1.2.3.4/udp/9".parse().unwrap());
    assert_eq!(refused(|c| c.listen.push("/ip4/1.2.3.4/udp/9".parse().unwrap())), bad);
    assert_eq!(refused(|c| c.bootstrap = vec!["/ip4/1.2.3.4/udp/9".parse().unwrap()]), bad);
    let seeds = vec!["/dnsaddr/seeds.example".parse().unwrap()];
    NetworkConfig { bootstrap: seeds, ..NetworkConfig::default() }.check().unwrap();
    assert!(matches!(
        refused(|c| c.listen.push("/dnsaddr/seeds.example".parse().unwrap())),
        ConfigError::Address(_)
    ));
    assert_eq!(refused(|c| c.external = vec!["/ip4/1.2.3.4/udp/9".parse().unwrap()]), bad);

    let with_peers = |count: usize| {
        let bootstrap = vec!["/ip4/1.2.3.4/tcp/9".parse().unwrap(); count];
        NetworkConfig { bootstrap, ..NetworkConfig::default() }.check()
    };
    assert_eq!(with_peers(MAX_BOOTSTRAP), Ok(()));
    let error = ConfigError::Bootstrap { count: MAX_BOOTSTRAP + 1, max: MAX_BOOTSTRAP };
    assert_eq!(with_peers(MAX_BOOTSTRAP + 1), Err(error));
}
