//! Rekeying: all secrets of a state are sealed anew with another key, in one group of rows: all of them or none.
//!
//! Where the old key is gone, the secrets that it sealed go too. What nothing but the state kept, such as a random
//! password, is marked to be made anew.

use dr_core::registry::Registry;
use dr_core::schema::Place;

use crate::contents::Head;
use crate::entry::{OwnedRows, borrowed};
use crate::error::StoreError;
use crate::key::known_sealer;
use crate::lost::LostSecret;
use crate::rows::{self, KeyRow, RowWrite, each};
use crate::seal::{KEY, KeySource, Sealer, random};
use crate::stack::Stack;
use crate::states::States;

/// What a change of the key did.
#[derive(Debug, Clone, Default)]
pub struct Rekeyed {
    /// How many rows hold secrets that were sealed anew.
    pub sealed: usize,
    /// The secrets that are lost with the old key.
    pub lost: Vec<LostSecret>,
}

impl States {
    /// Seals the secrets of a stack with another key; `None` when there is no state. Where the keys of these states are
    /// [`KeySource::Lost`], what they sealed is given up.
    ///
    /// # Errors
    /// When somebody works on it, one of the keys cannot be used, or it cannot be written.
    pub fn rekey(&self, stack: &Stack, new: &KeySource, registry: &Registry) -> Result<Option<Rekeyed>, StoreError> {
        if !self.exists(stack)? {
            return Ok(None);
        }
        let mut held = self.hold(stack)?;
        let written = self.sealed_anew(stack, &held.rows, new, registry).and_then(|(head, rows, rekeyed)| {
            held.medium.write(head.group, &rows)?;
            Ok(rekeyed)
        });
        held.medium.close(written.is_ok());
        written.map(Some)
    }

    /// The rows of a state with another key.
    fn sealed_anew(
        &self,
        stack: &Stack,
        rows: &OwnedRows,
        new: &KeySource,
        registry: &Registry,
    ) -> Result<(Head, Vec<RowWrite>, Rekeyed), StoreError> {
        let damaged = |source| self.row_error(stack, source);
        let rows = borrowed(rows);
        let old = known_sealer(&rows, &self.folder, &self.keys, &damaged, &stack.to_string())?;
        let old = old.ok_or_else(|| damaged(KeyRow::missing()))?;
        let salt = random::<KEY>()?;
        let sealer = Sealer::new(new, &self.folder, &salt)?;
        let is_local = |kind: &str| registry.get(kind).is_some_and(|kind| kind.place == Place::Local);
        let (mut rekeyed, mut writes) = (Rekeyed::default(), Vec::new());
        for row in each(&rows) {
            let again = rows::resealed(row, (&old, &sealer), &is_local, &mut rekeyed.lost).map_err(damaged)?;
            rekeyed.sealed += usize::from(again.is_some());
            writes.extend(again);
        }
        let known = KeyRow { fingerprint: sealer.fingerprint().to_owned(), salt: hex::encode(salt) };
        writes.push(known.write().map_err(damaged)?);
        let head = rows::find_head(&rows).transpose().map_err(damaged)?.unwrap_or_default();
        let head = Head { group: head.group + 1, position: head.position + 1, ..head };
        writes.push(rows::head(&head).map_err(damaged)?);
        Ok((head, writes, rekeyed))
    }
}
