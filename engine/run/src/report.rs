//! Reports: what became of a plan, and what to do about what failed.

use std::collections::BTreeMap;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::ErrorClass;
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::plan::Action;
use dr_core::region::Away;
use dr_core::value::{Map, Str, Value};

use crate::engine::{Broken, Retries};
use crate::error::StoreError;

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFailure {
    /// The step's number; `None` for what an earlier run had begun.
    pub step: Option<usize>,
    /// The resource.
    pub address: Address,
    /// What was being done.
    pub action: Action,
    /// Where the script declares it, or gives the argument that the failure is about.
    pub span: Option<Span>,
    /// Whether the failure is about one argument.
    pub of_argument: bool,
    /// What went wrong.
    pub error: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The check that refused it before anything was called, if one did.
    pub check: Option<Str>,
    /// The class of the error, when a call failed.
    pub class: Option<ErrorClass>,
    /// How many of its calls failed.
    pub attempts: u32,
}

/// An operation that stays open because the region does not answer, or the user leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOpen {
    /// The region.
    pub place: Str,
    /// The resource.
    pub address: Address,
    /// What was being done.
    pub action: Action,
    /// Why the region is away.
    pub away: Away,
}

/// What became of a plan.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The steps that are done, in the order in which they ended.
    pub done: Vec<usize>,
    /// Those steps of replacements that turned out to leave what is there: it has the right name already.
    pub kept: Vec<usize>,
    /// The steps that failed.
    pub failed: Vec<StepFailure>,
    /// What steps that are done came to, where that is worth a look.
    pub notices: Vec<Diagnostic>,
    /// The steps that were not tried, because what they depend on failed.
    pub skipped: Vec<usize>,
    /// The steps that wait for a later plan, because a region stopped answering, each with that place. What was begun of
    /// them stays open.
    pub deferred: BTreeMap<usize, Str>,
    /// Operations of an earlier run that stay open because their region is away.
    pub left_open: Vec<LeftOpen>,
    /// The steps that were not tried, or not finished, because somebody asked to stop.
    pub remaining: Vec<usize>,
    /// From start to end.
    pub elapsed: Duration,
    /// The longest path through the steps, each counted as long as it took.
    pub cloud_time: Duration,
    /// The longest path through the steps, each counted as long as it typically takes: no schedule can be shorter.
    pub bound: Duration,
    /// How many calls were made, by kind and call.
    pub calls: BTreeMap<String, u64>,
    /// What was made again, by the class of the failure.
    pub retries: BTreeMap<ErrorClass, Retries>,
    /// The program's outputs.
    pub outputs: Map<Value>,
    /// The outputs that cannot be computed, and why.
    pub output_errors: Map<String>,
}

impl Report {
    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty()
            && self.deferred.is_empty()
            && self.skipped.is_empty()
            && self.remaining.is_empty()
            && self.output_errors.is_empty()
    }
}

impl StepFailure {
    /// The failure of a step, or of what an earlier run had begun; `None` when it was only interrupted.
    pub(crate) fn new(
        (step, address, action, span): (Option<usize>, &Address, Action, &Option<Span>),
        broken: Broken,
        attempts: u32,
    ) -> Result<Option<StepFailure>, StoreError> {
        let error = broken.to_string();
        let of_argument = matches!(broken, Broken::Argument { .. } | Broken::Refused(_));
        let check = match &broken {
            Broken::Refused(finding) => finding.code.clone(),
            _ => None,
        };
        let (help, class) = match broken {
            Broken::Interrupted => return Ok(None),
            Broken::Store(error) => return Err(error),
            Broken::Wrong { help, .. } | Broken::Argument { help, .. } => (help, None),
            Broken::Refused(finding) => ((!finding.help.is_empty()).then(|| finding.help.join("; ")), None),
            Broken::Failed { .. } => (None, None),
            Broken::Late { .. } | Broken::Silent { .. } => (advice(ErrorClass::Transient).map(str::to_owned), None),
            Broken::Gone => (advice(ErrorClass::Gone).map(str::to_owned), Some(ErrorClass::Gone)),
            Broken::Call(error) => (advice(error.class).map(str::to_owned), Some(error.class)),
        };
        let (address, span) = (address.clone(), span.clone());
        Ok(Some(StepFailure { step, address, action, span, of_argument, error, help, check, class, attempts }))
    }
}

/// What to do about an error that trying again did not cure.
fn advice(class: ErrorClass) -> Option<&'static str> {
    match class {
        ErrorClass::Throttled => {
            Some("the service kept refusing for many minutes; run again later, or with a lower `--parallel`")
        }
        ErrorClass::Transient => Some("run again: what was begun is taken up where it stopped"),
        ErrorClass::NotYetConsistent => Some("run again in a few minutes: something it refers to is not visible yet"),
        ErrorClass::Conflict => Some("something still uses it or works on it; run again when that has ended"),
        ErrorClass::Denied => Some("the credentials in use must be allowed to make this call"),
        ErrorClass::Gone => Some("plan again: what is gone is made anew"),
        ErrorClass::Invalid | ErrorClass::Exists => None,
    }
}
