//! The binary `dr`: declares, plans, applies and destroys disaster-recovery topologies.
//!
//! This crate is the only one that composes the others, and the only one that speaks to people:
//!
//! ```text
//! args, config, load ─ what the user wants        session, work, cloud ─ which engine, state and cloud that means
//! suffix, environments, elsewhere, ttl, clock ─ what counts for an environment        consent ─ what somebody has to agree to
//! stack_outputs ─ what stacks give to others    completion ─ what a shell completes
//! stage ─ an environment of its own, at virtual time      drill ─ what it comes to when a region is lost     evidence ─ what that is held against
//! inventory ─ which environments there are         certificate ─ what is left of one
//! commands/          ─ one file per command       render/ ─ data to text, purely; live ─ the view of a running apply
//! exit               ─ errors to text and status  ui      ─ the only way out, to stdout and stderr
//! meant ─ what a mistyped word of the command line was to be     toml_words ─ mistakes in `dr.toml` in words
//! ```

mod adopted;
mod args;
mod certificate;
mod chronicle;
mod clock;
mod cloud;
mod commands;
mod completion;
mod config;
mod consent;
mod drill;
mod elsewhere;
mod environments;
mod evidence;
mod exit;
mod found;
mod inventory;
mod keyless;
mod live;
mod load;
mod meant;
mod others;
mod render;
mod session;
mod shared;
mod signals;
mod stack_outputs;
mod stage;
mod state_config;
mod suffix;
mod takeover;
mod toml_words;
mod ttl;
mod ui;
mod work;

use std::process::ExitCode;

use clap_complete::CompleteEnv;

use crate::commands::Cli;
use crate::exit::Exit;
use crate::ui::{Color, Ui};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let here = std::env::current_dir().ok();
    let completing = CompleteEnv::with_factory(|| completion::naming(commands::command())).var(completion::VARIABLE);
    match completing.try_complete(std::env::args_os(), here.as_deref()) {
        Ok(false) => {}
        Ok(true) => return Exit::Done.into(),
        Err(error) => {
            Ui::new(Color::Auto, false).tell(&format!("{}: {error}", completion::VARIABLE));
            return Exit::Failed.into();
        }
    }
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            let ui = Ui::new(Color::Auto, false);
            let text = error.render().ansi().to_string();
            if error.use_stderr() {
                ui.tell(&text);
                return Exit::Failed.into();
            }
            return match ui.result(&text) {
                Ok(()) => Exit::Done.into(),
                Err(failure) => failure.report(&ui).into(),
            };
        }
    };
    let ui = Ui::new(cli.global.color, cli.global.json);
    match commands::run(cli, &ui) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(&ui).into(),
    }
}
