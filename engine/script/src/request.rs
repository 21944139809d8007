//! What goes into the host and what comes out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::graph::Graph;
use dr_core::value::Value;

use crate::parameter::Parameter;

/// A folder that modules are imported from.
#[derive(Debug, Clone)]
pub struct Root {
    /// What messages call it, e.g. `stdlib`.
    pub label: String,
    /// The folder.
    pub path: PathBuf,
}

/// What a program may know of the environment it declares: `env.suffix`, `env.name`, `env.ephemeral`.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The suffix that keys the environment, e.g. `pr-42`.
    pub suffix: String,
    /// Its name for people.
    pub name: String,
    /// Whether it is meant to be destroyed soon.
    pub ephemeral: bool,
    /// Other environments whose names end as this one's suffix does.
    pub namesakes: Vec<String>,
}

/// A value for a parameter.
#[derive(Debug, Clone)]
pub enum Setting {
    /// Text from the command line; converted by the parameter's type.
    Text(String),
    /// The text of a file that the command line names; converted by the parameter's type.
    File(SettingFile),
    /// A value that a test of a program gives.
    Value(Value),
    /// What the project's configuration gives.
    Configured(Box<ConfiguredSetting>),
}

/// A value that the project's configuration gives, and where.
#[derive(Debug, Clone)]
pub struct ConfiguredSetting {
    /// The value as it stands there.
    pub value: Value,
    /// Where its name stands.
    pub key: Span,
    /// Where its value stands.
    pub place: Span,
    /// Where it names something that has the value: that. A parameter that is a map takes the value as it stands.
    pub source: Option<SettingSource>,
}

/// What the project's configuration names in place of a value.
#[derive(Debug, Clone)]
pub enum SettingSource {
    /// A variable of the surroundings.
    Variable(SettingVariable),
    /// A file.
    File(SettingFile),
}

/// A file whose text is the value of a parameter.
#[derive(Debug, Clone)]
pub struct SettingFile {
    /// Its path, as it was given.
    pub name: String,
    /// Its text without the line break at its end, or why it cannot be read.
    pub text: Result<String, String>,
}

/// A variable of the surroundings that gives a parameter its value.
#[derive(Debug, Clone)]
pub struct SettingVariable {
    /// Its name.
    pub name: String,
    /// Its text, where it is set; converted by the parameter's type.
    pub text: Option<String>,
    /// What counts where it is not set; without it, the parameter is not given.
    pub default: Option<Value>,
}

/// A program to evaluate.
#[derive(Debug, Clone)]
pub struct Request {
    /// The program's name, e.g. `transactions`.
    pub program: String,
    /// What messages call its file, e.g. `programs/transactions.rhai`.
    pub source_name: String,
    /// Its text.
    pub text: String,
    /// The environment.
    pub environment: Environment,
    /// Values for parameters, by name.
    pub settings: BTreeMap<String, Setting>,
}

/// What a program declares.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// Its resources, outputs and notes; checked as a whole.
    pub graph: Graph,
    /// Its parameters with the values they have.
    pub parameters: Vec<Parameter>,
    /// What it printed, a line each.
    pub printed: Vec<String>,
    /// The texts that spans point into.
    pub sources: SourceTexts,
}

/// Why a program could not be evaluated.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ScriptFailure {
    /// What is wrong; at least one of these is an error.
    pub diagnostics: Vec<Diagnostic>,
    /// What the program had printed until then, a line each.
    pub printed: Vec<String>,
    /// The texts that spans point into.
    pub sources: SourceTexts,
}

/// The texts of a program and its modules, by the name that spans use.
#[derive(Debug, Clone, Default)]
pub struct SourceTexts {
    texts: BTreeMap<String, Arc<str>>,
}

impl SourceTexts {
    /// The text of a source.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|t| &**t)
    }

    /// Every source with its text, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (name.as_str(), &**text))
    }

    pub(crate) fn insert(&mut self, name: &str, text: Arc<str>) {
        self.texts.insert(name.to_owned(), text);
    }

    pub(crate) fn extend(&mut self, other: SourceTexts) {
        self.texts.extend(other.texts);
    }
}

/// How much a program may use. Reaching a limit is an error, never a hang.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Steps of evaluation: statements, expressions and calls.
    pub steps: u64,
    /// Wall-clock time.
    pub time: Duration,
    /// Memory that an evaluation may add to the process, in bytes. Measured on Linux; elsewhere only steps and time
    /// stop a program that grows.
    pub memory: u64,
    /// How deep functions may call each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 50_000_000, time: Duration::from_secs(30), memory: 768 << 20, depth: 100 }
    }
}

/// The documentation of a module, from its doc comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleDoc {
    /// The name it is imported by.
    pub name: String,
    /// What messages call its file.
    pub source: String,
    /// The text of its `//!` comments.
    pub doc: String,
    /// Its public functions, in the order of the file.
    pub functions: Vec<FunctionDoc>,
}

/// The documentation of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionDoc {
    /// Its name.
    pub name: String,
    /// Its parameters' names.
    pub params: Vec<String>,
    /// The text of its `///` comments.
    pub doc: String,
}

/// What became of one test of a program.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// The test function's name.
    pub name: String,
    /// Where it is.
    pub span: Option<Span>,
    /// What failed; empty when it passed.
    pub diagnostics: Vec<Diagnostic>,
    /// What it printed.
    pub printed: Vec<String>,
    /// The texts that spans point into.
    pub sources: SourceTexts,
}

impl TestReport {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.diagnostics.is_empty()
    }
}
