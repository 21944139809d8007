//! Changing in place: from an intent to a record of what is there then.

use std::sync::Arc;

use dr_core::cloud::{Intent, Live};
use dr_core::journal::JournalEvent;
use dr_core::record::Record;
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Str, Value};

use crate::change::StateChange;
use crate::create::unfinished;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::StepPhase;
use crate::retry::Retry;
use crate::step::{Finish, observed, unsure};
use crate::wait::Existing;

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
        self.store.commit(StateChange::Append { event }).await?;
        self.phase(job, StepPhase::Intended);
        // What a failover has set stays set.
        let (is, shall) = (old.in_force(), record.in_force());
        let (was, args) = (revealed(&is), revealed(&shall).into_owned());
        let is_new = old.incomplete.is_some();
        let before = Existing { id: &old.id, args: &was, is_new };
        match self.change(job, intent, before, &args, retry).await {
            Ok(live) => self.close(job, record, live, known, retry).await,
            Err(broken) if broken.ends_work() => Err(broken),
            Err(Broken::Gone) => self.missing(job, old.clone()).await,
            Err(broken) => {
                // Part of it may have happened: the record says what is there, so that the next plan sees the rest.
                let read = self.once(job, CallKind::Read, || self.cloud.read(job.target, before.id, before.args)).await;
                let found = match read {
                    Ok(Some(live)) => {
                        // What a failover sets and is so was not declared otherwise.
                        let is_set = |(name, value): (&Str, &Value)| live.args.get(name) == Some(value);
                        let mut before = old.clone();
                        if record.switched.iter().all(is_set) {
                            before.switched.clone_from(&record.switched);
                        }
                        let mut found = observed(job.target.kind, before, live.clone());
                        unsure(job.target.kind, &mut found, old, &record, Some(&live));
                        found
                    }
                    Err(stop) if stop.ends_work() => return Err(stop),
                    Ok(None) if !is_new => return self.missing(job, old.clone()).await,
                    Err(unseen) if unseen.is_absent() && !is_new => return self.missing(job, old.clone()).await,
                    // The operation stays open: the next run looks.
                    Ok(None) => return Err(broken),
                    Err(unseen) if unseen.is_absent() || unseen.may_pass() => return Err(broken),
                    Err(_) => old.clone(),
                };
                let incomplete = old.incomplete.map(|_| unfinished(&broken));
                let record = Arc::new(Record { incomplete, ..found });
                self.closed(job, self.write(job, &record)).await?;
                Ok(Finish::Unready(record, broken))
            }
        }
    }

    /// From what is there to what shall be. What is unfinished is finished first.
    async fn change(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        before: Existing<'_>,
        args: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Live, Broken> {
        let after = Existing { args, ..before };
        if before.is_new {
            self.settle(job, before, job.target.kind.create, retry).await?;
            if self.configure(job, intent, after, retry).await? {
                self.settle(job, after, job.target.kind.update, retry).await?;
            }
        }
        if !before.is_new || before.args != args {
            self.phase(job, StepPhase::Updating);
            let update = || self.cloud.update(job.target, before.id, before.args, args);
            self.call_on(job, retry, CallKind::Update, before, update).await?;
            self.settle(job, after, job.target.kind.update, retry).await?;
        }
        self.read_back(job, after, retry).await
    }
}
