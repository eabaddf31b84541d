//! Natively: TCP, QUIC and WebSocket. WebRTC-direct is for browsers, and its native crate dials only while it listens.

use libp2p::{Swarm, SwarmBuilder, identity::Keypair, noise, tcp, yamux};

use super::{Behaviour, CONNECT_TIMEOUT, IDLE};
use crate::error::LightError;

/// Builds the swarm; to be called inside a runtime.
pub(crate) async fn build(identity: &Keypair) -> Result<Swarm<Behaviour>, LightError> {
    fn unusable(error: impl ToString) -> LightError {
        LightError::Unsupported(error.to_string())
    }
    let swarm = SwarmBuilder::with_existing_identity(identity.clone())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(unusable)?
        .with_quic()
        .with_dns()
        .map_err(unusable)?
        .with_websocket(noise::Config::new, yamux::Config::default)
        .await
        .map_err(unusable)?
        .with_behaviour(|_| Behaviour::new())
        .map_err(unusable)?
        .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE))
        .with_connection_timeout(CONNECT_TIMEOUT)
        .build();
    Ok(swarm)
}
