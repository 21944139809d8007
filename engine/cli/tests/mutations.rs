//! What would block a destroy or outlive it, said in every way that a program can say it: none passes in silence.
//!
//! A mutation is an argument of a kind with a value that a check of destroyability refuses. It is written in each of the
//! [`FORMS`]: directly, by a parameter, by way of closures, components, maps and loops, with an exception that does not count,
//! and as a value that is known only while applying. The plan refuses each, or, where nobody could know, the apply before
//! the call that would set it; nothing of it is made.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A value that is refused: check, kind, the arguments beside it, the argument, the value, and one that is taken.
struct Mutation {
    check: &'static str,
    kind: &'static str,
    beside: &'static str,
    argument: &'static str,
    bad: &'static str,
    good: &'static str,
}

const fn mutation(
    check: &'static str,
    kind: &'static str,
    beside: &'static str,
    argument: &'static str,
    bad: &'static str,
    good: &'static str,
) -> Mutation {
    Mutation { check, kind, beside, argument, bad, good }
}

const EAST: &str = "region: \"us-east-1\", ";
const DATABASE: &str = "region: \"us-east-1\", engine: \"aurora-postgresql\", master_username: \"payments\", \
                        manage_master_user_password: true, ";
const TABLE: &str = "region: \"us-east-1\", hash_key: \"id\", attributes: [#{ name: \"id\", type: \"S\" }], ";
const ALARM: &str = "region: \"us-east-1\", namespace: \"AWS/Lambda\", metric_name: \"Errors\", statistic: \"Sum\", period: 60, \
                     evaluation_periods: 1, threshold: 1, comparison_operator: \"GreaterThanThreshold\", ";
const INSTANCE: &str = "region: \"us-east-1\", cluster_identifier: `c-${env.suffix}`, engine: \"aurora-postgresql\", \
                        instance_class: \"db.r6g.large\", monitoring_role_arn: \"arn:aws:iam::123456789012:role/watch\", ";
const FLOW: &str = "region: \"us-east-1\", vpc_id: \"vpc-0123456789abcdef0\", \
                    deliver_logs_permission_arn: \"arn:aws:iam::123456789012:role/flow\", ";
const ROLE: &str = "assume_role_policy: trust(\"lambda.amazonaws.com\"), ";

const MUTATIONS: &[Mutation] = &[
    mutation("D01", "rds::cluster", DATABASE, "deletion_protection", "true", "false"),
    mutation("D01", "rds::global_cluster", "engine: \"aurora-postgresql\", ", "deletion_protection", "true", "false"),
    mutation("D02", "rds::cluster", DATABASE, "skip_final_snapshot", "false", "true"),
    mutation("D03", "rds::cluster", DATABASE, "delete_automated_backups", "false", "true"),
    mutation("D04", "rds::cluster", DATABASE, "backup_retention_period", "8", "1"),
    mutation("D04", "rds::cluster", DATABASE, "backup_retention_period", "35", "1"),
    mutation("D05", "dynamodb::table", TABLE, "deletion_protection_enabled", "true", "false"),
    mutation("D07", "s3::bucket", EAST, "force_destroy", "false", "true"),
    mutation("D08", "s3::bucket", "region: \"us-east-1\", versioning: true, ", "object_lock_enabled", "true", "false"),
    mutation("D09", "kms::key", EAST, "deletion_window_in_days", "30", "7"),
    mutation("D09", "kms::key", EAST, "deletion_window_in_days", "8", "7"),
    mutation("D11", "secretsmanager::secret", EAST, "recovery_window_in_days", "7", "0"),
    mutation("D11", "secretsmanager::secret", EAST, "recovery_window_in_days", "30", "0"),
    mutation("D13", "logs::log_group", EAST, "deletion_protection_enabled", "true", "false"),
    mutation("D14", "route53::zone", "name: `z-${env.suffix}.dev-team.net`, ", "force_destroy", "false", "true"),
    mutation("D16", "iam::role", ROLE, "force_detach_policies", "false", "true"),
    mutation("D20", "sqs::queue", EAST, "name", "\"orders\"", "`orders-${env.suffix}`"),
    mutation("D20", "sqs::queue", EAST, "name", "`orders-${env.suffix}7`", "`orders-${env.suffix}`"),
    mutation("D20", "s3::bucket", EAST, "bucket", "\"orders-of-all\"", "`orders-${env.suffix}`"),
    mutation("D20", "sns::topic", EAST, "name", "\"orders\"", "`orders-${env.suffix}`"),
    mutation("D20", "dynamodb::table", TABLE, "name", "\"orders\"", "`orders-${env.suffix}`"),
    mutation("D20", "iam::role", ROLE, "name", "\"orders\"", "`orders-${env.suffix}`"),
    mutation("D20", "logs::log_group", EAST, "name", "\"/orders\"", "`/orders/${env.suffix}`"),
    mutation("D20", "secretsmanager::secret", EAST, "name", "\"orders\"", "`orders/${env.suffix}`"),
    mutation("D20", "cloudwatch::metric_alarm", ALARM, "alarm_name", "\"orders\"", "`orders-${env.suffix}`"),
    mutation("D20", "events::bus", EAST, "name", "\"orders\"", "`orders-${env.suffix}`"),
    mutation("D20", "rds::cluster", DATABASE, "cluster_identifier", "\"orders\"", "`orders-${env.suffix}`"),
    mutation("D22", "rds::cluster_instance", INSTANCE, "monitoring_interval", "60", "0"),
    mutation("D22", "ec2::flow_log", FLOW, "log_group_name", "`flow-${env.suffix}`", "`flow-${env.suffix}`"),
];

/// The ways to write a mutation. The first that ends with `unknown` is known only while applying.
const FORMS: &[&str] = &[
    "direct",
    "parameter",
    "set on the command line",
    "closure",
    "function",
    "component",
    "components inside each other",
    "map with one more key",
    "maps put together",
    "loop",
    "condition",
    "exception by id",
    "exception by name",
    "unknown",
];

impl Mutation {
    /// A value as a text that is computed from something unknown.
    fn unknown(&self) -> String {
        match self.bad {
            "true" => "id.hex.starts_with(\"\")".into(),
            "false" => "id.hex.starts_with(\"never\")".into(),
            text if text.starts_with(['"', '`']) => {
                format!("`${{id.hex.sub_string(0, 0)}}{}`", text.trim_matches(['"', '`']))
            }
            number => format!("id.hex.len() - 8 + {number}"),
        }
    }

    /// The program in a form, and what is said on the command line.
    fn program(&self, form: &str) -> (String, Option<String>) {
        let Mutation { check, kind, beside, argument, bad, good } = self;
        let with = |value: &str| format!("{kind}(\"x\", #{{ {beside}{argument}: {value} }});");
        let name = dr_core::checks::find(check).unwrap().name;
        let text = match form {
            "direct" => with(bad),
            "parameter" => format!("let p = program(#{{ v: param(\"It\", {bad}) }}); {}", with("p.v")),
            "set on the command line" => {
                format!("let p = program(#{{ v: param(\"It\", {good}) }}); {}", with("p.v"))
            }
            "closure" => format!("let make = |v| {{ {} }}; make.call({bad});", with("v")),
            "function" => format!("fn make(v) {{ {} }} make({bad});", with("v")),
            "component" => format!("component(\"main\", || {{ {} }});", with(bad)),
            "components inside each other" => {
                format!("component(\"a\", || component(\"b\", || {{ let v = {bad}; {} }}));", with("v"))
            }
            "map with one more key" => {
                format!("let o = #{{ {beside} }}; o[\"{argument}\"] = {bad}; {kind}(\"x\", o);")
            }
            "maps put together" => {
                format!("{kind}(\"x\", #{{ {beside}{argument}: {good} }} + #{{ {argument}: {bad} }});")
            }
            "loop" => format!("for v in [{bad}] {{ {} }}", with("v")),
            "condition" => with(&format!("if env.ephemeral {{ {bad} }} else {{ {good} }}")),
            "exception by id" => {
                format!("{kind}(\"x\", #{{ {beside}{argument}: {bad}, allow: #{{ {check}: \"it has to be\" }} }});")
            }
            "exception by name" => {
                format!("{kind}(\"x\", #{{ {beside}{argument}: {bad}, allow: #{{ \"{name}\": \"it has to be\" }} }});")
            }
            _ => format!("let id = random::id(\"id\", #{{ byte_length: 4 }}); {}", with(&self.unknown())),
        };
        let set = (form == "set on the command line").then(|| {
            let value = bad.trim_matches(['"', '`']).replace("${env.suffix}", "pr-7");
            format!("v={value}")
        });
        (text, set)
    }
}

fn dr(dir: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(words)
        .args(["--env", "pr-7", "--sandbox-speed", "instant", "--color", "never", "--state-dir"])
        .arg(dir.join("state"))
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .output()
        .unwrap()
}

/// What is wrong with how a mutation in a form ends.
fn complaint(mutation: &Mutation, form: &str) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let (text, set) = mutation.program(form);
    std::fs::write(dir.path().join("p.rhai"), &text).unwrap();
    let mut words = if form == "unknown" { vec!["apply", "p.rhai", "--yes"] } else { vec!["plan", "p.rhai"] };
    if let Some(set) = &set {
        words.extend(["--set", set]);
    }
    let output = dr(dir.path(), &words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let refused = output.status.code() == Some(3) && said.contains(mutation.check) && said.contains("p.rhai:");
    if !refused {
        return Some(format!(
            "{} in the form `{form}`: {text}\nends with {:?}: {said}",
            mutation.check,
            output.status.code()
        ));
    }
    if form == "unknown" {
        let list = dr(dir.path(), &["state", "list"]);
        let there = String::from_utf8_lossy(&list.stdout).into_owned();
        if there.contains(":x") {
            return Some(format!("{} in the form `{form}`: {text}\nit was made: {there}", mutation.check));
        }
    }
    None
}

#[test]
fn whatever_blocks_or_outlives_a_destroy_is_refused_in_every_form() {
    let all: Vec<(&Mutation, &str)> = MUTATIONS.iter().flat_map(|m| FORMS.iter().map(move |form| (m, *form))).collect();
    assert!(all.len() >= 300, "{} mutations", all.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some((mutation, form)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(complaint(mutation, form));
        }
        wrong
    };
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n\n"));
}
