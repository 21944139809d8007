//! `dr state`: what is recorded of an environment's resources.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use dr_core::record::Record;

use super::state_edit::record_at;
use super::{drift, rebuild, state_copy, state_edit, state_health, state_key, state_place};
use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::record::one;
use crate::render::{QUIET, json, pad, paint, safe};
use crate::session::Session;
use crate::state_config::Backend;
use crate::ui::Ui;

/// Show what is recorded of the resources of a program in an environment, mend it, and decide where that is kept
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr state show primary/network/ec2.vpc:main --env pr-7\n  \
                        dr state mv primary/sqs.queue:q primary/sqs.queue:orders --env pr-7\n  \
                        dr state export --env pr-7 > pr-7.json\n  dr state init\n  \
                        dr state move --to dynamodb --env pr-7")]
pub(crate) struct StateArgs {
    #[command(subcommand)]
    command: StateCommand,

    /// The program, where the environment holds several
    #[arg(long, global = true, value_name = "PROGRAM")]
    program: Option<String>,
}

#[derive(Debug, Subcommand)]
enum StateCommand {
    /// List the resources
    List,
    /// Show all that is recorded of one resource; secrets stay hidden
    Show {
        /// The resource's address, as `dr state list` gives it
        address: String,
        /// Read it, and show what is there now beside what is recorded
        #[arg(long)]
        live: bool,
    },
    /// Look at every row of the state, and say what is damaged; status 1 when something is
    #[command(after_help = "Example:\n  dr state verify --env pr-7")]
    Verify {
        /// The program; without it, every program of the environment
        #[arg(value_name = "PROGRAM")]
        only: Option<String>,
    },
    /// Put a damaged state right: from what is whole, or from what can be read
    #[command(after_help = "Example:\n  dr state repair --env pr-7")]
    Repair {
        /// The program; without it, every program of the environment
        #[arg(value_name = "PROGRAM")]
        only: Option<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Seal the secrets in the state with another key, or give up those of a lost one
    #[command(after_help = "Examples:\n  dr state rekey --new-key-file pr.key --env pr-7\n  \
                            dr state rekey --lost --env pr-7")]
    Rekey(state_key::RekeyArgs),
    /// Forget resources: they stay as they are, and no plan knows of them any more
    #[command(after_help = "Example:\n  dr state rm primary/sqs.queue:orders --env pr-7")]
    Rm {
        /// The resources' addresses, or components with all that is in them
        #[arg(required = true, value_name = "ADDRESS")]
        addresses: Vec<String>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Give a resource another address, as `moved_from` in a program does
    #[command(after_help = "Examples:\n  dr state mv primary/sqs.queue:q primary/sqs.queue:orders --env pr-7\n  \
                            dr state mv primary/net primary/network --env pr-7")]
    Mv {
        /// The address that it has, or a component, which moves with all that is in it
        #[arg(value_name = "OLD")]
        from: String,
        /// The address, or the path of the component, that it gets
        #[arg(value_name = "NEW")]
        to: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Write the state as JSON; secrets stay sealed
    #[command(after_help = "Example:\n  dr state export --env pr-7 > pr-7.json")]
    Export,
    /// Make the state of what `dr state export` wrote, where there is none
    #[command(after_help = "Example:\n  dr state import pr-7.json --env pr-7")]
    Import {
        /// The file; `-` for standard input
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    Rebuild(rebuild::RebuildArgs),
    /// Make the table that [state] in dr.toml names, with its replica, or look after its settings
    Init,
    /// Move the state of a program from the disk to the table, or back
    Move {
        /// Where to
        #[arg(long, value_enum, value_name = "BACKEND")]
        to: Backend,
    },
    /// Take a program's state from whoever works on it, who can change nothing more
    Unlock {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Go on with the replica of the table, because its region is lost
    Failover {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Shows the state.
pub(crate) fn cmd_state(args: &StateArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let program = args.program.as_deref();
    check_program(&session, &args.command, program)?;
    match &args.command {
        StateCommand::List => list(&session, program),
        StateCommand::Show { address, live: true } => drift::show_live(&session, program, address),
        StateCommand::Show { address, live: false } => show_one(&session, program, address),
        StateCommand::Verify { only } => state_health::verify(&session, only.as_deref().or(program)),
        StateCommand::Repair { only, yes } => state_health::repair(&session, only.as_deref().or(program), *yes),
        StateCommand::Rekey(args) => state_key::rekey(&session, program, args),
        StateCommand::Rm { addresses, yes } => state_edit::remove(&session, program, addresses, *yes),
        StateCommand::Mv { from, to, yes } => state_edit::rename(&session, program, (from, to), *yes),
        StateCommand::Export => state_copy::export(&session, program),
        StateCommand::Import { file, yes } => state_copy::import(&session, program, file, *yes),
        StateCommand::Rebuild(args) => rebuild::rebuild(&session, args),
        StateCommand::Init => state_place::init(&session),
        StateCommand::Move { to } => state_place::relocate(&session, program, *to),
        StateCommand::Unlock { yes } => state_place::unlock(&session, program, *yes),
        StateCommand::Failover { yes } => state_place::fail_over(&session, *yes),
    }
}

/// Refuses a program that is given twice and not the same, or where a command is about all of them.
fn check_program(session: &Session<'_>, command: &StateCommand, given: Option<&str>) -> Result<(), CommandFailure> {
    let Some(given) = given else { return Ok(()) };
    let other = match command {
        StateCommand::Verify { only } | StateCommand::Repair { only, .. } => only.as_deref(),
        StateCommand::Rebuild(args) => Some(args.script()),
        StateCommand::Init | StateCommand::Failover { .. } => {
            return Err(CommandFailure::new("this is about the table with the states of all programs")
                .hint("leave `--program` out"));
        }
        _ => None,
    };
    let Some(other) = other else { return Ok(()) };
    match load::name_of(&session.project, given)? == load::name_of(&session.project, other)? {
        true => Ok(()),
        false => Err(CommandFailure::new(format!("two programs are given: `{other}` and `--program {given}`"))
            .hint("leave one of them out")),
    }
}

fn list(session: &Session<'_>, program: Option<&str>) -> Result<Exit, CommandFailure> {
    let (ui, snapshot) = (session.ui, session.recorded(program)?);
    if snapshot.is_empty() {
        session.check_state(program)?;
    }
    if ui.json {
        return ui.result(&json::text(&json::state(&session.suffix, &snapshot))).map(|()| Exit::Done);
    }
    if snapshot.is_empty() {
        ui.tell(&session.nothing_recorded(program)?);
    }
    let old = snapshot.deposed.iter().map(|r| (r, "  set aside by a replacement"));
    let now = snapshot.records.values().map(|r| (r, if r.incomplete.is_some() { "  incomplete" } else { "" }));
    let all: Vec<(&Record, &str)> = now.chain(old).map(|(r, s)| (&**r, s)).collect();
    let width = all.iter().map(|(r, _)| r.address.as_str().chars().count()).max().unwrap_or(0);
    let line = |(r, mark): &(&Record, &str)| {
        format!("{}  {}{mark}\n", pad(r.address.as_str(), width), paint(QUIET, safe(&r.id)))
    };
    ui.result(&all.iter().map(line).collect::<String>()).map(|()| Exit::Done)
}

fn show_one(session: &Session<'_>, program: Option<&str>, address: &str) -> Result<Exit, CommandFailure> {
    let (ui, snapshot) = (session.ui, session.recorded(program)?);
    let record = record_at(session, &snapshot, address)?;
    let text = if ui.json { json::text(&json::record(record)) } else { one(record, &session.registry) };
    ui.result(&text).map(|()| Exit::Done)
}
