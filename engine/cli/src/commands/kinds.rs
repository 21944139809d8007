//! `dr kinds`: the reference of resource types.

use clap::Args;

use crate::exit::{CommandFailure, Exit};
use crate::render::{json, reference};
use crate::ui::Ui;

/// List the kinds of resources, or show what one of them takes and gives
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr kinds sqs.queue")]
pub(crate) struct KindsArgs {
    /// Kind or service, e.g. `sqs.queue` or `sqs`
    kind: Option<String>,
}

/// Shows the reference.
pub(crate) fn cmd_kinds(args: &KindsArgs, ui: &Ui) -> Result<Exit, CommandFailure> {
    let registry = dr_kinds::registry();
    let Some(name) = args.kind.as_deref() else {
        let all: Vec<_> = registry.iter().map(json::kind).collect();
        let text =
            if ui.json { json::text(&all) } else { reference::list(&registry.iter().collect::<Vec<_>>(), ui.width()) };
        return ui.result(&text).map(|()| Exit::Done);
    };
    if let Some(kind) = registry.get(name) {
        let text = if ui.json { json::text(&json::kind(kind)) } else { reference::kind(kind, ui.width()) };
        return ui.result(&text).map(|()| Exit::Done);
    }
    let of_service: Vec<_> = registry.iter().filter(|k| k.service() == name).collect();
    if of_service.is_empty() {
        let names = registry.services().into_iter().chain(registry.iter().map(|k| k.name));
        let failure = CommandFailure::new(format!("there is no kind `{name}`")).near(name, names);
        return Err(failure.hint("`dr kinds` lists all of them"));
    }
    let shapes: Vec<_> = of_service.iter().map(|k| json::kind(k)).collect();
    let text = if ui.json { json::text(&shapes) } else { reference::list(&of_service, ui.width()) };
    ui.result(&text).map(|()| Exit::Done)
}
