//! `dr failover`: lets the other region take over.

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args};
use dr_core::failover::plan::FailoverManner;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::session::Session;
use crate::takeover::{WantedTakeover, take_over};
use crate::ui::Ui;

/// Let the other region of a program take over, step by step
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("manner").required(true).args(["planned", "unplanned"]),
    after_help = "Examples:\n  dr failover payment_http --env pr-7 --to us-west-2 --planned\n  \
                        dr failover payment_http --env pr-7 --to us-west-2 --unplanned --allow-data-loss\n\n\
                        All of it comes from the state: neither the program nor the region that is left is needed. What was \
                        interrupted is gone on with. Ends with status 3 when a step needs a region that does not answer.\n\
                        An environment that dr.toml protects asks for `--unprotect` where the failover is unplanned."
)]
pub(crate) struct FailoverArgs {
    /// Name of a program that was applied
    program: String,

    /// The region that takes over
    #[arg(long, value_name = "REGION", value_parser = NonEmptyStringValueParser::new())]
    to: String,

    /// Both regions work; nothing is lost
    #[arg(long)]
    planned: bool,

    /// The other region does not work, or is not relied on
    #[arg(long)]
    unplanned: bool,

    /// Agree to lose what has not got to the region that takes over; for `--unplanned`
    #[arg(long, conflicts_with = "planned")]
    allow_data_loss: bool,

    /// Name of the environment, to lift the protection that dr.toml gives it (`protected = true`); for `--unplanned`
    #[arg(long, value_name = "SUFFIX")]
    unprotect: Option<String>,

    /// Show the steps, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Fails over.
pub(crate) fn cmd_failover(args: &FailoverArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let manner = if args.unplanned { FailoverManner::Unplanned } else { FailoverManner::Planned };
    let FailoverArgs { allow_data_loss, dry_run, yes, .. } = *args;
    let (program, to, unprotect) = (args.program.as_str(), Some(args.to.as_str()), args.unprotect.as_deref());
    take_over(&session, WantedTakeover { program, to, manner, allow_data_loss, unprotect, yes, dry_run })
}
