//! The part of the internet that an address belongs to: who controls one address of it, controls them all.
//!
//! An IPv4 address counts by its /24, an IPv6 address by its /64. IPv4 addresses written as IPv6 ones count as IPv4.
//! This machine's own addresses have no part: they occur on devnets alone, where everybody has the same.

use std::{fmt, net::IpAddr};

use libp2p::{Multiaddr, multiaddr::Protocol};

/// A part of the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subnet {
    /// An IPv4 /24.
    V4([u8; 3]),
    /// An IPv6 /64.
    V6([u8; 8]),
}

impl Subnet {
    /// The part of an address; `None` for this machine's own.
    pub fn of_ip(ip: IpAddr) -> Option<Self> {
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            return None;
        }
        Some(match ip {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(ip) => {
                let [a, b, c, d, e, f, g, h, ..] = ip.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        })
    }

    /// The part of an address that begins with an IP address.
    pub fn of(address: &Multiaddr) -> Option<Self> {
        Self::of_ip(ip_of(address)?)
    }
}

/// The IP address that an address begins with: the peer's own, or its relay's.
pub fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
        _ => None,
    }
}

/// The peer's own IP address; none where a relay's stands in its place, which does not answer for its guests.
pub fn peer_ip(address: &Multiaddr) -> Option<IpAddr> {
    let relayed = address.iter().any(|part| part == Protocol::P2pCircuit);
    if relayed { None } else { ip_of(address) }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4([a, b, c]) => write!(f, "{a}.{b}.{c}.0/24"),
            Self::V6(bytes) => {
                let mut octets = [0_u8; 16];
                octets.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                write!(f, "{}/64", std::net::Ipv6Addr::from(octets))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(text: &str) -> Option<Subnet> {
        Subnet::of(&text.parse().unwrap())
    }

    #[test]
    fn neighbours_share_a_part() {
        assert_eq!(subnet("/ip4/1.2.3.4/tcp/1"), subnet("/ip4/1.2.3.200/udp/2/quic-v1"));
        assert_ne!(subnet("/ip4/1.2.3.4/tcp/1"), subnet("/ip4/1.2.4.4/tcp/1"));
        assert_eq!(subnet("/ip6/2001:db8:1:2::1/tcp/1"), subnet("/ip6/2001:db8:1:2:ffff::/tcp/1"));
        assert_ne!(subnet("/ip6/2001:db8:1:2::1/tcp/1"), subnet("/ip6/2001:db8:1:3::1/tcp/1"));
        assert_eq!(subnet("/ip6/::ffff:1.2.3.4/tcp/1"), subnet("/ip4/1.2.3.9/tcp/1"));
        assert_eq!(subnet("/ip4/127.0.0.1/tcp/1"), None);
        assert_eq!(subnet("/ip6/::1/tcp/1"), None);
        assert_eq!(subnet("/dns4/example.org/tcp/1"), None);
        let relayed = "/ip4/1.2.3.4/tcp/1/p2p-circuit".parse().unwrap();
        assert_eq!((peer_ip(&relayed), ip_of(&relayed)), (None, Some([1, 2, 3, 4].into())));
        let direct = "/ip4/1.2.3.4/tcp/1".parse().unwrap();
        assert_eq!(peer_ip(&direct), ip_of(&direct));
    }

    #[test]
    fn parts_are_written_as_is_usual() {
        assert_eq!(subnet("/ip4/1.2.3.4/tcp/1").unwrap().to_string(), "1.2.3.0/24");
        assert_eq!(subnet("/ip6/2001:db8::1/tcp/1").unwrap().to_string(), "2001:db8::/64");
    }
}
