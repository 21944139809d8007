//! Remnants: what is in the account although it is no resource of any kind: what deletions have left, and what tests plant.

use dr_core::leftover::{LeftoverSign, Trail};
use dr_core::region::GLOBAL;
use dr_core::value::Str;
use serde::{Deserialize, Serialize};

/// Something that is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remnant {
    /// What it is: `key pending deletion`.
    pub(crate) what: Str,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<Str>,
    pub(crate) id: Str,
    /// The names of what it was made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) of: Vec<Str>,
    /// The identity tags of what it was made of; empty where it bears none.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub(crate) environment: Str,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub(crate) program: Str,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub(crate) address: Str,
    /// When it goes by itself, in microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<u64>,
}

impl Remnant {
    /// Where it is.
    pub(crate) fn place(&self) -> &str {
        self.region.as_deref().unwrap_or(GLOBAL)
    }

    /// How it is told that it is what is looked for.
    pub(crate) fn told<'t>(&'t self, trail: &Trail<'t>) -> Option<(LeftoverSign, Option<&'t Str>)> {
        if !self.environment.is_empty() {
            let is_sought = trail.sought.fits(&self.environment, &self.program);
            return is_sought.then_some((LeftoverSign::Tags, Some(&self.address)));
        }
        let region = self.region.as_deref();
        std::iter::once(&self.id).chain(&self.of).find_map(|name| trail.of_name(region, name))
    }
}
