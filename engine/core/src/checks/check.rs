//! A check: what it asks of the planned graph, and everything that a person may want to know about it.

use std::collections::BTreeSet;

use super::findings::Findings;
use super::planned::{Planned, Resource};
use crate::diagnostic::Severity;

/// A check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its id, as messages and `allow` name it: `D07`, `C12`.
    pub id: &'static str,
    /// The name that a person reads: `db-deletion-protection`.
    pub name: &'static str,
    /// What a finding does in environments that stay: an error refuses the plan. `None` where the language leaves no way
    /// to say it wrongly.
    pub severity: Option<Severity>,
    /// What a finding does in ephemeral environments, where that differs.
    pub ephemeral: Option<Severity>,
    /// What it asks, as what follows "asks that".
    pub asks: &'static str,
    /// Why: what the cloud would do otherwise.
    pub why: &'static str,
    /// What to do about a finding.
    pub mend: &'static str,
    /// Where the fact comes from: the documentation of the service, or who met it.
    pub source: &'static str,
    /// The kinds that it looks at, as `service.kind`, or the arguments, as `service.kind.argument`. Empty where the kinds
    /// say themselves where they are looked at ([`crate::schema::Rule`]), or where every resource is.
    pub looks_at: &'static [&'static str],
    /// How it looks.
    pub look: LooksBy,
}

/// How a check looks.
#[derive(Debug, Clone, Copy)]
pub enum LooksBy {
    /// Something else looks: it is data at the fields of kinds, part of the planner or the language, or asked of the cloud.
    Elsewhere,
    /// At each resource of the kinds that it looks at, or of every kind, and at what that one refers to. It is asked again while applying,
    /// when arguments that were not known have become known.
    Each(fn(&Resource<'_>, &Planned<'_>, &mut Findings)),
    /// At each resource of the kinds that it looks at, and at who refers to it. Who that is, is known only while planning.
    Around(fn(&Resource<'_>, &Planned<'_>, &mut Findings)),
    /// At all resources together.
    All(fn(&Planned<'_>, &mut Findings)),
}

impl Check {
    /// A check of AWS's rules for each resource of some kinds: an error, in every environment.
    pub const fn each(
        id: &'static str,
        name: &'static str,
        looks_at: &'static [&'static str],
        look: fn(&Resource<'_>, &Planned<'_>, &mut Findings),
    ) -> Check {
        Check::new(id, name, looks_at, LooksBy::Each(look))
    }

    /// A check of AWS's rules for each resource of some kinds with those around it: an error, in every environment.
    pub const fn around(
        id: &'static str,
        name: &'static str,
        looks_at: &'static [&'static str],
        look: fn(&Resource<'_>, &Planned<'_>, &mut Findings),
    ) -> Check {
        Check::new(id, name, looks_at, LooksBy::Around(look))
    }

    /// A check of AWS's rules for the resources of some kinds together: an error, in every environment.
    pub const fn all(
        id: &'static str,
        name: &'static str,
        looks_at: &'static [&'static str],
        look: fn(&Planned<'_>, &mut Findings),
    ) -> Check {
        Check::new(id, name, looks_at, LooksBy::All(look))
    }

    /// A check that something else makes: data at the fields of kinds, the planner, the language or the cloud. An error, in
    /// every environment.
    pub const fn elsewhere(id: &'static str, name: &'static str, looks_at: &'static [&'static str]) -> Check {
        Check::new(id, name, looks_at, LooksBy::Elsewhere)
    }

    const fn new(id: &'static str, name: &'static str, looks_at: &'static [&'static str], look: LooksBy) -> Check {
        Check {
            id,
            name,
            severity: Some(Severity::Error),
            ephemeral: None,
            asks: "",
            why: "",
            mend: "",
            source: "",
            looks_at,
            look,
        }
    }

    /// What a finding does in an environment.
    pub fn severity_in(&self, ephemeral: bool) -> Option<Severity> {
        self.ephemeral.filter(|_| ephemeral).or(self.severity)
    }

    /// Whether it asks that an environment can go completely.
    pub fn is_of_destroyability(&self) -> bool {
        self.id.starts_with('D')
    }

    /// Whether it looks at resources of a kind.
    pub fn is_about(&self, kind: &str) -> bool {
        self.looks_at.is_empty() || self.kinds().any(|about| about == kind)
    }

    /// The kinds that it looks at, each once.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        let kind = |path: &&'static str| match path.match_indices('.').nth(1) {
            Some((end, _)) => &path[..end],
            None => path,
        };
        self.looks_at.iter().map(kind).collect::<BTreeSet<_>>().into_iter()
    }
}
