//! `dr drill`: a region is lost in a sandbox of its own; what that comes to is measured.

use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::value::Str;
use dr_run::StateChange;

use crate::args::{Global, SetArgs};
use crate::clock;
use crate::drill::{DrillWish, drill};
use crate::evidence::DrillEvidence;
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{drilled, json};
use crate::session::Session;
use crate::shared;
use crate::ui::Ui;

/// Lose a region in a sandbox of its own, take over with the other one, go home, and measure what that comes to
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr drill payment_http --set base_domain=pay.example.com\n  \
                        dr drill trading --planned --evidence drill.md\n  dr drill trading --lose us-east-2\n\n\
                        No time passes. An environment that is there keeps what its drills came to, and nothing else. An application writes every second; what is measured is what its \
                        requests and writes came to. Ends with status 3 when a promise is broken, or when something is worse than \
                        was computed.")]
pub(crate) struct DrillArgs {
    /// Name of a program in `programs`, or path of a script
    program: String,

    #[command(flatten)]
    set: SetArgs,

    /// Let the other region take over while both work
    #[arg(long, conflicts_with = "lose")]
    planned: bool,

    /// The region that is lost; the primary one when left out
    #[arg(long, value_name = "REGION")]
    lose: Option<String>,

    /// What decides how long everything takes: the same number, the same drill
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// Show the drills that the environment keeps, and make none
    #[arg(long, conflicts_with_all = ["planned", "lose", "seed", "evidence", "set", "set_file"])]
    history: bool,

    /// Write what was measured into a file: `.md` as Markdown, everything else as JSON
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
}

/// Makes a drill.
pub(crate) fn cmd_drill(args: &DrillArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    if args.history {
        return history(&session, args, ui);
    }
    let program = load::program(&session.project, &args.program)?;
    let graph = session.evaluate(&program, &args.set)?.graph;
    let wish = DrillWish {
        named: args.program.clone(),
        planned: args.planned,
        lost: args.lose.clone(),
        seed: args.seed,
        at: clock::now()?,
    };
    let mut evidence = drill(&session, &program, &graph, &wish)?;
    keep(&session, &program.name, &mut evidence)?;
    if let Some(file) = &args.evidence {
        write(file, &evidence)?;
    }
    let exit = if evidence.went_well() { Exit::Done } else { Exit::Refused };
    match ui.json {
        true => ui.result(&json::text(&drilled::shape(&evidence)))?,
        false => ui.result(&drilled::text(&evidence))?,
    }
    Ok(exit)
}

/// Compares a drill with the last one that the environment keeps, and keeps it there. Where nothing was applied, nothing is
/// kept.
fn keep(session: &Session<'_>, program: &str, evidence: &mut DrillEvidence) -> Result<(), CommandFailure> {
    let Some(state) = session.hold_if_any(&session.stack(program))? else { return Ok(()) };
    if state.snapshot.records.is_empty() {
        return Ok(());
    }
    if let Some(last) = state.snapshot.recovery.drills.last() {
        evidence.notes.extend(last.regressions(evidence.computed.time(), evidence.computed.loss()));
    }
    let drilled = StateChange::Drilled(Box::new(evidence.kept(Str::from(shared::who()))));
    session.run(async |_| Ok(state.store.commit(drilled).await?))
}

/// Shows the drills that the environment keeps.
fn history(session: &Session<'_>, args: &DrillArgs, ui: &Ui) -> Result<Exit, CommandFailure> {
    let name = load::name_of(&session.project, &args.program)?;
    let state = session.look(&session.stack(&name))?;
    let drills = state.map(|state| state.snapshot.recovery.drills).unwrap_or_default();
    match ui.json {
        true => ui.result(&json::text(&drills))?,
        false if drills.is_empty() => ui.tell(&format!("No drill of {name} is kept in {}\n", session.suffix)),
        false => ui.result(&drilled::past(&drills))?,
    }
    Ok(Exit::Done)
}

fn write(file: &Path, evidence: &DrillEvidence) -> Result<(), CommandFailure> {
    let is_markdown = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"));
    let text = match is_markdown {
        true => drilled::markdown(evidence),
        false => json::text(&drilled::shape(evidence)),
    };
    std::fs::write(file, text)
        .map_err(|e| CommandFailure::new(format!("cannot write the evidence into {}", file.display())).because(&e))
}
