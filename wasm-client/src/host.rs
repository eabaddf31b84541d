//! The task that owns the swarm: whom to connect to, who is alive, who was dropped and why.

use std::{collections::VecDeque, time::Duration};

use emotionalchain_shared::{
    primitives::Height,
    wire::{MAX_PEER_ADDRESSES, SyncRequest, SyncResponse},
};
use futures::{
    StreamExt,
    future::{AbortHandle, abortable},
};
use libp2p::{
    Multiaddr, PeerId, Swarm, ping,
    swarm::{ConnectionId, DialError, SwarmEvent, dial_opts::DialOpts},
};
use tokio::sync::{mpsc, oneshot, watch};
use vecmap::VecMap;

use crate::{
    clock,
    error::LightError,
    executor::spawn,
    follow::{self, News},
    options::LightConfig,
    peers::{Peers, State, may_be_hearsay},
    rpc::Rpc,
    transport::{Behaviour, BehaviourEvent, TransportKind},
    views::{DroppedView, PeerView},
};

/// Between looks at who should be dialled.
const TICK: Duration = Duration::from_millis(250);
/// Between questions for other peers while too few are known.
const ASK_AROUND: Duration = Duration::from_secs(15);
/// Dropped peers that are remembered for display.
const MAX_DROPPED: usize = 32;
/// Answers that a peer may fail to give, one after the other, before its connection is closed.
const MAX_FAILURES: u32 = 2;

/// An order to the host.
pub enum Order {
    /// A peer lied.
    Drop(PeerId, LightError),
    /// A peer did not answer.
    Failed(PeerId),
    /// A peer is of no use: it is left, and dialled again when others are no better.
    Leave(PeerId),
    /// A peer gave something useful.
    Useful(PeerId),
    /// A peer reports this head.
    Reported(PeerId, Height),
    /// A peer named these addresses.
    Learn(PeerId, Vec<Multiaddr>),
    /// Stop.
    Close(oneshot::Sender<()>),
}

/// What the host knows; published whenever it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkView {
    /// Rises with every change.
    pub version: u64,
    /// Everybody known.
    pub peers: Vec<PeerView>,
    /// Connected peers, the fastest first.
    pub connected: Vec<PeerId>,
    /// Who was dropped, the newest last.
    pub dropped: Vec<DroppedView>,
    /// Addresses worth keeping.
    pub addresses: Vec<String>,
}

struct Link {
    connections: Vec<ConnectionId>,
    address: Multiaddr,
    rtt: Option<Duration>,
    reported: Option<Height>,
    failures: u32,
    follower: AbortHandle,
}

/// The task's state.
pub struct Host {
    swarm: Swarm<Behaviour>,
    peers: Peers,
    links: VecMap<PeerId, Link>,
    dropped: VecDeque<DroppedView>,
    rpc: Rpc,
    news: mpsc::Sender<News>,
    orders: mpsc::Receiver<Order>,
    own_orders: mpsc::WeakSender<Order>,
    view: watch::Sender<NetworkView>,
    asked_around: Option<clock::Instant>,
}

impl Host {
    pub fn new(
        swarm: Swarm<Behaviour>,
        config: &LightConfig,
        rpc: Rpc,
        news: mpsc::Sender<News>,
        (own_orders, orders): (mpsc::WeakSender<Order>, mpsc::Receiver<Order>),
        view: watch::Sender<NetworkView>,
    ) -> Self {
        let mut peers = Peers::new(config.transports.clone());
        for address in &config.bootstrap {
            peers.learn(address.clone(), clock::instant());
        }
        Self {
            swarm,
            peers,
            links: VecMap::new(),
            dropped: VecDeque::new(),
            rpc,
            news,
            orders,
            own_orders,
            view,
            asked_around: None,
        }
    }

    /// Runs until it is told to close, or nobody is left to tell it.
    pub async fn run(mut self) {
        let closed = loop {
            self.dial();
            self.publish();
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                order = self.orders.recv() => match order {
                    Some(Order::Close(done)) => break Some(done),
                    Some(order) => self.on_order(order),
                    None => break None,
                },
                () = clock::sleep(TICK) => {}
            }
            self.ask_around();
        };
        for link in self.links.values() {
            link.follower.abort();
        }
        let peers: Vec<PeerId> = self.links.keys().copied().collect();
        for peer in peers {
            // An error means that it is gone already.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
        while self.swarm.connected_peers().next().is_some() {
            if clock::within(TICK, self.swarm.select_next_some()).await.is_none() {
                break;
            }
        }
        drop(self);
        if let Some(done) = closed {
            // Nobody may be waiting any more.
            let _ = done.send(());
        }
    }

    fn dial(&mut self) {
        let now = clock::instant();
        for dial in self.peers.dials(now) {
            let options = DialOpts::peer_id(dial.peer).addresses(dial.addresses).build();
            if self.swarm.dial(options).is_err() {
                self.peers.lost(&dial.peer, now);
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_opened(peer_id, connection_id, endpoint.get_remote_address().clone());
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => {
                self.on_closed(peer_id, connection_id);
            }
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => match error {
                // Another dial of the same peer is under way, or it is connected.
                DialError::DialPeerConditionFalse(_) => {}
                _ if self.links.contains_key(&peer) => {}
                _ => self.peers.lost(&peer, clock::instant()),
            },
            SwarmEvent::Behaviour(BehaviourEvent::Ping(event)) => self.on_ping(event),
            _ => {}
        }
    }

    fn on_opened(&mut self, peer: PeerId, connection: ConnectionId, address: Multiaddr) {
        if let Some(link) = self.links.get_mut(&peer) {
            link.connections.push(connection);
            return;
        }
        if !self.peers.connected(peer) {
            let _ = self.swarm.disconnect_peer_id(peer);
            return;
        }
        let (follower, handle) = abortable(follow::follow(self.rpc.clone(), peer, self.news.clone()));
        spawn(async move {
            // Aborted, or done.
            let _ = follower.await;
        });
        self.links.insert(
            peer,
            Link {
                connections: vec![connection],
                address,
                rtt: None,
                reported: None,
                failures: 0,
                follower: handle,
            },
        );
        self.ask_for_peers(peer);
    }

    fn on_closed(&mut self, peer: PeerId, connection: ConnectionId) {
        let Some(link) = self.links.get_mut(&peer) else { return };
        link.connections.retain(|one| *one != connection);
        if link.connections.is_empty() {
            link.follower.abort();
            self.links.remove(&peer);
            self.peers.lost(&peer, clock::instant());
        }
    }

    fn on_ping(&mut self, event: ping::Event) {
        match event.result {
            Ok(rtt) => {
                if let Some(link) = self.links.get_mut(&event.peer) {
                    link.rtt = Some(rtt);
                }
            }
            Err(ping::Failure::Unsupported) => {}
            // The transport may believe in the connection for another minute.
            Err(_) => drop(self.swarm.close_connection(event.connection)),
        }
    }

    fn on_order(&mut self, order: Order) {
        match order {
            Order::Drop(peer, error) => self.drop_peer(peer, &error),
            Order::Failed(peer) => {
                let Some(link) = self.links.get_mut(&peer) else { return };
                link.failures = link.failures.saturating_add(1);
                if link.failures >= MAX_FAILURES {
                    let _ = self.swarm.disconnect_peer_id(peer);
                }
            }
            Order::Useful(peer) => {
                self.peers.useful(&peer);
                if let Some(link) = self.links.get_mut(&peer) {
                    link.failures = 0;
                }
            }
            Order::Reported(peer, height) => {
                if let Some(link) = self.links.get_mut(&peer) {
                    link.reported = Some(height);
                }
            }
            Order::Leave(peer) => drop(self.swarm.disconnect_peer_id(peer)),
            Order::Learn(peer, addresses) => {
                let Some(via) = self.links.get(&peer).map(|link| link.address.clone()) else { return };
                for address in addresses.into_iter().take(MAX_PEER_ADDRESSES) {
                    if may_be_hearsay(&address, &via) {
                        self.peers.learn(address, clock::instant());
                    }
                }
            }
            // Handled by the loop.
            Order::Close(done) => drop(done),
        }
    }

    /// Closes the connection and says why; a liar is not dialled again.
    fn drop_peer(&mut self, peer: PeerId, error: &LightError) {
        // A peer that is only behind may catch up.
        let behind = matches!(error, LightError::StaleHead { .. });
        if error.blames_the_peer() && !behind {
            self.peers.ban(peer);
        }
        if self.dropped.len() >= MAX_DROPPED {
            self.dropped.pop_front();
        }
        self.dropped.push_back(DroppedView {
            peer_id: peer.to_string(),
            code: error.code().0,
            message: error.to_string(),
            at_ms: clock::now().millis(),
        });
        // An error means that it is gone already.
        let _ = self.swarm.disconnect_peer_id(peer);
    }

    fn ask_around(&mut self) {
        let now = clock::instant();
        let recently = self.asked_around.is_some_and(|then| now.saturating_duration_since(then) < ASK_AROUND);
        if recently || !self.peers.wants_more() {
            return;
        }
        self.asked_around = Some(now);
        if let Some(peer) = self.links.keys().next().copied() {
            self.ask_for_peers(peer);
        }
    }

    /// Asks a peer for others.
    fn ask_for_peers(&self, peer: PeerId) {
        let (rpc, orders) = (self.rpc.clone(), self.own_orders.clone());
        spawn(async move {
            let answer = rpc.ask(peer, &SyncRequest::Peers).await;
            let Some(orders) = orders.upgrade() else { return };
            let order = match answer {
                Ok(SyncResponse::Peers(addresses)) => {
                    Order::Learn(peer, addresses.iter().filter_map(|one| one.parse().ok()).collect())
                }
                Ok(SyncResponse::Refused(_)) => return,
                Ok(_) => Order::Drop(peer, LightError::BadAnswer("peers")),
                Err(error) if error.blames_the_peer() => Order::Drop(peer, error),
                Err(_) => Order::Failed(peer),
            };
            // The host is closing if nobody takes it.
            let _ = orders.send(order).await;
        });
    }

    fn publish(&self) {
        let view = self.look();
        self.view.send_if_modified(|published| {
            let changed = NetworkView { version: published.version, ..view.clone() } != *published;
            if changed {
                *published = NetworkView { version: published.version.saturating_add(1), ..view };
            }
            changed
        });
    }

    fn look(&self) -> NetworkView {
        let mut connected: Vec<_> = self.links.iter().collect();
        connected.sort_by_key(|(_, link)| (link.failures, link.rtt.unwrap_or(Duration::MAX)));
        let shown = |(peer, address, state): (&PeerId, Option<&Multiaddr>, State)| {
            let link = self.links.get(peer);
            let address = link.map(|link| &link.address).or(address)?;
            let state = match state {
                State::Banned => return None,
                State::Connected if link.is_some() => "connected",
                State::Waiting(_) => "waiting",
                State::Dialling | State::Connected => "connecting",
            };
            Some(PeerView {
                peer_id: peer.to_string(),
                address: address.to_string(),
                transport: TransportKind::of(address),
                state,
                rtt_ms: link
                    .and_then(|link| link.rtt)
                    .map(|rtt| u32::try_from(rtt.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX)),
                reported_head: link.and_then(|link| link.reported).map(Height::get),
            })
        };
        NetworkView {
            version: 0,
            peers: self.peers.list().filter_map(shown).collect(),
            connected: connected.into_iter().map(|(peer, _)| *peer).collect(),
            dropped: self.dropped.iter().cloned().collect(),
            addresses: self.peers.addresses(),
        }
    }
}
