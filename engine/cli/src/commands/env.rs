//! `dr env`: the environments that there are, how long they stay, and the end of those whose time is over.

use clap::{Args, Subcommand};

use super::{env_extend, env_gc, env_list};
use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::ui::Ui;

/// List the environments, let one stay longer, and destroy those whose time is over
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr env list\n  dr env extend pr-7 2d\n  dr env gc --dry-run\n  \
                        gh pr list --state closed --json number --jq '.[] | \"pr-\\(.number)\"' | dr env gc --closed - --yes\n\n\
                        How long environments stay is said in dr.toml: docs/environments.md.")]
pub(crate) struct EnvArgs {
    #[command(subcommand)]
    command: EnvCommand,
}

#[derive(Debug, Subcommand)]
enum EnvCommand {
    /// List the environments that have state: of which sort they are, the programs in each, what they cost, when they
    /// expire, and who applied them last
    List,
    /// Let an environment stay longer: so long after it would expire, or from now on where that is over
    Extend(env_extend::ExtendArgs),
    /// Destroy the environments that have expired, and those that are named as closed
    ///
    /// Only ephemeral environments, and those with a time to live, are destroyed by this; protected ones never. Each is
    /// looked at again under its lock: one that somebody works on, or has applied or extended meanwhile, stays. Whatever
    /// does not bear the environment's tags stays, and is told. Ends with status 0 when all of them are gone, and
    /// otherwise as `dr destroy` does: 4 where somebody works on one, 1 where something of one is left.
    Gc(env_gc::GcArgs),
}

/// Looks after environments.
pub(crate) fn cmd_env(args: &EnvArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    match &args.command {
        EnvCommand::List => env_list::list(global, ui),
        EnvCommand::Extend(args) => env_extend::extend(args, global, ui),
        EnvCommand::Gc(args) => env_gc::collect(args, global, ui),
    }
}
