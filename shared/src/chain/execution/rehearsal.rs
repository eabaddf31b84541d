//! A transaction on trial.

use super::{BlockPlace, ChainSpec, Execution, NothingSeen, TransactionRefusal};
use crate::{
    chain::{
        Transaction,
        state::{Globals, Overlay, StateKey, StateRead},
    },
    epoch::Schedule,
    primitives::{Address, BlockId, Hash, Round},
};

impl Execution<'_> {
    /// What a transaction would come to in a block of round 0 right after the parent, were it alone there: tells who
    /// hands it in what a block would only drop in silence. Nothing is changed.
    ///
    /// # Errors
    /// [`TransactionRefusal`].
    pub fn rehearse(
        spec: &ChainSpec,
        base: &dyn StateRead,
        transaction: &Transaction,
    ) -> Result<(), TransactionRefusal> {
        let state = Overlay::new(base);
        let parent: Globals = state.require(StateKey::Globals)?;
        let schedule: Schedule = state.require(StateKey::Schedule)?;
        let (height, build_round) = (parent.height.next().unwrap_or(parent.height), Round::ZERO);
        let proposer = schedule.proposer(height, build_round).unwrap_or(Address::new([0; Address::LEN]));
        let time = parent.time.saturating_add(1);
        let place = BlockPlace {
            height,
            build_round,
            time,
            parent_id: BlockId::new(Hash::default()),
            proposer,
            reveal: Hash::default(),
        };
        let mut alone = Execution {
            spec,
            seen: &NothingSeen,
            signing_set: state.require(StateKey::Set(parent.next_set))?,
            state,
            place,
            epoch: spec.epoch_of(time),
            globals: parent.clone(),
            parent,
            summary: None,
            votes: 0,
        };
        alone.apply_transaction(transaction)
    }
}
