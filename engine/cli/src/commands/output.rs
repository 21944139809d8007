//! `dr output`: the outputs of a program in an environment.

use clap::{Args, ValueEnum};
use dr_core::value::Value;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::render::{flat, json, outputs};
use crate::session::Session;
use crate::ui::Ui;

/// Show the outputs that the last apply of a program recorded
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  dr output endpoint --env pr-7\n  dr output --env pr-7 --format flat > outputs.json"
)]
pub(crate) struct OutputArgs {
    /// Only this one, without quotes, for use by other programs
    name: Option<String>,
    /// The program, where the environment holds several
    #[arg(long, value_name = "PROGRAM")]
    program: Option<String>,
    /// How the outputs are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: OutputFormat,
}

/// How outputs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum OutputFormat {
    /// A line for each; with `--json` as they are
    #[default]
    Text,
    /// One JSON object of one level with texts alone, for tests: an item of a list is NAME_0, an entry of a map NAME_KEY
    Flat,
}

/// Shows the outputs.
pub(crate) fn cmd_output(args: &OutputArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let snapshot = session.recorded(args.program.as_deref())?;
    let all = &snapshot.outputs;
    if all.is_empty() {
        session.check_state(args.program.as_deref())?;
    }
    let text = match args.name.as_deref() {
        None if args.format == OutputFormat::Flat => flattened(flat::pairs(all), ui)?,
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
            if args.format == OutputFormat::Flat {
                flattened([(name, value)], ui)?
            } else if ui.json {
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

/// Outputs on one level. What is left out is told.
fn flattened<'a>(outputs: impl IntoIterator<Item = (&'a str, &'a Value)>, ui: &Ui) -> Result<String, CommandFailure> {
    let flat = flat::flat(outputs).map_err(|one| {
        let [first, second] = &one.outputs;
        let of = if first == second {
            format!("two values of the output `{first}`")
        } else {
            format!("a value of the output `{first}` and one of `{second}`")
        };
        CommandFailure::new(format!("{of} would both be called `{}`", one.name))
            .hint("call one of them otherwise, or read them with `--json`")
    })?;
    if !flat.secrets.is_empty() {
        ui.tell(&format!("left out, because they are sensitive: {}\n", flat.secrets.join(", ")));
    }
    Ok(json::text(&flat.texts))
}
