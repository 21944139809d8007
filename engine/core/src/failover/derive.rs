//! Deriving: the recovery plan of a state, from what is recorded.
//!
//! The order is that of a person who wants to lose nothing. First whoever takes over is looked at and made as large as the
//! side that is left; then consumers of queues stop there, the databases change roles, consumers start here, functions are
//! looked at, and requests follow last. What is as it should be already is still listed, and found to be so.
//!
//! Failover records whose health check fails lead requests to the other region without any call. So an unplanned failover
//! leaves them to that where the record that leads to the region which is left has a health check, and that region does not
//! answer. Otherwise its last step changes them, which needs Route 53's control plane.

use std::collections::BTreeSet;

use super::look::{RecordsSeen, TwoSides, leads};
use crate::address::Address;
use crate::failover::plan::{
    AwaitedCondition, ControlPlane, FORMAT, FailoverManner, PossibleLoss, RecoveryAct, RecoveryPlan, RecoveryStep,
    SwitchedArgument,
};
use crate::record::{Record, Snapshot};
use crate::recovery::figure::Figure;
use crate::recovery::role_change;
use crate::registry::Registry;
use crate::value::{Str, Value};

/// How long Route 53 takes until a change of records is the answer everywhere.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetChange.html>
const RECORDS: u32 = 60;
/// Seconds that the answer of an alias is kept.
const ALIAS: u32 = 60;
/// How long an argument takes to be in force, where its kind says nothing else.
const SETTING: Figure = Figure::of(5, 60);
/// How long capacity takes to be there.
const CAPACITY: Figure = Figure::of(120, 300);
/// How long is waited until a cluster can take the writes: after a failover, the one that was left is rebuilt.
const REBUILT: u32 = 3_600;
/// How long is waited until a follower has caught up, and how far it may still be behind.
const CAUGHT_UP: u32 = 900;
const CLUSTER_LAG_MS: u64 = 5_000;
const STORE_LAG_MS: u64 = 60_000;
/// How long is waited until what should be there is ready.
const PATIENCE: u32 = 300;

/// Arguments that are larger where the work is done.
const SIZES: &[(&str, &str)] = &[
    ("lambda.function", "reserved_concurrent_executions"),
    ("lambda.concurrency", "provisioned_concurrent_executions"),
    ("rds.cluster", "serverlessv2_scaling_configuration"),
];

/// Arguments that say whether something takes work.
const WORKS: &[(&str, &str)] = &[("lambda.event_source_mapping", "enabled"), ("events.rule", "state")];

/// The call that sets an argument.
const SETS: &[(&str, &str)] = &[
    ("events.rule", "events:PutRule"),
    ("lambda.concurrency", "lambda:PutProvisionedConcurrencyConfig"),
    ("lambda.event_source_mapping", "lambda:UpdateEventSourceMapping"),
    ("lambda.function", "lambda:PutFunctionConcurrency"),
    ("rds.cluster", "rds:ModifyDBCluster"),
    ("route53.record", "route53:ChangeResourceRecordSets"),
];

/// Why a state has no recovery plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRecoveryPlan {
    /// Everything is in one region, or nothing takes over.
    #[error("nothing recorded takes over in another region")]
    OneRegion,
    /// The region is none of the two.
    #[error("{region} is neither {primary} nor {secondary}, the two regions of this environment")]
    NoSide {
        /// The region that was named.
        region: Str,
        /// The primary region.
        primary: Str,
        /// The secondary region.
        secondary: Str,
    },
}

/// The two regions of a state, first the primary one; `None` where nothing takes over.
pub fn sides(snapshot: &Snapshot, registry: &Registry) -> Option<(Str, Str)> {
    RecordsSeen { snapshot, registry }.sides().map(|sides| (sides.primary, sides.secondary))
}

/// The recovery plan by which a region takes over. An unplanned one is for the case that the region which is left does not
/// answer.
///
/// # Errors
/// When nothing takes over, or the region is none of the two.
pub fn recovery_plan(
    snapshot: &Snapshot,
    registry: &Registry,
    to: &str,
    manner: FailoverManner,
) -> Result<RecoveryPlan, NoRecoveryPlan> {
    let sides = sides(snapshot, registry).map(|(primary, secondary)| [primary, secondary]);
    recovery_plan_now(snapshot, registry, to, manner, &sides.into_iter().flatten().collect())
}

/// The recovery plan by which a region takes over, while some regions do not answer.
///
/// # Errors
/// When nothing takes over, or the region is none of the two.
pub fn recovery_plan_now(
    snapshot: &Snapshot,
    registry: &Registry,
    to: &str,
    manner: FailoverManner,
    silent: &BTreeSet<Str>,
) -> Result<RecoveryPlan, NoRecoveryPlan> {
    let look = RecordsSeen { snapshot, registry };
    let sides = look.sides().ok_or(NoRecoveryPlan::OneRegion)?;
    let from = match to {
        to if *to == *sides.primary => sides.secondary.clone(),
        to if *to == *sides.secondary => sides.primary.clone(),
        _ => {
            let TwoSides { primary, secondary } = sides;
            return Err(NoRecoveryPlan::NoSide { region: to.into(), primary, secondary });
        }
    };
    let twins = look.twins(&sides);
    let goes_home = *to == *sides.primary;
    let leaves_silent = silent.contains(&from);
    let derive = Derive { look, from: &from, to, manner, goes_home, leaves_silent, twins };
    let mut plan = RecoveryPlan {
        format: FORMAT,
        from: from.clone(),
        to: to.into(),
        manner,
        steps: Vec::new(),
        losses: derive.losses(),
        notes: Vec::new(),
    };
    derive.readiness(&mut plan);
    derive.sizes(&mut plan, true);
    derive.consumers(&mut plan, false);
    derive.databases(&mut plan);
    derive.consumers(&mut plan, true);
    derive.functions(&mut plan);
    derive.traffic(&mut plan);
    if derive.is_planned() {
        derive.sizes(&mut plan, false);
    }
    derive.remarks(&mut plan);
    Ok(plan)
}

struct Derive<'a> {
    look: RecordsSeen<'a>,
    from: &'a str,
    to: &'a str,
    manner: FailoverManner,
    /// Whether the primary region takes over.
    goes_home: bool,
    /// Whether the region that is left does not answer.
    leaves_silent: bool,
    /// Resources that are alike, first the one of the primary region.
    twins: Vec<(&'a Record, &'a Record)>,
}

impl<'a> Derive<'a> {
    fn is_planned(&self) -> bool {
        self.manner == FailoverManner::Planned
    }

    /// The cluster of a global database that is in the region which takes over.
    fn member(&self, global: &Record) -> Option<&'a Record> {
        self.look.members(global).into_iter().find(|member| member.region.as_deref() == Some(self.to))
    }

    fn globals(&self) -> impl Iterator<Item = (&'a Record, &'a Record)> {
        self.look.of("rds.global_cluster").filter_map(|global| Some((global, self.member(global)?)))
    }

    /// Whether whoever takes over can.
    fn readiness(&self, plan: &mut RecoveryPlan) {
        for (_, member) in self.globals() {
            let patience = if self.is_planned() { REBUILT } else { PATIENCE };
            plan.steps.push(self.wait(
                format!("see that `{}` is ready", member.address),
                AwaitedCondition::Ready { address: member.address.clone() },
                patience,
                "it is to take the writes; after a failover, the cluster that was left is rebuilt first".to_owned(),
                self.calls("rds:DescribeDBClusters"),
            ));
            if self.is_planned() {
                plan.steps.push(self.caught_up(member, CLUSTER_LAG_MS, self.calls("cloudwatch:GetMetricStatistics")));
            }
        }
        if !self.is_planned() {
            return;
        }
        // Objects are not waited for: S3 goes on copying them while both regions work.
        for replica in self.look.in_region("dynamodb.table_replica", self.to) {
            plan.steps.push(self.caught_up(replica, STORE_LAG_MS, self.calls("cloudwatch:GetMetricStatistics")));
        }
    }

    fn caught_up(&self, follower: &Record, within_ms: u64, needs: Vec<ControlPlane>) -> RecoveryStep {
        self.wait(
            format!("wait until `{}` has caught up", follower.address),
            AwaitedCondition::CaughtUp { address: follower.address.clone(), within_ms },
            CAUGHT_UP,
            "what was written last must be there before the region is left".to_owned(),
            needs,
        )
    }

    /// Makes the side that takes over as large as the other one is (`before` requests come), or smaller again where it
    /// stands by from now on.
    fn sizes(&self, plan: &mut RecoveryPlan, before: bool) {
        for (primary, secondary) in &self.twins {
            for (_, argument) in SIZES.iter().filter(|(kind, _)| **kind == *primary.kind) {
                let [large, small] = [primary, secondary].map(|record| declared(record, argument));
                if large == small || before == self.goes_home {
                    continue;
                }
                let (value, why) = match before {
                    true => (large, format!("`{}` has it, which does the work otherwise", primary.address)),
                    false => (small, "it stands by from now on".to_owned()),
                };
                let name = format!("set `{argument}` of `{}` to {value}", secondary.address);
                plan.steps.push(self.set(name, vec![switched(secondary, argument, value)], why, CAPACITY));
            }
        }
    }

    /// Lets work be taken where it is to be done (`starts`), and nowhere else. A region that is lost takes none.
    fn consumers(&self, plan: &mut RecoveryPlan, starts: bool) {
        if !starts && !self.is_planned() {
            return;
        }
        for (primary, secondary) in &self.twins {
            for (_, argument) in WORKS.iter().filter(|(kind, _)| **kind == *primary.kind) {
                let [active, idle] = [primary, secondary].map(|record| declared(record, argument));
                if active == idle {
                    continue;
                }
                let (takes_over, left) = if self.goes_home { (primary, secondary) } else { (secondary, primary) };
                let (record, value, why) = match starts {
                    true => (takes_over, active, "what is sent is worked on there from now on"),
                    false => (left, idle, "nothing is to be worked on twice"),
                };
                let name = format!("set `{argument}` of `{}` to {value}", record.address);
                plan.steps.push(self.set(name, vec![switched(record, argument, value)], why.to_owned(), SETTING));
            }
        }
    }

    /// Databases of which one region writes.
    fn databases(&self, plan: &mut RecoveryPlan) {
        for (global, member) in self.globals() {
            let (call, time, why) = match self.manner {
                FailoverManner::Planned => (
                    "rds:SwitchoverGlobalCluster",
                    role_change(false),
                    "its region is to write; the roles change once everything is there, so nothing is lost",
                ),
                FailoverManner::Unplanned => (
                    "rds:FailoverGlobalCluster",
                    role_change(true),
                    "its region is to write; what it has not got from the region that is left is lost",
                ),
            };
            let mut needs = self.calls(call);
            if self.is_planned() {
                needs.push(plane(call, self.from));
            }
            plan.steps.push(RecoveryStep {
                name: format!("let `{}` write", member.address),
                act: RecoveryAct::Switch {
                    group: global.address.clone(),
                    member: member.address.clone(),
                    may_lose: !self.is_planned(),
                },
                why: why.to_owned(),
                needs,
                time,
            });
        }
    }

    /// Functions that do the work from now on.
    fn functions(&self, plan: &mut RecoveryPlan) {
        for function in self.look.in_region("lambda.function", self.to) {
            if !self.look.serves(function) {
                continue;
            }
            plan.steps.push(self.wait(
                format!("see that `{}` is ready", function.address),
                AwaitedCondition::Ready { address: function.address.clone() },
                PATIENCE,
                "it does the work from now on".to_owned(),
                self.calls("lambda:GetFunction"),
            ));
        }
    }

    /// Requests. Where a health check says that the other region is lost, they follow by themselves.
    fn traffic(&self, plan: &mut RecoveryPlan) {
        for pair in self.look.request_pairs() {
            let name = &pair.name;
            let (first, second) =
                if self.goes_home { (pair.primary, pair.secondary) } else { (pair.secondary, pair.primary) };
            let is_watched = !leads(second) || self.health_check(second).is_some();
            if !self.is_planned() && self.leaves_silent && is_watched {
                if !leads(second) {
                    continue;
                }
                plan.notes.push(format!(
                    "requests for {name} follow by themselves, once the health check of {} fails. When it is healthy again \
                     they go back there, unless a planned failover to {} is made as well",
                    self.from, self.to
                ));
                continue;
            }
            // Without warning nobody waits: whatever answers there answers more than what is lost.
            if let Some(check) = self.health_check(first).filter(|_| self.is_planned()) {
                plan.steps.push(self.wait(
                    format!("see that `{}` is healthy", check.address),
                    AwaitedCondition::Healthy { address: check.address.clone() },
                    PATIENCE,
                    format!("requests for {name} are to go there"),
                    vec![plane("route53:GetHealthCheckStatus", home(self.to))],
                ));
            }
            let ttl = first.args.get("ttl").and_then(Value::as_int).and_then(|ttl| u32::try_from(ttl).ok());
            let kept = RECORDS.saturating_add(ttl.unwrap_or(ALIAS));
            let role = |record: &Record, role: &str| switched(record, "failover", &Value::str(role));
            plan.steps.push(self.set(
                format!("lead requests for {name} to {}", self.to),
                // Two records cannot both be PRIMARY: they change places by one call.
                vec![role(first, "PRIMARY"), role(second, "SECONDARY")],
                match self.leaves_silent {
                    false => "both regions answer, so no health check does it".to_owned(),
                    true => format!("no health check watches what leads requests to {}", self.from),
                },
                Figure::of(kept, kept),
            ));
        }
    }

    fn health_check(&self, record: &Record) -> Option<&'a Record> {
        let id = record.args.get("health_check_id")?.as_str()?;
        self.look.of("route53.health_check").find(|check| *check.id == *id)
    }

    /// What each store may lose, as the last apply has computed it.
    fn losses(&self) -> Vec<PossibleLoss> {
        if self.is_planned() {
            return Vec::new();
        }
        let stores = self.look.snapshot.recovery.computed.iter().flat_map(|computed| &computed.stores);
        let loss = |part: &crate::recovery::report::RecoveryPart| {
            Some(PossibleLoss {
                follower: self.follower(&part.address),
                address: part.address.clone(),
                lag_ms: None,
                computed: part.loss?,
            })
        };
        stores.filter_map(loss).collect()
    }

    /// What tells how far behind a store the other region is.
    fn follower(&self, store: &Address) -> Option<Address> {
        let store = self.look.snapshot.records.get(store)?;
        let found = match &*store.kind {
            "rds.global_cluster" => self.member(store),
            "dynamodb.table" => {
                let replicas = self.look.users("dynamodb.table_replica", "table_name", store, "name");
                replicas.into_iter().find(|replica| replica.region.as_deref() == Some(self.to))
            }
            _ => None,
        };
        found.map(|follower| follower.address.clone())
    }

    /// What stays as it is, and what somebody else may do at the same time.
    fn remarks(&self, plan: &mut RecoveryPlan) {
        for (source, other) in [(self.from, self.to), (self.to, self.from)] {
            if self.look.in_region("s3.bucket_replication", other).next().is_some() {
                continue;
            }
            for copies in self.look.in_region("s3.bucket_replication", source) {
                plan.notes.push(format!(
                    "`{}` copies objects from {source} only: what is written in {other} stays there",
                    copies.address
                ));
            }
        }
        for machine in self.look.in_region("stepfunctions.state_machine", self.to) {
            let says = machine.args.get("definition").map(Value::to_json).unwrap_or_default();
            if says.contains(":failoverGlobalCluster") || says.contains(":switchoverGlobalCluster") {
                plan.notes.push(format!(
                    "`{}` fails over as well when it is started: let only one of the two do it",
                    machine.address
                ));
            }
        }
    }

    fn calls(&self, call: &str) -> Vec<ControlPlane> {
        vec![plane(call, self.to)]
    }

    fn wait(
        &self,
        name: String,
        condition: AwaitedCondition,
        patience_s: u32,
        why: String,
        needs: Vec<ControlPlane>,
    ) -> RecoveryStep {
        let time = Figure::of(0, patience_s);
        RecoveryStep { name, act: RecoveryAct::Await { condition, patience_s }, why, needs, time }
    }

    fn set(&self, name: String, changes: Vec<SwitchedArgument>, why: String, time: Figure) -> RecoveryStep {
        let record = changes.first().and_then(|change| self.look.snapshot.records.get(&change.address));
        let needs = record.map(|record| {
            let call = SETS.iter().find(|(kind, _)| **kind == *record.kind).map_or(&*record.kind, |(_, call)| call);
            plane(call, record.region.as_deref().unwrap_or(home(self.to)))
        });
        RecoveryStep { name, act: RecoveryAct::Set { changes }, why, needs: needs.into_iter().collect(), time }
    }
}

fn plane(call: &str, region: &str) -> ControlPlane {
    ControlPlane { call: call.into(), region: region.into() }
}

/// The region in which the control planes of services are that belong to none, in the partition of a region.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html>
fn home(of: &str) -> &'static str {
    match of {
        of if of.starts_with("cn-") => "cn-northwest-1",
        of if of.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// What an argument was declared as.
fn declared<'r>(record: &'r Record, argument: &str) -> &'r Value {
    record.args.get(argument).map_or(&Value::Null, Value::reveal)
}

fn switched(record: &Record, argument: &str, value: &Value) -> SwitchedArgument {
    SwitchedArgument { address: record.address.clone(), argument: argument.into(), value: value.clone() }
}
