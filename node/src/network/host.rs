//! The host: one task that owns the swarm, and everything it keeps about peers.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use emotionalchain_shared::wire::MAX_PEER_ADDRESSES;
use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm,
    core::transport::ListenerId,
    gossipsub::{MessageAcceptance, MessageId, PublishError, TopicHash},
    multiaddr::Protocol,
    request_response::{InboundRequestId, OutboundRequestId},
    swarm::{ConnectionId, SwarmEvent, dial_opts::DialOpts},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    behaviour::{self, Behaviour},
    bootstrap_network::address_book::TimedBook,
    conduct::Conduct,
    doorkeeper::SharedSecurity,
    emotional_protocol::ChainTag,
    error::{NetworkError, RequestError},
    gossip::{self, GRAYLIST, Topic},
    handle::{Command, NetworkEvent},
    metrics::{NetworkMetrics, Outcome, Reason},
    network_config::NetworkConfig,
    network_security::SecurityEvent,
    peer_manager::{PeerEvent, PeerManager, TargetId},
    peering::{Kept, gate},
    peers::{Peers, reachable},
    reach::Reach,
    verdicts::{MessageRef, Route, Unjudged, Verdict},
};

/// How often the host looks for what has grown old.
const TICK: Duration = Duration::from_secs(1);
/// How long a stopping host waits for its connections to close.
const FAREWELL: Duration = Duration::from_millis(500);
/// Own requests under way at once; each answer may hold 4 MiB.
const MAX_REQUESTS: usize = 256;
/// Bytes of answers under way at once: peers that do not read what they asked for must not fill the memory.
const MAX_ANSWERING: usize = 256 << 20;
/// Direct messages under way at once.
const MAX_SENDS: usize = 512;
/// Places in the event queue kept for news about peers, which must not drown in messages.
const RESERVED: usize = 64;

/// The way of events to the node.
#[derive(Debug)]
pub(super) struct EventSink {
    sender: mpsc::Sender<NetworkEvent>,
    metrics: NetworkMetrics,
}

impl EventSink {
    pub(super) const fn new(sender: mpsc::Sender<NetworkEvent>, metrics: NetworkMetrics) -> Self {
        Self { sender, metrics }
    }

    /// Hands over what can be refused: `false` when the queue is full.
    pub(super) fn offer(&self, event: NetworkEvent) -> bool {
        self.sender.capacity() > RESERVED && self.sender.try_send(event).is_ok()
    }

    /// Hands over news about peers.
    pub(super) fn tell(&self, event: NetworkEvent) {
        if self.sender.try_send(event).is_err() {
            self.metrics.lost_events.inc();
        }
    }
}

pub(super) struct Host {
    pub(super) swarm: Swarm<Behaviour>,
    pub(super) chain: ChainTag,
    pub(super) topics: HashMap<TopicHash, Topic>,
    /// Whether the node serves this machine alone.
    pub(super) loopback: bool,
    pub(super) identify_patience: Duration,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) verdicts: mpsc::Receiver<(MessageRef, Verdict)>,
    pub(super) events: EventSink,
    pub(super) peers: Peers,
    pub(super) unjudged: Unjudged,
    pub(super) requests: HashMap<OutboundRequestId, oneshot::Sender<Result<Vec<u8>, RequestError>>>,
    /// Answers on their way to peers, in bytes.
    pub(super) answering: HashMap<InboundRequestId, usize>,
    pub(super) sends: usize,
    pub(super) manager: PeerManager,
    pub(super) book: TimedBook,
    pub(super) kept: Kept,
    pub(super) security: SharedSecurity,
    pub(super) reach: Reach,
    /// Listeners that are reservations, by the relay.
    pub(super) relayed: HashMap<ListenerId, PeerId>,
    pub(super) dials: HashMap<ConnectionId, TargetId>,
    pub(super) metrics: NetworkMetrics,
}

impl Host {
    /// Runs until every listener has said where it listens.
    pub(super) async fn await_listeners(
        &mut self,
        count: usize,
        patience: Duration,
    ) -> Result<(), NetworkError> {
        let mut up: HashSet<ListenerId> = HashSet::new();
        let deadline =
            tokio::time::Instant::now().checked_add(patience).unwrap_or_else(tokio::time::Instant::now);
        while up.len() < count {
            let Ok(event) = tokio::time::timeout_at(deadline, self.swarm.select_next_some()).await else {
                tracing::warn!(up = up.len(), wanted = count, "some listeners have no address");
                break;
            };
            match &event {
                SwarmEvent::NewListenAddr { listener_id, .. } if !self.relayed.contains_key(listener_id) => {
                    up.insert(*listener_id);
                }
                SwarmEvent::ListenerClosed { listener_id, reason: Err(error), addresses }
                    if !self.relayed.contains_key(listener_id) =>
                {
                    let address = addresses.first().cloned().unwrap_or_else(Multiaddr::empty);
                    let source =
                        libp2p::TransportError::Other(std::io::Error::new(error.kind(), error.to_string()));
                    return Err(NetworkError::Listen { address, source });
                }
                _ => {}
            }
            self.on_swarm_event(event);
        }
        Ok(())
    }

    /// Runs until the node lets go of the network.
    pub(super) async fn run(mut self) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.tell(PeerEvent::Tick);
        let farewell = loop {
            let wake = self.manager.next_wake().map(tokio::time::Instant::from_std);
            let sender = self.events.sender.clone();
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Shutdown(reply)) => break Some(reply),
                    Some(command) => self.on_command(command),
                    None => break None,
                },
                Some((message, verdict)) = self.verdicts.recv() => self.on_verdict(&message, verdict),
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                _ = tick.tick() => self.on_tick(Instant::now()),
                () = sleep_until(wake) => self.tell(PeerEvent::Tick),
                () = sender.closed() => break None,
            }
        };
        self.close().await;
        drop(self);
        if let Some(reply) = farewell {
            // Nobody may be waiting any more.
            let _ = reply.send(());
        }
    }

    async fn close(&mut self) {
        self.save_all();
        for peer in self.peers.ids() {
            // An error means that it is closed already.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        let deadline =
            tokio::time::Instant::now().checked_add(FAREWELL).unwrap_or_else(tokio::time::Instant::now);
        while self.swarm.connected_peers().next().is_some() {
            if tokio::time::timeout_at(deadline, self.swarm.select_next_some()).await.is_err() {
                break;
            }
        }
        self.kept.written().await;
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Publish { topic, data } => self.publish(topic, data),
            Command::Send { peer, topic, data } => self.send(peer, topic, data),
            Command::Request { peer, data, reply } => self.request(peer, data, reply),
            Command::Respond { token, data } => {
                let bytes = u64::try_from(data.len()).unwrap_or(u64::MAX);
                let under_way = self.answering.values().fold(data.len(), |sum, one| sum.saturating_add(*one));
                let event = SecurityEvent::Answer { peer: token.peer, bytes };
                if under_way > MAX_ANSWERING || self.is_dropped(event) {
                    // The token is dropped, and with it the stream: the peer asks another.
                    return self.metrics.serve(Outcome::Overflowed);
                }
                self.answering.insert(token.id, data.len());
                let sent = self.swarm.behaviour_mut().sync.send_response(token.channel, data);
                if sent.is_err() {
                    self.answering.remove(&token.id);
                }
                self.metrics.serve(if sent.is_ok() { Outcome::Accepted } else { Outcome::Failed });
            }
            Command::Dial(address) => {
                self.metrics.dials.inc();
                let options =
                    DialOpts::unknown_peer_id().address(address.clone()).allocate_new_port().build();
                if let Err(error) = self.swarm.dial(options) {
                    tracing::debug!(%address, %error, "not dialled");
                }
            }
            Command::Conduct(peer, conduct) => self.did(peer, conduct),
            Command::Reconfigure(config) => self.reconfigure(&config),
            Command::Disconnect(peer) => self.disconnect(peer, Reason::Asked),
            // Nobody may be waiting any more.
            Command::Peers(reply) => drop(reply.send(self.peers.list())),
            Command::ListenAddrs(reply) => drop(reply.send(self.addresses())),
            Command::BrowserAddresses(reply) => drop(reply.send(self.browser_addresses())),
            // Handled by the loop.
            Command::Shutdown(reply) => drop(reply),
        }
    }

    fn reconfigure(&mut self, config: &NetworkConfig) {
        *self.swarm.behaviour_mut().connection_limits.limits_mut() = behaviour::limits(&config.limits);
        self.security.limit(gate(config));
    }

    fn publish(&mut self, topic: Topic, data: Vec<u8>) {
        let size = data.len();
        let outcome = match self.swarm.behaviour_mut().gossip.publish(topic.ident(&self.chain).hash(), data) {
            Ok(_) => {
                self.metrics.bytes_out(topic, size);
                Outcome::Accepted
            }
            Err(PublishError::Duplicate) => Outcome::Duplicate,
            Err(PublishError::NoPeersSubscribedToTopic) => Outcome::Unheard,
            Err(error) => {
                tracing::warn!(?topic, size, %error, "not published");
                Outcome::Failed
            }
        };
        self.metrics.publication(outcome);
    }

    fn send(&mut self, peer: PeerId, topic: Topic, data: Vec<u8>) {
        if self.sends >= MAX_SENDS || !self.peers.contains(&peer) {
            self.metrics.publication(Outcome::Failed);
            return;
        }
        self.sends = self.sends.saturating_add(1);
        self.metrics.bytes_out(topic, data.len());
        let mut message = Vec::with_capacity(data.len().saturating_add(1));
        message.push(topic.number());
        message.extend(data);
        self.swarm.behaviour_mut().direct.send_request(&peer, message);
    }

    fn request(
        &mut self,
        peer: PeerId,
        data: Vec<u8>,
        reply: oneshot::Sender<Result<Vec<u8>, RequestError>>,
    ) {
        let refusal = match () {
            () if !self.peers.contains(&peer) => Some(RequestError::NotConnected),
            () if self.requests.len() >= MAX_REQUESTS => Some(RequestError::Busy),
            () => None,
        };
        if let Some(refusal) = refusal {
            self.metrics.request(Outcome::Failed);
            // Nobody may be waiting any more.
            drop(reply.send(Err(refusal)));
            return;
        }
        let id = self.swarm.behaviour_mut().sync.send_request(&peer, data);
        self.requests.insert(id, reply);
    }

    fn on_verdict(&mut self, message: &MessageRef, verdict: Verdict) {
        if self.unjudged.leave(&(message.id, message.route)).is_none() {
            self.metrics.verdict(Outcome::Expired);
            return;
        }
        let outcome = match verdict {
            Verdict::Accept => Outcome::Accepted,
            Verdict::Ignore => Outcome::Ignored,
            Verdict::Reject => Outcome::Rejected,
        };
        let effective = match message.route {
            Route::Gossip => self.judge(&message.id, &message.source, verdict),
            Route::Direct => true,
        };
        self.metrics.verdict(if effective { outcome } else { Outcome::Expired });
        match verdict {
            Verdict::Accept if message.route == Route::Gossip => self.was_useful(message.source),
            Verdict::Reject => self.did(message.source, Conduct::InvalidMessage),
            Verdict::Accept | Verdict::Ignore => {}
        }
        if verdict == Verdict::Reject {
            tracing::debug!(peer = %message.source, topic = ?message.topic, route = ?message.route, "message rejected");
            // Who sends something directly has looked at it: no second chance.
            if message.route == Route::Direct {
                self.refuse(message.source, Reason::Graylisted);
            }
        }
    }

    pub(super) fn judge(&mut self, id: &[u8; 32], source: &PeerId, verdict: Verdict) -> bool {
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Ignore => MessageAcceptance::Ignore,
            Verdict::Reject => MessageAcceptance::Reject,
        };
        let id = MessageId::from(id.to_vec());
        self.swarm.behaviour_mut().gossip.report_message_validation_result(&id, source, acceptance)
    }

    fn on_tick(&mut self, now: Instant) {
        for ((id, route), source) in self.unjudged.expire(now) {
            self.metrics.verdict(Outcome::Expired);
            if route == Route::Gossip {
                self.judge(&id, &source, Verdict::Ignore);
            }
        }
        for peer in self.peers.overdue_strangers(now) {
            self.refuse(peer, Reason::OtherChain);
        }
        for peer in self.peers.unidentified(self.identify_patience, now) {
            self.disconnect(peer, Reason::Unidentified);
        }
        for peer in self.peers.ids() {
            if self.swarm.behaviour().gossip.peer_score(&peer).is_some_and(|score| score < GRAYLIST) {
                self.refuse(peer, Reason::Graylisted);
            }
        }
        self.metrics.unjudged.set(i64::try_from(self.unjudged.len()).unwrap_or(i64::MAX));
        self.on_peer_tick(now);
    }

    /// Closes a peer's connections.
    pub(super) fn disconnect(&mut self, peer: PeerId, reason: Reason) {
        if self.swarm.disconnect_peer_id(peer).is_ok() {
            tracing::info!(%peer, ?reason, "disconnected");
            self.metrics.disconnection(reason);
        }
    }

    /// Closes a peer's connections and takes none for a while.
    pub(super) fn refuse(&mut self, peer: PeerId, reason: Reason) {
        self.disconnect(peer, reason);
        self.tell(PeerEvent::Refused { peer });
    }

    fn addresses(&self) -> Vec<Multiaddr> {
        let local = *self.swarm.local_peer_id();
        let all = self.swarm.listeners().chain(self.swarm.external_addresses());
        all.map(|address| complete(address, local)).collect()
    }

    fn browser_addresses(&self) -> Vec<Multiaddr> {
        let own = reachable(&self.addresses(), *self.swarm.local_peer_id(), self.loopback);
        own.into_iter().chain(self.peers.browser_addresses()).take(MAX_PEER_ADDRESSES).collect()
    }

    /// The topic of a name on the wire.
    pub(super) fn topic(&self, name: &TopicHash) -> Option<Topic> {
        self.topics.get(name).copied()
    }

    /// The id of a direct message: as if it had come by gossip.
    pub(super) fn direct_id(&self, topic: Topic, data: &[u8]) -> [u8; 32] {
        gossip::message_id(topic.ident(&self.chain).hash().as_str(), data)
    }
}

/// An address with the peer id at its end.
pub(super) fn complete(address: &Multiaddr, peer: PeerId) -> Multiaddr {
    match address.iter().last() {
        Some(Protocol::P2p(_)) => address.clone(),
        _ => address.clone().with(Protocol::P2p(peer)),
    }
}

async fn sleep_until(wake: Option<tokio::time::Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
