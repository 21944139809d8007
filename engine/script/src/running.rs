//! Running: a text on a thread of its own, within its limits.
//!
//! The thread has a stack that is large enough for the deepest program that the limits allow, and state that ends with
//! it. The calling thread watches time and memory meanwhile.

use std::sync::mpsc;

use dr_core::diagnostic::Diagnostic;
use rhai::{AST, Engine, Module, Position, Scope};

use crate::fault::Res;
use crate::request::{Limits, ScriptFailure, SourceTexts};
use crate::session::{self, Evaluation};
use crate::{budget, compile};

/// The stack of an evaluation. It is reserved, not used, until a program goes deep.
const STACK: usize = 512 << 20;

/// Runs something on a thread with a state, within the limits. Answers with its result and the state.
pub(crate) fn on_thread<R: Send>(
    limits: &Limits,
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
                budget::begin(limits, seen);
                session::with(|s| *s = session);
                let result = work();
                (result, session::with(std::mem::take))
            });
        let thread = thread.map_err(|error| format!("a thread for the program cannot be started: {error}"))?;
        budget::watch(limits, &flag, &wait);
        thread.join().map_err(|_| "the engine itself failed while it evaluated the program".to_owned())
    });
    result.map_err(|message| ScriptFailure {
        diagnostics: vec![Diagnostic::error(message)],
        printed: Vec::new(),
        sources: SourceTexts::default(),
    })
}

/// Compiles and runs a text at the top level of this thread's evaluation.
pub(crate) fn evaluate(engine: &Engine, source: &str, text: &str) -> Res<()> {
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
