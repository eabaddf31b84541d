//! Shares the page's one thread: tasks run for a slice of time, then the page may draw and take input.
//!
//! A browser runs everything that is ready to go on before it looks at anything else, and the handshakes of several
//! connections are ready at once. So a task that is polled after the slice is used up waits for the next one, which
//! begins with a message that the client sends to itself: it comes after whatever the page has to do, and is not
//! delayed in the background as timers are.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{channel::oneshot, future::LocalBoxFuture};
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageChannel, MessagePort};

use crate::clock::{self, Instant};

/// A sixth of what a person notices; one poll may overrun it.
const LENGTH: Duration = Duration::from_millis(8);

thread_local! {
    static SLICE: RefCell<Slice> = RefCell::default();
}

/// The slice under way.
#[derive(Default)]
struct Slice {
    since: Option<Instant>,
    waiting: Vec<Waker>,
    doorbell: Option<Doorbell>,
}

/// Rings in a task of its own.
struct Doorbell {
    port: MessagePort,
    _channel: MessageChannel,
    _closure: Closure<dyn FnMut()>,
}

/// A task that keeps to slices.
pub(super) struct Sliced(pub(super) LocalBoxFuture<'static, ()>);

impl Future for Sliced {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if SLICE.with_borrow_mut(|slice| slice.is_used_up(cx.waker())) {
            return Poll::Pending;
        }
        self.0.as_mut().poll(cx)
    }
}

/// Lets other tasks run, and the page itself once the slice is used up; from inside or outside of a sliced task.
pub(crate) async fn breathe() {
    let mut waited = false;
    poll_fn(|cx| {
        if SLICE.with_borrow_mut(|slice| slice.is_used_up(cx.waker())) {
            return Poll::Pending;
        }
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs a task outside of slices: for what a browser takes back when its own next task begins, as it does with a
/// transaction of a database. `None` only if the thread ends first.
#[allow(clippy::disallowed_methods, reason = "this is the seam")]
pub(crate) async fn whole<T: 'static>(task: impl Future<Output = T> + 'static) -> Option<T> {
    let (done, outcome) = oneshot::channel();
    wasm_bindgen_futures::spawn_local(async move {
        // Nobody may be waiting any more.
        let _ = done.send(task.await);
    });
    outcome.await.ok()
}

impl Slice {
    /// Whether the task has to wait; it is then woken in the next slice.
    fn is_used_up(&mut self, waker: &Waker) -> bool {
        let now = clock::instant();
        match self.since {
            None => {
                // Without a doorbell there would be no next slice: then there is no end to this one.
                self.since = self.ring().then_some(now);
                false
            }
            Some(since) if now.saturating_duration_since(since) < LENGTH => false,
            Some(_) => {
                self.waiting.push(waker.clone());
                true
            }
        }
    }

    fn ring(&mut self) -> bool {
        if self.doorbell.is_none() {
            self.doorbell = Doorbell::new();
        }
        self.doorbell.as_ref().is_some_and(|bell| bell.port.post_message(&JsValue::NULL).is_ok())
    }
}

impl Doorbell {
    fn new() -> Option<Self> {
        let channel = MessageChannel::new().ok()?;
        let closure = Closure::<dyn FnMut()>::new(next);
        let heard = channel.port1();
        heard.set_onmessage(Some(closure.as_ref().unchecked_ref()));
        // Node.js would not end while it listens.
        if let Ok(unref) = Reflect::get(&heard, &JsValue::from_str("unref"))
            && let Some(unref) = unref.dyn_ref::<Function>()
        {
            let _ = unref.call0(&heard);
        }
        Some(Self { port: channel.port2(), _channel: channel, _closure: closure })
    }
}

/// Begins the next slice.
fn next() {
    let waiting = SLICE.with_borrow_mut(|slice| {
        slice.since = None;
        std::mem::take(&mut slice.waiting)
    });
    waiting.into_iter().for_each(Waker::wake);
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::executor::spawn;

    /// Burns the thread.
    fn work(length: Duration) {
        let since = clock::instant();
        while since.elapsed() < length {}
    }

    #[wasm_bindgen_test]
    async fn tasks_share_the_thread_with_the_page() {
        let (done, between) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        for _ in 0..20 {
            let done = Rc::clone(&done);
            spawn(async move {
                work(Duration::from_millis(5));
                done.set(done.get() + 1);
            });
        }
        // A timer is a task of the page's: it comes to its turn before all of the work is done.
        clock::sleep(Duration::from_millis(1)).await;
        between.set(done.get());
        while done.get() < 20 {
            breathe().await;
        }
        assert!(between.get() < 20, "the page had to wait for all");
    }
}
