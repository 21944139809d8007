//! The binary `dr`: declares, plans, applies and destroys disaster-recovery topologies.
//!
//! This crate is the only one that composes the others, and the only one that speaks to people:
//!
//! ```text
//! args, config, load ─ what the user wants        session ─ which engine, cloud and state that means
//! commands/          ─ one file per command       render/ ─ data to text, purely; live ─ the view of a running apply
//! exit               ─ errors to text and status  ui      ─ the only way out, to stdout and stderr
//! ```

mod args;
mod commands;
mod config;
mod exit;
mod load;
mod render;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;

use crate::commands::Cli;
use crate::exit::Exit;
use crate::ui::Ui;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Nowhere to complain to if this fails.
            let _ = error.print();
            return if error.use_stderr() { Exit::Failed.into() } else { Exit::Done.into() };
        }
    };
    let ui = Ui::new(cli.global.color, cli.global.json);
    match commands::run(cli, &ui) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(&ui).into(),
    }
}
