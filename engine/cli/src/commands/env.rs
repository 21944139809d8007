//! `dr env`: the environments that have state, and their programs.

use clap::{Args, Subcommand};
use dr_core::value::Str;
use dr_run::{Stack, States};
use serde::Serialize;

use crate::args::Global;
use crate::environments::{self, EnvironmentRules};
use crate::exit::{CommandFailure, Exit};
use crate::render::{GONE, QUIET, count, json, pad, paint, safe};
use crate::session::Session;
use crate::shared;
use crate::ui::Ui;

/// Show which environments there are, and the programs in them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr env list")]
pub(crate) struct EnvArgs {
    #[command(subcommand)]
    command: EnvCommand,
}

#[derive(Debug, Subcommand)]
enum EnvCommand {
    /// List the environments in the state folder: of which sort they are, and the programs that each holds
    List,
}

#[derive(Clone, Serialize)]
struct EnvironmentJson {
    environment: String,
    ephemeral: bool,
    protected: bool,
    /// Whether dr.toml declares it; any is where it declares none.
    declared: bool,
    program: Option<String>,
    cloud: Option<String>,
    resources: Option<usize>,
    note: Option<String>,
}

/// Lists the environments.
pub(crate) fn cmd_env(args: &EnvArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let EnvCommand::List = args.command;
    let session = Session::of_project(global, ui)?;
    let mut all = Vec::new();
    for states in places(&session)? {
        all.extend(states.environments()?.into_iter().flat_map(|name| look(&session, &states, name)));
    }
    if ui.json {
        return ui.result(&json::text(&all)).map(|()| Exit::Done);
    }
    if all.is_empty() {
        ui.tell(&format!("There are no environments in {}\n", session.states.place()));
    }
    let width = all.iter().filter_map(|e| e.program.as_deref()).map(|p| p.chars().count()).max().unwrap_or(0);
    let sort = all.iter().map(|e| sort(e).chars().count()).max().unwrap_or(0);
    let text: String = all.iter().map(|e| line(e, sort, width)).collect();
    ui.result(&text).map(|()| Exit::Done)
}

/// The states of all environments, place by place: those of an environment may be elsewhere.
fn places(session: &Session<'_>) -> Result<Vec<States>, CommandFailure> {
    let config = &session.project.config;
    let own = config.environments.values().map(|table| config.state.with(&table.state));
    let mut all: Vec<States> = Vec::new();
    for config in std::iter::once(config.state.clone()).chain(own) {
        let states = shared::states(&config, &session.state_dir, session.keys(), session.ui)?;
        if all.iter().all(|other| other.place() != states.place()) {
            all.push(states);
        }
    }
    Ok(all)
}

/// The programs of an environment. One that cannot be read now is listed all the same.
fn look(session: &Session<'_>, states: &States, environment: String) -> Vec<EnvironmentJson> {
    let config = &session.project.config;
    let rules = EnvironmentRules::of(config, &environment);
    let nothing = EnvironmentJson {
        ephemeral: rules.ephemeral,
        protected: rules.protected.is_some(),
        declared: environments::is_declared(config, &environment),
        environment,
        program: None,
        cloud: None,
        resources: None,
        note: None,
    };
    let programs = match states.programs(&nothing.environment) {
        Ok(programs) if programs.is_empty() => return vec![EnvironmentJson { resources: Some(0), ..nothing }],
        Ok(programs) => programs,
        Err(error) => return vec![EnvironmentJson { note: Some(error.to_string()), ..nothing }],
    };
    let survey = |program: &Str| {
        let stack = Stack::new(program.clone(), nothing.environment.as_str());
        let nothing = EnvironmentJson { program: Some(program.to_string()), ..nothing.clone() };
        match states.survey(&stack) {
            Ok(found) => {
                let (s, worker) = found.unwrap_or_default();
                EnvironmentJson {
                    cloud: s.identity.as_ref().map(ToString::to_string),
                    resources: Some(s.records.len() + s.deposed.len()),
                    note: worker.map(|worker| format!("{worker} works on it")),
                    ..nothing
                }
            }
            Err(error) => EnvironmentJson { note: Some(error.to_string()), ..nothing },
        }
    };
    programs.iter().map(survey).collect()
}

/// Of which sort an environment is; nothing for one that is neither ephemeral nor protected.
fn sort(e: &EnvironmentJson) -> String {
    let words = [(e.ephemeral, "ephemeral"), (e.protected, "protected"), (!e.declared, "not declared")];
    words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

fn line(e: &EnvironmentJson, sorts: usize, width: usize) -> String {
    let (name, program) = (pad(&e.environment, 12), pad(e.program.as_deref().unwrap_or_default(), width));
    let note = e.note.as_deref().map(safe).unwrap_or_default();
    let text = match e.resources {
        Some(0) if e.cloud.is_none() => format!("empty  {note}"),
        Some(n) => {
            format!("{}  {}  {note}", count(n, "resource"), paint(QUIET, e.cloud.as_deref().unwrap_or_default()))
        }
        None => paint(GONE, note),
    };
    let space = |width: usize| if width > 0 { "  " } else { "" };
    let sort = pad(&sort(e), sorts);
    format!("{name}  {sort}{}{program}{}{}\n", space(sorts), space(width), text.trim_end())
}
