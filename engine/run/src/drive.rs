//! Driving: a plan's steps, run as their order allows.
//!
//! One task drives all steps: each is a future of its own, and nothing is shared between them. What a step reads of
//! others is computed when it starts, from the records of the steps before it, so a step owns all it needs. Ready
//! steps queue by lane (service and region), the most urgent first, and each lane has a bounded number at work, so
//! that memory stays small at any size of plan; a step that waits for the cloud does not count as being at work.
//!
//! A step is done for those that follow once its result is on its way to the disk: changes reach the disk in order, so
//! an intent that is there says that everything before it is there too. It is reported as done when it is.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::answer::Answers;
use dr_core::cloud::Target;
use dr_core::diagnostic::Diagnostic;
use dr_core::expr::Expr;
use dr_core::graph::ReplaceOrder;
use dr_core::journal::Deposed;
use dr_core::plan::{Action, Plan, Step, deletes_along};
use dr_core::promise::BrokenPromise;
use dr_core::record::{Record, Snapshot};
use dr_core::region::place;
use dr_core::schedule::{self, Scheduler};
use dr_core::schema::Kind;
use dr_core::secrecy::mark;
use dr_core::value::{Map, Str, Value};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::change::StateChange;
use crate::engine::{Broken, Engine, Job};
use crate::error::StoreError;
use crate::gather::{Gathering, Member};
use crate::inputs::{Known, KnownResources, arguments};
use crate::keep::{Keep, Owners, is_as_it_was, is_called_the_same, keep};
use crate::lanes::{ReadySteps, lanes};
use crate::observe::{Progress, StepPhase, What};
use crate::perform::{Ended, perform};
use crate::report::{Report, StepFailure};
use crate::retry::Retry;
use crate::unknown::Unknown;
use crate::work::StepWork;

/// Steps of one lane at work at once. More than call slots, so that journaling never leaves a slot empty, and enough
/// to make good use of each flush.
const AT_WORK: usize = 256;

type Closing = Pin<Box<dyn Future<Output = (usize, Result<(), StoreError>)> + Send>>;
type StepFuture<'a> = Pin<Box<dyn Future<Output = (usize, Ended, u32)> + Send + 'a>>;

/// What happens next in a run.
enum Next {
    /// A step ended.
    Ended(usize, Ended, u32),
    /// A step's result is on disk, or could not be written.
    Closed(usize, Result<(), StoreError>),
    /// There is room for another step.
    Room,
}

/// A place to meet for each batch.
fn gatherings<'a>(engine: &Engine<'a>, plan: &Plan) -> BTreeMap<usize, Arc<Gathering<'a>>> {
    let mut members: BTreeMap<usize, usize> = BTreeMap::new();
    for first in plan.steps.iter().filter_map(|s| s.batch) {
        *members.entry(first).or_default() += 1;
    }
    let place = |count| Arc::new(Gathering::new(count, engine));
    members.into_iter().map(|(first, count)| (first, place(count))).collect()
}

/// A plan that is being carried out.
pub(crate) struct Run<'a> {
    engine: Engine<'a>,
    plan: &'a Plan,
    kinds: Vec<&'static Kind>,
    /// What an earlier run began and is still open.
    unknown: Unknown,
    scheduler: Scheduler,
    live: KnownResources,
    /// What look-ups answered before.
    answers: Answers,
    lanes: Vec<ReadySteps>,
    /// The lane of each step.
    lane_of: Vec<usize>,
    started: Vec<Option<Instant>>,
    /// The longest path to the end of each step that has ended.
    path: Vec<Duration>,
    /// What is made now; only kept where something is deleted too.
    owners: Option<Owners>,
    /// Where the members of each batch meet, by the batch's first step.
    gatherings: BTreeMap<usize, Arc<Gathering<'a>>>,
    /// Results on their way to the disk.
    closing: FuturesUnordered<Closing>,
    report: Report,
    /// What late checks found that refuses nothing.
    late: RefCell<Vec<Diagnostic>>,
}

impl<'a> Run<'a> {
    /// Everything that is needed to carry out a plan on a state. Takes records and answers out of it.
    ///
    /// # Errors
    /// When state cannot be read.
    pub(crate) fn new(
        engine: &Engine<'a>,
        plan: &'a Plan,
        kinds: Vec<&'static Kind>,
        scheduler: Scheduler,
        snapshot: &mut Snapshot,
    ) -> Result<Run<'a>, StoreError> {
        let unknown = Unknown::read(engine)?;
        let mut live: BTreeMap<Address, Known> = plan
            .answers
            .iter()
            .filter_map(|(address, answer)| Some((Address::parse(address).ok()?, Known::Answer(answer.clone()))))
            .collect();
        live.extend(std::mem::take(&mut snapshot.records).into_iter().map(|(a, r)| (a, Known::Record(r))));
        let (lanes, lane_of) = lanes(plan, &kinds);
        Ok(Run {
            engine: *engine,
            plan,
            kinds,
            unknown,
            scheduler,
            live: KnownResources(live),
            answers: std::mem::take(&mut snapshot.answers),
            lanes,
            lane_of,
            started: vec![None; plan.steps.len()],
            path: vec![Duration::ZERO; plan.steps.len()],
            owners: plan.steps.iter().any(|s| s.action == Action::Delete).then(Owners::default),
            gatherings: gatherings(engine, plan),
            closing: FuturesUnordered::new(),
            report: Report::default(),
            late: RefCell::default(),
        })
    }

    /// Runs the steps until everything that can be done is done, or somebody asked to stop.
    ///
    /// # Errors
    /// When state cannot be written. Failures of steps are in the report.
    pub(crate) async fn drive(mut self, outputs_before: Map<Value>) -> Result<Report, StoreError> {
        let begin = Instant::now();
        self.report.bound = self.scheduler.critical_path();
        let cancel = self.engine.cancel.clone();
        let mut at_once = pin!(cancel.at_once());
        let mut running: FuturesUnordered<StepFuture<'a>> = FuturesUnordered::new();
        loop {
            self.start(&mut running)?;
            if running.is_empty() && self.closing.is_empty() {
                break;
            }
            let next = std::future::poll_fn(|context| {
                if at_once.as_mut().poll(context).is_ready() {
                    return Poll::Ready(None);
                }
                if let Poll::Ready(Some((step, written))) = self.closing.poll_next_unpin(context) {
                    return Poll::Ready(Some(Next::Closed(step, written)));
                }
                match running.poll_next_unpin(context) {
                    Poll::Ready(Some((step, ended, failed))) => Poll::Ready(Some(Next::Ended(step, ended, failed))),
                    // A step that went to wait has made room for another.
                    _ if self.has_room() => Poll::Ready(Some(Next::Room)),
                    _ => Poll::Pending,
                }
            });
            match next.await {
                None => break,
                Some(Next::Room) => {}
                Some(Next::Ended(step, ended, failed)) => self.ended(step, ended, failed)?,
                Some(Next::Closed(step, written)) => {
                    written?;
                    self.done(step);
                }
            }
        }
        drop(running);
        self.finish(begin, outputs_before).await
    }

    /// Whether a step could be started.
    fn has_room(&self) -> bool {
        !self.engine.cancel.is_requested()
            && self.lanes.iter().any(|l| !l.ready.is_empty() && l.busy.load(Ordering::Relaxed) < AT_WORK)
    }

    /// Starts what may run and has room.
    fn start(&mut self, running: &mut FuturesUnordered<StepFuture<'a>>) -> Result<(), StoreError> {
        loop {
            while let Some(step) = self.scheduler.ready() {
                self.lanes[self.lane_of[step]].ready.push((self.scheduler.remaining(step), Reverse(step)));
            }
            let mut failed = false;
            for lane in 0..self.lanes.len() {
                while !self.engine.cancel.is_requested() && self.lanes[lane].busy.load(Ordering::Relaxed) < AT_WORK {
                    let Some((urgency, Reverse(step))) = self.lanes[lane].ready.pop() else { break };
                    self.started[step] = Some(Instant::now());
                    self.tell(step, What::Started);
                    match self.begin(step, urgency) {
                        Ok(future) => {
                            self.lanes[lane].busy.fetch_add(1, Ordering::Relaxed);
                            running.push(future);
                        }
                        Err(broken) => {
                            failed = true;
                            self.ended(step, Ended::Failed(broken), 0)?;
                        }
                    }
                }
            }
            if !failed {
                return Ok(());
            }
        }
    }

    fn tell(&self, step: usize, what: What<'_>) {
        let Step { address, action, .. } = &self.plan.steps[step];
        self.engine.observer.on(&Progress { address, step: Some(step), action: *action, what });
    }

    /// Takes note of how a step ended.
    fn ended(&mut self, step: usize, ended: Ended, failed: u32) -> Result<(), StoreError> {
        let planned = &self.plan.steps[step];
        let took = self.started[step].map(|at| at.elapsed()).unwrap_or_default();
        let before = planned.after.iter().map(|&i| self.path[i]).max().unwrap_or_default();
        self.path[step] = before + took;
        self.report.cloud_time = self.report.cloud_time.max(self.path[step]);
        let broken = match ended {
            Ended::Done(known, receipt, set) => {
                let told = set.iter().map(|promise| set_by_service(planned, self.kinds[step], promise));
                self.report.notices.extend(told);
                self.settle_live(planned, known);
                self.scheduler.on(schedule::StepEnd::Done(step));
                match receipt {
                    Some(receipt) => self.closing.push(Box::pin(async move { (step, receipt.durable().await) })),
                    None => self.done(step),
                }
                return Ok(());
            }
            Ended::Unready(record, broken) => {
                self.settle_live(planned, Some(Known::Record(record)));
                broken
            }
            Ended::Missing(broken) => {
                self.settle_live(planned, None);
                broken
            }
            Ended::Failed(broken) => broken,
        };
        if let Some(gathering) = planned.batch.and_then(|first| self.gatherings.get(&first)) {
            gathering.fail(&planned.address);
        }
        if let Broken::Silent { place } = &broken {
            self.defer(step, place);
            return Ok(());
        }
        let span = match &broken {
            Broken::Argument { path, .. } => planned.place(path),
            Broken::Refused(finding) => finding.labels.first().map(|label| label.span.clone()),
            _ => planned.span.clone(),
        };
        let place = (Some(step), &planned.address, planned.action, &span);
        let Some(failure) = StepFailure::new(place, broken, failed)? else {
            self.tell(step, What::Interrupted);
            return Ok(());
        };
        self.tell(step, What::Failed(&failure.error));
        self.report.failed.push(failure);
        for skipped in self.scheduler.on(schedule::StepEnd::Failed(step)) {
            self.tell(skipped, What::Skipped);
            self.report.skipped.push(skipped);
        }
        Ok(())
    }

    /// Leaves a step, and what comes after it, to a later plan.
    fn defer(&mut self, step: usize, place: &Str) {
        let behind = self.scheduler.on(schedule::StepEnd::Failed(step));
        for step in [step].into_iter().chain(behind) {
            self.tell(step, What::Deferred(place));
            self.report.deferred.insert(step, place.clone());
        }
    }

    /// Takes note that a step's result is on disk.
    fn done(&mut self, step: usize) {
        self.report.done.push(step);
        self.tell(step, What::Phase(StepPhase::Closed));
        self.tell(step, What::Done);
    }

    /// What others see of a resource after its step.
    fn settle_live(&mut self, step: &Step, known: Option<Known>) {
        if let Some(prior) = &step.prior
            && self.live.record(&prior.address).is_some_and(|r| r.op == prior.op)
        {
            self.live.0.remove(&prior.address);
        }
        if let Some(known) = known {
            if let (Known::Record(record), Some(owners)) = (&known, &mut self.owners) {
                owners.add(record);
            }
            self.live.0.insert(step.address.clone(), known);
        }
    }

    /// The future of a step, with everything it needs.
    fn begin(&mut self, number: usize, urgency: Duration) -> Result<StepFuture<'a>, Broken> {
        let (engine, plan, kind) = (self.engine, self.plan, self.kinds[number]);
        let step = &plan.steps[number];
        let calls = !matches!(step.action, Action::Record | Action::Forget) && step.implied_by.is_none();
        if let Some(place) = place(kind, step.region.as_deref()).filter(|_| calls) {
            engine.check_answers(place)?;
        }
        let work = self.work(step, kind)?;
        let is_kept = match work {
            StepWork::Nothing { .. } => true,
            StepWork::Create { .. } => false,
            _ => step.action == Action::Create,
        };
        if is_kept {
            self.tell(number, What::Kept);
            self.report.kept.push(number);
        }
        let busy = self.lanes[self.lane_of[number]].busy.clone();
        let member = step.batch.and_then(|first| self.gatherings.get(&first)).map(|gathering| {
            let along = step.prior.clone().filter(|_| deletes_along(step, self.engine.registry));
            Member::new(gathering.clone(), number, busy.clone(), along)
        });
        Ok(Box::pin(async move {
            let engine = match &member {
                Some(member) => Engine { cloud: member, ..engine },
                None => engine,
            };
            let job = Job {
                in_batch: member.is_some(),
                target: Target { kind, region: step.region.as_deref(), address: &step.address },
                step: Some(number),
                action: step.action,
                op: plan.op(number),
                urgency,
                busy: Some(&busy),
                secrets: work.secrets(),
            };
            let mut retry = Retry::new(&job.op);
            let ended = perform(&engine, plan, step, &job, work, &mut retry).await;
            busy.fetch_sub(1, Ordering::Relaxed);
            (number, ended, retry.failed())
        }))
    }

    /// What a step is to do, computed from what is known now.
    fn work(&self, step: &Step, kind: &'static Kind) -> Result<StepWork, Broken> {
        self.unknown.check(&self.engine, step)?;
        let prior = || step.prior.clone().ok_or_else(|| Broken::wrong("the plan does not say what is there so far"));
        let deposed = |record: &Record| self.live.record(&record.address).is_none_or(|r| r.op != record.op);
        let created_first = step.replacement == Some(ReplaceOrder::CreateFirst);
        Ok(match step.action {
            Action::Create => {
                let args = self.arguments(step, kind)?;
                let replaced = step.prior.as_ref().filter(|_| created_first);
                let stays = |old: &Record| {
                    is_called_the_same(kind, step, &args, old)
                        || is_as_it_was(kind, step, &args, old, |address| self.is_kept(address))
                };
                match replaced.filter(|old| stays(old)) {
                    Some(old) => match keep(kind, step, args, old)? {
                        Keep::Change(args) => StepWork::Update { args, old: old.clone() },
                        Keep::Write(record) => StepWork::Write { record },
                    },
                    None => StepWork::Create {
                        args,
                        deposed: replaced
                            .and_then(|p| self.live.record(&p.address).filter(|r| r.op == p.op))
                            .map(|record| Deposed::of(record)),
                    },
                }
            }
            Action::Update => StepWork::Update { args: self.arguments(step, kind)?, old: prior()? },
            Action::Delete | Action::Forget => {
                let record = prior()?;
                // Its successor may have turned out to be itself.
                let kept = self.live.record(&step.address).filter(|now| created_first && now.op == record.op);
                if let Some(now) = kept {
                    return Ok(StepWork::Nothing { record: now.clone() });
                }
                let is_shared = self.owners.as_ref().is_some_and(|owners| owners.has_other(&record));
                // What is kept takes nothing along.
                let goes_along = step.implied_by.as_ref().is_some_and(|parent| !self.is_kept(parent));
                let silently = is_shared || step.action == Action::Forget || goes_along;
                StepWork::Remove { deposed: deposed(&record), silently, record }
            }
            Action::Read => StepWork::Read { args: self.arguments(step, kind)? },
            Action::Import | Action::Record => {
                let old = prior()?;
                let mut record = Record {
                    address: step.address.clone(),
                    needs: step.needs.clone(),
                    given: step.given.clone(),
                    protect: step.protect,
                    span: step.span.clone(),
                    ..Record::clone(&old)
                };
                if step.action == Action::Record && !step.args.is_empty() {
                    record.args = self.arguments(step, kind)?;
                }
                mark(kind.args, &mut record.args);
                record.outputs.extend(step.known.clone());
                mark(kind.outputs, &mut record.outputs);
                StepWork::Write { record: Arc::new(record) }
            }
        })
    }

    /// Whether something that was to be made anew is kept.
    fn is_kept(&self, address: &Address) -> bool {
        self.report.kept.iter().any(|&step| self.plan.steps[step].address == *address)
    }

    /// The arguments of a step. What is found about them that refuses nothing is told in the end.
    fn arguments(&self, step: &Step, kind: &'static Kind) -> Result<Map<Value>, Broken> {
        let (args, found) = arguments(&self.live, self.plan, step, kind, self.engine.registry)?;
        self.late.borrow_mut().extend(found);
        Ok(args)
    }

    async fn finish(mut self, begin: Instant, outputs_before: Map<Value>) -> Result<Report, StoreError> {
        let mut seen = vec![false; self.plan.steps.len()];
        let failed = self.report.failed.iter().filter_map(|f| f.step);
        let others = self.report.skipped.iter().chain(self.report.deferred.keys());
        for step in self.report.done.iter().chain(others).copied().chain(failed) {
            seen[step] = true;
        }
        self.report.remaining = (0..seen.len()).filter(|&i| !seen[i]).collect();
        self.report.skipped.sort_unstable();
        // Calls end in any order; a report does not.
        self.report.failed.sort_by(|one, other| (&one.address, one.step).cmp(&(&other.address, other.step)));
        self.report.notices.extend(self.late.take());
        for (name, output) in &self.plan.outputs {
            let Some(after) = &output.after else { continue };
            let value = match after.reduce(&mut |r| self.live.attribute(r)) {
                Ok(Expr::Known(value)) => Some(value),
                // What it is made from is not there: as long as that is so, the last one stands.
                Ok(_) => outputs_before.get(name).cloned(),
                Err(error) => {
                    self.report.output_errors.insert(name.clone(), error.to_string());
                    None
                }
            };
            if let Some(value) = value {
                self.report.outputs.insert(name.clone(), value);
            }
        }
        let mut learnt = false;
        for known in self.live.0.values() {
            if let Known::Answer(answer) = known {
                learnt |= self.answers.learn(answer.clone());
            }
        }
        if learnt {
            self.engine.store.commit(StateChange::Answers(self.answers)).await?;
        }
        if self.report.outputs != outputs_before {
            self.engine.store.commit(StateChange::Outputs(self.report.outputs.clone())).await?;
        }
        self.engine.store.release().await?;
        self.report.calls = self.engine.calls.totals();
        self.report.retries = self.engine.calls.retries();
        self.report.elapsed = begin.elapsed();
        Ok(self.report)
    }
}

/// That a service has set something by itself.
fn set_by_service(step: &Step, kind: &Kind, promise: &BrokenPromise) -> Diagnostic {
    let message = format!("`{}`: {}", step.address, promise.message());
    Diagnostic::warning(message).at(step.place(&promise.path), "").help(promise.help(kind))
}
