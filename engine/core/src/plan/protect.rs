//! Protection: what the program protects is neither deleted nor replaced; what the service protects is so only when that
//! may be switched off.

use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::input::{Goal, Input, Refreshed};
use crate::plan::steps::millis;
use crate::plan::{Action, Step};
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

/// Where the service would refuse a deletion because protection is switched on, that is switched off first: told where it
/// may be, refused where nobody said so.
pub(super) fn lift(input: &Input<'_>, steps: &mut [Step]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in steps.iter_mut().filter(|step| step.action == Action::Delete) {
        let (Some(prior), Some(kind)) = (&step.prior, input.registry.get(&step.kind)) else { continue };
        let recorded = input.snapshot.records.get(&step.address).filter(|record| record.op == prior.op);
        let live = match input.refreshed.get(&step.address) {
            Some(Refreshed::Live(live)) if recorded.is_some() => &live.args,
            _ => &prior.args,
        };
        let is_on = |args: &Map<Value>, name: &str| args.get(name).and_then(Value::as_bool) == Some(true);
        let on: Vec<&str> = kind.args.iter().filter(|f| f.protects && is_on(live, f.name)).map(|f| f.name).collect();
        for name in &on {
            let by = match recorded.is_some_and(|record| !is_on(&record.args, name)) {
                true => "somebody has",
                false => "the program has",
            };
            let message = format!("{by} protected `{}` from being deleted: its `{name}` is true", step.address);
            found.push(match input.lift {
                true => {
                    let d = Diagnostic::error(format!("{message}; that is switched off first"));
                    Diagnostic { severity: Severity::Info, ..d }.at(step.span.clone(), "declared here")
                }
                false => Diagnostic::error(message)
                    .code("protect")
                    .at(step.span.clone(), "declared here")
                    .help("switch it off, or let it be switched off with `--lift-protection`"),
            });
        }
        if !on.is_empty() {
            step.typical_ms += millis(kind.update);
            step.lifts = on.into_iter().map(intern).collect();
        }
    }
    found
}
