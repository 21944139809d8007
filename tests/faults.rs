//! Faults on the wire, end to end: programs are made, looked at and destroyed while calls are throttled, fail or lose their
//! replies. Nothing is lost, nothing is made twice, no plan is refused, and what is repeated is what failed.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/project.rs"]
mod project;

use dr_tests_support::{FaultRule, Mode, TestCloud, WireFault};
use serde_json::{Value, json};

use crate::project::Project;

/// Throttled, failed and lost, in a hundred calls.
type Rates = [u16; 3];

/// What a command did.
struct Done {
    result: Value,
    /// Requests on the wire, and those among them that met a fault.
    calls: u64,
    met: u64,
}

struct Trial {
    cloud: TestCloud,
    project: Project,
    program: &'static str,
}

impl Trial {
    fn new(program: &'static str) -> Trial {
        let cloud = TestCloud::start(Mode::Patched).unwrap();
        Trial { project: Project::new(cloud.environment()), cloud, program }
    }

    fn run(&self, command: &str, rates: Rates) -> Done {
        let faults = [WireFault::Throttle, WireFault::Unavailable, WireFault::LoseReply];
        let rules =
            faults.into_iter().zip(rates).map(|(fault, share)| FaultRule::share(fault, 11, share * 10, u32::MAX));
        let wire = self.cloud.wire();
        wire.set_faults(rules.collect());
        wire.take_recorded();
        let mut arguments = vec![command, self.program, "--env", "t6", "--cloud", "aws", "--json"];
        if command != "plan" {
            arguments.extend(["--yes", "--allow-data-loss"]);
        }
        let result = self.project.run(&arguments).json();
        Done { result, calls: wire.counts().values().sum(), met: wire.met() }
    }

    /// What the wire sees of a life under faults, compared with one without.
    fn lives(&self, rates: Rates, most_waited_ms: u64) {
        let [made, looked, gone] = ["apply", "plan", "destroy"].map(|command| {
            let done = self.run(command, rates);
            match command {
                "apply" => {
                    let found = self.cloud.boto(&format!("{}.py", self.program), &json!({ "suffix": "t6" })).unwrap();
                    assert_eq!(found["ok"], true, "{rates:?}: {:#}", found["findings"]);
                }
                "plan" => assert_eq!(done.result["empty"], true, "{rates:?}: {:#}", done.result["steps"]),
                _ => {
                    let everywhere = json!({ "regions": ["us-east-1", "us-east-2", "us-west-2"] });
                    let left = self.cloud.boto("empty.py", &everywhere).unwrap();
                    assert_eq!(left["ok"], true, "{rates:?}: left or made twice: {:#}", left["findings"]);
                    assert_eq!(done.result["residue"], json!([]));
                }
            }
            done
        });
        for (command, done) in [("apply", &made), ("destroy", &gone)] {
            assert_eq!(done.result["status"], "done", "{command} {rates:?}: {:#}", done.result);
            let waited: u64 =
                done.result["retries"].as_object().unwrap().values().map(|r| r["waited_ms"].as_u64().unwrap()).sum();
            assert!(waited <= most_waited_ms, "{command} {rates:?}: {waited} ms in all: {:#}", done.result["retries"]);
        }
        self.cloud.reset().unwrap();
        let quiet = ["apply", "plan", "destroy"].map(|command| self.run(command, [0; 3]));
        for (quiet, disturbed) in quiet.iter().zip([&made, &looked, &gone]) {
            assert!(quiet.met == 0 && disturbed.met > 0);
            // Each failure costs a call, and where a reply was lost perhaps a look.
            let most = quiet.calls + 2 * disturbed.met + 10;
            assert!(disturbed.calls <= most, "{rates:?}: {} calls, without faults {}", disturbed.calls, quiet.calls);
        }
        assert_eq!(self.cloud.violations().unwrap().lines, Vec::<String>::new());
    }
}

#[test]
fn a_small_program_lives_where_half_of_the_calls_fail() {
    Trial::new("transactions").lives([30, 10, 5], 90_000);
}

#[test]
fn a_large_program_lives_where_every_seventh_call_fails() {
    Trial::new("payment_http").lives([5, 5, 5], 120_000);
}
