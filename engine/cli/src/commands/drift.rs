//! `dr drift` and `dr refresh`: what somebody else has changed since the last apply; told, or written to the state.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use dr_core::drift::{DriftLevel, ResourceDrift, adopted, drift};
use dr_core::graph::Graph;
use dr_core::plan::Refreshed;
use dr_core::record::Snapshot;
use dr_core::region::Aways;
use dr_core::schema::Place;
use dr_core::selection::Selector;
use dr_core::value::{Str, Value};
use dr_run::{Stack, StateChange, Unread};
use serde::Serialize;

use super::apply::{ApplyArgs, cmd_apply};
use super::state_edit::{check_there, record_at, selector};
use super::state_place::nothing;
use crate::args::{Global, SetArgs, key_value};
use crate::exit::{CommandFailure, Exit};
use crate::render::drift::{DriftedResource, list, summary};
use crate::render::record::one;
use crate::render::{CHANGED, STRONG, count, deferred, json, markdown, paint, safe};
use crate::session::{OpenState, Session};
use crate::ui::Ui;
use crate::work::Work;

/// Show what somebody else has changed since the last apply, property by property; waits for nobody
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr drift --env pr-7\n  dr drift --env pr-7 --format markdown\n  \
                        dr drift --env pr-7 --accept primary/sqs.queue:orders\n  \
                        dr drift transactions --env pr-7 --revert primary/sqs.queue:orders\n\n\
                        Ends with status 2 when there is drift. What guards data or access is dangerous; what a failover \
                        has switched is no drift.")]
pub(crate) struct DriftArgs {
    /// The program, where the environment holds several
    program: Option<String>,

    /// Take what is there now for right: write it to the state. An address, or a component; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    accept: Vec<String>,

    /// Put back what the program says: apply it to this resource, or to what is in this component; may be repeated
    #[arg(long, value_name = "ADDRESS", conflicts_with = "accept")]
    revert: Vec<String>,

    /// With `--revert`: value for a parameter of the program; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value, requires = "revert")]
    set: Vec<(String, String)>,

    /// With `--revert`: file whose text is the value of a parameter; may be repeated
    #[arg(long = "set-file", value_name = "KEY=FILE", value_parser = key_value, requires = "revert")]
    set_file: Vec<(String, String)>,

    /// As text, or as a comment of a pull request
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: DriftFormat,

    #[command(flatten)]
    looking: Looking,
}

/// Write to the state how resources are now, after showing what has changed
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr refresh --env pr-7\n\n\
                        Nothing in the cloud is changed. The next plan says what the program would change back.")]
pub(crate) struct RefreshArgs {
    /// The program, where the environment holds several
    program: Option<String>,

    #[command(flatten)]
    looking: Looking,
}

/// Where to look, and whether to ask.
#[derive(Debug, Args)]
struct Looking {
    /// Only look in this region; may be repeated. `global` stands for what is in none
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,

    /// How many calls may be under way at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    parallel: Option<u16>,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// How drift is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DriftFormat {
    /// For a terminal
    Text,
    /// For a comment of a pull request
    Markdown,
}

/// What a look came to.
struct Sight {
    drifted: Vec<DriftedResource>,
    /// How many resources could be looked at.
    looked_at: usize,
    unread: Vec<Unread>,
    away: Aways,
    header: String,
}

#[derive(Serialize)]
struct SightJson<'a> {
    format: u32,
    stack: String,
    drifted: Vec<DriftedJson<'a>>,
    unread: BTreeMap<&'a str, &'a str>,
    /// The places that were not looked at.
    away: Vec<&'a str>,
    /// The addresses whose records were changed.
    accepted: Vec<&'a str>,
}

#[derive(Serialize)]
struct DriftedJson<'a> {
    address: &'a str,
    kind: &'a str,
    region: Option<&'a str>,
    level: DriftLevel,
    gone: bool,
    properties: BTreeMap<&'a str, PropertyJson<'a>>,
}

#[derive(Serialize)]
struct PropertyJson<'a> {
    recorded: Option<&'a Value>,
    found: Option<&'a Value>,
    level: DriftLevel,
}

/// Shows drift, and accepts what is to be accepted.
pub(crate) fn cmd_drift(args: &DriftArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    if ui.json && args.format == DriftFormat::Markdown {
        return Err(CommandFailure::new("`--json` and `--format markdown` cannot be given together"));
    }
    let session = Session::new(global, ui)?;
    if !args.revert.is_empty() {
        let Some(stack) = session.meant(args.program.as_deref())? else {
            return nothing(&session, args.program.as_deref());
        };
        let program = args.program.clone().unwrap_or_else(|| stack.program.to_string());
        let set = SetArgs { values: args.set.clone(), files: args.set_file.clone() };
        let apply = ApplyArgs::aimed(program, args.revert.clone(), set, args.looking.yes);
        return cmd_apply(&apply, global, ui);
    }
    let accept: Vec<Selector> = args.accept.iter().map(|text| selector(text)).collect::<Result<_, _>>()?;
    let Some(stack) = session.meant(args.program.as_deref())? else {
        return nothing(&session, args.program.as_deref());
    };
    let state = if accept.is_empty() { session.look(&stack)? } else { session.hold_if_any(&stack)? };
    let Some(mut state) = state else { return nothing(&session, args.program.as_deref()) };
    let sight = look(&session, &stack, &mut state, &args.looking)?;
    if !accept.is_empty() {
        accept.iter().try_for_each(|selector| check_there(&session, selector, &state.snapshot))?;
        let chosen = chosen(&session, &sight, &accept)?;
        return write(&session, &stack, &state, &sight, &chosen, args.looking.yes);
    }
    if args.format == DriftFormat::Markdown {
        ui.result(&comment(&session, &stack, &sight))?;
    } else if ui.json {
        ui.result(&json::text(&shape(&stack, &sight, &[])))?;
    } else {
        ui.result(&text(&session, &sight))?;
    }
    tell_unseen(ui, &sight);
    Ok(exit(&sight))
}

/// Writes everything that is found to the state.
pub(crate) fn cmd_refresh(args: &RefreshArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let program = args.program.as_deref();
    let Some(stack) = session.meant(program)? else { return nothing(&session, program) };
    let Some(mut state) = session.hold_if_any(&stack)? else { return nothing(&session, program) };
    let sight = look(&session, &stack, &mut state, &args.looking)?;
    let all: Vec<&DriftedResource> = sight.drifted.iter().filter(|one| is_drift(one)).collect();
    let exit = write(&session, &stack, &state, &sight, &all, args.looking.yes)?;
    tell_unseen(ui, &sight);
    Ok(exit.worse(match exit_of_unseen(&sight) {
        Exit::Done => Exit::Done,
        unseen => unseen,
    }))
}

/// A record, and what is there now.
#[derive(Serialize)]
struct LiveJson<'a> {
    #[serde(flatten)]
    record: json::RecordJson<'a>,
    /// Null when it is as recorded.
    drift: Option<DriftedJson<'a>>,
}

/// Shows what is recorded of one resource, and what is there now.
pub(super) fn show_live(session: &Session<'_>, program: Option<&str>, address: &str) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let Some(stack) = session.meant(program)? else { return nothing(session, program) };
    let Some(mut state) = session.look(&stack)? else { return nothing(session, program) };
    let record = record_at(session, &state.snapshot, address)?.clone();
    state.snapshot.records.retain(|address, _| *address == record.address);
    state.snapshot.deposed.clear();
    let looking = Looking { regions: Vec::new(), parallel: None, yes: false };
    let mut sight = look(session, &stack, &mut state, &looking)?;
    sight.drifted.retain(|one| *one.address() == record.address);
    let exit = exit_of_unseen(&sight);
    if ui.json {
        let shape = LiveJson { record: json::record(&record), drift: sight.drifted.first().map(drifted) };
        ui.result(&json::text(&shape))?;
    } else {
        let mut text = one(&record, &session.registry);
        let list = list(&sight.drifted, &session.registry, ui.width());
        text.push_str(&match (list.is_empty(), exit) {
            (true, Exit::Done) => format!("{}\n  as recorded\n", paint(STRONG, "Live")),
            (true, _) => String::new(),
            (false, _) => format!("{}\n{list}", paint(STRONG, "Live")),
        });
        ui.result(&text)?;
    }
    tell_unseen(ui, &sight);
    Ok(exit)
}

/// Whether somebody has changed more of it than a failover does.
fn is_drift(one: &DriftedResource) -> bool {
    one.drift.level() != DriftLevel::Switched
}

fn exit(sight: &Sight) -> Exit {
    match sight.drifted.iter().any(is_drift) {
        true => Exit::Changes,
        false => exit_of_unseen(sight),
    }
}

fn exit_of_unseen(sight: &Sight) -> Exit {
    match (sight.unread.is_empty(), sight.away.is_empty()) {
        (false, _) => Exit::Failed,
        (true, false) if sight.away.values().any(|away| *away == dr_core::region::Away::Silent) => Exit::Deferred,
        _ => Exit::Done,
    }
}

/// Looks how everything is that is recorded.
fn look(
    session: &Session<'_>,
    stack: &Stack,
    state: &mut OpenState,
    looking: &Looking,
) -> Result<Sight, CommandFailure> {
    let planning =
        crate::args::Planning { regions: looking.regions.clone(), parallel: looking.parallel, ..Default::default() };
    let only = planning.only(&Session::regions(&Graph::default(), Some(state)))?;
    session.run(async |signals| {
        let mut work = Work::open(session, stack.clone(), &session.project.root, planning.parallel()).await?;
        work.limit_to(only);
        signals.stop(&work.cancel);
        let found = work.look_now(state).await?;
        let Snapshot { records, .. } = &state.snapshot;
        let in_cloud = |kind: &str| session.registry.get(kind).filter(|kind| kind.place != Place::Local);
        let drifted = found.refreshed.into_iter().filter_map(|(address, refreshed)| {
            let record = records.get(&address)?.clone();
            let drift = drift(in_cloud(&record.kind)?, &record, &refreshed)?;
            Some(DriftedResource { record, refreshed, drift })
        });
        let drifted: Vec<DriftedResource> = drifted.collect();
        let is_away =
            |region: &Option<Str>| found.away.contains_key(region.as_deref().unwrap_or(dr_core::region::GLOBAL));
        let seen = records.values().filter(|r| in_cloud(&r.kind).is_some() && !is_away(&r.region));
        Ok(Sight {
            looked_at: seen.count().saturating_sub(found.unread.len()),
            drifted,
            unread: found.unread,
            away: found.away.into_iter().filter(|(place, _)| is_used(records.values(), place)).collect(),
            header: session.header(&stack.program, &work.identity),
        })
    })
}

/// Whether something that is recorded is in a place.
fn is_used<'a>(mut records: impl Iterator<Item = &'a Arc<dr_core::record::Record>>, place: &str) -> bool {
    records.any(|record| record.region.as_deref().unwrap_or(dr_core::region::GLOBAL) == place)
}

/// The drifted resources that selectors mean.
fn chosen<'s>(
    session: &Session<'_>,
    sight: &'s Sight,
    selectors: &[Selector],
) -> Result<Vec<&'s DriftedResource>, CommandFailure> {
    for selector in selectors {
        if !sight.drifted.iter().any(|one| is_drift(one) && selector.means(one.address())) {
            let failure = CommandFailure::new(format!("nothing of `{selector}` has drifted in `{}`", session.suffix));
            let drifted = sight.drifted.iter().map(DriftedResource::address);
            return Err(match selector.near(drifted) {
                Some(near) if near != selector.to_string() => failure.hint(format!("did you mean `{near}`?")),
                _ => failure.hint("`dr drift` lists what has"),
            });
        }
    }
    let means =
        |one: &&DriftedResource| is_drift(one) && selectors.iter().any(|selector| selector.means(one.address()));
    Ok(sight.drifted.iter().filter(means).collect())
}

/// Writes what was found of some resources to the state.
fn write(
    session: &Session<'_>,
    stack: &Stack,
    state: &OpenState,
    sight: &Sight,
    chosen: &[&DriftedResource],
    yes: bool,
) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    if !ui.json {
        ui.tell(&text(session, sight));
    }
    if !chosen.is_empty() && !ui.confirm(yes, &format!("\nWrite {} to the state?", count(chosen.len(), "resource")))? {
        return Ok(Exit::Failed);
    }
    let changes = chosen.iter().filter_map(|one| {
        let (op, record) = (Str::from("refresh"), one.record.clone());
        match &one.refreshed {
            Refreshed::Gone => Some(StateChange::Remove { op, record, deposed: false }),
            Refreshed::Live(live) => {
                let kind = session.registry.get(&record.kind)?;
                Some(StateChange::Close { op, record: adopted(kind, &record, live) })
            }
        }
    });
    let changes: Vec<StateChange> = changes.collect();
    session.run(async |_| Ok(state.store.commit_all(changes).await?))?;
    let accepted: Vec<&str> = chosen.iter().map(|one| one.address().as_str()).collect();
    if ui.json {
        return ui.result(&json::text(&shape(stack, sight, &accepted))).map(|()| Exit::Done);
    }
    if !accepted.is_empty() {
        ui.tell(&format!(
            "{} written to the state; the next plan says what the program would change back\n",
            count(accepted.len(), "resource")
        ));
    }
    Ok(Exit::Done)
}

fn text(session: &Session<'_>, sight: &Sight) -> String {
    let list = list(&sight.drifted, &session.registry, session.ui.width());
    let space = if list.is_empty() { "" } else { "\n" };
    format!("{}{list}{space}{}\n", sight.header, summary(&sight.drifted, sight.looked_at))
}

fn comment(session: &Session<'_>, stack: &Stack, sight: &Sight) -> String {
    let title = summary(&sight.drifted, sight.looked_at);
    markdown::drift(&stack.to_string(), &title, &list(&sight.drifted, &session.registry, session.ui.width()))
}

/// Tells what could not be looked at.
fn tell_unseen(ui: &Ui, sight: &Sight) {
    for Unread { address, error, .. } in &sight.unread {
        ui.tell(&format!("{}: `{address}` cannot be read: {}\n", paint(CHANGED, "warning"), safe(error)));
    }
    for (place, away) in &sight.away {
        ui.tell(&format!("{place} {}: nothing there was looked at\n", deferred::state(Some(*away))));
    }
}

fn shape<'a>(stack: &Stack, sight: &'a Sight, accepted: &[&'a str]) -> SightJson<'a> {
    SightJson {
        format: json::FORMAT,
        stack: stack.to_string(),
        drifted: sight.drifted.iter().map(drifted).collect(),
        unread: sight.unread.iter().map(|one| (one.address.as_str(), one.error.as_str())).collect(),
        away: sight.away.keys().map(|place| &**place).collect(),
        accepted: accepted.to_vec(),
    }
}

fn drifted(one: &DriftedResource) -> DriftedJson<'_> {
    DriftedJson {
        address: one.address().as_str(),
        kind: &one.record.kind,
        region: one.record.region.as_deref(),
        level: one.drift.level(),
        gone: one.drift == ResourceDrift::Gone,
        properties: match &one.drift {
            ResourceDrift::Gone => BTreeMap::new(),
            ResourceDrift::Changed(properties) => properties
                .iter()
                .map(|p| {
                    let shape = PropertyJson { recorded: p.recorded.as_ref(), found: p.found.as_ref(), level: p.level };
                    (p.name, shape)
                })
                .collect(),
        },
    }
}
