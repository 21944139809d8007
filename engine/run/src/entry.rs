//! Entries: what stands at the positions of a shared log, as bytes, and what the entries say together.
//!
//! ```text
//! entry    = "drs1", checksum: u32, kind: u8, epoch: u64, writer: 16 bytes, body      numbers are little-endian
//! kind     = 0  somebody began to write; the body says who and when, as JSON
//!            1  a part of a group of rows, which does not count yet
//!            2  the last part of a group, which makes it count
//!            3  the state was moved elsewhere, and nothing is here any more; the body says whereto, as JSON
//!            4  a snapshot: the body holds all rows
//! ```
//!
//! The checksum is the CRC-32 of the stack's name, the position and everything after it, so that no entry can stand in
//! for another. A group is laid out as in the log on disk ([`log`](crate::log)) and cut where a part is full. Epochs
//! never fall. Parts that no last part of the same writer follows at once count for nothing: their writer was stopped.

use std::collections::BTreeMap;

use dr_core::state_log::LogSnapshot;
use serde::{Deserialize, Serialize};

use crate::counted::MOST;
use crate::log::{Edits, encode};
use crate::rows::{RowTree, RowWrite, Rows};

const GREETING: &[u8] = b"drs1";
/// Bytes before what the checksum is about.
const CHECKED: usize = GREETING.len() + 4;
/// Bytes before the body.
const HEADER: usize = CHECKED + 1 + 8 + WRITER;
/// Bytes of a writer's id.
pub(crate) const WRITER: usize = 16;
/// The most bytes of a part. An item of DynamoDB has at most 400 KB, names included.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const PART: usize = 350 << 10;

const OPENED: u8 = 0;
const GROUP_PART: u8 = 1;
const GROUP_END: u8 = 2;
const MOVED: u8 = 3;
const SNAPSHOT: u8 = 4;

/// A writer's id, random.
pub(crate) type WriterId = [u8; WRITER];

/// Who writes, and since which taking of the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriterMark {
    pub(crate) epoch: u64,
    pub(crate) writer: WriterId,
}

/// That somebody began to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    /// Who, in words.
    pub(crate) by: String,
    /// When, by the writer's clock: seconds since 1970. Only people go by it.
    pub(crate) at: u64,
    /// From whom the lease was taken, who had not given it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
}

/// That the state is elsewhere now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moving {
    /// Where, in words.
    pub(crate) to: String,
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogDamage {
    /// A position has nothing although a later one has something.
    #[error("position {0} is missing")]
    Missing(u64),
    /// An entry is not what was written there.
    #[error("what is at position {0} is not what was written there")]
    Entry(u64),
    /// A snapshot is not what was written.
    #[error("the snapshot up to position {0} is not what was written")]
    Snapshot(u64),
    /// A later version of the program wrote it.
    #[error("what is at position {0} was written by a later version of dr")]
    Version(u64),
}

/// The rows of a state, owned.
pub(crate) type OwnedRows = BTreeMap<(RowTree, String), Vec<u8>>;

/// Owned rows in the form in which contents are made of them.
pub(crate) fn borrowed(rows: &OwnedRows) -> Rows<'_> {
    rows.iter().map(|((tree, key), bytes)| ((*tree, key.as_str()), bytes.as_slice())).collect()
}

/// Rows of somebody else's, owned.
pub(crate) fn owned(rows: &Rows<'_>) -> OwnedRows {
    rows.iter().map(|((tree, key), bytes)| ((*tree, (*key).to_owned()), bytes.to_vec())).collect()
}

fn checksum(stack: &str, position: u64, rest: &[u8]) -> [u8; 4] {
    let mut hash = crc32fast::Hasher::new();
    hash.update(stack.as_bytes());
    hash.update(&[0]);
    hash.update(&position.to_le_bytes());
    hash.update(rest);
    hash.finalize().to_le_bytes()
}

fn seal(stack: &str, position: u64, kind: u8, mark: WriterMark, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(GREETING);
    bytes.extend_from_slice(&[0; 4]);
    bytes.push(kind);
    bytes.extend_from_slice(&mark.epoch.to_le_bytes());
    bytes.extend_from_slice(&mark.writer);
    bytes.extend_from_slice(body);
    let sum = checksum(stack, position, &bytes[CHECKED..]);
    bytes[GREETING.len()..CHECKED].copy_from_slice(&sum);
    bytes
}

/// Kind, writer and body of an entry; `None` when it is not one that was written for this place.
fn open<'a>(stack: &str, position: u64, bytes: &'a [u8]) -> Option<(u8, WriterMark, &'a [u8])> {
    let rest = bytes.strip_prefix(GREETING)?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    if *sum != checksum(stack, position, rest) || position > MOST {
        return None;
    }
    let (kind, rest) = rest.split_first()?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (writer, body) = rest.split_first_chunk()?;
    Some((*kind, WriterMark { epoch: u64::from_le_bytes(*epoch), writer: *writer }, body))
}

/// The entry that says who begins to write.
pub(crate) fn opening(stack: &str, position: u64, mark: WriterMark, opening: &Opening) -> Vec<u8> {
    // Texts and numbers are always JSON.
    seal(stack, position, OPENED, mark, &serde_json::to_vec(opening).unwrap_or_default())
}

/// Who began to write with the entry at a position, if it says so.
pub(crate) fn opened(stack: &str, position: u64, bytes: &[u8]) -> Option<Opening> {
    match open(stack, position, bytes)? {
        (OPENED, _, body) => serde_json::from_slice(body).ok(),
        _ => None,
    }
}

/// The entry that says that the state is elsewhere now.
pub(crate) fn moving(stack: &str, position: u64, mark: WriterMark, moving: &Moving) -> Vec<u8> {
    seal(stack, position, MOVED, mark, &serde_json::to_vec(moving).unwrap_or_default())
}

/// The entries of a group, the first of them at this position.
///
/// # Errors
/// When a row is longer than 4 GB.
pub(crate) fn group(
    stack: &str,
    position: u64,
    mark: WriterMark,
    rows: &[RowWrite],
) -> Result<Vec<Vec<u8>>, std::io::Error> {
    let mut body = Vec::new();
    for row in rows {
        encode(&mut body, row.tree, &row.key, row.bytes.as_deref())?;
    }
    let last = body.len().div_ceil(PART).saturating_sub(1);
    let parts = (position..).zip(body.chunks(PART)).enumerate();
    let kind = |number| if number == last { GROUP_END } else { GROUP_PART };
    Ok(parts.map(|(number, (position, part))| seal(stack, position, kind(number), mark, part)).collect())
}

/// What a log says up to some position.
#[derive(Debug, Default)]
pub(crate) struct LogReplay {
    pub(crate) rows: OwnedRows,
    /// The last position that was read.
    pub(crate) position: u64,
    /// The highest epoch.
    pub(crate) epoch: u64,
    /// The position of the snapshot that it began with.
    pub(crate) snapshot: u64,
    /// How many bytes were read since.
    pub(crate) length: usize,
    /// Who began to write last.
    pub(crate) opening: Option<Opening>,
    /// Where the state was moved, if that is the last that was heard of it.
    pub(crate) moved: Option<Moving>,
    /// The parts of a group that does not count yet, and whose they are.
    pending: Option<(WriterMark, Vec<u8>)>,
}

impl LogReplay {
    /// What a snapshot says.
    ///
    /// # Errors
    /// When it is not what was written.
    pub(crate) fn new(stack: &str, snapshot: Option<&LogSnapshot>) -> Result<LogReplay, LogDamage> {
        let mut replay = LogReplay::default();
        let Some(LogSnapshot { position, bytes }) = snapshot else { return Ok(replay) };
        let damaged = LogDamage::Snapshot(*position);
        let Some((SNAPSHOT, mark, body)) = open(stack, *position, bytes) else { return Err(damaged) };
        replay.apply(body).ok_or(damaged)?;
        (replay.position, replay.snapshot, replay.epoch) = (*position, *position, mark.epoch);
        Ok(replay)
    }

    /// Takes the entry at a position.
    ///
    /// # Errors
    /// When it is not the next one, or not what was written there.
    pub(crate) fn take(&mut self, stack: &str, position: u64, bytes: &[u8]) -> Result<(), LogDamage> {
        let next = self.position.saturating_add(1);
        if position != next {
            return Err(LogDamage::Missing(next));
        }
        let damaged = LogDamage::Entry(position);
        let (kind, mark, body) = open(stack, position, bytes).ok_or_else(|| damaged.clone())?;
        if mark.epoch < self.epoch {
            return Err(damaged);
        }
        let pending = self.pending.take().filter(|(writer, _)| *writer == mark);
        match kind {
            OPENED => self.opening = Some(serde_json::from_slice(body).map_err(|_| damaged)?),
            GROUP_PART | GROUP_END => {
                let mut whole = pending.map(|(_, parts)| parts).unwrap_or_default();
                whole.extend_from_slice(body);
                if kind == GROUP_PART {
                    self.pending = Some((mark, whole));
                } else {
                    self.apply(&whole).ok_or(damaged)?;
                    self.moved = None;
                }
            }
            MOVED => {
                self.rows.clear();
                self.moved = Some(serde_json::from_slice(body).map_err(|_| damaged)?);
            }
            _ => return Err(LogDamage::Version(position)),
        }
        (self.position, self.epoch) = (position, mark.epoch);
        self.length += bytes.len();
        Ok(())
    }

    /// The same, and goes on where something is wrong. Tells what.
    pub(crate) fn take_or_skip(&mut self, stack: &str, position: u64, bytes: &[u8]) -> Option<LogDamage> {
        let next = self.position.saturating_add(1);
        let missing = (position != next).then_some(LogDamage::Missing(next));
        self.position = position.saturating_sub(1);
        let damaged = self.take(stack, position, bytes).err();
        if damaged.is_some() {
            self.pending = None;
        }
        self.position = position;
        missing.or(damaged)
    }

    /// Applies a group; `None` when it cannot be read.
    fn apply(&mut self, body: &[u8]) -> Option<()> {
        for edit in Edits(body) {
            let (tree, key, bytes) = edit?;
            match bytes {
                Some(bytes) => drop(self.rows.insert((tree, key.to_owned()), bytes.to_vec())),
                None => drop(self.rows.remove(&(tree, key.to_owned()))),
            }
        }
        Some(())
    }

    /// A snapshot of everything that was read.
    ///
    /// # Errors
    /// When a row is longer than 4 GB.
    pub(crate) fn snapshot(&self, stack: &str, writer: WriterId) -> Result<LogSnapshot, std::io::Error> {
        let mut body = Vec::new();
        for ((tree, key), bytes) in &self.rows {
            encode(&mut body, *tree, key, Some(bytes))?;
        }
        let mark = WriterMark { epoch: self.epoch, writer };
        Ok(LogSnapshot { position: self.position, bytes: seal(stack, self.position, SNAPSHOT, mark, &body) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: WriterMark = WriterMark { epoch: 1, writer: [1; WRITER] };
    const B: WriterMark = WriterMark { epoch: 2, writer: [2; WRITER] };

    fn row(key: &str, length: Option<usize>) -> RowWrite {
        RowWrite { tree: RowTree::Records, key: key.into(), bytes: length.map(|length| vec![7; length]) }
    }

    fn read(entries: &[Vec<u8>]) -> Result<LogReplay, LogDamage> {
        let mut replay = LogReplay::default();
        (1..).zip(entries).try_for_each(|(position, bytes)| replay.take("p/e", position, bytes))?;
        Ok(replay)
    }

    fn keys(replay: &LogReplay) -> Vec<&str> {
        replay.rows.keys().map(|(_, key)| key.as_str()).collect()
    }

    fn began(position: u64, mark: WriterMark) -> Vec<u8> {
        opening("p/e", position, mark, &Opening { by: "anna".into(), at: 7, from: None })
    }

    #[test]
    fn a_group_counts_with_its_last_part_and_a_stopped_writers_parts_do_not() {
        let mut log = vec![began(1, A)];
        log.extend(group("p/e", 2, A, &[row("a", Some(1)), row("b", Some(PART * 2)), row("c", Some(3))]).unwrap());
        assert_eq!(log.len(), 4, "a row that is longer than a part is cut");
        assert!(keys(&read(&log[..3]).unwrap()).is_empty());
        assert_eq!(keys(&read(&log).unwrap()), ["a", "b", "c"]);
        assert_eq!(read(&log).unwrap().rows[&(RowTree::Records, "b".into())], vec![7; PART * 2]);
        // Another writer goes on after the second part.
        log.truncate(3);
        log.push(began(4, B));
        log.extend(group("p/e", 5, B, &[row("d", Some(1)), row("gone", None)]).unwrap());
        let replay = read(&log).unwrap();
        assert_eq!((keys(&replay), replay.position, replay.epoch), (vec!["d"], 5, 2));
    }

    #[test]
    fn a_snapshot_says_what_the_entries_say() {
        let mut log = vec![began(1, A)];
        log.extend(group("p/e", 2, A, &[row("a", Some(1)), row("b", Some(9))]).unwrap());
        let before = read(&log).unwrap();
        let snapshot = before.snapshot("p/e", A.writer).unwrap();
        let mut after = LogReplay::new("p/e", Some(&snapshot)).unwrap();
        assert_eq!((&after.rows, after.position, after.epoch), (&before.rows, 2, 1));
        after.take("p/e", 3, &group("p/e", 3, A, &[row("a", None)]).unwrap()[0]).unwrap();
        assert_eq!(keys(&after), ["b"]);
        for wrong in [
            LogSnapshot { position: 3, ..snapshot.clone() },
            LogSnapshot { bytes: snapshot.bytes[..40].to_vec(), ..snapshot.clone() },
        ] {
            let at = wrong.position;
            assert_eq!(LogReplay::new("p/e", Some(&wrong)).unwrap_err(), LogDamage::Snapshot(at));
        }
        assert!(LogReplay::new("q/e", Some(&snapshot)).is_err(), "of another stack");
    }

    #[test]
    fn what_was_not_written_there_is_damage() {
        let whole = group("p/e", 1, A, &[row("a", Some(1))]).unwrap().remove(0);
        assert!(read(std::slice::from_ref(&whole)).is_ok());
        assert_eq!(read(&[whole.clone(), whole.clone()]).unwrap_err(), LogDamage::Entry(2));
        for byte in 0..whole.len() {
            let mut bent = whole.clone();
            bent[byte] ^= 1;
            assert_eq!(read(&[bent]).unwrap_err(), LogDamage::Entry(1), "byte {byte}");
            assert_eq!(read(&[whole[..byte].to_vec()]).unwrap_err(), LogDamage::Entry(1), "cut at {byte}");
        }
        assert_eq!(read(&[seal("p/e", 1, 77, A, &[])]).unwrap_err(), LogDamage::Version(1));
        let late = group("p/e", 2, A, &[row("b", Some(1))]).unwrap().remove(0);
        assert_eq!(read(&[began(1, B), late.clone()]).unwrap_err(), LogDamage::Entry(2), "epochs never fall");
        assert_eq!(LogReplay::default().take("p/e", 2, &late).unwrap_err(), LogDamage::Missing(1));
    }

    #[test]
    fn after_a_move_nothing_is_there_until_something_is_written() {
        let mut log = group("p/e", 1, A, &[row("a", Some(1))]).unwrap();
        log.push(moving("p/e", 2, A, &Moving { to: "elsewhere".into() }));
        let replay = read(&log).unwrap();
        assert!(replay.rows.is_empty() && replay.moved.is_some());
        log.extend(group("p/e", 3, B, &[row("b", Some(1))]).unwrap());
        let replay = read(&log).unwrap();
        assert_eq!(keys(&replay), ["b"]);
        assert!(replay.moved.is_none());
    }
}
