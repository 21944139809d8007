//! Checks of a team: rules of its own, which whoever evaluates its scripts looks up for the planner.
//!
//! They are asked once, about everything that is planned, after the engine's own. What they find counts as what those
//! find: it has a place, an exception by its name turns a refusal into a warning, and an error refuses the plan.

use super::planned::Planned;
use crate::diagnostic::Diagnostic;

/// Checks that somebody else evaluates.
pub trait TeamRules: std::fmt::Debug + Sync {
    /// Looks at everything that is planned. A mistake in a check is an error among what is found.
    fn look(&self, planned: &Planned<'_>) -> Vec<Diagnostic>;
}
