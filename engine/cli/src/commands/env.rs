//! `dr env`: the environments that have state.

use clap::{Args, Subcommand};
use dr_run::Store;
use serde::Serialize;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::render::{GONE, QUIET, count, json, pad, paint, safe};
use crate::session::Session;
use crate::ui::Ui;

/// Show which environments there are
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr env list")]
pub(crate) struct EnvArgs {
    #[command(subcommand)]
    command: EnvCommand,
}

#[derive(Debug, Subcommand)]
enum EnvCommand {
    /// List the environments in the state folder
    List,
}

#[derive(Serialize)]
struct EnvironmentJson {
    environment: String,
    program: Option<String>,
    cloud: Option<String>,
    resources: Option<usize>,
    note: Option<String>,
}

/// Lists the environments.
pub(crate) fn cmd_env(args: &EnvArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let EnvCommand::List = args.command;
    let session = Session::new(global, ui)?;
    let names = Store::environments(&session.state_dir)?;
    let all: Vec<EnvironmentJson> = names.into_iter().map(|name| look(&session, name)).collect();
    if ui.json {
        return ui.result(&json::text(&all)).map(|()| Exit::Done);
    }
    if all.is_empty() {
        ui.tell(&format!("There are no environments in `{}`\n", session.state_dir.display()));
    }
    let text: String = all.iter().map(line).collect();
    ui.result(&text).map(|()| Exit::Done)
}

/// One that cannot be read now is listed all the same.
fn look(session: &Session<'_>, environment: String) -> EnvironmentJson {
    let nothing = EnvironmentJson { environment, program: None, cloud: None, resources: None, note: None };
    match Store::survey(&session.state_dir, &nothing.environment) {
        Ok(found) => {
            let (s, worker) = found.unwrap_or_default();
            EnvironmentJson {
                program: s.program.as_deref().map(Into::into),
                cloud: s.identity.as_ref().map(ToString::to_string),
                resources: Some(s.records.len() + s.deposed.len()),
                note: worker.map(|worker| format!("{worker} works on it")),
                ..nothing
            }
        }
        Err(error) => EnvironmentJson { note: Some(error.to_string()), ..nothing },
    }
}

fn line(e: &EnvironmentJson) -> String {
    let name = pad(&e.environment, 12);
    let note = e.note.as_deref().map(safe).unwrap_or_default();
    let text = match (e.resources, &e.program) {
        (Some(0), None) => format!("empty  {note}"),
        (Some(n), program) => {
            let program = program.as_deref().unwrap_or("no program");
            let cloud = paint(QUIET, e.cloud.as_deref().unwrap_or_default());
            format!("{program}  {}  {cloud}  {note}", count(n, "resource"))
        }
        (None, _) => paint(GONE, note),
    };
    format!("{name}  {}\n", text.trim_end())
}
