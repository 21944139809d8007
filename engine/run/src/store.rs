//! The store: the state of one environment, on disk.
//!
//! An environment is a folder of the state directory, so that environments never block each other; whoever writes holds
//! its lock. Inside, a database holds the rows, and a log every group of rows that was written. What the rows say is
//! also in memory while the store is open, so that each change is checked before it is written and nothing is read
//! twice.
//!
//! Changes are committed in groups, which [`queue`](crate::queue) gathers. A group becomes rows, which are appended to
//! the log and put into one transaction of the database with one flush. After a write that failed nothing more is
//! written: every later change counts on the earlier ones.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use dr_core::cloud::Identity;
use dr_core::integrity::{self, Violation};
use dr_core::journal::{Deposed, Open};
use dr_core::record::{Record, Snapshot};
use dr_core::value::Str;

use crate::change::StateChange;
use crate::contents::{Contents, Head, RowEdit};
use crate::database::{Database, DatabaseError};
use crate::error::StoreError;
use crate::holder::EnvironmentLock;
use crate::log::GroupLog;
use crate::mend::{Mended, MendedState, StatePaths, file, mend};
use crate::private;
use crate::queue::{GroupWriter, Receipt, WriteQueue, lock, submit, write_rest};
use crate::rows::{self, KeyRow, RowError, RowWrite, Rows, each};
use crate::seal::{KEY, KeySource, SealError, Sealer, random};
use crate::view::{StateView, view};

/// The state of one environment. Cloning gives another handle to the same. With the last one, what was submitted is
/// written to its end, and the environment is free.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// Closes it when it is dropped: the task that writes may outlive the last handle for a moment.
    _handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle(Arc<Inner>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[derive(Debug)]
struct Inner {
    environment: String,
    sealer: Sealer,
    findings: Vec<Violation>,
    mended: Vec<Mended>,
    /// Who works on the environment, where it is only looked at.
    in_use: Option<String>,
    /// Why what is said could not be compared with the database.
    unchecked: Option<String>,
    contents: Mutex<Contents>,
    /// Where it is written; `None` when it is only looked at. Locked for as long as a write takes, and before the
    /// contents.
    halves: Mutex<Option<Halves>>,
    /// Why nothing is written any more.
    failed: OnceLock<StoreError>,
    queue: Mutex<WriteQueue>,
    flushes: AtomicU64,
    commits: AtomicU64,
}

/// The two places that every group is written to.
#[derive(Debug)]
struct Halves {
    log: GroupLog,
    database: Database,
    paths: StatePaths,
    /// Given back last.
    _lock: EnvironmentLock,
}

impl Store {
    /// Opens, or makes, the state of an environment, and locks it until the last handle is dropped.
    ///
    /// # Errors
    /// When another process has it open, the key is not the one it was written with, something of it is lost, or the
    /// disk does not play along.
    pub fn open(state_dir: &Path, environment: &str, keys: &KeySource) -> Result<Store, StoreError> {
        let paths = StatePaths::new(&folder(state_dir, environment)?);
        for path in [state_dir, &paths.folder] {
            private::make_folder(path).map_err(file(path))?;
        }
        let lock = EnvironmentLock::take(&paths.folder, environment)?;
        let MendedState { database, log, source, mended } = mend(&paths, environment)?;
        let mut halves = Halves { log, database, paths, _lock: lock };
        let rows = source.rows();
        let row = |source| row_error(&halves.paths, environment, source);
        let (sealer, contents) = match known_sealer(&rows, state_dir, keys, &halves.paths, environment)? {
            Some(sealer) => {
                let contents = rows::contents(each(&rows), Some(&sealer)).map_err(row)?;
                (sealer, contents)
            }
            None => {
                private::sweep(state_dir);
                let salt = random::<KEY>()?;
                let sealer = Sealer::new(keys, state_dir, &salt)?;
                let known = KeyRow { fingerprint: sealer.fingerprint().to_owned(), salt: hex::encode(salt) };
                let mut contents = Contents::default();
                contents.head.group = 1;
                let rows = [known.write().map_err(row)?, rows::head(&contents.head).map_err(row)?];
                halves.write(1, &rows)?;
                (sealer, contents)
            }
        };
        drop(rows);
        Ok(Store::new(environment, sealer, contents, Some(halves), mended, (None, None)))
    }

    /// The state of an environment as it is now, for looking only: it is not locked, whoever works on it goes on, and
    /// every change is refused. `None` when there is none.
    ///
    /// # Errors
    /// When the key is not the one it was written with, or it is damaged and cannot be mended now.
    pub fn look(state_dir: &Path, environment: &str, keys: &KeySource) -> Result<Option<Store>, StoreError> {
        if !Store::exists(state_dir, environment)? {
            return Ok(None);
        }
        let paths = StatePaths::new(&folder(state_dir, environment)?);
        let Some(StateView { text, in_use, mended, unchecked }) = view(&paths, environment)? else { return Ok(None) };
        let rows = text.rows();
        let Some(sealer) = known_sealer(&rows, state_dir, keys, &paths, environment)? else { return Ok(None) };
        let contents = rows::contents(each(&rows), Some(&sealer)).map_err(|e| row_error(&paths, environment, e))?;
        let store = Store::new(environment, sealer, contents, None, mended, (in_use, unchecked));
        Ok(Some(store))
    }

    /// A state in which nothing is, for looking only.
    pub fn nothing(environment: &str) -> Store {
        Store::new(environment, Sealer::from_key(&[0; KEY]), Contents::default(), None, Vec::new(), (None, None))
    }

    fn new(
        environment: &str,
        sealer: Sealer,
        contents: Contents,
        halves: Option<Halves>,
        mended: Vec<Mended>,
        (in_use, unchecked): (Option<String>, Option<String>),
    ) -> Store {
        let findings = integrity::check(&contents.snapshot(), contents.journal());
        let inner = Arc::new(Inner {
            environment: environment.to_owned(),
            sealer,
            findings,
            mended,
            in_use,
            unchecked,
            contents: Mutex::new(contents),
            halves: Mutex::new(halves),
            failed: OnceLock::new(),
            queue: Mutex::default(),
            flushes: AtomicU64::new(0),
            commits: AtomicU64::new(0),
        });
        Store { _handle: Arc::new(Handle(inner.clone())), inner }
    }

    /// What is recorded of an environment, and who works on it. Needs no key: secrets stay sealed. `None` when there is
    /// no state.
    ///
    /// # Errors
    /// When it is damaged and cannot be mended now.
    pub fn survey(state_dir: &Path, environment: &str) -> Result<Option<(Snapshot, Option<String>)>, StoreError> {
        if !Store::exists(state_dir, environment)? {
            return Ok(None);
        }
        let paths = StatePaths::new(&folder(state_dir, environment)?);
        let Some(StateView { text, in_use, .. }) = view(&paths, environment)? else { return Ok(None) };
        let contents = rows::contents(each(&text.rows()), None).map_err(|e| row_error(&paths, environment, e))?;
        Ok(Some((contents.snapshot(), in_use)))
    }

    /// The suffixes of all environments that have state, sorted. Opens none of them.
    ///
    /// # Errors
    /// When the directory cannot be read. One that does not exist holds no environments.
    pub fn environments(state_dir: &Path) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        let entries = match std::fs::read_dir(state_dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
            other => other.map_err(file(state_dir))?,
        };
        for entry in entries {
            let entry = entry.map_err(file(state_dir))?;
            if let Ok(name) = entry.file_name().into_string()
                && let Ok(folder) = folder(state_dir, &name)
                && StatePaths::new(&folder).is_there()
            {
                found.push(name);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Whether an environment has state.
    ///
    /// # Errors
    /// When something else is where its folder should be.
    pub fn exists(state_dir: &Path, environment: &str) -> Result<bool, StoreError> {
        if state_dir.metadata().is_ok_and(|meta| !meta.is_dir()) {
            return Err(file(state_dir)(io::ErrorKind::NotADirectory.into()));
        }
        let paths = StatePaths::new(&folder(state_dir, environment)?);
        match paths.folder.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(file(&paths.folder)(error)),
            Ok(meta) if !meta.is_dir() => Err(file(&paths.folder)(io::ErrorKind::NotADirectory.into())),
            Ok(_) => Ok(paths.is_there()),
        }
    }

    /// The environment's suffix.
    pub fn environment(&self) -> &str {
        &self.inner.environment
    }

    /// The key in use, for stored plans.
    pub fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// What was not sound about the state when it was opened.
    pub fn findings(&self) -> &[Violation] {
        &self.inner.findings
    }

    /// What was damaged and put right when it was opened.
    pub fn mended(&self) -> &[Mended] {
        &self.inner.mended
    }

    /// Who works on the environment, in words, where it is only looked at.
    pub fn in_use(&self) -> Option<&str> {
        self.inner.in_use.as_deref()
    }

    /// Why what is said here could not be compared with the database, although somebody was killed while he wrote it.
    pub fn unchecked(&self) -> Option<&str> {
        self.inner.unchecked.as_deref()
    }

    /// How many changes were committed through this handle and its clones, and with how many flushes.
    pub fn commits_and_flushes(&self) -> (u64, u64) {
        (self.inner.commits.load(Ordering::Relaxed), self.inner.flushes.load(Ordering::Relaxed))
    }

    /// Everything that is there, and what is on its way to the disk.
    ///
    /// # Errors
    /// When a write has failed.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.contents(Contents::snapshot)
    }

    /// The operations that were begun and not closed, by their id.
    ///
    /// # Errors
    /// When a write has failed.
    pub fn open_operations(&self) -> Result<BTreeMap<Str, Open>, StoreError> {
        self.contents(|contents| contents.journal().open().clone())
    }

    /// The record that a resource with this id belongs to, of the kind and in the region of `like`.
    ///
    /// # Errors
    /// When a write has failed.
    pub(crate) fn owner(&self, like: &Record, id: &Str) -> Result<Option<Deposed>, StoreError> {
        self.contents(|contents| contents.owner(like, id).cloned())
    }

    fn contents<T>(&self, look: impl FnOnce(&Contents) -> T) -> Result<T, StoreError> {
        match self.inner.failed.get() {
            Some(failed) => Err(failed.clone()),
            None => Ok(look(&lock(&self.inner.contents))),
        }
    }

    /// Binds an empty environment to a program and a cloud.
    ///
    /// # Errors
    /// When it is not empty and belongs to another program or cloud.
    pub async fn bind(&self, program: &Str, identity: &Identity) -> Result<(), StoreError> {
        let same = {
            let head = &lock(&self.inner.contents).head;
            head.program.as_ref() == Some(program) && head.identity.as_ref() == Some(identity)
        };
        if same {
            return Ok(());
        }
        self.check_binding(program, identity)?;
        self.commit(StateChange::Bind { program: program.clone(), identity: identity.clone() }).await
    }

    /// Checks what [`Store::bind`] would check, and changes nothing.
    ///
    /// # Errors
    /// When the environment is not empty and belongs to another program or cloud.
    pub fn check_binding(&self, program: &Str, identity: &Identity) -> Result<(), StoreError> {
        let contents = lock(&self.inner.contents);
        if contents.is_empty() {
            return Ok(());
        }
        let head = &contents.head;
        check_binding(&self.inner.environment, (head.program.as_ref(), head.identity.as_ref()), program, identity)
    }

    /// Forgets program, cloud and outputs when nothing is there any more.
    ///
    /// # Errors
    /// When the write failed.
    pub async fn release(&self) -> Result<(), StoreError> {
        let bound = {
            let contents = lock(&self.inner.contents);
            contents.is_empty() && contents.head.program.is_some()
        };
        if bound { self.commit(StateChange::Release).await } else { Ok(()) }
    }

    /// Makes a change and returns when it is on disk.
    ///
    /// # Errors
    /// When the change is not allowed, or the write failed. Then nothing of the change is there.
    pub async fn commit(&self, change: StateChange) -> Result<(), StoreError> {
        self.submit(change).durable().await
    }

    /// Makes a change without waiting for it. Changes reach the disk in the order in which they were submitted: when
    /// one is there, so are all before it.
    pub fn submit(&self, change: StateChange) -> Receipt {
        submit(&self.inner, change)
    }
}

/// Checks that a state may be used by a program in a cloud. `bound` is what it belongs to, as far as to anything.
///
/// # Errors
/// When it belongs to another program or cloud.
fn check_binding(
    environment: &str,
    bound: (Option<&Str>, Option<&Identity>),
    program: &Str,
    identity: &Identity,
) -> Result<(), StoreError> {
    match bound {
        (Some(own), Some(cloud)) if own != program || cloud != identity => Err(StoreError::Bound {
            environment: environment.to_owned(),
            owner: format!("the program `{own}` on {cloud}"),
            other: format!("the program `{program}` on {identity}"),
        }),
        _ => Ok(()),
    }
}

impl GroupWriter for Inner {
    fn queue(&self) -> &Mutex<WriteQueue> {
        &self.queue
    }

    fn write(&self, group: Vec<StateChange>) -> Vec<Result<(), StoreError>> {
        let mut halves = lock(&self.halves);
        self.write_to(halves.as_mut(), group)
    }
}

impl Inner {
    fn write_to(&self, halves: Option<&mut Halves>, group: Vec<StateChange>) -> Vec<Result<(), StoreError>> {
        let count = group.len();
        if let Some(failed) = self.failed.get() {
            return vec![Err(failed.clone()); count];
        }
        let (results, edits, head) = self.take(group);
        if let Some(head) = head
            && let Err(failed) = self.put(halves, &edits, &head)
        {
            let failed = self.failed.get_or_init(|| failed);
            return results.into_iter().map(|result| result.and_then(|()| Err(failed.clone()))).collect();
        }
        self.commits.fetch_add(count as u64, Ordering::Relaxed);
        self.flushes.fetch_add(1, Ordering::Relaxed);
        results
    }

    /// Writes what waits, and gives the environment back.
    fn close(&self) {
        let mut halves = lock(&self.halves);
        if halves.is_some() {
            write_rest(&self.queue, |group| self.write_to(halves.as_mut(), group));
        }
        if let (Some(halves), None) = (halves.as_mut(), self.failed.get()) {
            // A log that is not closed is compared with the database by whoever comes next.
            let _ = halves.log.close();
        }
        *halves = None;
    }

    /// Which changes of a group are allowed, and what is to be written: the rows and, unless it is nothing, the head.
    fn take(&self, group: Vec<StateChange>) -> (Vec<Result<(), StoreError>>, Vec<RowEdit>, Option<Head>) {
        let mut contents = lock(&self.contents);
        let before = contents.head.clone();
        let (mut results, mut edits) = (Vec::with_capacity(group.len()), Vec::new());
        for change in group {
            results.push(match contents.take(change) {
                Ok(more) => {
                    edits.extend(more);
                    Ok(())
                }
                Err(refusal) => Err(StoreError::Refused { environment: self.environment.clone(), refusal }),
            });
        }
        if edits.is_empty() && contents.head == before {
            return (results, edits, None);
        }
        contents.head.group += 1;
        (results, edits, Some(contents.head.clone()))
    }

    /// Writes a group to the disk.
    fn put(&self, halves: Option<&mut Halves>, edits: &[RowEdit], head: &Head) -> Result<(), StoreError> {
        let halves = halves.ok_or(StoreError::OnlyLooked)?;
        let rows = edits.iter().map(|edit| rows::write(edit, &self.sealer)).chain([rows::head(head)]);
        let rows: Result<Vec<RowWrite>, RowError> = rows.collect();
        halves.write(head.group, &rows.map_err(|source| row_error(&halves.paths, &self.environment, source))?)
    }
}

impl Halves {
    /// Writes a group of rows to the log and to the database.
    fn write(&mut self, group: u64, rows: &[RowWrite]) -> Result<(), StoreError> {
        self.log.append(group, rows).map_err(file(&self.paths.log))?;
        self.database.write(rows).map_err(|error| {
            self.log.retract();
            let folder = self.paths.database.clone();
            match error {
                DatabaseError::Surroundings(source) => StoreError::File { path: folder, source },
                DatabaseError::InUse | DatabaseError::Damaged => StoreError::Database { folder },
            }
        })
    }
}

fn row_error(paths: &StatePaths, environment: &str, source: RowError) -> StoreError {
    StoreError::Row { environment: environment.to_owned(), folder: paths.folder.clone(), source }
}

/// The key that these rows were sealed with; `None` when there are no rows yet.
///
/// # Errors
/// When it is not the one that is given.
fn known_sealer(
    rows: &Rows<'_>,
    state_dir: &Path,
    keys: &KeySource,
    paths: &StatePaths,
    environment: &str,
) -> Result<Option<Sealer>, StoreError> {
    let row = |source| row_error(paths, environment, source);
    let Some(known) = KeyRow::find(rows) else {
        return if rows.is_empty() { Ok(None) } else { Err(row(KeyRow::missing())) };
    };
    let known = known.map_err(row)?;
    let sealer = Sealer::existing(keys, state_dir, &hex::decode(&known.salt).unwrap_or_default())?;
    if sealer.fingerprint() != known.fingerprint {
        return Err(SealError::WrongKey(format!("the environment `{environment}`")).into());
    }
    Ok(Some(sealer))
}

/// The folder of an environment.
fn folder(state_dir: &Path, environment: &str) -> Result<PathBuf, StoreError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if environment.is_empty()
        || environment.len() > 128
        || environment.starts_with(['.', '_'])
        || !environment.chars().all(fits)
    {
        return Err(StoreError::Name(environment.to_owned()));
    }
    Ok(state_dir.join(environment))
}

#[cfg(test)]
mod tests;
