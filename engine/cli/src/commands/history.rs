//! `dr history`: the runs and failovers that changed a program in an environment, or tried to.

use std::time::Duration;

use clap::{Args, Subcommand};
use dr_core::history::{History, PastRun, PastTakeover, RunEnd, RunResult};
use dr_core::plan::Counts;
use serde::Serialize;

use super::state_place::nothing;
use crate::args::Global;
use crate::clock;
use crate::exit::{CommandFailure, Exit};
use crate::render::table::{Column, table};
use crate::render::{GONE, STRONG, duration, json, paint, safe};
use crate::session::Session;
use crate::ui::Ui;

/// Show which runs and failovers changed a program in an environment: who, when, from where, what, and how it ended
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  dr history --env pr-7\n  dr history show 12 --env pr-7"
)]
pub(crate) struct HistoryArgs {
    #[command(subcommand)]
    command: Option<HistoryCommand>,

    /// The program, where the environment holds several
    program: Option<String>,
}

#[derive(Debug, Subcommand)]
enum HistoryCommand {
    /// Show a run and its plan again
    Show {
        /// The run's number, as `dr history` gives it
        number: u64,
        /// The program, where the environment holds several
        #[arg(long, value_name = "PROGRAM")]
        program: Option<String>,
    },
}

/// A run.
#[derive(Serialize)]
struct PastRunJson<'a> {
    number: u64,
    command: &'static str,
    began: String,
    by: &'a str,
    from: &'a str,
    counts: Counts,
    /// Only of a failover.
    #[serde(skip_serializing_if = "Option::is_none")]
    takeover: Option<&'a PastTakeover>,
    /// Null when it was killed or is at work.
    result: Option<RunResult>,
    elapsed_ms: Option<u64>,
    done: Option<usize>,
    failed: Vec<FailedJson<'a>>,
    /// The plan as text; only where one run is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a str>,
}

#[derive(Serialize)]
struct FailedJson<'a> {
    address: &'a str,
    error: &'a str,
}

/// Shows the history, or a run of it.
pub(crate) fn cmd_history(args: &HistoryArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let (program, number) = match &args.command {
        None => (args.program.as_deref(), None),
        Some(HistoryCommand::Show { number, program }) => (program.as_deref(), Some(*number)),
    };
    let Some(stack) = session.meant(program)? else { return nothing(&session, program) };
    let Some(state) = session.look(&stack)? else { return nothing(&session, program) };
    let history = state.store.history()?;
    match number {
        None => list(ui, &history),
        Some(number) => {
            let run = history.get(number).ok_or_else(|| {
                let kept: Vec<u64> = history.runs().map(|(number, _)| number).collect();
                let failure = CommandFailure::new(format!("the history of `{stack}` has no run {number}"));
                match (kept.first(), kept.last()) {
                    (Some(first), Some(last)) => failure.hint(format!("it has the runs {first} to {last}")),
                    _ => failure.hint("nothing was applied or destroyed since histories are kept"),
                }
            })?;
            show(ui, number, run)
        }
    }
}

fn shape(number: u64, run: &PastRun, with_plan: bool) -> PastRunJson<'_> {
    let end = run.end.as_ref();
    PastRunJson {
        number,
        command: command(run),
        began: clock::exact(run.began),
        by: &run.by,
        from: &run.from,
        counts: run.counts,
        takeover: run.takeover.as_ref(),
        result: end.map(|end| end.result),
        elapsed_ms: end.map(|end| end.took_ms),
        done: end.map(|end| end.done),
        failed: end.map(failed).unwrap_or_default(),
        plan: with_plan.then_some(&run.plan),
    }
}

fn failed(end: &RunEnd) -> Vec<FailedJson<'_>> {
    end.failed.iter().map(|(address, error)| FailedJson { address, error }).collect()
}

fn command(run: &PastRun) -> &'static str {
    match &run.takeover {
        Some(takeover) if takeover.is_failback => "failback",
        Some(_) => "failover",
        None if run.destroy => "destroy",
        None => "apply",
    }
}

fn list(ui: &Ui, history: &History) -> Result<Exit, CommandFailure> {
    if ui.json {
        let all: Vec<PastRunJson<'_>> = history.runs().map(|(number, run)| shape(number, run, false)).collect();
        return ui.result(&json::text(&all)).map(|()| Exit::Done);
    }
    let titles = ["run", "when", "what", "changes", "took", "result", "by", "from"];
    let columns = titles.map(|title| Column { title, is_quiet: title == "from" });
    let row = |(number, run): (u64, &PastRun)| {
        vec![
            number.to_string(),
            clock::minute(run.began),
            command(run).to_owned(),
            run.takeover.as_ref().map_or_else(|| changes(&run.counts), direction),
            run.end.as_ref().map(took).unwrap_or_default(),
            result(run.end.as_ref()),
            safe(&run.by).into_owned(),
            safe(&run.from).into_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = history.runs().map(row).collect();
    if rows.is_empty() {
        ui.tell("Nothing was applied or destroyed since histories are kept\n");
        return Ok(Exit::Done);
    }
    ui.result(&table(&columns, &rows)).map(|()| Exit::Done)
}

/// What a plan was to do, in signs: `+2 ~1 ±1 -3`.
fn changes(counts: &Counts) -> String {
    let parts = [
        ("+", counts.create),
        ("~", counts.update),
        ("±", counts.replace),
        ("-", counts.delete),
        ("→", counts.import),
        ("×", counts.forget),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(_, number)| *number > 0).map(|(sign, number)| format!("{sign}{number}")).collect();
    parts.join(" ")
}

/// Where a failover goes, and how.
fn direction(takeover: &PastTakeover) -> String {
    format!("{} → {}, {}", takeover.from, takeover.to, takeover.manner.word())
}

fn took(end: &RunEnd) -> String {
    duration::exact(Duration::from_millis(end.took_ms))
}

fn result(end: Option<&RunEnd>) -> String {
    match end {
        None => "did not end".into(),
        Some(end) => match end.result {
            RunResult::Done => "done".into(),
            RunResult::Deferred => "done, some deferred".into(),
            RunResult::Failed if end.failed.is_empty() => "failed".into(),
            RunResult::Failed => format!("{} failed", end.failed.len()),
            RunResult::Interrupted => "interrupted".into(),
        },
    }
}

fn show(ui: &Ui, number: u64, run: &PastRun) -> Result<Exit, CommandFailure> {
    if ui.json {
        return ui.result(&json::text(&shape(number, run, true))).map(|()| Exit::Done);
    }
    let title = format!("run {number}: {} at {} UTC", command(run), clock::minute(run.began));
    let mut text = format!("{}\nby {} from {}\n\n", paint(STRONG, title), safe(&run.by), safe(&run.from));
    text.push_str(&run.plan);
    if let Some(loss) = run.takeover.as_ref().and_then(|takeover| takeover.agreed_loss.as_ref()) {
        text.push_str(&format!("\nagreed to lose {}\n", safe(loss)));
    }
    let end = match &run.end {
        None => "It did not end: it was killed, or is at work".to_owned(),
        Some(end) => format!("{} after {}", result(Some(end)), took(end)),
    };
    text.push_str(&format!("\n{end}\n"));
    for (address, error) in run.end.iter().flat_map(|end| &end.failed) {
        text.push_str(&format!("  {} {}: {}\n", paint(GONE, "✗"), safe(address), safe(error)));
    }
    ui.result(&text).map(|()| Exit::Done)
}
