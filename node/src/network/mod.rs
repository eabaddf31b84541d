//! The peer-to-peer layer: one libp2p swarm in one task, talked to by messages (protocol §3, §9).
//!
//! ```text
//!                 publish · send · report · request · respond · dial · disconnect · peers · shutdown
//!   node  ──── NetworkHandle ────────────────► commands, verdicts (bounded) ──┐
//!    ▲                                                                        ▼
//!    └──────── NetworkEvent ◄───────────────── events (bounded) ──────────── Host ──── Unjudged     messages without verdict
//!              Gossip · Request · Peer…                                       │ ├───── Peers        who is connected
//!                                                                             │ ├───── PeerManager  whom to dial, keep, ban
//!                                                                             │ ├───── AddressBook  where peers can be dialled
//!                                                                             │ ├───── Security     what is an attack
//!                                                                             │ └───── Reach        whether others reach us
//!                                                                             ▼          (the last four sans-IO)
//!          limits · doorkeeper · identify · ping · Kademlia · gossip · sync · direct · AutoNAT · relay · hole punching
//!                       ─────────────────────────────────────────────────────────
//!                       TCP · WebSocket: Noise, yamux or mplex │ QUIC │ WebRTC-direct         (transport)
//! ```
//!
//! Rules, in the order in which a connection meets them:
//!
//! 1. **Limits first.** Pending and established connections, in all, per peer, address and subnet, and memory: a
//!    refused connection costs no protocol anything (see [`network_security`]).
//! 2. **Upon opening:** a peer that is refused or banned (rules 4, 8) is disconnected.
//! 3. **Upon identify:** the greeting names the chain and the versions. Another chain, or no common version: logged
//!    and refused, once the peer has our greeting too, or after a second. No greeting: the peer must speak a protocol
//!    of this chain. No identify in time: disconnected, unless the peer has asked something in a protocol of this
//!    chain, as light clients do, which do without identify.
//!    All protocol names but libp2p's own carry the chain, so peers of two chains exchange nothing even before that.
//! 4. **Refused** means: disconnected now, and for a minute neither dialled nor kept when it dials in.
//! 5. **A peer with a new process number in its greeting has restarted:** the connection that still seems to stand is
//!    dead (a killed process says no goodbye over UDP), and gossip would keep talking to it. All its connections are
//!    closed; both sides dial afresh within a fraction of a second.
//! 6. **Ping** every 5 s; a missing pong closes that connection.
//! 7. **Every message gets a verdict:** the node's own, or `Ignore` when the node's queue is full, when too many
//!    messages wait, or when none came in time. Nothing is forwarded before `Accept`.
//! 8. **`Reject` costs the sender** reputation (see [`conduct`]) and gossip score (see [`gossip`]); past the graylist it
//!    is refused, below reputation 30 banned for an hour or longer. A direct message that is rejected refuses its sender
//!    at once, since nobody forwards those.
//! 9. **Between 8 and 12 peers are kept** (see [`peer_manager`]), those of the configuration first; where others can be
//!    dialled is kept in a book (see [`bootstrap_network`]). Bans and book outlive the process.
//! 10. **News of peers is a hint:** when the event queue is full it is dropped and counted; [`NetworkHandle::peers`] is
//!     the truth.
//!
//! Nothing a peer sends can panic here, allocate beyond a written limit, or block the task.

mod behaviour;
pub mod bootstrap_network;
mod certificate;
pub mod conduct;
mod doorkeeper;
mod emotional_protocol;
mod error;
pub mod gossip;
mod handle;
mod host;
mod metrics;
mod network_config;
pub mod network_security;
mod p2p_node;
pub mod peer_manager;
mod peering;
mod peers;
pub mod reach;
mod subnet;
mod swarm_events;
mod transport;
mod verdicts;

pub use certificate::{CERTIFICATE_FILE, load_or_create as load_or_create_certificate};
pub use emotional_protocol::{ChainClaim, ChainTag, FrameCodec, read_frame, write_frame};
pub use error::{AddressSyntax, CertificateError, ConfigError, NetworkError, RequestError, parse_address};
pub use gossip::Topic;
pub use handle::{NetworkEvent, NetworkHandle, ResponseToken};
pub use metrics::{NetworkMetrics, Outcome, OutcomeLabel, Reason, ReasonLabel, TopicLabel};
pub use network_config::{
    GossipConfig, LimitsConfig, MAX_BOOTSTRAP, NetworkConfig, PeersConfig, Profile, RelayConfig, TimingConfig,
};
pub use p2p_node::{P2pNode, keypair_from_seed};
pub use peers::{Direction, PeerInfo, TransportKind};
pub use transport::install_crypto_provider;
pub use verdicts::{MessageRef, Route, Verdict};
