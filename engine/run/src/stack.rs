//! A stack: one program in one environment. State, locks and messages are about stacks.

use std::fmt;
use std::path::{Path, PathBuf};

use dr_core::value::Str;

use crate::error::StoreError;

/// One program in one environment. Shown as `program/environment`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stack {
    /// The environment's suffix.
    pub environment: Str,
    /// The program's name.
    pub program: Str,
}

impl Stack {
    /// The stack of a program in an environment.
    pub fn new(program: impl Into<Str>, environment: impl Into<Str>) -> Stack {
        Stack { environment: environment.into(), program: program.into() }
    }

    /// The folder of its state: the program's inside the environment's.
    ///
    /// # Errors
    /// When one of the two names cannot be a folder's.
    pub(crate) fn folder(&self, state_dir: &Path) -> Result<PathBuf, StoreError> {
        let environment = environment_folder(state_dir, &self.environment)?;
        match is_folder_name(&self.program) {
            true => Ok(environment.join(&*self.program)),
            false => Err(StoreError::Program(self.program.to_string())),
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.program, self.environment)
    }
}

/// The folder of an environment.
///
/// # Errors
/// When its suffix cannot be a folder's name.
pub(crate) fn environment_folder(state_dir: &Path, environment: &str) -> Result<PathBuf, StoreError> {
    match is_folder_name(environment) && !environment.starts_with('_') {
        true => Ok(state_dir.join(environment)),
        false => Err(StoreError::Name(environment.to_owned())),
    }
}

/// Whether a name can be a folder's. What starts with a dot is kept for folders that are neither.
pub(crate) fn is_folder_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.len() <= 128 && !name.starts_with('.') && name.chars().all(fits)
}
