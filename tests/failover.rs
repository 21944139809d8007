//! Failing over, end to end: every program, planned and unplanned, with either region down, stopped after each change. It
//! comes to its end, the next plan is empty on either side, and changes and the destroy work on both.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/environment.rs"]
mod environment;
#[path = "harness/project.rs"]
mod project;

use std::path::Path;

use serde_json::Value;

use crate::environment::Environment;

const DOMAIN: &str = "base_domain=pay.dr-lab.net";

/// Each program, with what it takes to be in two regions.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("payment_alb", &[DOMAIN]),
    ("payment_http", &[DOMAIN]),
    ("payment_rest", &[DOMAIN]),
    ("trading", &[DOMAIN]),
    ("transactions", &["customer_keys=true", "replication=true", "secondary_compute=true", DOMAIN]),
];

impl Environment {
    /// Runs a command that reads no program. Gives its exit status and its result.
    fn recover(&self, command: &str, more: &[&str]) -> (Option<i32>, Value) {
        let mut all = vec![command, self.program.as_str(), "--env", self.suffix, "--json"];
        all.extend(more);
        let said = self.project.run(&all);
        let result = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err));
        (said.status, result)
    }

    fn status(&self) -> Value {
        self.recover("status", &[]).1
    }

    /// The primary and the secondary region.
    fn sides(&self) -> [String; 2] {
        let status = self.status();
        ["primary", "secondary"].map(|side| status[side].as_str().unwrap().to_owned())
    }

    fn planned(&self, to: &str) {
        let (exit, result) = self.recover("failover", &["--to", to, "--planned", "--yes"]);
        assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{}: {result:#}", self.program);
    }

    fn unplanned(&self, to: &str, more: &[&str]) -> (Option<i32>, Value) {
        let all = ["--to", to, "--unplanned", "--allow-data-loss", "--yes"];
        self.recover("failover", &all.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    }

    fn back(&self) {
        let (exit, result) = self.recover("failback", &["--yes"]);
        assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{}: {result:#}", self.program);
    }

    /// A region is active: its databases write and no others, and no plan has anything to do.
    fn is_active(&self, region: &str) {
        let status = self.status();
        assert_eq!(status["active"], region, "{}: {status:#}", self.program);
        assert_eq!(status["open"], Value::Null, "{}: {status:#}", self.program);
        for member in status["members"].as_array().unwrap() {
            assert_eq!(member["writes"], Value::Bool(member["region"] == region), "{}: {status:#}", self.program);
        }
        self.nothing_to_do();
    }

    /// A region is active, and requests go there first.
    fn does_all(&self, region: &str) {
        self.is_active(region);
        let (exit, status) = self.recover("status", &[]);
        assert_eq!(exit, Some(0), "{}: {status:#}", self.program);
        for led in status["requests"].as_array().unwrap() {
            assert_eq!((&led["region"], &led["is_read"]), (&region.into(), &true.into()), "{}: {led:#}", self.program);
        }
    }

    /// How many arguments and attributes are told to be switched.
    fn switched(&self) -> usize {
        let plan = self.plan();
        plan["diagnostics"].as_array().unwrap().iter().filter(|found| found["code"] == "switched").count()
    }
}

fn each(go: impl Fn(&mut Environment, [String; 2])) {
    for (program, set) in PROGRAMS {
        println!("{program}");
        let mut environment = Environment::in_the_sandbox(program, "t1", set);
        environment.apply();
        let sides = environment.sides();
        go(&mut environment, sides);
        environment.leave();
        assert_eq!(environment.held(), [], "{program}");
    }
}

#[test]
fn a_planned_failover_goes_there_and_back_and_changes_work_on_both_sides() {
    each(|environment, [primary, secondary]| {
        environment.planned(&secondary);
        environment.does_all(&secondary);
        environment.set("alert_email=ops@example.com");
        environment.apply();
        environment.is_active(&secondary);
        // Once more, nothing is done.
        let (_, again) = environment.recover("failover", &["--to", &secondary, "--planned", "--yes"]);
        for step in again["steps"].as_array().unwrap() {
            assert_eq!(step["progress"]["done"]["already"], true, "{step:#}");
        }
        environment.back();
        environment.is_active(&primary);
        assert_eq!(environment.switched(), 0, "{}", environment.program);
        // It is destroyed on the other side.
        environment.planned(&secondary);
    });
}

#[test]
fn an_unplanned_failover_needs_nothing_of_the_region_that_is_down() {
    each(|environment, [primary, secondary]| {
        let down = ["--sandbox-down", primary.as_str()];
        let (exit, refused) =
            environment.recover("failover", &[&["--to", &secondary, "--planned", "--yes"], &down[..]].concat());
        // Where nothing is asked of the region that is left, it may be down.
        if environment.program != "transactions" {
            assert_eq!(exit, Some(3), "{}: {refused:#}", environment.program);
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.starts_with("the step `") && message.ends_with("which does not answer"), "{message}");
        }
        let (exit, result) = environment.unplanned(&secondary, &down);
        assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{}: {result:#}", environment.program);
        for need in result["steps"].as_array().unwrap().iter().flat_map(|step| step["needs"].as_array().unwrap()) {
            assert_eq!(need["region"], secondary.as_str(), "{}", environment.program);
        }
        // While it is down, and once it is back.
        let plan = environment.project.run(&environment.arguments("plan", &down)).json();
        assert_eq!((&plan["empty"], &plan["refused"]), (&true.into(), &false.into()), "{}", environment.program);
        environment.is_active(&secondary);
        environment.back();
        environment.is_active(&primary);
        // The other way round: the secondary region does the work and is lost.
        environment.planned(&secondary);
        let (exit, result) = environment.unplanned(&primary, &["--sandbox-down", &secondary]);
        assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{}: {result:#}", environment.program);
        environment.planned(&primary);
        environment.is_active(&primary);
    });
}

#[test]
fn a_failover_that_is_stopped_after_any_change_is_gone_on_with() {
    each(|environment, [primary, secondary]| {
        for changes in 0..3 {
            // The region that takes over falls silent half-way, and then works again.
            let (exit, half) =
                environment.unplanned(&secondary, &["--sandbox-down", &format!("{secondary}@{changes}")]);
            if half["status"] == "failed" {
                assert_eq!(exit, Some(3), "{half:#}");
                assert_ne!(environment.status()["open"], Value::Null);
            }
            let (exit, result) = environment.unplanned(&secondary, &[]);
            assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{}: {result:#}", environment.program);
            environment.is_active(&secondary);
            environment.back();
            environment.is_active(&primary);
        }
    });
}

#[test]
fn what_is_lost_is_said_before_anybody_agrees() {
    let environment = Environment::in_the_sandbox("payment_http", "t1", &[DOMAIN]);
    environment.apply();
    let [_, secondary] = environment.sides();
    let (exit, refused) = environment.recover("failover", &["--to", &secondary, "--unplanned", "--yes"]);
    assert_eq!(exit, Some(3));
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("an unplanned failover may lose data: of `"), "{message}");
    assert!(message.contains("of `primary/rds.global_cluster:payment-global` the last "), "{message}");
    assert_eq!(environment.status()["since"], Value::Null);
    // Without the project, only with the state.
    environment.project.remove("programs/payment_http.rhai");
    let (exit, result) = environment.unplanned(&secondary, &[]);
    assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{result:#}");
    let runbook = environment.recover("runbook", &[]).1;
    let text = runbook["text"].as_str().unwrap();
    for command in ["dr failover payment_http --to", "dr failback payment_http", "dr apply payment_http"] {
        assert!(text.contains(command), "{command}: {text}");
    }
    // Nor does a destroy need it.
    environment.destroy();
    assert_eq!(environment.held(), []);
}

/// A healthy payment_http.
fn payments() -> Environment {
    let environment = Environment::in_the_sandbox("payment_http", "t1", &[DOMAIN]);
    environment.apply();
    environment
}

/// Puts the folder of the state back to what it was.
fn state_of(environment: &Environment, go: impl FnOnce()) {
    let (state, kept) = (environment.project.state().join(environment.suffix), tempfile::tempdir().unwrap());
    copy(&state, kept.path());
    go();
    std::fs::remove_dir_all(&state).unwrap();
    copy(kept.path(), &state);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

#[test]
fn what_has_switched_unseen_is_seen_and_switched_back() {
    let environment = payments();
    let [primary, secondary] = environment.sides();
    // The state knows nothing of it.
    state_of(&environment, || environment.planned(&secondary));
    let (exit, status) = environment.recover("status", &[]);
    assert_eq!((exit, &status["requests"][0]["region"]), (Some(2), &secondary.as_str().into()), "{status:#}");
    let told = status["obstacles"].to_string();
    assert!(told.contains("writes in") && told.contains("requests for"), "{told}");
    environment.back();
    environment.does_all(&primary);
}

#[test]
fn requests_are_moved_where_no_health_check_moves_them() {
    let environment = payments();
    let [primary, secondary] = environment.sides();
    // The region that is left answers.
    let (exit, result) = environment.unplanned(&secondary, &[]);
    assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{result:#}");
    environment.does_all(&secondary);
    // Nothing watches the region that is lost now.
    let (exit, result) = environment.unplanned(&primary, &["--sandbox-down", &secondary]);
    assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{result:#}");
    environment.does_all(&primary);
    // Route 53 does not answer: everything else is done first.
    let (exit, result) = environment.unplanned(&secondary, &["--sandbox-down", "global"]);
    assert_eq!((exit, &result["status"]), (Some(5), &"deferred".into()), "{result:#}");
    let steps = result["steps"].as_array().unwrap();
    assert!(steps[..steps.len() - 1].iter().all(|step| step["progress"]["done"].is_object()), "{result:#}");
    let (exit, status) = environment.recover("status", &[]);
    assert_eq!((exit, &status["active"]), (Some(2), &primary.as_str().into()), "{status:#}");
    assert!(status["obstacles"].to_string().contains("dr failover payment_http --to"), "{status:#}");
    let (exit, result) = environment.unplanned(&secondary, &[]);
    assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{result:#}");
    environment.does_all(&secondary);
}

#[test]
fn what_is_active_already_stays_as_it_is_and_nothing_is_asked() {
    let environment = payments();
    let [primary, secondary] = environment.sides();
    let (exit, result) = environment.recover("failback", &[]);
    assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{result:#}");
    assert_eq!(environment.status()["since"], Value::Null);
    environment.planned(&secondary);
    let since = environment.status()["since"].clone();
    for manner in ["--planned", "--unplanned"] {
        let (exit, result) = environment.recover("failover", &["--to", &secondary, manner]);
        assert_eq!((exit, &result["status"]), (Some(0), &"done".into()), "{result:#}");
        assert_eq!(environment.status()["since"], since);
    }
    // The region that would take over is lost.
    let (exit, result) = environment.recover("failback", &["--yes", "--sandbox-down", &primary]);
    let message = format!("{primary} does not answer: it cannot take over");
    assert_eq!((exit, result["error"]["message"].as_str()), (Some(3), Some(message.as_str())), "{result:#}");
    assert!(!result.to_string().contains("--unplanned"), "{result:#}");
}

#[test]
fn a_region_that_was_not_finished_does_not_take_over() {
    for changes in [10, 40, 60] {
        let environment = Environment::in_the_sandbox("payment_http", "t1", &[DOMAIN]);
        let silent = format!("us-east-2@{changes}");
        let said = environment.project.run(&environment.arguments("apply", &["--sandbox-down", &silent]));
        assert_ne!(said.status, Some(0), "{changes}: {}", said.err);
        let (exit, status) = environment.recover("status", &[]);
        assert_eq!(exit, Some(2), "{changes}: {status:#}");
        for manner in [&["--unplanned", "--allow-data-loss"][..], &["--planned"]] {
            let all = [&["--to", "us-east-2", "--yes"], manner].concat();
            let (exit, result) = environment.recover("failover", &all);
            assert_eq!(exit, Some(3), "{changes}: {result:#}");
            assert!(result.to_string().contains("us-east-2 cannot take over: "), "{changes}: {result:#}");
        }
        assert_eq!(environment.status()["since"], Value::Null);
    }
}

#[test]
fn how_far_behind_a_lost_region_was_is_not_known() {
    let environment = payments();
    let [primary, secondary] = environment.sides();
    let down = ["--sandbox-down", primary.as_str()];
    let (_, result) = environment.recover(
        "failover",
        &[&["--to", &secondary, "--unplanned", "--allow-data-loss", "--dry-run"], &down[..]].concat(),
    );
    assert!(result["losses"].as_array().unwrap().iter().all(|loss| loss["lag_ms"].is_null()), "{result:#}");
    let (_, status) = environment.recover("status", &down);
    assert!(status["followers"].as_array().unwrap().iter().all(|one| one["lag_ms"].is_null()), "{status:#}");
    // A replica that does not answer is listed.
    let (exit, status) = environment.recover("status", &["--sandbox-down", &secondary]);
    assert_eq!(exit, Some(2));
    assert!(status["followers"].to_string().contains("rds.cluster:"), "{status:#}");
}
