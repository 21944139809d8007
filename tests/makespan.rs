//! How long a run takes, in the sandbox at the pace of the real cloud and in virtual time: as long as the longest path
//! of what must come after one another, when there are enough call slots; no schedule can be shorter.
//!
//! The graphs are generated: every kind that can stand alone, in both regions, each waiting for up to three others. The
//! times are the kinds' own facts.
#![allow(clippy::unwrap_used)] // A test that cannot go on says so.

#[path = "harness/room.rs"]
mod room;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::graph::Graph;
use dr_core::schema::Kind;
use dr_sandbox::{Sandbox, SandboxOptions, Speed};

use crate::room::{Program, Room};

/// What is declared of each kind; `NAME` is a name of its own.
const KINDS: &[&str] = &[
    r#"cloudwatch::dashboard("NAME", #{ dashboard_body: #{ widgets: [] }, DEPENDS })"#,
    r#"dynamodb::table("NAME", #{ hash_key: "id", attributes: [#{ name: "id", type: "S" }], DEPENDS })"#,
    r#"iam::role("NAME", #{ assume_role_policy: trust("lambda.amazonaws.com"), DEPENDS })"#,
    r#"kms::key("NAME", #{ DEPENDS })"#,
    r#"logs::log_group("NAME", #{ DEPENDS })"#,
    r#"s3::bucket("NAME", #{ bucket: `NAME-${env.suffix}`, DEPENDS })"#,
    r#"secretsmanager::secret("NAME", #{ DEPENDS })"#,
    r#"sns::topic("NAME", #{ DEPENDS })"#,
    r#"sqs::queue("NAME", #{ DEPENDS })"#,
    r#"ssm::parameter("NAME", #{ type: "String", value: "v", DEPENDS })"#,
];

/// Numbers that only look random: a linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// A program of so many resources. What a resource waits for is among the `reach` before it: the smaller, the longer the
/// paths.
fn program(seed: u64, resources: usize, reach: usize) -> Program {
    let mut numbers = Numbers(seed);
    let mut text = String::from("let all = [];\n");
    for number in 0..resources {
        let region = ["us-east-1", "us-west-2"][numbers.below(2)];
        let kind = KINDS[numbers.below(KINDS.len())];
        let waits = numbers.below(4).min(number);
        let others: Vec<String> =
            (0..waits).map(|_| format!("all[{}]", number - 1 - numbers.below(reach.min(number)))).collect();
        let is_global = ["iam", "cloudwatch::dashboard"].iter().any(|global| kind.starts_with(global));
        let region = if is_global { String::new() } else { format!("region: \"{region}\", ") };
        let options = format!("{region}depends_on: [{}]", others.join(", "));
        let declared = kind.replace("NAME", &format!("r{number}")).replace("DEPENDS", &options);
        writeln!(text, "all.push({declared});").unwrap();
    }
    Program { name: "generated".into(), text, folder: std::env::temp_dir() }
}

/// The longest path through what is declared, each resource counted with what a fact of its kind says.
fn longest(graph: &Graph, takes: impl Fn(&Kind) -> Duration) -> Duration {
    fn of<'g>(
        graph: &'g Graph,
        address: &'g Address,
        takes: &impl Fn(&Kind) -> Duration,
        known: &mut BTreeMap<&'g Address, Duration>,
    ) -> Duration {
        if let Some(length) = known.get(address) {
            return *length;
        }
        let (address, node) = graph.nodes.get_key_value(address).unwrap();
        let mut before = Duration::ZERO;
        for need in &node.options.depends_on {
            before = before.max(of(graph, need, takes, known));
        }
        let length = before + takes(node.kind);
        known.insert(address, length);
        length
    }
    let mut known = BTreeMap::new();
    graph.nodes.keys().map(|address| of(graph, address, &takes, &mut known)).max().unwrap()
}

fn check(what: &str, took: Duration, bound: Duration) {
    println!("{what}: {took:?}, at least {bound:?}, {:.4} times that", took.as_secs_f64() / bound.as_secs_f64());
    assert!(took >= bound, "{what}: {took:?} is shorter than the longest path, {bound:?}");
    assert!(took <= bound.mul_f64(1.01), "{what}: {took:?} is more than 1 % above the longest path, {bound:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_takes_as_long_as_its_longest_path() {
    for (seed, resources, reach) in [(1, 40, 40), (2, 200, 200), (3, 200, 12), (4, 400, 40), (5, 300, 3)] {
        let dir = tempfile::tempdir().unwrap();
        let options = SandboxOptions { speed: Speed::Real, ..SandboxOptions::default() };
        let sandbox = Arc::new(Sandbox::in_memory(Arc::new(dr_kinds::registry()), options).unwrap());
        let room = Room::open(dir.path(), sandbox, program(seed, resources, reach), "m", None).await.unwrap();
        let graph = room.declare(&[]).unwrap();
        let of = |what: &str| format!("{resources} resources, each waiting within {reach}: {what}");

        let plan = room.plan(&graph).await.unwrap();
        let report = room.apply(&plan).await.unwrap();
        let bound = longest(&graph, |kind| kind.create);
        assert_eq!(report.bound, bound);
        check(&of("apply"), report.elapsed, bound);

        let report = room.apply(&room.plan_destroy().await.unwrap()).await.unwrap();
        check(&of("destroy"), report.elapsed, longest(&graph, |kind| kind.delete));
        assert!(room.snapshot().unwrap().is_empty());
    }
}
