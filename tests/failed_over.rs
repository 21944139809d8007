//! What is around a failover: its place in the history, the key, the protection of an environment, a state that was lost,
//! Route 53 that does not answer, and plans while another region is active.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/environment.rs"]
mod environment;
#[path = "harness/project.rs"]
mod project;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::environment::Environment;
use crate::project::{Project, Said};

const PROGRAM: &str = "payment_http";
const EAST: &str = "us-east-1";
const WEST: &str = "us-east-2";
const UNPLANNED: [&str; 3] = ["--unplanned", "--allow-data-loss", "--yes"];
const PLANNED: [&str; 2] = ["--planned", "--yes"];

fn applied() -> Environment {
    let environment =
        Environment::new(Project::new(BTreeMap::new()), PROGRAM, "t1", "sandbox", &["base_domain=pay.dr-lab.net"]);
    environment.apply();
    environment
}

impl Environment {
    fn dr(&self, words: &[&str], more: &[&str]) -> Said {
        self.project.run(&[words, &["--env", self.suffix], more].concat())
    }

    fn failover(&self, to: &str, manner: &[&str], more: &[&str]) -> Said {
        self.dr(&["failover", PROGRAM, "--to", to], &[manner, more].concat())
    }

    fn failback(&self) -> Said {
        self.dr(&["failback", PROGRAM, "--yes"], &[])
    }

    /// The commands in the history, where failovers went, and how they ended.
    fn history(&self) -> Vec<String> {
        let all = self.dr(&["history", "--json"], &[]).json();
        let row = |run: &Value| {
            let [from, to, manner] = ["from", "to", "manner"].map(|name| run["takeover"][name].as_str().unwrap_or("-"));
            let [command, result] = ["command", "result"].map(|name| run[name].as_str().unwrap_or("-"));
            format!("{command} {from} {to} {manner} {result}")
        };
        all.as_array().unwrap().iter().map(row).collect()
    }

    fn status(&self) -> Value {
        self.dr(&["status", PROGRAM, "--json"], &[]).json()
    }
}

/// Ends so, and says all of this.
fn says(said: &Said, status: i32, parts: &[&str]) {
    assert_eq!(said.status, Some(status), "{}{}", said.out, said.err);
    let text = format!("{}{}", said.out, said.err);
    parts.iter().for_each(|part| assert!(text.contains(part), "{part}: {text}"));
}

#[test]
fn every_failover_is_a_row_of_the_history_and_needs_no_key() {
    let environment = applied();
    std::fs::remove_file(environment.project.state().join("secrets.key")).unwrap();
    let shown = environment.failover(WEST, &PLANNED, &["--dry-run"]);
    says(&shown, 0, &["cannot use the key file"]);
    // The steps are the result of a dry run.
    assert!(shown.out.contains("us-east-2 takes over from us-east-1"), "{}", shown.out);
    assert!(shown.out.ends_with("Nothing was changed\n"), "{}", shown.out);
    says(&environment.failover(WEST, &PLANNED, &[]), 0, &["warning", "cannot use the key file"]);
    says(&environment.failback(), 0, &["cannot use the key file"]);
    says(&environment.failover(WEST, &UNPLANNED, &["--sandbox-down", "us-east-2@0"]), 3, &["does not answer"]);
    // The region is lost on the way.
    says(
        &environment.failover(WEST, &PLANNED, &["--sandbox-down", "us-east-2@1"]),
        3,
        &["rds:SwitchoverGlobalCluster", "goes on with it"],
    );
    says(&environment.failover(WEST, &UNPLANNED, &[]), 0, &[]);
    assert_eq!(
        environment.history(),
        [
            "apply - - - done",
            "failover us-east-1 us-east-2 planned done",
            "failback us-east-2 us-east-1 planned done",
            "failover us-east-1 us-east-2 planned failed",
            "failover us-east-1 us-east-2 unplanned done",
        ]
    );
    says(&environment.dr(&["history"], &[]), 0, &["us-east-2 → us-east-1, planned"]);
    let loss = "agreed to lose of `primary/";
    says(&environment.dr(&["history", "show", "5"], &[]), 0, &["run 5: failover at ", loss]);
    says(&environment.dr(&["history", "show", "4"], &[]), 0, &["1 failed after ", "✗"]);
}

#[test]
fn no_plan_takes_away_what_does_the_work_after_a_failover() {
    let mut environment = applied();
    says(&environment.dr(&["plan", PROGRAM], &["--set", "base_domain=pay.dr-lab.net"]), 0, &[]);
    says(&environment.failover(WEST, &PLANNED, &[]), 0, &[]);
    let plan = environment.dr(&["plan", PROGRAM], &["--set", "base_domain=pay.dr-lab.net"]);
    says(&plan, 0, &["us-east-2 is active since ", "dr failback payment_http --env t1` makes us-east-1 active again"]);
    says(
        &environment.dr(&["runbook", PROGRAM], &[]),
        0,
        &["Now us-east-2 is active since ", "makes us-east-1 active again"],
    );
    environment.set("secondary_region=us-west-2");
    let told =
        ["rds.cluster:payment-aurora-secondary` would be ", "it takes the writes: us-east-2 is active", "dr failback"];
    let refused = environment.project.run(&environment.arguments("apply", &[]));
    says(&refused, 3, &told[..2]);
    assert!(environment.status()["members"].as_array().unwrap().iter().any(|member| member["writes"] == true));
    // A name that is given up takes the record along that requests follow.
    environment.set("secondary_region=us-east-2");
    environment.set("base_domain=");
    says(&environment.project.run(&environment.arguments("apply", &[])), 3, &["requests follow it"]);
    environment.set("base_domain=pay.dr-lab.net");
    says(&environment.failback(), 0, &[]);
    environment.set("secondary_region=us-west-2");
    let plan = environment.plan();
    assert!(plan["diagnostics"].as_array().unwrap().iter().all(|found| found["code"] != "failover"), "{plan:#}");
    environment.set("secondary_region=us-east-2");
    // A failover that is open is told, and nothing that may write goes.
    says(&environment.failover(WEST, &PLANNED, &["--sandbox-down", "us-east-2@0"]), 3, &[]);
    let open = environment.failover(WEST, &UNPLANNED, &["--sandbox-down", "us-east-2@1"]);
    assert_eq!(open.status, Some(3), "{}{}", open.out, open.err);
    let again = "--to us-east-2 --unplanned --allow-data-loss --env t1` goes on with it";
    says(
        &environment.dr(&["plan", PROGRAM], &["--set", "base_domain=pay.dr-lab.net"]),
        0,
        &["a failover to us-east-2 (unplanned) is open, at step ", again],
    );
    says(&environment.dr(&["runbook", PROGRAM, "--set", "nosuch=1"], &[]), 1, &["nosuch"]);
    // All of it may go.
    environment.destroy();
    let empty = ["The environment t1 is empty", "dr state rebuild payment_http --env t1"];
    says(&environment.dr(&["status", PROGRAM], &[]), 1, &empty);
    says(&environment.dr(&["runbook", PROGRAM], &[]), 1, &empty);
    says(&environment.failover(WEST, &PLANNED, &[]), 1, &empty);
}

#[test]
fn a_state_that_was_lost_is_rebuilt_for_a_failover_with_a_region_down() {
    let environment = applied();
    std::fs::remove_dir_all(environment.project.state().join("t1")).unwrap();
    let folder = environment.project.state().display().to_string();
    let lost = environment.failover(WEST, &UNPLANNED, &["--sandbox-down", EAST]);
    says(&lost, 1, &["The environment t1 is empty", &folder, "dr state rebuild payment_http --env t1"]);
    let set = ["--set", "base_domain=pay.dr-lab.net", "--sandbox-down", EAST];
    says(&environment.dr(&["state", "rebuild", PROGRAM], &set), 5, &["found and recorded"]);
    says(&environment.failover(WEST, &UNPLANNED, &["--sandbox-down", EAST]), 0, &["us-east-2 is active"]);
}

#[test]
fn what_stands_in_the_way_is_said_before_anything_is_done() {
    let environment = applied();
    environment.project.append("dr.toml", "\n[environments.t1]\nprotected = true\n");
    let before = environment.status();
    let protected = ["the environment `t1` is protected", "`--unprotect t1` lifts that"];
    let table: [(&[&str], i32, &[&str]); 8] = [
        (
            &["--to", WEST, "--planned", "--yes", "--sandbox-down", "global"],
            3,
            &["Route 53 does not answer", "lead requests"],
        ),
        (&["--to", WEST, "--unplanned", "--allow-data-loss", "--yes"], 3, &protected),
        (
            &["--to", WEST, "--unplanned", "--allow-data-loss", "--yes", "--unprotect", "t2"],
            1,
            &["another environment"],
        ),
        (&["--to", WEST, "--yes"], 1, &["--planned|--unplanned"]),
        (&["--to", WEST, "--planned", "--unplanned"], 1, &["cannot be used with"]),
        (&["--to", WEST, "--planned", "--allow-data-loss"], 1, &["cannot be used with"]),
        (&["--to", "", "--planned"], 1, &["--to <REGION>"]),
        (&["--planned"], 1, &["--to <REGION>"]),
    ];
    for (words, status, parts) in table {
        says(&environment.dr(&["failover", PROGRAM], words), status, parts);
        assert_eq!(environment.status(), before, "{words:?}");
    }
    assert_eq!(environment.history(), ["apply - - - done"]);
    says(&environment.failover(WEST, &UNPLANNED, &["--unprotect", "t1"]), 0, &[]);
    // Nothing is lost by it.
    says(&environment.failback(), 0, &[]);
}
