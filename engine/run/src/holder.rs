//! Who has a stack open: one process at a time.
//!
//! The lock is one of the system's on the file `lock` in the stack's folder; it ends with the process, however
//! that ends. Who has it is written down in `holder` beside it, once the lock is held, and taken away again. What a
//! killed process has left there is not believed: its process is not alive.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::StoreError;
use crate::private;
use crate::process::ProcessId;

const LOCK: &str = "lock";
const HOLDER: &str = "holder";

/// The lock of a stack; given back when dropped.
#[derive(Debug)]
pub(crate) struct StackLock {
    holder: PathBuf,
    /// Closing it gives the lock back.
    _file: File,
}

impl StackLock {
    /// Takes the lock of the stack with this folder.
    ///
    /// # Errors
    /// When somebody else has it, or its file cannot be written.
    pub(crate) fn take(folder: &Path, stack: &str) -> Result<StackLock, StoreError> {
        let path = folder.join(LOCK);
        let fail = |source| StoreError::File { path: path.clone(), source: Arc::new(source) };
        let file = private::open_file(&path).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(folder, stack)),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        let lock = StackLock { holder: folder.join(HOLDER), _file: file };
        let note = serde_json::to_vec(&ProcessId::own()).unwrap_or_default();
        // It only helps others to say who it is; the lock counts.
        let _ = private::note(&lock.holder, &note);
        Ok(lock)
    }

    /// Takes back the note of who has it: the folder is about to be moved.
    pub(crate) fn say_nothing(&self) {
        let _ = std::fs::remove_file(&self.holder);
    }
}

/// That somebody works on the stack with this folder.
pub(crate) fn locked(folder: &Path, stack: &str) -> StoreError {
    let holder = holder(folder).unwrap_or_else(|| "another process".to_owned());
    StoreError::Locked { stack: stack.to_owned(), holder }
}

impl Drop for StackLock {
    fn drop(&mut self) {
        self.say_nothing();
    }
}

/// The process that works on the stack with this folder, in words, if that is known and it is alive.
pub(crate) fn holder(folder: &Path) -> Option<String> {
    let note = std::fs::read(folder.join(HOLDER)).ok()?;
    let process: ProcessId = serde_json::from_slice(&note).ok()?;
    process.is_alive().then(|| format!("process {}", process.pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_dead_are_not_named() {
        let dir = tempfile::tempdir().unwrap();
        let take = || StackLock::take(dir.path(), "e");
        let own = Some(format!("process {}", std::process::id()));
        assert_eq!(holder(dir.path()), None);
        let lock = take().unwrap();
        assert!(matches!(take(), Err(StoreError::Locked { holder, .. }) if Some(&holder) == own.as_ref()));
        assert_eq!(holder(dir.path()), own);
        drop(lock);
        assert_eq!(holder(dir.path()), None);
        for note in ["", "17", "{\"pid\":4294967295,\"start\":3}", "{\"pid\":1,\"start\":0}", "\u{0}"] {
            std::fs::write(dir.path().join(HOLDER), note).unwrap();
            assert_eq!(holder(dir.path()), None, "{note}");
        }
        drop(take().unwrap());
        assert_eq!(holder(dir.path()), None, "it was taken away");
        // A folder in its place helps nobody, and hinders nobody.
        std::fs::create_dir(dir.path().join(HOLDER)).unwrap();
        let _lock = take().unwrap();
        let Err(StoreError::Locked { holder, .. }) = take() else { panic!("not locked") };
        assert_eq!(holder, "another process");
    }
}
