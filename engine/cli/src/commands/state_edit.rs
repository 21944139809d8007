//! `dr state rm` and `dr state mv`: what is recorded is forgotten, or gets another address. No call is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::plan::Move;
use dr_core::record::{Record, Snapshot};
use dr_core::schema::Place;
use dr_core::selection::Selector;
use dr_core::value::Str;
use dr_run::StateChange;
use serde::Serialize;

use super::state_place::nothing;
use crate::exit::{CommandFailure, Exit};
use crate::render::{GONE, count, json, paint, safe};
use crate::session::{OpenState, Session};

/// The operation in whose name records are forgotten here.
const OPERATION: &str = "state-rm";

/// The result of `dr state rm`.
#[derive(Serialize)]
struct RemovedJson<'a> {
    stack: String,
    forgotten: Vec<ForgottenJson<'a>>,
    /// What still needs something of it: each with the addresses that it needs.
    referred_by: BTreeMap<&'a str, Vec<&'a str>>,
}

#[derive(Serialize)]
struct ForgottenJson<'a> {
    address: &'a str,
    kind: &'a str,
    region: Option<&'a str>,
    id: &'a str,
    set_aside: bool,
}

/// Forgets what is recorded of resources. They stay as they are.
pub(super) fn remove(
    session: &Session<'_>,
    program: Option<&str>,
    given: &[String],
    yes: bool,
) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let Some(stack) = session.meant(program)? else { return nothing(session, program) };
    let Some(OpenState { store, snapshot }) = session.hold_without_key_if_any(&stack)? else {
        return nothing(session, program);
    };
    let selectors = given.iter().map(|text| selector(text)).collect::<Result<Vec<_>, _>>()?;
    for selector in &selectors {
        check_there(session, selector, &snapshot)?;
    }
    let means = |record: &&Record| selectors.iter().any(|selector| selector.means(&record.address));
    let now = snapshot.records.values().map(|r| &**r).filter(means).map(|record| (record, false));
    let aside = snapshot.deposed.iter().map(|r| &**r).filter(means).map(|record| (record, true));
    let forgotten: Vec<(&Record, bool)> = now.chain(aside).collect();
    let referring = referring(&snapshot, &forgotten);
    if !ui.json {
        ui.tell(&tale(session, &stack.to_string(), &forgotten, &referring));
    }
    if !ui.confirm(yes, "\nForget them?")? {
        return Ok(Exit::Failed);
    }
    let changes = forgotten.iter().map(|(record, deposed)| StateChange::Remove {
        op: OPERATION.into(),
        record: (*record).clone().into(),
        deposed: *deposed,
    });
    let changes = changes.collect();
    session.run(async |_| Ok(store.commit_all(changes).await?))?;
    if ui.json {
        let shape = RemovedJson {
            stack: stack.to_string(),
            forgotten: forgotten.iter().map(|(record, set_aside)| shape(record, *set_aside)).collect(),
            referred_by: referring,
        };
        return ui.result(&json::text(&shape)).map(|()| Exit::Done);
    }
    let number = count(forgotten.len(), "record");
    let drawn = forgotten.iter().filter(|(record, _)| is_drawn(session, record)).count();
    let again = match drawn {
        0 => "; `dr state rebuild` finds such resources again, by their tags",
        _ if drawn == forgotten.len() => "",
        _ => "; `dr state rebuild` finds those in the cloud again, by their tags",
    };
    ui.tell(&format!("{number} forgotten{again}\n"));
    Ok(Exit::Done)
}

fn shape<'a>(record: &'a Record, set_aside: bool) -> ForgottenJson<'a> {
    let Record { address, kind, region, id, .. } = record;
    ForgottenJson { address: address.as_str(), kind, region: region.as_deref(), id, set_aside }
}

/// What stays and needs something that is forgotten.
fn referring<'a>(snapshot: &'a Snapshot, forgotten: &[(&'a Record, bool)]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let goes = |address: &Address| forgotten.iter().any(|(record, aside)| !aside && record.address == *address);
    let stays = snapshot.records.values().filter(|record| !goes(&record.address));
    let needs = stays.map(|record| {
        let needs = record.needs.iter().map(|need| &need.address).filter(|address| goes(address));
        (record.address.as_str(), needs.map(Address::as_str).collect::<Vec<_>>())
    });
    needs.filter(|(_, needs)| !needs.is_empty()).collect()
}

/// Whether a record holds a value that was drawn and is nowhere else: such kinds are drawn anew when their keepers change.
fn is_drawn(session: &Session<'_>, record: &Record) -> bool {
    let kind = session.registry.get(&record.kind).filter(|kind| kind.place == Place::Local);
    kind.is_some_and(|kind| kind.arg("keepers").is_some()) && !record.outputs.is_empty()
}

/// What is about to be forgotten, in words.
fn tale(
    session: &Session<'_>,
    stack: &str,
    forgotten: &[(&Record, bool)],
    referring: &BTreeMap<&str, Vec<&str>>,
) -> String {
    let drawn: Vec<&Record> =
        forgotten.iter().map(|(record, _)| *record).filter(|record| is_drawn(session, record)).collect();
    let stay = if drawn.len() == forgotten.len() { "" } else { ", and the resources stay as they are" };
    let mut out = format!("{stack} forgets{stay}:\n");
    for (record, aside) in forgotten {
        let region = record.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
        let aside = if *aside { "  set aside by a replacement" } else { "" };
        out.push_str(&format!("  {} {}  {}{region}{aside}\n", paint(GONE, "-"), record.address, safe(&record.id)));
    }
    for Record { address, .. } in drawn {
        let line = format!("the value of `{address}` is in the state alone: it is lost for good");
        out.push_str(&format!("{}\n", paint(GONE, line)));
    }
    for (address, needs) in referring {
        out.push_str(&format!("`{address}` stays and refers to {}\n", needs.join(", ")));
    }
    out
}

/// The result of `dr state mv`.
#[derive(Serialize)]
struct RenamedJson<'a> {
    stack: String,
    moves: &'a [Move],
}

/// Gives what is recorded other addresses, as `moved_from` does.
pub(super) fn rename(
    session: &Session<'_>,
    program: Option<&str>,
    (from, to): (&str, &str),
    yes: bool,
) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let Some(stack) = session.meant(program)? else { return nothing(session, program) };
    let Some(OpenState { store, snapshot }) = session.hold_if_any(&stack)? else { return nothing(session, program) };
    let moves = moves(session, &snapshot, from, to)?;
    if !ui.json {
        for Move { from, to } in &moves {
            ui.tell(&format!("  {from}  becomes  {to}\n"));
        }
    }
    if !ui.confirm(yes, "\nMove them?")? {
        return Ok(Exit::Failed);
    }
    session.run(async |_| Ok(store.commit(StateChange::Move(moves.clone())).await?))?;
    if ui.json {
        let shape = RenamedJson { stack: stack.to_string(), moves: &moves };
        return ui.result(&json::text(&shape)).map(|()| Exit::Done);
    }
    ui.tell(&format!("{} moved; the next apply writes the tags of what has any anew\n", count(moves.len(), "record")));
    Ok(Exit::Done)
}

/// The moves that are asked for: of one resource, or of everything in a component.
fn moves(session: &Session<'_>, snapshot: &Snapshot, from: &str, to: &str) -> Result<Vec<Move>, CommandFailure> {
    let (old, new) = (selector(from)?, selector(to)?);
    check_there(session, &old, snapshot)?;
    let moves = match (&old, &new) {
        (Selector::Address(old), Selector::Address(new)) if old.kind() != new.kind() => {
            return Err(CommandFailure::new(format!("`{old}` cannot become `{new}`: that is a `{}`", new.kind()))
                .hint("a move keeps the kind"));
        }
        (Selector::Address(old), Selector::Address(new)) => vec![Move { from: old.clone(), to: new.clone() }],
        (Selector::Component(_), Selector::Component(path)) => {
            let inside = snapshot.records.keys().filter(|address| old.means(address));
            inside.map(|address| below(address, &old, path)).collect::<Result<_, _>>()?
        }
        _ => {
            return Err(CommandFailure::new(format!(
                "one of `{from}` and `{to}` is an address, the other a component"
            ))
            .hint("give two addresses, or two components"));
        }
    };
    if let Some(one) = moves.iter().find(|one| one.from == one.to) {
        return Err(CommandFailure::new(format!("`{}` has this address already", one.from)));
    }
    let is_taken = |to: &Address| snapshot.records.contains_key(to) && moves.iter().all(|one| one.from != *to);
    match moves.iter().find(|one| is_taken(&one.to)) {
        Some(one) => Err(CommandFailure::new(format!("another resource is recorded as `{}`", one.to))
            .hint("move that one first, or let it be forgotten with `dr state rm`")),
        None => Ok(moves),
    }
}

/// The move of a resource whose component gets another path.
fn below(address: &Address, old: &Selector, path: &Str) -> Result<Move, CommandFailure> {
    let rest = address.as_str().strip_prefix(&old.to_string()).unwrap_or_default();
    let to = Address::parse(&format!("{path}{rest}")).map_err(|e| CommandFailure::new(e.to_string()))?;
    Ok(Move { from: address.clone(), to })
}

/// Reads an address or a component.
pub(super) fn selector(text: &str) -> Result<Selector, CommandFailure> {
    Selector::parse(text).map_err(|e| CommandFailure::new(e.to_string()))
}

/// Refuses a selector that means nothing that is recorded.
///
/// # Errors
/// When it is such a selector.
pub(super) fn check_there(
    session: &Session<'_>,
    selector: &Selector,
    snapshot: &Snapshot,
) -> Result<(), CommandFailure> {
    let all = || snapshot.records.keys().chain(snapshot.deposed.iter().map(|record| &record.address));
    if all().any(|address| selector.means(address)) {
        return Ok(());
    }
    let failure = CommandFailure::new(format!("`{selector}` is not in the environment `{}`", session.suffix));
    Err(match selector.near(all()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`dr state list` lists what is there"),
    })
}

/// The record with an address.
///
/// # Errors
/// When there is none.
pub(super) fn record_at<'s>(
    session: &Session<'_>,
    snapshot: &'s Snapshot,
    address: &str,
) -> Result<&'s Arc<Record>, CommandFailure> {
    Address::parse(address).ok().and_then(|a| snapshot.records.get(&a)).ok_or_else(|| {
        CommandFailure::new(format!("`{address}` is not in the environment `{}`", session.suffix))
            .near(address, snapshot.records.keys().map(Address::as_str))
            .hint("`dr state list` lists what is there")
    })
}
