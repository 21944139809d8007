//! `dr checks`: what a plan is checked for.

use clap::Args;
use dr_core::checks;

use crate::exit::{CommandFailure, Exit};
use crate::render::{checks as reference, json};
use crate::ui::Ui;

/// List the checks of a plan, or explain one of them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr checks C01")]
pub(crate) struct ChecksArgs {
    /// Id or name of a check, e.g. `C01` or `lambda-environment`
    check: Option<String>,
}

/// Shows the checks.
pub(crate) fn cmd_checks(args: &ChecksArgs, ui: &Ui) -> Result<Exit, CommandFailure> {
    let registry = dr_kinds::registry();
    let kinds: Vec<_> = registry.iter().collect();
    let Some(id) = args.check.as_deref() else {
        let all: Vec<_> = checks::all().map(|check| reference::json(check, &kinds)).collect();
        let text = if ui.json { json::text(&all) } else { reference::list(ui.width()) };
        return ui.result(&text).map(|()| Exit::Done);
    };
    let Some(check) = checks::find(id) else {
        let failure = CommandFailure::new(format!("there is no check `{id}`"));
        let failure = failure.near(id, checks::all().flat_map(|check| [check.id, check.name]));
        return Err(failure.hint("`dr checks` lists all of them"));
    };
    let text = match ui.json {
        true => json::text(&reference::json(check, &kinds)),
        false => reference::explained(check, &kinds, ui.width()),
    };
    ui.result(&text).map(|()| Exit::Done)
}
