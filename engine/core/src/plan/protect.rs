//! Protection: what the program protects is neither deleted nor replaced; what the service protects is so only when that
//! may be switched off.

use crate::address::Address;
use crate::checks;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::input::{Goal, Input, Refreshed};
use crate::plan::steps::millis;
use crate::plan::{Action, Lift, Step};
use crate::schema::{Field, Kind, Presence};
use crate::value::{Map, Value, intern};

/// What is protected is neither deleted nor replaced.
pub(super) fn check(input: &Input<'_>, steps: &[Step]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in steps.iter().filter(|s| s.action == Action::Delete) {
        let declared = input.graph.nodes.get(&step.address);
        let protected = match (declared, input.goal) {
            (Some(node), Goal::Apply) => node.options.protect,
            _ => step.prior.as_ref().is_some_and(|p| p.protect),
        };
        if protected {
            let verb = if step.replacement.is_some() { "replaced" } else { "deleted" };
            let (label, help) = match (declared, input.goal) {
                (None, Goal::Apply) => {
                    ("was declared here", "declare it again, without `protect: true`, and apply that before it goes")
                }
                _ => ("declared here", "take `protect: true` away and apply that first"),
            };
            found.push(
                Diagnostic::error(format!("`{}` is protected and would be {verb}", step.address))
                    .code("protect")
                    .at(step.span.clone(), label)
                    .help(help),
            );
        }
    }
    found
}

/// Where the service would refuse a deletion because protection is switched on, or because a policy denies it to everybody,
/// that is taken off first: told where it may be, refused where nobody said so.
pub(super) fn lift(input: &Input<'_>, steps: &mut [Step]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in steps.iter_mut().filter(|step| step.action == Action::Delete) {
        let (Some(prior), Some(kind)) = (&step.prior, input.registry.get(&step.kind)) else { continue };
        let recorded = input.snapshot.records.get(&step.address).filter(|record| record.op == prior.op);
        let live = match input.refreshed.get(&step.address) {
            Some(Refreshed::Live(live)) if recorded.is_some() => &live.args,
            _ => &prior.args,
        };
        let before = recorded.map(|record| &record.args);
        for obstacle in protections(kind, live, before).into_iter().chain(policy(kind, live, before)) {
            let by = if obstacle.is_new { "somebody has" } else { "the program has" };
            let message = format!("{by} {}: {}", (obstacle.what)(&step.address), obstacle.why);
            let at = |d: Diagnostic| d.at(step.span.clone(), "declared here");
            found.push(match &obstacle.lift {
                Some(_) if input.lift => {
                    let d = Diagnostic::error(format!("{message}; {} first", obstacle.taken_off));
                    at(Diagnostic { severity: Severity::Info, ..d })
                }
                Some(_) => at(Diagnostic::error(message).code("protect"))
                    .help("take it off, or let it be taken off with `--lift-protection`"),
                None => at(Diagnostic::error(message).code("protect"))
                    .help("only the root user of the account can change that policy; let them take the statement out"),
            });
            step.lifts.extend(obstacle.lift);
        }
        if step.lifts.iter().any(|lift| lift.changes(kind)) {
            step.typical_ms += millis(kind.update);
        }
    }
    found
}

/// Something that keeps a resource from being deleted.
struct Obstacle {
    /// What was done to the resource.
    what: fn(&Address) -> String,
    why: String,
    /// Whether the record does not know it: then somebody else has put it there.
    is_new: bool,
    /// How it is taken off, in words.
    taken_off: &'static str,
    /// `None` where it cannot be.
    lift: Option<Lift>,
}

/// The arguments that protect it.
fn protections(kind: &Kind, live: &Map<Value>, recorded: Option<&Map<Value>>) -> Vec<Obstacle> {
    let is_on = |args: &Map<Value>, name: &str| args.get(name).and_then(Value::as_bool) == Some(true);
    let on = kind.args.iter().filter(|field| field.protects && is_on(live, field.name));
    let obstacle = |field: &Field| Obstacle {
        what: |address| format!("protected `{address}` from being deleted"),
        why: format!("its `{}` is true", field.name),
        is_new: recorded.is_some_and(|args| !is_on(args, field.name)),
        taken_off: "that is switched off",
        lift: Some(Lift { argument: intern(field.name), on: Value::Bool(true), off: Value::Bool(false) }),
    };
    on.map(obstacle).collect()
}

/// The policy that locks it, or what it is about.
fn policy(kind: &Kind, live: &Map<Value>, recorded: Option<&Map<Value>>) -> Option<Obstacle> {
    let lock = checks::lock(kind, live)?;
    let denies = format!("its `{}` denies `{}` to everybody", lock.argument, lock.sealed_by.unwrap_or(lock.action));
    let off = match kind.arg(lock.argument).map(|field| field.presence) {
        // The policy is all that it is.
        Some(Presence::Required) => Value::Null,
        _ => lock.opened.unwrap_or(Value::Null),
    };
    let on = live.get(lock.argument).cloned().unwrap_or(Value::Null);
    Some(Obstacle {
        what: |address| format!("locked `{address}`"),
        why: denies,
        is_new: recorded.is_some_and(|args| checks::lock(kind, args).is_none()),
        taken_off: "that is taken out",
        lift: lock.sealed_by.is_none().then(|| Lift { argument: intern(lock.argument), on, off }),
    })
}
