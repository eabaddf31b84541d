//! Who may connect.
//!
//! 1. **Handshakes under way** are limited in all and per IP; their starts are limited per subnet by a bucket. So
//!    10,000 identities behind one address get a handful of handshakes a second, and each costs a look-up before it
//!    costs a key exchange.
//! 2. **Connections** are limited in all, per IP, per IPv4 /24 and per IPv6 /64. A place with no room left is refused
//!    when the handshake begins, and again when it ends, since several may have been under way.
//! 3. **What this node dialled is counted, never refused**: it chose the address, and whoever fills a subnet from
//!    inside must not cut it off from the honest peers there.
//! 4. **This machine's own addresses** are exempt from limits per IP and subnet unless `count_loopback`: on a devnet
//!    all are alike. A connection without an address of its own (relayed) meets the limits in all alone.
//! 5. **Bounds**: handshakes and connections by their limits; buckets of [`MAX_SUBNETS`] subnets, of which the one left
//!    alone the longest is let go.

use std::{collections::BTreeMap, net::IpAddr, time::Instant};

use libp2p::{PeerId, swarm::ConnectionId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    recent::Recent,
    token_bucket::{Rate, TokenBucket},
};
use crate::network::{peers::Direction, subnet::Subnet};

/// Subnets whose handshakes are counted.
pub const MAX_SUBNETS: usize = 4096;

/// How many may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateConfig {
    /// Handshakes that others began; the host sets it from its limits.
    #[serde(skip)]
    pub max_pending: usize,
    /// Of these from one IP address; 1 to `max_pending`.
    pub max_pending_per_ip: usize,
    /// Connections that others opened; the host sets it from its limits.
    #[serde(skip)]
    pub max_established: usize,
    /// Connections with one IP address: a household or a classroom of light clients.
    pub max_per_ip: usize,
    /// Connections with one IPv4 /24.
    pub max_per_v4_subnet: usize,
    /// Connections with one IPv6 /64, which one household owns.
    pub max_per_v6_subnet: usize,
    /// Handshakes a second from one subnet, sixteen seconds' worth at once; 1 to 1,000. An honest peer whose line flaps
    /// dials at most every 200 ms, and few share a subnet.
    pub handshakes_per_second: u32,
    /// Whether this machine's own addresses count like any other.
    pub count_loopback: bool,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            max_pending: 64,
            max_pending_per_ip: 8,
            max_established: 96,
            max_per_ip: 16,
            max_per_v4_subnet: 32,
            max_per_v6_subnet: 16,
            handshakes_per_second: 4,
            count_loopback: false,
        }
    }
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GateRefusal {
    /// Too many handshakes are under way.
    #[error("too many handshakes are under way")]
    Pending,
    /// Too many of them are from this address.
    #[error("too many handshakes with {0} are under way")]
    PendingPerIp(IpAddr),
    /// Its subnet began too many in a short time.
    #[error("too many handshakes a second from {0}")]
    Rate(Subnet),
    /// There is no room for another connection.
    #[error("too many connections")]
    Established,
    /// There is none for another from this address.
    #[error("too many connections with {0}")]
    PerIp(IpAddr),
    /// There is none for another from this subnet.
    #[error("too many connections with {0}")]
    PerSubnet(Subnet),
    /// The handshake made no progress.
    #[error("the handshake takes too long")]
    Stalled,
}

/// A connection that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// With whom.
    pub peer: PeerId,
    /// Their subnet, where it counts.
    pub subnet: Option<Subnet>,
    /// Who opened it.
    pub direction: Direction,
    ip: Option<IpAddr>,
}

/// The gate.
#[derive(Debug)]
pub struct Gate {
    config: GateConfig,
    pending: BTreeMap<ConnectionId, Option<IpAddr>>,
    established: BTreeMap<ConnectionId, Link>,
    starts: Recent<Subnet, TokenBucket, MAX_SUBNETS>,
}

impl Gate {
    /// With nobody at it.
    pub fn new(config: GateConfig) -> Self {
        Self { config, pending: BTreeMap::new(), established: BTreeMap::new(), starts: Recent::default() }
    }

    /// Changes the limits; connections that stand stay.
    pub fn limit(&mut self, config: GateConfig) {
        self.config = config;
    }

    /// Somebody begins a handshake; `ip` if the connection has an address of its own.
    ///
    /// # Errors
    /// A limit is reached; the connection is not counted.
    pub fn pending(&mut self, id: ConnectionId, ip: Option<IpAddr>, now: Instant) -> Result<(), GateRefusal> {
        let ip = self.counted(ip);
        if self.pending.len() >= self.config.max_pending {
            return Err(GateRefusal::Pending);
        }
        if let Some(ip) = ip {
            let same = self.pending.values().filter(|other| **other == Some(ip)).count();
            if same >= self.config.max_pending_per_ip {
                return Err(GateRefusal::PendingPerIp(ip));
            }
        }
        self.room(ip)?;
        if let Some(subnet) = self.subnet(ip) {
            let speed = u64::from(self.config.handshakes_per_second);
            let rate = Rate::per_second(speed, speed.saturating_mul(16));
            let bucket = self.starts.touch(subnet, now, || TokenBucket::full(rate, now));
            if !bucket.try_take(1, now) {
                return Err(GateRefusal::Rate(subnet));
            }
        }
        self.pending.insert(id, ip);
        Ok(())
    }

    /// A handshake ended well, ours or theirs.
    ///
    /// # Errors
    /// A limit is reached; the connection is not counted.
    pub fn established(
        &mut self,
        id: ConnectionId,
        ip: Option<IpAddr>,
        peer: PeerId,
        direction: Direction,
    ) -> Result<(), GateRefusal> {
        self.pending.remove(&id);
        let ip = self.counted(ip);
        if direction == Direction::Inbound {
            self.room(ip)?;
        }
        self.established.insert(id, Link { peer, subnet: self.subnet(ip), direction, ip });
        Ok(())
    }

    /// A handshake failed or a connection is gone; the latter, if it was counted.
    pub fn closed(&mut self, id: ConnectionId) -> Option<Link> {
        self.pending.remove(&id);
        self.established.remove(&id)
    }

    /// All connections that stand, in the order of their ids.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.established.values()
    }

    fn room(&self, ip: Option<IpAddr>) -> Result<(), GateRefusal> {
        let inbound = self.links().filter(|link| link.direction == Direction::Inbound).count();
        if inbound >= self.config.max_established {
            return Err(GateRefusal::Established);
        }
        let Some(ip) = ip else { return Ok(()) };
        if self.links().filter(|link| link.ip == Some(ip)).count() >= self.config.max_per_ip {
            return Err(GateRefusal::PerIp(ip));
        }
        let Some(subnet) = self.subnet(Some(ip)) else { return Ok(()) };
        let limit = match subnet {
            Subnet::V4(_) => self.config.max_per_v4_subnet,
            Subnet::V6(_) => self.config.max_per_v6_subnet,
        };
        if self.links().filter(|link| link.subnet == Some(subnet)).count() >= limit {
            return Err(GateRefusal::PerSubnet(subnet));
        }
        Ok(())
    }

    /// An address in its shortest form, unless it is exempt.
    fn counted(&self, ip: Option<IpAddr>) -> Option<IpAddr> {
        let ip = ip?.to_canonical();
        (self.config.count_loopback || !ip.is_loopback()).then_some(ip)
    }

    fn subnet(&self, ip: Option<IpAddr>) -> Option<Subnet> {
        part_of(ip?, self.config.count_loopback)
    }
}

/// The subnet of an address; that of this machine's own ones only if they count.
pub(super) fn part_of(ip: IpAddr, count_loopback: bool) -> Option<Subnet> {
    let ip = ip.to_canonical();
    match ip {
        IpAddr::V4(v4) if ip.is_loopback() && count_loopback => {
            let [a, b, c, _] = v4.octets();
            Some(Subnet::V4([a, b, c]))
        }
        IpAddr::V6(_) if ip.is_loopback() && count_loopback => Some(Subnet::V6([0; 8])),
        _ => Subnet::of_ip(ip),
    }
}

#[cfg(test)]
mod tests;
