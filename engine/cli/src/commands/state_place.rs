//! What `dr state` does about the place of states: makes the table, moves a state, takes a lease, fails over.

use dr_run::{Stack, States};
use serde::Serialize;

use crate::exit::{CommandFailure, Exit};
use crate::render::json;
use crate::session::Session;
use crate::shared;
use crate::state_config::{Backend, StateConfig};
use crate::ui::Ui;

/// The result of `dr state init`.
#[derive(Serialize)]
struct TableJson<'a> {
    table: &'a str,
    region: &'a str,
    replica: Option<&'a str>,
    did: &'a [String],
}

/// Makes the table that `dr.toml` names, or looks after its settings.
pub(super) fn init(session: &Session<'_>) -> Result<Exit, CommandFailure> {
    let (ui, config) = (session.ui, &session.rules.state);
    let (table, region) = shared::table(config)?;
    let replica = config.replica.as_ref().map(|replica| replica.get_ref().as_str());
    if replica == Some(region) {
        return Err(CommandFailure::new(format!("dr.toml: [state] has its table and its replica in {region}"))
            .hint("a replica survives a region only in another one"));
    }
    let did = session.run(async |_| shared::make_table(ui, (table, region), replica).await)?;
    if ui.json {
        return ui.result(&json::text(&TableJson { table, region, replica, did: &did })).map(|()| Exit::Done);
    }
    if did.is_empty() {
        ui.tell(&format!("The table `{table}` in {region} is as it should be\n"));
    }
    if config.backend() != Backend::Dynamodb {
        ui.tell("Set `backend = \"dynamodb\"` in [state] of dr.toml to use it; `dr state move --to dynamodb` takes a state there\n");
    }
    Ok(Exit::Done)
}

/// The result of `dr state unlock`.
#[derive(Serialize)]
struct UnlockedJson {
    stack: String,
    taken_from: Option<String>,
}

/// Takes the lease of a stack from whoever has it.
pub(super) fn unlock(session: &Session<'_>, given: Option<&str>, yes: bool) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let Some(stack) = session.meant(given)? else { return nothing(session, given) };
    if session.states.shared.is_none() {
        let holder = session.states.survey(&stack)?.and_then(|(_, holder)| holder);
        return match holder {
            Some(holder) => Err(CommandFailure::new(format!("`{stack}` is in use by {holder}"))
                .exit(Exit::Locked)
                .hint("a state on disk is free when that process ends: wait for it, or end it")),
            None => unlocked(ui, &stack, None),
        };
    }
    let Some(holder) = session.states.lease_holder(&stack)? else { return unlocked(ui, &stack, None) };
    ui.tell(&format!("{holder} has `{stack}` and cannot change it any more once it is taken from them\n"));
    if !ui.confirm(yes, "Take it?")? {
        return Ok(Exit::Failed);
    }
    session.states.unlock(&stack)?;
    unlocked(ui, &stack, Some(holder))
}

fn unlocked(ui: &Ui, stack: &Stack, from: Option<String>) -> Result<Exit, CommandFailure> {
    if ui.json {
        let result = UnlockedJson { stack: stack.to_string(), taken_from: from };
        return ui.result(&json::text(&result)).map(|()| Exit::Done);
    }
    ui.tell(&match from {
        Some(holder) => format!("`{stack}` was taken from {holder}, and is free\n"),
        None => format!("Nobody has `{stack}`; it is free\n"),
    });
    Ok(Exit::Done)
}

/// The result of `dr state move`.
#[derive(Serialize)]
struct MovedJson {
    stack: String,
    from: String,
    to: String,
    /// The folder where the old state is kept, if it was in one.
    kept: Option<String>,
}

/// Moves the state of a stack to a backend.
pub(super) fn relocate(session: &Session<'_>, given: Option<&str>, to: Backend) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let config = &session.rules.state;
    let in_backend = |backend| shared::states_in(backend, config, &session.state_dir, session.keys(), ui);
    let (from, there) = match to {
        Backend::Sled => (in_backend(Backend::Dynamodb)?, in_backend(Backend::Sled)?),
        Backend::Dynamodb => (in_backend(Backend::Sled)?, in_backend(Backend::Dynamodb)?),
    };
    let Some(stack) = moved(session, &from, given)? else { return nothing(session, given) };
    let kept = from.move_to(&there, &stack)?.map(|path| path.display().to_string());
    if ui.json {
        let result = MovedJson { stack: stack.to_string(), from: from.place(), to: there.place(), kept };
        return ui.result(&json::text(&result)).map(|()| Exit::Done);
    }
    ui.tell(&format!("The state of `{stack}` is in {} now\n", there.place()));
    if let Some(kept) = kept {
        ui.tell(&format!("What was in the folder is kept as `{kept}`\n"));
    }
    if config.backend() != to {
        let name = if to == Backend::Sled { "sled" } else { "dynamodb" };
        ui.tell(&format!("Set `backend = \"{name}\"` in [state] of dr.toml: commands look there then\n"));
    }
    Ok(Exit::Done)
}

/// The stack whose state is to be moved: the one given, or the only one of the environment in that place.
fn moved(session: &Session<'_>, from: &States, given: Option<&str>) -> Result<Option<Stack>, CommandFailure> {
    if given.is_some() {
        return session.meant(given);
    }
    let there = from.programs(&session.suffix)?;
    let mut programs = Vec::new();
    for program in there {
        if from.exists(&session.stack(&program))? {
            programs.push(program);
        }
    }
    match &programs[..] {
        [] => Ok(None),
        [only] => Ok(Some(session.stack(only))),
        several => Err(CommandFailure::new(format!("the environment `{}` holds several programs", session.suffix))
            .hint(format!("say which one with `--program`: {}", several.join(", ")))),
    }
}

/// That there is no state to work on.
pub(super) fn nothing(session: &Session<'_>, given: Option<&str>) -> Result<Exit, CommandFailure> {
    Err(CommandFailure::new(session.nothing_recorded(given)?.trim_end().to_owned()))
}

/// The result of `dr state failover`.
#[derive(Serialize)]
struct FailedOverJson<'a> {
    region: &'a str,
    stacks: &'a [String],
}

/// Makes the replica the place that counts.
pub(super) fn fail_over(session: &Session<'_>, yes: bool) -> Result<Exit, CommandFailure> {
    let (ui, config) = (session.ui, &session.rules.state);
    let (table, region) = shared::table(config)?;
    let Some(replica) = config.replica.as_ref() else {
        return Err(CommandFailure::new("dr.toml: [state] names no `replica`, so there is nothing to fail over to"));
    };
    let of_replica = StateConfig { region: Some(replica.clone()), ..config.clone() };
    let there = shared::states_in(Backend::Dynamodb, &of_replica, &session.state_dir, session.keys(), ui)?;
    ui.tell(&format!(
        "From now on the states in {} count. What was written to `{table}` in {region} and has not arrived there is lost, \
         and found again by the tags of what was made\n",
        there.place()
    ));
    if !ui.confirm(yes, "Fail over?")? {
        return Ok(Exit::Failed);
    }
    let stacks = there.fail_over()?;
    let replica = replica.get_ref();
    if ui.json {
        return ui.result(&json::text(&FailedOverJson { region: replica, stacks: &stacks })).map(|()| Exit::Done);
    }
    ui.tell(&format!(
        "Set `region = \"{replica}\"` and `replica = \"{region}\"` in [state] of dr.toml before the next command, for \
         everybody\n"
    ));
    Ok(Exit::Done)
}
