//! What is harmless is refused by nothing: programs, modules, examples and the scripts that keep to a check, each in many
//! variations that AWS takes. They are generated from a seed, the values of arguments from the schema. A refusal is a fault
//! of a check, but where a value is bound to another argument ([`BOUND`]).
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/example.rs"]
mod example;
#[path = "harness/room.rs"]
mod room;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::expr::Expr;
use dr_core::graph::Graph;
use dr_core::plan::Goal;
use dr_core::schema::{Condition, Field, Presence, Type};
use dr_core::value::{Value, intern};
use dr_sandbox::{Sandbox, SandboxOptions, Speed};
use dr_tests_support::repository;

use crate::example::Example;
use crate::room::{Program, Room};

/// How many variations there are at least.
const LEAST: usize = 500;

/// Values that a parameter of a program can have, by its name.
const PARAMETERS: &[(&str, &[&str])] = &[
    ("alert_email", &["", "ops@payments.dev", "on-call+dr@payments.dev"]),
    ("base_domain", &["", "pay.dr-lab.net", "a.b.dr-lab.net"]),
    ("reserved", &["0", "1", "10", "100"]),
    ("audit_days", &["1", "90", "365"]),
    ("access_logs", &["true", "false"]),
    ("rotation_days", &["1", "30", "365"]),
    ("health_interval", &["10", "30"]),
    ("fast_health_checks", &["true", "false"]),
    ("customer_keys", &["true", "false"]),
    ("replication", &["true", "false"]),
    ("secondary_compute", &["true", "false"]),
    ("rto_seconds", &["60", "1800"]),
    ("min_capacity", &["0.5", "1.0", "2.0"]),
    ("max_capacity", &["4.0", "16.0", "128.0"]),
    ("instance_class", &["db.r6g.large", "db.r6g.xlarge", "db.r5.large"]),
];

/// Pairs of regions for the two sides of a program.
const REGIONS: &[[&str; 2]] = &[
    ["us-east-1", "us-west-2"],
    ["us-west-2", "us-east-1"],
    ["eu-west-1", "eu-central-1"],
    ["eu-north-1", "eu-west-3"],
    ["ap-southeast-2", "ap-northeast-1"],
    ["ca-central-1", "us-east-2"],
    ["sa-east-1", "us-east-1"],
];

const ENVIRONMENTS: &[&str] = &["pr-7", "pr-12345", "x1", "stage", "prod-eu", "a", "team-b-2", "release-2026-11"];

/// Arguments whose values are bound to others: which of them the plan may refuse, and why.
const BOUND: &[(&str, &str)] = &[
    ("apigateway.integration.connection_type", "a VPC link is named by another argument"),
    ("apigateway.method.authorization_type", "an authorizer is named by another argument"),
    ("apigateway.stage.cache_cluster_size", "another argument switches the cache on"),
    ("apigatewayv2.api.protocol_type", "a WebSocket API selects routes, and has no CORS"),
    ("apigatewayv2.integration.connection_type", "a VPC link is named by another argument"),
    ("apigatewayv2.route.authorization_type", "an authorizer is named by another argument"),
    ("cloudwatch.metric_alarm.period", "from a minute on it is whole minutes"),
    ("cloudwatch.metric_alarm.datapoints_to_alarm", "there are not more of them than periods"),
    ("dynamodb.table.billing_mode", "capacity is given when it is provisioned"),
    ("dynamodb.table.read_capacity", "it is for provisioned tables"),
    ("dynamodb.table.write_capacity", "it is for provisioned tables"),
    ("dynamodb.table.stream_view_type", "another argument switches the stream on"),
    ("ec2.flow_log.log_destination_type", "the example names a log group"),
    ("ec2.security_group_rule.from_port", "it is not after the last port"),
    ("ec2.security_group_rule.to_port", "it is not before the first port"),
    ("ec2.vpc_endpoint.vpc_endpoint_type", "there are gateway endpoints of two services"),
    ("elbv2.target_group.target_type", "functions have no port"),
    ("elbv2.target_group.lambda_multi_value_headers_enabled", "it is for groups of functions"),
    ("kms.key.rotation_period_in_days", "another argument switches the rotation on"),
    ("kms.key.key_usage", "it is what the key's spec can"),
    ("kms.key.key_spec", "it can what the key is used for"),
    ("lambda.event_source_mapping.batch_size", "a large batch has a window"),
    ("lambda.event_source_mapping.starting_position", "it is for streams, and the example reads a queue"),
    ("lambda.event_source_mapping.parallelization_factor", "it is for streams"),
    ("lambda.event_source_mapping.maximum_retry_attempts", "it is for streams"),
    ("lambda.event_source_mapping.maximum_record_age_in_seconds", "it is for streams"),
    ("lambda.event_source_mapping.bisect_batch_on_function_error", "it is for streams"),
    ("lambda.event_source_mapping.tumbling_window_in_seconds", "it is for streams"),
    ("lambda.function.package_type", "an image has no handler"),
    ("rds.cluster.manage_master_user_password", "RDS manages none of a global database"),
    ("rds.cluster.storage_encrypted", "members of a global database are all encrypted or none is"),
    ("rds.cluster_instance.performance_insights_retention_period", "another argument switches Performance Insights on"),
    ("rds.cluster_instance.monitoring_interval", "a role is named by another argument"),
    ("route53.record.failover", "there is one record of each role, and the example has them"),
    ("sns.subscription.filter_policy_scope", "it says what a filter looks at"),
    ("sns.topic.content_based_deduplication", "it is for FIFO topics"),
    ("sqs.queue.fifo_queue", "the name and the dead letters follow"),
    ("sqs.queue.content_based_deduplication", "it is for FIFO queues"),
];

/// Numbers that only look random: a linear congruential generator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// What was tried, and what was wrong.
#[derive(Default)]
struct Tally {
    tried: usize,
    wrong: Vec<String>,
    /// The bound arguments that were refused.
    bound: BTreeSet<&'static str>,
}

fn scripts(folder: &str, is_wanted: fn(&str) -> bool) -> Vec<PathBuf> {
    let all = std::fs::read_dir(repository().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let is_script = |path: &PathBuf| path.to_str().unwrap().strip_suffix(".rhai").is_some_and(is_wanted);
    let mut all: Vec<_> = all.filter(is_script).collect();
    all.sort();
    all
}

fn program(path: &Path) -> Program {
    Program {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        text: std::fs::read_to_string(path).unwrap(),
        folder: path.parent().unwrap().to_owned(),
    }
}

async fn room(program: Program, environment: &str, dir: &Path) -> Room {
    let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
    let sandbox = Arc::new(Sandbox::in_memory(Arc::new(dr_kinds::registry()), options).unwrap());
    Room::open(dir, sandbox, program, environment, None).await.unwrap()
}

/// What refuses a graph.
async fn refusals(room: &Room, graph: &Graph) -> Vec<String> {
    match room.propose(Goal::Apply, graph).await {
        Ok(plan) => plan.diagnostics.iter().filter(|d| d.is_error()).map(Diagnostic::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}

impl Tally {
    /// Plans a program in an environment with settings.
    async fn plan(&mut self, what: &str, program: Program, environment: &str, settings: &[(&str, Value)]) {
        let dir = tempfile::tempdir().unwrap();
        let mut room = room(program, environment, dir.path()).await;
        room.ephemeral = environment.starts_with("pr-");
        self.tried += 1;
        let found = match room.declare(settings) {
            Ok(graph) => refusals(&room, &graph).await,
            Err(error) => vec![error.to_string()],
        };
        if !found.is_empty() {
            self.wrong.push(format!("{what} in {environment} with {settings:?}: {}", found.join("; ")));
        }
    }

    /// Plans an example with each value that an argument of its own resource can have.
    async fn vary(&mut self, example: &Example) {
        let dir = tempfile::tempdir().unwrap();
        let room = room(example.program(), "pr-7", dir.path()).await;
        let graph = room.declare(&[]).unwrap();
        let Some(subject) = example.subject().unwrap().filter(|subject| graph.nodes.contains_key(subject)) else {
            return;
        };
        let fields = graph.nodes[&subject].kind.args;
        for field in fields.iter().filter(|field| is_free(field)) {
            let path = format!("{}.{}", example.kind, field.name);
            let bound = BOUND.iter().find(|(bound, _)| *bound == path).map(|(bound, _)| *bound);
            for value in values(field) {
                let mut varied = graph.clone();
                let node = varied.nodes.get_mut(&subject).unwrap();
                let before = node.args.insert(intern(field.name), Expr::Known(value.clone()));
                if before == Some(Expr::Known(value.clone())) {
                    continue;
                }
                self.tried += 1;
                let found = refusals(&room, &varied).await;
                match bound {
                    _ if found.is_empty() => {}
                    Some(bound) => drop(self.bound.insert(bound)),
                    None => self.wrong.push(format!("{path} = {value}: {}", found.join("; "))),
                }
            }
        }
    }
}

/// Whether the values of an argument can be chosen from what the schema says.
fn is_free(field: &Field) -> bool {
    !field.sensitive && field.refers.is_none() && field.presence != Presence::Required
}

/// The values that a schema lets an argument have, and that can be destroyed again: the ends of a range, its middle, and
/// all that are named.
fn values(field: &Field) -> Vec<Value> {
    let mut all = match field.ty {
        Type::Bool => vec![Value::Bool(true), Value::Bool(false)],
        _ => Vec::new(),
    };
    for check in field.checks {
        match check {
            Condition::OneOf(texts) if field.ty == Type::Str => all.extend(texts.iter().map(Value::str)),
            Condition::OneOfInt(numbers) => all.extend(numbers.iter().map(|number| Value::Int(*number))),
            Condition::Range(low, high) if field.ty == Type::Int => {
                all.extend([*low, low + (high - low) / 2, *high].map(Value::Int));
            }
            _ => {}
        }
    }
    all.retain(|value| field.rules.iter().all(|rule| rule.severity < Severity::Error || rule.allows(value)));
    all
}

/// A value as a setting.
fn setting(text: &str) -> Value {
    match Value::from_json(text) {
        Ok(value @ (Value::Bool(_) | Value::Int(_) | Value::Float(_))) => value,
        _ => Value::str(text),
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_harmless_is_refused() {
    let mut tally = Tally::default();
    let mut dice = Dice(8);
    for path in scripts("programs", |stem| !stem.ends_with("_test")) {
        let dir = tempfile::tempdir().unwrap();
        let parameters = room(program(&path), "pr-7", dir.path()).await.parameters().unwrap();
        for _ in 0..8 {
            let [first, second] = dice.one(REGIONS);
            let program = program(&path);
            let mut settings = Vec::new();
            for name in &parameters {
                match name.as_str() {
                    "primary_region" => settings.push((name.clone(), Value::str(first))),
                    "secondary_region" => settings.push((name.clone(), Value::str(second))),
                    _ => {}
                }
                if let Some((_, values)) = PARAMETERS.iter().find(|(known, _)| known == name) {
                    settings.push((name.clone(), setting(dice.one(values))));
                }
            }
            let settings: Vec<(&str, Value)> = settings.iter().map(|(name, value)| (&**name, value.clone())).collect();
            let what = program.name.clone();
            tally.plan(&what, program, dice.one(ENVIRONMENTS), &settings).await;
        }
    }
    for path in
        scripts("stdlib/examples", |_| true).into_iter().chain(scripts("tests/rules", |stem| stem.ends_with("_not")))
    {
        let program = program(&path);
        let environment = program.text.lines().next().and_then(|line| line.strip_prefix("//! environment: "));
        let environment = environment.map_or_else(|| dice.one(ENVIRONMENTS).to_owned(), str::to_owned);
        let what = program.name.clone();
        tally.plan(&what, program, &environment, &[]).await;
    }
    for example in Example::all().unwrap() {
        for step in 1..=3 {
            let what = format!("{} at step {step}", example.kind);
            tally.plan(&what, example.program(), dice.one(ENVIRONMENTS), &[("step", Value::Int(step))]).await;
        }
        tally.vary(&example).await;
    }
    assert!(
        tally.wrong.is_empty(),
        "{} of {} are refused:\n{}",
        tally.wrong.len(),
        tally.tried,
        tally.wrong.join("\n")
    );
    assert!(tally.tried >= LEAST, "only {} variations", tally.tried);
    let unneeded: Vec<_> = BOUND.iter().filter(|(path, _)| !tally.bound.contains(path)).collect();
    assert!(unneeded.is_empty(), "no value of these is refused: {unneeded:?}");
}
