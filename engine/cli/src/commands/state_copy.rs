//! `dr state export` and `dr state import`: a state as JSON, and a state made of it.

use std::path::Path;

use dr_run::{PortableState, UnfitState};
use serde::Serialize;

use super::state_place::nothing;
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{count, json};
use crate::session::Session;

/// Writes a state as JSON.
pub(super) fn export(session: &Session<'_>, program: Option<&str>) -> Result<Exit, CommandFailure> {
    let Some(stack) = session.meant(program)? else { return nothing(session, program) };
    let Some(state) = session.states.export(&stack)? else { return nothing(session, program) };
    session.ui.result(&json::text(&state)).map(|()| Exit::Done)
}

/// The result of `dr state import`.
#[derive(Serialize)]
struct ImportedJson {
    stack: String,
    resources: usize,
    place: String,
}

/// Makes a state of what `dr state export` wrote.
pub(super) fn import(
    session: &Session<'_>,
    program: Option<&str>,
    file: &Path,
    yes: bool,
) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let state: PortableState = serde_json::from_str(&load::text(file)?).map_err(|e| {
        let (file, line, column) = (file.display(), e.line(), e.column());
        CommandFailure::new(format!("`{file}` is not a state that `dr state export` wrote"))
            .hint(format!("what is at line {line}, column {column} does not stand there in one"))
    })?;
    let stack = session.stack(&state.program);
    if let Some(given) = program.filter(|given| *given != state.program) {
        let failure = CommandFailure::new(format!("`{}` holds the state of `{}`", file.display(), state.stack()));
        return Err(failure.hint(format!("leave `--program {given}` out: a state stays that of its program")));
    }
    state.check_records(&session.registry).map_err(|unfit| refusal(session, file, &state.program, unfit))?;
    let (_, identity) = session.run(async |_| session.cloud(true).await)?;
    let (name, own) = (file.display(), state.stack());
    ui.tell(&format!("`{name}` holds the state of `{own}`; it goes to {}\n", session.states.place()));
    if !ui.confirm(yes, "Take it in?")? {
        return Ok(Exit::Failed);
    }
    let resources = session
        .states
        .import(&stack, &state, &identity)
        .map_err(|unfit| refusal(session, file, &state.program, unfit))?;
    if ui.json {
        let shape = ImportedJson { stack: stack.to_string(), resources, place: session.states.place() };
        return ui.result(&json::text(&shape)).map(|()| Exit::Done);
    }
    ui.tell(&format!("`{stack}` has {} now\n", count(resources, "resource")));
    Ok(Exit::Done)
}

fn refusal(session: &Session<'_>, file: &Path, program: &str, unfit: UnfitState) -> CommandFailure {
    let failure = |hint: &str| {
        CommandFailure::new(format!("the state in `{}` is not taken in", file.display())).because(&unfit).hint(hint)
    };
    match &unfit {
        UnfitState::Store(error @ dr_run::StoreError::Occupied { .. }) => CommandFailure::new(error.to_string())
            .hint(format!(
                "a state is taken in where nothing is recorded; to put this one in its place, keep the other with `{}`, let \
                 everything in it be forgotten with `{}`, which leaves the resources as they are, and repeat this",
                session.command(&["state", "export", "--program", program]),
                session.command(&["state", "rm", "ADDRESS", "--program", program]),
            )),
        UnfitState::Store(error) => error.clone().into(),
        UnfitState::Format(_) | UnfitState::Kind { .. } => failure("use the version of dr that wrote it"),
        UnfitState::Stack { own, .. } => {
            let environment = own.rsplit('/').next().unwrap_or_default();
            failure(&format!("give `--env {environment}`: the names and tags of its resources say so"))
                .exit(Exit::Refused)
        }
        UnfitState::Cloud { .. } => failure(&format!(
            "give the `--cloud` and the credentials of the account where the resources of `{}` are",
            session.suffix
        )),
        UnfitState::Row(_) | UnfitState::Unsound(_) => {
            failure("it was changed after it was written: export the state again where it came from")
        }
    }
}
