//! `AbortSignal`: a call that is aborted is dropped.

use futures::{
    channel::oneshot,
    future::{Either, LocalBoxFuture, select},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::AbortSignal;

use crate::error::LightError;

/// Listens for as long as it lives.
struct Listener {
    signal: AbortSignal,
    closure: Closure<dyn FnMut()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        // An error means that it was never added.
        let _ =
            self.signal.remove_event_listener_with_callback("abort", self.closure.as_ref().unchecked_ref());
    }
}

/// The call's outcome, or [`LightError::Aborted`].
pub(super) async fn abortable<T>(
    signal: Option<AbortSignal>,
    call: LocalBoxFuture<'static, Result<T, LightError>>,
) -> Result<T, LightError> {
    let Some(signal) = signal else { return call.await };
    if signal.aborted() {
        return Err(LightError::Aborted);
    }
    let (abort, aborted) = oneshot::channel::<()>();
    let mut abort = Some(abort);
    let closure = Closure::new(move || drop(abort.take()));
    signal
        .add_event_listener_with_callback("abort", closure.as_ref().unchecked_ref())
        .map_err(|_| LightError::Config("signal", "it takes no listener".into()))?;
    let _listener = Listener { signal, closure };
    match select(call, aborted).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(LightError::Aborted),
    }
}
