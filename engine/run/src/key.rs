//! The key of a state: which one its secrets were sealed with, and whether that is the one that is given.

use std::path::Path;

use crate::error::StoreError;
use crate::rows::{KeyRow, RowError, Rows};
use crate::seal::{KeySource, SealError, Sealer};

/// The key that these rows were sealed with; `None` when there are no rows yet.
///
/// # Errors
/// When it is not the one that is given.
pub(crate) fn known_sealer(
    rows: &Rows<'_>,
    state_dir: &Path,
    keys: &KeySource,
    damaged: &dyn Fn(RowError) -> StoreError,
    stack: &str,
) -> Result<Option<Sealer>, StoreError> {
    let Some(known) = KeyRow::find(rows) else {
        return if rows.is_empty() { Ok(None) } else { Err(damaged(KeyRow::missing())) };
    };
    let known = known.map_err(damaged)?;
    let sealer = Sealer::existing(keys, state_dir, &hex::decode(&known.salt).unwrap_or_default())?;
    if sealer.fingerprint() != known.fingerprint {
        return Err(SealError::WrongKey(format!("the state of `{stack}`")).into());
    }
    Ok(Some(sealer))
}
