//! Late checks: what the plan could not look at, because it was not known, is looked at before the call that would set it.

use std::sync::Arc;

use super::destroyable::{Subject, check_known};
use super::names::{is_named_by_id, without_suffix};
use crate::checks::{self, Planned, Resource};
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, Step};
use crate::record::Record;
use crate::schema::Kind;
use crate::value::{Map, Str, Value};
use crate::walk::Tree;

/// Looks at the arguments of a step that were not known while planning, now that all are, beside the resources that it
/// needs and that are there. An error refuses the step.
pub fn check_late(
    plan: &Plan,
    step: &Step,
    kind: &'static Kind,
    args: &Map<Value>,
    needed: &[(&'static Kind, Arc<Record>)],
) -> Vec<Diagnostic> {
    let is_late = |name: &str| step.args.get(name).is_some_and(|planned| planned.known().is_none());
    let place = |path: &[Str]| step.place(path);
    let subject = Subject { address: &step.address, kind, allow: &step.allow, place: &place };
    let late = |name: &str| args.get(name).filter(|_| is_late(name));
    let fields = kind.args.iter().filter_map(|field| Some((field, late(field.name)?)));
    let mut found = check_known(&subject, fields);
    if !is_named_by_id(kind, |name| step.args.get(name)) {
        found.extend(without_suffix(&plan.environment, &plan.namesakes, &subject, |name| late(name).map(Tree::from)));
    }
    let mut resources = vec![Resource::settled(step, kind, args)];
    resources.extend(needed.iter().map(|(kind, record)| Resource::recorded(record, kind)));
    let planned = Planned::part(&plan.environment, plan.ephemeral, resources);
    found.extend(planned.get(&step.address).into_iter().flat_map(|resource| checks::look_late(resource, &planned)));
    found
}
