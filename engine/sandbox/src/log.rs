//! The log: what is on disk.
//!
//! `sandbox.jsonl` holds one change per line, as JSON that begins with a checksum of the rest of its line. The first
//! line says what the file is. Changes that are made together are appended with one `write(2)` under the lock of
//! `sandbox.lock`, after reading what others appended; so a killed process loses nothing that it answered, and never
//! mixes its lines with another's. What a kill can leave is a last line without its end: nobody was answered, and it is
//! cut off.
//!
//! When most lines are history, the file is written anew beside the old one and renamed over it. Other handles see
//! that the file they have open has no name any more, and read everything again.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dr_core::value::Str;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::SandboxError;
use crate::remnant::Remnant;
use crate::state::{Data, is_zero};

/// The form of the lines.
const VERSION: u32 = 1;
/// Below this many lines the log is left alone.
const SHORT: u64 = 1_000;
/// The log is written anew when it has this many times more lines than it needs.
const SLACK: u64 = 3;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum LogLine<'a> {
    /// The first line.
    Sandbox { version: u32, account: Cow<'a, str> },
    /// A resource is as follows, whether it was there or not.
    Put { kind: Cow<'a, str>, resource: Cow<'a, Data> },
    /// A resource is on its way out and gone at a time; from then on its name is blocked for a while.
    Delete {
        kind: Cow<'a, str>,
        region: Option<Str>,
        id: Str,
        gone_at: u64,
        blocked_until: u64,
        /// Until when it still holds what it used.
        #[serde(default, skip_serializing_if = "is_zero")]
        held_until: u64,
    },
    /// Something is in the account that is no resource.
    Remnant { remnant: Cow<'a, Remnant> },
    /// A name is blocked until a time.
    Block { name: Cow<'a, str>, until: u64 },
    /// What is known by a value cannot be deleted until a time, because something that is gone still holds it.
    Hold { kind: Cow<'a, str>, value: Cow<'a, str>, by: Cow<'a, str>, until: u64 },
}

/// What others wrote since the last look.
pub(crate) struct News {
    /// Whether the file was written anew: what is known counts no more.
    pub(crate) afresh: bool,
    /// The changes with their line numbers.
    pub(crate) changes: Vec<(u64, LogLine<'static>)>,
}

/// The lock; given back when dropped.
pub(crate) struct LogLock(Arc<File>);

impl Drop for LogLock {
    fn drop(&mut self) {
        // Closing the file would give the lock back too; there is nobody to tell.
        let _ = self.0.unlock();
    }
}

/// The log of one directory, and how far it was read.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    account: Str,
    lock: Arc<File>,
    file: Option<File>,
    offset: u64,
    lines: u64,
    /// The changes that were noted and not written yet.
    text: Vec<u8>,
    /// How many they are.
    noted: u64,
}

impl Log {
    /// Opens the log in a directory, or starts one. Nothing of it is read yet.
    pub(crate) fn open(dir: &Path, account: &Str) -> Result<Log, SandboxError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(storage("make", dir))?;
        let lock_path = dir.join("sandbox.lock");
        let lock = or_read_only(OpenOptions::new().create(true).append(true).mode(0o600).open(&lock_path), &lock_path);
        let lock = Arc::new(lock.map_err(storage("open", &lock_path))?);
        let path = dir.join("sandbox.jsonl");
        Ok(Log { path, account: account.clone(), lock, file: None, offset: 0, lines: 0, text: Vec::new(), noted: 0 })
    }

    /// Forgets what was noted, and how far it was read: the next look starts at the first line.
    pub(crate) fn rewind(&mut self) {
        self.file = None;
        self.text.clear();
        self.noted = 0;
    }

    /// Whether something was noted and neither written nor forgotten.
    pub(crate) fn is_behind(&self) -> bool {
        self.noted > 0
    }

    /// Takes the lock; waits while another handle has it.
    pub(crate) fn hold(&self) -> Result<LogLock, SandboxError> {
        self.lock.lock().map_err(|e| storage("lock", &self.path)(e))?;
        Ok(LogLock(self.lock.clone()))
    }

    /// Reads what was written since the last time. Under the lock (`held`), a torn last line is cut off and a missing
    /// file is made; without it, the one is left for later and the other is an error.
    pub(crate) fn news(&mut self, held: Option<&LogLock>) -> Result<News, SandboxError> {
        let mut length = self.length()?;
        let afresh = length.is_none();
        if afresh {
            self.reopen(held.is_some())?;
            length = self.length()?;
        }
        let mut changes = Vec::new();
        let length = length.unwrap_or_default();
        if length > self.offset {
            let bytes = self.read(length)?;
            let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
            for line in bytes[..whole].split_inclusive(|b| *b == b'\n') {
                let number = self.lines + 1 + changes.len() as u64;
                let change = decode(&line[..line.len() - 1]).and_then(|change| self.greet(number, change));
                changes.push((number, change.map_err(|why| self.damaged(number, why))?));
            }
            self.offset += whole as u64;
            self.lines += changes.len() as u64;
            if whole < bytes.len() && held.is_some() {
                self.cut()?;
            }
        }
        if self.lines == 0 && held.is_some() {
            let change = LogLine::Sandbox { version: VERSION, account: Cow::Owned(self.account.to_string()) };
            self.note(&[change])?;
            self.write()?;
        }
        if let Some((_, LogLine::Sandbox { account, .. })) = changes.first()
            && **account != *self.account
        {
            return Err(SandboxError::OtherAccount {
                path: self.path.clone(),
                found: account.to_string(),
                wanted: self.account.to_string(),
            });
        }
        Ok(News { afresh, changes })
    }

    /// The first line must say what the file is, and no other may.
    fn greet<'a>(&self, number: u64, change: LogLine<'a>) -> Result<LogLine<'a>, String> {
        match &change {
            LogLine::Sandbox { version, .. } if number == 1 && *version != VERSION => {
                Err(format!("it is of version {version}, not {VERSION}"))
            }
            LogLine::Sandbox { .. } if number > 1 => Err("only the first line may say what the file is".into()),
            LogLine::Sandbox { .. } => Ok(change),
            _ if number == 1 => Err("the first line does not say what the file is".into()),
            _ => Ok(change),
        }
    }

    /// Notes changes, which [`Log::write`] will append.
    pub(crate) fn note(&mut self, changes: &[LogLine<'_>]) -> Result<(), SandboxError> {
        let before = self.text.len();
        if let Err(error) = changes.iter().try_for_each(|change| encode(change, &mut self.text)) {
            self.text.truncate(before);
            return Err(storage("write", &self.path)(error));
        }
        self.noted += changes.len() as u64;
        Ok(())
    }

    /// Appends what was noted, with one write. Under the lock, after [`Log::news`].
    pub(crate) fn write(&mut self) -> Result<(), SandboxError> {
        if self.text.is_empty() {
            return Ok(());
        }
        let Some(mut file) = self.file.as_ref() else {
            return Err(storage("write", &self.path)(io::Error::other("it is not open")));
        };
        match file.write(&self.text) {
            Ok(written) if written == self.text.len() => {}
            Ok(_) => {
                self.cut()?;
                return Err(storage("write", &self.path)(io::Error::from(io::ErrorKind::StorageFull)));
            }
            Err(e) => return Err(storage("write", &self.path)(e)),
        }
        self.offset += self.text.len() as u64;
        self.lines += std::mem::take(&mut self.noted);
        self.text.clear();
        Ok(())
    }

    /// Lets the next write fail.
    #[cfg(test)]
    pub(crate) fn forbid_writing(&mut self) {
        self.file = File::open(&self.path).ok();
    }

    /// Whether the log has many more lines than the `live` ones it needs.
    pub(crate) fn is_long(&self, live: usize) -> bool {
        self.lines > SHORT && self.lines > SLACK * live as u64
    }

    /// Writes the log anew with these changes only. Under the lock, after [`Log::news`].
    pub(crate) fn rewrite<'a>(&mut self, changes: impl Iterator<Item = LogLine<'a>>) -> Result<(), SandboxError> {
        let path = self.path.with_extension("jsonl.new");
        let (mut text, mut lines) = (Vec::new(), 0);
        let head = LogLine::Sandbox { version: VERSION, account: Cow::Owned(self.account.to_string()) };
        for change in std::iter::once(head).chain(changes) {
            encode(&change, &mut text).map_err(|e| storage("write", &path)(e))?;
            lines += 1;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .map_err(storage("write", &path))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(storage("write", &path))?;
        fs::rename(&path, &self.path).map_err(storage("replace", &self.path))?;
        self.reopen(false)?;
        self.offset = text.len() as u64;
        self.lines = lines;
        Ok(())
    }

    /// That a line cannot be what was written.
    pub(crate) fn damaged(&self, line: u64, why: String) -> SandboxError {
        SandboxError::Damaged { path: self.path.clone(), line, why }
    }

    fn reopen(&mut self, create: bool) -> Result<(), SandboxError> {
        let file = OpenOptions::new().create(create).read(true).append(true).mode(0o600).open(&self.path);
        let file = or_read_only(file, &self.path);
        self.file = Some(file.map_err(storage("open", &self.path))?);
        (self.offset, self.lines) = (0, 0);
        Ok(())
    }

    /// How long the file is; `None` when it is not open, was cut short, or is not the one in the directory any more:
    /// the one that was renamed over or deleted has no name left.
    fn length(&self) -> Result<Option<u64>, SandboxError> {
        let Some(file) = &self.file else { return Ok(None) };
        let meta = file.metadata().map_err(|e| storage("read", &self.path)(e))?;
        Ok(Some(meta.len()).filter(|length| meta.nlink() > 0 && *length >= self.offset))
    }

    fn read(&self, length: u64) -> Result<Vec<u8>, SandboxError> {
        let size = usize::try_from(length - self.offset).unwrap_or(usize::MAX);
        let mut bytes = vec![0; size];
        if let Some(file) = &self.file {
            file.read_exact_at(&mut bytes, self.offset).map_err(storage("read", &self.path))?;
        }
        Ok(bytes)
    }

    /// Cuts off what follows the last whole line.
    fn cut(&self) -> Result<(), SandboxError> {
        self.file
            .as_ref()
            .map_or(Ok(()), |file| file.set_len(self.offset))
            .map_err(|e| storage("repair", &self.path)(e))
    }
}

/// A file that cannot be written can be read: whoever only looks needs no more.
fn or_read_only(opened: io::Result<File>, path: &Path) -> io::Result<File> {
    match opened {
        Err(e) if matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            File::open(path).map_err(|_| e)
        }
        other => other,
    }
}

const BEFORE_SUM: &[u8] = b"{\"sum\":\"";
const AFTER_SUM: &[u8] = b"\",";
const SUM: usize = 16;

fn sum_of(rest: &[u8]) -> [u8; SUM] {
    let mut sum = [0; SUM];
    let digest = Sha256::digest(rest);
    // Half as many bytes as digits always fit.
    let _ = hex::encode_to_slice(&digest[..SUM / 2], &mut sum);
    sum
}

/// Writes a change as a line: its JSON, with the checksum of what follows as its first field.
fn encode(change: &LogLine<'_>, text: &mut Vec<u8>) -> io::Result<()> {
    text.extend_from_slice(BEFORE_SUM);
    let sum = text.len();
    text.extend_from_slice(&[b'0'; SUM]);
    text.push(AFTER_SUM[0]);
    let brace = text.len();
    serde_json::to_writer(&mut *text, change)?;
    text[brace] = AFTER_SUM[1];
    let digits = sum_of(&text[brace + 1..]);
    text[sum..sum + SUM].copy_from_slice(&digits);
    text.push(b'\n');
    Ok(())
}

fn decode(line: &[u8]) -> Result<LogLine<'static>, String> {
    let (sum, rest) = line
        .strip_prefix(BEFORE_SUM)
        .and_then(|text| text.split_at_checked(SUM))
        .and_then(|(sum, text)| Some((sum, text.strip_prefix(AFTER_SUM)?)))
        .ok_or("it does not begin with a checksum")?;
    if sum_of(rest) != *sum {
        return Err("its checksum does not fit".into());
    }
    let json = [b"{", rest].concat();
    serde_json::from_slice(&json).map_err(|e| format!("it is no change: {e}"))
}

fn storage(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SandboxError {
    let path = path.to_owned();
    move |source| SandboxError::Storage { doing, path, source }
}
