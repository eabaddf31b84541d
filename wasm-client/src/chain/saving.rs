//! Saving what is trusted.

use std::time::Duration;

use emotionalchain_shared::{light::Snapshot, primitives::Height};

use super::Chain;
use crate::{clock, views::ErrorView};

/// Between two saves.
const SAVE: Duration = Duration::from_secs(5);

impl Chain {
    pub(super) fn snapshot(&self) -> Option<Vec<u8>> {
        let trusted = self.trusted.clone().filter(|_| !self.halted())?;
        let addresses = self.parts.network.borrow().addresses.clone();
        Some(Snapshot::new(trusted, self.signed.clone(), addresses).encode(&self.parts.spec))
    }

    pub(super) async fn save(&mut self, last: bool) {
        let Some(height) = self.trusted.as_ref().map(|trusted| trusted.height) else { return };
        let now = clock::instant();
        let due = match &self.saved {
            None => height > Height::ZERO,
            Some((saved, _)) if *saved == height => false,
            Some((_, then)) => last || now.saturating_duration_since(*then) >= SAVE,
        };
        let Some(bytes) = self.snapshot().filter(|_| due) else { return };
        self.saved = Some((height, now));
        let saved = self.parts.store.save(&self.parts.record, height.get(), bytes).await;
        let error = saved.err().map(|error| ErrorView { code: error.code().0, message: error.to_string() });
        // The client goes on without; a later save that works takes the error away.
        self.parts.view.send_if_modified(|view| {
            let changed = view.halted.is_none() && view.error != error;
            if changed {
                view.error = error;
            }
            changed
        });
    }
}
