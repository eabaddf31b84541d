//! Who is connected, over what, and what is known of them. Bounded by the connection limits.

use std::{collections::HashMap, time::Duration, time::Instant};

use libp2p::{Multiaddr, PeerId, core::ConnectedPoint, multiaddr::Protocol, swarm::ConnectionId};
use serde::{Deserialize, Serialize, Serializer};

use super::host::complete;

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// TCP with Noise.
    Tcp,
    /// QUIC.
    Quic,
    /// WebSocket with Noise.
    WebSocket,
    /// WebRTC-direct.
    WebRtc,
    /// Another peer carries it.
    Relay,
    /// None that this node speaks.
    Other,
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The peer.
    Inbound,
    /// This node.
    Outbound,
}

/// What is known of a connected peer; all of it measured or seen on the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerInfo {
    /// The peer.
    #[serde(serialize_with = "as_text")]
    pub peer_id: PeerId,
    /// Its end of the oldest connection.
    pub address: Multiaddr,
    /// What carries that.
    pub transport: TransportKind,
    /// Who opened that.
    pub direction: Direction,
    /// The last ping, in milliseconds, rounded up.
    pub rtt_ms: Option<u32>,
    /// The protocols it says that it speaks; empty until it has said so.
    pub protocols: Vec<String>,
    /// The software it says that it runs.
    pub agent: String,
    /// Connections that stand.
    pub connections: usize,
    /// Whether it has shown that it follows this chain.
    pub identified: bool,
}

fn as_text<S: Serializer>(peer: &PeerId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(peer)
}

impl TransportKind {
    /// What an address asks for.
    pub fn of(address: &Multiaddr) -> Self {
        let mut kind = Self::Other;
        for part in address {
            kind = match (kind, part) {
                (_, Protocol::Tcp(_)) => Self::Tcp,
                (Self::Tcp, Protocol::Ws(_) | Protocol::Wss(_)) => Self::WebSocket,
                (_, Protocol::QuicV1) => Self::Quic,
                (_, Protocol::WebRTCDirect) => Self::WebRtc,
                // Through a relay that is itself reached over one of ours.
                (Self::Other, Protocol::P2pCircuit) => return Self::Other,
                (_, Protocol::P2pCircuit) => return Self::Relay,
                (kind, _) => kind,
            };
        }
        kind
    }
}

/// The relay of an address that leads through one.
pub fn relay_of(address: &Multiaddr) -> Option<PeerId> {
    let mut before = None;
    for part in address {
        match part {
            Protocol::P2p(peer) => before = Some(peer),
            Protocol::P2pCircuit => return before,
            _ => {}
        }
    }
    None
}

/// Whether an address that somebody told us may be dialled: an IP address of one of our transports, not the wildcard,
/// and this machine's own only where the node serves this machine alone (`devnet`).
pub fn learnable(address: &Multiaddr, loopback: bool) -> bool {
    let (unspecified, local) = match address.iter().next() {
        Some(Protocol::Ip4(ip)) => (ip.is_unspecified(), ip.is_loopback()),
        Some(Protocol::Ip6(ip)) => (ip.is_unspecified(), ip.is_loopback()),
        _ => return false,
    };
    !unspecified && (loopback || !local) && TransportKind::of(address) != TransportKind::Other
}

/// How long a peer of another chain may take to read our greeting.
const GREETING_PATIENCE: Duration = Duration::from_secs(1);

/// Addresses kept of one peer for browsers: each transport over IPv4 and IPv6.
const MAX_BROWSER_ADDRESSES: usize = 4;

/// Those of a peer's addresses at which a browser can reach it, each with its peer id.
pub fn reachable(addresses: &[Multiaddr], peer: PeerId, loopback: bool) -> Vec<Multiaddr> {
    let for_browsers = |kind: TransportKind| matches!(kind, TransportKind::WebSocket | TransportKind::WebRtc);
    let useful = |address: &&Multiaddr| {
        for_browsers(TransportKind::of(address))
            && learnable(address, loopback)
            && address.len() <= emotionalchain_shared::wire::MAX_ADDRESS
    };
    addresses.iter().filter(useful).take(MAX_BROWSER_ADDRESSES).map(|one| complete(one, peer)).collect()
}

/// Whether an address is of this machine alone.
pub fn is_loopback(address: &Multiaddr) -> bool {
    match address.iter().next() {
        Some(Protocol::Ip4(ip)) => ip.is_loopback(),
        Some(Protocol::Ip6(ip)) => ip.is_loopback(),
        _ => false,
    }
}

#[derive(Debug)]
struct Link {
    id: ConnectionId,
    address: Multiaddr,
    direction: Direction,
}

#[derive(Debug)]
struct Peer {
    links: Vec<Link>,
    since: Instant,
    rtt: Option<Duration>,
    protocols: Vec<String>,
    agent: Option<String>,
    identified: bool,
    spoke: bool,
    /// Whether it has our greeting.
    greeted: bool,
    /// When its own greeting showed that it follows another chain.
    stranger: Option<Instant>,
    browser_addresses: Vec<Multiaddr>,
}

/// What identify changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identified {
    /// The first word of this peer.
    First,
    /// The same again.
    Again,
    /// Another process under the same key: its older connections are dead.
    Restarted,
}

/// The table.
#[derive(Debug, Default)]
pub struct Peers {
    peers: HashMap<PeerId, Peer>,
}

impl Peers {
    /// Enters a connection; `true` for the peer's first.
    pub fn opened(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        endpoint: &ConnectedPoint,
        now: Instant,
    ) -> bool {
        let direction = if endpoint.is_dialer() { Direction::Outbound } else { Direction::Inbound };
        let link = Link { id, address: endpoint.get_remote_address().clone(), direction };
        let entry = self.peers.entry(peer).or_insert_with(|| Peer {
            links: Vec::new(),
            since: now,
            rtt: None,
            protocols: Vec::new(),
            agent: None,
            identified: false,
            spoke: false,
            greeted: false,
            stranger: None,
            browser_addresses: Vec::new(),
        });
        entry.links.push(link);
        entry.links.len() == 1
    }

    /// Takes a connection out; `Some(identified)` when it was the peer's last.
    pub fn closed(&mut self, peer: &PeerId, id: ConnectionId) -> Option<bool> {
        let entry = self.peers.get_mut(peer)?;
        entry.links.retain(|link| link.id != id);
        if !entry.links.is_empty() {
            return None;
        }
        self.peers.remove(peer).map(|peer| peer.identified)
    }

    /// Enters a ping.
    pub fn pinged(&mut self, peer: &PeerId, rtt: Duration) {
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.rtt = Some(rtt);
        }
    }

    /// Enters where browsers can reach a peer, as it says.
    pub fn listens(&mut self, peer: &PeerId, addresses: Vec<Multiaddr>) {
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.browser_addresses = addresses;
        }
    }

    /// Where browsers can reach the peers of this chain, in the order of their ids.
    pub fn browser_addresses(&self) -> Vec<Multiaddr> {
        let mut known: Vec<_> = self.peers.iter().filter(|(_, peer)| peer.identified).collect();
        known.sort_unstable_by_key(|(id, _)| **id);
        known.into_iter().flat_map(|(_, peer)| peer.browser_addresses.iter().cloned()).collect()
    }

    /// Enters what a peer of this chain says of itself.
    pub fn identified(&mut self, peer: &PeerId, agent: String, protocols: Vec<String>) -> Option<Identified> {
        let entry = self.peers.get_mut(peer)?;
        if entry.agent.as_ref().is_some_and(|known| *known != agent) {
            return Some(Identified::Restarted);
        }
        entry.agent = Some(agent);
        entry.protocols = protocols;
        let again = std::mem::replace(&mut entry.identified, true);
        Some(if again { Identified::Again } else { Identified::First })
    }

    /// A peer has our greeting; `true` if it is a stranger and need not be kept any longer.
    pub fn greeted(&mut self, peer: &PeerId) -> bool {
        self.peers.get_mut(peer).is_some_and(|entry| {
            entry.greeted = true;
            entry.stranger.is_some()
        })
    }

    /// A peer follows another chain; `true` if it has our greeting, and so knows why it is refused.
    pub fn stranger(&mut self, peer: &PeerId, now: Instant) -> bool {
        self.peers.get_mut(peer).is_none_or(|entry| {
            entry.stranger.get_or_insert(now);
            entry.greeted
        })
    }

    /// Strangers that do not take our greeting.
    pub fn overdue_strangers(&self, now: Instant) -> Vec<PeerId> {
        let overdue = |since: Instant| now.saturating_duration_since(since) > GREETING_PATIENCE;
        self.peers.iter().filter(|(_, peer)| peer.stranger.is_some_and(overdue)).map(|(id, _)| *id).collect()
    }

    /// A peer asks in a protocol whose name carries the chain: it need not greet as well. Light clients do not.
    pub fn spoke(&mut self, peer: &PeerId) {
        if let Some(entry) = self.peers.get_mut(peer) {
            entry.spoke = true;
        }
    }

    /// Peers that have neither said who they are nor asked anything for so long.
    pub fn unidentified(&self, patience: Duration, now: Instant) -> Vec<PeerId> {
        let silent = |peer: &Peer| {
            !peer.identified && !peer.spoke && now.saturating_duration_since(peer.since) > patience
        };
        self.peers.iter().filter(|(_, peer)| silent(peer)).map(|(id, _)| *id).collect()
    }

    /// All connected peers.
    pub fn ids(&self) -> Vec<PeerId> {
        self.peers.keys().copied().collect()
    }

    /// Whether a peer is connected.
    pub fn contains(&self, peer: &PeerId) -> bool {
        self.peers.contains_key(peer)
    }

    /// Peers that have shown that they follow this chain.
    pub fn identified_count(&self) -> usize {
        self.peers.values().filter(|peer| peer.identified).count()
    }

    /// What is known of one peer.
    pub fn info(&self, id: &PeerId) -> Option<PeerInfo> {
        let peer = self.peers.get(id)?;
        let link = peer.links.first()?;
        Some(PeerInfo {
            peer_id: *id,
            address: link.address.clone(),
            transport: TransportKind::of(&link.address),
            direction: link.direction,
            rtt_ms: peer.rtt.map(|rtt| u32::try_from(rtt.as_micros().div_ceil(1000)).unwrap_or(u32::MAX)),
            protocols: peer.protocols.clone(),
            agent: peer.agent.clone().unwrap_or_default(),
            connections: peer.links.len(),
            identified: peer.identified,
        })
    }

    /// What is known of all, in the order of their ids.
    pub fn list(&self) -> Vec<PeerInfo> {
        let mut list: Vec<PeerInfo> = self.peers.keys().filter_map(|id| self.info(id)).collect();
        list.sort_unstable_by_key(|info| info.peer_id);
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Multiaddr {
        text.parse().unwrap()
    }

    #[test]
    fn transports_are_read_from_addresses() {
        for (text, kind) in [
            ("/ip4/1.2.3.4/tcp/1", TransportKind::Tcp),
            ("/dns4/example.org/tcp/1/ws", TransportKind::WebSocket),
            ("/ip6/::1/udp/1/quic-v1", TransportKind::Quic),
            ("/ip4/1.2.3.4/udp/1/webrtc-direct", TransportKind::WebRtc),
            ("/ip4/1.2.3.4/udp/1", TransportKind::Other),
            ("/ip4/1.2.3.4/tcp/1/p2p-circuit", TransportKind::Relay),
            ("/ip4/1.2.3.4/udp/1/p2p-circuit", TransportKind::Other),
            ("/p2p-circuit", TransportKind::Other),
        ] {
            assert_eq!(TransportKind::of(&address(text)), kind, "{text}");
        }
    }

    #[test]
    fn hearsay_is_dialled_with_care() {
        assert!(learnable(&address("/ip4/10.0.0.1/tcp/1"), false));
        assert!(!learnable(&address("/ip4/0.0.0.0/tcp/1"), true));
        assert!(!learnable(&address("/ip4/127.0.0.1/tcp/1"), false));
        assert!(learnable(&address("/ip4/127.0.0.1/tcp/1"), true));
        assert!(!learnable(&address("/dns4/victim.example/tcp/1"), false));
        assert!(!learnable(&address("/ip4/10.0.0.1/udp/53"), false));
        assert!(!learnable(&Multiaddr::empty(), true));
    }

    #[test]
    fn browsers_are_sent_where_they_can_go() {
        let peer = PeerId::random();
        let all = [
            "/ip4/10.0.0.1/tcp/1",
            "/ip4/10.0.0.1/tcp/1/ws",
            "/ip4/10.0.0.1/udp/1/quic-v1",
            "/ip4/10.0.0.1/udp/1/webrtc-direct/certhash/uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "/ip4/127.0.0.1/tcp/1/ws",
        ]
        .map(address);
        let found = reachable(&all, peer, false);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|one| one.to_string().ends_with(&format!("/p2p/{peer}"))));
        assert_eq!(reachable(&all, peer, true).len(), 3);
        let many: Vec<Multiaddr> =
            (1..99).map(|port| address(&format!("/ip4/10.0.0.1/tcp/{port}/ws"))).collect();
        assert_eq!(reachable(&many, peer, false).len(), MAX_BROWSER_ADDRESSES);
    }

    #[test]
    fn silence_is_counted_and_a_question_ends_it() {
        let (mut peers, peer, now) = (Peers::default(), PeerId::random(), Instant::now());
        let end = ConnectedPoint::Listener {
            local_addr: address("/ip4/127.0.0.1/tcp/1"),
            send_back_addr: address("/ip4/127.0.0.1/tcp/2"),
        };
        peers.opened(peer, ConnectionId::new_unchecked(1), &end, now);
        let (patience, later) = (Duration::from_secs(1), now + Duration::from_secs(2));
        assert_eq!(peers.unidentified(patience, later), [peer]);
        peers.spoke(&peer);
        assert!(peers.unidentified(patience, later).is_empty());
        assert_eq!(peers.identified_count(), 0, "it is no peer of the network yet");
    }

    #[test]
    fn a_stranger_learns_why_before_it_is_refused() {
        let (mut peers, peer, now) = (Peers::default(), PeerId::random(), Instant::now());
        let end = ConnectedPoint::Listener {
            local_addr: address("/ip4/127.0.0.1/tcp/1"),
            send_back_addr: address("/ip4/127.0.0.1/tcp/2"),
        };
        peers.opened(peer, ConnectionId::new_unchecked(1), &end, now);
        assert!(!peers.stranger(&peer, now), "our greeting is still on its way");
        assert!(peers.overdue_strangers(now + GREETING_PATIENCE).is_empty());
        assert_eq!(peers.overdue_strangers(now + 2 * GREETING_PATIENCE), [peer], "but not for ever");
        assert!(peers.greeted(&peer));
        assert!(peers.stranger(&peer, now));
        assert!(!peers.greeted(&PeerId::random()));
    }

    #[test]
    fn a_restart_shows_in_the_agent() {
        let (mut peers, peer, now) = (Peers::default(), PeerId::random(), Instant::now());
        let end = ConnectedPoint::Listener {
            local_addr: address("/ip4/127.0.0.1/tcp/1"),
            send_back_addr: address("/ip4/127.0.0.1/tcp/2"),
        };
        let [first, second] = [1, 2].map(ConnectionId::new_unchecked);
        assert!(peers.opened(peer, first, &end, now));
        assert_eq!(peers.identified(&peer, "a".into(), vec![]), Some(Identified::First));
        assert!(!peers.opened(peer, second, &end, now));
        assert_eq!(peers.identified(&peer, "a".into(), vec![]), Some(Identified::Again));
        assert_eq!(peers.identified(&peer, "b".into(), vec![]), Some(Identified::Restarted));
        assert_eq!(peers.closed(&peer, first), None);
        assert_eq!(peers.closed(&peer, second), Some(true));
        assert_eq!(peers.identified(&peer, "b".into(), vec![]), None);
    }
}
