//! The states of a project: on this machine's disk, or in a place that several machines share.

use std::path::PathBuf;

use dr_core::record::Snapshot;
use dr_core::value::Str;

use crate::entry::{OwnedRows, borrowed, owned};
use crate::error::StoreError;
use crate::layout::{self, FoundState};
use crate::owner::check_owner;
use crate::rows::{self, RowError, each};
use crate::seal::KeySource;
use crate::service::SharedPlace;
use crate::shared::{self, SharedHold, SharedView};
use crate::stack::Stack;
use crate::store::Store;

/// Where the states of stacks are, and the key of their secrets.
#[derive(Debug, Clone)]
pub struct States {
    /// The state folder on this machine. Where states are shared, it may still hold the key.
    pub folder: PathBuf,
    /// Where the key comes from.
    pub keys: KeySource,
    /// The place that several machines share; `None` when states are in the folder.
    pub shared: Option<SharedPlace>,
}

impl States {
    /// Opens, or makes, the state of a stack; nobody else may change it until the last handle is dropped.
    ///
    /// # Errors
    /// As [`Store::open`] and [`Store::open_shared`].
    pub fn open(&self, stack: &Stack) -> Result<Store, StoreError> {
        match &self.shared {
            None => Store::open(&self.folder, stack, &self.keys),
            Some(place) => Store::open_shared(place, &self.folder, stack, &self.keys),
        }
    }

    /// The state of a stack as it is now, for looking only; `None` when there is none.
    ///
    /// # Errors
    /// As [`Store::look`] and [`Store::look_shared`].
    pub fn look(&self, stack: &Stack) -> Result<Option<Store>, StoreError> {
        match &self.shared {
            None => Store::look(&self.folder, stack, &self.keys),
            Some(place) => Store::look_shared(place, &self.folder, stack, &self.keys),
        }
    }

    /// Whether a stack has state.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn exists(&self, stack: &Stack) -> Result<bool, StoreError> {
        match &self.shared {
            None => layout::exists(&self.folder, stack),
            Some(place) => Ok(!shared::view(place, &stack.to_string())?.replay.rows.is_empty()),
        }
    }

    /// What is recorded of a stack, and who works on it. Needs no key: secrets stay sealed. `None` when there is no state.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn survey(&self, stack: &Stack) -> Result<Option<(Snapshot, Option<String>)>, StoreError> {
        let Some((rows, worker)) = self.rows(stack)? else { return Ok(None) };
        let contents = rows::contents(each(&borrowed(&rows)), None);
        Ok(Some((contents.map_err(|source| self.row_error(stack, source))?.snapshot(), worker)))
    }

    /// The rows of a stack as they are, and who works on it; `None` when there is no state.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn rows(&self, stack: &Stack) -> Result<Option<(OwnedRows, Option<String>)>, StoreError> {
        let Some(place) = &self.shared else {
            let Some(FoundState { view, .. }) = layout::find(&self.folder, stack)? else { return Ok(None) };
            return Ok(Some((owned(&view.text.rows()), view.in_use)));
        };
        let name = stack.to_string();
        let SharedView { replay, holder } = shared::view(place, &name)?;
        check_owner(&borrowed(&replay.rows), &name, &place.settings.place)?;
        Ok((!replay.rows.is_empty()).then_some((replay.rows, holder)))
    }

    /// That a row of a stack cannot be read.
    pub(crate) fn row_error(&self, stack: &Stack, source: RowError) -> StoreError {
        let name = stack.to_string();
        match &self.shared {
            Some(place) => shared::damage(place, &name, source),
            None => {
                let folder = stack.folder(&self.folder).unwrap_or_else(|_| self.folder.clone());
                StoreError::Row { stack: name, folder, source }
            }
        }
    }

    /// The programs that have state in an environment, sorted.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn programs(&self, environment: &str) -> Result<Vec<Str>, StoreError> {
        let Some(place) = &self.shared else { return layout::programs(&self.folder, environment) };
        let mut found: Vec<Str> = names(place)?
            .into_iter()
            .filter(|(_, other)| other == environment)
            .map(|(program, _)| program.into())
            .collect();
        found.sort();
        Ok(found)
    }

    /// The suffixes of all environments that have state, sorted.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn environments(&self) -> Result<Vec<String>, StoreError> {
        let Some(place) = &self.shared else { return layout::environments(&self.folder) };
        let mut found: Vec<String> = names(place)?.into_iter().map(|(_, environment)| environment).collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// What states are in, for messages.
    pub fn place(&self) -> String {
        match &self.shared {
            None => format!("`{}`", self.folder.display()),
            Some(place) => place.settings.place.clone(),
        }
    }

    /// Who has the lease of a stack, in words. A state on disk has none: its lock ends with the process.
    ///
    /// # Errors
    /// When the place cannot be reached.
    pub fn lease_holder(&self, stack: &Stack) -> Result<Option<String>, StoreError> {
        self.shared.as_ref().map_or(Ok(None), |place| shared::holder(place, &stack.to_string()))
    }

    /// Takes the lease of a stack from whoever has it, alive or not, and gives it back. Who had it can write nothing more.
    ///
    /// # Errors
    /// When the place cannot be reached, or the log is damaged.
    pub fn unlock(&self, stack: &Stack) -> Result<(), StoreError> {
        let Some(place) = &self.shared else { return Ok(()) };
        let (hold, _) = SharedHold::take(place, &stack.to_string(), true)?;
        hold.give_back();
        Ok(())
    }

    /// Makes this place, a replica in another region, the one that counts for all its stacks: they go on from what arrived
    /// here. Returns their names.
    ///
    /// # Errors
    /// When the place cannot be reached, or a log is damaged.
    pub fn fail_over(&self) -> Result<Vec<String>, StoreError> {
        let Some(place) = &self.shared else { return Ok(Vec::new()) };
        let stacks = shared::stacks(place)?;
        stacks.iter().try_for_each(|stack| SharedHold::leap(place, stack))?;
        Ok(stacks)
    }
}

/// The stacks of a place: program and environment.
fn names(place: &SharedPlace) -> Result<Vec<(String, String)>, StoreError> {
    let split = |stack: String| stack.split_once('/').map(|(p, e)| (p.to_owned(), e.to_owned()));
    Ok(shared::stacks(place)?.into_iter().filter_map(split).collect())
}
