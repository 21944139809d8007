//! Repairing: a damaged state is put right from what can be read of it.
//!
//! Where one half of a state on disk is whole, the other is made anew, as whoever opens it does. Where none is, or where
//! rows cannot be read, what can be read becomes the state, and the rest is set aside. The new log is there before the old
//! database goes, and says a later group: a repair that is killed is gone on with by the next command.

use dr_core::address::Address;

use crate::contents::Head;
use crate::entry::{OwnedRows, borrowed};
use crate::error::StoreError;
use crate::holder::StackLock;
use crate::log::GroupLog;
use crate::mend::{StatePaths, file, mend};
use crate::rows::{self, KeyRow, each};
use crate::salvage::{self, Salvaged};
use crate::seal::{KEY, Sealer, random};
use crate::service::SharedPlace;
use crate::shared::SharedHold;
use crate::stack::Stack;
use crate::states::States;
use crate::verify::{StateDamage, Verified, examine, has_key, of_replay};

/// What a repair did.
#[derive(Debug, Clone, Default)]
pub struct Repaired {
    /// What was wrong before.
    pub before: Verified,
    /// What still is: a repair does not mend it.
    pub left: Vec<StateDamage>,
    /// Where what could not be read is kept.
    pub aside: Option<String>,
    /// Addresses of resources whose records are lost.
    pub lost: Vec<Address>,
}

impl States {
    /// Puts a stack's state right; `None` when there is none.
    ///
    /// # Errors
    /// When somebody works on it, or it cannot be written.
    pub fn repair(&self, stack: &Stack) -> Result<Option<Repaired>, StoreError> {
        if !self.is_there(stack)? {
            return Ok(None);
        }
        let (before, aside) = match &self.shared {
            Some(place) => self.repair_shared(place, stack)?,
            None => self.repair_on_disk(&self.paths(stack)?, stack)?,
        };
        let after = self.verify(stack)?.unwrap_or_default();
        let lost = before.lost.clone();
        Ok(Some(Repaired { before, left: after.damage, aside, lost }))
    }

    fn repair_on_disk(&self, paths: &StatePaths, stack: &Stack) -> Result<(Verified, Option<String>), StoreError> {
        let name = stack.to_string();
        let _lock = StackLock::take(&paths.folder, &name)?;
        let examined = self.judged(stack, examine(paths, stack)?);
        if let Some(salvaged) = &examined.salvaged {
            let (head, rows) = self.anew(stack, salvaged)?;
            if paths.log.symlink_metadata().is_ok() {
                paths.move_aside(&paths.log)?;
            }
            let mut log = GroupLog::create(&paths.log, head.group, each(&borrowed(&rows))).map_err(file(&paths.log))?;
            log.close().map_err(file(&paths.log))?;
            if paths.database.symlink_metadata().is_ok() {
                paths.move_aside(&paths.database)?;
            }
        }
        let mut state = mend(paths, &name)?;
        state.log.close().map_err(file(&paths.log))?;
        let aside = examined.verified.damage.iter().any(|damage| damage.is_mended);
        Ok((examined.verified, aside.then(|| paths.aside().display().to_string())))
    }

    fn repair_shared(&self, place: &SharedPlace, stack: &Stack) -> Result<(Verified, Option<String>), StoreError> {
        let (hold, replay, damage) = SharedHold::take_damaged(place, &stack.to_string())?;
        let written = (|| {
            let examined = self.judged(stack, of_replay(place, stack, replay.rows.clone(), &damage));
            if let Some(salvaged) = &examined.salvaged {
                let (_, rows) = self.anew(stack, salvaged)?;
                hold.replace(replay, rows)?;
            }
            Ok((examined.verified, None))
        })();
        hold.give_back();
        written
    }

    /// The rows of a state that is made of what was salvaged, with a head and a word about the key.
    fn anew(&self, stack: &Stack, salvaged: &Salvaged) -> Result<(Head, OwnedRows), StoreError> {
        let damaged = |source| self.row_error(stack, source);
        let head = salvage::head(salvaged, stack);
        let mut rows = salvaged.rows.clone();
        let mut writes = vec![rows::head(&head).map_err(damaged)?];
        if !has_key(&rows) {
            let salt = random::<KEY>()?;
            // The fingerprint of a passphrase that was salted otherwise fits nothing: its secrets are lost.
            let sealer = Sealer::existing(&self.keys, &self.folder, &salt)?;
            let known = KeyRow { fingerprint: sealer.fingerprint().to_owned(), salt: hex::encode(salt) };
            writes.push(known.write().map_err(damaged)?);
        }
        rows.extend(writes.into_iter().map(|row| ((row.tree, row.key), row.bytes.unwrap_or_default())));
        Ok((head, rows))
    }
}
