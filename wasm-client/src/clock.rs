//! The clock seam: `web-time` and `futures-timer` are the system's clock natively and the page's in a browser.

#![allow(clippy::disallowed_methods, reason = "this is the seam")]

use std::{future::Future, time::Duration};

use emotionalchain_shared::primitives::TimeMs;
use futures::future::{Either, select};
use futures_timer::Delay;
pub use web_time::Instant;
use web_time::{SystemTime, UNIX_EPOCH};

/// Wall clock in unix milliseconds.
pub fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimeMs::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A clock that never goes back.
pub fn instant() -> Instant {
    Instant::now()
}

/// Waits.
pub async fn sleep(length: Duration) {
    Delay::new(length).await;
}

/// The future's result, or nothing if it takes longer; it is then dropped.
pub async fn within<F: Future>(length: Duration, future: F) -> Option<F::Output> {
    let future = std::pin::pin!(future);
    match select(future, Delay::new(length)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
