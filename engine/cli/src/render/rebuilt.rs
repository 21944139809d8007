//! What a search of the cloud came to, as JSON.

use std::collections::BTreeMap;

use dr_core::cloud::TaggedResource;
use dr_core::value::Str;
use dr_run::{Discovery, Stack, Swept};
use serde::Serialize;

use super::json::{FORMAT, RecordJson, record};
use crate::exit::Exit;

/// What was found and recorded.
#[derive(Debug, Serialize)]
pub(crate) struct RebuiltJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    /// What is recorded now and was not before.
    records: Vec<RecordJson<'a>>,
    /// What a replacement has left.
    deposed: Vec<RecordJson<'a>>,
    /// What was found and cannot be recorded.
    unrecorded: Vec<UnrecordedJson<'a>>,
    /// The places that could not be looked at, and why.
    unasked: &'a BTreeMap<Str, String>,
    /// Secrets that no service tells: the next plan writes them.
    untold: Vec<UntoldJson<'a>>,
    /// Whether the next plan changes something.
    changes: bool,
}

/// A secret that no service tells, and what has it.
#[derive(Debug, Serialize)]
struct UntoldJson<'a> {
    address: &'a str,
    argument: &'a str,
}

/// Something that was found and cannot be recorded, and why.
#[derive(Debug, Serialize)]
struct UnrecordedJson<'a> {
    #[serde(flatten)]
    found: &'a TaggedResource,
    why: &'a str,
}

/// What was found of an environment that no state knows.
#[derive(Debug, Serialize)]
pub(crate) struct WithoutStateJson<'a> {
    format: u32,
    program: Option<&'a str>,
    environment: &'a str,
    status: &'static str,
    residue: &'a [TaggedResource],
    unasked: &'a BTreeMap<Str, String>,
}

/// The shape of what was found of an environment that no state knows.
pub(crate) fn without_state<'a>(
    environment: &'a str,
    program: Option<&'a str>,
    swept: &'a Swept,
    exit: Exit,
) -> WithoutStateJson<'a> {
    let status = exit.word();
    WithoutStateJson { format: FORMAT, program, environment, status, residue: &swept.found, unasked: &swept.unasked }
}

/// The shape of what was found of a stack.
pub(crate) fn rebuilt<'a>(stack: &'a Stack, found: &'a Discovery, changes: bool) -> RebuiltJson<'a> {
    RebuiltJson {
        format: FORMAT,
        program: &stack.program,
        environment: &stack.environment,
        records: found.records.values().map(|r| record(r)).collect(),
        deposed: found.set_aside.iter().map(|r| record(r)).collect(),
        unrecorded: found.unrecorded.iter().map(|(found, why)| UnrecordedJson { found, why }).collect(),
        unasked: &found.unasked,
        untold: found
            .untold
            .iter()
            .map(|(address, name)| UntoldJson { address: address.as_str(), argument: name })
            .collect(),
        changes,
    }
}
