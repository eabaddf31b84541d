//! Starting the host.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use libp2p::{identity::Keypair, relay};
use prometheus_client::registry::Registry;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{
    behaviour,
    bootstrap_network::address_book::TimedBook,
    certificate,
    doorkeeper::SharedSecurity,
    emotional_protocol::ChainTag,
    error::NetworkError,
    gossip,
    handle::{NetworkEvent, NetworkHandle},
    host::{EventSink, Host},
    metrics::NetworkMetrics,
    network_config::NetworkConfig,
    network_security::{Security, SecurityConfig},
    peer_manager::PeerManager,
    peering::{Kept, gate, policy, unix_ms},
    peers::{Peers, is_loopback, relay_of},
    reach::Reach,
    transport,
    verdicts::Unjudged,
};

/// Commands that wait for the host: it takes them within microseconds unless the machine is overwhelmed.
const COMMAND_QUEUE: usize = 1024;
/// How long a listener may take to say where it listens before the node goes on without it.
const LISTEN_PATIENCE: Duration = Duration::from_secs(5);

/// The peer-to-peer host.
pub struct P2pNode;

/// The node's key from its 32 secret bytes.
///
/// # Errors
/// [`NetworkError::Identity`].
pub fn keypair_from_seed(mut seed: [u8; 32]) -> Result<Keypair, NetworkError> {
    // Zeroes the seed.
    Keypair::ed25519_from_bytes(&mut seed).map_err(|_| NetworkError::Identity)
}

impl P2pNode {
    /// Opens the sockets, starts the host and returns once every listener is up. Bootstrap peers are being dialled.
    ///
    /// # Errors
    /// [`NetworkError`] for a setting, a certificate or a socket that does not work.
    pub async fn start(
        config: NetworkConfig,
        identity: Keypair,
        chain: ChainTag,
        registry: &mut Registry,
    ) -> Result<(NetworkHandle, mpsc::Receiver<NetworkEvent>), NetworkError> {
        transport::install_crypto_provider();
        config.check()?;
        let local = identity.public().to_peer_id();
        let secret = book_secret(&identity)?;
        let incarnation = incarnation()?;
        let agent = format!("emotionalchain/{} ({incarnation:016x})", env!("CARGO_PKG_VERSION"));
        let certificate = certificate::load_or_create(&config.data_dir)?;
        let metrics = NetworkMetrics::register(registry);
        let (circuits, relay_client) = relay::client::new(local);
        let security = SecurityConfig { gate: gate(&config), ..config.security };
        let security = Security::new(security, local, config.gossip.verdict_time());
        let security = SharedSecurity::new(security);
        let doors = security.clone();
        let behaviour = behaviour::build(&config, &identity, &chain, agent, relay_client, doors, registry)?;
        let mut swarm =
            transport::build(&config, identity, certificate, circuits, behaviour, registry).await?;

        let mut relayed = HashMap::new();
        for address in &config.listen {
            let refused = |source| NetworkError::Listen { address: address.clone(), source };
            let listener = swarm.listen_on(address.clone()).map_err(refused)?;
            if let Some(relay) = relay_of(address) {
                relayed.insert(listener, relay);
            }
        }
        // A relay may be away: the node runs without it.
        let own_listeners = config.listen.len().saturating_sub(relayed.len());
        for address in &config.external {
            swarm.add_external_address(address.clone());
        }

        let streams = swarm.behaviour().streams.new_control();
        let (command_tx, commands) = mpsc::channel(COMMAND_QUEUE);
        let (verdict_tx, verdicts) = mpsc::channel(config.limits.max_unjudged);
        let (event_tx, events) = mpsc::channel(config.limits.event_queue);
        let now = Instant::now();
        let now_ms = unix_ms();
        let bans = Kept::read_bans(&config.data_dir, now_ms);
        let book = Kept::read_book(&config.data_dir, secret);
        let manager = PeerManager::new(policy(&config), &config.bootstrap, bans, incarnation, now, now_ms);
        let limits = &config.limits;
        let mut host = Host {
            swarm,
            chain,
            topics: gossip::topic_names(&chain),
            loopback: config.listen.iter().all(is_loopback),
            identify_patience: Duration::from_millis(config.timing.identify_timeout_ms),
            commands,
            verdicts,
            events: EventSink::new(event_tx, metrics.clone()),
            peers: Peers::default(),
            unjudged: Unjudged::new(
                limits.max_unjudged,
                limits.max_unjudged_bytes,
                config.gossip.verdict_time(),
            ),
            requests: HashMap::new(),
            answering: HashMap::new(),
            sends: 0,
            manager,
            book: TimedBook::new(book, now, now_ms),
            kept: Kept::new(&config.data_dir, now),
            security,
            dials: HashMap::new(),
            reach: Reach::default(),
            relayed,
            metrics: metrics.clone(),
        };
        host.await_listeners(own_listeners, LISTEN_PATIENCE).await?;
        tracing::info!(peer = %local, chain = %chain.greeting(), "the network is up");
        tokio::spawn(host.run());
        let handle =
            NetworkHandle { local, commands: command_tx, verdicts: verdict_tx, metrics, chain, streams };
        Ok((handle, events))
    }
}

/// A number of this process: peers tell by it that a node was restarted (see [`super`]).
fn incarnation() -> Result<u64, NetworkError> {
    Ok(u64::from_be_bytes(random()?))
}

/// Decides where peers lie in the address book: known to nobody else, and the same at every start.
fn book_secret(identity: &Keypair) -> Result<[u8; 32], NetworkError> {
    let signature = identity.sign(b"emotionalchain address book").map_err(|_| NetworkError::Identity)?;
    Ok(Sha256::digest(signature).into())
}

fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], NetworkError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| NetworkError::Transport(error.into()))?;
    Ok(bytes)
}
