//! `dr drill`: a region is lost in a sandbox of its own; what that comes to is measured.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::args::{Global, SetArgs};
use crate::clock;
use crate::drill::{DrillWish, drill};
use crate::evidence::DrillEvidence;
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{drilled, json};
use crate::session::Session;
use crate::ui::Ui;

/// Lose a region in a sandbox of its own, take over with the other one, go home, and measure what that comes to
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr drill payment_http --set base_domain=pay.example.com\n  \
                        dr drill trading --planned --evidence drill.md\n  dr drill trading --lose us-east-2\n\n\
                        Nothing is kept, and no time passes. An application writes every second; what is measured is what its \
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

    /// Write what was measured into a file: `.md` as Markdown, everything else as JSON
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
}

/// Makes a drill.
pub(crate) fn cmd_drill(args: &DrillArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let program = load::program(&session.project, &args.program)?;
    let graph = session.evaluate(&program, &args.set)?.graph;
    let wish = DrillWish {
        named: args.program.clone(),
        planned: args.planned,
        lost: args.lose.clone(),
        seed: args.seed,
        at: clock::now()?,
    };
    let evidence = drill(&session, &program, &graph, &wish)?;
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

fn write(file: &Path, evidence: &DrillEvidence) -> Result<(), CommandFailure> {
    let is_markdown = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"));
    let text = match is_markdown {
        true => drilled::markdown(evidence),
        false => json::text(&drilled::shape(evidence)),
    };
    std::fs::write(file, text)
        .map_err(|e| CommandFailure::new(format!("cannot write the evidence into {}", file.display())).because(&e))
}
