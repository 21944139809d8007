//! Imports: resources that are there already and that a program takes over by their id.
//!
//! A resource belongs to one address of one environment. What is recorded already, what two addresses ask for, and what
//! carries the identity tags of another environment or program is refused: whoever destroyed one of the two would destroy
//! both.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::{Intent, Live, Owner};
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::graph::{Graph, Node};
use dr_core::record::{Record, Snapshot};
use dr_core::schema::Place;
use dr_core::secrecy::{Secrets, marked, revealed};
use dr_core::value::{Map, Str, Value};

use crate::engine::{Broken, CallKind, Engine, Job};
use crate::look::{Interrupted, failure, is_left_out, job};
use crate::retry::Retry;

/// What was found of resources that are to be taken over.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    /// The resources as they are, by the addresses that take them over.
    pub(crate) found: BTreeMap<Address, Arc<Record>>,
    /// What stands in the way.
    pub(crate) problems: Vec<Diagnostic>,
}

/// Reads what a program takes over.
///
/// # Errors
/// When somebody asked to stop. Everything else is among the problems.
pub(crate) async fn read(
    engine: &Engine<'_>,
    graph: &Graph,
    snapshot: &Snapshot,
    program: &Str,
) -> Result<Imports, Interrupted> {
    let mut imports = Imports::default();
    let mut asked: BTreeMap<(&str, Option<&Str>, &Str), &Node> = BTreeMap::new();
    for (address, node) in &graph.nodes {
        let Some(id) = &node.options.import_id else { continue };
        if snapshot.records.contains_key(address) || is_left_out(engine, node.region.as_ref()) {
            continue;
        }
        let first = asked.insert((node.kind.name, node.region.as_ref(), id), node);
        let problem = match (first, recorded(snapshot, node, id)) {
            _ if node.kind.place == Place::Local => Some(local(node)),
            (_, Some(record)) => Some(recorded_already(node, id, record)),
            (Some(first), None) => Some(asked_twice(first, node, id)),
            (None, None) => None,
        };
        match problem {
            Some(problem) => imports.problems.push(problem),
            None => match read_one(engine, program, node, id).await? {
                Ok(Some(record)) => drop(imports.found.insert(address.clone(), Arc::new(record))),
                Ok(None) => {}
                Err(problem) => imports.problems.push(problem),
            },
        }
    }
    Ok(imports)
}

impl Engine<'_> {
    /// Marks what is taken over, or has moved, as this environment's and the address's, so that a sweep finds it and nobody
    /// else takes it over.
    pub(crate) async fn claim(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        record: &Record,
        retry: &mut Retry,
    ) -> Result<(), Broken> {
        if job.target.kind.tags().is_none() {
            return Ok(());
        }
        if let Some(place) = job.place().filter(|place| self.places.away(place).is_some()) {
            return Err(Broken::Silent { place: place.into() });
        }
        let args = revealed(&record.args);
        let claim = || self.cloud.claim(job.target, &record.id, &args, intent);
        self.call(job, retry, CallKind::Claim, claim).await
    }
}

/// The resource as it is, or why it cannot be taken over; nothing when its region does not answer.
async fn read_one(
    engine: &Engine<'_>,
    program: &Str,
    node: &Node,
    id: &Str,
) -> Result<Result<Option<Record>, Diagnostic>, Interrupted> {
    let known: Map<Value> = node.args.iter().filter_map(|(k, e)| Some((k.clone(), e.known()?.clone()))).collect();
    let args = revealed(&known);
    let job = Job { secrets: Secrets::of([&known]), ..job(node.kind, node.region.as_ref(), &node.address) };
    let mut retry = Retry::looking(node.address.as_str());
    let problem = |message: String| Diagnostic::error(message).at(place(node), "");
    let found = engine.call(&job, &mut retry, CallKind::Read, || engine.cloud.read(job.target, id, &args)).await;
    let live = match found {
        Ok(Some(live)) => live,
        Ok(None) => {
            let message = format!("there is no `{}` with the id `{id}` to take over", node.kind.name);
            return Ok(Err(problem(message).help("leave `import_id` out to have it made")));
        }
        Err(Broken::Silent { .. }) => return Ok(Ok(None)),
        Err(broken) => return Ok(Err(problem(format!("cannot read `{id}`: {}", failure(broken)?)))),
    };
    let owner = engine.call(&job, &mut retry, CallKind::Owner, || engine.cloud.owner(job.target, id, &live)).await;
    match owner {
        Ok(Some(owner)) if owner.environment != engine.store.stack().environment || owner.program != *program => {
            return Ok(Err(of_another(node, id, &owner)));
        }
        Ok(_) => {}
        Err(Broken::Silent { .. }) => return Ok(Ok(None)),
        Err(broken) => return Ok(Err(problem(format!("cannot find out whose `{id}` is: {}", failure(broken)?)))),
    }
    let Live { args, outputs } = marked(node.kind, live);
    Ok(Ok(Some(Record {
        address: node.address.clone(),
        kind: node.kind.name.into(),
        region: node.region.clone(),
        id: id.clone(),
        args,
        outputs,
        needs: node.needs(),
        given: Vec::new(),
        protect: node.options.protect,
        incomplete: None,
        switched: Map::new(),
        tagged_as: None,
        op: format!("import:{id}").into(),
        span: node.site.span.clone(),
    })))
}

fn place(node: &Node) -> Option<Span> {
    node.site.of(&["import_id".into()], false)
}

/// The record of what goes by this id, in use or set aside.
fn recorded<'s>(snapshot: &'s Snapshot, node: &Node, id: &str) -> Option<&'s Record> {
    let is = |r: &&Arc<Record>| *r.kind == *node.kind.name && r.region == node.region && *r.id == *id;
    snapshot.records.values().chain(&snapshot.deposed).find(is).map(|record| &**record)
}

fn local(node: &Node) -> Diagnostic {
    let message = format!("`{}` cannot be taken over: a `{}` is in no cloud", node.address, node.kind.name);
    Diagnostic::error(message).at(place(node), "").help("leave `import_id` out")
}

fn recorded_already(node: &Node, id: &str, record: &Record) -> Diagnostic {
    Diagnostic::error(format!("`{id}` is recorded already, as `{}`", record.address))
        .at(place(node), "")
        .also(record.span.as_ref().map(Span::of_earlier_text), "declared here")
        .help(format!("to give it another address, write `moved_from: \"{}\"` instead of `import_id`", record.address))
}

fn asked_twice(first: &Node, second: &Node, id: &str) -> Diagnostic {
    Diagnostic::error(format!("`{}` and `{}` both take `{id}` over", first.address, second.address))
        .at(place(second), "the second one")
        .also(place(first), "the first one")
        .help("a resource has one address; refer to the first one instead of declaring the second")
}

fn of_another(node: &Node, id: &str, owner: &Owner) -> Diagnostic {
    let Owner { environment, program, address } = owner;
    let address = address.as_ref().map(|a| format!(", as `{a}`")).unwrap_or_default();
    Diagnostic::error(format!("`{id}` belongs to the environment `{environment}` of the program `{program}`{address}"))
        .at(place(node), "")
        .help("both would change it, and whoever is destroyed first would take it along; look it up instead, or give it up there first")
}
