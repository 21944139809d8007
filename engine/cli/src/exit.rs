//! The only place where errors become text, hints and exit codes.
//!
//! Every error of every crate is turned into a [`CommandFailure`] here. Its message says what is wrong; the chain of
//! causes is printed once; a hint says what to do. Which exit code it has follows from its tier: what the user wrote,
//! what a check refuses, what somebody else holds, what was interrupted.

use std::error::Error;
use std::process::ExitCode;

use dr_core::diagnostic::Diagnostic;
use dr_run::{ApplyError, Interrupted, PlanFileError, SealError, Stale, StoreError};
use serde::Serialize;

use crate::render::diagnostic::{self, Sources};
use crate::render::{GONE, NEW, json, paint, safe};
use crate::ui::Ui;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Well.
    Done,
    /// Not well.
    Failed,
    /// Well, and there are changes (`plan --detailed-exitcode`).
    Changes,
    /// A check refused it; nothing was touched.
    Refused,
    /// Somebody else works on the environment.
    Locked,
    /// Well, but for what waits for a region that does not answer.
    Deferred,
    /// The user stopped it.
    Interrupted,
}

impl Exit {
    /// The status that the shell sees.
    pub(crate) fn number(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::Refused => 3,
            Exit::Locked => 4,
            Exit::Deferred => 5,
            Exit::Interrupted => 130,
        }
    }
}

impl Exit {
    /// How a command ended, in one word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Deferred => "deferred",
            Exit::Interrupted => "interrupted",
            Exit::Refused => "refused",
            _ => "failed",
        }
    }

    /// The more telling of two exit statuses.
    pub(crate) fn worse(self, other: Exit) -> Exit {
        let rank = |exit| match exit {
            Exit::Done | Exit::Changes => 0,
            Exit::Deferred => 1,
            Exit::Refused => 2,
            Exit::Locked => 3,
            Exit::Failed => 4,
            Exit::Interrupted => 5,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.number())
    }
}

/// An error on its way to the user.
#[derive(Debug)]
pub(crate) struct CommandFailure(Box<Told>);

/// What the user is told.
#[derive(Debug)]
struct Told {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
}

impl CommandFailure {
    /// A failure that ends with status 1.
    pub(crate) fn new(message: impl Into<String>) -> CommandFailure {
        CommandFailure(Box::new(Told {
            exit: Exit::Failed,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            diagnostics: Vec::new(),
            sources: Sources::default(),
        }))
    }

    /// A failure that is told by diagnostics.
    pub(crate) fn found(diagnostics: Vec<Diagnostic>, sources: Sources) -> CommandFailure {
        let mut failure = CommandFailure::new("");
        (failure.0.diagnostics, failure.0.sources) = (diagnostics, sources);
        failure
    }

    /// Another exit.
    pub(crate) fn exit(mut self, exit: Exit) -> CommandFailure {
        self.0.exit = exit;
        self
    }

    /// What to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> CommandFailure {
        self.0.hints.push(hint.into());
        self
    }

    /// "did you mean", when something is near.
    pub(crate) fn near<'a>(self, name: &str, all: impl IntoIterator<Item = &'a str>) -> CommandFailure {
        match dr_core::schema::closest(name, all) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// What caused it, with what caused that.
    pub(crate) fn because(mut self, cause: &dyn Error) -> CommandFailure {
        let mut next = Some(cause);
        while let Some(error) = next {
            let text = error.to_string();
            // Some libraries repeat the cause in their own text.
            if self.0.causes.last().is_none_or(|last| !last.ends_with(&text)) {
                self.0.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// With the causes of an error whose own text is the message.
    fn caused_by(self, error: &dyn Error) -> CommandFailure {
        match error.source() {
            Some(source) => self.because(source),
            None => self,
        }
    }

    /// Tells the user on standard error, and says how to end and what the message was.
    pub(crate) fn tell(mut self, ui: &Ui) -> (Exit, String) {
        self.tell_only(ui);
        (self.0.exit, self.0.message)
    }

    /// Tells the user, and says how to end.
    pub(crate) fn report(mut self, ui: &Ui) -> Exit {
        self.tell_only(ui);
        let told = *self.0;
        if ui.json {
            let shape = ErrorJson {
                format: json::FORMAT,
                error: ErrorBody {
                    status: told.exit.number(),
                    message: &told.message,
                    causes: &told.causes,
                    hints: &told.hints,
                    diagnostics: &told.diagnostics,
                },
            };
            // Nothing more can be done when even this cannot be written.
            let _ = ui.result(&json::text(&shape));
        }
        told.exit
    }

    fn tell_only(&mut self, ui: &Ui) {
        let told = &mut *self.0;
        let mut text = diagnostic::list(&told.diagnostics, &mut told.sources, ui.width());
        if told.message.is_empty() {
            told.message = diagnostic::tally(&told.diagnostics);
            if told.diagnostics.len() > 1 {
                text.push_str(&format!("{}\n", told.message));
            }
        } else {
            text.push_str(&format!("{}: {}\n", paint(GONE, "error"), safe(&told.message)));
        }
        for cause in &told.causes {
            text.push_str(&format!("  because: {}\n", safe(cause)));
        }
        for hint in &told.hints {
            text.push_str(&format!("  {}: {}\n", paint(NEW, "hint"), safe(hint)));
        }
        ui.tell(&text);
    }
}

impl std::fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl From<StoreError> for CommandFailure {
    fn from(error: StoreError) -> CommandFailure {
        let failure = CommandFailure::new(error.to_string()).caused_by(&error);
        let failure = match &error {
            StoreError::Locked { .. } | StoreError::TakenOver { .. } => failure.exit(Exit::Locked),
            StoreError::Misplaced { .. } | StoreError::Bound { .. } => failure.exit(Exit::Refused),
            _ => failure,
        };
        match error.help() {
            Some(help) => failure.hint(help),
            None => failure,
        }
    }
}

impl From<SealError> for CommandFailure {
    fn from(error: SealError) -> CommandFailure {
        StoreError::from(error).into()
    }
}

impl From<Interrupted> for CommandFailure {
    fn from(error: Interrupted) -> CommandFailure {
        CommandFailure::new(error.to_string()).exit(Exit::Interrupted)
    }
}

impl From<Stale> for CommandFailure {
    fn from(error: Stale) -> CommandFailure {
        // Nothing was touched: it is a check that refuses.
        CommandFailure::new(error.to_string()).exit(Exit::Refused)
    }
}

impl From<ApplyError> for CommandFailure {
    fn from(error: ApplyError) -> CommandFailure {
        match error {
            ApplyError::Stale(stale) => stale.into(),
            ApplyError::Store(store) => store.into(),
            ApplyError::Refused => CommandFailure::new(error.to_string()).exit(Exit::Refused),
            other => CommandFailure::new(other.to_string()).caused_by(&other),
        }
    }
}

impl From<PlanFileError> for CommandFailure {
    fn from(error: PlanFileError) -> CommandFailure {
        let failure = CommandFailure::new(error.to_string()).caused_by(&error);
        match error {
            PlanFileError::File { .. } | PlanFileError::Json(_) => failure,
            _ => failure.exit(Exit::Refused),
        }
    }
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    format: u32,
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    status: u8,
    message: &'a str,
    causes: &'a [String],
    hints: &'a [String],
    diagnostics: &'a [Diagnostic],
}
