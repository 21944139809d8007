//! `dr check`: whether programs are right, without state and without a cloud.

use clap::Args;
use serde::Serialize;

use crate::args::{Global, SetArgs};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{GONE, NEW, count, diagnostic, json, pad, paint};
use crate::session::Session;
use crate::ui::Ui;
use dr_core::diagnostic::Diagnostic;

/// Check programs without looking at any state or cloud
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr check\n  dr check transactions --set alert_email=a@example.com")]
pub(crate) struct CheckArgs {
    /// Names or paths; all programs of the project when none is given
    programs: Vec<String>,

    #[command(flatten)]
    set: SetArgs,
}

#[derive(Serialize)]
struct CheckJson {
    program: String,
    ok: bool,
    resources: usize,
    diagnostics: Vec<Diagnostic>,
}

/// Checks programs.
pub(crate) fn cmd_check(args: &CheckArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let names = if args.programs.is_empty() { load::names(&session.project) } else { args.programs.clone() };
    if names.is_empty() {
        let folder = session.project.root.join("programs");
        return Err(CommandFailure::new(format!("there are no programs in `{}`", folder.display())));
    }
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let mut results = Vec::new();
    for name in names {
        let program = load::program(&session.project, &name)?;
        let (resources, diagnostics, mut sources) = session.check(&program, &args.set)?;
        let ok = !diagnostics.iter().any(Diagnostic::is_error);
        if !ui.json {
            ui.result(&diagnostic::list(&diagnostics, &mut sources, ui.width()))?;
            let tally = diagnostic::tally(&diagnostics);
            let tally = if tally.is_empty() { tally } else { format!(" · {tally}") };
            let (mark, text) = match ok {
                true => (paint(NEW, "✓"), count(resources, "resource")),
                false => (paint(GONE, "✗"), "refused".into()),
            };
            ui.result(&format!("{mark} {}  {text}{tally}\n", pad(&program.name, width)))?;
        }
        results.push(CheckJson { program: program.name, ok, resources, diagnostics });
    }
    let ok = results.iter().all(|r| r.ok);
    if ui.json {
        ui.result(&json::text(&results))?;
    }
    Ok(if ok { Exit::Done } else { Exit::Failed })
}
