//! Checks: what must hold after every event, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::compare::same;
use dr_core::expr::AttrRef;
use dr_core::graph::Graph;
use dr_core::integrity::check_settled;
use dr_core::journal::Open;
use dr_core::plan::{Action, Plan, Reason};
use dr_core::record::{Record, Snapshot};
use dr_core::schema::{Place, Presence};
use dr_core::value::{Str, Value};

use crate::process::Process;
use crate::program::registry;
use crate::things::{Inside, Thing};

/// What is wrong, in words.
type Wrongs = Vec<String>;

fn is_local(record: &Record) -> bool {
    registry().get(&record.kind).is_none_or(|kind| kind.place == Place::Local)
}

/// Whether the state contradicts itself, or the cloud. `foreign` is what belongs to somebody else.
pub fn state(process: &Process, inside: &Inside, foreign: &BTreeMap<Str, Thing>) -> Wrongs {
    let mut wrongs = inside.wrongs.clone();
    let (snapshot, open) = (process.snapshot(), process.store().open_operations().unwrap());
    wrongs.extend(process.store().findings().iter().map(|found| format!("the state is wrong: {found}")));
    // Whoever looks on from outside sees the same.
    let seen = process.look();
    wrongs.extend(seen.findings().iter().map(|found| format!("the state, as it is on disk, is wrong: {found}")));
    if seen.snapshot().unwrap() != snapshot || seen.open_operations().unwrap() != open {
        wrongs.push("the state on disk is another than the one in use".into());
    }
    let records = || snapshot.records.values().chain(&snapshot.deposed).map(|r| &**r);
    let known: BTreeSet<&Str> = records().filter(|r| !is_local(r)).map(|r| &r.id).collect();
    let of_open = |open: &Open| match open {
        Open::Create { record, .. } | Open::Update { record, .. } | Open::Delete { record, .. } => record.clone(),
    };
    let begun: Vec<Record> = open.values().map(of_open).collect();
    for (id, thing) in &inside.things {
        let ours = thing.op.is_some();
        let in_state = known.contains(id) || begun.iter().any(|r| r.id == *id);
        // Its id did not get through; it is found by the operation, or by what it is called.
        let found = thing.op.as_ref().is_some_and(|op| open.contains_key(op));
        if ours && !in_state && !found {
            wrongs.push(format!("{id}, made by the operation {:?}, is in the cloud and not in the state", thing.op));
        }
        if let Some(before) = foreign.get(id).filter(|_| !in_state)
            && (before.args != thing.args || thing.going.is_some())
        {
            wrongs.push(format!("{id} belongs to somebody else and was changed"));
        }
    }
    for id in foreign.keys().filter(|id| !inside.things.contains_key(*id) && !inside.vanished.contains(*id)) {
        if !known.contains(id) {
            wrongs.push(format!("{id} belongs to somebody else and is gone"));
        }
    }
    for record in records().filter(|r| !is_local(r)) {
        let deposed = snapshot.deposed.iter().any(|r| r.op == record.op);
        // The next plan finds out whether it is gone.
        let unsure = (record.incomplete.is_some() || deposed) && inside.asked.contains(&record.id);
        let going = unsure || open.values().any(|o| matches!(o, Open::Delete { record: r, .. } if r.id == record.id));
        if !inside.things.contains_key(&record.id) && !going && !inside.vanished.contains(&record.id) {
            wrongs.push(format!("`{}` ({}) is in the state and not in the cloud", record.address, record.id));
        }
    }
    wrongs
}

/// Whether a plan makes something anew without a reason. `before` is the cloud that it was made for.
pub fn reasons(plan: &Plan, before: &BTreeMap<Str, Thing>) -> Wrongs {
    let mut wrongs = Wrongs::new();
    for step in &plan.steps {
        if step.reasons.is_empty() {
            wrongs.push(format!("the step of `{}` has no reason", step.address));
        }
        let (Action::Create, Some(_), Some(prior)) = (step.action, step.replacement, &step.prior) else { continue };
        let follows = step.reasons.iter().any(|reason| matches!(reason, Reason::Follows { .. }));
        let explained = step.reasons.iter().any(|reason| match reason {
            Reason::Forced { argument } => {
                follows || step.changes.iter().any(|change| change.path == *argument && change.forces)
            }
            Reason::Unfinished => before.get(&prior.id).is_none_or(|thing| thing.broken || thing.going.is_some()),
            _ => false,
        });
        if !explained {
            wrongs
                .push(format!("`{}` is made anew although nothing is wrong with it: {:?}", step.address, step.reasons));
        }
    }
    wrongs
}

/// Whether everything that is declared is there as it is declared, and nothing else.
pub fn promised(graph: &Graph, snapshot: &Snapshot, inside: &Inside) -> Wrongs {
    let mut wrongs: Wrongs = check_settled(snapshot, registry()).iter().map(|found| format!("{found}")).collect();
    let declared: BTreeSet<&Address> = graph.nodes.values().filter(|n| !n.kind.lookup).map(|n| &n.address).collect();
    for address in snapshot.records.keys().filter(|address| !declared.contains(address)) {
        wrongs.push(format!("`{address}` is still recorded"));
    }
    wrongs.extend(snapshot.deposed.iter().map(|record| format!("`{}` is still set aside", record.address)));
    let attribute = |r: &AttrRef| match snapshot.records.get(&r.address) {
        Some(record) => record.attribute(&r.attr),
        // Only what a look-up is asked is needed of it.
        None => graph.nodes.get(&r.address).filter(|n| n.kind.lookup).and_then(|node| {
            let name =
                node.args.get("name")?.reduce(&mut |r| snapshot.records.get(&r.address)?.attribute(&r.attr)).ok()?;
            Some(Value::from(format!("found:{}", name.known()?.to_text())))
        }),
    };
    for address in declared {
        let (Some(node), Some(record)) = (graph.nodes.get(address), snapshot.records.get(address)) else {
            wrongs.push(format!("`{address}` is not recorded"));
            continue;
        };
        if is_local(record) {
            continue;
        }
        let Some(thing) = inside.things.get(&record.id) else {
            wrongs.push(format!("`{address}` is not there"));
            continue;
        };
        if !thing.configured || thing.broken {
            wrongs.push(format!("`{address}` is not ready"));
        }
        if thing.region != node.region {
            wrongs.push(format!("`{address}` is in another region"));
        }
        for field in node.kind.args {
            let ignored = node.options.ignore_changes.iter().any(|name| **name == *field.name);
            if ignored || field.switched || field.one_way.is_some() {
                continue;
            }
            let wanted = node.args.get(field.name).map(|e| e.reduce(&mut |r| attribute(r)));
            let wanted = match wanted {
                None if field.presence == Presence::Computed => continue,
                None => Value::Null,
                Some(Ok(value)) if value.known().is_some() => value.into_known().unwrap_or_default(),
                Some(other) => {
                    wrongs.push(format!("`{}` of `{address}` cannot be known: {other:?}", field.name));
                    continue;
                }
            };
            let is = thing.args.get(field.name).cloned().unwrap_or_default();
            if !same(field, &wanted, &is) {
                let (wanted, is) = (wanted.revealed(), is.revealed());
                wrongs.push(format!("`{}` of `{address}` is {is} and shall be {wanted}", field.name));
            }
        }
    }
    wrongs
}
