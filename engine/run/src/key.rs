//! The key of a state: which one its secrets were sealed with, and whether that is the one that is given.

use std::path::Path;

use crate::contents::Contents;
use crate::error::StoreError;
use crate::medium::Medium;
use crate::mend::file;
use crate::private;
use crate::rows::{self, KeyRow, RowError, Rows, each};
use crate::seal::{KEY, KeySource, SealError, Sealer, random};

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
    if matches!(keys, KeySource::Lost) {
        return Ok(Some(Sealer::lost(&known.fingerprint)));
    }
    let sealer = Sealer::existing(keys, state_dir, &hex::decode(&known.salt).unwrap_or_default())?;
    if sealer.fingerprint() != known.fingerprint {
        return Err(SealError::WrongKey(format!("the state of `{stack}`")).into());
    }
    Ok(Some(sealer))
}

/// The key of a state that was opened, and what its rows say. A state without rows is begun.
pub(crate) fn begin(
    medium: &mut Medium,
    rows: &Rows<'_>,
    state_dir: &Path,
    keys: &KeySource,
    stack: &str,
) -> Result<(Sealer, Contents), StoreError> {
    let damaged = |source| medium.row_error(stack, source);
    if let Some(sealer) = known_sealer(rows, state_dir, keys, &damaged, stack)? {
        let contents = rows::contents(each(rows), Some(&sealer)).map_err(damaged)?;
        return Ok((sealer, contents));
    }
    private::make_folder(state_dir).map_err(file(state_dir))?;
    private::sweep(state_dir);
    let salt = random::<KEY>()?;
    let sealer = Sealer::new(keys, state_dir, &salt)?;
    let known = KeyRow { fingerprint: sealer.fingerprint().to_owned(), salt: hex::encode(salt) };
    let mut contents = Contents::default();
    contents.head.group = 1;
    let rows = [known.write().map_err(damaged)?, rows::head(&contents.head).map_err(damaged)?];
    medium.write(1, &rows)?;
    Ok((sealer, contents))
}
