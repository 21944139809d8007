//! `dr env gc`: destroys the environments whose time is over, and those that are named as closed.
//!
//! Each environment is destroyed by itself: what one fails on keeps none of the others. It is decided twice whether one
//! goes: by a look at all of them, and again under the locks of its programs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::value::Str;
use dr_run::{ForeignIf, ForeignResource, Stack};
use serde::Serialize;

use super::apply::finish;
use super::destroy::{PlannedDestruction, carried_out, planned};
use super::unrecorded;
use crate::args::{Consent, Global, Planning, check_suffix};
use crate::clock;
use crate::consent;
use crate::environments;
use crate::exit::{CommandFailure, Exit};
use crate::inventory::{self, KnownEnvironment};
use crate::load;
use crate::others::{spare, stay};
use crate::render::table::{Column, table};
use crate::render::{STRONG, count, json, paint, safe};
use crate::session::{OpenState, Session};
use crate::signals::Signals;
use crate::ui::Ui;

/// Destroys what is over.
#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// File with the suffixes of environments that are closed, one on each line; `-` stands for standard input
    #[arg(long, value_name = "FILE")]
    closed: Option<PathBuf>,

    /// Tell which ones would go, and destroy nothing
    #[arg(long)]
    dry_run: bool,

    /// Agree to lose data in environments that have a time to live and are not ephemeral
    #[arg(long)]
    allow_data_loss: bool,

    /// How many calls may be under way at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    parallel: Option<u16>,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Why an environment is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// Since then, in seconds since 1970.
    Expired(u64),
    /// Somebody says so.
    Closed,
    /// Nobody knows: it has a time to live, and its state cannot be read.
    Unread,
}

/// What became of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Ending {
    /// It would go.
    Due,
    /// It is gone.
    Destroyed,
    /// It is not over any more.
    Kept,
    /// Something of it stays.
    Left,
    /// Somebody works on it.
    Locked,
    /// It waits for a region.
    Deferred,
    /// It may not be destroyed.
    Refused,
    /// It could not be destroyed.
    Failed,
    /// The command was stopped.
    Interrupted,
}

impl Ending {
    fn exit(self) -> Exit {
        match self {
            Ending::Due | Ending::Destroyed | Ending::Kept => Exit::Done,
            Ending::Left | Ending::Failed => Exit::Failed,
            Ending::Locked => Exit::Locked,
            Ending::Deferred => Exit::Deferred,
            Ending::Refused => Exit::Refused,
            Ending::Interrupted => Exit::Interrupted,
        }
    }

    fn of(exit: Exit) -> Ending {
        match exit {
            Exit::Done | Exit::Changes => Ending::Destroyed,
            Exit::Deferred => Ending::Deferred,
            Exit::Refused => Ending::Refused,
            Exit::Locked => Ending::Locked,
            Exit::Interrupted => Ending::Interrupted,
            Exit::Failed => Ending::Failed,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Ending::Due => "would go",
            Ending::Destroyed => "destroyed",
            Ending::Kept => "kept",
            Ending::Left => "not all gone",
            Ending::Locked => "in use",
            Ending::Deferred => "deferred",
            Ending::Refused => "refused",
            Ending::Failed => "failed",
            Ending::Interrupted => "interrupted",
        }
    }
}

/// An environment that is over, and what became of it.
#[derive(Serialize)]
struct CollectedJson {
    environment: String,
    programs: Vec<String>,
    /// Why it is to go, in words.
    reason: String,
    outcome: Ending,
    /// What stays, or why it was not destroyed.
    why: Vec<String>,
}

/// An environment that is over.
struct OverEnvironment {
    known: KnownEnvironment,
    over: Over,
}

/// Destroys what is over.
pub(crate) fn collect(args: &GcArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::of_project(global, ui)?;
    let now = clock::now()?;
    let closed = args.closed.as_deref().map(closed).transpose()?.unwrap_or_default();
    let known = inventory::environments(&session)?;
    let recorded: BTreeSet<&str> = known.iter().filter(|one| !one.is_empty()).map(|one| one.name.as_str()).collect();
    let is_unknown = |name: &&String| !recorded.contains(name.as_str());
    let config = &session.project.config;
    let unknown = closed.iter().filter(is_unknown).filter(|name| environments::is_declared(config, name));
    let unknown: Vec<String> = unknown.cloned().collect();
    let due: Vec<OverEnvironment> = known.into_iter().filter_map(|known| over(known, &closed, now)).collect();
    let go: Vec<&OverEnvironment> = due.iter().filter(|one| one.objection().is_none()).collect();
    if !args.dry_run && !args.yes && !go.is_empty() {
        let names: Vec<String> = go.iter().map(|one| format!("  {}  {}\n", one.known.name, one.reason(now))).collect();
        ui.tell(&names.concat());
        ui.question(&format!("\nDestroy {}?", count(go.len(), "environment")))?;
        if !Ui::answer()? {
            ui.tell("Nothing was changed\n");
            return Ok(Exit::Failed);
        }
    }
    let mut all = Vec::new();
    for one in &due {
        let (outcome, why) = match one.objection() {
            Some((ending, why)) => (ending, vec![why]),
            None => destroy(args, global, ui, one, now),
        };
        all.push(CollectedJson {
            environment: one.known.name.clone(),
            programs: one.known.programs.iter().map(|program| program.name.to_string()).collect(),
            reason: one.reason(now),
            outcome,
            why,
        });
        if outcome == Ending::Interrupted {
            break;
        }
    }
    for name in &unknown {
        if all.last().is_some_and(|one| one.outcome == Ending::Interrupted) {
            break;
        }
        let (outcome, why) = look_for_unknown(global, ui, name);
        if outcome != Ending::Destroyed {
            let (environment, reason) = (name.clone(), "closed".to_owned());
            all.push(CollectedJson { environment, programs: Vec::new(), reason, outcome, why });
        }
    }
    if all.is_empty() {
        ui.tell("No environment is over\n");
        return if ui.json { ui.result("[]\n").map(|()| Exit::Done) } else { Ok(Exit::Done) };
    }
    let exit = all.iter().fold(Exit::Done, |worst, one| worst.worse(one.outcome.exit()));
    if ui.json {
        return ui.result(&json::text(&all)).map(|()| exit);
    }
    let columns =
        ["environment", "outcome", "programs", "reason", "why"].map(|title| Column { title, is_quiet: false });
    let row = |one: &CollectedJson| {
        let why: Vec<_> = one.why.iter().map(|why| safe(why)).collect();
        let outcome = one.outcome.word().to_owned();
        vec![one.environment.clone(), outcome, one.programs.join(", "), one.reason.clone(), why.join("; ")]
    };
    if !args.dry_run {
        ui.tell("\n");
    }
    ui.result(&table(&columns, &all.iter().map(row).collect::<Vec<_>>())).map(|()| exit)
}

/// The suffixes in a file, or on standard input: one on each line, empty lines and comments aside.
fn closed(file: &Path) -> Result<BTreeSet<String>, CommandFailure> {
    let from = if file.as_os_str() == "-" { "standard input".to_owned() } else { format!("`{}`", file.display()) };
    let text = load::text(file)?;
    let lines = (1..).zip(text.lines()).map(|(number, line)| (number, line.trim()));
    let names = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).map(|(number, line)| {
        check_suffix(line).map_err(|failure| failure.hint(format!("it stands on line {number} of {from}")))
    });
    names.collect()
}

/// An environment, if it is over.
fn over(known: KnownEnvironment, closed: &BTreeSet<String>, now: u64) -> Option<OverEnvironment> {
    if known.is_empty() {
        return None;
    }
    let over = match known.expiry() {
        Some(expiry) if expiry <= now => Over::Expired(expiry),
        _ if closed.contains(&known.name) => Over::Closed,
        _ if known.rules.ttl.length.is_some() && known.rules.protected.is_none() && !known.unread().is_empty() => {
            Over::Unread
        }
        _ => return None,
    };
    Some(OverEnvironment { known, over })
}

impl OverEnvironment {
    fn reason(&self, now: u64) -> String {
        match self.over {
            Over::Expired(since) => format!("expired {} ago", clock::rough(now.saturating_sub(since))),
            Over::Closed => "closed".to_owned(),
            Over::Unread => "nobody knows whether it has expired".to_owned(),
        }
    }

    /// Why it is not destroyed by this command, whatever its time.
    fn objection(&self) -> Option<(Ending, String)> {
        let rules = &self.known.rules;
        if self.over == Over::Unread {
            return Some((Ending::Failed, self.known.unread().join("; ")));
        }
        if !self.known.is_in_place {
            return Some((Ending::Refused, "its state is kept in another place than dr.toml says".into()));
        }
        if let Some(place) = &rules.protected {
            return Some((Ending::Refused, format!("{place} protects it")));
        }
        if !rules.ephemeral && rules.ttl.length.is_none() {
            let why = "it is neither ephemeral nor has a time to live; `dr destroy` destroys it";
            return Some((Ending::Refused, why.into()));
        }
        None
    }
}

/// Looks for what a closed environment has, although no state knows of it. Nothing of it is destroyed.
fn look_for_unknown(global: &Global, ui: &Ui, name: &str) -> (Ending, Vec<String>) {
    let looked = Session::of_environment(global, ui, name)
        .and_then(|session| session.run(async |signals| residue(&session, signals, &BTreeSet::new()).await));
    looked.unwrap_or_else(|failure| failed(failure, ui))
}

/// What carries the tags of an environment although no state knows of it, but for these programs.
async fn residue(
    session: &Session<'_>,
    signals: &Signals,
    known: &BTreeSet<Str>,
) -> Result<(Ending, Vec<String>), CommandFailure> {
    let found = unrecorded::look(session, signals, None, known).await?;
    let again = session.command(&["destroy", "--from-tags"]);
    let told = found.by_program.iter().map(|(program, found)| {
        let program = if program.is_empty() { "?" } else { program };
        let number = count(found.len(), "resource");
        let (stay, them) = if found.len() == 1 { ("stays", "it") } else { ("stay", "them") };
        format!("{number} of {program} {stay}, and no state knows of {them}: `{again}` destroys {them}")
    });
    let unasked = found.swept.unasked.iter().map(|(place, why)| format!("{place} could not be asked: {why}"));
    let why: Vec<String> = told.chain(unasked).collect();
    Ok(match found.exit() {
        Exit::Failed => (Ending::Left, why),
        exit => (Ending::of(exit), why),
    })
}

fn failed(failure: CommandFailure, ui: &Ui) -> (Ending, Vec<String>) {
    let (exit, message) = failure.tell(ui);
    (Ending::of(exit), vec![message])
}

/// Destroys an environment, and tells meanwhile. Without being asked to, only finds out what would become of it.
fn destroy(args: &GcArgs, global: &Global, ui: &Ui, one: &OverEnvironment, now: u64) -> (Ending, Vec<String>) {
    ui.tell(&format!("\n{}  {}\n", paint(STRONG, &one.known.name), one.reason(now)));
    let done = Session::of_environment(global, ui, &one.known.name).and_then(|session| {
        let stacks: Vec<Stack> = session.programs()?.iter().map(|program| session.stack(program)).collect();
        session.run(async |signals| under_locks(args, &session, &stacks, (one.over, now), signals).await)
    });
    done.unwrap_or_else(|failure| failed(failure, ui))
}

async fn under_locks(
    args: &GcArgs,
    session: &Session<'_>,
    stacks: &[Stack],
    (over, now): (Over, u64),
    signals: &Signals,
) -> Result<(Ending, Vec<String>), CommandFailure> {
    let consent = Consent { allow_data_loss: args.allow_data_loss, ..Consent::default() };
    let mut held = Vec::new();
    for stack in stacks {
        held.push(match args.dry_run {
            true => session.look(stack)?,
            false => session.hold_without_key_if_any(stack)?,
        });
    }
    if gone(&held)? {
        return Ok((Ending::Destroyed, vec!["somebody else destroyed it meanwhile".into()]));
    }
    let lifetimes = held.iter().flatten().filter_map(|held| held.snapshot.lifetime.as_ref());
    if let Over::Expired(_) = over
        && session.rules.ttl.expiry(lifetimes).is_none_or(|expiry| expiry > now)
    {
        return Ok((Ending::Kept, vec!["somebody applied or extended it meanwhile".into()]));
    }
    if args.dry_run {
        for held in held.iter().flatten() {
            let open = held.store.open_operations()?.len();
            if open > 0 {
                let begun = count(open, "operation");
                return Ok((Ending::Due, vec![format!("what an earlier run left open is found out first: {begun}")]));
            }
        }
    }
    let planning = Planning { parallel: args.parallel, ..Planning::default() };
    let mut all = Vec::new();
    for (stack, held) in stacks.iter().zip(held) {
        all.push(planned(&planning, session, stack, held, signals).await?);
    }
    let refusals = all.iter().flat_map(|planned| &planned.plan.diagnostics).filter(|d| d.is_error());
    let refusals: Vec<String> = refusals.map(|d| d.message.clone()).collect();
    if !refusals.is_empty() {
        return Ok((Ending::Refused, refusals));
    }
    consent::refuse_loss(session, all.iter().map(|planned| &planned.plan), &consent)?;
    let mut foreign = Vec::new();
    for planned in &all {
        signals.stop(&planned.work.cancel);
        foreign.push(planned.work.foreign(planned.held.as_ref(), &planned.plan, ForeignIf::NotShownOwn).await?);
    }
    if args.dry_run {
        let left = all.iter().flat_map(|planned| planned.left.values().cloned());
        let why: Vec<String> = left.chain(foreign.iter().flatten().map(stay)).collect();
        return Ok((if why.is_empty() { Ending::Due } else { Ending::Left }, why));
    }
    let (mut worst, mut why) = (Ending::Destroyed, Vec::new());
    for (planned, foreign) in all.into_iter().zip(foreign) {
        signals.stop(&planned.work.cancel);
        let (exit, told) = one_stack(session, planned, &foreign).await?;
        if exit != Exit::Done {
            worst = if told.is_empty() { Ending::of(exit) } else { Ending::Left };
        }
        why.extend(told);
        if exit == Exit::Interrupted {
            break;
        }
    }
    if worst == Ending::Destroyed {
        // These have been looked for one by one.
        let known: BTreeSet<Str> = stacks.iter().map(|stack| stack.program.clone()).collect();
        (worst, why) = residue(session, signals, &known).await?;
    }
    Ok((worst, why))
}

/// Whether nothing is recorded or begun any more.
fn gone(held: &[Option<OpenState>]) -> Result<bool, CommandFailure> {
    for held in held.iter().flatten() {
        if !held.snapshot.is_empty() || !held.store.open_operations()?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Destroys what a program has but for what is not its own. Returns what stays.
async fn one_stack(
    session: &Session<'_>,
    mut planned: PlannedDestruction<'_>,
    foreign: &[ForeignResource],
) -> Result<(Exit, Vec<String>), CommandFailure> {
    let ui = session.ui;
    let mut sources = session.project.sources(&[]);
    let mut left = std::mem::take(&mut planned.left);
    left.extend(spare(&mut planned.plan, foreign));
    if left.is_empty() {
        let (exit, text, _) = carried_out(session, planned, &mut sources, true).await?;
        if !ui.json {
            ui.tell(&text);
        }
        return Ok((exit, Vec::new()));
    }
    let why: Vec<String> = left.into_values().collect();
    for line in &why {
        ui.tell(&format!("  {}\n", safe(line)));
    }
    let again = session.command(&["destroy", &planned.stack.program]);
    if let Some(held) = planned.held.take() {
        let report = planned.work.apply(held, &planned.plan).await?;
        let (_, text) = finish(session, &again, &planned.plan, &report, &mut sources, None);
        if !ui.json {
            ui.tell(&text);
        }
    }
    Ok((Exit::Failed, why))
}
