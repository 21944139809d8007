//! Which call it is, and failing as that call.
//!
//! The name of a call is put together only when something must be said about it.

use std::error::Error as _;
use std::time::Duration;

use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::schema::Kind;

use crate::error::SandboxError;

/// A call, e.g. `sqs:CreateQueue`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) kind: &'static Kind,
    /// `Create`, `Describe`, …
    pub(crate) verb: &'static str,
}

impl Call {
    fn name(self) -> String {
        let mut name = format!("{}:{}", self.kind.service(), self.verb);
        for word in self.kind.short().split('_') {
            let mut letters = word.chars();
            name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            name.push_str(letters.as_str());
        }
        name
    }

    /// A failure of this call.
    pub(crate) fn fails(self, class: ErrorClass, code: &str, message: impl Into<String>) -> CloudError {
        CloudError::new(class, &self.name(), code, message)
    }

    /// A failure that may be over after a time.
    pub(crate) fn must_wait(self, code: &str, message: String, time: Duration) -> CloudError {
        CloudError { retry_after: Some(time), ..self.fails(ErrorClass::Conflict, code, message) }
    }

    /// There was no reply, and the call may have had its effect.
    pub(crate) fn got_lost(self) -> CloudError {
        CloudError { maybe_done: true, ..self.fails(ErrorClass::Transient, "RequestTimeout", "there was no reply") }
    }

    /// The sandbox itself failed.
    pub(crate) fn broke(self, error: &SandboxError) -> CloudError {
        broke(&self.name(), error)
    }
}

/// A failure of the sandbox itself, as that of a call: nothing that trying again would mend.
pub(crate) fn broke(call: &str, error: &SandboxError) -> CloudError {
    let mut message = error.to_string();
    if let Some(cause) = error.source() {
        message.push_str(&format!(": {cause}"));
    }
    CloudError::new(ErrorClass::Invalid, call, "SandboxStorage", message)
}
