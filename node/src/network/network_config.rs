//! The typed configuration: every field is used, and every one has a default and a range.

mod profile;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Duration};

use libp2p::{Multiaddr, multiaddr::Protocol};
use serde::{Deserialize, Serialize};

pub use profile::Profile;

use super::{
    error::ConfigError,
    network_security::{SecurityConfig, budgets::MIN_SCALE},
    peers::TransportKind,
};

/// More could not each be dialled again every two seconds without being a nuisance.
pub const MAX_BOOTSTRAP: usize = 64;

/// Settings of the peer-to-peer host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Addresses to listen on. WebRTC can be dialled only while it is listened on.
    pub listen: Vec<Multiaddr>,
    /// Peers to stay connected to, best with `/p2p/<peer id>`.
    pub bootstrap: Vec<Multiaddr>,
    /// Addresses under which others reach this node, where they differ from those listened on.
    pub external: Vec<Multiaddr>,
    /// Where the WebRTC certificate is kept: in the node's home, not in the file.
    #[serde(skip)]
    pub data_dir: PathBuf,
    /// How many peers, and which.
    pub peers: PeersConfig,
    /// Carrying connections between others.
    pub relay: RelayConfig,
    /// What others may take.
    pub limits: LimitsConfig,
    /// What protects it from those who would take all of it.
    pub security: SecurityConfig,
    /// Gossip.
    pub gossip: GossipConfig,
    /// Times.
    pub timing: TimingConfig,
}

/// How many peers of the network are kept; light clients are not among them. The rules stand in
/// [`peer_manager`](super::peer_manager).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeersConfig {
    /// Below so many, others are dialled at once.
    pub low: usize,
    /// Above so many, one is let go.
    pub high: usize,
    /// At least so many are dialled by this node, in different subnets.
    pub min_outbound: usize,
    /// Milliseconds between exchanges of one peer in eight for another.
    pub rotation_ms: u64,
    /// Milliseconds between looks for a slow peer.
    pub slow_check_ms: u64,
}

/// What this node carries between peers that do not reach each other. The bounds are above libp2p's own (two minutes,
/// 128 KiB), which are made for hole punching alone: a browser behind a wall follows a chain through a relay for as long
/// as it is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelayConfig {
    /// Whether it does.
    pub serve: bool,
    /// Peers that may be reached through it.
    pub reservations: usize,
    /// Connections carried at a time.
    pub circuits: usize,
    /// Milliseconds for which one is.
    pub circuit_ms: u64,
    /// Bytes that one may carry each way.
    pub circuit_bytes: u64,
}

/// What others may take of this node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Connections that others opened.
    pub max_inbound: u32,
    /// Connections that this node opened.
    pub max_outbound: u32,
    /// Connections of one peer: two that crossed, and two that are not yet known to be dead.
    pub max_per_peer: u32,
    /// Handshakes that others began.
    pub max_pending_inbound: u32,
    /// Handshakes that this node began.
    pub max_pending_outbound: u32,
    /// No new connection while the process holds more than this many bytes.
    pub max_memory_bytes: u64,
    /// Requests and answers under way on one connection.
    pub max_streams: usize,
    /// Gossip handed to the application that has no verdict yet: messages.
    pub max_unjudged: usize,
    /// The same in bytes.
    pub max_unjudged_bytes: usize,
    /// Events that wait for the application.
    pub event_queue: usize,
}

/// How gossip spreads; the reasons stand in [`gossip`](super::gossip).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GossipConfig {
    /// Milliseconds between heartbeats, which mend the mesh.
    pub heartbeat_ms: u64,
    /// Heartbeats for which a message is kept: the time in which a verdict must come.
    pub history: usize,
    /// Peers of the mesh: as many as wished.
    pub mesh: usize,
    /// Fewer are filled up.
    pub mesh_low: usize,
    /// More are pruned.
    pub mesh_high: usize,
    /// At least so many of them dialled by this node.
    pub mesh_outbound: usize,
}

/// Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimingConfig {
    /// Between pings.
    pub ping_interval_ms: u64,
    /// Until a missing pong closes the connection.
    pub ping_timeout_ms: u64,
    /// Until a connection attempt is given up.
    pub connect_timeout_ms: u64,
    /// Until a request fails.
    pub request_timeout_ms: u64,
    /// Until a peer that has not said who it is is disconnected.
    pub identify_timeout_ms: u64,
    /// First wait before a lost bootstrap peer is dialled again.
    pub redial_base_ms: u64,
    /// Longest such wait: small, because a validator that returns must be found within two seconds.
    pub redial_cap_ms: u64,
    /// Between refreshes of the routing table.
    pub discovery_interval_ms: u64,
    /// How long a refused peer (other chain, graylisted) stays refused.
    pub refusal_ms: u64,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        let any =
            |port: u16| Multiaddr::empty().with(Protocol::Ip4([0, 0, 0, 0].into())).with(Protocol::Udp(port));
        let tcp =
            |port: u16| Multiaddr::empty().with(Protocol::Ip4([0, 0, 0, 0].into())).with(Protocol::Tcp(port));
        Self {
            listen: vec![
                tcp(26600),
                any(26600).with(Protocol::QuicV1),
                tcp(26601).with(Protocol::Ws("/".into())),
                any(26602).with(Protocol::WebRTCDirect),
            ],
            bootstrap: Vec::new(),
            external: Vec::new(),
            data_dir: PathBuf::from("."),
            peers: PeersConfig::default(),
            relay: RelayConfig::default(),
            limits: LimitsConfig::default(),
            security: SecurityConfig::default(),
            gossip: GossipConfig::default(),
            timing: TimingConfig::default(),
        }
    }
}

impl Default for PeersConfig {
    fn default() -> Self {
        Self { low: 8, high: 12, min_outbound: 3, rotation_ms: 600_000, slow_check_ms: 60_000 }
    }
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self { serve: true, reservations: 64, circuits: 32, circuit_ms: 1_800_000, circuit_bytes: 64 << 20 }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_inbound: 96,
            max_outbound: 32,
            max_per_peer: 4,
            max_pending_inbound: 64,
            max_pending_outbound: 32,
            max_memory_bytes: 1 << 30,
            max_streams: 16,
            max_unjudged: 4096,
            max_unjudged_bytes: 64 << 20,
            event_queue: 1024,
        }
    }
}

impl Default for GossipConfig {
    fn default() -> Self {
        Self { heartbeat_ms: 700, history: 8, mesh: 8, mesh_low: 6, mesh_high: 12, mesh_outbound: 3 }
    }
}

impl Default for TimingConfig {
    fn default() -> Self {
        Self {
            ping_interval_ms: 5_000,
            ping_timeout_ms: 5_000,
            connect_timeout_ms: 5_000,
            request_timeout_ms: 10_000,
            identify_timeout_ms: 10_000,
            redial_base_ms: 200,
            redial_cap_ms: 1_500,
            discovery_interval_ms: 60_000,
            refusal_ms: 60_000,
        }
    }
}

impl NetworkConfig {
    /// Refuses what could not work.
    ///
    /// # Errors
    /// [`ConfigError`] for the first field that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.listen.is_empty() {
            return Err(ConfigError::NoListenAddress);
        }
        for address in self.listen.iter().chain(&self.bootstrap).chain(&self.external) {
            // Stands for addresses that DNS knows.
            let named = matches!(address.iter().next(), Some(Protocol::Dnsaddr(_)));
            if TransportKind::of(address) == TransportKind::Other
                && !(named && self.bootstrap.contains(address))
            {
                return Err(ConfigError::Address(address.clone()));
            }
        }
        if self.bootstrap.len() > MAX_BOOTSTRAP {
            return Err(ConfigError::Bootstrap { count: self.bootstrap.len(), max: MAX_BOOTSTRAP });
        }
        self.peers.check()?;
        self.relay.check()?;
        self.limits.check()?;
        self.check_security()?;
        self.gossip.check()?;
        self.timing.check()
    }
}

impl NetworkConfig {
    fn check_security(&self) -> Result<(), ConfigError> {
        let SecurityConfig { budgets, gate, ids_per_hour } = &self.security;
        let scale = u64::from(budgets.scale_per_mille);
        range("security.budgets.scale_per_mille", wide(scale), wide(MIN_SCALE.into()), 100_000)?;
        range("security.budgets.max_accounts", budgets.max_accounts, 1, 65_536)?;
        let pending = wide(self.limits.max_pending_inbound.into());
        range("security.gate.max_pending_per_ip", gate.max_pending_per_ip, 1, pending)?;
        range("security.gate.max_per_ip", gate.max_per_ip, 1, 4_096)?;
        range("security.gate.max_per_v4_subnet", gate.max_per_v4_subnet, 1, 4_096)?;
        range("security.gate.max_per_v6_subnet", gate.max_per_v6_subnet, 1, 4_096)?;
        let handshakes = u64::from(gate.handshakes_per_second);
        range("security.gate.handshakes_per_second", wide(handshakes), 1, 1_000)?;
        range("security.ids_per_hour", wide(u64::from(*ids_per_hour)), 4, 4_096)
    }
}

impl PeersConfig {
    fn check(&self) -> Result<(), ConfigError> {
        range("peers.high", self.high, 1, 2_000)?;
        range("peers.low", self.low, 1, self.high)?;
        range("peers.min_outbound", self.min_outbound, 0, self.low)?;
        for (field, value) in
            [("peers.rotation_ms", self.rotation_ms), ("peers.slow_check_ms", self.slow_check_ms)]
        {
            range(field, wide(value), 1_000, 86_400_000)?;
        }
        Ok(())
    }
}

impl RelayConfig {
    fn check(&self) -> Result<(), ConfigError> {
        range("relay.reservations", self.reservations, 1, 10_000)?;
        range("relay.circuits", self.circuits, 1, 10_000)?;
        range("relay.circuit_ms", wide(self.circuit_ms), 1_000, 86_400_000)?;
        range("relay.circuit_bytes", wide(self.circuit_bytes), 1 << 17, 1 << 34)
    }
}

impl LimitsConfig {
    fn check(&self) -> Result<(), ConfigError> {
        range("limits.max_inbound", self.max_inbound as usize, 1, 10_000)?;
        range("limits.max_outbound", self.max_outbound as usize, 1, 10_000)?;
        range("limits.max_per_peer", self.max_per_peer as usize, 2, 16)?;
        range("limits.max_pending_inbound", self.max_pending_inbound as usize, 1, 10_000)?;
        range("limits.max_pending_outbound", self.max_pending_outbound as usize, 1, 10_000)?;
        range(
            "limits.max_memory_bytes",
            usize::try_from(self.max_memory_bytes).unwrap_or(usize::MAX),
            32 << 20,
            1 << 44,
        )?;
        range("limits.max_streams", self.max_streams, 1, 1_024)?;
        range("limits.max_unjudged", self.max_unjudged, 16, 1 << 20)?;
        range("limits.max_unjudged_bytes", self.max_unjudged_bytes, 4 << 20, 1 << 34)?;
        range("limits.event_queue", self.event_queue, 128, 1 << 20)
    }
}

impl GossipConfig {
    fn check(&self) -> Result<(), ConfigError> {
        range("gossip.heartbeat_ms", self.heartbeat_ms as usize, 100, 60_000)?;
        range("gossip.history", self.history, 4, 100)?;
        range("gossip.mesh", self.mesh, 2, 100)?;
        range("gossip.mesh_low", self.mesh_low, 1, self.mesh)?;
        range("gossip.mesh_high", self.mesh_high, self.mesh, 200)?;
        let most = (self.mesh / 2).min(self.mesh_low.saturating_sub(1));
        range("gossip.mesh_outbound", self.mesh_outbound, 0, most)
    }

    /// Between heartbeats.
    pub const fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }

    /// For how long gossip keeps a message, and so for how long a verdict can have an effect.
    pub fn verdict_time(&self) -> Duration {
        self.heartbeat().saturating_mul(u32::try_from(self.history).unwrap_or(u32::MAX))
    }
}

impl TimingConfig {
    fn check(&self) -> Result<(), ConfigError> {
        for (field, value) in [
            ("timing.ping_interval_ms", self.ping_interval_ms),
            ("timing.ping_timeout_ms", self.ping_timeout_ms),
            ("timing.connect_timeout_ms", self.connect_timeout_ms),
            ("timing.request_timeout_ms", self.request_timeout_ms),
            ("timing.identify_timeout_ms", self.identify_timeout_ms),
            ("timing.discovery_interval_ms", self.discovery_interval_ms),
            ("timing.refusal_ms", self.refusal_ms),
        ] {
            range(field, value as usize, 100, 3_600_000)?;
        }
        range("timing.redial_base_ms", self.redial_base_ms as usize, 10, 60_000)?;
        range("timing.redial_cap_ms", self.redial_cap_ms as usize, self.redial_base_ms as usize, 3_600_000)
    }
}

fn wide(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn range(field: &'static str, value: usize, min: usize, max: usize) -> Result<(), ConfigError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::Range { field, value: value as u64, min: min as u64, max: max as u64 })
}
