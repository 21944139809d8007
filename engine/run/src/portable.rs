//! Portable states: all rows of a state as one value that can be written as JSON, and a state made of such a value.
//!
//! Rows are taken as they are: secrets stay sealed, and no key is needed. What is taken in is not trusted: each row must be
//! one that this program could have written, and together they must be a sound state.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::cloud::Identity;
use dr_core::integrity;
use dr_core::value::Str;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::contents::{Contents, Head};
use crate::entry::{OwnedRows, borrowed};
use crate::error::StoreError;
use crate::key::known_sealer;
use crate::owner::other_owner;
use crate::relocate::HeldPlace;
use crate::rows::{self, RowError, RowPlace, RowTree, RowWrite, each};
use crate::seal::{SEALED, is_sealed_text};
use crate::stack::Stack;
use crate::states::States;

/// The form of a portable state. Grows when a field goes or changes its meaning.
const FORMAT: u32 = 1;

/// The rows of one tree: what each says, by its key.
type PortableRows = BTreeMap<String, Json>;

/// A state as one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortableState {
    /// Its form.
    pub format: u32,
    /// The program it is the state of.
    pub program: String,
    /// The environment's suffix.
    pub environment: String,
    /// The cloud and account where its resources are; `None` when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Identity>,
    meta: PortableRows,
    records: PortableRows,
    journal: PortableRows,
}

/// Why a portable state is not taken in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UnfitState {
    /// It has another form.
    #[error("this state has the form {0}, and this version of dr knows the form {FORMAT}")]
    Format(u32),
    /// It is another stack's.
    #[error("this is the state of `{own}`, not of `{other}`")]
    Stack {
        /// Whose it is.
        own: String,
        /// Who is to have it.
        other: String,
    },
    /// Its resources are in another cloud or account.
    #[error("the resources of this state are on {own}, not on {other}")]
    Cloud {
        /// Where they are.
        own: String,
        /// Where this command works.
        other: String,
    },
    /// A row of it is not one that could have been written.
    #[error("{0}")]
    Row(String),
    /// Its rows contradict each other, or say what no state says.
    #[error("{0}")]
    Unsound(String),
    /// A record is of a kind that nobody here knows.
    #[error("`{address}` is a `{kind}`, which this version of dr does not know")]
    Kind {
        /// The record.
        address: Address,
        /// Its kind.
        kind: Str,
    },
    /// The state that is to become this one cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PortableState {
    /// Whose state it is.
    pub fn stack(&self) -> Stack {
        Stack::new(self.program.as_str(), self.environment.as_str())
    }

    fn new(stack: &Stack, rows: &OwnedRows) -> Result<PortableState, RowError> {
        let mut trees = RowTree::ALL.map(|tree| (tree, PortableRows::new()));
        for ((tree, key), bytes) in rows {
            let contents = RowPlace { tree: *tree, key }.decode(bytes)?;
            for (other, rows) in &mut trees {
                if other == tree {
                    rows.insert(key.clone(), contents);
                    break;
                }
            }
        }
        let head = rows::find_head(&borrowed(rows)).transpose()?;
        let [(_, journal), (_, records), (_, meta)] = trees;
        Ok(PortableState {
            format: FORMAT,
            program: stack.program.to_string(),
            environment: stack.environment.to_string(),
            cloud: head.and_then(|head| head.identity),
            meta,
            records,
            journal,
        })
    }

    /// Its rows as bytes, and what they say.
    pub(crate) fn rows(&self) -> Result<(OwnedRows, Contents), UnfitState> {
        let trees = [(RowTree::Journal, &self.journal), (RowTree::Records, &self.records), (RowTree::Meta, &self.meta)];
        let unfit = |error: RowError| UnfitState::Row(error.to_string());
        let mut all = OwnedRows::new();
        for (tree, rows) in trees {
            for (key, contents) in rows {
                let bytes = RowPlace { tree, key }.encode(contents).map_err(unfit)?;
                all.insert((tree, key.clone()), bytes);
            }
        }
        let contents = rows::contents(each(&borrowed(&all)), None).map_err(unfit)?;
        if rows::KeyRow::find(&borrowed(&all)).is_none() {
            return Err(unfit(rows::KeyRow::missing()));
        }
        if self.cloud != contents.head.identity {
            let name = |identity: &Option<Identity>| identity.as_ref().map_or("none".into(), Identity::to_string);
            let (said, own) = (name(&self.cloud), name(&contents.head.identity));
            return Err(UnfitState::Unsound(format!("`cloud` says {said}, and the head in `meta` says {own}")));
        }
        if let Some((place, _)) = trees.into_iter().flat_map(|(_, rows)| rows).find(|(_, row)| has_broken_seal(row)) {
            return Err(UnfitState::Unsound(format!("what stands for a secret in `{place}` was never sealed")));
        }
        match integrity::check(&contents.snapshot(), contents.journal()).first() {
            Some(violation) => Err(UnfitState::Unsound(violation.to_string())),
            None => Ok((all, contents)),
        }
    }
}

impl States {
    /// The state of a stack as one value; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn export(&self, stack: &Stack) -> Result<Option<PortableState>, StoreError> {
        let Some((rows, _)) = self.rows(stack)? else { return Ok(None) };
        PortableState::new(stack, &rows).map(Some).map_err(|source| self.row_error(stack, source))
    }

    /// Makes a stack's state of such a value. The stack must be empty. Returns the number of resources.
    ///
    /// # Errors
    /// When the value is not sound or belongs elsewhere, the stack is not empty, or somebody works on it.
    pub fn import(&self, stack: &Stack, state: &PortableState, identity: &Identity) -> Result<usize, UnfitState> {
        if state.format != FORMAT {
            return Err(UnfitState::Format(state.format));
        }
        if state.stack() != *stack {
            return Err(UnfitState::Stack { own: state.stack().to_string(), other: stack.to_string() });
        }
        let (mut rows, contents) = state.rows()?;
        if let Some(own) = other_owner(&borrowed(&rows), &stack.to_string()) {
            return Err(UnfitState::Stack { own, other: stack.to_string() });
        }
        let Head { program, identity: own, .. } = &contents.head;
        if let Some(own) = own.as_ref().filter(|own| *own != identity) {
            return Err(UnfitState::Cloud { own: own.to_string(), other: identity.to_string() });
        }
        if let Some(own) = program.as_ref().filter(|own| **own != stack.program) {
            let own = Stack::new(own.clone(), stack.environment.clone());
            return Err(UnfitState::Stack { own: own.to_string(), other: stack.to_string() });
        }
        self.check_seals(stack, &rows)?;
        let mut held = self.hold(stack)?;
        let written = fill(&mut held, stack, &mut rows, &contents.head, &self.place());
        held.medium.close(written.is_ok());
        drop(held);
        written?;
        self.check_copy(stack, &rows)?;
        let snapshot = contents.snapshot();
        Ok(snapshot.records.len() + snapshot.deposed.len())
    }
}

impl States {
    /// Makes sure that what is sealed in these rows can be opened, where the key that they were sealed with is there. Who
    /// has another key may take them in and give theirs later.
    fn check_seals(&self, stack: &Stack, rows: &OwnedRows) -> Result<(), UnfitState> {
        let rows = borrowed(rows);
        let damaged = |source| self.row_error(stack, source);
        let Ok(Some(sealer)) = known_sealer(&rows, &self.folder, &self.keys, &damaged, &stack.to_string()) else {
            return Ok(());
        };
        match each(&rows).find_map(|row| rows::check(row, Some(&sealer)).err()) {
            Some(RowError::Seal(source)) => Err(UnfitState::Row(source.to_string())),
            Some(other) => Err(UnfitState::Row(other.to_string())),
            None => Ok(()),
        }
    }
}

/// Whether something in a row stands where a sealed secret does, and cannot be one.
fn has_broken_seal(row: &Json) -> bool {
    match row {
        Json::Array(items) => items.iter().any(has_broken_seal),
        Json::Object(map) => match map.get(SEALED) {
            Some(sealed) => map.len() > 1 || !sealed.as_str().is_some_and(is_sealed_text),
            None => map.values().any(has_broken_seal),
        },
        _ => false,
    }
}

/// Writes rows over those of an empty stack.
fn fill(held: &mut HeldPlace, stack: &Stack, rows: &mut OwnedRows, head: &Head, place: &str) -> Result<(), StoreError> {
    let name = stack.to_string();
    let before = rows::contents(each(&borrowed(&held.rows)), None).map_err(|e| held.medium.row_error(&name, e))?;
    // Outputs without resources are left where all records were forgotten.
    if !before.snapshot().is_empty() || !before.journal().open().is_empty() {
        return Err(StoreError::Occupied { stack: name, place: place.to_owned() });
    }
    let head = Head { group: before.head.group + 1, ..head.clone() };
    let head_row = rows::head(&head).map_err(|e| held.medium.row_error(&name, e))?;
    rows.insert((head_row.tree, head_row.key.clone()), head_row.bytes.unwrap_or_default());
    let goes = held.rows.keys().filter(|key| !rows.contains_key(*key));
    let goes = goes.map(|(tree, key)| RowWrite { tree: *tree, key: key.clone(), bytes: None });
    let comes =
        rows.iter().map(|((tree, key), bytes)| RowWrite { tree: *tree, key: key.clone(), bytes: Some(bytes.clone()) });
    let all: Vec<RowWrite> = goes.chain(comes).collect();
    held.medium.write(head.group, &all)
}
