//! Asking the cloud about what a plan would make, before anything is made: once per kind and region.
//!
//! What it objects to are findings like those of any check. Where it cannot be asked, the plan says so: the services will
//! refuse while applying what they would have refused here.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::checks::weighed;
use dr_core::cloud::ErrorClass;
use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::graph::{Graph, ReplaceOrder};
use dr_core::online::{Objection, Wish, Wishes};
use dr_core::plan::{Action, Plan, Step};
use dr_core::schema::Place;
use dr_core::value::{Map, Str, Value};
use futures::future::join_all;

use crate::engine::{Broken, CallKind, Engine};
use crate::look::{Interrupted, job};
use crate::retry::Retry;

/// What the cloud objects to in a plan.
pub(crate) async fn objections(
    engine: &Engine<'_>,
    graph: &Graph,
    plan: &Plan,
) -> Result<Vec<Diagnostic>, Interrupted> {
    let mut groups: BTreeMap<(&str, Option<&Str>), Wishes> = BTreeMap::new();
    for step in &plan.steps {
        let Some(kind) = engine.registry.get(&step.kind).filter(|kind| kind.place != Place::Local) else { continue };
        let group = groups.entry((&step.kind, step.region.as_ref())).or_insert_with(|| Wishes {
            kind,
            region: step.region.clone(),
            made: Vec::new(),
            deleted: 0,
        });
        match step.action {
            Action::Create if step.replacement != Some(ReplaceOrder::DeleteFirst) => group.made.push(wish(step)),
            Action::Delete if step.replacement.is_none() => group.deleted += 1,
            _ => {}
        }
    }
    let mut found = Vec::new();
    let asked =
        join_all(groups.values().filter(|group| !group.made.is_empty()).map(|wishes| ask(engine, wishes))).await;
    for asked in asked {
        let (wishes, answer) = asked?;
        match answer {
            Ok(objections) => found.extend(objections.into_iter().filter_map(|o| finding(graph, wishes, o))),
            Err(why) => found.push(unasked(wishes, &why)),
        }
    }
    Ok(found)
}

/// What would be made, with the arguments that are known and no secret.
fn wish(step: &Step) -> Wish {
    let known = step.args.iter().filter_map(|(name, arg)| Some((name.clone(), arg.known()?.clone())));
    let args: Map<Value> = known.filter(|(_, value)| !value.has_secret()).collect();
    Wish { address: step.address.clone(), args: Arc::new(args) }
}

type AnsweredWishes<'w> = (&'w Wishes, Result<Vec<Objection>, String>);

async fn ask<'w>(engine: &Engine<'_>, wishes: &'w Wishes) -> Result<AnsweredWishes<'w>, Interrupted> {
    let Some(first) = wishes.made.first() else { return Ok((wishes, Ok(Vec::new()))) };
    let job = job(wishes.kind, wishes.region.as_ref(), &first.address);
    let mut retry = Retry::asking(first.address.as_str());
    let answer =
        engine.call(&job, &mut retry, CallKind::Objections, || engine.cloud.objections(job.target, wishes)).await;
    Ok((
        wishes,
        match answer {
            Ok(objections) => Ok(objections),
            Err(Broken::Interrupted) => return Err(Interrupted),
            // It is told once, of the region.
            Err(Broken::Silent { .. }) => Ok(Vec::new()),
            Err(Broken::Call(error)) if error.class == ErrorClass::Denied => {
                Err(format!("{} is not allowed to these credentials", error.call))
            }
            // What exactly a service said that was asked by the way is nobody's concern.
            Err(Broken::Call(error)) => Err(format!("{} failed with {}", error.call, error.code)),
            Err(broken) => Err(broken.to_string()),
        },
    ))
}

fn finding(graph: &Graph, wishes: &Wishes, objection: Objection) -> Option<Diagnostic> {
    let node = graph.nodes.get(&wishes.made.get(objection.wish)?.address)?;
    let path: Vec<Str> = objection.argument.split('.').filter(|part| !part.is_empty()).map(Str::from).collect();
    let severity = if objection.may_pass { Severity::Warning } else { Severity::Error };
    let mut d = Diagnostic { severity, ..Diagnostic::error(objection.message) };
    d = objection.help.into_iter().fold(d.at(node.site.of(&path, false), ""), Diagnostic::help);
    if objection.may_pass {
        d = d.help("the plan deletes some as well; it works out if they are gone by then");
    }
    weighed(&node.options.allow, objection.check, d)
}

/// That nobody could be asked.
fn unasked(wishes: &Wishes, why: &str) -> Diagnostic {
    let where_to = wishes.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
    let said = format!("the account could not be asked whether it takes `{}`{where_to}: {why}", wishes.kind.name);
    Diagnostic { severity: Severity::Info, ..Diagnostic::error(said) }.code("online")
}
