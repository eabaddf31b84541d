//! The settings of [`Security`](super::Security); their ranges are checked with the rest of the configuration.

use serde::{Deserialize, Serialize};

use super::{budgets::BudgetConfig, gate::GateConfig};

/// All settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityConfig {
    /// Messages.
    pub budgets: BudgetConfig,
    /// Connections.
    pub gate: GateConfig,
    /// Peer ids an hour that the routing table takes from one subnet; 4 to 4,096.
    pub ids_per_hour: u32,
}

impl Default for SecurityConfig {
    fn default() -> Self {
        Self { budgets: BudgetConfig::default(), gate: GateConfig::default(), ids_per_hour: 32 }
    }
}
