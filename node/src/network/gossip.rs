//! Topics, message ids, mesh and scoring.
//!
//! - **Ids are content hashes**: SHA-256(topic ‖ 0x00 ‖ data), alike in every implementation.
//! - **Messages are anonymous** (`from`, `seqno` and `signature` must be absent, "StrictNoSign" in JavaScript). All that
//!   counts is signed by consensus, device or account keys inside; a second signature would cost a check on every hop
//!   and would tell every listener which peer id speaks for which validator.
//! - **Nothing is forwarded before a verdict**; a message without one is ignored after [`GossipConfig::verdict_time`].
//! - **Votes do not wait for heartbeats**: own messages go at once to *every* peer subscribed to the topic
//!   (`flood_publish`), accepted ones at once to the whole mesh. Heartbeats only mend the mesh and fill gaps.
//! - **Mesh of 8 (6..=12)**: among 100 validators with 8–12 peers each that is nearly every link, three hops across
//!   (8³ > 100); IDONTWANT (over 1 kB) takes most of the duplicates of large messages back. At least three links of the
//!   mesh are dialled by this node, so that those who dial in cannot fill it.
//! - **Peers that speak floodsub alone are served**: they stand in no mesh and get every accepted message. The same ids,
//!   limits and verdicts hold for them; how many there can be, the connection limits bound.
//! - **The duplicate window equals the message cache**. Within it the same bytes are dropped unread; after it they pass
//!   again, which is what lets a validator repeat its vote to a network that was split. Applications answer `Ignore` to
//!   what is stale and `Accept` to what is still of use, so a repetition crosses the network at most once a window.
//!   Whoever must reach a returning peer at once sends to it directly.
//! - **Scores**: only rejected messages (−4·n², halved about every three minutes) and broken gossip rules lower them;
//!   five rejects graylist a peer and the host disconnects it. Missing deliveries are not punished, since a chain that
//!   waits is silent; nor shared addresses, which `devnet` has and which address limits are for; nor slow links, which
//!   the peer manager replaces. What a peer can earn is capped below the first reject's square, so good behaviour buys
//!   no room for bad.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use emotionalchain_shared::wire;
use libp2p::gossipsub::{
    self, IdentTopic, MessageAuthenticity, MessageId, PeerScoreParams, PeerScoreThresholds, TopicHash,
    TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
};
use prometheus_client::{encoding::EncodeLabelValue, registry::Registry};
use sha2::{Digest, Sha256};

use super::{
    emotional_protocol::ChainTag, error::NetworkError, network_config::GossipConfig,
    network_security::Traffic,
};

/// The gossip behaviour: no topic but ours is accepted, so that peers cannot fill tables with names.
pub type Gossip = gossipsub::Behaviour<gossipsub::IdentityTransform, WhitelistSubscriptionFilter>;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EncodeLabelValue)]
pub enum Topic {
    /// Proposals, prevotes, precommits and certificates.
    Consensus,
    /// Transactions.
    Transactions,
    /// Biometric proofs on their way to their validator.
    Proofs,
    /// Emotional votes on their way to a proposer.
    Votes,
}

/// Topic, framing and field numbers around a message.
const ENVELOPE: usize = 1024;
/// A message waits no longer for a slow peer: by then the round is over.
const PUBLISH_PATIENCE: Duration = Duration::from_secs(5);
const FORWARD_PATIENCE: Duration = Duration::from_secs(2);
/// Messages that wait for one peer. At 200 votes a height, several heights.
const PEER_QUEUE: usize = 1024;
/// Weight of the square of a peer's rejected messages.
const REJECT_WEIGHT: f64 = -4.0;
/// All that a peer can earn.
const SCORE_CAP: f64 = 3.0;
/// Below this a peer is neither heard nor kept: five rejects.
pub const GRAYLIST: f64 = -80.0;

impl Topic {
    /// All topics.
    pub const ALL: [Self; 4] = [Self::Consensus, Self::Transactions, Self::Proofs, Self::Votes];
    /// The largest message of any topic.
    pub const MAX_BYTES: usize = wire::MAX_CONSENSUS_MESSAGE;

    /// The name in protocol ids.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Transactions => "transactions",
            Self::Proofs => "proofs",
            Self::Votes => "votes",
        }
    }

    /// The largest message.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Consensus => wire::MAX_CONSENSUS_MESSAGE,
            Self::Transactions => wire::MAX_TRANSACTION_BATCH,
            Self::Proofs => wire::MAX_BIOMETRIC_PROOF,
            Self::Votes => wire::MAX_EMOTIONAL_VOTE,
        }
    }

    /// The budget that its messages take from.
    pub(super) const fn traffic(self) -> Traffic {
        match self {
            Self::Consensus => Traffic::Consensus,
            Self::Transactions => Traffic::Transactions,
            Self::Proofs => Traffic::Proofs,
            Self::Votes => Traffic::Votes,
        }
    }

    /// Signature checks that a message of so many bytes may cost before it is refused.
    pub(super) fn cost(self, bytes: usize) -> u64 {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match self {
            // A vote, or a proposal whose transactions are verified by their own.
            Self::Consensus => 1,
            // The smallest transfer has about 160 bytes.
            Self::Transactions => bytes.div_ceil(160),
            Self::Proofs => 1,
            // The outer signature, and the proof's.
            Self::Votes => 2,
        }
    }

    /// The number in direct messages.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Consensus => 0,
            Self::Transactions => 1,
            Self::Proofs => 2,
            Self::Votes => 3,
        }
    }

    pub(super) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.number() == number)
    }

    /// The topic as gossip knows it: `/emotionalchain/<tag>/<name>/1`.
    pub fn ident(self, chain: &ChainTag) -> IdentTopic {
        IdentTopic::new(chain.name(self.name(), wire::VersionRange::SUPPORTED.max()))
    }
}

/// Topics by the name on the wire.
pub fn topic_names(chain: &ChainTag) -> HashMap<TopicHash, Topic> {
    Topic::ALL.into_iter().map(|topic| (topic.ident(chain).hash(), topic)).collect()
}

/// SHA-256(topic ‖ 0x00 ‖ data).
pub fn message_id(topic: &str, data: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(topic).chain_update([0]).chain_update(data).finalize().into()
}

/// The gossip behaviour, subscribed to all topics.
///
/// # Errors
/// [`NetworkError::Gossip`] when parameters contradict each other.
pub fn build(
    config: &GossipConfig,
    chain: &ChainTag,
    registry: &mut Registry,
) -> Result<Gossip, NetworkError> {
    let names: HashSet<TopicHash> = topic_names(chain).into_keys().collect();
    let mut gossip = Gossip::new_with_subscription_filter(
        MessageAuthenticity::Anonymous,
        parameters(config, chain)?,
        WhitelistSubscriptionFilter(names),
    )
    .map_err(failed)?
    .with_metrics(registry, gossipsub::MetricsConfig::default());
    gossip.with_peer_score(score(chain), thresholds()).map_err(failed)?;
    for topic in Topic::ALL {
        gossip.subscribe(&topic.ident(chain)).map_err(failed)?;
    }
    Ok(gossip)
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> NetworkError {
    NetworkError::Gossip(error.into())
}

fn parameters(config: &GossipConfig, chain: &ChainTag) -> Result<gossipsub::Config, NetworkError> {
    let mut builder = gossipsub::ConfigBuilder::default();
    builder
        .heartbeat_interval(config.heartbeat())
        .heartbeat_initial_delay(config.heartbeat())
        .history_length(config.history)
        .history_gossip(config.history.min(3))
        .duplicate_cache_time(config.verdict_time())
        .mesh_n(config.mesh)
        .mesh_n_low(config.mesh_low)
        .mesh_n_high(config.mesh_high)
        .mesh_outbound_min(config.mesh_outbound)
        .flood_publish(true)
        .support_floodsub()
        .validate_messages()
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(|message| MessageId::from(message_id(message.topic.as_str(), &message.data).to_vec()))
        .connection_handler_queue_len(PEER_QUEUE)
        .publish_queue_duration(PUBLISH_PATIENCE)
        .forward_queue_duration(FORWARD_PATIENCE)
        .max_transmit_size(Topic::MAX_BYTES.saturating_add(ENVELOPE));
    for topic in Topic::ALL {
        builder.max_transmit_size_for_topic(topic.max_bytes(), topic.ident(chain).hash());
    }
    builder.build().map_err(failed)
}

fn score(chain: &ChainTag) -> PeerScoreParams {
    let topic = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 100.0,
        first_message_deliveries_weight: 0.02,
        first_message_deliveries_decay: gossipsub::score_parameter_decay(Duration::from_secs(60)),
        first_message_deliveries_cap: 50.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: REJECT_WEIGHT,
        invalid_message_deliveries_decay: gossipsub::score_parameter_decay(Duration::from_secs(600)),
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: Topic::ALL.into_iter().map(|name| (name.ident(chain).hash(), topic.clone())).collect(),
        topic_score_cap: SCORE_CAP,
        ip_colocation_factor_weight: 0.0,
        // Above six broken promises in a few seconds: fewer happen to honest peers under load.
        behaviour_penalty_threshold: 6.0,
        slow_peer_weight: 0.0,
        ..PeerScoreParams::default()
    }
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -10.0,
        publish_threshold: -50.0,
        graylist_threshold: GRAYLIST,
        accept_px_threshold: 10.0,
        opportunistic_graft_threshold: 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emotionalchain_shared::primitives::Hash;

    #[test]
    fn ids_bind_topic_and_content() {
        let id = message_id("/a/1", b"0");
        assert_eq!(id, <[u8; 32]>::from(Sha256::digest(b"/a/1\x000")));
        assert_ne!(id, message_id("/a/10", b""));
        assert_ne!(id, message_id("/b/1", b"0"));
    }

    #[test]
    fn parameters_build() {
        let chain = ChainTag::from_hash(Hash::new([3; 32]));
        build(&GossipConfig::default(), &chain, &mut Registry::default()).unwrap();
        assert_eq!(Topic::Votes.ident(&chain).to_string(), "/emotionalchain/0303030303030303/votes/1");
    }

    #[test]
    fn numbers_name_topics() {
        for topic in Topic::ALL {
            assert_eq!(Topic::from_number(topic.number()), Some(topic));
            assert!(topic.max_bytes() <= Topic::MAX_BYTES);
        }
        assert_eq!(Topic::from_number(4), None);
    }
}
