//! `dr destroy`: takes away what programs have in an environment, and looks whether anything is left.

use std::collections::BTreeSet;

use clap::Args;
use dr_core::graph::Graph;
use dr_core::plan::Goal;
use dr_core::record::Snapshot;
use dr_core::region::GLOBAL;
use dr_core::value::Str;
use dr_run::{Stack, Swept};

use super::apply::{Aftermath, finish};
use super::plan::{contract_of, refuse_loss, show};
use crate::args::{Global, Planning};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::diagnostic::Sources;
use crate::render::{GONE, NEW, count, deferred, json, paint, safe};
use crate::session::Session;
use crate::ui::Ui;
use crate::work::{WantedPlan, Work};

/// Destroy everything that a program, or every program, has in an environment, then look whether anything is left
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr destroy transactions --env pr-7\n  dr destroy --env pr-7\n\n\
                        The state alone suffices: the program's script is not needed. Ends with status 5 when something \
                        waits for a region that does not answer.")]
pub(crate) struct DestroyArgs {
    /// The program whose resources are to go; without it, those of every program of the environment, one after the other
    program: Option<String>,
    #[command(flatten)]
    planning: Planning,

    /// Agree to lose the data that the plan lists as at risk; an ephemeral environment does not ask for it
    #[arg(long)]
    allow_data_loss: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Destroys.
pub(crate) fn cmd_destroy(args: &DestroyArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let stacks: Vec<Stack> = match args.program.as_deref() {
        Some(given) => vec![session.stack(&load::name_of(&session.project, given)?)],
        None => session.programs()?.iter().map(|program| session.stack(program)).collect(),
    };
    match &stacks[..] {
        [] => {
            if ui.json {
                ui.result("{}\n")?;
            }
            ui.tell(&session.nothing_there());
            Ok(Exit::Done)
        }
        [only] => {
            if !dr_run::exists(&session.state_dir, only)? {
                ui.tell(&session.nothing_of(&only.program)?);
            }
            let (ended, text) = destroy(args, &session, only)?;
            ui.result(&text).map(|()| ended.exit())
        }
        several => {
            let names: Vec<&str> = several.iter().map(|stack| &*stack.program).collect();
            ui.tell(&format!(
                "The environment {} holds {} programs: {}\n",
                session.suffix,
                names.len(),
                names.join(", ")
            ));
            let (mut worst, mut results) = (Exit::Done, Vec::new());
            for stack in several {
                ui.tell("\n");
                let (ended, text) = destroy(args, &session, stack)?;
                if ui.json {
                    results.push(text)
                } else {
                    ui.result(&text)?
                }
                worst = worst.worse(ended.exit());
                if let StackEnd::Declined | StackEnd::With(Exit::Interrupted) = ended {
                    break;
                }
            }
            if ui.json {
                let all: Vec<&str> =
                    results.iter().map(|text| text.trim_end()).filter(|text| !text.is_empty()).collect();
                ui.result(&format!("[\n{}\n]\n", all.join(",\n")))?;
            }
            Ok(worst)
        }
    }
}

/// How the destruction of one stack ended.
enum StackEnd {
    With(Exit),
    /// The user said no.
    Declined,
}

impl StackEnd {
    fn exit(&self) -> Exit {
        match self {
            StackEnd::With(exit) => *exit,
            StackEnd::Declined => Exit::Failed,
        }
    }
}

/// Destroys what one program has in the environment. Returns the result for standard output.
fn destroy(args: &DestroyArgs, session: &Session<'_>, stack: &Stack) -> Result<(StackEnd, String), CommandFailure> {
    let ui = session.ui;
    let mut sources = Sources::new(&session.project.root);
    session.run(async |signals| {
        let mut work = Work::open(session, stack.clone(), &session.project.root, args.planning.parallel()).await?;
        signals.stop(&work.cancel);
        let mut held = session.hold_if_any(stack)?;
        work.limit_to(args.planning.only(&Session::regions(&Graph::default(), held.as_ref()))?);
        if let Some(held) = &mut held {
            work.resume(held, Goal::Destroy).await?;
        }
        let graph = Graph::default();
        let wanted = WantedPlan {
            goal: Goal::Destroy,
            graph: &graph,
            refresh: !args.planning.no_refresh,
            lift: session.lifts(&args.planning),
        };
        let plan = work.plan(held.as_ref(), wanted).await?;
        let contract = contract_of(session, &plan, held.as_ref());
        show(session, (&plan, &contract), &mut sources, args.planning.details, &mut |text| {
            ui.tell(text);
            Ok(())
        })?;
        if plan.is_refused() {
            let text = if ui.json { json::text(&json::plan(&plan, &contract)) } else { String::new() };
            return Ok((StackEnd::With(Exit::Refused), text));
        }
        refuse_loss(session, &plan, args.allow_data_loss)?;
        if plan.has_changes() && !args.yes && !work.ask("\nDestroy?").await? {
            ui.tell("Nothing was changed\n");
            return Ok((StackEnd::Declined, String::new()));
        }
        let again = session.command(&["destroy", &stack.program]);
        let used = places(held.as_ref().map(|h| &h.snapshot));
        let store = held.as_ref().map(|h| h.store.clone());
        let mut report = dr_run::Report::default();
        if let Some(held) = held {
            ui.tell("\n");
            report = work.apply(held, &plan).await?;
        }
        let is_done = report.failed.is_empty() && report.skipped.is_empty() && report.remaining.is_empty();
        if !is_done || !report.output_errors.is_empty() {
            let (exit, text) = finish(session, &again, &plan, &report, &mut sources, None);
            return Ok((StackEnd::With(exit), text));
        }
        // Programs usually are there, whatever the state knows.
        let usual = ["us-east-1", "us-east-2", "us-west-2", GLOBAL].map(Str::from);
        let everywhere = used.iter().cloned().chain(usual).collect();
        let mut swept = work.sweep(store.as_ref(), &everywhere).await?;
        let waits: BTreeSet<&str> = deferred::left(&plan, &report).iter().map(|one| one.address.as_str()).collect();
        swept.found.retain(|found| found.address.as_deref().is_none_or(|address| !waits.contains(address)));
        let some_wait = !waits.is_empty();
        let aftermath = Aftermath { swept, used };
        let (exit, mut text) = finish(session, &again, &plan, &report, &mut sources, Some(&aftermath));
        if !ui.json {
            text.push_str(&left(&aftermath.swept, some_wait));
        }
        Ok((StackEnd::With(exit), text))
    })
}

/// Where something was.
fn places(snapshot: Option<&Snapshot>) -> BTreeSet<Str> {
    let was = snapshot.into_iter().flat_map(|s| s.records.values().chain(&s.deposed));
    was.map(|record| record.region.clone().unwrap_or_else(|| GLOBAL.into())).collect()
}

/// What was found, and where nobody could look. `some_wait`: something is still there, as the state knows.
fn left(swept: &Swept, some_wait: bool) -> String {
    let mut out = match (swept.found.len(), some_wait || !swept.unasked.is_empty()) {
        (0, false) => format!("{}\n", paint(NEW, "Nothing is left")),
        (0, true) => format!("{}\n", paint(NEW, "Nothing else is left where it could be looked for")),
        (number, _) => {
            let left = format!("{} left, which the state does not know:", count(number, "resource"));
            format!("{}\n", paint(GONE, left))
        }
    };
    for (place, why) in &swept.unasked {
        out.push_str(&format!("  {place} could not be asked: {}\n", safe(why)));
    }
    for found in &swept.found {
        let kind = found.kind.as_deref().unwrap_or("?");
        let region = found.region.as_deref().unwrap_or("global");
        let address = found.address.as_deref().map(|a| format!("  made as {}", safe(a))).unwrap_or_default();
        out.push_str(&format!("  {kind}  {region}  {}{address}\n", safe(&found.id)));
    }
    out
}
