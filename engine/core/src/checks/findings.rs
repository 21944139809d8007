//! Findings: what a check found, as it counts for the resource that it is about.

use super::planned::Resource;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::value::{Map, Str};

/// What a check finds.
#[derive(Debug)]
pub struct Findings {
    id: Str,
    severity: Severity,
    /// Whether only what a service refuses at once is of interest.
    at_once: bool,
    all: Vec<Diagnostic>,
}

/// One finding, as a check says it.
#[derive(Debug)]
pub struct Finding {
    path: Vec<Str>,
    on_key: bool,
    message: String,
    label: String,
    help: Vec<String>,
    also: Vec<(Option<Span>, String)>,
    severity: Option<Severity>,
    taken: bool,
}

impl Finding {
    /// A finding about an argument, by its path: `rules.0.days`. An empty path is the resource itself.
    pub fn new(path: &str, message: impl Into<String>) -> Finding {
        Finding {
            path: path.split('.').filter(|part| !part.is_empty()).map(Str::from).collect(),
            on_key: false,
            message: message.into(),
            label: String::new(),
            help: Vec::new(),
            also: Vec::new(),
            severity: None,
            taken: false,
        }
    }

    /// With what is to be seen at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Finding {
        self.label = label.into();
        self
    }

    /// At the key of the argument, not at its value.
    #[must_use]
    pub fn on_key(mut self) -> Finding {
        self.on_key = true;
        self
    }

    /// With a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help.push(help.into());
        self
    }

    /// With a place of another resource that explains.
    #[must_use]
    pub fn also(mut self, other: &Resource<'_>, path: &str, text: impl Into<String>) -> Finding {
        self.also.push((other.place(path), text.into()));
        self
    }

    /// As something that the service takes, although it refuses what else the check finds: what is missing may come later.
    #[must_use]
    pub fn taken(mut self) -> Finding {
        self.taken = true;
        self
    }

    /// As a warning, although the check refuses elsewhere.
    #[must_use]
    pub fn warning(mut self) -> Finding {
        self.severity = Some(Severity::Warning);
        self
    }

    /// As a note, although the check refuses or warns elsewhere.
    #[must_use]
    pub fn note(mut self) -> Finding {
        self.severity = Some(Severity::Info);
        self
    }
}

impl Findings {
    /// Findings of a check by its id, or by its name where it has no id.
    pub fn of(id: &str, severity: Severity) -> Findings {
        Findings { id: id.into(), severity, at_once: false, all: Vec::new() }
    }

    /// Those of what a service refuses at once.
    pub(super) fn at_once(id: &str) -> Findings {
        Findings { at_once: true, ..Findings::of(id, Severity::Error) }
    }

    /// What was found, in the order of finding.
    pub fn into_list(self) -> Vec<Diagnostic> {
        self.all
    }

    /// Adds a finding about a resource.
    pub fn add(&mut self, resource: &Resource<'_>, finding: Finding) {
        if self.at_once && finding.taken {
            return;
        }
        let severity = finding.severity.map_or(self.severity, |own| own.min(self.severity));
        let mut d = Diagnostic { severity, ..Diagnostic::error(finding.message) };
        d = d.at(resource.place_of(&finding.path, finding.on_key), finding.label);
        d = finding.also.into_iter().fold(d, |d, (span, text)| d.also(span, text));
        d = finding.help.into_iter().fold(d, Diagnostic::help);
        self.all.extend(weighed(resource.allow(), &self.id, d));
    }

    /// Adds a finding about the program as a whole.
    pub fn add_to_program(&mut self, finding: Diagnostic) {
        self.all.push(finding.code(&self.id));
    }
}

/// A finding as it counts for a resource that may allow it: a refusal that is allowed only warns, with the reason, and
/// what would only be said is not said.
pub fn weighed(allow: &Map<Str>, id: &str, finding: Diagnostic) -> Option<Diagnostic> {
    let mut finding = finding.code(id);
    match (allow.get(id), finding.severity) {
        (Some(reason), Severity::Error) => {
            finding.severity = Severity::Warning;
            finding.help = vec![format!("allowed here: {reason}")];
        }
        (Some(_), _) => return None,
        (None, Severity::Error) => {
            let within = if id.starts_with('D') { ", where the environment is not ephemeral" } else { "" };
            let key = if id.contains('-') { format!("\"{id}\"") } else { id.to_owned() };
            finding.help.push(format!("or say why it may be so{within}: `allow: #{{ {key}: \"..\" }}`"));
        }
        (None, _) => {}
    }
    Some(finding)
}
