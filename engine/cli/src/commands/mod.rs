//! The commands: one file each, named after it.
//!
//! Adding one means a file with its arguments and its function, a variant of [`Command`] with its line in [`run`], and
//! a word in [`GROUPS`]; a test finds what was forgotten.

mod apply;
mod check;
mod checks;
mod completions;
mod destroy;
mod drift;
mod drill;
mod env;
mod env_extend;
mod env_gc;
mod env_list;
mod failback;
mod failover;
mod graph;
mod history;
mod import;
mod kinds;
mod new;
mod open;
mod output;
mod parity;
mod permissions;
mod plan;
mod rebuild;
mod rehearse;
mod runbook;
mod state;
mod state_copy;
mod state_edit;
mod state_health;
mod state_key;
mod state_place;
mod status;
mod test;
mod unrecorded;
mod verify_destroyed;

use std::ffi::OsString;

use clap::builder::Styles;
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::meant;
use crate::render::safe;
use crate::ui::Ui;

/// Plans, applies and destroys disaster-recovery topologies over two regions
#[derive(Debug, Parser)]
#[command(name = "dr", version, disable_help_subcommand = true)]
#[command(after_help = "Example:\n  dr apply transactions --env pr-7\n\n`dr COMMAND --help` tells more.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    pub global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    Plan(plan::PlanArgs),
    Apply(apply::ApplyArgs),
    Destroy(destroy::DestroyArgs),
    Rehearse(rehearse::RehearseArgs),
    Parity(parity::ParityArgs),
    Graph(graph::GraphArgs),
    Failover(failover::FailoverArgs),
    Failback(failback::FailbackArgs),
    Status(status::StatusArgs),
    Runbook(runbook::RunbookArgs),
    Drill(drill::DrillArgs),
    VerifyDestroyed(verify_destroyed::VerifyDestroyedArgs),
    Output(output::OutputArgs),
    Open(open::OpenArgs),
    Permissions(permissions::PermissionsArgs),
    State(state::StateArgs),
    Drift(drift::DriftArgs),
    Refresh(drift::RefreshArgs),
    History(history::HistoryArgs),
    Import(import::ImportArgs),
    Env(env::EnvArgs),
    New(new::NewArgs),
    Check(check::CheckArgs),
    Test(test::TestArgs),
    Kinds(kinds::KindsArgs),
    Checks(checks::ChecksArgs),
    Completions(completions::CompletionsArgs),
}

/// Runs a command.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<Exit, CommandFailure> {
    let Cli { command, global } = cli;
    match command {
        Command::Plan(args) => plan::cmd_plan(&args, &global, ui),
        Command::Apply(args) => apply::cmd_apply(&args, &global, ui),
        Command::Destroy(args) => destroy::cmd_destroy(&args, &global, ui),
        Command::Rehearse(args) => rehearse::cmd_rehearse(&args, &global, ui),
        Command::Graph(args) => graph::cmd_graph(&args, &global, ui),
        Command::Parity(args) => parity::cmd_parity(&args, &global, ui),
        Command::Failover(args) => failover::cmd_failover(&args, &global, ui),
        Command::Failback(args) => failback::cmd_failback(&args, &global, ui),
        Command::Status(args) => status::cmd_status(&args, &global, ui),
        Command::Runbook(args) => runbook::cmd_runbook(&args, &global, ui),
        Command::Drill(args) => drill::cmd_drill(&args, &global, ui),
        Command::VerifyDestroyed(args) => verify_destroyed::cmd_verify_destroyed(&args, &global, ui),
        Command::Output(args) => output::cmd_output(&args, &global, ui),
        Command::Open(args) => open::cmd_open(&args, &global, ui),
        Command::Permissions(args) => permissions::cmd_permissions(&args, &global, ui),
        Command::State(args) => state::cmd_state(&args, &global, ui),
        Command::Drift(args) => drift::cmd_drift(&args, &global, ui),
        Command::Refresh(args) => drift::cmd_refresh(&args, &global, ui),
        Command::History(args) => history::cmd_history(&args, &global, ui),
        Command::Import(args) => import::cmd_import(&args, &global, ui),
        Command::Env(args) => env::cmd_env(&args, &global, ui),
        Command::New(args) => new::cmd_new(&args, &global, ui),
        Command::Check(args) => check::cmd_check(&args, &global, ui),
        Command::Test(args) => test::cmd_test(&args, &global, ui),
        Command::Kinds(args) => kinds::cmd_kinds(&args, ui),
        Command::Checks(args) => checks::cmd_checks(&args, &global, ui),
        Command::Completions(args) => completions::cmd_completions(&args, ui),
    }
}

/// The commands as help lists them.
const GROUPS: &[(&str, &[&str])] = &[
    ("Deploying", &["plan", "apply", "destroy", "import", "rehearse", "parity"]),
    ("Recovering", &["failover", "failback", "status", "runbook", "drill"]),
    ("Looking", &["output", "open", "state", "drift", "refresh", "history", "env", "verify-destroyed"]),
    ("Writing programs", &["new", "check", "test", "graph", "kinds", "checks", "permissions", "completions"]),
];

impl Cli {
    /// Reads the command line.
    ///
    /// # Errors
    /// What is wrong with it; also when it asks for help or the version.
    pub(crate) fn read(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
        let args: Vec<OsString> = args.into_iter().collect();
        Cli::parsed(args.clone()).map_err(|error| {
            // The error quotes what was typed. Of a word that would act on the terminal it shall quote what is seen.
            let seen = args.iter().map(|arg| safe(&arg.to_string_lossy()).into_owned().into());
            let error = Cli::parsed(seen.collect()).err().unwrap_or(error);
            meant::explained(error, &args, &command())
        })
    }

    fn parsed(args: Vec<OsString>) -> Result<Cli, clap::Error> {
        let mut command = command();
        let matches = command.try_get_matches_from_mut(args)?;
        Cli::from_arg_matches(&matches).map_err(|e| e.format(&mut command))
    }
}

/// Lets an option without a value be given twice, as two scripts that add to one command line do.
fn repeatable(command: clap::Command) -> clap::Command {
    let own = |arg: clap::Arg| match arg.get_action() {
        ArgAction::SetTrue => {
            let id = arg.get_id().clone();
            arg.overrides_with(id)
        }
        _ => arg,
    };
    command.mut_args(own).mut_subcommands(repeatable)
}

/// The command line's definition, with the commands grouped in its help.
pub(crate) fn command() -> clap::Command {
    let command = repeatable(Cli::command());
    let styles = Styles::styled();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let mut groups = String::new();
    for (title, names) in GROUPS {
        groups.push_str(&format!("{header}{title}:{header:#}\n"));
        for name in *names {
            let about = command.find_subcommand(name).and_then(|c| c.get_about());
            let about = about.map(ToString::to_string).unwrap_or_default();
            groups.push_str(&format!("  {literal}{name:<17}{literal:#} {about}\n"));
        }
        groups.push('\n');
    }
    let template = format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}{header}Global options:{header:#}\n{{options}}\n{{after-help}}"
    );
    command.help_template(template)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn an_option_without_a_value_may_be_given_twice() {
        for line in [
            "dr --json plan p --json",
            "dr plan p --json --json",
            "dr destroy p --yes -y",
            "dr state rm a/b --yes --yes",
        ] {
            let read = Cli::read(line.split(' ').map(OsString::from));
            assert!(read.is_ok(), "{line}: {}", read.err().unwrap());
        }
        let twice = Cli::read("dr plan p --env a --env b".split(' ').map(OsString::from));
        assert!(twice.is_err(), "which of two values is meant, nobody knows");
    }

    #[test]
    fn help_names_every_command_and_every_command_has_an_example() {
        let grouped: BTreeSet<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = command();
        let there: BTreeSet<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(grouped, there);
        for sub in command.get_subcommands() {
            let after = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains(&format!("dr {}", sub.get_name())), "{} has no example", sub.get_name());
        }
    }

    /// The calls of `dr` in a script of a pipeline: from the word on to the end of the command.
    fn calls(script: &str) -> Vec<Vec<&str>> {
        let lines = script.lines().map(|line| line.trim_start().trim_start_matches("- ").trim_start_matches("run: "));
        let commands = lines.flat_map(|line| line.split("; ")).filter(|command| command.starts_with("dr "));
        commands
            .map(|command| command.split(['>', '|']).next().unwrap_or_default().split_whitespace().collect())
            .collect()
    }

    #[test]
    fn pipelines_call_commands_that_there_are() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pipelines");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let script = std::fs::read_to_string(&path).unwrap();
            for call in calls(&script) {
                let read = Cli::read(call.iter().map(|word| word.trim_matches('"').into()));
                assert!(read.is_ok(), "{}: {call:?}: {}", path.display(), read.err().unwrap());
                seen += 1;
            }
        }
        assert!(seen >= 9, "{seen} calls were found");
    }

    #[test]
    fn words_of_other_tools_are_no_commands_here() {
        let command = command();
        for (word, instead) in meant::ELSEWHERE {
            assert!(command.find_subcommand(word).is_none(), "`{word}` is a command now");
            for named in instead.split('`').skip(1).step_by(2).filter_map(|said| said.strip_prefix("dr ")) {
                let mut words =
                    named.split(' ').filter(|word| !word.starts_with('-') && word.chars().all(|c| c.is_lowercase()));
                let first = words.next().map(|word| command.find_subcommand(word).map(|inner| (word, inner)));
                let Some(first) = first else { continue };
                let (name, inner) = first.unwrap_or_else(|| panic!("`{named}` is no command"));
                if let Some(second) = words.next() {
                    assert!(inner.find_subcommand(second).is_some(), "`{name} {second}` is no command");
                }
            }
        }
    }

    /// What stands in back-ticks in a page.
    fn quoted(page: &str) -> Vec<&str> {
        page.split('`').skip(1).step_by(2).collect()
    }

    #[test]
    fn the_page_of_words_leads_to_commands_and_pages_that_there_are() {
        let docs = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"));
        let page = std::fs::read_to_string(docs.join("words.md")).unwrap();
        let links: Vec<&str> = page.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
        for link in &links {
            assert!(docs.join(link).is_file(), "words.md leads to `{link}`, which is not there");
        }
        let tasks = page.split("## Where is").nth(1).unwrap();
        let rows = tasks.lines().filter(|line| line.starts_with("| ")).count() - 1;
        assert!(rows >= 20, "{rows} tasks are told");
        let command = command();
        for said in quoted(tasks).into_iter().filter_map(|said| said.strip_prefix("dr ")) {
            let mut at = &command;
            for word in said.split_whitespace() {
                match word.strip_prefix("--") {
                    Some(option) => assert!(
                        at.get_arguments().chain(command.get_arguments()).any(|arg| arg.get_long() == Some(option)),
                        "`dr {said}`: there is no option `{word}`"
                    ),
                    None if word.chars().any(char::is_uppercase)
                        || at.get_arguments().any(|arg| arg.is_positional()) => {}
                    None if said.contains("--") && at.find_subcommand(word).is_none() => {}
                    None => {
                        at = at.find_subcommand(word).unwrap_or_else(|| panic!("`dr {said}`: there is no `{word}`"))
                    }
                }
            }
        }
    }

    #[test]
    fn the_reference_is_up_to_date() {
        let text = clap_markdown::help_markdown_command_custom(
            &Cli::command(),
            &clap_markdown::MarkdownOptions::new().title("Commands".into()).show_footer(false),
        );
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
        snapbox::assert_data_eq!(text, snapbox::Data::read_from(std::path::Path::new(file), None));
    }
}
