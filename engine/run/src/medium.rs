//! The medium of an open state: what every group of rows is written to.

use crate::database::{Database, DatabaseError};
use crate::error::StoreError;
use crate::holder::StackLock;
use crate::log::GroupLog;
use crate::mend::{StatePaths, file, row_error};
use crate::rows::{RowError, RowWrite};
use crate::shared::SharedHold;

/// What every group of rows is written to.
#[derive(Debug)]
pub(crate) enum Medium {
    /// A folder on this machine.
    Disk(Box<Halves>),
    /// A service that several machines share.
    Shared(SharedHold),
}

/// The two places on the disk that every group is written to.
#[derive(Debug)]
pub(crate) struct Halves {
    pub(crate) log: GroupLog,
    pub(crate) database: Database,
    pub(crate) paths: StatePaths,
    /// Given back last.
    pub(crate) _lock: StackLock,
}

impl Medium {
    /// Writes a group of rows: all of them or none.
    ///
    /// # Errors
    /// When it cannot be written. Then nothing more may be written.
    pub(crate) fn write(&mut self, group: u64, rows: &[RowWrite]) -> Result<(), StoreError> {
        match self {
            Medium::Disk(halves) => halves.write(group, rows),
            Medium::Shared(hold) => hold.write(rows),
        }
    }

    /// Gives it back, when nothing more is written. `is_whole`: every write went well.
    pub(crate) fn close(&mut self, is_whole: bool) {
        match self {
            Medium::Disk(halves) if is_whole => {
                // A log that is not closed is compared with the database by whoever comes next.
                let _ = halves.log.close();
            }
            Medium::Disk(_) => {}
            Medium::Shared(hold) => hold.give_back(),
        }
    }

    /// That a row cannot be read or written.
    pub(crate) fn row_error(&self, stack: &str, source: RowError) -> StoreError {
        match self {
            Medium::Disk(halves) => row_error(&halves.paths, stack, source),
            Medium::Shared(hold) => hold.damage(source),
        }
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
