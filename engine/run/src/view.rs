//! Viewing: reading a state without opening it.
//!
//! Whoever only looks takes no lock, so nobody waits for anybody, and writes nothing, so a full disk or a read-only one
//! does not matter. The log is all it takes. One that was closed is the state; one that is being written is the state as
//! of its last whole group. Only when somebody was killed, or the log is damaged, the database has to be asked; then the
//! stack is locked for a moment and both are made equal again, as whoever opens it next would do.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::StoreError;
use crate::holder::{StackLock, holder, locked};
use crate::log::{LogEnd, LogText};
use crate::mend::{Mended, StatePaths, file, mend};
use crate::owner::check_owner;

/// How long to look again for the end of what somebody is writing.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// What was read.
#[derive(Debug)]
pub(crate) struct StateView {
    pub(crate) text: LogText,
    /// Who works on the stack, in words.
    pub(crate) in_use: Option<String>,
    pub(crate) mended: Vec<Mended>,
    /// Why what the log says could not be compared with the database, although somebody was killed.
    pub(crate) unchecked: Option<String>,
}

/// Reads the state in these places; `None` when there is none.
///
/// # Errors
/// When it cannot be read, or is damaged and cannot be mended now.
pub(crate) fn view(paths: &StatePaths, stack: &str) -> Result<Option<StateView>, StoreError> {
    let begun = Instant::now();
    let mut mended = Vec::new();
    while paths.is_there() {
        let text = read(&paths.log)?;
        let whole = text.as_ref().is_some_and(LogText::is_whole);
        let done = |text: LogText, in_use, unchecked, mended| {
            check_owner(&text.rows(), stack, paths.log.display())?;
            Ok(Some(StateView { text, in_use, mended, unchecked }))
        };
        // Who works now may have begun after the log was closed, and has changed nothing yet.
        let worker = holder(&paths.folder);
        match (text, worker) {
            (Some(text), worker) if text.end == LogEnd::Closed => return done(text, worker, None, mended),
            (Some(text), Some(worker)) if whole => return done(text, Some(worker), None, mended),
            (text, Some(worker)) if begun.elapsed() > PATIENCE => {
                let why = format!("{worker} works on the stack; the next command after that mends it");
                return Err(unreadable(paths, stack, text, why));
            }
            (_, Some(_)) => {}
            (text, None) => match mend_now(paths, stack) {
                Ok(more) => mended.extend(more),
                Err(StoreError::Locked { holder, .. }) => match text {
                    Some(text) if whole => return done(text, Some(holder), None, mended),
                    text if begun.elapsed() > PATIENCE => {
                        let why = format!("{holder} works on the stack; the next command after that mends it");
                        return Err(unreadable(paths, stack, text, why));
                    }
                    _ => {}
                },
                Err(StoreError::File { path, source }) => match text {
                    Some(text) if whole => {
                        let why = format!("`{}`: {source}", path.display());
                        return done(text, None, Some(why), mended);
                    }
                    Some(text) => {
                        let why = format!("it is mended once `{}` can be used ({source})", path.display());
                        return Err(unreadable(paths, stack, Some(text), why));
                    }
                    None => return Err(StoreError::File { path, source }),
                },
                Err(other) => return Err(other),
            },
        }
        std::thread::park_timeout(PAUSE);
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Option<LogText>, StoreError> {
    match LogText::read(path) {
        // It is moved away when the state is mended.
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(None),
        other => other.map_err(file(path)),
    }
}

/// Compares log and database, as whoever opens the stack does.
fn mend_now(paths: &StatePaths, stack: &str) -> Result<Vec<Mended>, StoreError> {
    let _lock = StackLock::take(&paths.folder, stack)?;
    let mut state = mend(paths, stack)?;
    state.log.close().map_err(file(&paths.log))?;
    Ok(state.mended)
}

fn unreadable(paths: &StatePaths, stack: &str, text: Option<LogText>, why: String) -> StoreError {
    match text.map(|text| text.end) {
        Some(LogEnd::Torn(at) | LogEnd::Damaged(at)) => StoreError::Log { path: paths.log.clone(), at, why },
        _ => locked(&paths.folder, stack),
    }
}
