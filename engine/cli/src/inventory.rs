//! The inventory: which environments there are, wherever their states are kept, and what each program has in them.

use dr_core::checks::Cost;
use dr_core::cloud::Identity;
use dr_core::lifetime::Lifetime;
use dr_core::plan::recorded_cost;
use dr_core::value::Str;
use dr_run::{Stack, States};

use crate::environments::EnvironmentRules;
use crate::exit::CommandFailure;
use crate::session::Session;
use crate::shared;

/// An environment that has state.
#[derive(Debug)]
pub(crate) struct KnownEnvironment {
    /// Its suffix.
    pub name: String,
    /// What counts for it.
    pub rules: EnvironmentRules,
    /// Whether its state is where dr.toml says that it is.
    pub is_in_place: bool,
    /// What its programs have, by their names; none where that cannot be read.
    pub programs: Vec<KnownProgram>,
    /// Why its programs cannot be listed.
    pub unreadable: Option<String>,
}

/// What is recorded of a program in an environment.
#[derive(Debug)]
pub(crate) struct KnownProgram {
    /// Its name.
    pub name: Str,
    /// The cloud that it is in; `None` while it is empty.
    pub identity: Option<Identity>,
    /// How many resources it has; `None` where that cannot be read.
    pub resources: Option<usize>,
    /// Since when it is there, and who applied it last.
    pub lifetime: Option<Lifetime>,
    /// What it costs.
    pub cost: Cost,
    /// Who works on it, or why it cannot be read.
    pub note: Option<String>,
}

impl KnownEnvironment {
    /// When it expires; `None`: never, as what is protected, or nothing says when it was applied.
    pub(crate) fn expiry(&self) -> Option<u64> {
        if self.rules.protected.is_some() {
            return None;
        }
        self.rules.ttl.expiry(self.programs.iter().filter_map(|program| program.lifetime.as_ref()))
    }

    /// Whether nothing is recorded in it. Where something cannot be read, something may be.
    pub(crate) fn is_empty(&self) -> bool {
        self.unreadable.is_none() && self.programs.iter().all(KnownProgram::is_empty)
    }

    /// What of it cannot be read, each with why.
    pub(crate) fn unread(&self) -> Vec<String> {
        let unread = self.programs.iter().filter(|program| program.resources.is_none());
        let told =
            unread.filter_map(|program| Some(format!("{} cannot be read: {}", program.name, program.note.as_ref()?)));
        self.unreadable.iter().map(|why| format!("its programs cannot be listed: {why}")).chain(told).collect()
    }
}

impl KnownProgram {
    /// Whether nothing is recorded of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.resources == Some(0) && self.identity.is_none()
    }
}

/// All environments, sorted by name within each place.
///
/// # Errors
/// When a place of states cannot be reached.
pub(crate) fn environments(session: &Session<'_>) -> Result<Vec<KnownEnvironment>, CommandFailure> {
    let mut all = Vec::new();
    for states in places(session)? {
        for name in states.environments()? {
            all.push(look(session, &states, name)?);
        }
    }
    Ok(all)
}

/// The states of all environments, place by place: those of an environment may be elsewhere.
fn places(session: &Session<'_>) -> Result<Vec<States>, CommandFailure> {
    let config = &session.project.config;
    let own = config.environments.values().map(|table| config.state.with(&table.state));
    let mut all: Vec<States> = Vec::new();
    for config in std::iter::once(config.state.clone()).chain(own) {
        let states = shared::states(&config, &session.state_dir, session.keys(), session.ui)?;
        if all.iter().all(|other| other.place() != states.place()) {
            all.push(states);
        }
    }
    Ok(all)
}

/// An environment. What cannot be read of it now is listed all the same.
fn look(session: &Session<'_>, states: &States, name: String) -> Result<KnownEnvironment, CommandFailure> {
    let rules = EnvironmentRules::of(&session.project.config, &name);
    let own = shared::states(&rules.state, &session.state_dir, session.keys(), session.ui)?;
    let is_in_place = own.place() == states.place();
    let (programs, unreadable) = match states.programs(&name) {
        Ok(programs) => (programs, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let programs = programs.into_iter().map(|program| survey(session, states, &name, program)).collect();
    Ok(KnownEnvironment { name, rules, is_in_place, programs, unreadable })
}

fn survey(session: &Session<'_>, states: &States, environment: &str, program: Str) -> KnownProgram {
    let stack = Stack::new(program.clone(), environment);
    let unknown = KnownProgram {
        name: program,
        identity: None,
        resources: None,
        lifetime: None,
        cost: Cost::default(),
        note: None,
    };
    match states.survey(&stack) {
        Ok(found) => {
            let (snapshot, worker) = found.unwrap_or_default();
            KnownProgram {
                resources: Some(snapshot.records.len() + snapshot.deposed.len()),
                cost: recorded_cost(&snapshot, &session.registry),
                identity: snapshot.identity,
                lifetime: snapshot.lifetime,
                note: worker.map(|worker| format!("{worker} works on it")),
                ..unknown
            }
        }
        Err(error) => KnownProgram { note: Some(error.to_string()), ..unknown },
    }
}
