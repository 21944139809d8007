//! `dr output`: the outputs of a program in an environment.

use clap::Args;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::render::{json, outputs};
use crate::session::Session;
use crate::ui::Ui;

/// Show the outputs that the last apply of a program recorded
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr output endpoint --env pr-7")]
pub(crate) struct OutputArgs {
    /// Only this one, without quotes, for use by other programs
    name: Option<String>,
    /// The program, where the environment holds several
    #[arg(long, value_name = "PROGRAM")]
    program: Option<String>,
}

/// Shows the outputs.
pub(crate) fn cmd_output(args: &OutputArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let snapshot = session.recorded(args.program.as_deref())?;
    let all = &snapshot.outputs;
    let text = match args.name.as_deref() {
        None if ui.json => json::text(all),
        None if all.is_empty() => {
            ui.tell(&if snapshot.is_empty() {
                session.nothing_recorded(args.program.as_deref())?
            } else {
                format!("The environment {} has no outputs\n", session.suffix)
            });
            return Ok(Exit::Done);
        }
        None => outputs::list(all),
        Some(name) => {
            let Some(value) = all.get(name) else {
                let failure =
                    CommandFailure::new(format!("the environment `{}` has no output `{name}`", session.suffix));
                let names: Vec<&str> = all.keys().map(|k| &**k).collect();
                let failure = failure.near(name, names.iter().copied());
                let failure =
                    if names.is_empty() { failure } else { failure.hint(format!("outputs: {}", names.join(", "))) };
                return Err(failure);
            };
            if ui.json {
                json::text(value)
            } else {
                let raw = outputs::raw(value).ok_or_else(|| {
                    CommandFailure::new(format!("the output `{name}` is sensitive and is not shown"))
                        .hint("read it from where the program keeps it, such as its secret in Secrets Manager")
                })?;
                raw + "\n"
            }
        }
    };
    ui.result(&text).map(|()| Exit::Done)
}
