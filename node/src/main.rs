//! The `emotionalchain` binary.
fn main() {}
