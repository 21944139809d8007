//! `dr state rekey`: the secrets of states are sealed with another key; those of a lost key are given up.

use std::path::PathBuf;

use clap::Args;
use dr_run::{KeySource, LostSecret, Rekeyed, Stack, States};
use serde::Serialize;

use super::state_health::stacks;
use super::state_place::nothing;
use crate::args::variable;
use crate::exit::{CommandFailure, Exit};
use crate::keyless;
use crate::render::{count, json};
use crate::session::Session;

/// The variable with the passphrase that is to be used from now on.
const NEW_PASSPHRASE: &str = "DR_NEW_PASSPHRASE";

/// The new key, and whether the old one is gone.
#[derive(Debug, Args)]
pub(crate) struct RekeyArgs {
    /// The program; without it, every program of the environment
    #[arg(value_name = "PROGRAM")]
    only: Option<String>,

    /// File with the new key, made if it is not there; a new passphrase is given as DR_NEW_PASSPHRASE
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,

    /// Nobody has the old key any more: give up what it sealed. The next plan makes anew what was kept in the state alone
    #[arg(long)]
    lost: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// The result, for one program.
#[derive(Serialize)]
struct RekeyedJson {
    stack: String,
    /// How many rows of the state hold secrets.
    sealed: usize,
    lost: Vec<LostJson>,
}

#[derive(Serialize)]
struct LostJson {
    /// Null for an output of the program.
    address: Option<String>,
    name: String,
}

/// Seals everything with another key.
pub(super) fn rekey(session: &Session<'_>, program: Option<&str>, args: &RekeyArgs) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let new = new_key(session, args)?;
    let program = args.only.as_deref().or(program);
    let stacks = stacks(session, program)?;
    let states = match args.lost {
        true => States { keys: KeySource::Lost, ..session.states.clone() },
        false => session.states.clone(),
    };
    let mut there = Vec::new();
    for stack in &stacks {
        if let Some(store) = states.look(stack)? {
            there.push((stack, store.lost_secrets()));
        }
    }
    if there.is_empty() {
        return nothing(session, program);
    }
    for (stack, lost) in &there {
        match args.lost {
            true => ui.tell(&given_up(stack, lost)),
            false => ui.tell(&format!("the secrets of `{stack}` get another key\n")),
        }
    }
    if !ui.confirm(args.yes, if args.lost { "Give them up?" } else { "Seal them anew?" })? {
        return Ok(Exit::Failed);
    }
    let mut all = Vec::new();
    for (stack, _) in &there {
        all.extend(states.rekey(stack, &new, &session.registry)?.map(|done| (*stack, done)));
    }
    if ui.json {
        let shapes: Vec<RekeyedJson> = all.iter().map(|(stack, done)| shape(stack, done)).collect();
        return ui.result(&json::text(&shapes)).map(|()| Exit::Done);
    }
    for (stack, Rekeyed { sealed, lost }) in &all {
        ui.tell(&match lost.is_empty() {
            true => format!("`{stack}`: {} sealed anew\n", count(*sealed, "row")),
            false => format!("`{stack}`: {} given up; `dr plan` says what is renewed\n", count(lost.len(), "secret")),
        });
    }
    match &new {
        KeySource::File(path) => ui.tell(&format!("Give `--key-file {}` from now on\n", path.display())),
        KeySource::Passphrase(_) if !args.lost => ui.tell("Give the new passphrase as DR_PASSPHRASE from now on\n"),
        _ => {}
    }
    Ok(Exit::Done)
}

/// The key that is used from now on. Where the old one is lost, it is the one that other commands would use.
fn new_key(session: &Session<'_>, args: &RekeyArgs) -> Result<KeySource, CommandFailure> {
    match (&args.new_key_file, variable(NEW_PASSPHRASE)) {
        (Some(_), Some(_)) => {
            Err(CommandFailure::new(format!("`--new-key-file` and {NEW_PASSPHRASE} cannot be given together")))
        }
        (Some(path), None) => {
            dr_run::make_key_file(path)?;
            Ok(KeySource::File(path.clone()))
        }
        (None, Some(passphrase)) => Ok(KeySource::Passphrase(passphrase)),
        (None, None) if args.lost => Ok(session.keys()),
        (None, None) => Err(CommandFailure::new("there is no new key")
            .hint(format!("give `--new-key-file FILE`, which is made if it is not there, or {NEW_PASSPHRASE}"))),
    }
}

fn given_up(stack: &Stack, lost: &[LostSecret]) -> String {
    match lost.is_empty() {
        true => format!("`{stack}` has no secret in its state\n"),
        false => format!("`{stack}` gives up {}:\n{}", count(lost.len(), "secret"), keyless::list(lost)),
    }
}

fn shape(stack: &Stack, done: &Rekeyed) -> RekeyedJson {
    let lost = |one: &LostSecret| LostJson {
        address: one.address.as_ref().map(ToString::to_string),
        name: one.name.to_string(),
    };
    RekeyedJson { stack: stack.to_string(), sealed: done.sealed, lost: done.lost.iter().map(lost).collect() }
}
