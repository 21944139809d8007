//! Adopting: one resource that is there already is recorded at an address of the program, as it is, and marked as the
//! stack's. Nothing else of it is changed; what differs from the program is a matter of the next plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::Intent;
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::record::Record;
use dr_core::value::Str;

use crate::discover::Discovery;
use crate::engine::{Engine, Job};
use crate::import;
use crate::look::{Interrupted, failure, job};
use crate::prepare::Wanted;
use crate::retry::Retry;
use crate::stack::Stack;

/// Reads the resource of an id as the one that a program declares at an address, and marks it as the stack's. Whoever calls
/// this records what comes of it.
///
/// # Errors
/// When somebody asked to stop. What stands in the way is returned.
pub async fn adopt(
    engine: &Engine<'_>,
    wanted: &Wanted<'_>,
    address: &Address,
    id: &str,
) -> Result<Result<Discovery, Vec<Diagnostic>>, Interrupted> {
    let Some(node) = wanted.graph.nodes.get(address) else {
        return Ok(Err(vec![Diagnostic::error(format!("the program declares no `{address}`"))]));
    };
    if let Some(record) = wanted.snapshot.records.get(address) {
        let message = format!("`{address}` is recorded already, as `{}`", record.id);
        let help = format!("`dr state rm {address}` forgets that one; it stays as it is");
        return Ok(Err(vec![Diagnostic::error(message).at(node.site.span.clone(), "").help(help)]));
    }
    let mut node = node.clone();
    node.options.import_id = Some(id.into());
    let graph = Graph { nodes: BTreeMap::from([(address.clone(), node)]), ..Graph::default() };
    let mut imports = import::read(engine, &graph, wanted.snapshot, wanted.program).await?;
    let Some(record) = imports.found.remove(address) else {
        if imports.problems.is_empty() {
            imports
                .problems
                .push(Diagnostic::error(format!("`{address}` is in a region that does not answer, or is left out")));
        }
        for problem in &mut imports.problems {
            // What a program can do about it is not what whoever gives an id can do.
            problem.help = vec!["nothing was recorded or changed; look at the id, the kind and the region".into()];
        }
        return Ok(Err(imports.problems));
    };
    match claimed(engine, wanted.program, &record).await? {
        Ok(()) => Ok(Ok(Discovery { records: BTreeMap::from([(address.clone(), record)]), ..Discovery::default() })),
        Err(why) => Ok(Err(vec![Diagnostic::error(format!("cannot mark `{id}` as `{address}`: {why}"))])),
    }
}

/// Writes the identity tags. The error says why that is not possible.
async fn claimed(engine: &Engine<'_>, program: &Str, record: &Arc<Record>) -> Result<Result<(), String>, Interrupted> {
    let Some(kind) = engine.registry.get(&record.kind) else { return Ok(Ok(())) };
    let Stack { environment, .. } = engine.store.stack().clone();
    let intent =
        Intent { op: record.op.clone(), environment, program: program.clone(), address: record.address.clone() };
    let job = Job { op: record.op.clone(), ..job(kind, record.region.as_ref(), &record.address) };
    let mut retry = Retry::new(&record.op);
    match engine.claim(&job, &intent, record, &mut retry).await {
        Ok(()) => Ok(Ok(())),
        Err(broken) => Ok(Err(failure(broken)?)),
    }
}
