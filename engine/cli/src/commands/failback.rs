//! `dr failback`: lets the primary region take over again.

use clap::Args;
use dr_core::failover::plan::FailoverManner;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::session::Session;
use crate::takeover::{WantedTakeover, take_over};
use crate::ui::Ui;

/// Let the primary region of a program take over again
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dr failback payment_http --env pr-7\n  dr failback payment_http --env pr-7 --dry-run\n\n\
                        A planned failover to the primary region: nothing is lost. What was left without warning is waited \
                        for until it is rebuilt and has caught up."
)]
pub(crate) struct FailbackArgs {
    /// Name of a program that was applied
    program: String,

    /// Show the steps, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Fails back.
pub(crate) fn cmd_failback(args: &FailbackArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let FailbackArgs { dry_run, yes, .. } = *args;
    let (program, manner) = (args.program.as_str(), FailoverManner::Planned);
    let (allow_data_loss, unprotect) = (false, None);
    take_over(&session, WantedTakeover { program, to: None, manner, allow_data_loss, unprotect, yes, dry_run })
}
