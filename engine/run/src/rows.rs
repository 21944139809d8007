//! Rows: how the store's contents are laid out as bytes, whatever database holds them.
//!
//! A row is a version byte, a CRC-32 of tree, key and contents, and JSON. Secrets in it are sealed for the row's own
//! place. A row that was damaged, or that stands under another key than it was written for, is an error that names it.

use dr_core::journal::JournalEvent;
use dr_core::record::Record;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::seal::{SealError, Sealer, needs_sealing};

/// The version of this layout.
const VERSION: u8 = 1;
/// Bytes before the contents.
const HEADER: usize = 5;

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
    /// A secret in it cannot be sealed or opened.
    #[error("a secret cannot be sealed or opened")]
    Seal(#[from] SealError),
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowPlace<'a> {
    /// The tree.
    pub(crate) tree: &'static str,
    /// The key.
    pub(crate) key: &'a str,
}

impl RowPlace<'_> {
    fn checksum(&self, contents: &[u8]) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        hash.update(self.tree.as_bytes());
        hash.update(&[0]);
        hash.update(self.key.as_bytes());
        hash.update(&[0]);
        hash.update(contents);
        hash.finalize()
    }

    fn damaged(&self, why: impl ToString) -> RowError {
        RowError::Damaged { tree: self.tree, key: self.key.to_owned(), why: why.to_string() }
    }

    /// What sealed values in the row are bound to.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.tree, self.key)
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
            return Err(RowError::Version { tree: self.tree, key: self.key.to_owned(), version: header[0] });
        }
        serde_json::from_slice(contents).map_err(|e| self.damaged(e))
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
    pub(crate) fn decode_record(&self, bytes: &[u8], sealer: &Sealer) -> Result<Record, RowError> {
        let mut record: Record = self.decode(bytes)?;
        open_record(&mut record, sealer, &self.name())?;
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
    pub(crate) fn decode_event(&self, bytes: &[u8], sealer: &Sealer) -> Result<JournalEvent, RowError> {
        let mut event: JournalEvent = self.decode(bytes)?;
        if let Some(record) = record_of(&mut event) {
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
