//! How far an address reaches, and so who may speak of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libp2p::Multiaddr;

use super::super::super::subnet::{Subnet, ip_of};

/// From where an address can be dialled; the narrower is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// From this machine alone.
    Machine,
    /// From the same private network.
    Private,
    /// From everywhere.
    Public,
}

impl Scope {
    /// The reach of an address; `None` for one that begins with no IP address, or with one that is nobody's own:
    /// unspecified, multicast or broadcast.
    pub fn of(address: &Multiaddr) -> Option<Self> {
        Self::of_ip(ip_of(address)?)
    }

    /// The reach of those in a subnet; `None` is this machine.
    pub fn of_subnet(subnet: Option<Subnet>) -> Self {
        let Some(subnet) = subnet else { return Self::Machine };
        let ip = match subnet {
            Subnet::V4([a, b, c]) => IpAddr::V4(Ipv4Addr::new(a, b, c, 2)),
            Subnet::V6(prefix) => {
                let prefix = u128::from(u64::from_be_bytes(prefix));
                IpAddr::V6(Ipv6Addr::from_bits(prefix.wrapping_shl(64) | 2))
            }
        };
        // A subnet of no host's is told from far away: it can name what is public.
        Self::of_ip(ip).unwrap_or(Self::Public)
    }

    fn of_ip(ip: IpAddr) -> Option<Self> {
        let ip = ip.to_canonical();
        let (nobody, private) = match ip {
            IpAddr::V4(ip) => {
                let [a, b, ..] = ip.octets();
                // 100.64.0.0/10 lies behind a provider's translation.
                let shared = a == 100 && (64..128).contains(&b);
                let nobody = a == 0 || ip.is_multicast() || ip.is_broadcast();
                (nobody, ip.is_private() || ip.is_link_local() || shared)
            }
            IpAddr::V6(ip) => {
                let nobody = ip.is_unspecified() || ip.is_multicast();
                (nobody, ip.is_unique_local() || ip.is_unicast_link_local())
            }
        };
        if nobody {
            return None;
        }
        Some(match (ip.is_loopback(), private) {
            (true, _) => Self::Machine,
            (_, true) => Self::Private,
            _ => Self::Public,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reach_is_read_from_the_ip_address() {
        for (text, scope) in [
            ("/ip4/1.2.3.4/tcp/1", Some(Scope::Public)),
            ("/ip4/10.0.0.1/tcp/1", Some(Scope::Private)),
            ("/ip4/192.168.0.1/tcp/1", Some(Scope::Private)),
            ("/ip4/169.254.0.1/tcp/1", Some(Scope::Private)),
            ("/ip4/100.64.0.1/tcp/1", Some(Scope::Private)),
            ("/ip4/100.128.0.1/tcp/1", Some(Scope::Public)),
            ("/ip4/127.0.0.1/tcp/1", Some(Scope::Machine)),
            ("/ip4/0.0.0.0/tcp/1", None),
            ("/ip4/224.0.0.1/tcp/1", None),
            ("/ip4/255.255.255.255/tcp/1", None),
            ("/ip6/2001:db8::1/tcp/1", Some(Scope::Public)),
            ("/ip6/fd00::1/tcp/1", Some(Scope::Private)),
            ("/ip6/fe80::1/tcp/1", Some(Scope::Private)),
            ("/ip6/::1/tcp/1", Some(Scope::Machine)),
            ("/ip6/::ffff:127.0.0.1/tcp/1", Some(Scope::Machine)),
            ("/ip6/::/tcp/1", None),
            ("/ip6/ff02::1/tcp/1", None),
            ("/dns4/example.org/tcp/1", None),
        ] {
            assert_eq!(Scope::of(&text.parse().unwrap()), scope, "{text}");
        }
    }

    #[test]
    fn a_subnet_reaches_as_far_as_its_hosts() {
        for text in
            ["/ip4/1.2.3.4/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip6/2001:db8::1/tcp/1", "/ip6/fd00::1/tcp/1"]
        {
            let address: Multiaddr = text.parse().unwrap();
            assert_eq!(Some(Scope::of_subnet(Subnet::of(&address))), Scope::of(&address), "{text}");
        }
        assert_eq!(Scope::of_subnet(None), Scope::Machine);
    }
}
