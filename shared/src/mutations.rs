//! Deliberate faults of the ledger (feature `mutations`), as those of the engine are in `consensus::engine`: each takes
//! away one defence, on this thread, until it is put back. Without the feature nothing of this exists.

use std::cell::Cell;

/// A defence that can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defence {
    /// The bound on seats that change at a close.
    Churn,
    /// That a header's results are those of execution.
    Results,
    /// That a biometric proof is fresh and its statement recomputes.
    Proofs,
}

thread_local! {
    static GONE: Cell<Option<Defence>> = const { Cell::new(None) };
}

/// Takes a defence away, or puts it back; returns the one that was gone before.
pub fn take_away(defence: Option<Defence>) -> Option<Defence> {
    GONE.replace(defence)
}

pub(crate) fn is_gone(defence: Defence) -> bool {
    GONE.get() == Some(defence)
}
