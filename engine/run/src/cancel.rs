//! Stopping: the first request finishes what is in flight, the second stops at once. Both are safe.

use std::sync::Arc;

use tokio::sync::watch;

/// How urgently to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Not at all.
    Go,
    /// Make no new call, wait for nothing; finish and journal the calls in flight.
    Finish,
    /// Drop everything.
    Now,
}

/// A handle to stop a run. Clones are the same handle.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<Level>>);

impl Default for Cancel {
    fn default() -> Self {
        Cancel(Arc::new(watch::Sender::new(Level::Go)))
    }
}

impl Cancel {
    /// A handle that nobody has asked to stop.
    pub fn new() -> Cancel {
        Cancel::default()
    }

    /// Asks to stop: the first time politely, then at once.
    pub fn request(&self) {
        self.0.send_modify(|level| {
            *level = match level {
                Level::Go => Level::Finish,
                Level::Finish | Level::Now => Level::Now,
            }
        });
    }

    /// Whether somebody asked to stop.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() >= Level::Finish
    }

    /// Returns when somebody asks to stop.
    pub async fn requested(&self) {
        self.reached(Level::Finish).await;
    }

    /// Returns when somebody asks to stop at once.
    pub async fn at_once(&self) {
        self.reached(Level::Now).await;
    }

    async fn reached(&self, least: Level) {
        let mut receiver = self.0.subscribe();
        if receiver.wait_for(|level| *level >= least).await.is_err() {
            // The sender is in `self`, so it is there as long as somebody waits; if not, nobody asks any more.
            std::future::pending::<()>().await;
        }
    }
}
