//! What can go wrong with state, each with where and what to do.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dr_core::cloud::{CloudError, ErrorClass};

use crate::change::RefusedChange;
use crate::rows::RowError;
use crate::seal::SealError;

/// Why state could not be opened, read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process works on the stack.
    #[error("`{stack}` is in use by {holder}; wait until it has finished")]
    Locked {
        /// The stack.
        stack: String,
        /// Who has it open, as far as known.
        holder: String,
    },
    /// Somebody else works on the stack, because this command gave no sign of life.
    #[error("`{stack}` was taken over by {by}, because this command gave no sign of life for too long; it stops")]
    TakenOver {
        /// The stack.
        stack: String,
        /// Who has it now, as far as known.
        by: String,
    },
    /// No sign of life was heard for too long.
    #[error("nobody confirms that `{stack}` is still this command's to change; it stops")]
    Doubtful {
        /// The stack.
        stack: String,
    },
    /// There is nothing to move.
    #[error("`{stack}` has no state in {place}")]
    NoState {
        /// The stack.
        stack: String,
        /// Where none is.
        place: String,
    },
    /// A state cannot be moved to where one is.
    #[error("`{stack}` has a state in {place} already")]
    Occupied {
        /// The stack.
        stack: String,
        /// Where it is.
        place: String,
    },
    /// The service that keeps a shared state cannot be used.
    #[error("cannot use {place}, which keeps the state")]
    Shared {
        /// What it is called.
        place: String,
        /// Why.
        source: CloudError,
    },
    /// A shared state is not what was written.
    #[error("the state of `{stack}` in {place} is damaged: {why}")]
    SharedDamage {
        /// The stack.
        stack: String,
        /// What keeps it.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// Neither the database nor the log can be read.
    #[error("the state of `{stack}` is damaged: {database}, and {log}")]
    Damaged {
        /// The stack.
        stack: String,
        /// Its folder.
        folder: PathBuf,
        /// What is wrong with the database, and where it is.
        database: String,
        /// What is wrong with the log, and where it is.
        log: String,
    },
    /// The log is damaged while somebody writes it, or where it cannot be mended.
    #[error("`{path}` is damaged from byte {at} on")]
    Log {
        /// The log.
        path: PathBuf,
        /// The first byte that is not as it was written.
        at: u64,
        /// Why it is not mended now.
        why: String,
    },
    /// The suffix cannot be a folder's name.
    #[error(
        "`{0}` cannot be an environment's suffix: use letters, digits, `-`, `_` and `.`, starting with none of the last two"
    )]
    Name(String),
    /// The program's name cannot be a folder's name.
    #[error("`{0}` cannot be a program's name: use letters, digits, `-`, `_` and `.`, starting with none of the last")]
    Program(String),
    /// An environment holds states of both layouts.
    #[error("`{folder}` holds a state as an earlier version of dr writes it, beside that of the program `{program}`")]
    TwoLayouts {
        /// The environment's folder.
        folder: PathBuf,
        /// A program that has a state of its own there.
        program: String,
    },
    /// The stack belongs to something else.
    #[error("`{stack}` belongs to {owner}, not to {other}; destroy it there first, or choose another suffix")]
    Bound {
        /// The stack.
        stack: String,
        /// Program and cloud it belongs to.
        owner: String,
        /// Program and cloud that asked for it.
        other: String,
    },
    /// A state, or half of one, is another stack's.
    #[error("`{place}` holds the state of `{owner}`, not of `{stack}`")]
    Misplaced {
        /// The stack.
        stack: String,
        /// Whose it is.
        owner: String,
        /// The file or folder, or what keeps it.
        place: String,
    },
    /// A row cannot be read or written.
    #[error("the state of `{stack}` in `{folder}` cannot be read or written")]
    Row {
        /// The stack.
        stack: String,
        /// Its folder.
        folder: PathBuf,
        /// The row and what is wrong with it.
        source: RowError,
    },
    /// The key is missing or wrong.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A change must not be made. The state is as it was.
    #[error("the state of `{stack}` does not allow this: {refusal}")]
    Refused {
        /// The stack.
        stack: String,
        /// Why not.
        refusal: RefusedChange,
    },
    /// A file or folder cannot be used.
    #[error("cannot use `{path}`")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The database failed while it was written.
    #[error("the database in `{folder}` cannot go on: its files are not as they were written")]
    Database {
        /// Its folder.
        folder: PathBuf,
    },
    /// The state was not opened for writing.
    #[error("the state is only looked at and cannot be changed")]
    OnlyLooked,
    /// The runtime ended before the change was on disk.
    #[error("stopped before the change was written")]
    Stopped,
}

impl StoreError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            StoreError::Locked { .. } => {
                "stacks do not block each other: another program or another `--env` works at once".into()
            }
            StoreError::Occupied { .. } => {
                "two states of one stack cannot be joined: destroy one of them with the program that made it, or move it \
                 away"
                    .into()
            }
            StoreError::Doubtful { .. } => {
                "see whether the service that keeps the state can be reached, and run the command again".into()
            }
            StoreError::TakenOver { .. } => {
                "it made no call after that; run it again when they have finished: it goes on from what is there".into()
            }
            StoreError::Shared { source, .. } => match source.class {
                ErrorClass::Gone => "`dr state init` makes it; or is the name or the region in dr.toml another one?".into(),
                ErrorClass::Denied => {
                    "the credentials must allow dynamodb:GetItem, PutItem, UpdateItem and Query on it".into()
                }
                ErrorClass::Throttled | ErrorClass::Transient => {
                    "run the command again: what was begun is in the state, and the next run finds out what became of it"
                        .into()
                }
                _ => return None,
            },
            StoreError::SharedDamage { place, .. } => format!(
                "use the version of dr that wrote it, or restore {place} to a time before that; or keep what can be read, \
                 with `dr state repair`"
            ),
            StoreError::TwoLayouts { folder, .. } => format!(
                "an earlier version of dr was used once more: destroy with it what it made there, or move `log`, `db` and \
                 `lock` in `{}` to another state folder",
                folder.display()
            ),
            StoreError::Damaged { folder, .. } => {
                format!("put `{}` back from a copy; or keep what can be read, with `dr state repair`", folder.display())
            }
            StoreError::Log { why, .. } => why.clone(),
            StoreError::Row { folder, .. } => format!(
                "use the version of dr that wrote it, or put `{}` back from a copy; or keep what can be read, with \
                 `dr state repair`",
                folder.display()
            ),
            StoreError::Seal(SealError::WideOpen { path, .. }) => {
                format!("close it to others: chmod 600 {}", path.display())
            }
            StoreError::Seal(SealError::KeyFile { path, source }) if source.kind() == io::ErrorKind::NotFound => {
                format!(
                    "give the key that it was made with, by `--key-file` or DR_PASSPHRASE, or put `{}` back from a copy",
                    path.display()
                )
            }
            StoreError::Seal(_) => {
                "give the key with `--key-file` or DR_PASSPHRASE; if nobody has it any more, `dr state rekey --lost`".into()
            }
            StoreError::Refused { refusal: RefusedChange::Violation(violation), .. } => violation.help.clone(),
            StoreError::Refused { .. } => "run the command again: it begins with what is open".into(),
            StoreError::File { path, source } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    "make room on the disk and run the command again: it goes on from there".into()
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    format!("see to it that you may write to `{}`, or give another `--state-dir`", path.display())
                }
                io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
                    format!("move what is at `{}` away, or give another `--state-dir`", path.display())
                }
                _ => return None,
            },
            StoreError::Database { .. } => "run the command again: what is damaged is restored from the log".into(),
            StoreError::Misplaced { owner, place, stack } => format!(
                "a state cannot be copied: what it records belongs to `{owner}`; move `{place}` away, and put back what \
                 belongs to `{stack}`, if it has resources"
            ),
            StoreError::Name(_)
            | StoreError::Program(_)
            | StoreError::Bound { .. }
            | StoreError::NoState { .. }
            | StoreError::OnlyLooked
            | StoreError::Stopped => {
                return None;
            }
        })
    }
}
