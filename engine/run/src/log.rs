//! The log of an environment: every group of rows that was written, in one file that anybody may read at any time.
//!
//! The database locks its files, keeps what it knows in places of its own choosing, and opens a damaged file as if what
//! comes after the damage had never been written. So each group is also appended here, before it goes into the database.
//! From the log, others read the state while somebody works on it or the disk is full or read-only; by it, a database
//! that has lost something is noticed; and from it, such a database is made anew. The database in turn notices a log
//! that was cut off. Either is enough.
//!
//! ```text
//! file    = "dr state log 2\n" frame*
//! frame   = length of the payload: u32, checksum: u32, payload      numbers are little-endian
//! payload = 0: u8, group: u64, row*                                 a group; the first frames hold all rows at the time
//!         | 1: u8, group: u64                                       closed in order; always the last frame
//! row     = tree: u8, length: u32, key, length: u32, bytes          a length of 2³²-1, and no bytes: the row goes
//! ```
//!
//! The checksum is the CRC-32 of the checksum before and the payload, so that no frame can be missing or be another's.
//! The numbers of groups never have a gap. A log that does not end with the last frame was not closed: somebody works,
//! or was killed, or the log was cut off; the database tells.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::counted::MOST;
use crate::private;
use crate::rows::{RowRead, RowTree, RowWrite, Rows};

const GREETING: &[u8] = b"dr state log 2\n";
/// Bytes before a payload.
const HEADER: usize = 8;
/// Those of them that say how long it is.
const LENGTH: usize = 4;
/// Bytes of the last frame.
const LAST: usize = HEADER + 9;
/// More bytes than the first frame has when a state is made.
const FIRST: usize = 4096;
const GROUP: u8 = 0;
const CLOSED: u8 = 1;
/// Stands for the length of a row that goes.
const GOES: u32 = u32::MAX;
/// A log is written anew when it is longer than this,
const SHORT: u64 = 1 << 20;
/// and this many times longer than what it says.
const SLACK: u64 = 4;
/// About how long the frames of a log that is written anew are.
const FRAME: usize = 1 << 20;

/// How a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogEnd {
    /// Whoever wrote it closed it.
    Closed,
    /// After a whole frame.
    Open,
    /// From this place on there is less than a frame, or no more than the last one: nothing that was finished.
    Torn(u64),
    /// What is at this place is not what was written there, and more came after it.
    Damaged(u64),
}

/// A log as it was read: what it says up to its end, or to the first damage.
#[derive(Debug)]
pub(crate) struct LogText {
    bytes: Vec<u8>,
    /// Where the last whole group ends.
    length: usize,
    /// The checksum there.
    sum: u32,
    /// The last group.
    pub(crate) group: u64,
    pub(crate) end: LogEnd,
}

impl LogText {
    /// Reads the log in a file; `None` when there is none.
    pub(crate) fn read(path: &Path) -> io::Result<Option<LogText>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(LogText::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn new(bytes: Vec<u8>) -> LogText {
        let end = if bytes.is_empty() { LogEnd::Torn(0) } else { LogEnd::Damaged(0) };
        let mut text = LogText { bytes, length: 0, sum: 0, group: 0, end };
        if !text.bytes.starts_with(GREETING) {
            return text;
        }
        text.length = GREETING.len();
        text.end = loop {
            let rest = &text.bytes[text.length..];
            if rest.is_empty() {
                break LogEnd::Open;
            }
            let Some((payload, sum)) = frame(rest, text.sum) else { break text.broken() };
            let Some((kind, group, rows)) = split(payload) else { break LogEnd::Damaged(text.length as u64) };
            let follows = text.length == GREETING.len() || group == text.group || group == text.group + 1;
            match kind {
                GROUP if follows && Edits(rows).all(|edit| edit.is_some()) => {}
                CLOSED if follows && rows.is_empty() => {
                    // Whatever follows, nobody of us has written it.
                    let end = HEADER + payload.len();
                    break if rest.len() == end { LogEnd::Closed } else { LogEnd::Torn((text.length + end) as u64) };
                }
                _ => break LogEnd::Damaged(text.length as u64),
            }
            text.length += HEADER + payload.len();
            (text.sum, text.group) = (sum, group);
        };
        text
    }

    /// How a log ends in which no whole frame follows. A kill leaves a frame without its end.
    fn broken(&self) -> LogEnd {
        let (rest, at) = (&self.bytes[self.length..], self.length as u64);
        let lacks_end = number(rest).is_none_or(|(length, rest)| rest.len() < length as usize + HEADER - LENGTH);
        // A log begins with a short group.
        let is_first = self.length == GREETING.len() && rest.len() > FIRST;
        match lacks_end && !is_first || rest.len() == LAST {
            true => LogEnd::Torn(at),
            false => LogEnd::Damaged(at),
        }
    }

    /// Whether nothing in it is damaged.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.end, LogEnd::Closed | LogEnd::Open)
    }

    /// The rows that are there after the last whole group.
    pub(crate) fn rows(&self) -> Rows<'_> {
        let mut rows = Rows::new();
        let mut rest = self.bytes.get(GREETING.len()..self.length).unwrap_or_default();
        // The frames are known to be whole.
        while let Some((length, _)) = number(rest)
            && let Some((frame, next)) = rest.split_at_checked(HEADER + length as usize)
        {
            let edits = split(&frame[HEADER..]).map(|(_, _, edits)| edits).unwrap_or_default();
            for (tree, key, bytes) in Edits(edits).flatten() {
                match bytes {
                    Some(bytes) => rows.insert((tree, key), bytes),
                    None => rows.remove(&(tree, key)),
                };
            }
            rest = next;
        }
        rows
    }
}

/// What was written to a log after it was damaged: groups, with their edits as far as they can be read.
pub(crate) type LaterGroups<'a> = Vec<(u64, Vec<LoggedEdit<'a>>)>;

impl LogText {
    /// What can be read from the damage on, and the bytes that cannot. A row of a damaged group may be damaged itself.
    pub(crate) fn after_damage(&self) -> (LaterGroups<'_>, Vec<&[u8]>) {
        let (mut groups, mut lost) = (Vec::new(), Vec::new());
        let (mut at, mut sum) = (self.length.max(GREETING.len()), self.sum);
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty() && !self.is_whole()) {
            if let Some((payload, next)) = frame(rest, sum) {
                groups.extend(group_of(payload));
                (at, sum) = (at + HEADER + payload.len(), next);
                continue;
            }
            let length = number(rest).and_then(|(length, _)| usize::try_from(length).ok());
            let payload = length.and_then(|length| rest.get(HEADER..HEADER + length)).unwrap_or_default();
            groups.extend(group_of(payload));
            // What follows is proven by the checksum of the damaged frame: as it is written there, or as it is.
            let written = rest.get(LENGTH..).and_then(number).map(|(sum, _)| sum);
            let sums = [written, Some(checksum(sum, payload))];
            let next = (1..rest.len()).find_map(|skip| {
                let rest = &rest[skip..];
                let is_like = rest.get(HEADER).is_some_and(|kind| [GROUP, CLOSED].contains(kind));
                sums.iter().flatten().find(|sum| is_like && frame(rest, **sum).is_some()).map(|sum| (skip, *sum))
            });
            let (skip, next) = next.unwrap_or((rest.len(), sum));
            lost.push(&rest[..skip]);
            (at, sum) = (at + skip, next);
        }
        (groups, lost)
    }
}

/// The number of a group, and its edits.
fn group_of(payload: &[u8]) -> Option<(u64, Vec<LoggedEdit<'_>>)> {
    let (kind, group, edits) = split(payload)?;
    (kind == GROUP).then(|| (group, Edits(edits).flatten().collect()))
}

/// The payload at the beginning of these bytes, and its checksum, if it is whole and follows on this one.
fn frame(bytes: &[u8], before: u32) -> Option<(&[u8], u32)> {
    let (length, rest) = number(bytes)?;
    let (sum, rest) = number(rest)?;
    let payload = rest.get(..usize::try_from(length).ok()?)?;
    (checksum(before, payload) == sum).then_some((payload, sum))
}

fn checksum(before: u32, payload: &[u8]) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    hash.update(&before.to_le_bytes());
    hash.update(payload);
    hash.finalize()
}

/// Kind, group and rows of a payload.
fn split(payload: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (kind, rest) = payload.split_first()?;
    let (group, rows) = rest.split_first_chunk()?;
    let group = u64::from_le_bytes(*group);
    (group <= MOST).then_some((*kind, group, rows))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

/// The edits of a group; `None` where they cannot be read, which is the last then.
pub(crate) struct Edits<'a>(pub(crate) &'a [u8]);

/// A row: its tree, its key, and its bytes, or nothing when it goes.
pub(crate) type LoggedEdit<'a> = (RowTree, &'a str, Option<&'a [u8]>);

impl<'a> Edits<'a> {
    fn read(&mut self) -> Option<LoggedEdit<'a>> {
        let (tree, rest) = self.0.split_first()?;
        let tree = *RowTree::ALL.get(usize::from(*tree))?;
        let (length, rest) = number(rest)?;
        let (key, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        let key = std::str::from_utf8(key).ok()?;
        let (length, rest) = number(rest)?;
        let (bytes, rest) = match length {
            GOES => (None, rest),
            _ => rest.split_at_checked(usize::try_from(length).ok()?).map(|(bytes, rest)| (Some(bytes), rest))?,
        };
        self.0 = rest;
        Some((tree, key, bytes))
    }
}

impl<'a> Iterator for Edits<'a> {
    type Item = Option<LoggedEdit<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let edit = self.read();
        if edit.is_none() {
            self.0 = &[];
        }
        Some(edit)
    }
}

/// Appends rows of a group to a frame.
pub(crate) fn encode(text: &mut Vec<u8>, tree: RowTree, key: &str, bytes: Option<&[u8]>) -> io::Result<()> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).ok().filter(|length| *length < GOES);
    let too_long = || io::Error::new(io::ErrorKind::FileTooLarge, "a row is longer than 4 GB");
    text.push(RowTree::ALL.iter().position(|other| *other == tree).unwrap_or_default() as u8);
    text.extend_from_slice(&length(key.as_bytes()).ok_or_else(too_long)?.to_le_bytes());
    text.extend_from_slice(key.as_bytes());
    match bytes {
        Some(bytes) => {
            text.extend_from_slice(&length(bytes).ok_or_else(too_long)?.to_le_bytes());
            text.extend_from_slice(bytes);
        }
        None => text.extend_from_slice(&GOES.to_le_bytes()),
    }
    Ok(())
}

/// Begins a frame; its header is filled in by [`seal`].
fn begin(text: &mut Vec<u8>, kind: u8, group: u64) {
    text.clear();
    text.extend_from_slice(&[0; HEADER]);
    text.push(kind);
    text.extend_from_slice(&group.to_le_bytes());
}

/// Fills in the header of a frame. Returns its checksum.
fn seal(text: &mut [u8], before: u32) -> io::Result<u32> {
    let sum = checksum(before, &text[HEADER..]);
    let length = u32::try_from(text.len() - HEADER)
        .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, "a group is longer than 4 GB"))?;
    text[..4].copy_from_slice(&length.to_le_bytes());
    text[4..HEADER].copy_from_slice(&sum.to_le_bytes());
    Ok(sum)
}

/// A log that is written.
#[derive(Debug)]
pub(crate) struct GroupLog {
    file: File,
    /// Where the next frame goes.
    length: u64,
    /// The checksum of the last one.
    sum: u32,
    group: u64,
    /// Whether the file says that it is closed.
    closed: bool,
    /// Where the last group began, and the checksum before it.
    before: Option<(u64, u32, u64)>,
    /// What is written next; kept for its memory.
    text: Vec<u8>,
}

impl GroupLog {
    /// Goes on with a log that was read and is whole.
    pub(crate) fn open(path: &Path, read: &LogText) -> io::Result<GroupLog> {
        let file = private::open_file(path)?;
        Ok(GroupLog {
            file,
            length: read.length as u64,
            sum: read.sum,
            group: read.group,
            closed: read.end == LogEnd::Closed,
            before: None,
            text: Vec::new(),
        })
    }

    /// Writes a log anew: `rows` are all there are. What was there before stays until the new one is whole.
    pub(crate) fn create<'a>(
        path: &Path,
        group: u64,
        rows: impl IntoIterator<Item = RowRead<'a>>,
    ) -> io::Result<GroupLog> {
        let (aside, mut file) = private::beside(path)?;
        let (mut length, mut sum) = (GREETING.len() as u64, 0);
        let mut text = Vec::new();
        let write = || {
            file.write_all(GREETING)?;
            begin(&mut text, GROUP, group);
            let empty = text.len();
            let mut put = |text: &mut Vec<u8>| {
                sum = seal(text, sum)?;
                file.write_all(text)?;
                length += text.len() as u64;
                begin(text, GROUP, group);
                io::Result::Ok(())
            };
            for row in rows {
                encode(&mut text, row.tree, row.key, Some(row.bytes))?;
                if text.len() > FRAME {
                    put(&mut text)?;
                }
            }
            if text.len() > empty || group > 0 {
                put(&mut text)?;
            }
            std::fs::rename(&aside, path)
        };
        if let Err(error) = write() {
            let _ = std::fs::remove_file(&aside);
            return Err(error);
        }
        Ok(GroupLog { file, length, sum, group, closed: false, before: None, text })
    }

    /// A log on a disk that is full.
    #[cfg(test)]
    pub(crate) fn full() -> GroupLog {
        let file = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        GroupLog { file, length: 0, sum: 0, group: 0, closed: false, before: None, text: Vec::new() }
    }

    /// Whether a log says much more than what is there.
    pub(crate) fn is_long(read: &LogText, rows: &Rows<'_>) -> bool {
        let there: u64 = rows.iter().map(|((_, key), bytes)| (key.len() + bytes.len()) as u64).sum();
        read.length as u64 > SHORT && read.length as u64 > SLACK * there
    }

    /// Appends a group.
    pub(crate) fn append(&mut self, group: u64, rows: &[RowWrite]) -> io::Result<()> {
        let mut text = std::mem::take(&mut self.text);
        begin(&mut text, GROUP, group);
        let encoded = rows.iter().try_for_each(|row| encode(&mut text, row.tree, &row.key, row.bytes.as_deref()));
        let written = encoded.and_then(|()| self.put(&mut text));
        self.text = text;
        let (before, sum) = written?;
        self.before = Some((before, sum, std::mem::replace(&mut self.group, group)));
        Ok(())
    }

    /// Writes a frame. Returns where it began, and the checksum before it.
    fn put(&mut self, text: &mut [u8]) -> io::Result<(u64, u32)> {
        if std::mem::take(&mut self.closed) {
            self.file.set_len(self.length)?;
        }
        let (before, sum) = (self.length, self.sum);
        let next = seal(text, sum)?;
        if let Err(error) = self.file.write_all_at(text, before) {
            // Half a frame would be taken for damage.
            let _ = self.file.set_len(before);
            return Err(error);
        }
        self.length += text.len() as u64;
        self.sum = next;
        Ok((before, sum))
    }

    /// Takes the last group back.
    pub(crate) fn retract(&mut self) {
        if let Some((length, sum, group)) = self.before.take()
            && self.file.set_len(length).is_ok()
        {
            (self.length, self.sum, self.group) = (length, sum, group);
        }
    }

    /// Says that nothing follows.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let mut text = std::mem::take(&mut self.text);
        begin(&mut text, CLOSED, self.group);
        (self.length, self.sum) = self.put(&mut text)?;
        self.closed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
