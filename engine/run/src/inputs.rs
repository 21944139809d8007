//! Inputs: what a step reads of others, and its arguments, computed from that and checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::answer::Answer;
use dr_core::diagnostic::Diagnostic;
use dr_core::expr::{AttrRef, Expr};
use dr_core::fit::Problem;
use dr_core::plan::{Plan, Step, check_late};
use dr_core::record::Record;
use dr_core::registry::Registry;
use dr_core::resolve;
use dr_core::schema::Kind;
use dr_core::secrecy::mark;
use dr_core::value::{Map, Value};
use dr_core::walk::Tree;

use crate::engine::Broken;

/// What is known of a resource for those that refer to it.
pub(crate) enum Known {
    Record(Arc<Record>),
    Answer(Answer),
}

/// What is known of all resources.
pub(crate) struct KnownResources(pub(crate) BTreeMap<Address, Known>);

impl KnownResources {
    pub(crate) fn record(&self, address: &Address) -> Option<&Arc<Record>> {
        match self.0.get(address) {
            Some(Known::Record(record)) => Some(record),
            _ => None,
        }
    }

    pub(crate) fn attribute(&self, reference: &AttrRef) -> Option<Value> {
        match self.0.get(&reference.address)? {
            Known::Record(record) => record.attribute(&reference.attr),
            Known::Answer(answer) => answer.attribute(&reference.attr),
        }
    }
}

/// The arguments of a step. What was not known while planning is computed and checked, before anything is called; what
/// the checks find that refuses nothing comes along.
///
/// # Errors
/// When something cannot be computed, does not fit, or is refused.
pub(crate) fn arguments(
    live: &KnownResources,
    plan: &Plan,
    step: &Step,
    kind: &'static Kind,
    registry: &Registry,
) -> Result<(Map<Value>, Vec<Diagnostic>), Broken> {
    let mut args = Map::new();
    let mut late = false;
    for (name, planned) in &step.args {
        let settled = match planned {
            Expr::Known(_) => planned.clone(),
            open => {
                late = true;
                settled(live, kind, name, open)?
            }
        };
        match settled {
            Expr::Known(Value::Null) => {}
            Expr::Known(value) => {
                args.insert(name.clone(), value);
            }
            unknown => return Err(Broken::wrong(format!("`{name}` is still not known: {unknown}"))),
        }
    }
    args.shrink_to_fit();
    mark(kind.args, &mut args);
    if late {
        let problems = resolve::check_names(kind, &|name| args.get(name).map(Tree::from));
        problems.into_iter().next().map_or(Ok(()), |problem| Err(unfit(problem)))?;
    }
    let found = if late {
        let needed = step.needs.iter().filter_map(|need| live.record(&need.address));
        let needed: Vec<_> = needed.filter_map(|record| Some((registry.get(&record.kind)?, record.clone()))).collect();
        check_late(plan, step, kind, &args, &needed)
    } else {
        Vec::new()
    };
    let (refusals, found): (Vec<_>, Vec<_>) = found.into_iter().partition(Diagnostic::is_error);
    match refusals.into_iter().next() {
        Some(first) => Err(Broken::Refused(Box::new(first))),
        None => Ok((args, found)),
    }
}

/// An argument that was not known while planning.
fn settled(live: &KnownResources, kind: &'static Kind, name: &str, open: &Expr) -> Result<Expr, Broken> {
    let at = |message: String| Broken::Argument { path: vec![name.into()], message, help: None };
    let reduced = open.reduce(&mut |r| live.attribute(r)).map_err(|e| at(format!("`{name}`: {e}")))?;
    let Some(field) = kind.arg(name) else { return Ok(reduced) };
    let mut problems = Vec::new();
    let settled = resolve::settle(field, reduced, &mut problems);
    problems.into_iter().next().map_or(Ok(settled), |problem| Err(unfit(problem)))
}

fn unfit(Problem { path, message, help, .. }: Problem) -> Broken {
    Broken::Argument { path, message, help }
}
