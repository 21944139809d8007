//! The program `transactions`, end to end, through the real `dr`: with every option, in the sandbox always, against the
//! emulators with the feature `emulators`; killed at any moment; changed in one place.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/project.rs"]
mod project;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dr_sandbox::{Options, Sandbox, Speed};
use serde_json::Value;

use crate::project::Project;

/// Every option, and all of them together: a name, and what is set.
const OPTIONS: &[(&str, &[&str])] = &[
    ("none", &[]),
    ("keys", &["customer_keys=true"]),
    ("copies", &["replication=true"]),
    ("compute", &["secondary_compute=true"]),
    ("email", &["alert_email=ops@example.com"]),
    ("reserved", &["reserved=2"]),
    (
        "all",
        &[
            "customer_keys=true",
            "replication=true",
            "secondary_compute=true",
            "alert_email=ops@example.com",
            "reserved=2",
        ],
    ),
];

/// Where the function's memory is set, and another amount of it.
const MEMORY: (&str, &str, &str) =
    ("programs/transactions/region.rhai", "runtime: \"python3.11\",", "runtime: \"python3.11\", memory: 512,");
/// Where the table's key is set, and another one.
const KEY: [(&str, &str, &str); 2] = [
    ("programs/transactions.rhai", "hash_key: \"id\",", "hash_key: \"tx_id\","),
    ("programs/transactions.rhai", "#{ name: \"id\", type: \"S\" },", "#{ name: \"tx_id\", type: \"S\" },"),
];

/// An environment of `transactions` on some cloud.
struct Environment {
    project: Project,
    suffix: String,
    cloud: &'static str,
    set: Vec<String>,
}

impl Environment {
    fn new(project: Project, suffix: &str, cloud: &'static str, set: &[&str]) -> Environment {
        let set = set.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]).collect();
        Environment { project, suffix: suffix.to_owned(), cloud, set }
    }

    fn arguments<'a>(&'a self, command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut all = vec![command, "transactions", "--env", &self.suffix, "--cloud", self.cloud, "--json"];
        if command != "plan" {
            all.push("--yes");
        }
        if command != "destroy" {
            all.extend(self.set.iter().map(String::as_str));
        }
        all.extend(more);
        all
    }

    fn plan(&self) -> Value {
        self.project.run(&self.arguments("plan", &[])).json()
    }

    fn apply(&self) -> Value {
        let result = self.project.run(&self.arguments("apply", &[])).json();
        assert_eq!(result["status"], "done", "{result:#}");
        result
    }

    fn destroy(&self) {
        let result = self.project.run(&self.arguments("destroy", &[])).json();
        assert_eq!(result["status"], "done", "{result:#}");
        assert_eq!(result["residue"], serde_json::json!([]));
    }

    fn nothing_to_do(&self) {
        let plan = self.plan();
        assert_eq!(does(&plan), BTreeSet::new(), "{:#}", plan["steps"]);
        assert_eq!(plan["empty"], true, "{:#}", plan["outputs"]);
    }

    fn edit(&self, (file, from, to): (&str, &str, &str)) {
        self.project.edit(file, from, to);
    }

    /// What the sandbox holds: address and id of each resource.
    fn in_the_sandbox(&self) -> Vec<(String, String)> {
        let options = Options { speed: Speed::Instant, ..Options::default() };
        let sandbox =
            Sandbox::open(&self.project.state().join(".sandbox"), Arc::new(dr_kinds::registry()), options).unwrap();
        let all = sandbox.list().unwrap();
        all.into_iter().map(|resource| (resource.tags["dr:address"].to_string(), resource.id.to_string())).collect()
    }

    /// Plan, apply, change in one place, change in another, destroy.
    fn live(&self, between: impl Fn(&Environment)) {
        let plan = self.project.run(&self.arguments("plan", &[]));
        assert_eq!(plan.out, self.project.run(&self.arguments("plan", &[])).out, "two plans of the same");
        assert!(!self.project.state().join(&self.suffix).exists(), "planning made state");
        let plan = plan.json();
        assert_eq!(plan["counts"]["create"].as_u64().unwrap(), plan["steps"].as_array().unwrap().len() as u64);
        self.apply();
        self.nothing_to_do();
        between(self);

        self.edit(MEMORY);
        let plan = self.plan();
        let both = self.set.iter().any(|set| set.starts_with("secondary_compute"));
        let sites = if both { &["primary", "secondary"][..] } else { &["primary"] };
        let functions: BTreeSet<String> =
            sites.iter().map(|site| format!("update {site}/lambda.function:transaction-processor")).collect();
        assert_eq!(does(&plan), functions);
        self.apply();
        self.nothing_to_do();

        KEY.into_iter().for_each(|edit| self.edit(edit));
        let plan = self.plan();
        let replaced = ["primary/dynamodb.table:transactions", "secondary/dynamodb.table_replica:transactions"];
        let wanted: BTreeSet<String> = replaced.iter().map(|address| format!("replace {address}")).collect();
        assert_eq!(does(&plan), wanted);
        let table = plan["steps"].as_array().unwrap().iter().find(|step| step["address"] == replaced[0]).unwrap();
        assert_eq!(table["reasons"], serde_json::json!([{ "forced": { "argument": "hash_key" } }]));
        self.apply();
        self.nothing_to_do();

        self.destroy();
    }
}

/// What a plan does, resource by resource. The two halves of a replacement are one.
fn does(plan: &Value) -> BTreeSet<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let of = |step: &Value| {
        let (action, address) = (step["action"].as_str().unwrap(), step["address"].as_str().unwrap());
        let action = if step["replacement"].is_null() { action } else { "replace" };
        format!("{action} {address}")
    };
    steps.map(of).collect()
}

#[test]
fn it_lives_in_the_sandbox_with_every_option() {
    for (name, set) in OPTIONS {
        println!("with {name}");
        let environment = Environment::new(Project::new(BTreeMap::new()), "t1", "sandbox", set);
        environment.live(|_| {});
        assert_eq!(environment.in_the_sandbox(), []);
    }
}

/// Numbers that only look random: a linear congruential generator.
fn below(state: &mut u64, bound: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % bound
}

impl Environment {
    /// Runs a command again and again, killed at any moment of the time that it takes, until it ends by itself.
    fn killed(&self, command: &str, seed: &mut u64, times: usize) {
        let arguments = self.arguments(command, &["--sandbox-speed", "60"]);
        // About what it takes from start to end at this speed, in milliseconds; a second run takes less.
        let moments = 2500;
        for _ in 0..times {
            let mut child = self.project.start(&arguments);
            #[allow(clippy::disallowed_methods)] // The time of another process.
            std::thread::sleep(Duration::from_millis(below(seed, moments)));
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                return;
            }
            assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stderr));
        }
        self.project.run(&arguments).json();
    }
}

#[test]
fn killed_at_any_moment_it_converges() {
    // They mostly wait.
    std::thread::scope(|scope| (1..=4).for_each(|seed| drop(scope.spawn(move || killed(seed)))));
}

fn killed(seed: u64) {
    let mut numbers = seed;
    let (_, everything) = OPTIONS.last().unwrap();
    let environment = Environment::new(Project::new(BTreeMap::new()), "t2", "sandbox", everything);
    environment.killed("apply", &mut numbers, 6);
    environment.nothing_to_do();
    let there = environment.in_the_sandbox();
    let addresses: BTreeSet<&String> = there.iter().map(|(address, _)| address).collect();
    assert_eq!(addresses.len(), there.len(), "made twice, seed {seed}: {there:?}");
    let state = environment.project.run(&["state", "list", "--env", "t2", "--json"]).json();
    let recorded: BTreeSet<&str> = state["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| !record["kind"].as_str().unwrap().starts_with("archive."))
        .map(|record| record["address"].as_str().unwrap())
        .collect();
    assert_eq!(recorded, addresses.into_iter().map(String::as_str).collect(), "seed {seed}");
    environment.killed("destroy", &mut numbers, 6);
    environment.destroy();
    assert_eq!(environment.in_the_sandbox(), [], "left, seed {seed}");
}

#[cfg(feature = "emulators")]
mod emulated {
    use std::process::Command;

    use dr_tests_support::{Mode, TestCloud, repository};
    use serde_json::json;

    use super::*;

    /// Every setting, as `boto3` sees it.
    fn check(cloud: &TestCloud, set: &[&str]) {
        let given = |name: &str| set.iter().find_map(|set| set.strip_prefix(name)?.strip_prefix('='));
        let on = |name: &str| given(name) == Some("true");
        let wanted = json!({
            "suffix": "t3",
            "customer_keys": on("customer_keys"),
            "replication": on("replication"),
            "secondary_compute": on("secondary_compute"),
            "email": given("alert_email").unwrap_or_default(),
            "reserved": given("reserved").and_then(|text| text.parse::<u64>().ok()),
        });
        let found = cloud.boto("transactions.py", &wanted).unwrap();
        assert_eq!(found["ok"], true, "{:#}", found["findings"]);
    }

    /// moto with our patches: stock moto has no replicas.
    #[test]
    fn it_lives_in_the_emulators_with_every_option() {
        let cloud = TestCloud::start(Mode::Patched).unwrap();
        for (name, set) in OPTIONS {
            let started = std::time::Instant::now();
            let environment = Environment::new(Project::new(cloud.environment()), "t3", "aws", set);
            environment.live(|_| check(&cloud, set));
            let left = cloud.boto("empty.py", &json!({ "regions": ["us-east-1", "us-west-2"] })).unwrap();
            assert_eq!(left["ok"], true, "with {name}: {:#}", left["findings"]);
            assert_eq!(cloud.violations().unwrap(), Vec::<String>::new(), "with {name}");
            cloud.reset().unwrap();
            println!("with {name}: {:.1} s", started.elapsed().as_secs_f64());
        }
    }

    #[test]
    fn the_function_does_its_work() {
        let python = std::env::var_os("DR_TEST_MOTO_PYTHON").unwrap();
        let folder = repository().join("programs/transactions");
        let tests = ["-B", "-m", "unittest", "discover", "-s", "tests", "-v"];
        let said = Command::new(python).args(tests).current_dir(folder).output().unwrap();
        let words = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success() && words.contains("... ok"), "{words}");
    }
}
