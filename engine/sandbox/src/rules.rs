//! Which checks are asked about which kind, found out once.

use std::collections::BTreeMap;

use dr_core::checks::{self, Check};
use dr_core::registry::Registry;
use dr_core::schema::Kind;

use crate::refer::held;

/// The checks that are asked about each kind.
#[derive(Debug)]
pub(crate) struct Rules(BTreeMap<&'static str, Vec<&'static Check>>);

impl Rules {
    pub(crate) fn new(registry: &Registry) -> Rules {
        let all = registry.iter().filter(|kind| held(kind)).map(|kind| (kind.name, checks::asked_about(kind.name)));
        Rules(all.filter(|(_, checks)| !checks.is_empty()).collect())
    }

    /// Those about a kind, if there are any.
    pub(crate) fn of(&self, kind: &Kind) -> Option<&[&'static Check]> {
        self.0.get(kind.name).map(Vec::as_slice)
    }
}
