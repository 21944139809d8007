//! Ctrl-C, the request to end, and a terminal that is closed: the first is polite, the second is not.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
#[cfg(unix)]
use std::task::Poll;

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
        // All of them are caught from now on: none is lost while another is passed on.
        let mut signals = StopSignals::new();
        loop {
            signals.next().await;
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

/// Hears the signals that ask to stop. Where they cannot be caught, they end the process, which the journal survives.
#[cfg(unix)]
struct StopSignals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl StopSignals {
    fn new() -> StopSignals {
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // Whoever starts a command with `nohup` wants it to outlive the terminal.
        if !is_ignored(SignalKind::hangup().as_raw_value()) {
            kinds.push(SignalKind::hangup());
        }
        StopSignals(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let heard = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if heard { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Whether the process was started with this signal ignored, as far as the system tells.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).contains(&signal) && mask >> (signal - 1) & 1 == 1
}

/// Hears Ctrl-C.
#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    fn new() -> StopSignals {
        StopSignals
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
