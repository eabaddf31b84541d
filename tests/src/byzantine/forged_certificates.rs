//! To each vote come certificates that are none: one signer in all places, one vote counted many times, bits beyond the
//! set. To those who sync it serves blocks under such certificates.
//!
//! Defence: weight is counted over distinct members, each signature verified.

use emotionalchain_shared::{
    chain::Block,
    consensus::{
        CommitCertificate, PolkaCertificate, RoundCertificate, Signers, ValidatorSet, Vote, VoteKind,
    },
    primitives::BlockId,
    wire::ConsensusMessage,
};

use super::{Behaviour, Said, Seat, To, as_it_is};
use crate::world::Payload;

/// See the module.
#[derive(Debug, Default)]
pub struct ForgedCertificates {
    fired: u64,
}

/// All seats signed, it says; the one signature is the liar's.
fn signers(seat: &mut Seat<'_>, set: &ValidatorSet) -> (Signers, usize) {
    let stray = usize::from(seat.rng.chance(300));
    (Signers::from_indices(set.len() + stray, 0..set.len() + stray), set.len() + stray)
}

impl Behaviour for ForgedCertificates {
    fn send(&mut self, seat: &mut Seat<'_>, message: ConsensusMessage) -> Vec<Said> {
        let mut said = Vec::new();
        if let (ConsensusMessage::Vote(vote), Some(set)) = (&message, seat.set)
            && vote.validator == seat.address
        {
            let block_id = BlockId::new(emotionalchain_shared::primitives::hash_bytes(&seat.rng.bytes()));
            let (kind, height, round) = (VoteKind::Prevote, vote.height, vote.round);
            let own = Vote::sign(&seat.spec.domain, seat.key, kind, height, round, Some(block_id));
            let (signers, count) = signers(seat, set);
            let signatures = vec![own.signature; count];
            let polka = PolkaCertificate { height, round, block_id, signers, signatures };
            let votes = vec![vote.clone(); set.quorum()];
            let twice =
                RoundCertificate { height, round, precommit: vote.kind == VoteKind::Precommit, votes };
            self.fired += 2;
            said.push((To::All, Payload::Consensus(ConsensusMessage::Polka(polka))));
            said.push((To::All, Payload::Consensus(ConsensusMessage::Round(twice))));
        }
        said.extend(as_it_is(message));
        said
    }

    fn serve(
        &mut self,
        seat: &mut Seat<'_>,
        blocks: Vec<(Block, CommitCertificate)>,
    ) -> Vec<(Block, CommitCertificate)> {
        let Some(set) = seat.set else { return blocks };
        let mut forged = Vec::new();
        for (mut block, mut certificate) in blocks {
            block.header.time = block.header.time.saturating_add(1);
            let id = block.id();
            let (height, round) = (certificate.height, certificate.round);
            let own = Vote::sign(&seat.spec.domain, seat.key, VoteKind::Precommit, height, round, Some(id));
            let (signers, count) = signers(seat, set);
            certificate.block_id = id;
            certificate.signers = signers;
            certificate.signatures = vec![own.signature; count];
            self.fired += 1;
            forged.push((block, certificate));
        }
        forged
    }

    fn fired(&self) -> u64 {
        self.fired
    }
}
