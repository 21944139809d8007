//! Work: what a step is to do, with everything that it needs.

use std::sync::Arc;

use dr_core::journal::Deposed;
use dr_core::record::Record;
use dr_core::secrecy::Secrets;
use dr_core::value::{Map, Value};

/// What a step is to do.
pub(crate) enum StepWork {
    /// It is done already; this is what is there.
    Nothing {
        record: Arc<Record>,
    },
    Create {
        args: Map<Value>,
        deposed: Option<Deposed>,
    },
    Update {
        args: Map<Value>,
        old: Arc<Record>,
    },
    Remove {
        record: Arc<Record>,
        deposed: bool,
        silently: bool,
    },
    Read {
        args: Map<Value>,
    },
    Write {
        record: Arc<Record>,
    },
}

impl StepWork {
    /// The secrets that the cloud is told.
    pub(crate) fn secrets(&self) -> Secrets {
        match self {
            StepWork::Create { args, .. } | StepWork::Read { args } => Secrets::of([args]),
            StepWork::Update { args, old } => Secrets::of([args, &old.args]),
            StepWork::Remove { record, .. } | StepWork::Write { record } => Secrets::of([&record.args]),
            StepWork::Nothing { .. } => Secrets::default(),
        }
    }
}
