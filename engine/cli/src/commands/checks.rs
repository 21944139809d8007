//! `dr checks`: what a plan is checked for.

use clap::Args;
use dr_core::checks;
use dr_core::schema::Kind;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::render::checks::{CheckShape, explained, list};
use crate::render::json;
use crate::session::Session;
use crate::ui::Ui;

/// List the checks of a plan, or explain one of them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr checks C01")]
pub(crate) struct ChecksArgs {
    /// Id or name of a check, e.g. `C01` or `lambda-environment`; or the name of one of the project's own
    check: Option<String>,
}

/// Shows the checks: the engine's own, and those of the project.
pub(crate) fn cmd_checks(args: &ChecksArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let team = session.team()?;
    let team = team.as_deref().map(|team| team.list()).unwrap_or_default();
    let kinds: Vec<&Kind> = session.registry.iter().collect();
    let own = checks::all().map(|check| CheckShape::of(check, &kinds));
    let all: Vec<CheckShape<'_>> = own.chain(team.iter().map(CheckShape::of_team)).collect();
    let Some(id) = args.check.as_deref() else {
        return ui.result(&if ui.json { json::text(&all) } else { list(&all, ui.width()) }).map(|()| Exit::Done);
    };
    let Some(check) = all.iter().find(|check| check.is_called(id)) else {
        let failure = CommandFailure::new(format!("there is no check `{id}`"));
        let failure = failure.near(id, all.iter().flat_map(CheckShape::names));
        return Err(failure.hint("`dr checks` lists all of them"));
    };
    ui.result(&if ui.json { json::text(check) } else { explained(check, ui.width()) }).map(|()| Exit::Done)
}
