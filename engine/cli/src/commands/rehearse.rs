//! `dr rehearse`: applies, changes and destroys a program in a sandbox of its own, and says what would block.

use clap::Args;

use crate::args::{Global, SetArgs, key_value};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::diagnostic;
use crate::render::{json, rehearsal};
use crate::session::Session;
use crate::stage;
use crate::ui::Ui;
use crate::work::failures;

/// Apply, change and destroy a program in a sandbox of its own, and say what would block or be left
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr rehearse transactions\n  dr rehearse transactions --then memory=512\n\n\
                        Nothing is kept, and no time passes: durations are those that the kinds are known for. Ends with \
                        status 3 when something blocks or is left.")]
pub(crate) struct RehearseArgs {
    /// Name of a program in `programs`, or path of a script
    program: String,

    #[command(flatten)]
    set: SetArgs,

    /// Value for a parameter that is given once everything is there, as a change; may be repeated
    #[arg(long = "then", value_name = "KEY=VALUE", value_parser = key_value)]
    then: Vec<(String, String)>,

    /// Tell how long each resource took, not only the slowest ones
    #[arg(long)]
    details: bool,
}

/// Rehearses.
pub(crate) fn cmd_rehearse(args: &RehearseArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let program = load::program(&session.project, &args.program)?;
    let first = session.evaluate(&program, &args.set)?;
    let mut sources = session.project.sources(&[]).with(&first.sources);
    let mut graphs = vec![first.graph];
    if !args.then.is_empty() {
        let values = args.set.values.iter().chain(&args.then).cloned().collect();
        let set = SetArgs { values, ..args.set.clone() };
        graphs.push(session.evaluate(&program, &set)?.graph);
    }
    let rehearsed = stage::play(&session, &program, &graphs)?;
    let exit = if rehearsed.went_well() { Exit::Done } else { Exit::Refused };
    if ui.json {
        let shape = rehearsal::shape(&program.name, &session.suffix, &rehearsed);
        return ui.result(&json::text(&shape)).map(|()| exit);
    }
    for act in &rehearsed.acts {
        let mut found = act.plan.diagnostics.clone();
        found.retain(|d| d.is_error());
        found.extend(failures(&act.report.failed));
        ui.tell(&diagnostic::list(&found, &mut sources, ui.width()));
    }
    ui.result(&rehearsal::text(&program.name, &session.suffix, &rehearsed, args.details))?;
    Ok(exit)
}
