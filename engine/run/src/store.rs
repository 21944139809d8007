//! The store: the state of one stack.
//!
//! On disk, a stack has a folder of its own ([`layout`](crate::layout)), so that stacks never block each other; whoever
//! writes holds its lock. Inside, a database holds the rows, and a log every group of rows that was written. A shared
//! state ([`shared`](crate::shared)) is a log that a service keeps; whoever writes has its lease. What the rows say is
//! also in memory while the store is open, so that each change is checked before it is written and nothing is read
//! twice.
//!
//! Changes are committed in groups, which [`queue`](crate::queue) gathers. A group becomes rows, which are written
//! together ([`medium`](crate::medium)). After a write that failed nothing more is written: every later change counts on
//! the earlier ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use dr_core::cloud::Identity;
use dr_core::history::History;
use dr_core::integrity::{self, Violation};
use dr_core::journal::{Deposed, Open};
use dr_core::record::{Record, Snapshot};
use dr_core::value::Str;

use crate::change::StateChange;
use crate::claim::Claim;
use crate::contents::{Contents, Head};
use crate::entry::borrowed;
use crate::error::StoreError;
use crate::holder::StackLock;
use crate::key::{begin, known_sealer};
use crate::layout::{FoundState, find, take_over};
use crate::lease::Tenure;
use crate::lost::LostSecret;
use crate::medium::{Halves, Medium};
use crate::mend::{Mended, MendedState, StatePaths, file, mend, row_error};
use crate::owner::check_owner;
use crate::private;
use crate::queue::{GroupWriter, Receipt, WriteQueue, lock, submit, write_rest};
use crate::row_edit::RowEdit;
use crate::rows::{self, RowError, RowWrite, each};
use crate::seal::{KEY, KeySource, Sealer};
use crate::service::SharedPlace;
use crate::shared::{self, SharedHold, SharedView};
use crate::stack::Stack;
use crate::view::StateView;

/// The state of one stack. Cloning gives another handle to the same. With the last one, what was submitted is
/// written to its end, and the stack is free.
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
    stack: Stack,
    sealer: Sealer,
    findings: Vec<Violation>,
    mended: Vec<Mended>,
    /// Who works on the stack, where it is only looked at.
    in_use: Option<String>,
    /// Why what is said could not be compared with the database.
    unchecked: Option<String>,
    contents: Mutex<Contents>,
    /// Where it is written; `None` when it is only looked at. Locked for as long as a write takes, and before the
    /// contents.
    medium: Mutex<Option<Medium>>,
    /// Whether it is still ours, where others may take it.
    tenure: Option<Arc<Tenure>>,
    /// Why nothing is written any more.
    failed: OnceLock<StoreError>,
    queue: Mutex<WriteQueue>,
    flushes: AtomicU64,
    commits: AtomicU64,
}

impl Store {
    /// Opens, or makes, the state of a stack, and locks it until the last handle is dropped. One that earlier versions
    /// kept elsewhere is moved to its place.
    ///
    /// # Errors
    /// When another process has it open, the key is not the one it was written with, something of it is lost, or the
    /// disk does not play along.
    pub fn open(state_dir: &Path, stack: &Stack, keys: &KeySource) -> Result<Store, StoreError> {
        let paths = StatePaths::new(&stack.folder(state_dir)?);
        let taken_over = take_over(state_dir, stack)?;
        // Each by itself: a folder that was there already is closed to others as well.
        let folders: Vec<&Path> = paths.folder.ancestors().take(3).collect();
        for path in folders.into_iter().rev() {
            private::make_folder(path).map_err(file(path))?;
        }
        let name = stack.to_string();
        let lock = StackLock::take(&paths.folder, &name)?;
        let MendedState { database, log, source, mended } = mend(&paths, &name)?;
        let mended = taken_over.into_iter().chain(mended).collect();
        let mut medium = Medium::Disk(Box::new(Halves { log, database, paths, _lock: lock }));
        let (sealer, contents) = begin(&mut medium, &source.rows(), state_dir, keys, &name)?;
        Ok(Store::new(stack, sealer, contents, Some(medium), mended, (None, None)))
    }

    /// Opens, or makes, the state of a stack in a place that several machines share, and has its lease until the last
    /// handle is dropped. `state_dir` is where a key is that nobody gives.
    ///
    /// # Errors
    /// When somebody else has the lease and is alive, the key is not the one it was written with, it is damaged, or the
    /// place cannot be reached.
    pub fn open_shared(
        place: &SharedPlace,
        state_dir: &Path,
        stack: &Stack,
        keys: &KeySource,
    ) -> Result<Store, StoreError> {
        // Its name is part of names in the service, too.
        stack.folder(state_dir)?;
        let name = stack.to_string();
        let (hold, replay) = SharedHold::take(place, &name, false)?;
        let mut medium = Medium::Shared(hold);
        let rows = borrowed(&replay.rows);
        let begun = check_owner(&rows, &name, &place.settings.place)
            .and_then(|()| begin(&mut medium, &rows, state_dir, keys, &name));
        match begun {
            Ok((sealer, contents)) => Ok(Store::new(stack, sealer, contents, Some(medium), Vec::new(), (None, None))),
            Err(error) => {
                medium.close(false);
                Err(error)
            }
        }
    }

    /// The state of a stack as it is now, for looking only: it is not locked, whoever works on it goes on, and every
    /// change is refused. `None` when there is none.
    ///
    /// # Errors
    /// When the key is not the one it was written with, or it is damaged and cannot be mended now.
    pub fn look(state_dir: &Path, stack: &Stack, keys: &KeySource) -> Result<Option<Store>, StoreError> {
        let Some(FoundState { paths, view }) = find(state_dir, stack)? else { return Ok(None) };
        let StateView { text, in_use, mended, unchecked } = view;
        let (rows, name) = (text.rows(), stack.to_string());
        let damaged = |source| row_error(&paths, &name, source);
        let Some(sealer) = known_sealer(&rows, state_dir, keys, &damaged, &name)? else { return Ok(None) };
        let contents = rows::contents(each(&rows), Some(&sealer));
        let contents = contents.map_err(|source| row_error(&paths, &name, source))?;
        Ok(Some(Store::new(stack, sealer, contents, None, mended, (in_use, unchecked))))
    }

    /// The same in a place that several machines share.
    ///
    /// # Errors
    /// When the key is not the one it was written with, it is damaged, or the place cannot be reached.
    pub fn look_shared(
        place: &SharedPlace,
        state_dir: &Path,
        stack: &Stack,
        keys: &KeySource,
    ) -> Result<Option<Store>, StoreError> {
        let name = stack.to_string();
        let SharedView { replay, holder } = shared::view(place, &name)?;
        let rows = borrowed(&replay.rows);
        check_owner(&rows, &name, &place.settings.place)?;
        let damaged = |source: RowError| shared::damage(place, &name, source);
        let Some(sealer) = known_sealer(&rows, state_dir, keys, &damaged, &name)? else { return Ok(None) };
        let contents = rows::contents(each(&rows), Some(&sealer)).map_err(damaged)?;
        Ok(Some(Store::new(stack, sealer, contents, None, Vec::new(), (holder, None))))
    }

    /// A state in which nothing is, for looking only.
    pub fn nothing(stack: &Stack) -> Store {
        Store::new(stack, Sealer::from_key(&[0; KEY]), Contents::default(), None, Vec::new(), (None, None))
    }

    fn new(
        stack: &Stack,
        sealer: Sealer,
        contents: Contents,
        medium: Option<Medium>,
        mended: Vec<Mended>,
        (in_use, unchecked): (Option<String>, Option<String>),
    ) -> Store {
        let findings = integrity::check(&contents.snapshot(), contents.journal());
        let inner = Arc::new(Inner {
            stack: stack.clone(),
            sealer,
            findings,
            mended,
            in_use,
            unchecked,
            contents: Mutex::new(contents),
            tenure: match &medium {
                Some(Medium::Shared(hold)) => Some(hold.tenure().clone()),
                _ => None,
            },
            medium: Mutex::new(medium),
            failed: OnceLock::new(),
            queue: Mutex::default(),
            flushes: AtomicU64::new(0),
            commits: AtomicU64::new(0),
        });
        Store { _handle: Arc::new(Handle(inner.clone())), inner }
    }

    /// What it is the state of.
    pub fn stack(&self) -> &Stack {
        &self.inner.stack
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

    /// Who works on the stack, in words, where it is only looked at.
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

    /// The runs that changed the stack, or tried to, as long as they are kept.
    ///
    /// # Errors
    /// When a write has failed.
    pub fn history(&self) -> Result<History, StoreError> {
        self.contents(|contents| contents.history.clone())
    }

    /// The secrets that cannot be read, where the state was opened without its key.
    pub fn lost_secrets(&self) -> Vec<LostSecret> {
        lock(&self.inner.contents).unreadable.clone()
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

    /// Makes sure that nobody has taken the stack over. Where that is in doubt, the next sign of life decides.
    ///
    /// # Errors
    /// When somebody has, or nobody answers.
    pub(crate) async fn check_ours(&self) -> Result<(), StoreError> {
        match &self.inner.tenure {
            Some(_) => self.claim().check().await,
            None => Ok(()),
        }
    }

    /// What tells whether the state is still ours.
    pub(crate) fn claim(&self) -> Claim {
        Claim { tenure: self.inner.tenure.clone(), stack: self.inner.stack.to_string() }
    }

    fn contents<T>(&self, look: impl FnOnce(&Contents) -> T) -> Result<T, StoreError> {
        match self.inner.failed.get() {
            Some(failed) => Err(failed.clone()),
            None => Ok(look(&lock(&self.inner.contents))),
        }
    }

    /// Binds an empty stack to a cloud.
    ///
    /// # Errors
    /// When it is not empty and belongs to another cloud, or to another program.
    pub async fn bind(&self, identity: &Identity) -> Result<(), StoreError> {
        let Stack { environment, program } = self.inner.stack.clone();
        let same = {
            let head = &lock(&self.inner.contents).head;
            head.program.as_ref() == Some(&program)
                && head.environment.as_ref() == Some(&environment)
                && head.identity.as_ref() == Some(identity)
        };
        if same {
            return Ok(());
        }
        self.check_binding(identity)?;
        self.commit(StateChange::Bind { program, environment, identity: identity.clone() }).await
    }

    /// Checks what [`Store::bind`] would check, and changes nothing.
    ///
    /// # Errors
    /// When the stack is not empty and belongs to another cloud, or to another program: somebody has moved its folder.
    pub fn check_binding(&self, identity: &Identity) -> Result<(), StoreError> {
        let contents = lock(&self.inner.contents);
        let (stack, head) = (&self.inner.stack, &contents.head);
        match (&head.program, &head.identity) {
            (Some(program), Some(cloud))
                if !contents.is_empty() && (*program != stack.program || cloud != identity) =>
            {
                Err(StoreError::Bound {
                    stack: stack.to_string(),
                    owner: format!("the program `{program}` on {cloud}"),
                    other: format!("the program `{}` on {identity}", stack.program),
                })
            }
            _ => Ok(()),
        }
    }

    /// Writes down that an apply begins, at a time and by somebody: see [`Lifetime`](dr_core::lifetime::Lifetime).
    ///
    /// # Errors
    /// When the write failed.
    pub async fn note_apply(&self, at: u64, by: Str) -> Result<(), StoreError> {
        self.commit(StateChange::Applied { at, by }).await
    }

    /// Lets the stack stay at least until a time, in seconds since 1970.
    ///
    /// # Errors
    /// When the write failed.
    pub async fn extend(&self, until: u64) -> Result<(), StoreError> {
        self.commit(StateChange::Extend { until }).await
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

    /// Makes changes, and returns when all of them are on disk.
    ///
    /// # Errors
    /// The first that is not allowed, or that the write failed. Others may be there then.
    pub async fn commit_all(&self, changes: Vec<StateChange>) -> Result<(), StoreError> {
        let receipts: Vec<Receipt> = changes.into_iter().map(|change| self.submit(change)).collect();
        for receipt in receipts {
            receipt.durable().await?;
        }
        Ok(())
    }

    /// Makes a change without waiting for it. Changes reach the disk in the order in which they were submitted: when
    /// one is there, so are all before it.
    pub fn submit(&self, change: StateChange) -> Receipt {
        submit(&self.inner, change)
    }
}

impl GroupWriter for Inner {
    fn queue(&self) -> &Mutex<WriteQueue> {
        &self.queue
    }

    fn write(&self, group: Vec<StateChange>) -> Vec<Result<(), StoreError>> {
        let mut medium = lock(&self.medium);
        self.write_to(medium.as_mut(), group)
    }
}

impl Inner {
    fn write_to(&self, medium: Option<&mut Medium>, group: Vec<StateChange>) -> Vec<Result<(), StoreError>> {
        let count = group.len();
        if let Some(failed) = self.failed.get() {
            return vec![Err(failed.clone()); count];
        }
        let (results, edits, head) = self.take(group);
        if let Some(head) = head
            && let Err(failed) = self.put(medium, &edits, &head)
        {
            let failed = self.failed.get_or_init(|| failed);
            return results.into_iter().map(|result| result.and_then(|()| Err(failed.clone()))).collect();
        }
        self.commits.fetch_add(count as u64, Ordering::Relaxed);
        self.flushes.fetch_add(1, Ordering::Relaxed);
        results
    }

    /// Writes what waits, and gives the stack back.
    fn close(&self) {
        let mut medium = lock(&self.medium);
        if medium.is_some() {
            write_rest(&self.queue, |group| self.write_to(medium.as_mut(), group));
        }
        if let Some(medium) = medium.as_mut() {
            medium.close(self.failed.get().is_none());
        }
        *medium = None;
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
                Err(refusal) => Err(StoreError::Refused { stack: self.stack.to_string(), refusal }),
            });
        }
        if edits.is_empty() && contents.head == before {
            return (results, edits, None);
        }
        contents.head.group += 1;
        (results, edits, Some(contents.head.clone()))
    }

    /// Writes a group.
    fn put(&self, medium: Option<&mut Medium>, edits: &[RowEdit], head: &Head) -> Result<(), StoreError> {
        let medium = medium.ok_or(StoreError::OnlyLooked)?;
        let rows = edits.iter().map(|edit| rows::write(edit, &self.sealer)).chain([rows::head(head)]);
        let rows: Result<Vec<RowWrite>, RowError> = rows.collect();
        medium.write(head.group, &rows.map_err(|source| medium.row_error(&self.stack.to_string(), source))?)
    }
}

#[cfg(test)]
mod tests;
