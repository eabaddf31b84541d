//! What a network is for decides what its nodes take by default.

use libp2p::{Multiaddr, multiaddr::Protocol};
use serde::{Deserialize, Serialize};

use super::NetworkConfig;

/// A kind of network.
///
/// | | devnet | testnet | mainnet |
/// |---|---|---|---|
/// | listens on | this machine, free ports | every interface, fixed ports | the same |
/// | connections of others | 96 | 96 | 64 |
/// | own peers from different subnets, at least | 3 | 3 | 4 |
/// | seeds or bootstrap peers | may be missing | may be missing | must be named |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// All nodes on one machine.
    Devnet,
    /// Strangers, and nothing to lose.
    #[default]
    Testnet,
    /// Strangers, and something to lose.
    Mainnet,
}

impl NetworkConfig {
    /// The settings of a kind of network.
    pub fn of(profile: Profile) -> Self {
        match profile {
            Profile::Devnet => Self::loopback("."),
            Profile::Testnet => Self::default(),
            Profile::Mainnet => {
                let mut config = Self::default();
                config.limits.max_inbound = 64;
                config.peers.min_outbound = 4;
                config
            }
        }
    }

    /// All four transports on free ports of the loopback interface: tests and `devnet`.
    pub fn loopback(data_dir: impl Into<std::path::PathBuf>) -> Self {
        let ip = || Multiaddr::empty().with(Protocol::Ip4([127, 0, 0, 1].into()));
        Self {
            listen: vec![
                ip().with(Protocol::Tcp(0)),
                ip().with(Protocol::Udp(0)).with(Protocol::QuicV1),
                ip().with(Protocol::Tcp(0)).with(Protocol::Ws("/".into())),
                ip().with(Protocol::Udp(0)).with(Protocol::WebRTCDirect),
            ],
            data_dir: data_dir.into(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::peers::is_loopback;

    #[test]
    fn every_profile_could_run() {
        for profile in [Profile::Devnet, Profile::Testnet, Profile::Mainnet] {
            NetworkConfig::of(profile).check().unwrap();
        }
    }

    #[test]
    fn profiles_differ_where_they_say_so() {
        let of = NetworkConfig::of;
        assert!(of(Profile::Devnet).listen.iter().all(is_loopback));
        assert!(!of(Profile::Testnet).listen.iter().any(is_loopback));
        let inbound = |profile| of(profile).limits.max_inbound;
        assert_eq!([Profile::Devnet, Profile::Testnet, Profile::Mainnet].map(inbound), [96, 96, 64]);
        let outbound = |profile| of(profile).peers.min_outbound;
        assert_eq!([Profile::Devnet, Profile::Testnet, Profile::Mainnet].map(outbound), [3, 3, 4]);
    }
}
