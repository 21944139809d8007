//! Lifetimes: since when something of a program is in an environment, and who applied it last.
//!
//! Times are seconds since 1970, by the clock of whoever applied. Only people and the expiry of environments go by them.

use serde::{Deserialize, Serialize};

use crate::value::Str;

/// Since when a program is in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// When it was first applied since it was empty.
    pub created: u64,
    /// When the last apply began.
    pub applied: u64,
    /// Who made the last apply, in words: a person and a machine, or the run of a pipeline.
    pub by: Str,
    /// Until when it stays at least, where somebody has extended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<u64>,
}

impl Lifetime {
    /// The lifetime after another apply.
    #[must_use]
    pub fn applied(before: Option<&Lifetime>, at: u64, by: Str) -> Lifetime {
        Lifetime {
            created: before.map_or(at, |before| before.created),
            applied: at,
            by,
            extended: before.and_then(|before| before.extended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_apply_changes_neither_the_beginning_nor_what_was_granted() {
        let first = Lifetime::applied(None, 10, "anna".into());
        assert_eq!((first.created, first.applied, first.extended), (10, 10, None));
        let granted = Lifetime { extended: Some(99), ..first };
        let second = Lifetime::applied(Some(&granted), 20, "ben".into());
        assert_eq!((second.created, second.applied, &*second.by, second.extended), (10, 20, "ben", Some(99)));
    }
}
