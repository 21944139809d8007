//! The queue of changes: whoever commits adds one and waits; one task writes what waits, in groups.
//!
//! The next group gathers while one is written, so that the busier the engine, the larger the groups, and ten thousand
//! resources need a few hundred flushes.
//!
//! The write runs as a blocking task of the runtime, not on a thread of our own: under a paused clock the runtime does
//! not advance time while a blocking task runs, so waiting for the disk takes no virtual time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::change::StateChange;
use crate::error::StoreError;

/// The most changes in one group.
const GROUP: usize = 2048;

/// What groups of changes are written by.
pub(crate) trait GroupWriter: Send + Sync + 'static {
    /// The changes that wait.
    fn queue(&self) -> &Mutex<WriteQueue>;

    /// Writes a group. Says of each change whether it is on disk.
    fn write(&self, group: Vec<StateChange>) -> Vec<Result<(), StoreError>>;
}

/// A change that waits, and who waits for it.
type Waiting = (StateChange, oneshot::Sender<Result<(), StoreError>>);

/// The changes that wait.
#[derive(Debug, Default)]
pub(crate) struct WriteQueue {
    waiting: Vec<Waiting>,
    /// Whether a task is writing.
    busy: bool,
}

/// Locks; what a panicking holder left behind is still whole, because it is changed in one assignment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a change to the queue.
pub(crate) fn submit(writer: &Arc<impl GroupWriter>, change: StateChange) -> Receipt {
    let (sender, receiver) = oneshot::channel();
    let start = {
        let mut queue = lock(writer.queue());
        queue.waiting.push((change, sender));
        !std::mem::replace(&mut queue.busy, true)
    };
    if start {
        tokio::spawn(Writing { writer: writer.clone(), finished: false }.run());
    }
    Receipt(receiver)
}

/// Writes what waits, for whom nobody else will write it any more.
pub(crate) fn write_rest(
    queue: &Mutex<WriteQueue>,
    mut write: impl FnMut(Vec<StateChange>) -> Vec<Result<(), StoreError>>,
) {
    loop {
        let group: Vec<Waiting> = {
            let waiting = &mut lock(queue).waiting;
            let count = waiting.len().min(GROUP);
            waiting.drain(..count).collect()
        };
        if group.is_empty() {
            return;
        }
        let (changes, waiting): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        answer(waiting, write(changes));
    }
}

/// Tells those who wait what became of their changes.
fn answer(waiting: Vec<oneshot::Sender<Result<(), StoreError>>>, results: Vec<Result<(), StoreError>>) {
    let mut results = results.into_iter();
    for sender in waiting {
        // Whoever does not wait any more does not need to know.
        let _ = sender.send(results.next().unwrap_or(Err(StoreError::Stopped)));
    }
}

/// A change on its way to the disk.
#[derive(Debug)]
#[must_use = "a change counts once it is on disk"]
pub struct Receipt(oneshot::Receiver<Result<(), StoreError>>);

impl Receipt {
    /// Returns when the change is on disk.
    ///
    /// # Errors
    /// When the change is not allowed, or the write failed.
    pub async fn durable(self) -> Result<(), StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// The task that writes. While it lives, nobody else starts one.
struct Writing<W: GroupWriter> {
    writer: Arc<W>,
    /// Whether it left the queue empty and handed it over.
    finished: bool,
}

impl<W: GroupWriter> Drop for Writing<W> {
    fn drop(&mut self) {
        if !self.finished {
            // The runtime ends. Whoever still waits learns that nobody will write.
            let mut queue = lock(self.writer.queue());
            queue.busy = false;
            queue.waiting.clear();
        }
    }
}

impl<W: GroupWriter> Writing<W> {
    async fn run(mut self) {
        while let Some(group) = self.gather().await {
            let (changes, waiting): (Vec<_>, Vec<_>) = group.into_iter().unzip();
            let writer = self.writer.clone();
            let written = tokio::task::spawn_blocking(move || writer.write(changes)).await;
            answer(waiting, written.unwrap_or_default());
        }
    }

    /// The next group; `None` when nothing waits.
    async fn gather(&mut self) -> Option<Vec<Waiting>> {
        // Whoever is about to commit may come along: look again as long as there are more of them each time.
        let mut seen = 0;
        loop {
            let waiting = lock(self.writer.queue()).waiting.len();
            if waiting <= seen || waiting >= GROUP {
                break;
            }
            seen = waiting;
            tokio::task::yield_now().await;
        }
        let mut queue = lock(self.writer.queue());
        if queue.waiting.is_empty() {
            queue.busy = false;
            self.finished = true;
            return None;
        }
        let count = queue.waiting.len().min(GROUP);
        Some(queue.waiting.drain(..count).collect())
    }
}
