//! `dr completions`: scripts that complete commands in shells.

use clap::Args;
use clap_complete::Shell;

use crate::exit::{CommandFailure, Exit};
use crate::ui::Ui;

/// Print the script with which a shell completes `dr`'s commands and options
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr completions bash > ~/.local/share/bash-completion/completions/dr")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn cmd_completions(args: &CompletionsArgs, ui: &Ui) -> Result<Exit, CommandFailure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::commands::command(), "dr", &mut script);
    ui.result(&String::from_utf8_lossy(&script)).map(|()| Exit::Done)
}
