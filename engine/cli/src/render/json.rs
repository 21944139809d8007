//! `--json`: stable shapes, described in `docs/json.md`.
//!
//! These are shapes of their own, so that the engine's data can change without breaking anybody's script. No clock
//! and no machine goes in: the same plan is the same bytes. Secrets are redacted by the values themselves.

use std::collections::BTreeMap;

use dr_core::cloud::ErrorClass;
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::expr::Expr;
use dr_core::graph::ReplaceOrder;
use dr_core::leftover::Leftover;
use dr_core::plan::{
    Action, AtRisk, Contract, Counts, Deferred, Plan, PlanCost, PropertyChange, Reason, Step, WaitReason,
};
use dr_core::record::{Record, Snapshot};
use dr_core::schema::{Field, Kind, KindContents, Loss, Presence};
use dr_core::value::{Map, Str, Value};
use dr_run::Report;
use serde::Serialize;

use super::change::shape;
use super::deferred::{self, Left};
use super::{cost, recovery};
use crate::certificate::DestroyCertificate;
use crate::exit::Exit;

/// The version of these shapes. Grows when a field goes or changes its meaning; not when one is added.
pub(crate) const FORMAT: u32 = 1;

/// Any shape as text with a newline at its end.
pub(crate) fn text(shape: &impl Serialize) -> String {
    // The shapes are plain data with text keys, which always serialise.
    serde_json::to_string_pretty(shape).unwrap_or_default() + "\n"
}

/// A plan.
#[derive(Debug, Serialize)]
pub(crate) struct PlanJson<'a> {
    format: u32,
    id: &'a str,
    program: &'a str,
    environment: &'a str,
    cloud: &'a dr_core::cloud::Identity,
    position: u64,
    destroy: bool,
    refused: bool,
    empty: bool,
    counts: Counts,
    estimate_ms: u64,
    steps: Vec<StepJson<'a>>,
    deferred: Vec<DeferredJson<'a>>,
    at_risk: &'a [AtRisk],
    outputs: BTreeMap<&'a str, OutputJson<'a>>,
    diagnostics: &'a [Diagnostic],
    contract: ContractJson<'a>,
    cost: cost::CostJson<'a>,
    recovery: Option<recovery::RecoveryJson<'a>>,
}

/// How everything will go.
#[derive(Debug, Serialize)]
struct ContractJson<'a> {
    destroyable: bool,
    blockers: usize,
    allowed: usize,
    stuck: Vec<&'a str>,
    estimate_ms: u64,
    departures: Vec<DepartureJson<'a>>,
    leaves: Vec<ResidueJson<'a>>,
}

#[derive(Debug, Serialize)]
struct DepartureJson<'a> {
    address: &'a str,
    region: Option<&'a str>,
    wave: usize,
    start_ms: u64,
    takes_ms: u64,
    along: Option<&'a str>,
    holds_ms: Option<u128>,
    holds_worst_ms: Option<u128>,
}

#[derive(Debug, Serialize)]
struct ResidueJson<'a> {
    what: &'static str,
    seconds: u64,
    of: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct StepJson<'a> {
    address: &'a str,
    component: &'a str,
    kind: &'a str,
    region: Option<&'a str>,
    action: Action,
    replacement: Option<ReplaceOrder>,
    reasons: &'a [Reason],
    changes: BTreeMap<&'a str, ChangeJson<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<&'a str, Value>,
    after: &'a [usize],
    implied_by: Option<&'a str>,
    lifts: Vec<&'a Str>,
    typical_ms: u64,
    span: Option<&'a Span>,
}

/// A step that waits for a later plan.
#[derive(Debug, Serialize)]
struct DeferredJson<'a> {
    #[serde(flatten)]
    step: StepJson<'a>,
    why: &'a WaitReason,
    place: &'a str,
}

#[derive(Debug, Serialize)]
struct ChangeJson<'a> {
    #[serde(flatten)]
    values: DifferenceJson<'a>,
    forces_replacement: bool,
    drift: bool,
}

#[derive(Debug, Serialize)]
struct OutputJson<'a> {
    #[serde(flatten)]
    values: DifferenceJson<'a>,
    kept: bool,
}

/// Before and after; what is not known before apply is its expression as text.
#[derive(Debug, Serialize)]
struct DifferenceJson<'a> {
    before: Option<&'a Value>,
    after: Option<Value>,
    after_known: bool,
}

impl<'a> DifferenceJson<'a> {
    fn new(before: Option<&'a Value>, after: Option<&Expr>) -> DifferenceJson<'a> {
        DifferenceJson { before, after: after.map(shape), after_known: after.is_none_or(|e| e.known().is_some()) }
    }
}

/// The shape of a plan.
pub(crate) fn plan<'a>(plan: &'a Plan, contract: &'a Contract, costs: &'a PlanCost) -> PlanJson<'a> {
    PlanJson {
        format: FORMAT,
        id: &plan.id,
        program: &plan.program,
        environment: &plan.environment,
        cloud: &plan.identity,
        position: plan.position,
        destroy: plan.destroy,
        refused: plan.is_refused(),
        empty: plan.is_empty(),
        counts: plan.counts(),
        estimate_ms: plan.estimate_ms,
        steps: plan.steps.iter().map(step).collect(),
        deferred: plan.deferred.iter().map(waiting).collect(),
        at_risk: &plan.at_risk,
        outputs: plan
            .outputs
            .iter()
            .map(|(name, o)| {
                let values = DifferenceJson::new(o.before.as_ref(), o.after.as_ref());
                (&**name, OutputJson { values, kept: o.kept })
            })
            .collect(),
        diagnostics: &plan.diagnostics,
        contract: self::contract(contract),
        cost: cost::shape(costs),
        recovery: plan.recovery.as_ref().map(recovery::shape),
    }
}

fn contract(contract: &Contract) -> ContractJson<'_> {
    ContractJson {
        destroyable: contract.is_kept(),
        blockers: contract.blockers,
        allowed: contract.allowed,
        stuck: contract.stuck.iter().map(|address| address.as_str()).collect(),
        estimate_ms: contract.estimate_ms,
        departures: contract
            .departures
            .iter()
            .map(|d| DepartureJson {
                address: d.address.as_str(),
                region: d.region.as_deref(),
                wave: d.wave,
                start_ms: d.start_ms,
                takes_ms: d.takes_ms,
                along: d.along.as_ref().map(|address| address.as_str()),
                holds_ms: d.holds.map(|holds| holds.typical.as_millis()),
                holds_worst_ms: d.holds.map(|holds| holds.worst.as_millis()),
            })
            .collect(),
        leaves: contract
            .leaves
            .iter()
            .map(|left| ResidueJson {
                what: left.what.one,
                seconds: left.lasts.as_secs(),
                of: left.of.iter().map(|address| address.as_str()).collect(),
            })
            .collect(),
    }
}

fn waiting(deferred: &Deferred) -> DeferredJson<'_> {
    DeferredJson { step: step(&deferred.step), why: &deferred.why, place: &deferred.place }
}

fn step(step: &Step) -> StepJson<'_> {
    StepJson {
        address: step.address.as_str(),
        component: step.address.path(),
        kind: &step.kind,
        region: step.region.as_deref(),
        action: step.action,
        replacement: step.replacement,
        reasons: &step.reasons,
        changes: step.changes.iter().map(|c| (&*c.path, change(c))).collect(),
        args: match step.action {
            Action::Create => step.args.iter().map(|(name, value)| (&**name, shape(value))).collect(),
            _ => BTreeMap::new(),
        },
        after: &step.after,
        implied_by: step.implied_by.as_ref().map(|a| a.as_str()),
        lifts: step.lifts.iter().map(|lift| &lift.argument).collect(),
        typical_ms: step.typical_ms,
        span: step.span.as_ref(),
    }
}

fn change(c: &PropertyChange) -> ChangeJson<'_> {
    let values = DifferenceJson::new(c.before.as_ref(), c.after.as_ref());
    ChangeJson { values, forces_replacement: c.forces, drift: c.drift }
}

/// What an apply or destroy came to.
#[derive(Debug, Serialize)]
pub(crate) struct RunJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    cloud: &'a dr_core::cloud::Identity,
    status: &'static str,
    done: Vec<StepRef<'a>>,
    failed: Vec<FailureJson<'a>>,
    notices: &'a [Diagnostic],
    skipped: Vec<StepRef<'a>>,
    remaining: Vec<StepRef<'a>>,
    /// What waits for a later plan.
    deferred: Vec<WaitJson<'a>>,
    elapsed_ms: u128,
    cloud_ms: u128,
    retries: BTreeMap<&'a ErrorClass, RetriesJson>,
    outputs: &'a Map<Value>,
    /// After a destroy: what still carries the environment's tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    residue: Option<Vec<StayingJson<'a>>>,
    /// After a destroy: the places that could not be looked at, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    unasked: Option<BTreeMap<Str, String>>,
}

/// Something that is left and does not go by itself.
#[derive(Debug, Serialize)]
struct StayingJson<'a> {
    kind: &'a str,
    region: Option<&'a str>,
    id: &'a str,
    address: Option<&'a str>,
}

/// What was made again because of one class of failures.
#[derive(Debug, Serialize)]
struct RetriesJson {
    count: u64,
    waited_ms: u128,
}

/// A step of the plan that ran.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct StepRef<'a> {
    address: &'a str,
    action: Action,
}

/// A step that waits for a later plan, and the place that it waits for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct WaitJson<'a> {
    address: &'a str,
    action: Action,
    place: &'a str,
}

#[derive(Debug, Serialize)]
struct FailureJson<'a> {
    address: &'a str,
    action: Action,
    error: &'a str,
    help: Option<&'a str>,
    check: Option<&'a str>,
    span: Option<&'a Span>,
}

/// The shape of what became of a plan.
pub(crate) fn run<'a>(
    plan: &'a Plan,
    report: &'a Report,
    exit: Exit,
    certificate: Option<&'a DestroyCertificate>,
) -> RunJson<'a> {
    let refs = |steps: &[usize]| {
        let mut all: Vec<StepRef<'_>> = steps
            .iter()
            .filter_map(|&i| plan.steps.get(i))
            .map(|s| StepRef { address: s.address.as_str(), action: s.action })
            .collect();
        // Steps that ran at the same time end in any order.
        all.sort();
        all
    };
    let failure = |f: &'a dr_run::StepFailure| FailureJson {
        address: f.address.as_str(),
        action: f.action,
        error: &f.error,
        help: f.help.as_deref(),
        check: f.check.as_deref(),
        span: f.span.as_ref(),
    };
    RunJson {
        format: FORMAT,
        program: &plan.program,
        environment: &plan.environment,
        cloud: &plan.identity,
        status: exit.word(),
        done: refs(&report.done),
        failed: report.failed.iter().map(failure).collect(),
        notices: &report.notices,
        skipped: refs(&report.skipped),
        remaining: refs(&report.remaining),
        deferred: deferred::left(plan, report).iter().map(wait).collect(),
        elapsed_ms: report.elapsed.as_millis(),
        cloud_ms: report.cloud_time.as_millis(),
        retries: report
            .retries
            .iter()
            .map(|(class, again)| (class, RetriesJson { count: again.count, waited_ms: again.waited.as_millis() }))
            .collect(),
        outputs: &report.outputs,
        residue: certificate.map(|certificate| certificate.staying().map(left).collect()),
        unasked: certificate.map(DestroyCertificate::reasons),
    }
}

fn left(one: &Leftover) -> StayingJson<'_> {
    let (region, address) = (one.region.as_deref(), one.address.as_deref());
    StayingJson { kind: &one.what, region, id: &one.id, address }
}

fn wait<'a>(left: &Left<'a>) -> WaitJson<'a> {
    WaitJson { address: left.address.as_str(), action: left.action, place: left.place }
}

/// A record of the state.
#[derive(Debug, Serialize)]
pub(crate) struct RecordJson<'a> {
    pub address: &'a str,
    pub kind: &'a str,
    pub region: Option<&'a str>,
    pub id: &'a str,
    pub args: &'a Map<Value>,
    pub outputs: &'a Map<Value>,
    pub needs: Vec<&'a str>,
    pub protect: bool,
    pub incomplete: bool,
}

/// The shape of a record.
pub(crate) fn record(r: &Record) -> RecordJson<'_> {
    RecordJson {
        address: r.address.as_str(),
        kind: &r.kind,
        region: r.region.as_deref(),
        id: &r.id,
        args: &r.args,
        outputs: &r.outputs,
        needs: r.needs.iter().map(|n| n.address.as_str()).collect(),
        protect: r.protect,
        incomplete: r.incomplete.is_some(),
    }
}

/// An environment's state.
#[derive(Debug, Serialize)]
pub(crate) struct StateJson<'a> {
    format: u32,
    environment: &'a str,
    program: Option<&'a str>,
    cloud: Option<&'a dr_core::cloud::Identity>,
    position: u64,
    records: Vec<RecordJson<'a>>,
    deposed: Vec<RecordJson<'a>>,
    outputs: &'a Map<Value>,
}

/// The shape of a snapshot.
pub(crate) fn state<'a>(environment: &'a str, s: &'a Snapshot) -> StateJson<'a> {
    StateJson {
        format: FORMAT,
        environment,
        program: s.program.as_deref(),
        cloud: s.identity.as_ref(),
        position: s.position,
        records: s.records.values().map(|r| record(r)).collect(),
        deposed: s.deposed.iter().map(|r| record(r)).collect(),
        outputs: &s.outputs,
    }
}

/// A kind with its schema.
#[derive(Debug, Serialize)]
pub(crate) struct KindJson {
    name: &'static str,
    doc: &'static str,
    lookup: bool,
    create_ms: u128,
    delete_ms: u128,
    contents: Option<ContentsJson>,
    args: Vec<FieldJson>,
    attributes: Vec<FieldJson>,
}

/// What is lost with a resource of a kind.
#[derive(Debug, Serialize)]
struct ContentsJson {
    what: &'static str,
    lost: &'static str,
    kept: &'static str,
}

#[derive(Debug, Serialize)]
struct FieldJson {
    name: &'static str,
    doc: &'static str,
    r#type: String,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    replaces: bool,
    sensitive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<FieldJson>>,
}

/// The shape of a kind.
pub(crate) fn kind(k: &Kind) -> KindJson {
    KindJson {
        name: k.name,
        doc: k.doc,
        lookup: k.lookup,
        create_ms: k.create.as_millis(),
        delete_ms: k.delete.as_millis(),
        contents: k.contents.map(|contents| {
            let what = if let KindContents::Data(_) = contents { "data" } else { "keys" };
            let Loss { lost, kept } = contents.loss();
            ContentsJson { what, lost, kept }
        }),
        args: k.args.iter().map(|f| field(f, true)).collect(),
        attributes: k.outputs.iter().map(|f| field(f, false)).collect(),
    }
}

fn field(f: &Field, given: bool) -> FieldJson {
    FieldJson {
        name: f.name,
        doc: f.doc,
        r#type: f.ty.describe(),
        required: given && f.presence == Presence::Required,
        default: match f.presence {
            Presence::Default(lit) => Some(lit.value()),
            _ => None,
        },
        replaces: f.replace,
        sensitive: f.sensitive,
        fields: f.ty.block().map(|fields| fields.iter().map(|f| field(f, given)).collect()),
    }
}

/// A parameter of a program.
#[derive(Debug, Serialize)]
pub(crate) struct ParameterJson<'a> {
    name: &'a str,
    doc: &'a str,
    r#type: &'static str,
    required: bool,
    default: Option<&'a Value>,
    value: Option<&'a Value>,
    conditions: &'a [String],
}

/// The shape of a parameter.
pub(crate) fn parameter(p: &dr_script::Parameter) -> ParameterJson<'_> {
    ParameterJson {
        name: &p.name,
        doc: &p.doc,
        r#type: p.ty.name(),
        required: p.required,
        default: p.default.as_ref(),
        value: p.value.as_ref(),
        conditions: &p.conditions,
    }
}
