//! Deleting: from an intent to the removal of the record.

use std::sync::Arc;

use dr_core::cloud::{ErrorClass, Settled};
use dr_core::journal::JournalEvent;
use dr_core::record::Record;
use dr_core::secrecy::revealed;

use crate::change::StateChange;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::StepPhase;
use crate::retry::Retry;
use crate::store::Receipt;
use crate::wait::Wait;

impl Engine<'_> {
    /// Deletes and waits until it is gone.
    pub(crate) async fn delete(
        &self,
        job: &Job<'_>,
        record: &Arc<Record>,
        deposed: bool,
        retry: &mut Retry,
    ) -> Result<Receipt, Broken> {
        let event = JournalEvent::Deleting { op: job.op.clone(), record: Box::new(Record::clone(record)), deposed };
        self.store.commit(StateChange::Append { event, depose: None }).await?;
        self.phase(job, StepPhase::Intended);
        self.finish_delete(job, record, deposed, retry).await
    }

    /// From an intent that is on disk to the record's removal.
    pub(crate) async fn finish_delete(
        &self,
        job: &Job<'_>,
        record: &Arc<Record>,
        deposed: bool,
        retry: &mut Retry,
    ) -> Result<Receipt, Broken> {
        let args = revealed(&record.args);
        let departure = async {
            self.phase(job, StepPhase::Deleting);
            let delete =
                self.call(job, retry, CallKind::Delete, || self.cloud.delete(job.target, &record.id, &args)).await;
            if is_gone(&delete) {
                return Ok(());
            }
            delete?;
            self.phase(job, StepPhase::Settling);
            let mut wait = Wait::new(job, job.target.kind.delete);
            loop {
                let look = self
                    .call(job, retry, CallKind::Deleted, || self.cloud.deleted(job.target, &record.id, &args))
                    .await;
                if is_gone(&look) {
                    return Ok(());
                }
                match look? {
                    Settled::Ready => return Ok(()),
                    Settled::Failed(why) => return Err(Broken::wrong(format!("the deletion failed: {why}"))),
                    Settled::Wait(hint) => self.wait(job, &mut wait, hint).await?,
                }
            }
        };
        match departure.await {
            Ok(()) => Ok(self.remove(job, record, deposed)),
            Err(broken @ (Broken::Interrupted | Broken::Store(_))) => Err(broken),
            Err(broken) => {
                // It is still there, and so is its record; the next plan says so.
                self.abandon(job).await?;
                Err(broken)
            }
        }
    }
}

fn is_gone<T>(result: &Result<T, Broken>) -> bool {
    matches!(result, Err(Broken::Call(e)) if e.class == ErrorClass::Gone)
}
