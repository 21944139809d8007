//! The examples of `tests/kinds`: a program per kind, whose first lines say what its steps change.
//!
//! ```text
//! //! update: ADDRESS          changed in place by the second step     //! no update: WHY
//! //! replace: ADDRESS         replaced by the third                   //! no replace: WHY
//! //! also-update: ADDRESS     and so is this; also-replace likewise
//! ```
//!
//! The first address of each is of the example's own kind; `engine/kinds` checks that of every example.

use std::collections::BTreeSet;
use std::path::PathBuf;

use dr_core::address::Address;
use dr_tests_support::repository;

use crate::room::{Failure, Program};

/// An example.
pub(crate) struct Example {
    /// The kind that it is of.
    pub(crate) kind: String,
    path: PathBuf,
    text: String,
}

impl Example {
    /// Every example, by kind.
    pub(crate) fn all() -> Result<Vec<Example>, Failure> {
        let folder = repository().join("tests/kinds");
        dr_kinds::registry()
            .iter()
            .map(|kind| {
                let path = folder.join(format!("{}.rhai", kind.name.replace('.', "/")));
                let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                Ok(Example { kind: kind.name.to_owned(), path, text })
            })
            .collect()
    }

    /// The name of its program and of its environment.
    pub(crate) fn name(&self) -> String {
        self.kind.replace(['.', '_'], "-")
    }

    /// Its program.
    pub(crate) fn program(&self) -> Program {
        let folder = self.path.parent().map(PathBuf::from).unwrap_or_default();
        Program { name: self.name(), text: self.text.clone(), folder }
    }

    /// What the second step changes in place: first the one that the example is about.
    pub(crate) fn updates(&self) -> Result<Vec<Address>, Failure> {
        self.stated("update")
    }

    /// What the third step replaces: first the one that the example is about.
    pub(crate) fn replaces(&self) -> Result<Vec<Address>, Failure> {
        self.stated("replace")
    }

    /// The resource that the example is about, where it makes one.
    pub(crate) fn subject(&self) -> Result<Option<Address>, Failure> {
        let [updates, replaces] = [self.updates()?, self.replaces()?];
        Ok(updates.into_iter().chain(replaces).find(|address| address.kind() == self.kind))
    }

    fn stated(&self, word: &str) -> Result<Vec<Address>, Failure> {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("//! ")).filter_map(|l| l.split_once(": "));
        let words: BTreeSet<String> = BTreeSet::from([word.to_owned(), format!("also-{word}")]);
        lines.filter(|(said, _)| words.contains(*said)).map(|(_, address)| Ok(Address::parse(address)?)).collect()
    }
}
