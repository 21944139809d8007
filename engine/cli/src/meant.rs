//! What is meant by words of the command line that `dr` does not know: the nearest option, or the command that does what
//! another tool's command does.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use dr_core::schema::closest;

/// Commands of Terraform, Pulumi, the CDK and cargo, and what does the same here.
pub(crate) const ELSEWHERE: &[(&str, &str)] = &[
    ("init", "nothing is to be initialised: `dr new NAME` writes a program, and `dr plan NAME` works at once"),
    ("up", "`dr apply PROGRAM` makes what a program declares"),
    ("deploy", "`dr apply PROGRAM` makes what a program declares"),
    ("preview", "`dr plan PROGRAM` shows what an apply would change"),
    ("diff", "`dr plan PROGRAM` shows what an apply would change; `dr drift` shows what others have changed"),
    ("synth", "`dr plan PROGRAM --json` gives the plan as JSON"),
    ("validate", "`dr check` checks programs without state and without a cloud"),
    ("show", "`dr state show ADDRESS` shows a resource; `dr plan PROGRAM --details` shows all arguments"),
    ("list", "`dr state list` lists resources; `dr env list` lists environments"),
    ("taint", "in the program, a change of an argument that cannot be changed in place makes a resource anew"),
    ("untaint", "`dr apply PROGRAM` decides anew what is to be done"),
    ("workspace", "`--env SUFFIX` names an environment, and `dr env list` lists them"),
    ("stack", "`--env SUFFIX` names an environment, and `dr env list` lists them"),
    ("select", "`--env SUFFIX` names an environment"),
    ("providers", "all kinds are built in: `dr kinds` lists them"),
    ("login", "nothing is to be logged in to: the credentials of the AWS command line are used"),
    ("force-unlock", "`dr state unlock` takes the lock of a shared state away"),
    ("cancel", "`Ctrl-C` ends a command after what it has begun; the next one goes on from there"),
    ("logs", "`dr history` shows which runs changed a program"),
    ("config", "parameters are set with `--set KEY=VALUE` or in `dr.toml`"),
    ("help", "`dr --help` lists the commands, `dr COMMAND --help` explains one"),
    ("version", "`dr --version` says it"),
    ("down", "`dr destroy` destroys what was applied"),
    ("delete", "`dr destroy` destroys what was applied"),
];

/// An error of the command line with what was probably meant.
pub(crate) fn explained(mut error: clap::Error, args: &[OsString], command: &clap::Command) -> clap::Error {
    let typed = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::UnknownArgument if error.get(ContextKind::SuggestedArg).is_none() => {
            let Some(word) = typed(ContextKind::InvalidArg) else { return error };
            let Some(name) = word.strip_prefix("--") else { return error };
            let options = options(args, command);
            if let Some(near) = closest(name, options.iter().map(String::as_str)) {
                // "To pass it as a value" helps nobody who has mistyped an option.
                error.remove(ContextKind::Suggested);
                error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{near}")));
            }
        }
        ErrorKind::InvalidSubcommand => {
            let Some(word) = typed(ContextKind::InvalidSubcommand) else { return error };
            if let Some((_, instead)) = ELSEWHERE.iter().find(|(known, _)| *known == word) {
                error.remove(ContextKind::SuggestedSubcommand);
                error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![(*instead).into()]));
            }
        }
        _ => {}
    }
    error
}

/// The long options of the command that was typed, and of all commands.
fn options(args: &[OsString], command: &clap::Command) -> Vec<String> {
    let mut at = command;
    let mut found: Vec<String> = command.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned).collect();
    for word in args.iter().skip(1) {
        if let Some(inner) = word.to_str().and_then(|word| at.find_subcommand(word)) {
            at = inner;
            found.extend(at.get_arguments().filter_map(|arg| arg.get_long()).map(str::to_owned));
        }
    }
    found
}
