//! Faults: errors that natives raise, on their way through Rhai.
//!
//! A fault is diagnostics in the making. It travels as the value of Rhai's runtime error; the place that raised it
//! fills in what it knows, and `explain` adds the place and the calls when nobody did.

use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::expr::EvalError;
use dr_core::limits::TooLarge;
use rhai::{Dynamic, EvalAltResult, Position};

/// What natives return.
pub(crate) type Res<T> = Result<T, Box<EvalAltResult>>;

/// An error with what is known of it so far.
#[derive(Debug, Clone)]
pub(crate) struct ScriptFault {
    /// The error itself.
    pub(crate) first: Box<Diagnostic>,
    /// What was found together with it; these are complete.
    pub(crate) rest: Vec<Diagnostic>,
    /// How many of the calls on the stack lead to its place; `None` for all.
    pub(crate) depth: Option<usize>,
}

impl ScriptFault {
    pub(crate) fn new(message: impl Into<String>) -> ScriptFault {
        ScriptFault { first: Box::new(Diagnostic::error(message)), rest: Vec::new(), depth: None }
    }

    /// From diagnostics that are complete; `None` when there are none.
    pub(crate) fn of(mut all: Vec<Diagnostic>) -> Option<ScriptFault> {
        if all.is_empty() {
            return None;
        }
        let first = Box::new(all.remove(0));
        Some(ScriptFault { first, rest: all, depth: None })
    }

    pub(crate) fn code(mut self, id: &str) -> ScriptFault {
        *self.first = self.first.code(id);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> ScriptFault {
        *self.first = self.first.help(help);
        self
    }

    /// "did you mean", when something is near.
    pub(crate) fn near<'a>(self, name: &str, all: impl IntoIterator<Item = &'a str>) -> ScriptFault {
        match dr_core::schema::closest(name, all) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    pub(crate) fn at(mut self, span: Option<Span>, text: impl Into<String>) -> ScriptFault {
        *self.first = self.first.at(span, text);
        self
    }

    pub(crate) fn raise(self, position: Position) -> Box<EvalAltResult> {
        Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(self), position))
    }
}

impl From<ScriptFault> for Box<EvalAltResult> {
    fn from(fault: ScriptFault) -> Self {
        fault.raise(Position::NONE)
    }
}

impl From<TooLarge> for ScriptFault {
    fn from(error: TooLarge) -> ScriptFault {
        ScriptFault::new(error.to_string())
    }
}

impl From<EvalError> for ScriptFault {
    fn from(error: EvalError) -> ScriptFault {
        ScriptFault::new(error.to_string())
    }
}

/// What helps against every use of an unknown that needs its value now.
pub(crate) const UNKNOWN_HELP: &str = "it does not exist while the program runs: it becomes known when the resource is \
     made; decide by a parameter or by something else that the program itself knows";

/// What helps against every use of a secret that would look at it.
pub(crate) const SECRET_HELP: &str = "nothing in a program looks at it: hand it on as it is";

/// Whether an error is that something is not known, or is secret: whoever only asks may go on without it.
pub(crate) fn is_about_unknown(error: &Diagnostic) -> bool {
    error.help.iter().any(|help| help == UNKNOWN_HELP || help == SECRET_HELP)
}
