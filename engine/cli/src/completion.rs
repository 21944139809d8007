//! What a shell completes besides commands and options: the names of programs, environments, resources and kinds.
//!
//! The shell calls `dr` for every word (`DR_COMPLETE`), so nothing is reached over a network and nothing is told: what cannot be
//! read has no names. Where states are in a table, resources have none.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Args as _, Command, FromArgMatches as _};
use clap_complete::CompletionCandidate;
use clap_complete::engine::ArgValueCandidates;
use dr_run::Stack;

use crate::args::Global;
use crate::environments;
use crate::load;
use crate::session::Session;
use crate::ui::{Color, Ui};

/// The variable by which a shell asks.
pub(crate) const VARIABLE: &str = "DR_COMPLETE";

/// What an argument names.
#[derive(Clone, Copy)]
enum CompletedName {
    Program,
    Environment,
    Resource,
    Kind,
}

/// The arguments that name something, whichever command has them.
const ARGUMENTS: &[(&str, CompletedName)] = &[
    ("accept", CompletedName::Resource),
    ("address", CompletedName::Resource),
    ("addresses", CompletedName::Resource),
    ("env", CompletedName::Environment),
    ("exclude", CompletedName::Resource),
    ("from", CompletedName::Resource),
    ("kind", CompletedName::Kind),
    ("only", CompletedName::Program),
    ("program", CompletedName::Program),
    ("programs", CompletedName::Program),
    ("revert", CompletedName::Resource),
    ("script", CompletedName::Program),
    ("targets", CompletedName::Resource),
    ("unprotect", CompletedName::Environment),
];

/// The options that decide which project and environment is meant.
const DECIDING: [&str; 4] = ["--env", "-e", "--environment-suffix", "--state-dir"];

/// A command line whose arguments know what they name. Answers are found when a shell asks.
pub(crate) fn naming(command: Command) -> Command {
    let own = |arg: clap::Arg| {
        let named = ARGUMENTS.iter().find(|(id, _)| arg.get_id() == id).map(|(_, named)| *named);
        match named.filter(|_| arg.get_action().takes_values()) {
            Some(named) => arg.add(ArgValueCandidates::new(move || candidates(named))),
            None => arg,
        }
    };
    command.mut_args(own).mut_subcommands(naming)
}

fn candidates(named: CompletedName) -> Vec<CompletionCandidate> {
    let names = names(named, std::env::args_os().collect()).unwrap_or_default();
    names.into_iter().map(CompletionCandidate::new).collect()
}

/// The names that there are, for a command line as it stands so far.
fn names(named: CompletedName, words: Vec<OsString>) -> Option<BTreeSet<String>> {
    if let CompletedName::Kind = named {
        let registry = dr_kinds::registry();
        return Some(
            registry.services().into_iter().chain(registry.iter().map(|kind| kind.name)).map(Into::into).collect(),
        );
    }
    let (ui, mut global) = (Ui::new(Color::Never, false), global(words)?);
    if let CompletedName::Environment = named {
        // It is what is being written, so it is none yet.
        (global.env, global.environment_suffix) = (None, None);
    }
    let session = Session::of_project(&global, &ui).ok()?;
    let is_near = session.states.shared.is_none();
    Some(match named {
        CompletedName::Kind => BTreeSet::new(),
        CompletedName::Program => {
            let recorded =
                if is_near { session.states.programs(&session.suffix).unwrap_or_default() } else { Vec::new() };
            load::names(&session.project).into_iter().chain(recorded.iter().map(ToString::to_string)).collect()
        }
        CompletedName::Environment => {
            let recorded = if is_near { session.states.environments().unwrap_or_default() } else { Vec::new() };
            environments::named(&session.project.config).map(str::to_owned).chain(recorded).collect()
        }
        CompletedName::Resource if !is_near => BTreeSet::new(),
        CompletedName::Resource => {
            let programs = session.states.programs(&session.suffix).unwrap_or_default();
            let stacks = programs.iter().map(|program| Stack::new(program.clone(), session.suffix.as_str()));
            let found = stacks.filter_map(|stack| session.states.survey(&stack).ok().flatten());
            found.flat_map(|(snapshot, _)| snapshot.records.into_keys().map(|address| address.to_string())).collect()
        }
    })
}

/// The global options among the words of a line that is not finished, as far as they decide what is meant.
fn global(words: Vec<OsString>) -> Option<Global> {
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let is_whole =
            DECIDING.iter().any(|option| text.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')));
        if is_whole {
            kept.push(word);
        } else if DECIDING.contains(&&*text)
            && let Some(value) = words.next()
        {
            kept.extend([word, value]);
        }
    }
    let command = Global::augment_args(Command::new("dr").no_binary_name(true));
    Global::from_arg_matches(&command.try_get_matches_from(kept).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_the_one_of_the_line() {
        for (line, wanted) in [
            ("dr -- dr state show --env pr-7 pri", Some("pr-7")),
            ("dr -- dr --env=pr-7 plan", Some("pr-7")),
            ("dr -- dr -e pr-7 destroy a --yes", Some("pr-7")),
            ("dr -- dr plan a --set env=pr-9", None),
            ("dr -- dr plan --env", None),
        ] {
            let global = global(line.split(' ').map(OsString::from).collect()).unwrap();
            assert_eq!(global.env.as_deref(), wanted, "{line}");
        }
        assert!(global("dr --env a --env b".split(' ').map(OsString::from).collect()).is_none());
    }

    #[test]
    fn every_argument_that_is_listed_is_one_of_some_command() {
        fn ids(command: &Command, into: &mut BTreeSet<String>) {
            into.extend(command.get_arguments().map(|arg| arg.get_id().to_string()));
            command.get_subcommands().for_each(|command| ids(command, into));
        }
        let mut known = BTreeSet::new();
        ids(&crate::commands::command(), &mut known);
        for (argument, _) in ARGUMENTS {
            assert!(known.contains(*argument), "no command has the argument `{argument}`");
        }
    }
}
