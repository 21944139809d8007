//! The host: opens an evaluation, closes it, and hands out what it found.
//!
//! An evaluation runs on a thread of its own: with a stack large enough for the deepest program that the limits allow,
//! and with state that ends with the thread. The calling thread watches time and memory meanwhile.

use std::sync::Arc;
use std::sync::mpsc;

use dr_core::checks;
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::graph::{Graph, Node};
use dr_core::reference;
use dr_core::registry::Registry;
use rhai::{AST, Engine, Module, Position, Scope};

use crate::fault::Res;
use crate::natives::{Natives, natives};
use crate::parameter::Parameter;
use crate::params::{STOP, unknown_settings};
use crate::request::{Evaluated, Limits, ModuleDoc, Request, Root, ScriptFailure, SourceTexts};
use crate::session::{self, Evaluation, Purpose};
use crate::{budget, compile, docs, engine, explain};

/// The stack of an evaluation. It is reserved, not used, until a program goes deep.
const STACK: usize = 512 << 20;

/// Evaluates programs. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    shared: Arc<HostInner>,
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
        Host { shared: Arc::new(HostInner { registry, roots: roots.into(), limits, engine, natives }) }
    }

    /// Evaluates a program to the end and checks what it declares.
    ///
    /// # Errors
    /// Every mistake that could be found, each at its place.
    pub fn evaluate(&self, request: &Request) -> Result<Evaluated, ScriptFailure> {
        let (diagnostics, mut state) = self.run(request, Purpose::Program)?;
        let sources = state.sources();
        let mut found = std::mem::take(&mut state.problems);
        found.extend(diagnostics);
        found.extend(undeclared(&state, request));
        if found.is_empty() && state.nodes.is_empty() && state.outputs.is_empty() {
            found.push(declares_nothing(request));
        }
        let graph = Graph {
            program: request.program.as_str().into(),
            ephemeral: request.environment.ephemeral,
            namesakes: request.environment.namesakes.iter().map(|name| name.as_str().into()).collect(),
            components: std::mem::take(&mut state.components),
            nodes: std::mem::take(&mut state.nodes)
                .into_iter()
                .map(|(a, node)| (a, as_allowed(node, request)))
                .collect(),
            outputs: std::mem::take(&mut state.outputs),
            notes: std::mem::take(&mut state.notes),
        };
        if found.is_empty() {
            found = graph.check();
            found.extend(reference::check(&graph, self.registry()));
        }
        if !found.is_empty() {
            return Err(ScriptFailure { diagnostics: found, printed: state.printed, sources });
        }
        Ok(Evaluated { graph, parameters: state.parameters.unwrap_or_default(), printed: state.printed, sources })
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
        self.on_thread(self.session(), || docs::modules(&self.shared.engine, &self.shared.roots))?.0
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

    /// Evaluates a program on a thread of its own; answers with what stopped it, and with its state.
    fn run(&self, request: &Request, mode: Purpose) -> Result<(Vec<Diagnostic>, Evaluation), ScriptFailure> {
        let mut session = self.session();
        session.mode = mode;
        session.environment = request.environment.clone();
        session.settings = request.settings.clone();
        self.on_thread(session, || match evaluate(&self.shared.engine, &request.source_name, &request.text) {
            Ok(()) => Vec::new(),
            Err(error) => explain::explain(&error),
        })
    }

    /// The state that every evaluation starts with.
    pub(crate) fn session(&self) -> Evaluation {
        let mut session = Evaluation::default();
        session.registry = Some(self.shared.registry.clone());
        session.roots = self.shared.roots.clone();
        session.limits = self.shared.limits.clone();
        session.natives = self.shared.natives.clone();
        session
    }

    /// Runs something on a thread with a state, within the limits. Answers with its result and the state.
    pub(crate) fn on_thread<R: Send>(
        &self,
        session: Evaluation,
        work: impl FnOnce() -> R + Send,
    ) -> Result<(R, Evaluation), ScriptFailure> {
        let flag = budget::Flag::default();
        let result = std::thread::scope(|scope| {
            let (done, wait) = mpsc::channel::<()>();
            let seen = flag.clone();
            let thread =
                std::thread::Builder::new().name("program".into()).stack_size(STACK).spawn_scoped(scope, move || {
                    // Dropped at the end, also by a panic: that is what the watch waits for.
                    let _done = done;
                    budget::begin(&self.shared.limits, seen);
                    session::with(|s| *s = session);
                    let result = work();
                    (result, session::with(std::mem::take))
                });
            let thread = thread.map_err(|error| format!("a thread for the program cannot be started: {error}"))?;
            budget::watch(&self.shared.limits, &flag, &wait);
            thread.join().map_err(|_| "the engine itself failed while it evaluated the program".to_owned())
        });
        result.map_err(|message| ScriptFailure {
            diagnostics: vec![Diagnostic::error(message)],
            printed: Vec::new(),
            sources: SourceTexts::default(),
        })
    }
}

/// Compiles and runs a text at the top level of this thread's evaluation.
fn evaluate(engine: &Engine, source: &str, text: &str) -> Res<()> {
    let (unit, ast) = compile::compile(engine, source, text)?;
    run_unit(engine, unit, &ast)
}

/// Runs a compiled unit at the top level.
pub(crate) fn run_unit(engine: &Engine, unit: usize, ast: &AST) -> Res<()> {
    let _entered = session::enter(unit, "".into(), Position::NONE);
    let mut global = engine.new_global_runtime_state();
    // The public way to run a tree under a global state of one's own.
    let result = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), &mut global, ast);
    if let Err(error) = &result {
        session::note_failure(error);
    }
    result.map(|_| ())
}

/// A resource with the exceptions from checks that count in the environment.
fn as_allowed(node: Arc<Node>, request: &Request) -> Node {
    let mut node = Arc::unwrap_or_clone(node);
    node.options.allow = checks::allowed(std::mem::take(&mut node.options.allow), request.environment.ephemeral);
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
    let span = Span { source: request.source_name.as_str().into(), line: 1, column: 1, length: 1 };
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
