//! What the chain of this node does, in figures: enough to be woken when it stands still.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::NodeStatus;

/// Bounds of finality in milliseconds, from loopback to several rounds.
const FINALITY_MS: [f64; 10] = [10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0];

/// The figures.
#[derive(Debug)]
pub(super) struct NodeMetrics {
    height: Gauge,
    epoch: Gauge,
    round: Gauge,
    seats: Gauge,
    voting: Gauge,
    mempool: Gauge,
    quiet_ms: Gauge,
    stalled: Gauge,
    transactions: Counter,
    finality_ms: Histogram,
}

impl NodeMetrics {
    /// Registers them under their names.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            height: Gauge::default(),
            epoch: Gauge::default(),
            round: Gauge::default(),
            seats: Gauge::default(),
            voting: Gauge::default(),
            mempool: Gauge::default(),
            quiet_ms: Gauge::default(),
            stalled: Gauge::default(),
            transactions: Counter::default(),
            finality_ms: Histogram::new(FINALITY_MS),
        };
        let gauges = [
            ("height", "Newest final block", &metrics.height),
            ("epoch", "Epoch of that block", &metrics.epoch),
            ("round", "Round of the height in progress", &metrics.round),
            ("seats", "Seats that decide the next height", &metrics.seats),
            ("voting", "1 while this node has a seat", &metrics.voting),
            ("mempool_transactions", "Transactions that wait", &metrics.mempool),
            ("quiet_milliseconds", "Time since a block became final here", &metrics.quiet_ms),
            ("stalled", "1 while no quorum is within reach", &metrics.stalled),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        registry.register("transactions", "Transactions in final blocks", metrics.transactions.clone());
        let help = "From a block's time to its decision here, milliseconds";
        registry.register("finality_milliseconds", help, metrics.finality_ms.clone());
        metrics
    }

    pub(super) fn update(&self, status: &NodeStatus) {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.height.set(number(status.height.get()));
        self.epoch.set(number(status.epoch.get()));
        self.round.set(status.round.into());
        self.seats.set(count(status.seats));
        self.voting.set(status.voting.into());
        self.mempool.set(count(status.mempool));
        self.quiet_ms.set(number(status.quiet_ms));
        self.stalled.set(status.stalled.into());
    }

    pub(super) fn committed(&self, transactions: usize, finality_ms: u64) {
        self.transactions.inc_by(u64::try_from(transactions).unwrap_or(u64::MAX));
        // Far below where an f64 begins to round.
        self.finality_ms.observe(u32::try_from(finality_ms).unwrap_or(u32::MAX).into());
    }
}
