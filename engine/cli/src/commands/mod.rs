//! The commands: one file each, named after it.
//!
//! Adding one means a file with its arguments and its function, a variant of [`Command`] with its line in [`run`], and
//! a word in [`GROUPS`]; a test finds what was forgotten.

mod completions;
mod kinds;

use clap::{Parser, Subcommand};

use crate::args::Global;
use crate::exit::{Exit, Failure};
use crate::ui::Ui;

/// Plans, applies and destroys disaster-recovery topologies over two regions.
#[derive(Debug, Parser)]
#[command(name = "dr", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    pub global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    Kinds(kinds::KindsArgs),
    Completions(completions::CompletionsArgs),
}

/// The commands as help lists them.
const GROUPS: &[(&str, &[&str])] = &[
    ("The heart", &["plan", "apply", "destroy"]),
    ("What is there", &["output", "state", "env"]),
    ("Writing programs", &["check", "test", "kinds", "completions"]),
];

/// Runs a command.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<Exit, Failure> {
    let Cli { command, global } = cli;
    match command {
        Command::Kinds(args) => kinds::cmd_kinds(&args, ui),
        Command::Completions(args) => completions::cmd_completions(&args, ui),
    }
}
