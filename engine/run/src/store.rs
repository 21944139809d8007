//! The store: the state of one environment, on disk. The only file that knows sled.
//!
//! An environment is a folder of the state directory with a database inside, so that environments never block each
//! other; an open database is the lock. It has three trees: `journal` holds what was begun and not closed, `records`
//! what is there (by address; what was replaced and still waits for its deletion by `address#operation`), `meta` the
//! head: position, program, cloud, and the program's outputs.
//!
//! Changes are committed in groups. Whoever commits adds a change to a queue and waits; one task takes all that wait,
//! puts them into one transaction over the three trees, the head last, makes one flush, and wakes them. The next group
//! gathers meanwhile, so that the busier the engine, the larger the groups, and ten thousand resources need a few
//! hundred flushes.
//!
//! A database that was damaged opens as if what comes after the damage had never been written. So the position is also
//! kept beside it, after every flush: a state that is behind it has lost something, and is refused.
//!
//! The write runs as a blocking task of the runtime, not on a thread of our own: under a paused clock the runtime does
//! not advance time while a blocking task runs, so waiting for the disk takes no virtual time.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dr_core::address::Address;
use dr_core::cloud::Identity;
use dr_core::journal::{JournalEvent, Open, replay};
use dr_core::record::{Record, Snapshot};
use dr_core::value::Str;
use serde::{Deserialize, Serialize};
use sled::Transactional as _;
use sled::transaction::{ConflictableTransactionError, TransactionError};
use tokio::sync::oneshot;

use crate::change::{StateChange, StoreError};
use crate::rows::{RowError, RowPlace};
use crate::seal::{KEY, KeySource, SealError, Sealer, random};

const JOURNAL: &str = "journal";
const RECORDS: &str = "records";
const META: &str = "meta";
const HEAD: &str = "head";
const KEY_ROW: &str = "key";
const OUTPUTS: &str = "outputs";
/// The database's folder inside the environment's.
const DATABASE: &str = "db";
/// Names who has the environment open.
const HOLDER: &str = "holder";
/// Holds the position that the state has reached at least.
const POSITION: &str = "position";
/// Bytes of the database's cache: state is read once and then written.
const CACHE: u64 = 4 << 20;
/// The most changes in one transaction.
const GROUP: usize = 2048;

/// The head of the state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Head {
    position: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<Str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<Identity>,
}

/// How the environment's key is made, and how to tell that it is the right one.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeyRow {
    fingerprint: String,
    salt: String,
}

/// What a creation has set aside.
#[derive(Debug, Serialize, Deserialize)]
struct Deposed {
    address: Address,
    op: Str,
}

/// The state of one environment. Cloning gives another handle to the same.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    environment: String,
    /// Where the position is kept beside the database.
    position: PathBuf,
    sealer: Sealer,
    database: sled::Db,
    journal: sled::Tree,
    records: sled::Tree,
    meta: sled::Tree,
    head: Mutex<Head>,
    queue: Mutex<WriteQueue>,
    flushes: AtomicU64,
    commits: AtomicU64,
}

/// A change that waits, and who waits for it.
type Waiting = (StateChange, oneshot::Sender<Result<(), StoreError>>);

#[derive(Debug, Default)]
struct WriteQueue {
    waiting: Vec<Waiting>,
    /// Whether a task is writing.
    busy: bool,
}

/// Locks; what a panicking holder left behind is still whole, because it is changed in one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens, or makes, the state of an environment, and locks it until the last handle is dropped.
    ///
    /// # Errors
    /// When another process has it open, the key is not the one it was written with, something of it was lost, or the
    /// disk does not play along.
    pub fn open(state_dir: &Path, environment: &str, keys: &KeySource) -> Result<Store, StoreError> {
        let folder = folder(state_dir, environment)?;
        let file = |path: &Path, source| StoreError::File { path: path.to_owned(), source: Arc::new(source) };
        std::fs::create_dir_all(&folder).map_err(|e| file(&folder, e))?;
        let fail = |source| database_error(environment, source);
        let holder = folder.join(HOLDER);
        let database = sled::Config::new()
            .path(folder.join(DATABASE))
            .cache_capacity(CACHE)
            .mode(sled::Mode::HighThroughput)
            .flush_every_ms(None)
            .open()
            .map_err(|error| match error {
                sled::Error::Io(e) if e.to_string().contains("could not acquire lock") => StoreError::Locked {
                    environment: environment.to_owned(),
                    holder: std::fs::read_to_string(&holder)
                        .map_or_else(|_| "another process".to_owned(), |pid| format!("process {}", pid.trim())),
                },
                other => fail(other),
            })?;
        std::fs::write(&holder, std::process::id().to_string()).map_err(|e| file(&holder, e))?;
        let tree = |name: &str| database.open_tree(name).map_err(fail);
        let (journal, records, meta) = (tree(JOURNAL)?, tree(RECORDS)?, tree(META)?);
        let row = |source| StoreError::Row { environment: environment.to_owned(), source };
        let place = |key| RowPlace { tree: META, key };
        let head = match meta.get(HEAD).map_err(fail)? {
            Some(bytes) => place(HEAD).decode(&bytes).map_err(row)?,
            None => Head::default(),
        };
        let position = folder.join(POSITION);
        // Without the file, or cut off in the middle of a write, it says less, never more.
        let reached = std::fs::read_to_string(&position).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        if head.position < reached {
            return Err(StoreError::Lost {
                environment: environment.to_owned(),
                position: head.position,
                reached,
                folder: folder.clone(),
                file: position,
            });
        }
        let sealer = match meta.get(KEY_ROW).map_err(fail)? {
            Some(bytes) => {
                let known: KeyRow = place(KEY_ROW).decode(&bytes).map_err(row)?;
                let sealer = Sealer::existing(keys, state_dir, &hex::decode(&known.salt).unwrap_or_default())?;
                if sealer.fingerprint() != known.fingerprint {
                    return Err(SealError::WrongKey(format!("the environment `{environment}`")).into());
                }
                sealer
            }
            None => {
                let salt = random::<KEY>()?;
                let sealer = Sealer::new(keys, state_dir, &salt)?;
                let known = KeyRow { fingerprint: sealer.fingerprint().to_owned(), salt: hex::encode(salt) };
                meta.insert(KEY_ROW, place(KEY_ROW).encode(&known).map_err(row)?).map_err(fail)?;
                database.flush().map_err(fail)?;
                sealer
            }
        };
        Ok(Store {
            inner: Arc::new(Inner {
                environment: environment.to_owned(),
                position,
                sealer,
                database,
                journal,
                records,
                meta,
                head: Mutex::new(head),
                queue: Mutex::default(),
                flushes: AtomicU64::new(0),
                commits: AtomicU64::new(0),
            }),
        })
    }

    /// The suffixes of all environments that have state, sorted. Opens none of them.
    ///
    /// # Errors
    /// When the directory cannot be read. One that does not exist holds no environments.
    pub fn environments(state_dir: &Path) -> Result<Vec<String>, StoreError> {
        let fail = |source| StoreError::File { path: state_dir.to_owned(), source: Arc::new(source) };
        let mut found = Vec::new();
        let entries = match std::fs::read_dir(state_dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
            other => other.map_err(fail)?,
        };
        for entry in entries {
            let entry = entry.map_err(fail)?;
            if entry.path().join(DATABASE).is_dir()
                && let Ok(name) = entry.file_name().into_string()
            {
                found.push(name);
            }
        }
        found.sort();
        Ok(found)
    }

    /// The environment's suffix.
    pub fn environment(&self) -> &str {
        &self.inner.environment
    }

    /// The key in use, for stored plans.
    pub fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    /// How many changes were committed through this handle and its clones, and with how many flushes.
    pub fn commits_and_flushes(&self) -> (u64, u64) {
        (self.inner.commits.load(Ordering::Relaxed), self.inner.flushes.load(Ordering::Relaxed))
    }

    /// Everything that is there.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let inner = &*self.inner;
        let head = lock(&inner.head).clone();
        let mut snapshot = Snapshot { position: head.position, ..Snapshot::default() };
        for row in &inner.records {
            let (key, bytes) = row.map_err(|e| inner.failed(e))?;
            let key = String::from_utf8_lossy(&key);
            let place = RowPlace { tree: RECORDS, key: &key };
            let record = place.decode_record(&bytes, &inner.sealer).map_err(|e| inner.row(e))?;
            if key.contains('#') {
                snapshot.deposed.push(Arc::new(record));
            } else {
                snapshot.records.insert(record.address.clone(), Arc::new(record));
            }
        }
        if !inner.is_empty() {
            snapshot.program = head.program;
            snapshot.identity = head.identity;
            let place = RowPlace { tree: META, key: OUTPUTS };
            if let Some(bytes) = inner.meta.get(OUTPUTS).map_err(|e| inner.failed(e))? {
                snapshot.outputs = place.decode(&bytes).map_err(|e| inner.row(e))?;
                inner.sealer.open_map(&mut snapshot.outputs, &place.name())?;
            }
        }
        Ok(snapshot)
    }

    /// The operations that were begun and not closed, by their id.
    ///
    /// # Errors
    /// When a row is damaged, or the rows contradict each other.
    pub fn open_operations(&self) -> Result<BTreeMap<Str, Open>, StoreError> {
        let inner = &*self.inner;
        let mut events = Vec::new();
        for row in &inner.journal {
            let (key, bytes) = row.map_err(|e| inner.failed(e))?;
            let key = String::from_utf8_lossy(&key);
            if !key.ends_with(JournalRow::Deposed.suffix()) {
                let place = RowPlace { tree: JOURNAL, key: &key };
                events.push(place.decode_event(&bytes, &inner.sealer).map_err(|e| inner.row(e))?);
            }
        }
        replay(events).map_err(|source| StoreError::Journal { environment: inner.environment.clone(), source })
    }

    /// Binds an empty environment to a program and a cloud.
    ///
    /// # Errors
    /// When it is not empty and belongs to another program or cloud.
    pub async fn bind(&self, program: &Str, identity: &Identity) -> Result<(), StoreError> {
        let head = lock(&self.inner.head).clone();
        let same = head.program.as_ref() == Some(program) && head.identity.as_ref() == Some(identity);
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
        let head = lock(&self.inner.head).clone();
        let (Some(own), Some(cloud)) = (&head.program, &head.identity) else { return Ok(()) };
        if (own == program && cloud == identity) || self.inner.is_empty() {
            return Ok(());
        }
        Err(StoreError::Bound {
            environment: self.inner.environment.clone(),
            owner: format!("the program `{own}` on {cloud}"),
            other: format!("the program `{program}` on {identity}"),
        })
    }

    /// Forgets program, cloud and outputs when nothing is there any more.
    ///
    /// # Errors
    /// When the write failed.
    pub async fn release(&self) -> Result<(), StoreError> {
        match self.inner.is_empty() && lock(&self.inner.head).program.is_some() {
            true => self.commit(StateChange::Release).await,
            false => Ok(()),
        }
    }

    /// Makes a change and returns when it is on disk.
    ///
    /// # Errors
    /// When the write failed. Then nothing of the change is there.
    pub async fn commit(&self, change: StateChange) -> Result<(), StoreError> {
        self.submit(change).durable().await
    }

    /// Makes a change without waiting for it. Changes reach the disk in the order in which they were submitted: when
    /// one is there, so are all before it.
    pub fn submit(&self, change: StateChange) -> Receipt {
        let (sender, receiver) = oneshot::channel();
        let start = {
            let mut queue = lock(&self.inner.queue);
            queue.waiting.push((change, sender));
            !std::mem::replace(&mut queue.busy, true)
        };
        if start {
            tokio::spawn(Writing { inner: self.inner.clone(), finished: false }.run());
        }
        Receipt(receiver)
    }
}

/// A change on its way to the disk.
#[derive(Debug)]
#[must_use = "a change counts once it is on disk"]
pub struct Receipt(oneshot::Receiver<Result<(), StoreError>>);

impl Receipt {
    /// Returns when the change is on disk.
    ///
    /// # Errors
    /// When the write failed.
    pub async fn durable(self) -> Result<(), StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// The task that writes. While it lives, nobody else starts one.
struct Writing {
    inner: Arc<Inner>,
    /// Whether it left the queue empty and handed it over.
    finished: bool,
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.finished {
            // The runtime ends. Whoever still waits learns that nobody will write.
            let mut queue = lock(&self.inner.queue);
            queue.busy = false;
            queue.waiting.clear();
        }
    }
}

impl Writing {
    async fn run(mut self) {
        while let Some(group) = self.gather().await {
            let (changes, waiting): (Vec<_>, Vec<_>) = group.into_iter().unzip();
            let inner = self.inner.clone();
            let written = tokio::task::spawn_blocking(move || inner.write(&changes)).await;
            let result = written.unwrap_or(Err(StoreError::Stopped));
            for sender in waiting {
                // Whoever does not wait any more does not need to know.
                let _ = sender.send(result.clone());
            }
        }
    }

    /// The next group; `None` when nothing waits.
    async fn gather(&mut self) -> Option<Vec<Waiting>> {
        // Whoever is about to commit may come along: look again as long as there are more of them each time.
        let mut seen = 0;
        loop {
            let waiting = lock(&self.inner.queue).waiting.len();
            if waiting <= seen || waiting >= GROUP {
                break;
            }
            seen = waiting;
            tokio::task::yield_now().await;
        }
        let mut queue = lock(&self.inner.queue);
        if queue.waiting.is_empty() {
            queue.busy = false;
            self.finished = true;
            return None;
        }
        let count = queue.waiting.len().min(GROUP);
        Some(queue.waiting.drain(..count).collect())
    }
}

/// The rows of an operation in the journal.
#[derive(Clone, Copy)]
enum JournalRow {
    Begun,
    Identified,
    Deposed,
}

impl JournalRow {
    fn suffix(self) -> &'static str {
        match self {
            JournalRow::Begun => "/0",
            JournalRow::Identified => "/1",
            JournalRow::Deposed => "/2",
        }
    }
    fn key(self, op: &str) -> String {
        format!("{op}{}", self.suffix())
    }
}

/// What one row becomes: bytes, or nothing.
type Edit = (String, Option<Vec<u8>>);

/// The rows that a group of changes writes, tree by tree.
#[derive(Default)]
struct Edits {
    journal: Vec<Edit>,
    records: Vec<Edit>,
    meta: Vec<Edit>,
}

fn database_error(environment: &str, source: sled::Error) -> StoreError {
    StoreError::Database { environment: environment.to_owned(), source: Arc::new(source) }
}

/// The key of a record that was set aside.
fn deposed_key(address: &Address, op: &str) -> String {
    format!("{address}#{op}")
}

impl Inner {
    fn failed(&self, source: sled::Error) -> StoreError {
        database_error(&self.environment, source)
    }

    fn row(&self, source: RowError) -> StoreError {
        StoreError::Row { environment: self.environment.clone(), source }
    }

    /// Whether nothing is there, nothing was begun and nothing is put out.
    fn is_empty(&self) -> bool {
        // A row that cannot be read is there.
        self.records.is_empty() && self.journal.is_empty() && matches!(self.meta.get(OUTPUTS), Ok(None))
    }

    /// Writes a group: one transaction, one flush.
    fn write(&self, group: &[StateChange]) -> Result<(), StoreError> {
        let before = lock(&self.head).clone();
        let mut head = before.clone();
        let mut edits = Edits::default();
        for change in group {
            self.edit(change, &mut head, &mut edits)?;
        }
        if head != before {
            let row = RowPlace { tree: META, key: HEAD }.encode(&head).map_err(|e| self.row(e))?;
            edits.meta.push((HEAD.into(), Some(row)));
        }
        (&self.journal, &self.records, &self.meta)
            .transaction(|(journal, records, meta)| {
                for (tree, edits) in [(journal, &edits.journal), (records, &edits.records), (meta, &edits.meta)] {
                    for (key, bytes) in edits {
                        match bytes {
                            Some(bytes) => tree.insert(key.as_bytes(), bytes.as_slice())?,
                            None => tree.remove(key.as_bytes())?,
                        };
                    }
                }
                Ok::<(), ConflictableTransactionError<()>>(())
            })
            .map_err(|error| match error {
                TransactionError::Storage(e) => self.failed(e),
                TransactionError::Abort(()) => StoreError::Stopped,
            })?;
        self.database.flush().map_err(|e| self.failed(e))?;
        if head.position != before.position {
            std::fs::write(&self.position, head.position.to_string())
                .map_err(|source| StoreError::File { path: self.position.clone(), source: Arc::new(source) })?;
        }
        *lock(&self.head) = head;
        self.commits.fetch_add(group.len() as u64, Ordering::Relaxed);
        self.flushes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Turns a change into rows.
    fn edit(&self, change: &StateChange, head: &mut Head, edits: &mut Edits) -> Result<(), StoreError> {
        let close = |head: &mut Head, edits: &mut Edits, op: &Str| {
            head.position += 1;
            edits.journal.extend(
                [JournalRow::Begun, JournalRow::Identified, JournalRow::Deposed].map(|row| (row.key(op), None)),
            );
        };
        let record_row = |key: String, record: &Record| {
            let row = RowPlace { tree: RECORDS, key: &key }.encode_record(record, &self.sealer);
            row.map(|bytes| (key, Some(bytes))).map_err(|e| self.row(e))
        };
        match change {
            StateChange::Append { event, depose } => {
                let key = match event {
                    JournalEvent::Identified { op, .. } => JournalRow::Identified.key(op),
                    other => JournalRow::Begun.key(other.op()),
                };
                let row = RowPlace { tree: JOURNAL, key: &key }.encode_event(event, &self.sealer);
                edits.journal.push((key, Some(row.map_err(|e| self.row(e))?)));
                if let Some(old) = depose {
                    let key = JournalRow::Deposed.key(event.op());
                    let note = Deposed { address: old.address.clone(), op: old.op.clone() };
                    let row = RowPlace { tree: JOURNAL, key: &key }.encode(&note).map_err(|e| self.row(e))?;
                    edits.journal.push((key, Some(row)));
                    edits.records.push((old.address.to_string(), None));
                    edits.records.push(record_row(deposed_key(&old.address, &old.op), old)?);
                }
            }
            StateChange::Close { op, record } => {
                close(head, edits, op);
                edits.records.push(record_row(record.address.to_string(), record)?);
            }
            StateChange::Remove { op, record, deposed } => {
                close(head, edits, op);
                let key = match deposed {
                    true => deposed_key(&record.address, &record.op),
                    false => record.address.to_string(),
                };
                edits.records.push((key, None));
            }
            StateChange::Abandon { op } => {
                close(head, edits, op);
                edits.records.extend(self.restored(op)?);
            }
            StateChange::Move { records, deposed } => {
                head.position += 1;
                // An address that one record leaves may be the one that another gets.
                edits.records.extend(records.iter().map(|(before, _)| (before.to_string(), None)));
                edits.records.extend(deposed.iter().map(|(before, r)| (deposed_key(before, &r.op), None)));
                for (_, record) in records {
                    edits.records.push(record_row(record.address.to_string(), record)?);
                }
                for (_, record) in deposed {
                    edits.records.push(record_row(deposed_key(&record.address, &record.op), record)?);
                }
            }
            StateChange::Outputs(outputs) => {
                head.position += 1;
                let place = RowPlace { tree: META, key: OUTPUTS };
                let mut outputs = outputs.clone();
                self.sealer.seal_map(&mut outputs, &place.name())?;
                let row = (!outputs.is_empty()).then(|| place.encode(&outputs)).transpose();
                edits.meta.push((OUTPUTS.into(), row.map_err(|e| self.row(e))?));
            }
            StateChange::Bind { program, identity } => {
                head.program = Some(program.clone());
                head.identity = Some(identity.clone());
            }
            StateChange::Release => {
                if self.is_empty() && edits.records.is_empty() && edits.journal.is_empty() {
                    head.program = None;
                    head.identity = None;
                    edits.meta.push((OUTPUTS.into(), None));
                }
            }
        }
        Ok(())
    }

    /// The rows that bring back what an operation had set aside.
    fn restored(&self, op: &str) -> Result<Vec<Edit>, StoreError> {
        let note_key = JournalRow::Deposed.key(op);
        let Some(bytes) = self.journal.get(&note_key).map_err(|e| self.failed(e))? else { return Ok(Vec::new()) };
        let note: Deposed = RowPlace { tree: JOURNAL, key: &note_key }.decode(&bytes).map_err(|e| self.row(e))?;
        let aside = deposed_key(&note.address, &note.op);
        let Some(bytes) = self.records.get(&aside).map_err(|e| self.failed(e))? else { return Ok(Vec::new()) };
        // The row is written for its key, so it is read and written again.
        let old =
            RowPlace { tree: RECORDS, key: &aside }.decode_record(&bytes, &self.sealer).map_err(|e| self.row(e))?;
        let key = note.address.to_string();
        let row = RowPlace { tree: RECORDS, key: &key }.encode_record(&old, &self.sealer).map_err(|e| self.row(e))?;
        Ok(vec![(aside, None), (key, Some(row))])
    }
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
