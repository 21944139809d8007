//! The tally: how often each thing really happened, so that a suite which tests nothing is noticed.

use std::collections::BTreeMap;

/// Numbers by what was counted.
#[derive(Debug, Clone, Default)]
pub struct Tally(pub BTreeMap<String, usize>);

impl Tally {
    pub fn count(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    pub fn most(&mut self, what: &str, number: usize) {
        let most = self.0.entry(what.to_owned()).or_default();
        *most = number.max(*most);
    }

    pub fn add(&mut self, other: &Tally) {
        for (what, number) in &other.0 {
            match what.starts_with("most ") {
                true => self.most(what, *number),
                false => *self.0.entry(what.clone()).or_default() += number,
            }
        }
    }

    pub fn of(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// The sum of everything whose name begins so.
    pub fn all(&self, start: &str) -> usize {
        self.0.iter().filter(|(what, _)| what.starts_with(start)).map(|(_, n)| n).sum()
    }
}
