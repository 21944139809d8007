//! `dr destroy`: takes away what programs have in an environment, and looks whether anything is left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use dr_core::address::Address;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan};
use dr_core::record::Record;
use dr_core::region::GLOBAL;
use dr_core::value::Str;
use dr_run::Stack;

use super::apply::{Aftermath, finish};
use super::plan::{Outlook, show};
use super::unrecorded::{self, Unrecorded};
use crate::args::{Consent, Global, Planning, SetArgs, key_value};
use crate::certificate::{CertificateVerdict, DestroyCertificate};
use crate::consent;
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::others::leave_to_others;
use crate::render::diagnostic::Sources;
use crate::render::rebuilt::without_state;
use crate::render::{STRONG, certificate, deferred, json, paint, safe};
use crate::session::{OpenState, Session};
use crate::signals::Signals;
use crate::ui::Ui;
use crate::work::{WantedPlan, Work};

/// Destroy everything that a program, or every program, has in an environment, then look whether anything is left
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dr destroy transactions --env pr-7\n  dr destroy --env pr-7\n  dr destroy --env pr-7 --from-tags\n\n\
                        The state alone suffices: the program's script is not needed. Ends with status 5 when something \
                        waits for a region that does not answer."
)]
pub(crate) struct DestroyArgs {
    /// The program whose resources are to go. Without it, those of every program of the environment: all of it is planned
    /// first, and nothing is destroyed where one program is refused; then they go one after the other, by their names
    program: Option<String>,
    /// Also destroy what carries the environment's tags and no state knows of, in every region of the account: it is recorded
    /// first, then planned and destroyed as everything else is
    #[arg(long)]
    from_tags: bool,

    /// Value for a parameter of the program, so that what cannot be tagged is found where it was declared; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value, requires = "from_tags")]
    set: Vec<(String, String)>,

    /// File whose text is the value of a parameter; may be repeated
    #[arg(long = "set-file", value_name = "KEY=FILE", value_parser = key_value, requires = "from_tags")]
    set_file: Vec<(String, String)>,

    #[command(flatten)]
    planning: Planning,

    /// Write what was looked for afterwards, and what was found, into this file: as Markdown where its name ends with
    /// `.md`, else as JSON
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// Look only once afterwards whether anything is left, although services show late what they make
    #[arg(long)]
    no_wait: bool,

    #[command(flatten)]
    consent: Consent,
}

/// Destroys.
pub(crate) fn cmd_destroy(args: &DestroyArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    consent::check_name(&session, &args.consent)?;
    consent::refuse_destroy(&session, &args.consent)?;
    let stacks: Vec<Stack> = match args.program.as_deref() {
        Some(given) => vec![session.stack(&load::name_of(&session.project, given)?)],
        None => session.programs()?.iter().map(|program| session.stack(program)).collect(),
    };
    let (stacks, missed) = match look_without_state(args, &session, stacks)? {
        WithoutState::Ended(exit) => {
            if let Some(file) = &args.certificate {
                ui.tell(&format!(
                    "No certificate is written to `{}`: nothing was destroyed; `{}` writes one\n",
                    file.display(),
                    session.command(&["verify-destroyed", "--certificate", &file.display().to_string()])
                ));
            }
            return Ok(exit);
        }
        WithoutState::GoOn(stacks, missed) => (stacks, missed),
    };
    match &stacks[..] {
        [] | [_] => {}
        several => {
            let names: Vec<&str> = several.iter().map(|stack| &*stack.program).collect();
            ui.tell(&format!(
                "The environment {} holds {} programs: {}\n\n",
                session.suffix,
                names.len(),
                names.join(", ")
            ));
        }
    }
    let (exit, results) = session.run(async |signals| destroy(args, &session, &stacks, signals).await)?;
    if ui.json && stacks.len() > 1 {
        let all: Vec<&str> = results.iter().map(|text| text.trim_end()).collect();
        ui.result(&format!("[\n{}\n]\n", all.join(",\n")))?;
    } else if ui.json {
        ui.result(&results.concat())?;
    }
    Ok(exit.worse(missed))
}

/// What comes of a look at what no state knows.
enum WithoutState {
    /// There is nothing to go on with.
    Ended(Exit),
    /// These are to be destroyed; and how it ends at least.
    GoOn(Vec<Stack>, Exit),
}

/// Looks for what no state knows, where that is asked for, no program is named, or the program has no state. What was found
/// is told, or recorded with `--from-tags`.
fn look_without_state(
    args: &DestroyArgs,
    session: &Session<'_>,
    stacks: Vec<Stack>,
) -> Result<WithoutState, CommandFailure> {
    let (ui, given) = (session.ui, args.program.as_deref());
    let known: BTreeSet<Str> = session.programs()?.into_iter().collect();
    if !args.from_tags && stacks.iter().any(|stack| known.contains(&stack.program)) && given.is_some() {
        return Ok(WithoutState::GoOn(stacks, Exit::Done));
    }
    let only = stacks.first().map(|stack| stack.program.clone()).filter(|_| given.is_some());
    let spared = if args.from_tags { BTreeSet::new() } else { known.clone() };
    let found = session.run(async |signals| unrecorded::look(session, signals, only.as_ref(), &spared).await)?;
    if let (Some(given), [stack]) = (given, &stacks[..]) {
        check_meant(session, given, stack, &found)?;
    }
    if args.from_tags {
        ui.tell(&found.list_unasked());
        let programs = found.by_program.keys().filter(|program| !program.is_empty()).cloned();
        let all: BTreeSet<Str> = stacks.into_iter().map(|stack| stack.program).chain(programs).collect();
        let stacks: Vec<Stack> = all.iter().map(|program| session.stack(program)).collect();
        let set = SetArgs { values: args.set.clone(), files: args.set_file.clone() };
        let named = session.run(async |signals| unrecorded::take(session, signals, (&stacks, given), &set).await)?;
        for (tagged, why) in &named {
            let address = tagged.address.as_deref().unwrap_or("?");
            ui.tell(&format!("{}  made as {} cannot be recorded: {}\n", safe(&tagged.id), safe(address), safe(why)));
        }
        let missed = if named.is_empty() { Exit::Done } else { Exit::Failed };
        return Ok(match stacks.is_empty() {
            true => WithoutState::Ended(nothing_found(session, None, &found)?),
            false => WithoutState::GoOn(stacks, missed),
        });
    }
    if found.by_program.is_empty() {
        let is_known = stacks.iter().any(|stack| known.contains(&stack.program));
        if !is_known {
            let exit = nothing_found(session, only.as_deref(), &found)?;
            if stacks.is_empty() {
                return Ok(WithoutState::Ended(exit));
            }
        }
        return Ok(WithoutState::GoOn(stacks, Exit::Done));
    }
    ui.tell(&found.list(session));
    ui.tell(&found.list_unasked());
    let words: Vec<&str> = ["destroy"].into_iter().chain(given).chain(["--from-tags"]).collect();
    ui.tell(&format!("`{}` records and destroys them\n\n", session.command(&words)));
    match stacks.is_empty() || given.is_some() {
        true => {
            if ui.json {
                ui.result(&json::text(&without_state(&session.suffix, given, &found.swept, found.exit())))?;
            }
            Ok(WithoutState::Ended(found.exit()))
        }
        false => Ok(WithoutState::GoOn(stacks, found.exit())),
    }
}

/// Refuses a name that no script and no state has, and nothing that was found: it is mistyped.
fn check_meant(session: &Session<'_>, given: &str, stack: &Stack, found: &Unrecorded) -> Result<(), CommandFailure> {
    if load::is_there(&session.project, given) || session.states.exists(stack)? || !found.by_program.is_empty() {
        return Ok(());
    }
    let (recorded, place) = (session.programs()?, session.states.place());
    let what = if found.swept.unasked.is_empty() { "nothing" } else { "nothing that could be asked" };
    Err(load::unknown(&session.project, given, &recorded).hint(format!(
        "it has no state in the environment {}, in {place}, either; looked in {}: {what} carries its tags",
        session.suffix,
        found.places()
    )))
}

/// That nothing is recorded, and nothing was found.
fn nothing_found(session: &Session<'_>, program: Option<&str>, found: &Unrecorded) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    match program {
        Some(program) => ui.tell(&session.nothing_of(program)?),
        None => ui.tell(&session.nothing_there()),
    }
    let what = if found.swept.unasked.is_empty() { "nothing carries" } else { "nothing that could be asked carries" };
    ui.tell(&format!("Looked in {}: {what} its tags\n", found.places()));
    ui.tell(&found.list_unasked());
    if ui.json && program.is_none() {
        ui.result(&json::text(&without_state(&session.suffix, None, &found.swept, found.exit())))?;
    }
    Ok(found.exit())
}

/// The destruction of what one program has, planned and not begun.
pub(super) struct PlannedDestruction<'a> {
    pub stack: &'a Stack,
    pub work: Work<'a>,
    pub held: Option<OpenState>,
    pub plan: Plan,
    /// What stays because it belongs to others, each with why.
    pub left: BTreeMap<Address, String>,
    pub outlook: Outlook,
}

/// Plans the destruction of every stack, asks once, and destroys one after the other; nothing, where one of them is
/// refused. Returns the results as JSON where they are wanted; else they are told as they come.
async fn destroy(
    args: &DestroyArgs,
    session: &Session<'_>,
    stacks: &[Stack],
    signals: &Signals,
) -> Result<(Exit, Vec<String>), CommandFailure> {
    let ui = session.ui;
    let mut sources = session.project.sources(&[]);
    let mut all = Vec::new();
    for (index, stack) in stacks.iter().enumerate() {
        if index > 0 {
            ui.tell("\n");
        }
        let held = session.hold_without_key_if_any(stack)?;
        let planned = planned(&args.planning, session, stack, held, signals).await?;
        show(session, (&planned.plan, &planned.outlook), &mut sources, args.planning.details, &mut |text| {
            ui.tell(text);
            Ok(())
        })?;
        all.push(planned);
    }
    if all.iter().any(|planned| planned.plan.is_refused()) {
        let refused: Vec<&str> =
            all.iter().filter(|p| p.plan.is_refused()).map(|planned| &*planned.stack.program).collect();
        if all.len() > 1 {
            let names = refused.join(", ");
            ui.tell(&format!("\nNothing was changed, in no program, because of what is refused in: {names}\n"));
        }
        let shapes = all
            .iter()
            .map(|planned| json::text(&json::plan(&planned.plan, &planned.outlook.contract, &planned.outlook.cost)));
        return Ok((Exit::Refused, if ui.json { shapes.collect() } else { Vec::new() }));
    }
    consent::refuse_loss(session, all.iter().map(|planned| &planned.plan), &args.consent)?;
    if let Some(first) = all.iter().find(|planned| planned.plan.has_changes()).filter(|_| !args.consent.yes) {
        signals.stop(&first.work.cancel);
        let question = if all.len() > 1 { "\nDestroy all of this?" } else { "\nDestroy?" };
        if !first.work.ask(question).await? {
            ui.tell("Nothing was changed\n");
            return Ok((Exit::Failed, Vec::new()));
        }
    }
    let (mut worst, mut results, mut certificates) = (Exit::Done, Vec::new(), Vec::new());
    let number = all.len();
    for planned in all {
        if stacks.len() > 1 {
            ui.tell(&format!("\n{}\n", paint(STRONG, planned.stack.to_string())));
        }
        signals.stop(&planned.work.cancel);
        // Whoever is destroyed last is looked for after all of them have gone.
        let is_early = args.no_wait || certificates.len() + 1 < number;
        let (exit, text, certificate) = carried_out(session, planned, &mut sources, is_early).await?;
        certificates.extend(certificate);
        match ui.json {
            true => results.push(text),
            false => ui.result(&text)?,
        }
        worst = worst.worse(exit);
        if exit == Exit::Interrupted {
            break;
        }
    }
    if let Some(file) = &args.certificate {
        match certificates.len() == number {
            true => write_certificate(file, &certificates)?,
            false => {
                ui.tell(&format!("No certificate is written to `{}`: not everything was destroyed\n", file.display()))
            }
        }
        let is_sure = certificates.iter().all(|one| one.verdict() != CertificateVerdict::Unsure);
        worst = if is_sure { worst } else { worst.worse(Exit::Deferred) };
    }
    Ok((worst, results))
}

/// Writes certificates: one, or a list of them.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write_certificate(file: &Path, all: &[DestroyCertificate]) -> Result<(), CommandFailure> {
    let shapes: Vec<_> = all.iter().map(certificate::shape).collect();
    let text = match (file.extension().is_some_and(|ending| ending == "md"), &shapes[..]) {
        (true, _) => all.iter().map(certificate::markdown).collect::<Vec<_>>().join("\n"),
        (false, [only]) => json::text(only),
        (false, several) => json::text(&several),
    };
    std::fs::write(file, text)
        .map_err(|e| CommandFailure::new(format!("cannot write the certificate to `{}`", file.display())).because(&e))
}

/// Plans the destruction of what one program has in the environment.
pub(super) async fn planned<'a>(
    planning: &Planning,
    session: &'a Session<'a>,
    stack: &'a Stack,
    mut held: Option<OpenState>,
    signals: &Signals,
) -> Result<PlannedDestruction<'a>, CommandFailure> {
    let mut work = Work::open(session, stack.clone(), &session.project.root, planning.parallel()).await?;
    signals.stop(&work.cancel);
    let graph = Graph::default();
    work.limit_to(planning.only(&Session::regions(&graph, held.as_ref()))?);
    if let Some(held) = &mut held {
        work.resume(held, Goal::Destroy).await?;
    }
    let aim = planning.aim(Session::addresses(&graph, held.as_ref()))?;
    let (refresh, lift) = (!planning.no_refresh, session.lifts(planning));
    let wanted = WantedPlan { goal: Goal::Destroy, graph: &graph, refresh, aim: &aim, lift };
    let mut plan = work.plan(held.as_ref(), wanted).await?;
    let left = leave_to_others(session, &work, held.as_ref(), &mut plan).await?;
    let outlook = Outlook::of(session, &plan, held.as_ref());
    Ok(PlannedDestruction { stack, work, held, plan, left, outlook })
}

/// Destroys what one program has, and looks whether anything is left. Returns the result for standard output.
pub(super) async fn carried_out(
    session: &Session<'_>,
    planned: PlannedDestruction<'_>,
    sources: &mut Sources,
    is_early: bool,
) -> Result<(Exit, String, Option<DestroyCertificate>), CommandFailure> {
    let PlannedDestruction { stack, mut work, held, plan, left, outlook: _ } = planned;
    let ui = session.ui;
    let again = session.command(&["destroy", &stack.program]);
    let was = held.as_ref().map(|h| h.snapshot.records.values().chain(&h.snapshot.deposed).cloned().collect());
    let was: Vec<Arc<Record>> = was.unwrap_or_default();
    let used = places(&was);
    let store = held.as_ref().map(|h| h.store.clone());
    let mut report = dr_run::Report::default();
    if let Some(held) = held {
        ui.tell("\n");
        report = work.apply(held, &plan).await?;
    }
    let is_done = report.failed.is_empty() && report.skipped.is_empty() && report.remaining.is_empty();
    if !is_done || !report.output_errors.is_empty() {
        let (exit, text) = finish(session, &again, &plan, &report, sources, None);
        return Ok((exit, text, None));
    }
    let waits: BTreeSet<&str> = deferred::left(&plan, &report).iter().map(|one| one.address.as_str()).collect();
    let stays = |one: &Arc<Record>| waits.contains(one.address.as_str()) || left.contains_key(&one.address);
    let deleted: Vec<Arc<Record>> = was.into_iter().filter(|one| !stays(one)).collect();
    let mut certificate = work.certify(store.as_ref(), (Some(&stack.program), &deleted), &used, is_early).await?;
    certificate.without(|found| found.address.as_deref().is_some_and(|address| waits.contains(address)));
    let some_wait = !waits.is_empty();
    let aftermath = Aftermath { certificate, used };
    let (exit, mut text) = finish(session, &again, &plan, &report, sources, Some(&aftermath));
    let mut certificate = aftermath.certificate;
    if some_wait {
        // Something is still there, as the state knows.
        certificate.left_out.extend(waits_for(&plan, &report));
    }
    if !ui.json {
        text.push_str(&certificate::text(&certificate));
        if certificate.staying().any(|one| one.address.is_some()) {
            let command = session.command(&["destroy", &stack.program, "--from-tags"]);
            text.push_str(&format!("`{command}` records and destroys what carries its tags\n"));
        }
        left.values().for_each(|line| text.push_str(&format!("{}\n", safe(line))));
    }
    let exit = if left.is_empty() { exit } else { exit.worse(Exit::Failed) };
    Ok((exit, text, Some(certificate)))
}

/// The places that steps wait for.
fn waits_for(plan: &Plan, report: &dr_run::Report) -> BTreeSet<Str> {
    deferred::left(plan, report).iter().map(|one| one.place.into()).collect()
}

/// Where something was.
fn places(was: &[Arc<Record>]) -> BTreeSet<Str> {
    was.iter().map(|record| record.region.clone().unwrap_or_else(|| GLOBAL.into())).collect()
}
