//! The transport seam: a swarm over what the platform has, and what is common to both.
//!
//! In a browser: WebRTC-direct, which needs a window, and WebSocket. Natively: TCP, QUIC, WebSocket, WebRTC-direct. All
//! addresses of a peer are dialled at once and the first connection wins.

#[cfg(target_arch = "wasm32")]
#[path = "transport/web.rs"]
mod imp;
#[cfg(not(target_arch = "wasm32"))]
#[path = "transport/native.rs"]
mod imp;

use std::time::Duration;

use libp2p::{Multiaddr, multiaddr::Protocol, ping, swarm::NetworkBehaviour};
use serde::{Deserialize, Serialize};

pub(crate) use imp::build;

/// Between pings.
pub const PING_INTERVAL: Duration = Duration::from_secs(3);
/// How long a pong may take: with the interval, and a moment to close, a dead peer is noticed within eight seconds.
pub const PING_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a connection may take to be made: addresses are raced, and the next peer is waiting.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections are closed by the client's rules, never for being quiet.
pub(crate) const IDLE: Duration = Duration::from_secs(365 * 24 * 3_600);

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// WebRTC-direct.
    WebRtc,
    /// WebSocket.
    WebSocket,
    /// Any other, natively.
    Other,
}

impl TransportKind {
    /// What an address asks for.
    pub fn of(address: &Multiaddr) -> Self {
        address.iter().fold(Self::Other, |kind, part| match part {
            Protocol::Ws(_) | Protocol::Wss(_) => Self::WebSocket,
            Protocol::WebRTCDirect => Self::WebRtc,
            _ => kind,
        })
    }
}

/// Everything that runs on a connection.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    /// Who is still there.
    pub ping: ping::Behaviour,
    /// Head streams and requests.
    pub streams: libp2p_stream::Behaviour,
}

impl Behaviour {
    pub(crate) fn new() -> Self {
        Self {
            ping: ping::Behaviour::new(
                ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT),
            ),
            streams: libp2p_stream::Behaviour::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transports_are_read_from_addresses() {
        for (text, kind) in [
            ("/ip4/1.2.3.4/tcp/1", TransportKind::Other),
            ("/dns4/example.org/tcp/1/ws", TransportKind::WebSocket),
            ("/ip4/1.2.3.4/udp/1/webrtc-direct", TransportKind::WebRtc),
        ] {
            assert_eq!(TransportKind::of(&text.parse().unwrap()), kind, "{text}");
        }
    }
}
