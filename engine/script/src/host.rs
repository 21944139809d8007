//! The host: opens an evaluation, closes it, and hands out what it found.
//!
//! Each evaluation has a thread and a state of its own (`running`).

use std::sync::Arc;

use dr_core::checks;
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::graph::{Graph, Node};
use dr_core::reference;
use dr_core::registry::Registry;
use dr_core::writers;
use rhai::Engine;

use crate::natives::{Natives, natives};
use crate::parameter::Parameter;
use crate::params::{STOP, unknown_settings};
use crate::request::{Evaluated, Limits, ModuleDoc, Request, Root, ScriptFailure};
use crate::running::{evaluate, on_thread};
use crate::session::{Evaluation, Purpose};
use crate::team::TeamChecks;
use crate::{docs, engine, explain};

/// Evaluates programs. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    shared: Arc<HostInner>,
    team: Option<Arc<TeamChecks>>,
}

struct HostInner {
    registry: Arc<Registry>,
    roots: Arc<[Root]>,
    limits: Limits,
    engine: Engine,
    natives: Arc<Natives>,
}

impl Host {
    /// A host whose programs declare kinds of this registry and import modules from these roots, first to last.
    pub fn new(registry: Arc<Registry>, roots: Vec<Root>, limits: Limits) -> Host {
        let engine = engine::build(&registry, &limits);
        let natives = Arc::new(natives(&engine));
        Host { shared: Arc::new(HostInner { registry, roots: roots.into(), limits, engine, natives }), team: None }
    }

    /// The same with the checks of a team, where it has any: programs may name them, and tests see what they find.
    #[must_use]
    pub fn with_checks(self, team: Option<Arc<TeamChecks>>) -> Host {
        Host { team, ..self }
    }

    /// Evaluates a program to the end and checks what it declares.
    ///
    /// # Errors
    /// Every mistake that could be found, each at its place.
    pub fn evaluate(&self, request: &Request) -> Result<Evaluated, ScriptFailure> {
        let (diagnostics, mut state) = self.run(request, Purpose::Program)?;
        let sources = state.sources();
        let mut found = diagnostics;
        found.extend(undeclared(&state, request));
        if found.is_empty() && state.problems.is_empty() && state.nodes.is_empty() && state.outputs.is_empty() {
            found.push(declares_nothing(request));
        }
        match self.declared(&request.program, request.environment.ephemeral, &mut state, found) {
            Ok(graph) => {
                let parameters = state.parameters.unwrap_or_default();
                Ok(Evaluated { graph, parameters, printed: state.printed, sources })
            }
            Err(diagnostics) => Err(ScriptFailure { diagnostics, printed: state.printed, sources }),
        }
    }

    /// What an evaluation has declared, checked as a whole; all mistakes where there are some.
    pub(crate) fn declared(
        &self,
        program: &str,
        ephemeral: bool,
        state: &mut Evaluation,
        stopped_by: Vec<Diagnostic>,
    ) -> Result<Graph, Vec<Diagnostic>> {
        let nodes = std::mem::take(&mut state.nodes).into_iter();
        let namesakes = state.environment.namesakes.iter().map(|name| name.as_str().into()).collect();
        let mut graph = Graph {
            program: program.into(),
            ephemeral,
            namesakes,
            components: std::mem::take(&mut state.components),
            nodes: nodes.map(|(address, node)| (address, as_allowed(node, ephemeral))).collect(),
            outputs: std::mem::take(&mut state.outputs),
            budget: state.budget.take(),
            promise: state.promise.take(),
            notes: std::mem::take(&mut state.notes),
        };
        let doubts = std::mem::take(&mut state.doubts);
        let mut found = std::mem::take(&mut state.problems);
        found.extend(stopped_by);
        writers::order(&mut graph);
        if found.is_empty() {
            found = graph.check();
            found.extend(reference::check(&graph, self.registry()));
        }
        if found.is_empty() {
            graph.notes.extend(doubts);
            return Ok(graph);
        }
        found.extend(doubts);
        Err(found)
    }

    /// The parameters of a program, without evaluating what comes after them. Settings are taken where they are
    /// given; none is required.
    ///
    /// # Errors
    /// Mistakes in the program before its parameters, and settings that do not fit.
    pub fn parameters(&self, request: &Request) -> Result<Vec<Parameter>, ScriptFailure> {
        let (mut diagnostics, state) = self.run(request, Purpose::Parameters)?;
        diagnostics.retain(|d| d.message != STOP);
        if diagnostics.is_empty() {
            return Ok(state.parameters.unwrap_or_default());
        }
        let sources = state.sources();
        Err(ScriptFailure { diagnostics, printed: state.printed, sources })
    }

    /// The documentation of every module in the roots, by name.
    ///
    /// # Errors
    /// Modules that cannot be read or parsed.
    pub fn module_docs(&self) -> Result<Vec<ModuleDoc>, ScriptFailure> {
        on_thread(self.limits(), self.session(), || docs::modules(&self.shared.engine, &self.shared.roots))?.0
    }

    /// Definitions of everything that programs can call, for editors: file names with texts.
    pub fn definitions(&self) -> Vec<(String, String)> {
        docs::definitions(&self.shared.engine)
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(crate) fn team(&self) -> Option<&TeamChecks> {
        self.team.as_deref()
    }

    /// Evaluates a program on a thread of its own; answers with what stopped it, and with its state.
    fn run(&self, request: &Request, mode: Purpose) -> Result<(Vec<Diagnostic>, Evaluation), ScriptFailure> {
        let mut session = self.session();
        session.mode = mode;
        session.program.clone_from(&request.program);
        session.environment = request.environment.clone();
        session.settings = request.settings.clone();
        on_thread(self.limits(), session, || match evaluate(&self.shared.engine, &request.source_name, &request.text) {
            Ok(()) => Vec::new(),
            Err(error) => explain::explain(&error),
        })
    }

    /// The state that every evaluation starts with.
    pub(crate) fn session(&self) -> Evaluation {
        let HostInner { registry, roots, natives, .. } = &*self.shared;
        let mut session = Evaluation::new(registry.clone(), roots.clone(), natives.clone());
        session.team = self.team.iter().flat_map(|team| team.list()).map(|check| check.name.as_str().into()).collect();
        session
    }
}

/// A resource with the exceptions from checks that count in the environment.
fn as_allowed(node: Arc<Node>, ephemeral: bool) -> Node {
    let mut node = Arc::unwrap_or_clone(node);
    node.options.allow = checks::allowed(std::mem::take(&mut node.options.allow), ephemeral);
    node
}

/// Settings of a program that declares no parameters.
fn undeclared(state: &Evaluation, request: &Request) -> Vec<Diagnostic> {
    if state.parameters.is_some() || request.settings.is_empty() {
        return Vec::new();
    }
    unknown_settings(&request.settings, &[], None)
}

fn declares_nothing(request: &Request) -> Diagnostic {
    let span = Span { source: request.source_name.as_str().into(), line: 1, column: 1, length: 1, former: false };
    Diagnostic::error(format!("the program `{}` declares nothing", request.program))
        .at(span, "")
        .help("declare a resource, such as `s3::bucket(\"documents\", #{ region: \"us-east-1\" })`, or an output; `dr destroy` takes down what was declared before")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Host>();
    }
}
