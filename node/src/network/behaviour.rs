//! The protocols of one connection, put together. Limits come first, so that a refused connection costs the rest
//! nothing.

use std::{io, num::NonZeroUsize, time::Duration};

use libp2p::{
    autonat,
    connection_limits::{self, ConnectionLimits},
    dcutr, identify,
    identity::Keypair,
    kad, memory_connection_limits, ping, relay,
    request_response::{self, ProtocolSupport},
    swarm::{NetworkBehaviour, behaviour::toggle::Toggle},
};
use prometheus_client::registry::Registry;

use super::{
    doorkeeper::{Doorkeeper, SharedSecurity},
    emotional_protocol::{ChainTag, FrameCodec},
    error::NetworkError,
    gossip::{self, Gossip},
    network_config::{LimitsConfig, NetworkConfig, RelayConfig},
    peers::is_loopback,
};

/// A lookup that has not ended by then never will.
const QUERY_TIMEOUT: Duration = Duration::from_secs(10);
/// Validator records: small, and few.
const MAX_RECORDS: usize = 1024;
const MAX_RECORD_BYTES: usize = 2048;
/// Peers whose addresses identify remembers.
const IDENTIFY_CACHE: usize = 256;
/// A direct message waits no longer for its receipt: by then its round is over.
const DIRECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that runs on a connection.
#[derive(NetworkBehaviour)]
pub struct Behaviour {
    /// Connections in number.
    pub connection_limits: connection_limits::Behaviour,
    /// Connections by where they come from.
    pub doorkeeper: Doorkeeper,
    /// Connections against memory.
    pub memory_limits: memory_connection_limits::Behaviour,
    /// Who is there, of which chain.
    pub identify: identify::Behaviour,
    /// Who is still there.
    pub ping: ping::Behaviour,
    /// Who else is there.
    pub kad: kad::Behaviour<kad::store::MemoryStore>,
    /// Messages for all.
    pub gossip: Gossip,
    /// Requests and answers.
    pub sync: request_response::Behaviour<FrameCodec>,
    /// Messages for one.
    pub direct: request_response::Behaviour<FrameCodec>,
    /// Streams that the node serves itself: heads for light clients.
    pub streams: libp2p_stream::Behaviour,
    /// Asking peers whether they reach this node; not on networks of one machine.
    pub autonat: Toggle<autonat::v2::client::Behaviour>,
    /// Telling peers whether this node reaches them.
    pub autonat_server: Toggle<autonat::v2::server::Behaviour>,
    /// Carrying the connections of others.
    pub relay: Toggle<relay::Behaviour>,
    /// Being reached through others.
    pub relay_client: relay::client::Behaviour,
    /// From a relayed connection to a direct one.
    pub dcutr: dcutr::Behaviour,
}

/// Puts the behaviour together.
///
/// # Errors
/// [`NetworkError`] when parameters contradict each other.
pub fn build(
    config: &NetworkConfig,
    identity: &Keypair,
    chain: &ChainTag,
    agent: String,
    relay_client: relay::client::Behaviour,
    security: SharedSecurity,
    registry: &mut Registry,
) -> Result<Behaviour, NetworkError> {
    let peer = identity.public().to_peer_id();
    let abroad = !config.listen.iter().all(is_loopback);
    let timing = &config.timing;
    let memory = usize::try_from(config.limits.max_memory_bytes).unwrap_or(usize::MAX);
    let request_timeout = Duration::from_millis(timing.request_timeout_ms);
    let streams = config.limits.max_streams;
    Ok(Behaviour {
        connection_limits: connection_limits::Behaviour::new(limits(&config.limits)),
        doorkeeper: Doorkeeper::new(security),
        memory_limits: memory_connection_limits::Behaviour::with_max_bytes(memory),
        identify: identify::Behaviour::new(
            identify::Config::new(chain.greeting(), identity.public())
                .with_agent_version(agent)
                .with_cache_size(IDENTIFY_CACHE)
                .with_push_listen_addr_updates(true),
        ),
        ping: ping::Behaviour::new(
            ping::Config::new()
                .with_interval(Duration::from_millis(timing.ping_interval_ms))
                .with_timeout(Duration::from_millis(timing.ping_timeout_ms)),
        ),
        kad: kademlia(config, peer, chain).map_err(name_error)?,
        gossip: gossip::build(&config.gossip, chain, registry.sub_registry_with_prefix("gossip"))?,
        sync: requests("sync", FrameCodec::SYNC, chain, streams, request_timeout).map_err(name_error)?,
        direct: requests("direct", FrameCodec::DIRECT, chain, streams, DIRECT_TIMEOUT).map_err(name_error)?,
        streams: libp2p_stream::Behaviour::new(),
        autonat: abroad.then(autonat::v2::client::Behaviour::default).into(),
        autonat_server: abroad.then(autonat::v2::server::Behaviour::default).into(),
        relay: config.relay.serve.then(|| relay::Behaviour::new(peer, relaying(&config.relay))).into(),
        relay_client,
        dcutr: dcutr::Behaviour::new(peer),
    })
}

fn name_error(error: io::Error) -> NetworkError {
    NetworkError::Transport(error.into())
}

fn relaying(config: &RelayConfig) -> relay::Config {
    relay::Config {
        max_reservations: config.reservations,
        max_circuits: config.circuits,
        max_circuit_duration: Duration::from_millis(config.circuit_ms),
        max_circuit_bytes: config.circuit_bytes,
        ..relay::Config::default()
    }
}

/// Connections in number.
pub fn limits(limits: &LimitsConfig) -> ConnectionLimits {
    ConnectionLimits::default()
        .with_max_pending_incoming(Some(limits.max_pending_inbound))
        .with_max_pending_outgoing(Some(limits.max_pending_outbound))
        .with_max_established_incoming(Some(limits.max_inbound))
        .with_max_established_outgoing(Some(limits.max_outbound))
        .with_max_established(Some(limits.max_inbound.saturating_add(limits.max_outbound)))
        .with_max_established_per_peer(Some(limits.max_per_peer))
}

/// The routing table takes only peers that have shown that they follow this chain, with addresses that may be dialled
/// (`Manual`); records of others are looked at before they are kept (`FilterBoth`), and none is yet.
fn kademlia(
    config: &NetworkConfig,
    peer: libp2p::PeerId,
    chain: &ChainTag,
) -> io::Result<kad::Behaviour<kad::store::MemoryStore>> {
    let store = kad::store::MemoryStore::with_config(
        peer,
        kad::store::MemoryStoreConfig {
            max_records: MAX_RECORDS,
            max_value_bytes: MAX_RECORD_BYTES,
            max_providers_per_key: 20,
            max_provided_keys: 16,
        },
    );
    let mut parameters = kad::Config::new(chain.protocol("kad")?);
    parameters
        .set_query_timeout(QUERY_TIMEOUT)
        .set_parallelism(NonZeroUsize::MIN.saturating_add(2))
        .set_kbucket_inserts(kad::BucketInserts::Manual)
        .set_record_filtering(kad::StoreInserts::FilterBoth)
        .set_periodic_bootstrap_interval(Some(Duration::from_millis(config.timing.discovery_interval_ms)));
    let mut kademlia = kad::Behaviour::with_config(peer, store, parameters);
    kademlia.set_mode(Some(kad::Mode::Server));
    Ok(kademlia)
}

fn requests(
    name: &str,
    codec: FrameCodec,
    chain: &ChainTag,
    streams: usize,
    timeout: Duration,
) -> io::Result<request_response::Behaviour<FrameCodec>> {
    let parameters = request_response::Config::default()
        .with_request_timeout(timeout)
        .with_max_concurrent_streams(streams);
    let protocols = [(chain.protocol(name)?, ProtocolSupport::Full)];
    Ok(request_response::Behaviour::with_codec(codec, protocols, parameters))
}
