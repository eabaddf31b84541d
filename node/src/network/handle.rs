//! What the rest of the node holds of the network: commands in, events out, every queue bounded.

use std::future::Future;

use emotionalchain_shared::wire;
use libp2p::{
    Multiaddr, PeerId,
    request_response::{InboundRequestId, ResponseChannel},
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{
    conduct::Conduct,
    emotional_protocol::ChainTag,
    error::{NetworkError, RequestError},
    gossip::Topic,
    metrics::NetworkMetrics,
    network_config::NetworkConfig,
    peers::PeerInfo,
    verdicts::{MessageRef, Verdict},
};

/// What the network tells the node.
#[derive(Debug)]
pub enum NetworkEvent {
    /// A message of a topic; it is forwarded, or its sender pays, only once it is reported.
    Gossip {
        /// The topic.
        topic: Topic,
        /// The right to judge it.
        message: MessageRef,
        /// Its bytes: at most [`Topic::max_bytes`], otherwise unchecked.
        data: Vec<u8>,
    },
    /// A request; dropping the token refuses it.
    Request {
        /// Who asks.
        peer: PeerId,
        /// Its bytes: at most [`wire::MAX_SYNC_REQUEST`], otherwise unchecked.
        data: Vec<u8>,
        /// The right to answer it.
        token: ResponseToken,
    },
    /// A peer has shown that it follows this chain.
    PeerConnected {
        /// The peer.
        peer: PeerId,
        /// What is known of it.
        info: PeerInfo,
    },
    /// A peer wants a topic's messages: what is published from now on reaches it.
    PeerSubscribed {
        /// The peer.
        peer: PeerId,
        /// The topic.
        topic: Topic,
    },
    /// The last connection to a peer that was reported connected is gone.
    PeerDisconnected {
        /// The peer.
        peer: PeerId,
    },
    /// The node can be reached at one more address.
    NewListenAddr {
        /// The address, with the node's peer id.
        address: Multiaddr,
    },
}

/// The right to answer one request.
#[derive(Debug)]
pub struct ResponseToken {
    pub(super) peer: PeerId,
    pub(super) id: InboundRequestId,
    pub(super) channel: ResponseChannel<Vec<u8>>,
}

/// An order to the host.
#[derive(Debug)]
pub(super) enum Command {
    Publish { topic: Topic, data: Vec<u8> },
    Send { peer: PeerId, topic: Topic, data: Vec<u8> },
    Request { peer: PeerId, data: Vec<u8>, reply: oneshot::Sender<Result<Vec<u8>, RequestError>> },
    Respond { token: ResponseToken, data: Vec<u8> },
    Dial(Multiaddr),
    Disconnect(PeerId),
    Peers(oneshot::Sender<Vec<PeerInfo>>),
    ListenAddrs(oneshot::Sender<Vec<Multiaddr>>),
    BrowserAddresses(oneshot::Sender<Vec<Multiaddr>>),
    Conduct(PeerId, Conduct),
    Reconfigure(Box<NetworkConfig>),
    Shutdown(oneshot::Sender<()>),
}

/// The way to the network; cheap to clone. The network stops when the last one, or the receiver of events, is dropped.
#[derive(Clone)]
pub struct NetworkHandle {
    pub(super) local: PeerId,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) verdicts: mpsc::Sender<(MessageRef, Verdict)>,
    pub(super) metrics: NetworkMetrics,
    pub(super) chain: ChainTag,
    pub(super) streams: libp2p_stream::Control,
}

impl NetworkHandle {
    /// Sends a message to every connected peer that is subscribed to the topic. Does not wait; what became of it is
    /// counted. The same bytes again within the duplicate window go nowhere.
    ///
    /// # Errors
    /// [`NetworkError::TooLarge`], [`NetworkError::Busy`] or [`NetworkError::Stopped`].
    pub fn publish(&self, topic: Topic, data: Vec<u8>) -> Result<(), NetworkError> {
        fits(data.len(), topic.max_bytes())?;
        self.order(Command::Publish { topic, data })
    }

    /// Tells what a peer did that only the application can see.
    pub fn conduct(&self, peer: PeerId, conduct: Conduct) {
        // A network that has stopped keeps no reputations.
        let _ = self.order(Command::Conduct(peer, conduct));
    }

    /// Takes settings anew that can change while the node runs: limits on connections. The others wait for the
    /// next start.
    ///
    /// # Errors
    /// [`NetworkError::Config`], [`NetworkError::Busy`] or [`NetworkError::Stopped`].
    pub fn reconfigure(&self, config: NetworkConfig) -> Result<(), NetworkError> {
        config.check()?;
        self.order(Command::Reconfigure(Box::new(config)))
    }

    /// Sends a message to one connected peer, outside gossip: it arrives as [`NetworkEvent::Gossip`], is never
    /// forwarded and knows no duplicates. For votes that a returning peer needs at once.
    ///
    /// # Errors
    /// [`NetworkError::TooLarge`], [`NetworkError::Busy`] or [`NetworkError::Stopped`].
    pub fn send(&self, peer: PeerId, topic: Topic, data: Vec<u8>) -> Result<(), NetworkError> {
        fits(data.len(), topic.max_bytes())?;
        self.order(Command::Send { peer, topic, data })
    }

    /// Passes a verdict. One that comes after [`GossipConfig::verdict_time`](super::GossipConfig::verdict_time) has no
    /// effect and is counted.
    pub fn report(&self, message: MessageRef, verdict: Verdict) {
        if let Err(TrySendError::Full(_)) = self.verdicts.try_send((message, verdict)) {
            self.metrics.verdict(super::metrics::Outcome::Expired);
        }
    }

    /// Asks a connected peer.
    ///
    /// # Errors
    /// [`RequestError`], at the latest after the request timeout.
    pub fn request(
        &self,
        peer: PeerId,
        data: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, RequestError>> + Send + use<> {
        let size = data.len();
        let (reply, answer) = oneshot::channel();
        let sent = if size > wire::MAX_SYNC_REQUEST {
            Err(RequestError::TooLarge { size, max: wire::MAX_SYNC_REQUEST })
        } else {
            self.order(Command::Request { peer, data, reply }).map_err(|error| match error {
                NetworkError::Busy => RequestError::Busy,
                _ => RequestError::Stopped,
            })
        };
        async move {
            sent?;
            answer.await.map_err(|_| RequestError::Stopped)?
        }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// [`NetworkError::TooLarge`], [`NetworkError::Busy`] or [`NetworkError::Stopped`]; the request is then refused.
    pub fn respond(&self, token: ResponseToken, data: Vec<u8>) -> Result<(), NetworkError> {
        fits(data.len(), wire::MAX_SYNC_RESPONSE)?;
        self.order(Command::Respond { token, data })
    }

    /// Dials an address once.
    ///
    /// # Errors
    /// [`NetworkError::Busy`] or [`NetworkError::Stopped`].
    pub fn dial(&self, address: Multiaddr) -> Result<(), NetworkError> {
        self.order(Command::Dial(address))
    }

    /// Closes all connections to a peer. A bootstrap peer is dialled again.
    ///
    /// # Errors
    /// [`NetworkError::Busy`] or [`NetworkError::Stopped`].
    pub fn disconnect(&self, peer: PeerId) -> Result<(), NetworkError> {
        self.order(Command::Disconnect(peer))
    }

    /// The connected peers.
    ///
    /// # Errors
    /// [`NetworkError::Stopped`].
    pub async fn peers(&self) -> Result<Vec<PeerInfo>, NetworkError> {
        self.ask(Command::Peers).await
    }

    /// The addresses listened on, each with the node's peer id: what others need to dial it.
    ///
    /// # Errors
    /// [`NetworkError::Stopped`].
    pub async fn listen_addrs(&self) -> Result<Vec<Multiaddr>, NetworkError> {
        self.ask(Command::ListenAddrs).await
    }

    /// Where a browser can reach this node and its peers: WebSocket and WebRTC-direct, each with a peer id, this node's
    /// own first, at most [`wire::MAX_PEER_ADDRESSES`].
    ///
    /// # Errors
    /// [`NetworkError::Stopped`].
    pub async fn browser_addresses(&self) -> Result<Vec<Multiaddr>, NetworkError> {
        self.ask(Command::BrowserAddresses).await
    }

    /// Takes the streams that peers open for one of the chain's protocols, until what it returns is dropped.
    ///
    /// # Errors
    /// [`NetworkError::Taken`] when somebody takes them already.
    pub fn accept(&self, name: &str) -> Result<libp2p_stream::IncomingStreams, NetworkError> {
        let protocol = self.chain.protocol(name).map_err(|error| NetworkError::Transport(error.into()))?;
        self.streams.clone().accept(protocol).map_err(|_| NetworkError::Taken(name.to_owned()))
    }

    /// This node's peer id.
    pub const fn local_peer_id(&self) -> PeerId {
        self.local
    }

    /// What the host counts.
    pub const fn metrics(&self) -> &NetworkMetrics {
        &self.metrics
    }

    /// Closes all connections and sockets, and waits until that is done.
    pub async fn shutdown(&self) {
        // An error means that it is done.
        let _ = self.ask(Command::Shutdown).await;
    }

    fn order(&self, command: Command) -> Result<(), NetworkError> {
        self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => NetworkError::Busy,
            TrySendError::Closed(_) => NetworkError::Stopped,
        })
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, NetworkError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| NetworkError::Stopped)?;
        answer.await.map_err(|_| NetworkError::Stopped)
    }
}

const fn fits(size: usize, max: usize) -> Result<(), NetworkError> {
    if size > max { Err(NetworkError::TooLarge { size, max }) } else { Ok(()) }
}
