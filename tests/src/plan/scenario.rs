//! Families of plans.

use std::{fmt, str::FromStr};

use crate::byzantine::Kind;

/// What a plan is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Up to f Byzantine seats, crashes, partitions, bad networks, wrong clocks.
    Mixed,
    /// Nothing goes wrong; links without a limit.
    Clean,
    /// Nothing goes wrong; every node sends 100 Mbit/s at most.
    Wan,
    /// Crashes alone.
    Crashes,
    /// Partitions, loss, duplication and reordering alone.
    Network,
    /// f seats with one behaviour.
    Byzantine(Kind),
}

impl Scenario {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let own = [Self::Mixed, Self::Clean, Self::Wan, Self::Crashes, Self::Network];
        own.into_iter().chain(Kind::ALL.into_iter().map(Self::Byzantine)).collect()
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        match self {
            Self::Mixed => "mixed".into(),
            Self::Clean => "clean".into(),
            Self::Wan => "wan".into(),
            Self::Crashes => "crashes".into(),
            Self::Network => "network".into(),
            Self::Byzantine(kind) => kind.name().replace('_', "-"),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name())
    }
}

impl FromStr for Scenario {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::all().iter().map(|one| one.name()).collect::<Vec<_>>().join(", ");
        Self::all().into_iter().find(|one| one.name() == text).ok_or_else(|| format!("one of {}", names()))
    }
}
