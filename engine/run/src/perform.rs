//! Performing: a step's work is done, and said how it ended.

use std::sync::Arc;

use dr_core::answer::Answer;
use dr_core::cloud::Intent;
use dr_core::plan::{Action, Plan, Reason, Step};
use dr_core::promise::BrokenPromise;
use dr_core::record::Record;
use dr_core::secrecy::{mark, revealed};
use dr_core::value::{Map, Str};

use crate::engine::{Broken, CallKind, Engine, Job};
use crate::inputs::Known;
use crate::queue::Receipt;
use crate::retry::Retry;
use crate::step::Finish;
use crate::work::StepWork;

/// How a step ended.
pub(crate) enum Ended {
    /// Well. Its result is on its way to the disk, and what follows may start: it writes its own intent behind it.
    Done(Option<Known>, Option<Receipt>, Vec<BrokenPromise>),
    Failed(Broken),
    /// It failed, and left this behind.
    Unready(Arc<Record>, Broken),
    /// It failed, because what it was about is gone.
    Missing(Broken),
}

/// Does a step's work.
pub(crate) async fn perform(
    engine: &Engine<'_>,
    plan: &Plan,
    step: &Step,
    job: &Job<'_>,
    work: StepWork,
    retry: &mut Retry,
) -> Ended {
    let kind = job.target.kind;
    let intent = |op: &Str| Intent {
        op: op.clone(),
        environment: plan.environment.clone(),
        program: plan.program.clone(),
        address: step.address.clone(),
    };
    let mut is_tagged = true;
    if let StepWork::Write { record } | StepWork::Update { old: record, .. } = &work
        && (step.reasons.contains(&Reason::Imported) || record.tagged_as.is_some())
    {
        match engine.claim(job, &intent(&record.op), record, retry).await {
            Ok(()) => {}
            // What is only recorded waits for nobody; the tags are left to a later plan.
            Err(Broken::Silent { .. }) if step.action == Action::Record => is_tagged = false,
            Err(broken) => return Ended::Failed(broken),
        }
    }
    let finish = match work {
        StepWork::Nothing { record } => return Ended::Done(Some(Known::Record(record)), None, Vec::new()),
        StepWork::Create { args, deposed } => {
            let record = Record {
                address: step.address.clone(),
                kind: step.kind.clone(),
                region: step.region.clone(),
                id: "".into(),
                args,
                outputs: Map::new(),
                needs: step.needs.clone(),
                given: step.given.clone(),
                protect: step.protect,
                incomplete: None,
                switched: Map::new(),
                tagged_as: None,
                op: job.op.clone(),
                span: step.span.clone(),
            };
            engine.create(job, plan, intent(&job.op), record, deposed, &step.known, retry).await
        }
        StepWork::Update { args, old } => {
            let record = Record {
                address: step.address.clone(),
                args,
                needs: step.needs.clone(),
                given: step.given.clone(),
                protect: step.protect,
                incomplete: None,
                tagged_as: None,
                span: step.span.clone(),
                ..Record::clone(&old)
            };
            engine.update(job, &intent(&old.op), &old, record, &step.known, retry).await
        }
        StepWork::Remove { record, deposed, silently } => {
            let removed = match silently {
                true => Ok(engine.remove(job, &record, deposed)),
                false => engine.delete(job, (plan, &step.lifts), &record, deposed, retry).await,
            };
            return match removed {
                Ok(receipt) => Ended::Done(None, Some(receipt), Vec::new()),
                Err(broken) => Ended::Failed(broken),
            };
        }
        StepWork::Read { args } => {
            let open = revealed(&args);
            let answer = engine.call(job, retry, CallKind::LookUp, || engine.cloud.look_up(job.target, &open)).await;
            return match answer {
                Ok(mut outputs) => {
                    mark(kind.outputs, &mut outputs);
                    let (kind, region) = (step.kind.clone(), step.region.clone());
                    Ended::Done(Some(Known::Answer(Answer { kind, region, args, outputs })), None, Vec::new())
                }
                Err(broken) => Ended::Failed(broken),
            };
        }
        StepWork::Write { mut record } => {
            if is_tagged && record.tagged_as.is_some() {
                Arc::make_mut(&mut record).tagged_as = None;
            }
            let receipt = engine.write(job, &record);
            Ok(Finish::Ready(record, receipt, Vec::new()))
        }
    };
    match finish {
        Ok(Finish::Ready(record, receipt, set)) => Ended::Done(Some(Known::Record(record)), Some(receipt), set),
        Ok(Finish::Unready(record, broken)) => Ended::Unready(record, broken),
        Ok(Finish::Missing(broken)) => Ended::Missing(broken),
        Err(broken) => Ended::Failed(broken),
    }
}
