//! Verdicts: what the checks of a team find in a graph of which nothing is there yet, as a test sees it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use dr_core::checks::{Planned, TeamRules};
use dr_core::cloud::Identity;
use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Input, propose};
use dr_core::record::Snapshot;
use dr_core::registry::Registry;
use rhai::{Array, Dynamic};

use crate::fault::{Res, ScriptFault};
use crate::session;
use crate::team::{Looked, TeamChecks, TeamFinding};

/// Whoever stands by while the checks of the team look at a plan.
#[derive(Debug)]
struct Witness<'a> {
    team: &'a TeamChecks,
    looked: Mutex<Looked>,
}

impl TeamRules for Witness<'_> {
    fn look(&self, planned: &Planned<'_>) -> Vec<Diagnostic> {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = self.team.looked(planned);
        Vec::new()
    }
}

/// A map for each finding: check, severity, resource, key, message and help.
///
/// # Errors
/// The mistakes in the checks.
pub(crate) fn verdicts(team: &TeamChecks, registry: &Registry, graph: &Graph) -> Res<Array> {
    let witness = Witness { team, looked: Mutex::default() };
    propose(&Input {
        goal: Goal::Apply,
        graph,
        snapshot: &Snapshot::default(),
        refreshed: &BTreeMap::new(),
        known: &BTreeMap::new(),
        imports: &BTreeMap::new(),
        away: &BTreeMap::new(),
        aim: dr_core::selection::Aim::everything(),
        lift: false,
        registry,
        environment: "test",
        program: &graph.program,
        identity: &Identity { cloud: "none".into(), account: "000000000000".into(), endpoint: None },
        team: Some(&witness),
    });
    let Looked { found, mistakes, printed } =
        std::mem::take(&mut *witness.looked.lock().unwrap_or_else(PoisonError::into_inner));
    session::with(|s| s.printed.extend(printed));
    if let Some(fault) = ScriptFault::of(mistakes) {
        return Err(fault.into());
    }
    let entry = |(said, counted): &(TeamFinding, Diagnostic)| {
        let severity = match counted.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        let texts = [
            ("check", &*said.check),
            ("severity", severity),
            ("resource", said.address.as_str()),
            ("key", &said.key),
            ("message", &said.message),
            ("help", &said.help),
        ];
        Dynamic::from_map(texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    };
    Ok(found.iter().map(entry).collect())
}
