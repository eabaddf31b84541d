//! What the host does about each event of the swarm.

use std::time::Instant;

use libp2p::{
    Multiaddr, PeerId,
    core::ConnectedPoint,
    gossipsub, identify,
    multiaddr::Protocol,
    ping, relay,
    request_response::{self, InboundFailure, OutboundFailure, ResponseChannel},
    swarm::{ConnectionId, DialError, SwarmEvent},
};

use super::{
    behaviour::BehaviourEvent,
    conduct::Conduct,
    emotional_protocol::ChainClaim,
    error::RequestError,
    gossip::Topic,
    handle::{NetworkEvent, ResponseToken},
    host::{Host, complete},
    metrics::{Outcome, Reason},
    network_security::{SecurityEvent, Traffic},
    peer_manager::PeerEvent,
    peers::{Direction, Identified, TransportKind, learnable, reachable},
    reach::ReachEvent,
    subnet::peer_ip,
    verdicts::{MessageRef, Route, Verdict},
};

/// Addresses of one greeting that are looked at.
const MAX_GREETED_ADDRESSES: usize = 16;
/// Protocols of one greeting that are kept.
const MAX_GREETED_PROTOCOLS: usize = 64;

type Requests = request_response::Event<Vec<u8>, Vec<u8>>;

impl Host {
    pub(super) fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_opened(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, cause, .. } => {
                tracing::debug!(peer = %peer_id, ?cause, "connection closed");
                self.on_closed(peer_id, connection_id);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, peer_id, error } => {
                tracing::debug!(peer = ?peer_id, %error, "dial failed");
                let Some(target) = self.dials.remove(&connection_id) else { return };
                self.tell(match error {
                    DialError::LocalPeerId { .. } => PeerEvent::DialledSelf(target),
                    _ => PeerEvent::DialFailed(target),
                });
            }
            SwarmEvent::IncomingConnectionError { send_back_addr, error, .. } => {
                tracing::debug!(address = %send_back_addr, %error, "incoming connection failed");
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                let address = complete(&address, *self.swarm.local_peer_id());
                tracing::info!(%address, "listening");
                self.events.tell(NetworkEvent::NewListenAddr { address });
            }
            SwarmEvent::ListenerClosed { listener_id, addresses, reason } => {
                match (self.relayed.remove(&listener_id), reason) {
                    (Some(relay), _) => self.reach(ReachEvent::Lost(relay)),
                    (None, Err(error)) => tracing::error!(?addresses, %error, "a listener is gone"),
                    (None, Ok(())) => {}
                }
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener has trouble"),
            _ => {}
        }
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.on_identified(peer_id, info);
            }
            BehaviourEvent::Identify(identify::Event::Sent { peer_id, .. }) => {
                if self.peers.greeted(&peer_id) {
                    self.refuse(peer_id, Reason::OtherChain);
                }
            }
            BehaviourEvent::Ping(event) => self.on_ping(event),
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Sync(event) => self.on_sync(event),
            BehaviourEvent::Direct(event) => self.on_direct(event),
            // Identify's other news is about our own greeting. Whom Kademlia's lookups find, it dials itself.
            BehaviourEvent::Identify(_) | BehaviourEvent::Kad(_) => {}
            BehaviourEvent::Autonat(event) => {
                tracing::debug!(address = %event.tested_addr, server = %event.server, result = ?event.result, "dialled back");
                self.reach(ReachEvent::Tested { reached: event.result.is_ok() });
            }
            BehaviourEvent::RelayClient(relay::client::Event::ReservationReqAccepted {
                relay_peer_id,
                ..
            }) => self.reach(ReachEvent::Reserved(relay_peer_id)),
            BehaviourEvent::Dcutr(event) => {
                tracing::debug!(peer = %event.remote_peer_id, result = ?event.result, "hole punched, or not");
            }
            // What others have carried shows in the traffic; circuits of our own show as connections.
            BehaviourEvent::AutonatServer(_) | BehaviourEvent::Relay(_) | BehaviourEvent::RelayClient(_) => {}
            BehaviourEvent::Streams(()) => {}
            // Limits have no events.
            BehaviourEvent::ConnectionLimits(never)
            | BehaviourEvent::MemoryLimits(never)
            | BehaviourEvent::Doorkeeper(never) => match never {},
        }
    }

    fn on_opened(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let now = Instant::now();
        let target = self.dials.remove(&connection);
        tracing::debug!(%peer, address = %endpoint.get_remote_address(), "connection opened");
        let first = self.peers.opened(peer, connection, endpoint, now);
        if first || target.is_some() {
            // Kademlia dials whom its answers name: such a peer was not chosen by this node.
            let direction = if target.is_some() { Direction::Outbound } else { Direction::Inbound };
            let address = endpoint.get_remote_address().clone();
            self.tell(PeerEvent::Opened { peer, direction, address, target });
        } else if self.manager.admits(&peer, peer_ip(endpoint.get_remote_address()), now).is_err() {
            self.disconnect(peer, Reason::Refused);
        }
    }

    fn on_closed(&mut self, peer: PeerId, connection: ConnectionId) {
        let Some(identified) = self.peers.closed(&peer, connection) else { return };
        if identified {
            self.events.tell(NetworkEvent::PeerDisconnected { peer });
        }
        self.count_peers();
        self.reach(ReachEvent::Gone(peer));
        self.tell(PeerEvent::Closed { peer });
    }

    fn on_identified(&mut self, peer: PeerId, info: identify::Info) {
        let prefix = self.chain.prefix();
        let ours = match self.chain.judge(&info.protocol_version) {
            ChainClaim::Ours => true,
            ChainClaim::Other => false,
            // Foreign software has no greeting of ours, but it must speak something of this chain.
            ChainClaim::Silent => {
                info.protocols.iter().any(|protocol| protocol.as_ref().starts_with(&prefix))
            }
        };
        if !ours {
            tracing::warn!(
                %peer,
                theirs = %info.protocol_version,
                ours = %self.chain.greeting(),
                "the peer follows another chain, or speaks no common version"
            );
            if self.peers.stranger(&peer, Instant::now()) {
                self.refuse(peer, Reason::OtherChain);
            }
            return;
        }
        let protocols = info.protocols.iter().take(MAX_GREETED_PROTOCOLS).map(ToString::to_string).collect();
        match self.peers.identified(&peer, info.agent_version, protocols) {
            Some(Identified::First) => {
                if let Some(info) = self.peers.info(&peer) {
                    tracing::info!(%peer, address = %info.address, direction = ?info.direction, "connected");
                    self.events.tell(NetworkEvent::PeerConnected { peer, info });
                }
                self.count_peers();
                self.tell(PeerEvent::Identified { peer });
            }
            Some(Identified::Restarted) => return self.disconnect(peer, Reason::Restarted),
            Some(Identified::Again) | None => {}
        }
        self.peers.listens(&peer, reachable(&info.listen_addrs, peer, self.loopback));
        if info.protocols.contains(&relay::HOP_PROTOCOL_NAME)
            && let Some(address) = info.listen_addrs.iter().find(|one| self.is_direct(one))
        {
            let address = without_peer(address);
            self.reach(ReachEvent::Relays { peer, address });
        }
        let routes =
            info.protocols.iter().any(|protocol| protocol.as_ref().starts_with(&format!("{prefix}kad/")));
        for address in info.listen_addrs.into_iter().take(MAX_GREETED_ADDRESSES) {
            if routes && learnable(&address, self.loopback) && self.is_routed(peer, &address) {
                self.swarm.behaviour_mut().kad.add_address(&peer, address.clone());
            }
            self.learn(peer, &address);
        }
    }

    /// Whether an address leads to its peer without another's help.
    fn is_direct(&self, address: &Multiaddr) -> bool {
        learnable(address, self.loopback) && TransportKind::of(address) != TransportKind::Relay
    }

    /// Passes an event to the judgement of reachability and reserves what it says.
    fn reach(&mut self, event: ReachEvent) {
        let before = self.reach.nat();
        for order in self.reach.handle(event) {
            match self.swarm.listen_on(order.address.clone()) {
                Ok(listener) => drop(self.relayed.insert(listener, order.relay)),
                Err(error) => {
                    tracing::warn!(address = %order.address, %error, "no reservation");
                    // Another relay is asked with the next event.
                    self.reach.handle(ReachEvent::Lost(order.relay));
                }
            }
        }
        if self.reach.nat() != before {
            tracing::info!(nat = ?self.reach.nat(), "reachability is known");
        }
    }

    fn on_ping(&mut self, event: ping::Event) {
        match event.result {
            Ok(rtt) => {
                self.peers.pinged(&event.peer, rtt);
                self.tell(PeerEvent::Rtt { peer: event.peer, rtt });
            }
            // Foreign software without ping: its transport will tell.
            Err(ping::Failure::Unsupported) => {}
            Err(error) => {
                if self.swarm.close_connection(event.connection) {
                    tracing::info!(peer = %event.peer, %error, "no pong: connection closed");
                    self.metrics.disconnection(Reason::Silent);
                }
            }
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                let topic = self.topic(&message.topic);
                let id = <[u8; 32]>::try_from(message_id.0);
                // Neither happens: only our topics are accepted, and our ids have 32 bytes.
                let (Some(topic), Ok(id)) = (topic, id) else { return };
                if !self.hand_over(topic, Route::Gossip, id, propagation_source, message.data) {
                    self.judge(&id, &propagation_source, Verdict::Ignore);
                }
            }
            gossipsub::Event::Subscribed { peer_id, topic } => {
                if let Some(topic) = self.topic(&topic) {
                    // News of less weight than who is there: it must not take the places kept for those.
                    self.events.offer(NetworkEvent::PeerSubscribed { peer: peer_id, topic });
                }
            }
            gossipsub::Event::SlowPeer { peer_id, failed_messages } => {
                tracing::debug!(peer = %peer_id, ?failed_messages, "slow peer");
            }
            gossipsub::Event::GossipsubNotSupported { peer_id } => {
                tracing::debug!(peer = %peer_id, "the peer speaks no gossipsub");
            }
            gossipsub::Event::Unsubscribed { .. } => {}
        }
    }

    /// Gives a message to the node, if there is room for it.
    fn hand_over(&mut self, topic: Topic, route: Route, id: [u8; 32], source: PeerId, data: Vec<u8>) -> bool {
        self.metrics.bytes_in(topic, data.len());
        let bytes = u64::try_from(data.len()).unwrap_or(u64::MAX);
        let event = SecurityEvent::Message {
            peer: source,
            traffic: topic.traffic(),
            bytes,
            cost: topic.cost(data.len()),
        };
        if self.is_dropped(event) {
            self.metrics.verdict(Outcome::Overflowed);
            return false;
        }
        let entered = self.unjudged.enter((id, route), source, data.len(), Instant::now());
        let message = MessageRef { id, source, topic, route };
        let handed = entered && self.events.offer(NetworkEvent::Gossip { topic, message, data });
        if !handed {
            self.metrics.verdict(Outcome::Overflowed);
            if entered {
                self.unjudged.leave(&(id, route));
            }
        }
        handed
    }

    fn on_sync(&mut self, event: Requests) {
        use request_response::{Event, Message};
        match event {
            Event::Message { peer, message: Message::Request { request, channel, request_id }, .. } => {
                self.peers.spoke(&peer);
                let bytes = u64::try_from(request.len()).unwrap_or(u64::MAX);
                let event = SecurityEvent::Message { peer, traffic: Traffic::Requests, bytes, cost: 1 };
                if self.is_dropped(event) {
                    return self.metrics.serve(Outcome::Overflowed);
                }
                let token = ResponseToken { peer, id: request_id, channel };
                // A refused event drops the token, and with it the stream: the peer sees a failure at once.
                if !self.events.offer(NetworkEvent::Request { peer, data: request, token }) {
                    self.metrics.serve(Outcome::Overflowed);
                }
            }
            Event::Message { message: Message::Response { request_id, response }, .. } => {
                self.metrics.request(Outcome::Accepted);
                if let Some(reply) = self.requests.remove(&request_id) {
                    // Nobody may be waiting any more.
                    drop(reply.send(Ok(response)));
                }
            }
            Event::OutboundFailure { peer, request_id, error, .. } => {
                tracing::debug!(%peer, %error, "request failed");
                self.metrics.request(Outcome::Failed);
                if matches!(error, OutboundFailure::Timeout) {
                    self.did(peer, Conduct::Timeout);
                }
                if let Some(reply) = self.requests.remove(&request_id) {
                    drop(reply.send(Err(request_error(error))));
                }
            }
            Event::InboundFailure { peer, request_id, error, .. } => {
                self.answering.remove(&request_id);
                tracing::debug!(%peer, %error, "serving failed");
                // Tokens that were dropped are the node's own refusals.
                let refused = matches!(error, InboundFailure::ResponseOmission);
                self.metrics.serve(if refused { Outcome::Ignored } else { Outcome::Failed });
            }
            Event::ResponseSent { request_id, .. } => drop(self.answering.remove(&request_id)),
        }
    }

    fn on_direct(&mut self, event: Requests) {
        use request_response::{Event, Message};
        match event {
            Event::Message { peer, message: Message::Request { request, channel, .. }, .. } => {
                self.on_direct_message(peer, request, channel);
            }
            Event::Message { message: Message::Response { .. }, .. } => {
                self.sends = self.sends.saturating_sub(1);
                self.metrics.publication(Outcome::Accepted);
            }
            Event::OutboundFailure { peer, error, .. } => {
                tracing::debug!(%peer, %error, "direct message lost");
                self.sends = self.sends.saturating_sub(1);
                self.metrics.publication(Outcome::Failed);
            }
            Event::InboundFailure { .. } | Event::ResponseSent { .. } => {}
        }
    }

    fn on_direct_message(&mut self, peer: PeerId, mut request: Vec<u8>, channel: ResponseChannel<Vec<u8>>) {
        let topic = request.first().and_then(|number| Topic::from_number(*number));
        let Some(topic) = topic.filter(|topic| request.len() <= topic.max_bytes().saturating_add(1)) else {
            tracing::debug!(%peer, "a direct message of no topic, or too large for it");
            self.metrics.verdict(Outcome::Rejected);
            self.did(peer, Conduct::Oversized);
            self.refuse(peer, Reason::Graylisted);
            return;
        };
        request.remove(0);
        let id = self.direct_id(topic, &request);
        if self.hand_over(topic, Route::Direct, id, peer, request) {
            // An error means that the peer is gone.
            let _ = self.swarm.behaviour_mut().direct.send_response(channel, Vec::new());
        }
    }

    fn count_peers(&self) {
        self.metrics.peers.set(i64::try_from(self.peers.identified_count()).unwrap_or(i64::MAX));
    }
}

/// An address without the peer id at its end.
fn without_peer(address: &Multiaddr) -> Multiaddr {
    let mut address = address.clone();
    if let Some(Protocol::P2p(_)) = address.iter().last() {
        address.pop();
    }
    address
}

fn request_error(error: OutboundFailure) -> RequestError {
    match error {
        OutboundFailure::Timeout => RequestError::Timeout,
        OutboundFailure::ConnectionClosed => RequestError::Closed,
        OutboundFailure::UnsupportedProtocols => RequestError::Unsupported,
        OutboundFailure::DialFailure => RequestError::NotConnected,
        OutboundFailure::Io(error) => RequestError::Stream(error),
    }
}
