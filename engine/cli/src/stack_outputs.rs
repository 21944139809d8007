//! What stacks give to others: reads their outputs where `dr.toml` says that their states are. No lease is taken, so nobody
//! is waited for, and what somebody applies just now counts from its end on.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use dr_core::address::check_name;
use dr_core::schema::closest;
use dr_core::stack_output::{NoOutput, StackOutputs};
use dr_core::value::Value;
use dr_run::{KeySource, Stack, States, Store, StoreError};

use crate::config::Project;
use crate::environments::{self, EnvironmentRules};
use crate::keyless;
use crate::load;
use crate::shared;
use crate::suffix;
use crate::ui::Ui;

/// The outputs of a project's stacks.
pub(crate) struct ProjectOutputs {
    pub project: Arc<Project>,
    /// The folder of the states on this machine.
    pub state_dir: PathBuf,
    pub keys: KeySource,
    pub ui: Ui,
}

impl StackOutputs for ProjectOutputs {
    fn output(&self, environment: &str, program: &str, name: &str) -> Result<Value, NoOutput> {
        let config = &self.project.config;
        for (what, given, why) in [
            ("an environment", environment, suffix::problem(environment)),
            ("a program", program, check_name(program).err()),
        ] {
            if let Some(why) = why {
                return Err(NoOutput { message: format!("`{given}` cannot name {what}: {why}"), is_lost: false });
            }
        }
        if !environments::is_declared(config, environment) {
            let named = environments::named(config).collect();
            let message = format!("there is no environment `{environment}`{}", instead(environment, &named));
            return Err(NoOutput { message, is_lost: false });
        }
        let stack = Stack::new(program, environment);
        let rules = EnvironmentRules::of(config, environment);
        let states = shared::states(&rules.state, &self.state_dir, self.keys.clone(), &self.ui);
        let states = states.map_err(|failure| unreadable(&stack, &failure.to_string()))?;
        let store = look(&states, &stack).map_err(|error| unreadable(&stack, &chain(&error)))?;
        let Some(store) = store else { return Err(self.nothing(&states, &stack)) };
        let snapshot = store.snapshot().map_err(|error| unreadable(&stack, &chain(&error)))?;
        if store.lost_secrets().iter().any(|lost| lost.address.is_none() && *lost.name == *name) {
            let why = format!("its output `{name}` is secret, and its key is gone");
            return Err(unreadable(&stack, &why));
        }
        match snapshot.outputs.get(name) {
            Some(value) => Ok(value.clone()),
            None if snapshot.program.is_none() => Err(NoOutput {
                message: format!("`{stack}` gives no output `{name}`: nothing is applied there ({})", to_apply(&stack)),
                is_lost: false,
            }),
            None => {
                let names: BTreeSet<&str> = snapshot.outputs.keys().map(|name| &**name).collect();
                let message = match names.is_empty() {
                    true => format!("`{stack}` gives no output `{name}`, nor any other"),
                    false => format!("`{stack}` gives no output `{name}`{}", instead(name, &names)),
                };
                Err(NoOutput { message, is_lost: false })
            }
        }
    }
}

impl ProjectOutputs {
    /// That a stack has no state: what is asked for was never applied or is lost, or is called otherwise.
    fn nothing(&self, states: &States, stack: &Stack) -> NoOutput {
        let (environment, program) = (&*stack.environment, &*stack.program);
        let others = states.environments().unwrap_or_default();
        let others: BTreeSet<&str> = others.iter().map(String::as_str).collect();
        let is_declared = !self.project.config.environments.is_empty();
        if !is_declared && !others.contains(environment) && closest(environment, others.iter().copied()).is_some() {
            let message = format!("there is no environment `{environment}`{}", instead(environment, &others));
            return NoOutput { message, is_lost: true };
        }
        let recorded = states.programs(environment).unwrap_or_default();
        let scripts = load::names(&self.project);
        let known: BTreeSet<&str> = scripts.iter().map(String::as_str).chain(recorded.iter().map(|p| &**p)).collect();
        let message = match known.contains(program) || known.is_empty() {
            true => format!("`{stack}` was never applied, or its state is lost ({})", to_apply(stack)),
            false => format!("there is no program `{program}`{}", instead(program, &known)),
        };
        NoOutput { message, is_lost: true }
    }
}

/// The state of a stack, if there is one; where its key is gone, without its secrets.
fn look(states: &States, stack: &Stack) -> Result<Option<Store>, StoreError> {
    states.look(stack).or_else(|error| match keyless::without_key(states, &error) {
        Some(states) => states.look(stack),
        None => Err(error),
    })
}

/// That a state cannot be read now.
fn unreadable(stack: &Stack, why: &str) -> NoOutput {
    NoOutput { message: format!("the outputs of `{stack}` cannot be read: {why}"), is_lost: true }
}

/// An error with what caused it.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn to_apply(stack: &Stack) -> String {
    format!("`dr apply {} --env {}` applies it", stack.program, stack.environment)
}

/// What there is instead of a name.
fn instead(name: &str, known: &BTreeSet<&str>) -> String {
    match closest(name, known.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; there are: {}", Vec::from_iter(known.iter().copied()).join(", ")),
    }
}
