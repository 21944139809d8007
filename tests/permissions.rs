//! The policy that `dr permissions` prints, enforced on the wire: with it a program is applied and destroyed, and with one
//! statement less it is not.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/project.rs"]
mod project;

use dr_tests_support::{ACCOUNT, Mode, TestCloud, allows};
use serde_json::Value;

use crate::project::Project;

const ENVIRONMENT: [&str; 4] = ["--env", "t7", "--cloud", "aws"];

/// A program's life under its own policy.
fn suffices(program: &'static str) {
    let cloud = TestCloud::start(Mode::Patched).unwrap();
    let project = Project::new(cloud.environment());
    let printed = |purpose: &str| -> Value {
        let said = project.run(&[&["permissions", program, purpose, "--account", ACCOUNT], &ENVIRONMENT[..]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err))
    };
    let run = |command: &str| {
        let mut arguments = [&[command, program, "--json"], &ENVIRONMENT[..]].concat();
        if command != "plan" {
            arguments.extend(["--yes", "--allow-data-loss"]);
        }
        project.run(&arguments)
    };
    let [looking, all, leaving] = ["--plan", "--apply", "--destroy"].map(printed);
    cloud.wire().enforce(Some(all.clone()));
    assert_eq!(run("apply").json()["status"], "done");
    let nothing_refused = || assert_eq!(cloud.wire().refused().into_iter().collect::<Vec<_>>(), Vec::<String>::new());
    nothing_refused();
    let mut needed = cloud.wire().needed();
    cloud.wire().enforce(Some(looking));
    assert_eq!(run("plan").json()["empty"], true, "whoever may only look plans");
    nothing_refused();
    cloud.wire().enforce(Some(leaving));
    assert_eq!(run("destroy").json()["status"], "done");
    nothing_refused();
    needed.extend(cloud.wire().needed());

    let statements = all["Statement"].as_array().unwrap();
    for left_out in 0..statements.len() {
        let mut less = all.clone();
        let gone = less["Statement"].as_array_mut().unwrap().remove(left_out);
        assert!(needed.iter().any(|one| !allows(&less, one)), "{program} does without {gone:#}");
    }
    // What nothing allows is told with the permission that is missing.
    let mut less = all.clone();
    less["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != "Iam");
    cloud.wire().enforce(Some(less));
    let refused = run("apply");
    assert_eq!(refused.status, Some(1), "{}", refused.out);
    assert!(refused.out.contains("iam:"), "{}", refused.out);
}

#[test]
fn transactions_needs_what_is_printed() {
    suffices("transactions");
}

#[test]
fn payment_http_needs_what_is_printed() {
    suffices("payment_http");
}

#[test]
fn payment_alb_needs_what_is_printed() {
    suffices("payment_alb");
}

#[test]
fn payment_rest_needs_what_is_printed() {
    suffices("payment_rest");
}

#[test]
fn trading_needs_what_is_printed() {
    suffices("trading");
}
