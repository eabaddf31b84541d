//! Simulator and scenarios.
