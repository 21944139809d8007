//! Failing over: a recovery plan is carried out, step by step.
//!
//! Each step is written down before its first call and when it is done. What is as a step would make it is found by
//! reading, and no call is made for it. So a run that was killed goes on with the step that may have been begun, and
//! whoever makes the same failover again changes nothing.
//!
//! An argument that is set is an update like any other, with an intent and a record of its own; the record keeps what was
//! declared. A change of roles belongs to no record: the members tell who writes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{BoxFuture, Intent, RoleChange, Settled, Target, Vitals};
use dr_core::compare::same;
use dr_core::failover::plan::{AwaitedCondition, RecoveryAct, RecoveryPlan, RecoveryStep, SwitchedArgument};
use dr_core::failover::state::{FailoverEvent, FailoverRun, StepProgress};
use dr_core::plan::Action;
use dr_core::record::Record;
use dr_core::schema::Kind;
use dr_core::secrecy::{Secrets, revealed};
use dr_core::value::{Map, Str, Value};
use futures::future::join_all;
use tokio::time::Instant;

use crate::change::StateChange;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::error::StoreError;
use crate::gather::{Gathering, Member};
use crate::look;
use crate::retry::Retry;
use crate::standing::{read_now, with_switched, writes};
use crate::step::Finish;

/// How long to wait between two looks, where nobody says it.
const PACE: Duration = Duration::from_secs(5);
/// How long to wait at least.
const SOONEST: Duration = Duration::from_millis(10);
/// How long a change of roles may take at most.
const CHANGING: Duration = Duration::from_secs(60 * 60);
/// Whoever watches a failover, and answers for the person who makes it.
pub trait FailoverWatch: Send + Sync {
    /// Seconds since 1970.
    fn now(&self) -> u64;
    /// A step begins.
    fn begins(&self, number: usize, step: &RecoveryStep);
    /// It is done.
    fn done(&self, number: usize, step: &RecoveryStep, took: Duration, already: bool);
    /// Whether a person says yes to a question.
    fn approve<'a>(&'a self, question: &'a str) -> BoxFuture<'a, bool>;
}

/// What became of a failover.
#[derive(Debug, Clone)]
pub struct FailoverReport {
    /// How far it is.
    pub run: FailoverRun,
    /// The step that failed, why, and what to do about it. None where all are done or it was stopped.
    pub failed: Option<FailedStep>,
    /// How long it took in all.
    pub elapsed: Duration,
}

/// A step of a failover that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedStep {
    /// Its number.
    pub step: usize,
    /// Why.
    pub error: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether it waits for what does not answer.
    pub waits: bool,
}

/// Begins a failover. One that has not ended is given up.
///
/// # Errors
/// When the state cannot be written.
pub async fn begin_failover(engine: &Engine<'_>, plan: RecoveryPlan, at: u64, by: Str) -> Result<(), StoreError> {
    engine.store.commit(StateChange::Failover(FailoverEvent::Began { plan: Box::new(plan), at, by })).await
}

/// Carries out what is left of the failover that was begun, until it is done, a step fails, or somebody asks to stop.
///
/// # Errors
/// When the state cannot be read or written, or no failover is open.
pub async fn fail_over(engine: &Engine<'_>, watch: &dyn FailoverWatch) -> Result<FailoverReport, StoreError> {
    let began = Instant::now();
    engine.supervise();
    let Some(run) = engine.store.snapshot()?.recovery.unfinished().cloned() else {
        // The change is refused, and says why.
        engine.store.commit(StateChange::Failover(FailoverEvent::Ended { at: watch.now() })).await?;
        return Err(StoreError::Stopped);
    };
    let mut failed = None;
    for (number, step) in run.plan.steps.iter().enumerate() {
        if matches!(run.steps.get(number), Some(StepProgress::Done { .. })) {
            continue;
        }
        let begin = Instant::now();
        engine.store.commit(StateChange::Failover(FailoverEvent::StepBegan { step: number })).await?;
        watch.begins(number, step);
        let work = FailoverWork { engine, run: &run, number };
        match work.act(&step.act, watch).await {
            Ok(already) => {
                let took_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
                let done = FailoverEvent::StepDone { step: number, took_ms, already };
                engine.store.commit(StateChange::Failover(done)).await?;
                watch.done(number, step, begin.elapsed(), already);
            }
            Err(Broken::Store(error)) => return Err(error),
            Err(Broken::Interrupted) => break,
            Err(broken) => {
                let help = match &broken {
                    Broken::Wrong { help, .. } | Broken::Argument { help, .. } => help.clone(),
                    _ => None,
                };
                let waits = broken.may_pass();
                failed = Some(FailedStep { step: number, error: broken.to_string(), help, waits });
                break;
            }
        }
    }
    let is_done = engine.store.snapshot()?.recovery.unfinished().is_some_and(|run| run.next().is_none());
    if is_done {
        engine.store.commit(StateChange::Failover(FailoverEvent::Ended { at: watch.now() })).await?;
    }
    let run = engine.store.snapshot()?.recovery.run.unwrap_or(run);
    Ok(FailoverReport { run, failed, elapsed: began.elapsed() })
}

/// What a look at a condition gives.
enum ConditionSeen {
    Holds,
    NotYet(Option<Duration>, String),
    Never(String),
}

/// One step at work.
struct FailoverWork<'e, 'a> {
    engine: &'e Engine<'a>,
    run: &'e FailoverRun,
    number: usize,
}

impl FailoverWork<'_, '_> {
    /// Does a step. Says whether everything was as it should be already.
    async fn act(&self, act: &RecoveryAct, watch: &dyn FailoverWatch) -> Result<bool, Broken> {
        match act {
            RecoveryAct::Switch { group, member, may_lose } => self.switch(group, member, *may_lose).await,
            RecoveryAct::Set { changes } => self.set(changes).await,
            RecoveryAct::Await { condition, patience_s } => {
                self.await_condition(condition, Duration::from_secs((*patience_s).into())).await
            }
            RecoveryAct::Approve { question } => {
                let answer = tokio::select! {
                    biased;
                    () = self.engine.cancel.requested() => return Err(Broken::Interrupted),
                    answer = watch.approve(question) => answer,
                };
                match answer {
                    true => Ok(false),
                    false => Err(Broken::wrong("nobody has said yes to it")),
                }
            }
        }
    }

    fn record(&self, address: &Address) -> Result<(Arc<Record>, &'static Kind), Broken> {
        let snapshot = self.engine.store.snapshot().map_err(Broken::Store)?;
        let record = snapshot.records.get(address).cloned();
        let record = record.ok_or_else(|| Broken::Wrong {
            message: format!("`{address}` is not recorded any more"),
            help: Some("make the failover anew: its plan was made from another state".into()),
        })?;
        let kind = self.engine.registry.get(&record.kind);
        let kind =
            kind.ok_or_else(|| Broken::wrong(format!("this version of dr does not know the kind `{}`", record.kind)))?;
        Ok((record, kind))
    }

    /// The id of what this step does to a resource: derived, so that it is the same after a kill.
    fn op(&self, address: &Address, state: &str) -> Str {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        hash.update(format!("failover {} {} {state} ", self.run.began, self.number));
        hash.update(address.as_str());
        hex::encode(&hash.finalize()[..10]).into()
    }

    fn job<'r>(&self, record: &'r Record, kind: &'static Kind, action: Action) -> Job<'r> {
        Job {
            action,
            op: self.op(&record.address, &record.op),
            secrets: Secrets::of([&record.args]),
            ..look::job(kind, record.region.as_ref(), &record.address)
        }
    }

    async fn switch(&self, group: &Address, member: &Address, may_lose: bool) -> Result<bool, Broken> {
        let engine = self.engine;
        let ((group, group_kind), (member, kind)) = (self.record(group)?, self.record(member)?);
        let Some(via) = member.region.as_deref() else {
            return Err(Broken::wrong(format!("`{}` is in no region", member.address)));
        };
        let arn = member.attribute("arn").map(|arn| arn.reveal().to_text()).unwrap_or_default();
        let job = self.job(&member, kind, Action::Update);
        let change = RoleChange { via, member: job.target, id: &member.id, arn: &arn, may_lose };
        let at = Target { kind: group_kind, region: group.region.as_deref(), address: &group.address };
        let mut retry = Retry::new(&job.op);
        let mut called = false;
        loop {
            if writes(engine, &job, &member, &mut retry).await? {
                return Ok(!called);
            }
            called = true;
            match engine.once(&job, CallKind::Switch, || engine.cloud.switch(at, &group.id, &change)).await {
                Ok(()) => break,
                // Whether it had its effect, the next look tells.
                Err(Broken::Call(error)) => engine.back_off(&job, &mut retry, error).await?,
                Err(broken) => return Err(broken),
            }
        }
        let deadline = Instant::now() + CHANGING;
        loop {
            let seen = match self.ready(&job, &member, &mut retry).await? {
                ConditionSeen::Holds if writes(engine, &job, &member, &mut retry).await? => return Ok(false),
                ConditionSeen::Holds => ConditionSeen::NotYet(None, format!("`{}` does not write yet", member.address)),
                seen => seen,
            };
            self.look_again(&job, seen, deadline, CHANGING).await?;
        }
    }

    async fn ready(&self, job: &Job<'_>, record: &Record, retry: &mut Retry) -> Result<ConditionSeen, Broken> {
        let args = record.in_force();
        let args = revealed(&args);
        let settle = || self.engine.cloud.settle(job.target, &record.id, &args);
        Ok(match self.engine.call(job, retry, CallKind::Settle, settle).await {
            Ok(Settled::Ready) => ConditionSeen::Holds,
            Ok(Settled::Wait(hint)) => ConditionSeen::NotYet(hint, format!("`{}` is not ready yet", record.address)),
            Ok(Settled::Failed(mut why)) => {
                job.secrets.redact(&mut why);
                ConditionSeen::Never(format!("`{}` will not be ready: {why}", record.address))
            }
            Err(broken) if broken.is_absent() => ConditionSeen::Never(format!("`{}` is not there", record.address)),
            Err(broken) => return Err(broken),
        })
    }

    async fn await_condition(&self, condition: &AwaitedCondition, patience: Duration) -> Result<bool, Broken> {
        let (record, kind) = self.record(condition.address())?;
        let job = self.job(&record, kind, Action::Read);
        let deadline = Instant::now() + patience;
        let mut retry = Retry::looking(&job.op);
        let mut already = true;
        loop {
            let seen = match condition {
                AwaitedCondition::Ready { .. } => match self.ready(&job, &record, &mut retry).await? {
                    ConditionSeen::Holds if self.engine.is_gone(&job, existing(&record)).await? => {
                        ConditionSeen::Never(format!("`{}` is not there", record.address))
                    }
                    seen => seen,
                },
                AwaitedCondition::CaughtUp { within_ms, .. } => {
                    let vitals = self.vitals(&job, &record, &mut retry).await?;
                    match vitals.lag.filter(|lag| lag.as_millis() > u128::from(*within_ms)) {
                        None => ConditionSeen::Holds,
                        Some(lag) => {
                            let message = format!("`{}` is {} ms behind", record.address, lag.as_millis());
                            ConditionSeen::NotYet(vitals.look_again, message)
                        }
                    }
                }
                AwaitedCondition::Healthy { .. } => {
                    let vitals = self.vitals(&job, &record, &mut retry).await?;
                    match vitals.healthy {
                        Some(false) => {
                            ConditionSeen::NotYet(vitals.look_again, format!("`{}` is not healthy", record.address))
                        }
                        Some(true) | None => ConditionSeen::Holds,
                    }
                }
            };
            if let ConditionSeen::Holds = seen {
                return Ok(already);
            }
            already = false;
            self.look_again(&job, seen, deadline, patience).await?;
        }
    }

    async fn vitals(&self, job: &Job<'_>, record: &Record, retry: &mut Retry) -> Result<Vitals, Broken> {
        let args = record.in_force();
        let args = revealed(&args);
        let vitals = || self.engine.cloud.vitals(job.target, &record.id, &args);
        self.engine.call(job, retry, CallKind::Vitals, vitals).await
    }

    /// Waits until something is to be looked at again.
    ///
    /// # Errors
    /// When it will never be so, or was not in time.
    async fn look_again(
        &self,
        job: &Job<'_>,
        seen: ConditionSeen,
        deadline: Instant,
        patience: Duration,
    ) -> Result<(), Broken> {
        match seen {
            ConditionSeen::Holds => Ok(()),
            ConditionSeen::Never(message) => Err(Broken::Failed { message }),
            ConditionSeen::NotYet(_, why) if Instant::now() >= deadline => {
                let message = match patience.as_secs() {
                    0 => why,
                    seconds => format!("{why}, after {seconds} s"),
                };
                Err(Broken::Late { message })
            }
            ConditionSeen::NotYet(hint, _) => {
                // A look that comes too late helps nobody.
                let left = deadline.saturating_duration_since(Instant::now());
                self.engine.pause(job, hint.unwrap_or(PACE).max(SOONEST).min(left)).await
            }
        }
    }

    /// Sets arguments, those of a kind that takes its changes together by one call.
    async fn set(&self, changes: &[SwitchedArgument]) -> Result<bool, Broken> {
        let mut parts = Vec::new();
        let mut addresses: Vec<&Address> = changes.iter().map(|change| &change.address).collect();
        addresses.dedup();
        for address in addresses {
            let (record, kind) = self.record(address)?;
            let wanted = with_switched(kind, &record, changes.iter().filter(|change| change.address == *address));
            parts.push((record, kind, wanted));
        }
        let mut left = Vec::new();
        for (record, kind, wanted) in parts {
            let job = self.job(&record, kind, Action::Update);
            match self.otherwise(&job, kind, &record, &wanted, changes).await? {
                None if wanted.switched == record.switched => {}
                None => self.engine.closed(&job, self.engine.write(&job, &Arc::new(wanted))).await?,
                Some(is) => left.push((is, kind, wanted)),
            }
        }
        if left.is_empty() {
            return Ok(true);
        }
        let together = left.len() > 1 && left.iter().all(|(_, kind, _)| kind.batch.is_some());
        let gathering = together.then(|| Arc::new(Gathering::new(left.len(), self.engine)));
        let busy = Arc::new(AtomicUsize::new(left.len()));
        let each = left.into_iter().enumerate().map(|(number, (record, kind, wanted))| {
            let (gathering, busy) = (gathering.clone(), busy.clone());
            async move {
                let member = gathering.clone().map(|gathering| Member::new(gathering, number, busy, None));
                let engine = match &member {
                    Some(member) => Engine { cloud: member, ..*self.engine },
                    None => *self.engine,
                };
                let job = Job { in_batch: member.is_some(), ..self.job(&record, kind, Action::Update) };
                let result = update(&engine, &job, &record, wanted).await;
                if let (Err(_), Some(gathering)) = (&result, &gathering) {
                    gathering.fail(&record.address);
                }
                result
            }
        });
        join_all(each).await.into_iter().collect::<Result<Vec<()>, Broken>>().map(|_| false)
    }

    /// The record as it is in force, where that is not what it is to be.
    async fn otherwise(
        &self,
        job: &Job<'_>,
        kind: &Kind,
        record: &Record,
        wanted: &Record,
        changes: &[SwitchedArgument],
    ) -> Result<Option<Record>, Broken> {
        let live = read_now(self.engine, job, record, &mut Retry::looking(&job.op)).await?;
        let changed = changes.iter().filter(|change| change.address == record.address).map(|change| &change.argument);
        let names: BTreeSet<&Str> = wanted.switched.keys().chain(record.switched.keys()).chain(changed).collect();
        let shall = wanted.in_force();
        let is_same = |name: &Str| {
            let [is, shall] = [&live, &*shall].map(|args| args.get(name).map_or(&Value::Null, Value::reveal));
            kind.arg(name).is_some_and(|field| same(field, is, shall))
        };
        if names.iter().all(|name| is_same(name)) {
            return Ok(None);
        }
        // What is recorded may not be so any more: the call goes from what is there.
        let found = names.into_iter().map(|name| SwitchedArgument {
            address: record.address.clone(),
            argument: name.clone(),
            value: live.get(name).cloned().unwrap_or(Value::Null),
        });
        let found: Vec<SwitchedArgument> = found.collect();
        Ok(Some(with_switched(kind, record, found.iter())))
    }
}

fn existing(record: &Record) -> crate::wait::Existing<'_> {
    crate::wait::Existing { id: &record.id, args: &record.args, is_new: false }
}

async fn update(engine: &Engine<'_>, job: &Job<'_>, old: &Record, wanted: Record) -> Result<(), Broken> {
    let stack = engine.store.stack();
    let intent = Intent {
        op: old.op.clone(),
        environment: stack.environment.clone(),
        program: stack.program.clone(),
        address: old.address.clone(),
    };
    let mut retry = Retry::new(&job.op);
    match engine.update(job, &intent, old, wanted, &Map::new(), &mut retry).await? {
        Finish::Ready(_, receipt, _) => engine.closed(job, receipt).await,
        Finish::Unready(_, broken) | Finish::Missing(broken) => Err(broken),
    }
}
