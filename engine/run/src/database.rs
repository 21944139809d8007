//! The database of an environment, in a folder of its own. The only file that knows sled.
//!
//! It holds rows in three trees and knows nothing of what they say. A group of rows is one transaction and one flush.
//!
//! sled panics where it finds what it did not write, on whatever thread comes along. Every call into it goes through a
//! guard that turns a panic into an error and keeps it off the terminal. Nothing of sled's own words gets out: an error
//! says which folder it is about, and whether the surroundings (a full disk, missing rights) or the files are to blame.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError};

use crate::private;
use crate::rows::{RowTree, RowWrite};

/// Bytes of the cache: rows are read once and then written.
const CACHE: u64 = 4 << 20;
/// How the name of an index begins. It only saves time: sled makes it anew from its log.
const INDEX: &str = "snap.";
/// How the name of an index ends that is being written.
const HALF_WRITTEN: &str = ".generating";
/// How long a database that this process has just closed may take to be free. Threads of sled's hold it for a moment.
const FREE_WITHIN: Duration = Duration::from_secs(5);

/// What is wrong with a database.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// Something holds its files.
    #[error("its files are in use")]
    InUse,
    /// A file cannot be read or written, and that is not the database's fault.
    #[error("its files cannot be read or written")]
    Surroundings(#[source] Arc<io::Error>),
    /// It cannot make sense of its files.
    #[error("its files are not as they were written")]
    Damaged,
}

impl From<sled::Error> for DatabaseError {
    fn from(error: sled::Error) -> DatabaseError {
        use io::ErrorKind as Kind;
        match error {
            // sled makes up this error for the lock.
            sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => DatabaseError::InUse,
            sled::Error::Io(error) => match error.kind() {
                Kind::InvalidData
                | Kind::InvalidInput
                | Kind::UnexpectedEof
                | Kind::IsADirectory
                | Kind::NotADirectory
                | Kind::NotFound
                | Kind::AlreadyExists
                | Kind::Other => DatabaseError::Damaged,
                // sled keeps the kind and gives its own words to the rest.
                kind => DatabaseError::Surroundings(Arc::new(kind.into())),
            },
            _ => DatabaseError::Damaged,
        }
    }
}

thread_local! {
    /// Whether a panic on this thread is caught and told otherwise.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls into sled.
fn guarded<T>(call: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, DatabaseError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_sleds = std::thread::current().name().is_some_and(|name| name.starts_with("sled-io"));
            if !is_sleds && !GUARDED.get() {
                others(panic);
            }
        }));
    });
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(before);
    match result {
        Ok(result) => Ok(result?),
        Err(panic) => {
            // Dropping what was thrown must not throw again.
            std::mem::forget(panic);
            Err(DatabaseError::Damaged)
        }
    }
}

/// An open database.
pub(crate) struct Database {
    folder: PathBuf,
    /// Taken when it is closed.
    open: Option<(sled::Db, [sled::Tree; 3])>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({})", self.folder.display())
    }
}

/// A row as the database holds it.
pub(crate) struct StoredRow {
    pub(crate) tree: RowTree,
    pub(crate) key: sled::IVec,
    pub(crate) bytes: sled::IVec,
}

impl Database {
    /// Opens the database in a folder, or makes one. Indexes that a killed process has left half written are moved
    /// to the folder `aside` first: sled takes them for whole ones.
    pub(crate) fn open(folder: &Path, aside: &Path) -> Result<Database, DatabaseError> {
        let surroundings = |error| DatabaseError::Surroundings(Arc::new(error));
        private::make_folder(folder).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => DatabaseError::Damaged,
            _ => surroundings(error),
        })?;
        set_aside(folder, aside, |name| name.starts_with(INDEX) && name.ends_with(HALF_WRITTEN))
            .map_err(surroundings)?;
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None);
        let begun = Instant::now();
        let database = loop {
            match guarded(|| config.open()) {
                Err(DatabaseError::InUse) if begun.elapsed() < FREE_WITHIN => std::thread::yield_now(),
                other => break other?,
            }
        };
        let trees = guarded(|| {
            let [journal, records, meta] = RowTree::ALL.map(|tree| database.open_tree(tree.name()));
            Ok([journal?, records?, meta?])
        })?;
        private::close_all_to_others(folder);
        Ok(Database { folder: folder.to_owned(), open: Some((database, trees)) })
    }

    /// Moves the indexes of the database in a folder to the folder `aside`. Says whether there were any.
    pub(crate) fn set_indexes_aside(folder: &Path, aside: &Path) -> io::Result<bool> {
        set_aside(folder, aside, |name| name.starts_with(INDEX))
    }

    /// All rows, tree by tree and sorted by key.
    pub(crate) fn rows(&self) -> Result<Vec<StoredRow>, DatabaseError> {
        let Some((_, trees)) = &self.open else { return Err(DatabaseError::Damaged) };
        guarded(|| {
            let mut rows = Vec::new();
            for (tree, stored) in RowTree::ALL.into_iter().zip(trees) {
                for row in stored {
                    let (key, bytes) = row?;
                    rows.push(StoredRow { tree, key, bytes });
                }
            }
            Ok(rows)
        })
    }

    /// Writes rows: all of them or none.
    pub(crate) fn write(&self, rows: &[RowWrite]) -> Result<(), DatabaseError> {
        let Some((database, [journal, records, meta])) = &self.open else { return Err(DatabaseError::Damaged) };
        guarded(|| {
            (journal, records, meta)
                .transaction(|(journal, records, meta)| {
                    for row in rows {
                        let tree = match row.tree {
                            RowTree::Journal => journal,
                            RowTree::Records => records,
                            RowTree::Meta => meta,
                        };
                        match &row.bytes {
                            Some(bytes) => tree.insert(row.key.as_bytes(), bytes.as_slice())?,
                            None => tree.remove(row.key.as_bytes())?,
                        };
                    }
                    Ok::<(), ConflictableTransactionError<()>>(())
                })
                .map_err(|error| match error {
                    TransactionError::Storage(error) => error,
                    TransactionError::Abort(()) => sled::Error::ReportableBug(String::new()),
                })?;
            database.flush().map(|_| ())
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            // It writes what it has not written yet; whoever counts on that has flushed.
            let _ = guarded(|| {
                drop(open);
                Ok(())
            });
            private::close_all_to_others(&self.folder);
        }
    }
}

/// Moves files of a folder into another. Says whether there were any.
fn set_aside(folder: &Path, aside: &Path, fits: impl Fn(&str) -> bool) -> io::Result<bool> {
    let mut any = false;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&fits) {
            move_aside(&entry.path(), aside)?;
            any = true;
        }
    }
    Ok(any)
}

/// Moves a file or folder into the folder `aside`, under a name that is free there. Returns where it is now.
pub(crate) fn move_aside(path: &Path, aside: &Path) -> io::Result<PathBuf> {
    private::make_folder(aside)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let free = (1..).map(|number| aside.join(format!("{name}.{number}"))).find(|to| to.symlink_metadata().is_err());
    let to = free.unwrap_or_else(|| aside.join(&*name));
    std::fs::rename(path, &to)?;
    Ok(to)
}
