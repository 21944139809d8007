//! Diagnostics: what is wrong, where, and what to do.
//!
//! Every check adds to a list; all of them are shown, not only the first. A diagnostic is data, rendered once at the
//! edge (`engine/cli`), so that the same one can be text with a snippet, JSON, or the expectation of a test.

use serde::{Deserialize, Serialize};

use crate::text::{Str, shortened};

/// A place in a script.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The file as messages name it, e.g. `programs/transactions.rhai`.
    pub source: Str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Length in characters, at least 1.
    pub length: u32,
    /// Whether it is where something stood when it was applied last: another text may stand there by now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub former: bool,
}

impl Span {
    /// The same place, as that of an earlier text.
    #[must_use]
    pub fn of_earlier_text(&self) -> Span {
        Span { former: true, ..self.clone() }
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.source, self.line, self.column)
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably a mistake; does not stop.
    Warning,
    /// Stops.
    Error,
}

/// A place with what is to be seen there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
    /// Whether this is the place itself, not one that explains it.
    pub primary: bool,
}

/// One frame of the script's call stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Where the call is.
    pub span: Span,
    /// The function that makes the call; empty at the top level.
    pub function: Str,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The id of the check that found it, e.g. `D07`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Str>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub help: Vec<String>,
    /// The calls that led there, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<Frame>,
}

/// A text as a diagnostic tells it: what it quotes may be as long as a program can make it.
fn told(text: impl Into<String>) -> String {
    const MOST: usize = 4_000;
    let text = text.into();
    if text.len() <= MOST { text } else { shortened(&text, MOST) }
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: None,
            message: told(message),
            labels: Vec::new(),
            help: Vec::new(),
            trace: Vec::new(),
        }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message) }
    }

    /// With the id of the check.
    #[must_use]
    pub fn code(mut self, code: &str) -> Diagnostic {
        self.code = Some(code.into());
        self
    }

    /// With the place itself.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Diagnostic {
        if let Some(span) = span.into() {
            self.labels.push(Label { span, text: told(text), primary: true });
        }
        self
    }

    /// With a place that explains.
    #[must_use]
    pub fn also(mut self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Diagnostic {
        if let Some(span) = span.into() {
            self.labels.push(Label { span, text: told(text), primary: false });
        }
        self
    }

    /// With a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(told(help));
        self
    }

    /// With the calls that led there, outermost first.
    #[must_use]
    pub fn trace(mut self, trace: Vec<Frame>) -> Diagnostic {
        self.trace = trace;
        self
    }

    /// Whether this stops.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.labels.iter().find(|l| l.primary) {
            Some(label) => write!(f, "{}: {}", label.span, self.message),
            None => f.write_str(&self.message),
        }
    }
}
