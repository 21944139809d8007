//! The secondary region of a living environment moves: every program, with everything that can be set. Nothing of it
//! stays in the region that it leaves.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/environment.rs"]
mod environment;
#[path = "harness/project.rs"]
mod project;

use std::collections::BTreeSet;

use crate::environment::Environment;

const DOMAIN: &str = "base_domain=pay.dr-lab.net";
const EMAIL: &str = "alert_email=ops@example.com";

/// Each program with sets of options that it lives with.
const PROGRAMS: &[(&str, &[&[&str]])] = &[
    ("payment_alb", &[&[], &[DOMAIN, EMAIL]]),
    ("payment_http", &[&[], &[DOMAIN, EMAIL]]),
    ("payment_rest", &[&[], &[DOMAIN, EMAIL]]),
    ("trading", &[&[], &[DOMAIN, EMAIL]]),
    ("transactions", &[&[], &["customer_keys=true", "replication=true", "secondary_compute=true", DOMAIN, EMAIL]]),
];

/// The regions that an environment has something in.
fn regions(environment: &Environment) -> BTreeSet<String> {
    let state = environment.project.run(&["state", "list", "--env", environment.suffix, "--json"]).json();
    let records = state["records"].as_array().unwrap().iter();
    records.filter_map(|record| Some(record["region"].as_str()?.to_owned())).collect()
}

#[test]
fn the_secondary_region_of_a_living_environment_moves() {
    for (program, options) in PROGRAMS {
        for set in *options {
            println!("{program} with {set:?}");
            let mut environment = Environment::in_the_sandbox(program, "t1", set);
            environment.apply();
            environment.set("secondary_region=eu-west-1");
            environment.apply();
            environment.nothing_to_do();
            assert_eq!(regions(&environment), BTreeSet::from(["us-east-1", "eu-west-1"].map(str::to_owned)));
            environment.leave();
            assert_eq!(environment.held(), [], "{program} with {set:?}");
        }
    }
}

/// The other region is gone for good: what it held is deferred, and everything else moves.
#[test]
fn it_moves_away_from_a_region_that_does_not_answer() {
    for (program, options) in PROGRAMS {
        let mut environment = Environment::in_the_sandbox(program, "t1", options[1]);
        let left = environment.plan()["steps"].as_array().unwrap().iter().find_map(|step| {
            let region = step["region"].as_str()?;
            (region != "us-east-1").then(|| region.to_owned())
        });
        let left = left.unwrap();
        environment.apply();
        environment.set("secondary_region=eu-west-1");
        let away = environment.project.run(&environment.arguments("apply", &["--sandbox-down", &left]));
        assert_eq!(away.status, Some(5), "{program}: {}{}", away.out, away.err);
        environment.apply();
        environment.nothing_to_do();
        assert_eq!(regions(&environment), BTreeSet::from(["us-east-1", "eu-west-1"].map(str::to_owned)), "{program}");
        environment.destroy();
        assert_eq!(environment.held(), [], "{program}");
    }
}
