//! Deleting: from an intent to the removal of the record.
//!
//! What refuses a deletion is waited for: mostly it goes by itself. After a minute it is said what that is, as far as
//! the state knows; when it is something that this plan leaves as it is, waiting is of no use and ends there.

use std::sync::Arc;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{CloudError, ErrorClass, Settled};
use dr_core::journal::JournalEvent;
use dr_core::plan::{Lift, Plan, holders};
use dr_core::record::Record;
use dr_core::secrecy::revealed;
use dr_core::value::Value;
use tokio::time::Instant;

use crate::change::StateChange;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::{StepPhase, What};
use crate::queue::Receipt;
use crate::retry::Retry;
use crate::stack::Stack;
use crate::wait::{Existing, Wait};

/// How long something may be in the way of a deletion before it is said what.
const UNEXPLAINED: Duration = Duration::from_secs(60);

impl Engine<'_> {
    /// Deletes and waits until it is gone. What the plan does not touch will not get out of the way.
    pub(crate) async fn delete(
        &self,
        job: &Job<'_>,
        (plan, lifts): (&Plan, &[Lift]),
        record: &Arc<Record>,
        deposed: bool,
        retry: &mut Retry,
    ) -> Result<Receipt, Broken> {
        let event = JournalEvent::Deleting { op: job.op.clone(), record: Box::new(Record::clone(record)), deposed };
        self.store.commit(StateChange::Append { event }).await?;
        self.phase(job, StepPhase::Intended);
        let departed = match self.lift(job, record, lifts, retry).await {
            Ok(()) => self.depart(job, plan, record, retry).await,
            Err(broken) => Err(broken),
        };
        match departed {
            Ok(()) => Ok(self.remove(job, record, deposed)),
            // It may be on its way out. The operation stays open: the next run finds out.
            Err(broken) if is_under_way(&broken) => Err(broken),
            Err(broken) => {
                // It is still there, and so is its record; the next plan says so.
                self.abandon(job).await?;
                Err(broken)
            }
        }
    }

    /// Takes off what keeps it from being deleted, and waits until that is so.
    async fn lift(&self, job: &Job<'_>, record: &Record, lifts: &[Lift], retry: &mut Retry) -> Result<(), Broken> {
        let changes: Vec<&Lift> = lifts.iter().filter(|lift| lift.changes(job.target.kind)).collect();
        if changes.is_empty() {
            return Ok(());
        }
        let with = |value: fn(&Lift) -> &Value| {
            let mut args = revealed(&record.args).into_owned();
            args.extend(changes.iter().map(|lift| (lift.argument.clone(), value(lift).clone())));
            args.retain(|_, value| !value.is_null());
            args
        };
        let (old, new) = (with(|lift| &lift.on), with(|lift| &lift.off));
        let of = Existing { id: &record.id, args: &old, is_new: false };
        self.phase(job, StepPhase::Updating);
        let update = || self.cloud.update(job.target, of.id, of.args, &new);
        let lifted = match self.call_on(job, retry, CallKind::Update, of, update).await {
            Ok(()) => self.settle(job, Existing { args: &new, ..of }, job.target.kind.update, retry).await,
            Err(broken) => Err(broken),
        };
        match lifted {
            // To delete what is gone is a success.
            Err(Broken::Gone) => Ok(()),
            other => other,
        }
    }

    /// Asks for the deletion, and waits for its end.
    async fn depart(&self, job: &Job<'_>, plan: &Plan, record: &Record, retry: &mut Retry) -> Result<(), Broken> {
        let args = revealed(&record.args);
        let of = Existing { id: &record.id, args: &args, is_new: false };
        self.call_delete(job, plan, record, of, retry).await?;
        // A call that makes several changes has made them when it returns; what is there under the same key is new.
        if job.in_batch {
            return Ok(());
        }
        self.phase(job, StepPhase::Settling);
        let mut wait = Wait::new(job, job.target.kind.delete);
        loop {
            let look =
                self.call(job, retry, CallKind::Deleted, || self.cloud.deleted(job.target, of.id, of.args)).await;
            match look {
                Ok(Settled::Ready) => return Ok(()),
                Ok(Settled::Failed(mut why)) => {
                    job.secrets.redact(&mut why);
                    return Err(Broken::wrong(format!("the deletion failed: {why}")));
                }
                Ok(Settled::Wait(hint)) => self.wait(job, &mut wait, hint).await?,
                Err(absent) if absent.is_absent() => return Ok(()),
                // It will be to be looked at again: the next run finds out.
                Err(Broken::Call(error)) if error.class == ErrorClass::Transient => return Err(Broken::Call(error)),
                Err(Broken::Call(error)) => {
                    // It cannot be looked at. The deletion was taken, and to delete what is gone is a success: once it
                    // has had its time, another call tells as much as a look.
                    self.tell(job, What::Unseen(&error));
                    self.pause(job, job.target.kind.delete).await?;
                    return self.call_delete(job, plan, record, of, retry).await;
                }
                Err(broken) => return Err(broken),
            }
        }
    }

    /// Asks for the deletion until it is taken.
    async fn call_delete(
        &self,
        job: &Job<'_>,
        plan: &Plan,
        record: &Record,
        of: Existing<'_>,
        retry: &mut Retry,
    ) -> Result<(), Broken> {
        self.phase(job, StepPhase::Deleting);
        let (mut refused, mut explained) = (None, false);
        loop {
            let error = match self.once(job, CallKind::Delete, || self.cloud.delete(job.target, of.id, of.args)).await {
                Err(Broken::Call(error)) if error.class == ErrorClass::Gone => return Ok(()),
                Err(Broken::Call(error)) => error,
                other => return other,
            };
            if error.class == ErrorClass::Conflict {
                let since = *refused.get_or_insert_with(Instant::now);
                if since.elapsed() >= UNEXPLAINED && !std::mem::replace(&mut explained, true) {
                    self.explain(job, plan, record, &error).await?;
                }
            }
            self.back_off(job, retry, error).await?;
        }
    }

    /// Tells what is in the way of a deletion.
    ///
    /// # Errors
    /// When it is something that will stay there.
    async fn explain(&self, job: &Job<'_>, plan: &Plan, record: &Record, error: &CloudError) -> Result<(), Broken> {
        let by = holders(&self.store.snapshot()?, self.registry, record);
        let stays = |a: &&Address| !plan.steps.iter().any(|s| s.address == **a);
        let staying: Vec<String> = by.iter().filter(stays).map(|a| format!("`{a}`")).collect();
        if !staying.is_empty() {
            return Err(Broken::Wrong {
                message: format!("{} still uses it: {error}", staying.join(", ")),
                help: Some("take the reference away there and apply that first".into()),
            });
        }
        if by.is_empty() {
            self.check_beside(job, record, error).await?;
        }
        self.tell(job, What::Held { by: &by, error });
        Ok(())
    }

    /// Looks whether something of the stack that its state does not know is in the way of a deletion.
    ///
    /// # Errors
    /// When there is: nobody deletes it.
    async fn check_beside(&self, job: &Job<'_>, record: &Record, error: &CloudError) -> Result<(), Broken> {
        let unrecorded = self.unrecorded_holders(job, record).await?;
        if unrecorded.is_empty() {
            return Ok(());
        }
        let named: Vec<String> = unrecorded.iter().map(|(address, id)| format!("`{address}` (`{id}`)")).collect();
        let Stack { environment, program } = self.store.stack();
        Err(Broken::Wrong {
            message: format!(
                "{} of this stack, which its state does not know, stands in the way: {error}",
                named.join(", ")
            ),
            help: Some(format!(
                "`dr destroy {program} --env {environment} --from-tags` destroys it as well; `dr state rebuild {program} \
                 --env {environment}` takes it into the state"
            )),
        })
    }
}

/// Whether a deletion that broke off may have been taken.
fn is_under_way(broken: &Broken) -> bool {
    match broken {
        Broken::Late { .. } | Broken::Silent { .. } | Broken::Interrupted | Broken::Store(_) => true,
        Broken::Call(error) => error.maybe_done || error.class == ErrorClass::Transient,
        Broken::Failed { .. } | Broken::Gone | Broken::Argument { .. } | Broken::Refused(_) | Broken::Wrong { .. } => {
            false
        }
    }
}
