//! Mending: the database and the log of a stack are compared row by row, and made equal.
//!
//! Each group of rows goes into the log first and then into the database, and each of the two notices what the other
//! cannot: the database when the log was cut off or damaged, the log when the database has forgotten something or does
//! not open. Whichever of them knows the later group is right; of the same group the log is, which cannot be read as
//! something that was never written. What is unusable is moved to `damaged`, never deleted, and made anew.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::contents::Head;
use crate::database::{Database, DatabaseError, StoredRow, move_aside};
use crate::entry::{OwnedRows, owned};
use crate::error::StoreError;
use crate::log::{GroupLog, LogEnd, LogText};
use crate::owner::check_owner;
use crate::private;
use crate::rows::{self, RowError, RowTree, RowWrite, Rows, each};

/// The database's folder inside the stack's.
const DATABASE: &str = "db";
/// The log's file there.
const LOG: &str = "log";
/// The folder for what is unusable.
const DAMAGED: &str = "damaged";
/// The folder for a copy, which may be mended to see what would be mended.
const COPY: &str = "copy";
/// Rows that are restored in one transaction.
const RESTORED: usize = 1024;

/// What was found wrong with a state, or out of date, and put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mended {
    /// It was where earlier versions kept it, and was taken over.
    Layout {
        /// The stack it belongs to.
        stack: String,
        /// The folder it was in.
        from: PathBuf,
        /// The folder it is in now.
        to: PathBuf,
    },
    /// The database could not be read, or was missing.
    Database {
        /// Its folder.
        folder: PathBuf,
        /// Where it is kept.
        aside: Option<PathBuf>,
    },
    /// The database had lost something.
    Rows {
        /// Its folder.
        folder: PathBuf,
    },
    /// The database could not use an index of its own.
    Index {
        /// Its folder.
        folder: PathBuf,
        /// Where the index is kept.
        aside: PathBuf,
    },
    /// The log was damaged, cut off, or missing.
    Log {
        /// The log.
        path: PathBuf,
        /// Where it is kept.
        aside: Option<PathBuf>,
    },
    /// The log was damaged, and there was no database any more.
    Cut {
        /// The log.
        path: PathBuf,
        /// Where the damage began.
        at: u64,
        /// Where it is kept.
        aside: PathBuf,
    },
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = |aside: &Option<PathBuf>| match aside {
            Some(aside) => format!("; the damaged one is kept as `{}`", aside.display()),
            None => String::new(),
        };
        match self {
            Mended::Layout { stack, from, to } => write!(
                f,
                "an environment may hold several programs now: the state in `{}` is that of `{stack}` and was moved to `{}`",
                from.display(),
                to.display()
            ),
            Mended::Database { folder, aside } => {
                let folder = folder.display();
                write!(f, "the database in `{folder}` could not be read and was made anew from the log{}", kept(aside))
            }
            Mended::Rows { folder } => {
                write!(f, "the database in `{}` had lost something, which was restored from the log", folder.display())
            }
            Mended::Index { folder, aside } => {
                let (folder, aside) = (folder.display(), aside.display());
                write!(f, "an index of the database in `{folder}` could not be read and was moved to `{aside}`")
            }
            Mended::Log { path, aside } => {
                let path = path.display();
                write!(f, "the log `{path}` was damaged and was made anew from the database{}", kept(aside))
            }
            Mended::Cut { path, at, aside } => write!(
                f,
                "the log `{}` was damaged from byte {at} on, and there is no database: what was written after that is lost; it is kept as `{}`",
                path.display(),
                aside.display()
            ),
        }
    }
}

/// Where the parts of a stack's state are.
#[derive(Debug, Clone)]
pub(crate) struct StatePaths {
    pub(crate) folder: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) database: PathBuf,
    aside: PathBuf,
}

impl StatePaths {
    pub(crate) fn new(folder: &Path) -> StatePaths {
        let [log, database, aside] = [LOG, DATABASE, DAMAGED].map(|name| folder.join(name));
        StatePaths { folder: folder.to_owned(), log, database, aside }
    }

    /// Whether there is any state.
    pub(crate) fn is_there(&self) -> bool {
        self.log.symlink_metadata().is_ok() || self.database.symlink_metadata().is_ok()
    }

    /// The folder for what is unusable.
    pub(crate) fn aside(&self) -> &Path {
        &self.aside
    }

    /// The places of a copy of the state.
    pub(crate) fn of_copy(&self) -> StatePaths {
        StatePaths::new(&self.folder.join(COPY))
    }

    /// Moves what is unusable to the folder for that. Returns where it is now.
    pub(crate) fn move_aside(&self, path: &Path) -> Result<PathBuf, StoreError> {
        move_aside(path, &self.aside).map_err(file(path))
    }
}

/// An error about a file.
pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File { path, source: Arc::new(source) }
}

/// The half that is right, with its rows.
pub(crate) enum Source {
    Log(LogText),
    Database(Vec<StoredRow>),
}

/// That a row of the state in these places cannot be read or written.
pub(crate) fn row_error(paths: &StatePaths, stack: &str, source: RowError) -> StoreError {
    StoreError::Row { stack: stack.to_owned(), folder: paths.folder.clone(), source }
}

/// A state whose two halves are equal and open.
pub(crate) struct MendedState {
    pub(crate) database: Database,
    pub(crate) log: GroupLog,
    pub(crate) source: Source,
    pub(crate) mended: Vec<Mended>,
}

impl Source {
    /// All rows.
    pub(crate) fn rows(&self) -> Rows<'_> {
        match self {
            Source::Log(text) => text.rows(),
            Source::Database(stored) => by_key(stored).unwrap_or_default(),
        }
    }
}

/// Opens both halves of a state and makes them equal. The stack is locked.
///
/// # Errors
/// When a file cannot be used, or neither half can be read.
pub(crate) fn mend(paths: &StatePaths, stack: &str) -> Result<MendedState, StoreError> {
    private::sweep(&paths.folder);
    let mut mended = Vec::new();
    let was_there = paths.database.symlink_metadata().is_ok();
    if !paths.is_there() {
        // Killed while its database is made for the first time, it can be opened again: the log says that nothing was lost.
        drop(GroupLog::create(&paths.log, 0, []).map_err(file(&paths.log))?);
    }
    let text = read_log(paths, &mut mended)?;
    let found = open_database(paths, stack, &mut mended)?;
    if let Some(text) = &text {
        check_owner(&text.rows(), stack, paths.log.display())?;
    }
    if let Some(found) = &found {
        check_owner(&by_key(&found.stored).unwrap_or_default(), stack, paths.database.display())?;
    }
    let log = text.as_ref().map(|text| (text.group, text.end));
    match (right(log, found.as_ref().map(|found| found.group), was_there), text, found) {
        (Right::Log, Some(text), found) => by_log(paths, text, found, was_there, mended),
        (Right::Database, text, Some(found)) => by_database(paths, text, found, mended),
        (_, text, found) => Err(StoreError::Damaged {
            stack: stack.to_owned(),
            folder: paths.folder.clone(),
            database: match found {
                Some(_) => format!("the database in `{}` has lost something", paths.database.display()),
                None => format!("the database in `{}` cannot be read", paths.database.display()),
            },
            log: match text.map(|text| text.end) {
                Some(LogEnd::Torn(at) | LogEnd::Damaged(at)) => {
                    format!("the log `{}` is damaged from byte {at} on", paths.log.display())
                }
                _ => format!("the log `{}` is missing", paths.log.display()),
            },
        }),
    }
}

/// Both halves of a state, as far as each can be read: the log, and the group and the rows of the database. The stack is
/// locked.
pub(crate) type Halved = (Option<LogText>, Option<(u64, OwnedRows)>);

/// Reads both halves, and compares nothing.
///
/// # Errors
/// When a file cannot be used.
pub(crate) fn halves(paths: &StatePaths, stack: &str) -> Result<Halved, StoreError> {
    let mut mended = Vec::new();
    let text = read_log(paths, &mut mended)?;
    let was_there = paths.database.symlink_metadata().is_ok();
    let found = if was_there { open_database(paths, stack, &mut mended)? } else { None };
    let rows = |found: &FoundDatabase| (found.group, owned(&by_key(&found.stored).unwrap_or_default()));
    Ok((text, found.as_ref().map(rows)))
}

/// Which half is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Log,
    Database,
    Neither,
}

/// Decides by the last group of each half, and by how the log ends. A half that is `None` cannot be read at all.
/// `was_there` says whether there was a database before one was opened.
fn right(log: Option<(u64, LogEnd)>, database: Option<u64>, was_there: bool) -> Right {
    let Some((group, end)) = log else {
        return if database.is_some() { Right::Database } else { Right::Neither };
    };
    let is_whole = matches!(end, LogEnd::Closed | LogEnd::Open);
    match database {
        Some(database) if group < database => Right::Database,
        // Nobody knows of a group that was cut off while it was written.
        Some(database) if group == database && matches!(end, LogEnd::Torn(_)) => Right::Log,
        // The later groups of a damaged log cannot be read, and the database does not have them.
        Some(_) if is_whole || !was_there && group > 0 => Right::Log,
        None if is_whole => Right::Log,
        _ => Right::Neither,
    }
}

/// A database and what is in it.
struct FoundDatabase {
    database: Database,
    stored: Vec<StoredRow>,
    /// The last group that was written to it.
    group: u64,
}

fn read_log(paths: &StatePaths, mended: &mut Vec<Mended>) -> Result<Option<LogText>, StoreError> {
    match LogText::read(&paths.log) {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            let aside = Some(paths.move_aside(&paths.log)?);
            mended.push(Mended::Log { path: paths.log.clone(), aside });
            Ok(None)
        }
        other => other.map_err(file(&paths.log)),
    }
}

/// Opens the database and reads it; without its indexes, if it cannot make sense of them.
fn open_database(
    paths: &StatePaths,
    stack: &str,
    mended: &mut Vec<Mended>,
) -> Result<Option<FoundDatabase>, StoreError> {
    let found = match find_database(paths, stack)? {
        None if matches!(Database::set_indexes_aside(&paths.database, &paths.aside), Ok(true)) => {
            let found = find_database(paths, stack)?;
            if found.is_some() {
                mended.push(Mended::Index { folder: paths.database.clone(), aside: paths.aside.clone() });
            }
            found
        }
        found => found,
    };
    Ok(found)
}

fn find_database(paths: &StatePaths, stack: &str) -> Result<Option<FoundDatabase>, StoreError> {
    let opened = Database::open(&paths.database, &paths.aside);
    let found = opened.and_then(|database| database.rows().map(|stored| (database, stored)));
    let (database, stored) = match found {
        Ok(found) => found,
        Err(DatabaseError::Damaged) => return Ok(None),
        Err(error) => return Err(surroundings(paths, stack, error)),
    };
    let Some(rows) = by_key(&stored) else { return Ok(None) };
    let group = match rows::find_head(&rows) {
        None => 0,
        Some(Ok(Head { group, .. })) => group,
        Some(Err(_)) => return Ok(None),
    };
    Ok(Some(FoundDatabase { database, stored, group }))
}

fn surroundings(paths: &StatePaths, stack: &str, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::InUse => StoreError::Locked { stack: stack.to_owned(), holder: "another process".to_owned() },
        DatabaseError::Surroundings(source) => StoreError::File { path: paths.database.clone(), source },
        DatabaseError::Damaged => StoreError::Database { folder: paths.database.clone() },
    }
}

/// The rows of a database by tree and key; `None` when a key is not one of ours.
fn by_key(stored: &[StoredRow]) -> Option<Rows<'_>> {
    stored.iter().map(|row| Some(((row.tree, std::str::from_utf8(&row.key).ok()?), &*row.bytes))).collect()
}

/// The log is right.
fn by_log(
    paths: &StatePaths,
    text: LogText,
    found: Option<FoundDatabase>,
    was_there: bool,
    mut mended: Vec<Mended>,
) -> Result<MendedState, StoreError> {
    let rows = text.rows();
    let folder = paths.database.clone();
    let failed = |error| surroundings(paths, "", error);
    let database = match found {
        Some(found) => {
            let differences = differences(&rows, &by_key(&found.stored).unwrap_or_default());
            // A kill can come between the two halves of one group; whoever closed the log had written both.
            let killed = found.group + 1 == text.group && text.end != LogEnd::Closed;
            if !differences.is_empty() && was_there && !killed {
                mended.push(Mended::Rows { folder: folder.clone() });
            } else if !was_there && text.group > 0 {
                mended.push(Mended::Database { folder: folder.clone(), aside: None });
            }
            restore(found.database, &differences, &rows).map_err(failed)?
        }
        None => None,
    };
    let database = match database {
        Some(database) => database,
        None => {
            let aside = match was_there {
                true => Some(paths.move_aside(&folder)?),
                false => None,
            };
            mended.retain(|mended| !matches!(mended, Mended::Rows { .. } | Mended::Index { .. }));
            mended.push(Mended::Database { folder, aside });
            let database = Database::open(&paths.database, &paths.aside).map_err(failed)?;
            let all = differences(&rows, &Rows::new());
            all.chunks(RESTORED).try_for_each(|rows| database.write(rows)).map_err(failed)?;
            database
        }
    };
    let log = match text.end {
        LogEnd::Torn(at) | LogEnd::Damaged(at) if !was_there => {
            let aside = paths.move_aside(&paths.log)?;
            mended.push(Mended::Cut { path: paths.log.clone(), at, aside });
            GroupLog::create(&paths.log, text.group, each(&rows))
        }
        LogEnd::Torn(_) | LogEnd::Damaged(_) => GroupLog::create(&paths.log, text.group, each(&rows)),
        _ if GroupLog::is_long(&text, &rows) => GroupLog::create(&paths.log, text.group, each(&rows)),
        _ => GroupLog::open(&paths.log, &text),
    };
    let log = log.map_err(file(&paths.log))?;
    drop(rows);
    Ok(MendedState { database, log, source: Source::Log(text), mended })
}

/// Makes a database hold these rows; `None` when it does not hold what is written to it.
fn restore(database: Database, differences: &[RowWrite], rows: &Rows<'_>) -> Result<Option<Database>, DatabaseError> {
    if differences.is_empty() {
        return Ok(Some(database));
    }
    let written = differences.chunks(RESTORED).try_for_each(|rows| database.write(rows));
    match written.and_then(|()| database.rows()) {
        Ok(stored) if by_key(&stored).as_ref() == Some(rows) => Ok(Some(database)),
        Ok(_) | Err(DatabaseError::Damaged) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What must be written to make `has` be `wanted`. The head comes last.
fn differences(wanted: &Rows<'_>, has: &Rows<'_>) -> Vec<RowWrite> {
    let write = |(tree, key): &(RowTree, &str), bytes: Option<&[u8]>| RowWrite {
        tree: *tree,
        key: (*key).to_owned(),
        bytes: bytes.map(<[u8]>::to_vec),
    };
    let gone = has.keys().filter(|key| !wanted.contains_key(*key)).map(|key| write(key, None));
    let other = wanted.iter().filter(|(key, bytes)| has.get(*key) != Some(bytes));
    gone.chain(other.map(|(key, bytes)| write(key, Some(bytes)))).collect()
}

/// The database is right.
fn by_database(
    paths: &StatePaths,
    text: Option<LogText>,
    found: FoundDatabase,
    mut mended: Vec<Mended>,
) -> Result<MendedState, StoreError> {
    let FoundDatabase { database, stored, group } = found;
    if text.is_some() {
        let aside = Some(paths.move_aside(&paths.log)?);
        mended.push(Mended::Log { path: paths.log.clone(), aside });
    } else if group > 0 && mended.is_empty() {
        mended.push(Mended::Log { path: paths.log.clone(), aside: None });
    }
    let rows = by_key(&stored).unwrap_or_default();
    let log = GroupLog::create(&paths.log, group, each(&rows)).map_err(file(&paths.log))?;
    drop(rows);
    Ok(MendedState { database, log, source: Source::Database(stored), mended })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_group_is_right_and_of_the_same_one_the_log() {
        let whole = |group| Some((group, LogEnd::Open));
        let torn = |group| Some((group, LogEnd::Torn(9)));
        let damaged = |group| Some((group, LogEnd::Damaged(9)));
        for (log, database, was_there, expected) in [
            (None, Some(0), false, Right::Database),
            (None, Some(7), true, Right::Database),
            (None, None, true, Right::Neither),
            (whole(7), Some(7), true, Right::Log),
            (torn(7), Some(7), true, Right::Log),
            (damaged(7), Some(7), true, Right::Neither),
            (whole(7), Some(6), true, Right::Log),
            (whole(7), Some(0), false, Right::Log),
            (whole(7), Some(8), true, Right::Database),
            (torn(0), Some(8), true, Right::Database),
            (damaged(0), Some(8), true, Right::Database),
            (damaged(0), Some(0), true, Right::Neither),
            (damaged(0), Some(0), false, Right::Neither),
            (damaged(7), Some(0), false, Right::Log),
            (torn(7), Some(6), true, Right::Neither),
            (torn(7), Some(0), false, Right::Log),
            (whole(7), None, true, Right::Log),
            (torn(7), None, true, Right::Neither),
        ] {
            assert_eq!(right(log, database, was_there), expected, "{log:?} {database:?} {was_there}");
        }
    }
}
