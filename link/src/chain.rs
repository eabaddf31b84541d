//! Protocol names, topics and greetings of a chain (protocol §3): peers of two chains share none.

use std::io;

use emotionalchain_shared::{
    primitives::{ChainId, Hash, hash_pair},
    wire::{self, ProtocolVersion, VersionRange},
};
use libp2p::StreamProtocol;

/// Which chain: part of every protocol name, topic and greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainTag(Hash);

/// What a peer's greeting says of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainClaim {
    /// Ours, in a version that both speak.
    Ours,
    /// Another chain, or no common version of ours.
    Other,
    /// Nothing: software of another kind.
    Silent,
}

const GREETING: &str = "emotionalchain/";

impl ChainTag {
    /// The tag of a chain: SHA-256(chain id ‖ genesis hash).
    pub fn new(chain_id: &ChainId, genesis: &Hash) -> Self {
        Self(hash_pair(chain_id.as_str().as_bytes(), genesis.as_bytes()))
    }

    /// Wraps a tag computed elsewhere.
    pub const fn from_hash(tag: Hash) -> Self {
        Self(tag)
    }

    /// The name of one of the chain's protocols or topics.
    pub fn name(&self, name: &str, version: ProtocolVersion) -> String {
        wire::protocol_id(&self.0, name, version)
    }

    /// The prefix of all of them.
    pub fn prefix(&self) -> String {
        let mut prefix = self.name("", 1);
        prefix.truncate(prefix.trim_end_matches("/1").len());
        prefix
    }

    /// What identify tells a peer: `emotionalchain/<tag>/<lowest>-<highest version>`.
    pub fn greeting(&self) -> String {
        let range = VersionRange::SUPPORTED;
        format!("{GREETING}{}/{}-{}", self.short(), range.min(), range.max())
    }

    /// Reads a peer's greeting.
    pub fn judge(&self, greeting: &str) -> ChainClaim {
        let Some(rest) = greeting.strip_prefix(GREETING) else { return ChainClaim::Silent };
        let common =
            rest.split_once('/').filter(|(tag, _)| *tag == self.short()).and_then(|(_, versions)| {
                let (min, max) = versions.split_once('-')?;
                let theirs = VersionRange::new(min.parse().ok()?, max.parse().ok()?).ok()?;
                wire::negotiate(VersionRange::SUPPORTED, theirs).ok()
            });
        if common.is_some() { ChainClaim::Ours } else { ChainClaim::Other }
    }

    fn short(&self) -> String {
        self.0.to_string().chars().take(16).collect()
    }

    /// A protocol name as libp2p wants it.
    ///
    /// # Errors
    /// Never: ours always begin with a slash, which is all that libp2p asks for.
    pub fn protocol(&self, name: &str) -> io::Result<StreamProtocol> {
        let version = VersionRange::SUPPORTED.max();
        StreamProtocol::try_from_owned(self.name(name, version)).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(byte: u8) -> ChainTag {
        ChainTag::from_hash(Hash::new([byte; 32]))
    }

    #[test]
    fn names_carry_the_chain() {
        assert_eq!(tag(0xab).name("sync", 1), "/emotionalchain/abababababababab/sync/1");
        assert_eq!(tag(0xab).prefix(), "/emotionalchain/abababababababab/");
        assert_eq!(tag(0xab).greeting(), "emotionalchain/abababababababab/1-1");
        assert_ne!(
            ChainTag::new(&"a".parse().unwrap(), &Hash::new([1; 32])),
            ChainTag::new(&"a".parse().unwrap(), &Hash::new([2; 32]))
        );
    }

    #[test]
    fn greetings_are_judged() {
        let ours = tag(1);
        assert_eq!(ours.judge(&ours.greeting()), ChainClaim::Ours);
        assert_eq!(ours.judge("emotionalchain/0101010101010101/1-7"), ChainClaim::Ours);
        assert_eq!(ours.judge("emotionalchain/0101010101010101/2-7"), ChainClaim::Other);
        assert_eq!(ours.judge(&tag(2).greeting()), ChainClaim::Other);
        for odd in
            ["emotionalchain/", "emotionalchain/0101010101010101", "emotionalchain/0101010101010101/x-y"]
        {
            assert_eq!(ours.judge(odd), ChainClaim::Other);
        }
        assert_eq!(ours.judge("ipfs/0.1.0"), ChainClaim::Silent);
        assert_eq!(ours.judge(""), ChainClaim::Silent);
    }
}
