//! Step 6: convictions (protocol §7).
//!
//! Evidence counts once a validator, for `evidence_ms` of block time, whether the accused has a seat or not. A
//! convicted validator loses `slash` of its bond, which is burned, and is tombstoned: it never sits again.

use crate::{
    chain::{
        execution::{EvidenceRefusal, Execution},
        state::{Finalised, StateKey, Validator},
    },
    consensus::{Evidence, EvidenceError, ValidatorSet},
    primitives::{Address, Amount},
};

impl Execution<'_> {
    pub(super) fn apply_evidence(&mut self, evidence: &Evidence) -> Result<(), EvidenceRefusal> {
        let height = evidence.height();
        let record: Option<Finalised> = self.state.read(StateKey::Finalised(height))?;
        // A violation at the very height under decision has no record yet and is as fresh as can be.
        let fresh = match &record {
            Some(one) => self.place.time.since(one.time) <= self.spec.params().evidence_ms,
            None => height == self.place.height,
        };
        if !fresh {
            return Err(EvidenceRefusal::Age(height));
        }
        let guilty = match evidence.accused() {
            Some(address) => {
                let accused: Validator =
                    self.state.read(StateKey::Validator(address))?.ok_or(EvidenceError::Unknown)?;
                evidence.verify_duplicate(&self.spec.domain, &accused.key)?;
                vec![address]
            }
            None => {
                let record = record.ok_or(EvidenceRefusal::Age(height))?;
                let set: ValidatorSet = self.state.require(StateKey::Set(record.set))?;
                evidence.verify_conflict(&self.spec.domain, &set, &record.id)?
            }
        };
        let mut convicted = false;
        for address in guilty {
            convicted |= self.convict(address)?;
        }
        if convicted { Ok(()) } else { Err(EvidenceRefusal::Convicted) }
    }

    /// Burns and tombstones; false if that happened before.
    fn convict(&mut self, address: Address) -> Result<bool, EvidenceRefusal> {
        let key = StateKey::Validator(address);
        let mut validator: Validator = self.state.require(key)?;
        if validator.tombstoned {
            return Ok(false);
        }
        let share = u64::from(self.spec.params().slash.get());
        let burned = validator.bond.mul_div(share, 10_000).unwrap_or(Amount::ZERO);
        validator.bond = validator.bond.checked_sub(burned).unwrap_or_default();
        validator.tombstoned = true;
        self.globals.burned = self.globals.burned.checked_add(burned).unwrap_or(self.globals.burned);
        self.globals.supply = self.globals.supply.checked_sub(burned).unwrap_or_default();
        self.state.write(key, &validator);
        Ok(true)
    }
}
