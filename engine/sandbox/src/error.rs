//! What can be wrong with a sandbox, as opposed to with a call.

use std::io;
use std::path::PathBuf;

/// Why a sandbox cannot be opened, read or tampered with.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A file or directory cannot be used.
    #[error("cannot {doing} `{}`", path.display())]
    Storage {
        /// What was tried: `read`, `write`, …
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line of the log is not what was written.
    #[error(
        "line {line} of `{}` is damaged: {why}; take the line out, or delete the file to start with an empty sandbox",
        path.display()
    )]
    Damaged {
        /// The log.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The directory holds the cloud of another account.
    #[error("the sandbox in `{}` is account {found}, not {wanted}", path.display())]
    OtherAccount {
        /// The log.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it was opened as.
        wanted: String,
    },
    /// The facts of kinds cannot be followed.
    #[error("the facts of some kinds cannot be followed:\n{}", .0.join("\n"))]
    Facts(Vec<String>),
    /// There is no such resource.
    #[error("the sandbox has no {kind} `{id}`")]
    Missing {
        /// The kind.
        kind: String,
        /// The id.
        id: String,
    },
    /// Several regions have a resource of this id.
    #[error("there is a {kind} `{id}` in several regions: {}; write `REGION/{id}`", regions.join(", "))]
    Ambiguous {
        /// The kind.
        kind: String,
        /// The id.
        id: String,
        /// Where they are.
        regions: Vec<String>,
    },
    /// The kind has no such argument.
    #[error("{kind} has no argument `{argument}`{}", near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    UnknownArgument {
        /// The kind.
        kind: String,
        /// The argument.
        argument: String,
        /// The one most like it.
        near: Option<String>,
    },
}
