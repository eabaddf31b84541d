//! The executor seam: where the client's tasks run. Everything of one client runs on one thread.

#[cfg(target_arch = "wasm32")]
mod slices;

use std::future::Future;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use imp::breathe;
#[cfg(target_arch = "wasm32")]
pub(crate) use slices::{breathe, whole};

use futures::future::LocalBoxFuture;

use crate::error::LightError;

/// Starts a task beside the one that calls.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    imp::spawn(Box::pin(future));
}

/// Runs what `make` gives on a thread where tasks can be started: the page's own, or a new one.
///
/// # Errors
/// [`LightError::Unsupported`] where there is no such thread to be had.
pub fn launch(make: impl FnOnce() -> LocalBoxFuture<'static, ()> + Send + 'static) -> Result<(), LightError> {
    imp::launch(make)
}

#[cfg(target_arch = "wasm32")]
#[allow(clippy::disallowed_methods, reason = "this is the seam")]
mod imp {
    use super::{LightError, LocalBoxFuture, slices::Sliced};

    pub(super) fn spawn(future: LocalBoxFuture<'static, ()>) {
        wasm_bindgen_futures::spawn_local(Sliced(future));
    }

    #[allow(clippy::unnecessary_wraps, reason = "as the other platform")]
    pub(super) fn launch(make: impl FnOnce() -> LocalBoxFuture<'static, ()>) -> Result<(), LightError> {
        spawn(make());
        Ok(())
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod imp {
    use tokio::{runtime::Builder, task::LocalSet};

    use super::{LightError, LocalBoxFuture};

    pub(super) fn spawn(future: LocalBoxFuture<'static, ()>) {
        tokio::task::spawn_local(future);
    }

    /// Lets other tasks run.
    pub(crate) async fn breathe() {
        tokio::task::yield_now().await;
    }

    pub(super) fn launch(
        make: impl FnOnce() -> LocalBoxFuture<'static, ()> + Send + 'static,
    ) -> Result<(), LightError> {
        let failed = |error: std::io::Error| LightError::Unsupported(error.to_string());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let body = move || LocalSet::new().block_on(&runtime, async move { make().await });
        std::thread::Builder::new().name("light-client".into()).spawn(body).map(drop).map_err(failed)
    }
}
