//! One swarm over TCP, QUIC, WebSocket and WebRTC-direct.
//!
//! TCP and WebSocket are secured by Noise and multiplexed by yamux, or by mplex for peers without it; QUIC and WebRTC
//! bring their own. Connections through a relay are secured end to end, by Noise. Names are resolved by the system's resolver. WebSocket here is the plain one: a browser on an
//! `https` page uses WebRTC-direct, which needs no certificate of an authority.

use std::time::Duration;

use emotionalchain_link::ChunkedMuxer;
use libp2p::{
    Swarm, SwarmBuilder, Transport as _, core::upgrade::Version, identity::Keypair, noise, relay,
    swarm::NetworkBehaviour, tcp, yamux,
};
use libp2p_webrtc::tokio::Certificate;
use prometheus_client::registry::Registry;

use super::{error::NetworkError, network_config::NetworkConfig};

/// Streams one connection may hold, all protocols together.
const MAX_MUXED_STREAMS: usize = 256;
const MAX_QUIC_STREAMS: u32 = 256;
/// Streams that a peer may begin and leave half negotiated.
const MAX_NEGOTIATING: usize = 64;
/// Connections are closed by the host's rules, never for being quiet.
const IDLE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Chooses ring where both of rustls's backends are linked: QUIC brings one, WebRTC the other, and the first
/// handshake panics unless one was chosen. To be the first line of `main` and of every test; repeating it is free.
pub fn install_crypto_provider() {
    // Refused only when a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Builds the swarm.
///
/// # Errors
/// [`NetworkError::Transport`] or [`NetworkError::Dns`].
pub async fn build<B: NetworkBehaviour>(
    config: &NetworkConfig,
    identity: Keypair,
    certificate: Certificate,
    circuits: relay::client::Transport,
    behaviour: B,
    registry: &mut Registry,
) -> Result<Swarm<B>, NetworkError> {
    let timeout = Duration::from_millis(config.timing.connect_timeout_ms);
    let swarm = SwarmBuilder::with_existing_identity(identity)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, (yamux_config, mplex_config))
        .map_err(transport)?
        .with_quic_config(|mut quic| {
            quic.handshake_timeout = timeout;
            quic.max_concurrent_stream_limit = MAX_QUIC_STREAMS;
            quic
        })
        .with_other_transport(|identity| {
            let webrtc = libp2p_webrtc::tokio::Transport::new(identity.clone(), certificate);
            webrtc.map(|(peer, connection), _| (peer, ChunkedMuxer::new(connection)))
        })
        .map_err(transport)?
        .with_other_transport(|identity| {
            let secure = noise::Config::new(identity)?;
            Ok(circuits.upgrade(Version::V1Lazy).authenticate(secure).multiplex(yamux_config()))
        })
        .map_err(transport)?
        .with_dns()
        .map_err(NetworkError::Dns)?
        .with_websocket(noise::Config::new, (yamux_config, mplex_config))
        .await
        .map_err(transport)?
        .with_bandwidth_metrics(registry)
        .with_behaviour(|_| behaviour)
        .map_err(transport)?
        .with_swarm_config(|swarm| {
            swarm.with_idle_connection_timeout(IDLE).with_max_negotiating_inbound_streams(MAX_NEGOTIATING)
        })
        .with_connection_timeout(timeout)
        .build();
    Ok(swarm)
}

fn transport(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> NetworkError {
    NetworkError::Transport(error.into())
}

fn yamux_config() -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(MAX_MUXED_STREAMS);
    config
}

fn mplex_config() -> libp2p_mplex::Config {
    let mut config = libp2p_mplex::Config::default();
    config.set_max_num_streams(MAX_MUXED_STREAMS);
    config
}
