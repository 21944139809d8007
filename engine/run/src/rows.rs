//! Rows: how a store's contents are laid out as bytes, whatever holds them.
//!
//! | tree | key | contents |
//! | --- | --- | --- |
//! | `journal` | `OPERATION/0` | what begins an operation |
//! | | `OPERATION/1` | the id of what it creates |
//! | `records` | `ADDRESS` | a current record |
//! | | `ADDRESS#OPERATION` | one that was set aside, and the operation that had created it |
//! | `meta` | `head` | position, program, cloud and lifetime |
//! | | `outputs` | the program's outputs |
//! | | `answers` | what look-ups answered last |
//! | | `recovery` | what is kept of recovery |
//! | | `run/NUMBER` | a run of a plan |
//! | | `key` | how the key is made, and how to tell that it is the right one |
//!
//! A row is a version byte, a CRC-32 of tree, key and contents, and JSON. Secrets in it are sealed for the row's own
//! place. A row that was damaged, or that stands under another key than it was written for, is an error that names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::answer::{Answer, Answers};
use dr_core::failover::state::RecoveryState;
use dr_core::history::{History, PastRun};
use dr_core::journal::{Deposed, Journal, JournalError, JournalEvent};
use dr_core::record::{Record, Unfinished};
use dr_core::value::{Map, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::contents::{Contents, Head};
use crate::counted;
use crate::lost::{LostSecret, names, strip};
use crate::row_edit::RowEdit;
use crate::seal::{SealError, Sealer, needs_sealing};

/// The version of this layout.
const VERSION: u8 = 2;
/// Bytes before the contents.
const HEADER: usize = 5;
/// The key of the head.
pub(crate) const HEAD: &str = "head";
const KEY: &str = "key";
const OUTPUTS: &str = "outputs";
const ANSWERS: &str = "answers";
const RECOVERY: &str = "recovery";
/// How the key of a run's row begins. Its number follows, with leading zeros, so that the rows are sorted by it.
const RUN: &str = "run/";
/// How the key of a row ends that begins an operation.
const BEGUN: &str = "/0";
/// How the key of a row ends that gives what an operation creates its id.
const IDENTIFIED: &str = "/1";
/// What stands between the address and the operation of what was set aside.
pub(crate) const ASIDE: char = '#';

/// Why a row cannot be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RowError {
    /// Its bytes are not what was written.
    #[error("the row `{key}` in `{tree}` is damaged: {why}")]
    Damaged {
        /// The tree.
        tree: &'static str,
        /// The key.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another version of the program wrote it.
    #[error("the row `{key}` in `{tree}` has the form {version}, which this version of dr does not know")]
    Version {
        /// The tree.
        tree: &'static str,
        /// The key.
        key: String,
        /// The form it has.
        version: u8,
    },
    /// The rows of the journal contradict each other.
    #[error("the journal contradicts itself")]
    Journal(#[from] JournalError),
    /// A secret in it cannot be sealed or opened.
    #[error("a secret cannot be sealed or opened")]
    Seal(#[from] SealError),
}

/// What rows are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowTree {
    Journal,
    Records,
    Meta,
}

impl RowTree {
    /// All of them. The head is in the last.
    pub(crate) const ALL: [RowTree; 3] = [RowTree::Journal, RowTree::Records, RowTree::Meta];

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            RowTree::Journal => "journal",
            RowTree::Records => "records",
            RowTree::Meta => "meta",
        }
    }
}

/// A row to be written: its tree, its key, and its bytes, or nothing when it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowWrite {
    pub(crate) tree: RowTree,
    pub(crate) key: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

/// A row as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowRead<'a> {
    pub(crate) tree: RowTree,
    pub(crate) key: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// The rows of a state, tree by tree and sorted by key.
pub(crate) type Rows<'a> = BTreeMap<(RowTree, &'a str), &'a [u8]>;

/// Rows in the form in which contents are made of them.
pub(crate) fn each<'a>(rows: &Rows<'a>) -> impl Iterator<Item = RowRead<'a>> {
    rows.iter().map(|((tree, key), bytes)| RowRead { tree: *tree, key, bytes })
}

/// How the environment's key is made, and how to tell that it is the right one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyRow {
    pub(crate) fingerprint: String,
    pub(crate) salt: String,
}

impl KeyRow {
    /// The row that keeps it.
    pub(crate) fn write(&self) -> Result<RowWrite, RowError> {
        let bytes = RowPlace { tree: RowTree::Meta, key: KEY }.encode(self)?;
        Ok(RowWrite { tree: RowTree::Meta, key: KEY.into(), bytes: Some(bytes) })
    }

    /// That there is none, although there are other rows.
    pub(crate) fn missing() -> RowError {
        RowPlace { tree: RowTree::Meta, key: KEY }.damaged("it is missing")
    }

    /// The one among these rows.
    pub(crate) fn find(rows: &Rows<'_>) -> Option<Result<KeyRow, RowError>> {
        rows.get(&(RowTree::Meta, KEY)).map(|bytes| RowPlace { tree: RowTree::Meta, key: KEY }.decode(bytes))
    }
}

/// The row of the head.
pub(crate) fn head(head: &Head) -> Result<RowWrite, RowError> {
    let bytes = RowPlace { tree: RowTree::Meta, key: HEAD }.encode(head)?;
    Ok(RowWrite { tree: RowTree::Meta, key: HEAD.into(), bytes: Some(bytes) })
}

/// The head among these rows.
pub(crate) fn find_head(rows: &Rows<'_>) -> Option<Result<Head, RowError>> {
    rows.get(&(RowTree::Meta, HEAD)).map(|bytes| RowPlace { tree: RowTree::Meta, key: HEAD }.decode_head(bytes))
}

/// The keys of the rows that an operation may have.
pub(crate) fn keys_of(op: &str) -> [String; 2] {
    [BEGUN, IDENTIFIED].map(|ending| format!("{op}{ending}"))
}

/// The row that an edit writes or removes.
pub(crate) fn write(edit: &RowEdit, sealer: &Sealer) -> Result<RowWrite, RowError> {
    let (tree, key) = match edit {
        RowEdit::Begun(op, _) => (RowTree::Journal, format!("{op}{BEGUN}")),
        RowEdit::Identified(op, _) => (RowTree::Journal, format!("{op}{IDENTIFIED}")),
        RowEdit::Current(address, _) => (RowTree::Records, address.to_string()),
        RowEdit::SetAside(name, _) => (RowTree::Records, format!("{}{ASIDE}{}", name.address, name.op)),
        RowEdit::Outputs(_) => (RowTree::Meta, OUTPUTS.to_owned()),
        RowEdit::Answers(_) => (RowTree::Meta, ANSWERS.to_owned()),
        RowEdit::Recovery(_) => (RowTree::Meta, RECOVERY.to_owned()),
        RowEdit::Run(number, _) => (RowTree::Meta, format!("{RUN}{number:010}")),
    };
    let place = RowPlace { tree, key: &key };
    let bytes = match edit {
        RowEdit::Begun(_, event) | RowEdit::Identified(_, event) => {
            event.as_ref().map(|event| place.encode_event(event, sealer)).transpose()?
        }
        RowEdit::Current(_, record) | RowEdit::SetAside(_, record) => {
            record.as_ref().map(|record| place.encode_record(record, sealer)).transpose()?
        }
        RowEdit::Outputs(outputs) => outputs
            .clone()
            .map(|mut outputs| {
                sealer.seal_map(&mut outputs, &place.name())?;
                place.encode(&outputs)
            })
            .transpose()?,
        RowEdit::Answers(answers) => {
            let mut all = Vec::from(answers.clone());
            for answer in &mut all {
                sealer.seal_map(&mut answer.args, &place.name())?;
                sealer.seal_map(&mut answer.outputs, &place.name())?;
            }
            Some(place.encode(&all)?)
        }
        RowEdit::Recovery(state) => state.as_ref().map(|state| place.encode(&**state)).transpose()?,
        RowEdit::Run(_, run) => run.as_ref().map(|run| place.encode(&**run)).transpose()?,
    };
    Ok(RowWrite { tree, key, bytes })
}

/// What a row says.
enum RowSays {
    Event(JournalEvent),
    Current(Arc<Record>),
    SetAside(Arc<Record>),
    Head(Head),
    Outputs(Map<Value>),
    Answers(Answers),
    Recovery(Box<RecoveryState>),
    Run(u64, PastRun),
    Key,
}

/// Reads a row. Without a sealer, secrets stay sealed; where its key is lost, they are taken out, and it is told which.
fn read(row: RowRead<'_>, sealer: Option<&Sealer>, lost: &mut Vec<LostSecret>) -> Result<RowSays, RowError> {
    let mut says = opened(row, sealer)?;
    if sealer.is_some_and(Sealer::is_lost) {
        match &mut says {
            RowSays::Current(record) | RowSays::SetAside(record) => lost.extend(strip(Arc::make_mut(record))),
            RowSays::Event(event) => lost.extend(record_of(event).into_iter().flat_map(strip)),
            RowSays::Outputs(outputs) => {
                lost.extend(names(outputs).into_iter().map(|name| LostSecret { address: None, name }));
            }
            RowSays::Answers(answers) => {
                let is_whole = |a: &Answer| names(&a.args).is_empty() && names(&a.outputs).is_empty();
                *answers = Answers::from(Vec::from(answers.clone()).into_iter().filter(is_whole).collect::<Vec<_>>());
            }
            RowSays::Head(_) | RowSays::Recovery(_) | RowSays::Run(..) | RowSays::Key => {}
        }
    }
    Ok(says)
}

/// Reads a row with its secrets.
fn opened(row: RowRead<'_>, sealer: Option<&Sealer>) -> Result<RowSays, RowError> {
    let place = row.place();
    Ok(match (row.tree, row.key) {
        (RowTree::Journal, _) => {
            let event = place.decode_event(row.bytes, sealer)?;
            let ending = if matches!(event, JournalEvent::Identified { .. }) { IDENTIFIED } else { BEGUN };
            if row.key.strip_suffix(ending) != Some(event.op()) {
                return Err(place.damaged(format!("it is about the operation {}", event.op())));
            }
            RowSays::Event(event)
        }
        (RowTree::Records, key) => {
            let record = Arc::new(place.decode_record(row.bytes, sealer)?);
            let Deposed { address, op } = Deposed::of(&record);
            match key.split_once(ASIDE) {
                Some(name) if name == (address.as_str(), &*op) => RowSays::SetAside(record),
                None if key == address.as_str() => RowSays::Current(record),
                _ => return Err(place.damaged(format!("it is the record of `{address}`"))),
            }
        }
        (RowTree::Meta, HEAD) => RowSays::Head(place.decode_head(row.bytes)?),
        (RowTree::Meta, OUTPUTS) => {
            let mut outputs = place.decode::<Map<Value>>(row.bytes)?;
            if let Some(sealer) = sealer {
                sealer.open_map(&mut outputs, &place.name())?;
            }
            RowSays::Outputs(outputs)
        }
        (RowTree::Meta, ANSWERS) => {
            let mut all = place.decode::<Vec<Answer>>(row.bytes)?;
            if let Some(sealer) = sealer {
                for answer in &mut all {
                    sealer.open_map(&mut answer.args, &place.name())?;
                    sealer.open_map(&mut answer.outputs, &place.name())?;
                }
            }
            RowSays::Answers(Answers::from(all))
        }
        (RowTree::Meta, KEY) => {
            place.decode::<KeyRow>(row.bytes)?;
            RowSays::Key
        }
        (RowTree::Meta, RECOVERY) => RowSays::Recovery(place.decode(row.bytes)?),
        (RowTree::Meta, key) if key.starts_with(RUN) => {
            let number = key.strip_prefix(RUN).and_then(|number| number.parse().ok());
            let number = number.ok_or_else(|| place.damaged("it has no number"))?;
            let run = place.decode(row.bytes)?;
            counted::of_run(number, &run).map_or(Ok(()), |why| Err(place.damaged(why)))?;
            RowSays::Run(number, run)
        }
        (RowTree::Meta, _) => return Err(place.damaged("nothing of this name is kept here")),
    })
}

/// Makes sure that a row by itself is one that was written.
///
/// # Errors
/// When it is damaged or stands in the wrong place, or, with a key, a secret in it cannot be opened.
pub(crate) fn check(row: RowRead<'_>, sealer: Option<&Sealer>) -> Result<(), RowError> {
    opened(row, sealer).map(drop)
}

/// A row with its secrets sealed by another key, if it can have any. Where the old key is lost, what is kept nowhere else
/// (`is_local`, of a kind) is marked to be made anew.
///
/// # Errors
/// When the row is damaged, or a secret cannot be opened or sealed.
pub(crate) fn resealed(
    row: RowRead<'_>,
    (old, new): (&Sealer, &Sealer),
    is_local: &dyn Fn(&str) -> bool,
    lost: &mut Vec<LostSecret>,
) -> Result<Option<RowWrite>, RowError> {
    let before = lost.len();
    let edit = match read(row, Some(old), lost)? {
        RowSays::Event(JournalEvent::Identified { .. }) => return Ok(None),
        RowSays::Event(event) => RowEdit::Begun(event.op().clone(), Some(Box::new(event))),
        RowSays::Current(mut record) => {
            if lost.len() > before && is_local(&record.kind) {
                Arc::make_mut(&mut record).incomplete = Some(Unfinished::Lost);
            }
            RowEdit::Current(record.address.clone(), Some(record))
        }
        RowSays::SetAside(record) => RowEdit::SetAside(Deposed::of(&record), Some(record)),
        RowSays::Outputs(mut outputs) => {
            names(&outputs).iter().for_each(|name| drop(outputs.remove(name)));
            RowEdit::Outputs(Some(outputs).filter(|outputs| !outputs.is_empty()))
        }
        RowSays::Answers(answers) => RowEdit::Answers(answers),
        RowSays::Head(_) | RowSays::Recovery(_) | RowSays::Run(..) | RowSays::Key => return Ok(None),
    };
    write(&edit, new).map(|write| (write.bytes.as_deref() != Some(row.bytes)).then_some(write))
}

/// The contents that rows make, which come tree by tree and sorted by key. Without a key, secrets stay sealed.
///
/// # Errors
/// When a row is damaged, stands in the wrong place, or contradicts others.
pub(crate) fn contents<'a>(
    rows: impl IntoIterator<Item = RowRead<'a>>,
    sealer: Option<&Sealer>,
) -> Result<Contents, RowError> {
    let (mut head, mut outputs, mut answers) = (Head::default(), Map::new(), Answers::default());
    let (mut history, mut recovery, mut unreadable) = (History::default(), RecoveryState::default(), Vec::new());
    let (mut current, mut set_aside, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        match read(row, sealer, &mut unreadable)? {
            RowSays::Event(event) => events.push(event),
            RowSays::Current(record) => current.push(record),
            RowSays::SetAside(record) => set_aside.push(record),
            RowSays::Head(said) => head = said,
            RowSays::Outputs(said) => outputs = said,
            RowSays::Answers(said) => answers = said,
            RowSays::Recovery(said) => recovery = *said,
            RowSays::Run(number, run) => history.insert(number, run),
            RowSays::Key => {}
        }
    }
    let parts = (outputs, answers, history);
    let mut contents = Contents::new(head, parts, current, set_aside, Journal::replay(events)?);
    (contents.unreadable, contents.recovery) = (unreadable, recovery);
    Ok(contents)
}

impl RowRead<'_> {
    fn place(&self) -> RowPlace<'_> {
        RowPlace { tree: self.tree, key: self.key }
    }
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowPlace<'a> {
    /// The tree.
    pub(crate) tree: RowTree,
    /// The key.
    pub(crate) key: &'a str,
}

impl RowPlace<'_> {
    fn checksum(&self, contents: &[u8]) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        hash.update(self.tree.name().as_bytes());
        hash.update(&[0]);
        hash.update(self.key.as_bytes());
        hash.update(&[0]);
        hash.update(contents);
        hash.finalize()
    }

    /// That the row is not what was written.
    pub(crate) fn damaged(&self, why: impl ToString) -> RowError {
        RowError::Damaged { tree: self.tree.name(), key: self.key.to_owned(), why: why.to_string() }
    }

    /// What sealed values in the row are bound to.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.tree.name(), self.key)
    }

    /// The bytes of a row without secrets.
    pub(crate) fn encode(&self, contents: &impl Serialize) -> Result<Vec<u8>, RowError> {
        let mut bytes = vec![0; HEADER];
        serde_json::to_writer(&mut bytes, contents).map_err(|e| self.damaged(e))?;
        bytes[0] = VERSION;
        let checksum = self.checksum(&bytes[HEADER..]);
        bytes[1..HEADER].copy_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// What a row without secrets says.
    pub(crate) fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, RowError> {
        let Some((header, contents)) = bytes.split_at_checked(HEADER) else {
            return Err(self.damaged("it is too short"));
        };
        if self.checksum(contents).to_le_bytes() != header[1..] {
            return Err(self.damaged("its checksum does not fit"));
        }
        if header[0] != VERSION {
            return Err(RowError::Version { tree: self.tree.name(), key: self.key.to_owned(), version: header[0] });
        }
        serde_json::from_slice(contents).map_err(|_| self.damaged("it does not say what such a row says"))
    }

    /// The head in a row.
    fn decode_head(&self, bytes: &[u8]) -> Result<Head, RowError> {
        let head = self.decode(bytes)?;
        counted::of_head(&head).map_or(Ok(head), |why| Err(self.damaged(why)))
    }

    /// The bytes of a record.
    pub(crate) fn encode_record(&self, record: &Record, sealer: &Sealer) -> Result<Vec<u8>, RowError> {
        if !record.args.values().chain(record.outputs.values()).any(needs_sealing) {
            return self.encode(record);
        }
        let mut sealed = record.clone();
        seal_record(&mut sealed, sealer, &self.name())?;
        self.encode(&sealed)
    }

    /// The record in a row.
    pub(crate) fn decode_record(&self, bytes: &[u8], sealer: Option<&Sealer>) -> Result<Record, RowError> {
        let mut record: Record = self.decode(bytes)?;
        if let Some(sealer) = sealer {
            open_record(&mut record, sealer, &self.name())?;
        }
        Ok(record)
    }

    /// The bytes of a journal row.
    pub(crate) fn encode_event(&self, event: &JournalEvent, sealer: &Sealer) -> Result<Vec<u8>, RowError> {
        match event {
            JournalEvent::Identified { .. } => self.encode(event),
            JournalEvent::Creating { record, .. }
            | JournalEvent::Updating { record, .. }
            | JournalEvent::Deleting { record, .. } => {
                if !record.args.values().chain(record.outputs.values()).any(needs_sealing) {
                    return self.encode(event);
                }
                let mut sealed = event.clone();
                if let Some(record) = record_of(&mut sealed) {
                    seal_record(record, sealer, &self.name())?;
                }
                self.encode(&sealed)
            }
        }
    }

    /// The event in a journal row.
    pub(crate) fn decode_event(&self, bytes: &[u8], sealer: Option<&Sealer>) -> Result<JournalEvent, RowError> {
        let mut event: JournalEvent = self.decode(bytes)?;
        if let (Some(record), Some(sealer)) = (record_of(&mut event), sealer) {
            open_record(record, sealer, &self.name())?;
        }
        Ok(event)
    }
}

fn record_of(event: &mut JournalEvent) -> Option<&mut Record> {
    match event {
        JournalEvent::Creating { record, .. }
        | JournalEvent::Updating { record, .. }
        | JournalEvent::Deleting { record, .. } => Some(record),
        JournalEvent::Identified { .. } => None,
    }
}

pub(crate) fn seal_record(record: &mut Record, sealer: &Sealer, place: &str) -> Result<(), SealError> {
    sealer.seal_map(&mut record.args, place)?;
    sealer.seal_map(&mut record.outputs, place)
}

pub(crate) fn open_record(record: &mut Record, sealer: &Sealer, place: &str) -> Result<(), SealError> {
    sealer.open_map(&mut record.args, place)?;
    sealer.open_map(&mut record.outputs, place)
}

#[cfg(test)]
mod tests;
