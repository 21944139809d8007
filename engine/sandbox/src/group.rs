//! Changes that are made together: one lock, one look at what others did, one write.
//!
//! A call that changes something waits for one turn of the runtime. Whoever goes on first makes all changes that have
//! come by then, one after the other, each judged with those before it in place. None is answered before all are
//! written. A caller that has gone away by then has not called.

use std::sync::{Mutex, MutexGuard, PoisonError};

use dr_core::cloud::CloudError;
use tokio::sync::oneshot;

use crate::call::Call;
use crate::error::SandboxError;
use crate::inner::Core;

/// The changes that wait.
#[derive(Default)]
pub(crate) struct ChangeQueue(Mutex<Vec<Box<dyn WaitingChange>>>);

impl std::fmt::Debug for ChangeQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChangeQueue({} waiting)", self.waiting().len())
    }
}

/// What becomes of a change, once it is known.
pub(crate) type PendingChange<T> = oneshot::Receiver<Result<T, CloudError>>;

impl ChangeQueue {
    fn waiting(&self) -> MutexGuard<'_, Vec<Box<dyn WaitingChange>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a change.
    pub(crate) fn add<T: Send + 'static>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut Core) -> Result<T, CloudError> + Send + 'static,
    ) -> PendingChange<T> {
        let (caller, answer) = oneshot::channel();
        self.waiting().push(Box::new(Change { call, effect: Some(effect), result: None, caller }));
        answer
    }

    /// Makes the changes that wait, if any do.
    pub(crate) fn make_all(&self, core: &Mutex<Core>) {
        if self.waiting().is_empty() {
            return;
        }
        let mut core = core.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = std::mem::take(&mut *self.waiting());
        changes.retain(|change| change.is_wanted());
        let written = core.change(|core| changes.iter_mut().for_each(|change| change.make(core)));
        let broken = written.err();
        changes.into_iter().for_each(|change| change.answer(broken.as_ref()));
    }
}

/// A change that waits, whatever its answer is.
trait WaitingChange: Send {
    /// Whether somebody waits for the answer.
    fn is_wanted(&self) -> bool;
    /// Makes it.
    fn make(&mut self, core: &mut Core);
    /// Answers; `broken` is why it could not be written.
    fn answer(self: Box<Self>, broken: Option<&SandboxError>);
}

struct Change<T, F> {
    call: Call,
    /// Taken when it is made.
    effect: Option<F>,
    result: Option<Result<T, CloudError>>,
    caller: oneshot::Sender<Result<T, CloudError>>,
}

impl<T: Send, F: FnOnce(&mut Core) -> Result<T, CloudError> + Send> WaitingChange for Change<T, F> {
    fn is_wanted(&self) -> bool {
        !self.caller.is_closed()
    }

    fn make(&mut self, core: &mut Core) {
        self.result = self.effect.take().map(|effect| effect(core));
    }

    fn answer(self: Box<Self>, broken: Option<&SandboxError>) {
        let answer = match (self.result, broken) {
            (Some(Err(refused)), _) => Err(refused),
            (_, Some(broken)) => Err(self.call.broke(broken)),
            (Some(Ok(made)), None) => Ok(made),
            (None, None) => return,
        };
        // Whoever has gone away meanwhile finds out as after a lost reply.
        let _ = self.caller.send(answer);
    }
}
