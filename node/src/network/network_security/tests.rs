use super::*;
use crate::network::subnet::Subnet;

mod attacks;
mod honest;

/// Gossip's duplicate window: eight heartbeats of 700 ms.
const WINDOW: Duration = Duration::from_millis(5_600);

/// The peer of a number.
fn peer(number: u64) -> PeerId {
    detectors::peer(number)
}

fn security() -> Security {
    Security::new(SecurityConfig::default(), peer(0), WINDOW)
}

#[test]
fn every_detector_has_a_name_and_a_counter() {
    let counts = security().counts();
    assert_eq!(counts.len(), Detector::ALL.len());
    assert_eq!(counts.first(), Some(&("gate", 0)));
    let names: std::collections::BTreeSet<_> = counts.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), Detector::ALL.len());
}

#[test]
fn settings_survive_a_file() {
    let config = SecurityConfig { ids_per_hour: 7, ..SecurityConfig::default() };
    let text = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<SecurityConfig>(&text).unwrap(), config);
    assert_eq!(serde_json::from_str::<SecurityConfig>("{}").unwrap(), SecurityConfig::default());
    assert!(serde_json::from_str::<SecurityConfig>(r#"{"gate":{"max_pendign":1}}"#).is_err());
}

#[test]
fn this_machine_is_a_subnet_only_if_it_counts() {
    for (text, counted) in [
        ("127.0.3.1", Some(Subnet::V4([127, 0, 3]))),
        ("::1", Some(Subnet::V6([0; 8]))),
        ("::ffff:127.0.3.1", Some(Subnet::V4([127, 0, 3]))),
    ] {
        let ip = text.parse().unwrap();
        assert_eq!((part_of(ip, false), part_of(ip, true)), (None, counted), "{text}");
    }
    let ip = "9.8.7.6".parse().unwrap();
    assert_eq!(part_of(ip, false), part_of(ip, true));
}
