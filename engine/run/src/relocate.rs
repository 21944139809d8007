//! Relocating: a state goes from the disk to a place that machines share, or back.
//!
//! Rows are copied as they are, sealed; no key is needed. Both ends are held meanwhile. What was written is read again and
//! compared before the old place is given up: a folder is set aside, and a shared log says where the state is now.

use crate::database::move_aside;
use crate::entry::{OwnedRows, borrowed, owned};
use crate::error::StoreError;
use crate::holder::StackLock;
use crate::layout::take_over;
use crate::medium::{Halves, Medium};
use crate::mend::{MendedState, StatePaths, file, mend};
use crate::private;
use crate::rows::{self, RowWrite};
use crate::shared::{SharedHold, damage, view};
use crate::stack::Stack;
use crate::states::States;

/// The folder in the state folder for what was moved elsewhere.
const MOVED: &str = ".moved";

/// A place of a state, held.
pub(crate) struct HeldPlace {
    pub(crate) medium: Medium,
    pub(crate) rows: OwnedRows,
}

impl States {
    /// Moves the state of a stack. Returns where the old one is kept, if it is in a folder.
    ///
    /// # Errors
    /// When there is none, somebody works on it, the other place holds one already, or one of the two cannot be used.
    pub fn move_to(&self, to: &States, stack: &Stack) -> Result<Option<std::path::PathBuf>, StoreError> {
        if !self.exists(stack)? {
            return Err(StoreError::NoState { stack: stack.to_string(), place: self.place() });
        }
        if to.exists(stack)? {
            return Err(StoreError::Occupied { stack: stack.to_string(), place: to.place() });
        }
        let mut from = self.hold(stack)?;
        let moved = copy(&from.rows, to, stack).and_then(|()| match &mut from.medium {
            Medium::Shared(hold) => hold.say_moved(&to.place()).map(|()| None),
            Medium::Disk(halves) => {
                let folder = &halves.paths.folder;
                let aside = self.folder.join(MOVED).join(&*stack.environment);
                move_aside(folder, &aside).map(Some).map_err(file(folder))
            }
        });
        from.medium.close(false);
        moved
    }

    /// Holds the state of a stack, or the place where it will be.
    ///
    /// # Errors
    /// When somebody works on it, or it cannot be used.
    pub(crate) fn hold(&self, stack: &Stack) -> Result<HeldPlace, StoreError> {
        let name = stack.to_string();
        if let Some(place) = &self.shared {
            let (hold, replay) = SharedHold::take(place, &name, false)?;
            return Ok(HeldPlace { medium: Medium::Shared(hold), rows: replay.rows });
        }
        let paths = StatePaths::new(&stack.folder(&self.folder)?);
        take_over(&self.folder, stack)?;
        let folders: Vec<_> = paths.folder.ancestors().take(3).collect();
        for folder in folders.into_iter().rev() {
            private::make_folder(folder).map_err(file(folder))?;
        }
        let lock = StackLock::take(&paths.folder, &name)?;
        let MendedState { database, log, source, .. } = mend(&paths, &name)?;
        let rows = owned(&source.rows());
        Ok(HeldPlace { medium: Medium::Disk(Box::new(Halves { log, database, paths, _lock: lock })), rows })
    }

    /// Reads a state that was copied here again.
    ///
    /// # Errors
    /// When these rows are not what is read.
    pub(crate) fn check_copy(&self, stack: &Stack, rows: &OwnedRows) -> Result<(), StoreError> {
        let name = stack.to_string();
        let found = match &self.shared {
            Some(place) => view(place, &name)?.replay.rows,
            None => {
                let mut again = self.hold(stack)?;
                again.medium.close(true);
                again.rows
            }
        };
        match (found == *rows, &self.shared) {
            (true, _) => Ok(()),
            (false, Some(place)) => Err(damage(place, &name, "what was copied there is not what is read from there")),
            (false, None) => Err(StoreError::Database { folder: stack.folder(&self.folder)? }),
        }
    }
}

/// Writes rows to where nothing is, and makes sure that they are there.
fn copy(rows: &OwnedRows, to: &States, stack: &Stack) -> Result<(), StoreError> {
    let mut held = to.hold(stack)?;
    let name = stack.to_string();
    let written = (|| {
        if !held.rows.is_empty() {
            return Err(StoreError::Occupied { stack: name.clone(), place: to.place() });
        }
        let head = rows::find_head(&borrowed(rows)).transpose().map_err(|e| held.medium.row_error(&name, e))?;
        let write = |((tree, key), bytes): (&(rows::RowTree, String), &Vec<u8>)| RowWrite {
            tree: *tree,
            key: key.clone(),
            bytes: Some(bytes.clone()),
        };
        let all: Vec<RowWrite> = rows.iter().map(write).collect();
        held.medium.write(head.map_or(1, |head| head.group), &all)
    })();
    held.medium.close(written.is_ok());
    drop(held);
    written?;
    to.check_copy(stack, rows)
}
