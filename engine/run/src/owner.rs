//! Owner: which stack a state says that it is of. The files of a state can be copied; what they record stays one stack's.

use crate::error::StoreError;
use crate::rows::{self, RowTree, Rows};

/// The stack that rows are of, if that is another than this one. Rows that record nothing are anybody's, and those of an
/// earlier version do not say their environment.
pub(crate) fn other_owner(rows: &Rows<'_>, stack: &str) -> Option<String> {
    let (program, environment) = stack.split_once('/')?;
    if rows.keys().all(|(tree, _)| *tree == RowTree::Meta) {
        return None;
    }
    let head = rows::find_head(rows)?.ok()?;
    let own = (head.program.as_deref().unwrap_or(program), head.environment.as_deref().unwrap_or(environment));
    (own != (program, environment)).then(|| format!("{}/{}", own.0, own.1))
}

/// Makes sure that rows in a place are this stack's.
///
/// # Errors
/// When they are another's.
pub(crate) fn check_owner(rows: &Rows<'_>, stack: &str, place: impl ToString) -> Result<(), StoreError> {
    match other_owner(rows, stack) {
        Some(owner) => Err(StoreError::Misplaced { stack: stack.to_owned(), owner, place: place.to_string() }),
        None => Ok(()),
    }
}
