//! Headers that no validator built, and signatures under them.

use emotionalchain_shared::{
    chain::{ChainSpec, Header},
    consensus::{CommitCertificate, ValidatorSet, Vote, VoteKind},
    crypto::{SecretKey, SignDomain},
    primitives::{Hash, Round},
    wire::SignedHeader,
};

use crate::lie::{Truth, other};

/// A block that would follow on the newest one, made up as well as it can be without its content: it comes before
/// any true one of its height, so that it is judged for itself.
pub fn next_header(spec: &ChainSpec, truth: &Truth) -> Option<Header> {
    let head = &truth.update.head;
    let parent = &head.header;
    let time = parent.time.saturating_add(spec.params().block_interval_ms);
    Some(Header {
        height: parent.height.next()?,
        time,
        epoch: spec.epoch_of(time),
        parent_id: parent.id(),
        last_commit_hash: head.certificate.hash(),
        state_root: other(&parent.state_root),
        validators_root: parent.next_validators_root,
        next_validators_root: parent.next_validators_root,
        epoch_summary_root: Hash::default(),
        ..parent.clone()
    })
}

/// A precommit for a header.
pub fn precommit(domain: &SignDomain, key: &SecretKey, round: Round, header: &Header) -> Vote {
    Vote::sign(domain, key, VoteKind::Precommit, header.height, round, Some(header.id()))
}

/// The header with a certificate of those keys that have a seat; `None` if they are no quorum.
pub fn certify(
    domain: &SignDomain,
    keys: &[SecretKey],
    set: &ValidatorSet,
    round: Round,
    header: Header,
) -> Option<SignedHeader> {
    let seated = keys.iter().filter(|key| set.contains(&key.public().address()));
    let votes: Vec<Vote> =
        seated.take(set.quorum()).map(|key| precommit(domain, key, round, &header)).collect();
    let certificate = CommitCertificate::from_votes(set, header.height, round, header.id(), &votes).ok()?;
    Some(SignedHeader { header, certificate })
}
