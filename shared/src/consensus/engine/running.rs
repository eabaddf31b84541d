//! The height in progress, and what stays of the one before.

use malachite::{Params, State, ThresholdParams, ValuePayload};
use malachite_types as mt;

use crate::{
    consensus::engine::{
        ballots::Ballots,
        bodies::Bodies,
        context::{Seats, Tendermint},
        convert::round_out,
        decided::Decided,
    },
    primitives::{Address, BlockId, Height, Round, TimeMs},
};

/// The height in progress, or decided and waiting for the next.
pub(super) struct Running {
    pub(super) seats: Seats,
    pub(super) state: State<Tendermint>,
    pub(super) ballots: Ballots,
    pub(super) bodies: Bodies,
    pub(super) decided: Option<Decided>,
    /// When the current round began.
    pub(super) since: TimeMs,
}

/// A decided height whose last words may still come.
pub(super) struct Closed {
    pub(super) seats: Seats,
    pub(super) ballots: Ballots,
    pub(super) decided: Decided,
}

impl Running {
    pub(super) fn new(
        now: TimeMs,
        height: Height,
        seats: Seats,
        me: Option<Address>,
        thresholds: ThresholdParams,
        signs: bool,
    ) -> Self {
        let params = Params {
            // Without a key nothing is signed, so the address is never looked at.
            address: me.unwrap_or(Address::new([0; Address::LEN])),
            threshold_params: thresholds,
            value_payload: ValuePayload::ProposalAndParts,
            enabled: signs,
        };
        // Early messages wait outside, so the queue inside stays empty.
        let state = State::new(Tendermint, height, seats.clone(), params, 0, 0);
        Self {
            seats,
            state,
            ballots: Ballots::default(),
            bodies: Bodies::default(),
            decided: None,
            since: now,
        }
    }

    pub(super) fn height(&self) -> Height {
        self.state.height()
    }

    pub(super) fn round(&self) -> Round {
        round_out(self.state.round()).unwrap_or_default()
    }

    /// What is kept when the next height starts; nothing if this one was left undecided.
    pub(super) fn close(self) -> Option<Closed> {
        let Self { seats, ballots, decided, .. } = self;
        decided.map(|decided| Closed { seats, ballots, decided })
    }

    /// Whether a quorum voted for a block in any round.
    pub(super) fn certified(&self, block_id: BlockId) -> bool {
        let driver = &self.state.driver;
        let votes = driver.votes();
        let quorum = |round, kind| votes.is_threshold_met(round, kind, mt::Threshold::Value(block_id));
        driver.polka_certificates().iter().any(|certificate| certificate.value_id == block_id)
            || votes
                .all_rounds()
                .keys()
                .any(|round| quorum(round, mt::VoteType::Prevote) || quorum(round, mt::VoteType::Precommit))
    }

    /// Whether a quorum of prevotes for a block in a round is known.
    pub(super) fn has_polka(&self, round: mt::Round, block_id: &BlockId) -> bool {
        self.state.polka_certificate(round, block_id).is_some()
    }

    /// Proposed blocks without a verdict, and where to look for them.
    pub(super) fn awaiting(&self) -> Vec<(Round, BlockId)> {
        let proposals = self.ballots.all_proposals();
        let unknown = proposals.filter(|proposal| !self.bodies.knows(&proposal.block_id));
        unknown.map(|proposal| (proposal.round, proposal.block_id)).collect()
    }
}
