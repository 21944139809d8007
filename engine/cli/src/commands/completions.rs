//! `dr completions`: scripts that complete commands in shells.

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::completion;
use crate::exit::{CommandFailure, Exit};
use crate::ui::Ui;

/// Print the script with which a shell completes `dr`'s commands and options, and the names of programs, environments and
/// resources
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr completions bash > ~/.local/share/bash-completion/completions/dr\n\n\
                        The shell asks `dr` itself for each word: make the script anew with another version of `dr`.")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Lets addresses of resources be one word in bash, which divides words at colons.
const WHOLE_WORDS: &str = "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n";

/// Prints the script.
pub(crate) fn cmd_completions(args: &CompletionsArgs, ui: &Ui) -> Result<Exit, CommandFailure> {
    let failed = || CommandFailure::new(format!("there is no script for {}", args.shell));
    let shells = Shells::builtins();
    let shell = shells.completer(&args.shell.to_string()).ok_or_else(failed)?;
    let mut script = if args.shell == Shell::Bash { WHOLE_WORDS.into() } else { Vec::new() };
    shell
        .write_registration(completion::VARIABLE, "dr", "dr", "dr", &mut script)
        .map_err(|error| failed().because(&error))?;
    ui.result(&String::from_utf8_lossy(&script)).map(|()| Exit::Done)
}
