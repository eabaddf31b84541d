//! `certificates` and `silent_third`.

use std::collections::{BTreeSet, HashSet};

use emotionalchain_node::consensus::replica::Commit;
use emotionalchain_shared::{
    chain::ChainSpec,
    consensus::ValidatorSet,
    crypto::Signature,
    light::{LightOptions, Trusted, Verdict, verify},
    primitives::{Address, TimeMs},
    wire::SignedHeader,
};

use super::{Checked, Violation, signatures::Signatures};

/// A light client that follows the chain, and the signatures that it has verified.
#[derive(Debug)]
pub struct Certificates {
    trusted: Trusted,
    options: LightOptions,
    verified: HashSet<[u8; Signature::LEN]>,
}

impl Certificates {
    /// It knows genesis.
    pub fn genesis(spec: &ChainSpec) -> Self {
        let trusted = Trusted::genesis(spec).unwrap();
        Self { trusted, options: LightOptions::of(spec.params()), verified: HashSet::new() }
    }

    /// Each node may hold another certificate for the same block: all must verify.
    ///
    /// # Errors
    /// `certificates`.
    pub fn check(&mut self, spec: &ChainSpec, commit: &Commit, set: &ValidatorSet) -> Checked {
        let certificate = &commit.certificate;
        let known =
            |vote: &emotionalchain_shared::consensus::Vote| self.verified.contains(vote.signature.as_bytes());
        certificate.verify_with(&spec.domain, set, known).map_err(|reason| {
            Violation::of("certificates", format!("height {}: {reason}", certificate.height))
        })?;
        // A signature says one thing only, so its bytes name the vote.
        self.verified.extend(certificate.signatures.iter().map(|one| *one.as_bytes()));
        Ok(())
    }

    /// The light client takes the step to this block.
    ///
    /// # Errors
    /// `certificates`.
    pub fn follow(
        &mut self,
        spec: &ChainSpec,
        commit: &Commit,
        set: &ValidatorSet,
        next: Option<ValidatorSet>,
        now: TimeMs,
    ) -> Checked {
        let signed =
            SignedHeader { header: commit.block.header.clone(), certificate: commit.certificate.clone() };
        let verdict = verify(spec, &self.options, &self.trusted, &signed, set, now);
        let height = signed.header.height;
        if verdict != Verdict::Success {
            return Err(Violation::of(
                "certificates",
                format!("height {height}: light client says {verdict:?}"),
            ));
        }
        let next = next.and_then(|next| Trusted::from_verified(&signed, next));
        self.trusted = next.ok_or_else(|| {
            Violation::of("certificates", format!("height {height} announces another set than state holds"))
        })?;
        Ok(())
    }

    /// A decision rests on precommits that were really sent. The guilty may hand theirs on in other ways.
    ///
    /// # Errors
    /// `silent_third`.
    pub fn silent(
        &self,
        signatures: &Signatures,
        byzantine: &[Address],
        commit: &Commit,
        set: &ValidatorSet,
    ) -> Checked {
        let certificate = &commit.certificate;
        let sent = signatures.precommits(certificate.height, certificate.round, certificate.block_id);
        let sent: BTreeSet<&Address> = sent.collect();
        let votes = certificate.votes(set).unwrap_or_default();
        let signed =
            votes.iter().filter(|vote| byzantine.contains(&vote.validator) || sent.contains(&vote.validator));
        let sent = signed.count();
        if sent < set.quorum() {
            let detail = format!(
                "height {} is final with precommits of {sent} of {} seats, a quorum is {}",
                certificate.height,
                set.len(),
                set.quorum()
            );
            return Err(Violation::of("silent_third", detail));
        }
        Ok(())
    }
}
