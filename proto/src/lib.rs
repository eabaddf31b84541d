//! The wire format, package `emotionalchain.v1`, as generated from `proto/emotionalchain/v1/*.proto`.
//!
//! These types are transport only: nothing here is validated. Every other crate decodes them through
//! `emotionalchain_shared::wire`, which bounds, checks and converts them into the types of the protocol.

/// Package `emotionalchain.v1`.
#[allow(missing_docs, clippy::large_enum_variant, reason = "generated; the .proto files hold the comments")]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/emotionalchain.v1.rs"));
}
