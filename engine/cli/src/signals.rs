//! Ctrl-C, and the request to end: the first is polite, the second is not.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use dr_run::Cancel;
use tokio::sync::Notify;

use crate::ui::Ui;

/// What a signal stops.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    cancel: Mutex<Option<Cancel>>,
    given: Notify,
}

impl Signals {
    /// From now on, signals stop this.
    pub(crate) fn stop(&self, cancel: &Cancel) {
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = Some(cancel.clone());
        self.given.notify_one();
    }

    /// Waits for signals and passes them on. Run it beside the work.
    pub(crate) async fn watch(&self, ui: &Ui) -> Infallible {
        // Nothing is caught before there is something to stop.
        self.given.notified().await;
        loop {
            signal().await;
            let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(cancel) = cancel else { continue };
            ui.tell(if cancel.is_requested() {
                "\nStopping at once; the next run finds out what became of the calls in flight\n"
            } else {
                "\nStopping: calls in flight are finished. Once more to stop at once\n"
            });
            cancel.request();
        }
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    // Where signals cannot be caught, they end the process, which the journal survives.
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
