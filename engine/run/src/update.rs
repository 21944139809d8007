//! Changing in place: from an intent to a record of what is there then.

use std::sync::Arc;

use dr_core::cloud::Intent;
use dr_core::journal::JournalEvent;
use dr_core::record::Record;
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Value};

use crate::change::StateChange;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::StepPhase;
use crate::retry::Retry;
use crate::step::{Finish, complete, observed};

impl Engine<'_> {
    /// Changes in place: `old` is what is there, `record` what shall be.
    pub(crate) async fn update(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        old: &Record,
        record: Record,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let event = JournalEvent::Updating { op: job.op.clone(), record: Box::new(record.clone()) };
        self.store.commit(StateChange::Append { event, depose: None }).await?;
        self.phase(job, StepPhase::Intended);
        let (was, args) = (revealed(&old.args), revealed(&record.args).into_owned());
        let id = record.id.clone();
        let change = async {
            if old.incomplete {
                self.settle(job, &id, &was, job.target.kind.create, retry).await?;
                self.phase(job, StepPhase::Configuring);
                self.call(job, retry, CallKind::Configure, || self.cloud.configure(job.target, &id, &args, intent))
                    .await?;
            }
            self.phase(job, StepPhase::Updating);
            self.call(job, retry, CallKind::Update, || self.cloud.update(job.target, &id, &was, &args)).await?;
            self.settle(job, &id, &args, job.target.kind.update, retry).await?;
            self.read_back(job, &id, &args, retry).await
        };
        match change.await {
            Ok(live) => {
                let record = complete(job.target.kind, record, live);
                self.close(job, record, known, Some(old)).await
            }
            Err(broken @ (Broken::Interrupted | Broken::Store(_))) => Err(broken),
            Err(broken) => {
                // Part of it may have happened: the record says what is there, so that the next plan sees the rest.
                let read = self.once(job, CallKind::Read, || self.cloud.read(job.target, &id, &was)).await;
                let record = match read {
                    Ok(Some(live)) => observed(job.target.kind, old.clone(), live),
                    Err(stop @ (Broken::Interrupted | Broken::Store(_))) => return Err(stop),
                    _ => old.clone(),
                };
                let record = Arc::new(record);
                self.closed(job, self.write(job, &record, None)).await?;
                Ok(Finish::Unready(record, broken))
            }
        }
    }
}
