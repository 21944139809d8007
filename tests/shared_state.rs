//! A state that a team shares, end to end: the real `dr`, several machines, and moto's DynamoDB.
//!
//! A machine is a project of its own; all have the same key. A command is held up where a test wants it by a call that
//! is throttled until the test says otherwise.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/project.rs"]
mod project;

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command};
use std::time::Duration;

use dr_tests_support::{FaultRule, Mode, TestCloud, WireCall, WireFault};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::project::{Project, Said};

const PROGRAM: &str = "transactions";
const SUFFIX: &str = "team";
/// The call that is throttled: without the keys, the rest of the program waits.
const HELD: &str = "CreateKey";

/// A program that is quickly made.
const SMALL: &str = r#"let p = program(#{});
component("main", #{ region: "us-west-2" }, || { sqs::queue("q", #{}); });
"#;

/// The account, and the key that the team has.
struct Team {
    cloud: TestCloud,
    key: TempDir,
}

impl Team {
    /// A team with a table.
    fn new(replica: bool) -> Team {
        let key = tempfile::tempdir().unwrap();
        let file = key.path().join("key");
        std::fs::write(&file, "5a".repeat(32)).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let team = Team { cloud: TestCloud::start(Mode::Patched).unwrap(), key };
        let first = team.machine("anna", replica);
        let made = first.run(&["state", "init", "--json"]).json();
        assert!(made["did"].as_array().unwrap().len() >= 3, "{made}");
        assert_eq!(first.run(&["state", "init", "--json"]).json()["did"], json!([]), "it is as it should be");
        team
    }

    /// The machine of somebody.
    fn machine(&self, user: &str, replica: bool) -> Project {
        let mut environment = self.cloud.environment();
        environment.insert("USER", user.to_owned());
        environment.insert("DR_KEY_FILE", self.key.path().join("key").display().to_string());
        environment.insert("DR_CLOUD", "aws".to_owned());
        environment.insert("DR_ENV", SUFFIX.to_owned());
        let machine = Project::new(environment);
        let replica = if replica { "replica = \"us-west-2\"\n" } else { "" };
        machine.append(
            "dr.toml",
            &format!(
                "\n[state]\nbackend = \"dynamodb\"\ntable = \"dr-state\"\nregion = \"us-east-1\"\n{replica}lease_seconds = 20\n"
            ),
        );
        machine
    }

    /// Starts an apply, and returns when it has begun to make things, cannot go on, and changes nothing more.
    fn begin(&self, machine: &Project) -> Child {
        self.cloud.wire().set_faults(vec![FaultRule::all(WireFault::Throttle).operation(HELD)]);
        self.cloud.wire().take_recorded();
        let mut child = machine.start(&["apply", PROGRAM, "--yes"]);
        let is_held = || self.cloud.wire().counts().keys().any(|call| call.operation == HELD);
        let changes = || -> u64 {
            let counts = self.cloud.wire().counts();
            counts.iter().filter(|(call, _)| call.operation != HELD && !only_looks(call)).map(|(_, count)| *count).sum()
        };
        let (mut last, mut quiet) = (0, 0);
        for _ in 0..1200 {
            let now = changes();
            quiet = if is_held() && now == last { quiet + 1 } else { 0 };
            last = now;
            if quiet == 30 {
                return child;
            }
            assert!(child.try_wait().unwrap().is_none(), "{:?}", said(child).err);
            pause(100);
        }
        child.kill().unwrap();
        panic!("{}", said(child).err);
    }

    /// From now on nothing is held up.
    fn let_go(&self) {
        self.cloud.wire().set_faults(Vec::new());
    }

    /// The program is there, once; it can be destroyed, and then nothing is left but the table.
    fn end(&self, machine: &Project) {
        let plan = machine.run(&["plan", PROGRAM, "--json"]).json();
        assert_eq!(plan["empty"], true, "{:#}", plan["steps"]);
        let found = self.cloud.boto(&format!("{PROGRAM}.py"), &json!({ "suffix": SUFFIX })).unwrap();
        assert_eq!(found["ok"], true, "{:#}", found["findings"]);
        let gone = machine.run(&["destroy", "--yes", "--allow-data-loss", "--json"]).json();
        assert_eq!(gone["status"], "done", "{gone:#}");
        let left = self.cloud.boto("empty.py", &json!({ "regions": ["us-east-1", "us-west-2"] })).unwrap();
        let others = |finding: &&Value| !finding.as_str().unwrap().contains("dr-state");
        assert_eq!(left["findings"].as_array().unwrap().iter().find(others), None, "something is left or made twice");
        assert_eq!(self.cloud.violations().unwrap().lines, Vec::<String>::new());
    }
}

/// Whether a call changes nothing, or only the state.
fn only_looks(call: &WireCall) -> bool {
    let is_of_the_state = call.service == "dynamodb" && ["PutItem", "GetItem", "Query"].contains(&&*call.operation);
    is_of_the_state || ["Describe", "Get", "List", "GET", "HEAD"].iter().any(|verb| call.operation.starts_with(verb))
}

#[allow(clippy::disallowed_methods)] // The time of another process.
fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

fn said(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Sends a process a signal.
fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn one_proceeds_and_the_other_names_the_owner() {
    let team = Team::new(false);
    let [anna, ben] = ["anna", "ben"].map(|user| team.machine(user, false));
    let working = team.begin(&anna);
    // Whoever only looks is not held up.
    let listed = ben.run(&["env", "list", "--json"]).json();
    assert!(listed[0]["note"].as_str().unwrap().starts_with("anna@"), "{listed}");
    assert!(ben.run(&["plan", PROGRAM]).err.contains("works on transactions/team; this is how it is now"));
    let refused = ben.run(&["apply", PROGRAM, "--yes"]);
    assert_eq!(refused.status, Some(4), "{}", refused.err);
    assert!(refused.err.contains("`transactions/team` is in use by anna@"), "{}", refused.err);
    // Whoever waits comes next.
    let waiting = ben.start(&["apply", PROGRAM, "--yes", "--lock-timeout", "600", "--json"]);
    team.let_go();
    let done = said(working);
    assert_eq!(done.status, Some(0), "{}", done.err);
    let done = said(waiting);
    assert_eq!(done.status, Some(0), "{}", done.err);
    team.end(&ben);
}

#[test]
fn the_lease_of_a_killed_owner_passes_and_nothing_is_made_twice() {
    let team = Team::new(false);
    let [anna, ben] = ["anna", "ben"].map(|user| team.machine(user, false));
    let mut working = team.begin(&anna);
    working.kill().unwrap();
    working.wait().unwrap();
    team.let_go();
    let done = ben.run(&["apply", PROGRAM, "--yes"]);
    assert_eq!(done.status, Some(0), "{}", done.err);
    assert!(done.err.contains("has not given back `transactions/team`; looking for a sign of life"), "{}", done.err);
    team.end(&ben);
}

#[test]
fn a_stopped_owner_that_wakes_up_is_refused_and_touches_nothing() {
    let team = Team::new(false);
    let [anna, ben] = ["anna", "ben"].map(|user| team.machine(user, false));
    let working = team.begin(&anna);
    signal("STOP", &working);
    team.let_go();
    let done = ben.run(&["apply", PROGRAM, "--yes"]);
    assert_eq!(done.status, Some(0), "{}", done.err);
    team.cloud.wire().take_recorded();
    signal("CONT", &working);
    let woken = said(working);
    assert_eq!(woken.status, Some(4), "{}", woken.err);
    assert!(woken.err.contains("`transactions/team` was taken over by ben@"), "{}", woken.err);
    for recorded in team.cloud.wire().take_recorded() {
        let call = &recorded.call;
        // What it was looking at when it was stopped, it may look at to the end.
        assert!(only_looks(call), "{call} was called by somebody who was taken over");
    }
    team.end(&ben);
}

#[test]
fn a_lease_can_be_taken_and_its_owner_is_told() {
    let team = Team::new(false);
    let [anna, ben] = ["anna", "ben"].map(|user| team.machine(user, false));
    let working = team.begin(&anna);
    let unasked = ben.run(&["state", "unlock"]);
    assert_eq!(unasked.status, Some(1), "{}", unasked.err);
    assert!(unasked.err.contains("nobody is there to confirm"), "{}", unasked.err);
    let taken = ben.run(&["state", "unlock", "--yes", "--json"]).json();
    assert!(taken["taken_from"].as_str().unwrap().starts_with("anna@"), "{taken}");
    team.let_go();
    let refused = said(working);
    assert_eq!(refused.status, Some(4), "{}", refused.err);
    assert_eq!(ben.run(&["state", "unlock", "--json"]).json()["taken_from"], Value::Null);
    let done = ben.run(&["apply", PROGRAM, "--yes"]);
    assert_eq!(done.status, Some(0), "{}", done.err);
    team.end(&ben);
}

#[test]
fn lost_replies_of_the_table_lose_nothing() {
    let team = Team::new(false);
    let anna = team.machine("anna", false);
    let often = |fault, operation| FaultRule::share(fault, 7, 200, 2).service("dynamodb").operation(operation);
    team.cloud.wire().set_faults(vec![
        often(WireFault::LoseReply, "PutItem"),
        often(WireFault::Throttle, "PutItem"),
        often(WireFault::LoseReply, "GetItem"),
        often(WireFault::Unavailable, "Query"),
    ]);
    let done = anna.run(&["apply", PROGRAM, "--yes"]);
    assert_eq!(done.status, Some(0), "{}", done.err);
    assert!(!done.err.contains("An earlier run left"), "{}", done.err);
    team.end(&anna);
}

/// Numbers that only look random: a linear congruential generator.
fn below(state: &mut u64, bound: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % bound
}

#[test]
fn killed_at_any_moment_they_converge() {
    let team = Team::new(false);
    let anna = team.machine("anna", false);
    let mut seed = 1;
    for _ in 0..6 {
        let mut child = anna.start(&["apply", PROGRAM, "--yes", "--lock-timeout", "60"]);
        pause(1000 + below(&mut seed, 9000));
        child.kill().unwrap();
        let ended = said(child);
        assert!([None, Some(0)].contains(&ended.status), "{}", ended.err);
    }
    let done = anna.run(&["apply", PROGRAM, "--yes"]);
    assert_eq!(done.status, Some(0), "{}", done.err);
    team.end(&anna);
}

#[test]
fn twenty_environments_at_once() {
    let team = Team::new(false);
    let machines: Vec<Project> = (0..20).map(|i| team.machine(&format!("job-{i}"), false)).collect();
    let names: Vec<String> = (0..20).map(|i| format!("env-{i}")).collect();
    let at_once = |command: &str| {
        let started: Vec<Child> = machines
            .iter()
            .zip(&names)
            .map(|(machine, name)| {
                machine.write("programs/small.rhai", SMALL);
                machine.start(&[command, "small", "--env", name, "--yes", "--allow-data-loss", "--json"])
            })
            .collect();
        for child in started {
            let done = said(child);
            assert_eq!(done.status, Some(0), "{}", done.err);
        }
    };
    at_once("apply");
    let listed = machines[0].run(&["env", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 20, "{listed:#}");
    assert!(listed.as_array().unwrap().iter().all(|one| one["resources"] == 1), "{listed:#}");
    at_once("destroy");
}

#[test]
fn a_state_moves_to_the_table_and_back() {
    let team = Team::new(false);
    let anna = team.machine("anna", false);
    anna.write("programs/small.rhai", SMALL);
    anna.edit("dr.toml", "backend = \"dynamodb\"", "backend = \"sled\"");
    anna.run(&["apply", "small", "--yes", "--json"]).json();
    let before = anna.run(&["state", "list", "--json"]).json();
    let moved = anna.run(&["state", "move", "--to", "dynamodb", "--json"]).json();
    assert_eq!(moved["to"], "the table `dr-state` in us-east-1");
    anna.edit("dr.toml", "backend = \"sled\"", "backend = \"dynamodb\"");
    let ben = team.machine("ben", false);
    assert_eq!(ben.run(&["state", "list", "--json"]).json(), before);
    ben.write("programs/small.rhai", SMALL);
    assert_eq!(ben.run(&["plan", "small", "--json"]).json()["empty"], true);
    // Not where one is.
    let again = ben.run(&["state", "move", "--to", "dynamodb"]);
    assert_eq!(again.status, Some(1), "{}", again.err);
    let back = ben.run(&["state", "move", "--to", "sled", "--json"]).json();
    assert_eq!(back["from"], "the table `dr-state` in us-east-1");
    ben.edit("dr.toml", "backend = \"dynamodb\"", "backend = \"sled\"");
    assert_eq!(ben.run(&["state", "list", "--json"]).json(), before);
    assert!(anna.run(&["state", "list"]).err.contains("empty"));
    ben.run(&["destroy", "small", "--yes", "--allow-data-loss", "--json"]).json();
}

#[test]
fn a_replica_takes_over_by_one_command() {
    let team = Team::new(true);
    let anna = team.machine("anna", true);
    anna.write("programs/small.rhai", SMALL);
    anna.run(&["apply", "small", "--yes", "--json"]).json();
    let over = anna.run(&["state", "failover", "--yes", "--json"]).json();
    assert_eq!(over, json!({ "region": "us-west-2", "stacks": ["small/team"] }));
    anna.edit("dr.toml", "region = \"us-east-1\"\nreplica = \"us-west-2\"", "region = \"us-west-2\"");
    assert_eq!(anna.run(&["plan", "small", "--json"]).json()["empty"], true);
    anna.run(&["destroy", "small", "--yes", "--allow-data-loss", "--json"]).json();
}

#[test]
fn a_table_that_is_not_there_is_told() {
    let team = Team::new(false);
    let anna = team.machine("anna", false);
    anna.edit("dr.toml", "table = \"dr-state\"", "table = \"none\"");
    let failed = anna.run(&["state", "list"]);
    assert_eq!(failed.status, Some(1));
    assert!(failed.err.contains("cannot use the table `none` in us-east-1, which keeps the state"), "{}", failed.err);
    assert!(failed.err.contains("`dr state init` makes it"), "{}", failed.err);
}
