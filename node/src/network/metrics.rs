//! What the host counts. Bytes on the wire by transport and the mesh's own figures (duplicates among them) are counted
//! by libp2p in the same registry, under `libp2p_` and `gossip_`.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::gossip::Topic;

/// A label of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TopicLabel {
    /// The topic.
    pub topic: Topic,
}

/// A label of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabel {
    /// The outcome.
    pub outcome: Outcome,
}

/// How a message or request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Outcome {
    /// Accepted, answered, published.
    Accepted,
    /// Ignored by the application.
    Ignored,
    /// Rejected by the application.
    Rejected,
    /// Ignored because the application's queue or the table of unjudged messages was full.
    Overflowed,
    /// Ignored because no verdict came in time, or the verdict came too late to have an effect.
    Expired,
    /// Not sent: the same bytes were sent a moment ago.
    Duplicate,
    /// Not sent: nobody is subscribed.
    Unheard,
    /// Failed on the way.
    Failed,
}

/// A label of one reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReasonLabel {
    /// The reason.
    pub reason: Reason,
}

/// Why the host closed the connections of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Reason {
    /// It follows another chain, or none.
    OtherChain,
    /// It did not say who it is.
    Unidentified,
    /// It does not answer pings.
    Silent,
    /// Its score fell too low.
    Graylisted,
    /// It came back as a new process while the old connection seemed to stand.
    Restarted,
    /// It is refused for an earlier fault.
    Refused,
    /// The application asked for it.
    Asked,
    /// All slots are taken.
    Full,
    /// A fresh peer takes its slot.
    Rotated,
    /// A peer with a better line takes its slot.
    Slow,
    /// It is banned.
    Banned,
}

/// A detector by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DetectorLabel {
    /// The name.
    pub detector: &'static str,
}

/// Counters of the host.
#[derive(Clone, Debug, Default)]
pub struct NetworkMetrics {
    /// Bytes of messages received first, by topic.
    pub received: Family<TopicLabel, Counter>,
    /// Bytes of own messages published, by topic.
    pub published: Family<TopicLabel, Counter>,
    /// Messages received, by verdict.
    pub verdicts: Family<OutcomeLabel, Counter>,
    /// Own messages, by what became of them.
    pub publications: Family<OutcomeLabel, Counter>,
    /// Own requests, by what became of them.
    pub requests: Family<OutcomeLabel, Counter>,
    /// Requests of others, by what became of them.
    pub served: Family<OutcomeLabel, Counter>,
    /// Peers disconnected, by reason.
    pub disconnections: Family<ReasonLabel, Counter>,
    /// Bans passed.
    pub bans: Counter,
    /// What the detectors of attacks have said.
    pub detections: Family<DetectorLabel, Gauge>,
    /// Dials begun.
    pub dials: Counter,
    /// Events dropped because the application's queue was full.
    pub lost_events: Counter,
    /// Connected peers.
    pub peers: Gauge,
    /// Messages that wait for a verdict.
    pub unjudged: Gauge,
}

impl NetworkMetrics {
    /// Counters at zero, shown by the registry.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let all = registry.sub_registry_with_prefix("network");
        all.register_with_unit("received", "Messages received first", Unit::Bytes, metrics.received.clone());
        all.register_with_unit("published", "Own messages published", Unit::Bytes, metrics.published.clone());
        all.register("verdicts", "Messages received, by verdict", metrics.verdicts.clone());
        all.register("publications", "Own messages, by outcome", metrics.publications.clone());
        all.register("requests", "Own requests, by outcome", metrics.requests.clone());
        all.register("served", "Requests of others, by outcome", metrics.served.clone());
        all.register("disconnections", "Peers disconnected, by reason", metrics.disconnections.clone());
        all.register("bans", "Bans passed", metrics.bans.clone());
        all.register("detections", "What the detectors of attacks have said", metrics.detections.clone());
        all.register("dials", "Dials begun", metrics.dials.clone());
        all.register(
            "lost_events",
            "Events dropped: the application's queue was full",
            metrics.lost_events.clone(),
        );
        all.register("peers", "Connected peers", metrics.peers.clone());
        all.register("unjudged", "Messages that wait for a verdict", metrics.unjudged.clone());
        metrics
    }

    pub(super) fn verdict(&self, outcome: Outcome) {
        self.verdicts.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(super) fn publication(&self, outcome: Outcome) {
        self.publications.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(super) fn request(&self, outcome: Outcome) {
        self.requests.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(super) fn serve(&self, outcome: Outcome) {
        self.served.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(super) fn detection(&self, detector: &'static str, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.detections.get_or_create(&DetectorLabel { detector }).set(count);
    }

    pub(super) fn disconnection(&self, reason: Reason) {
        self.disconnections.get_or_create(&ReasonLabel { reason }).inc();
    }

    pub(super) fn bytes_in(&self, topic: Topic, bytes: usize) {
        self.received.get_or_create(&TopicLabel { topic }).inc_by(bytes as u64);
    }

    pub(super) fn bytes_out(&self, topic: Topic, bytes: usize) {
        self.published.get_or_create(&TopicLabel { topic }).inc_by(bytes as u64);
    }
}
