//! What do faults on the wire cost? Programs are applied, planned again and destroyed on the emulators (moto with our
//! patches) behind a wire that throttles, fails and loses replies.
//!
//! ```text
//! tests/run --no-run                      prepares the emulators and builds `dr`
//! cargo run -p dr-tests --features emulators --example faults [-- program rate …]
//! ```
//!
//! A rate is `throttled/failed/lost` in a hundred calls, such as `30/10/5`; `0/0/0` is the yardstick, because the machine
//! may be busy. Each line tells the time, the calls on the wire and those among them that met a fault, and what the engine
//! says about its retries. A last word tells whether everything was there once, and nothing was left.
#![allow(clippy::unwrap_used, clippy::panic)] // A measurement that cannot go on says so.

#[path = "../harness/project.rs"]
mod project;

use std::time::Instant;

use dr_tests_support::{FaultRule, Mode, TestCloud, WireFault};
use serde_json::{Value, json};

use crate::project::Project;

const PROGRAMS: [&str; 2] = ["transactions", "payment_http"];
const RATES: [&str; 3] = ["0/0/0", "5/5/5", "30/10/5"];
const SEED: u64 = 7;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |is_rate: bool, usual: &[&str]| -> Vec<String> {
        let some: Vec<String> = given.iter().filter(|one| one.contains('/') == is_rate).cloned().collect();
        if some.is_empty() { usual.iter().map(|one| (*one).to_owned()).collect() } else { some }
    };
    let (programs, rates) = (chosen(false, &PROGRAMS), chosen(true, &RATES));
    println!("{:13} {:8} {:8} {:>7} {:>6} {:>6}  retries", "program", "rate", "command", "s", "calls", "faults");
    for program in &programs {
        for rate in &rates {
            measure(program, rate);
        }
    }
}

/// A life under a rate of faults.
fn measure(program: &str, rate: &str) {
    let per_hundred: Vec<u16> = rate.split('/').map(|number| number.parse().unwrap()).collect();
    let [throttled, failed, lost] = per_hundred[..] else { panic!("{rate} is no rate") };
    let cloud = TestCloud::start(Mode::Patched).unwrap();
    let project = Project::new(cloud.environment());
    let rules = [(WireFault::Throttle, throttled), (WireFault::Unavailable, failed), (WireFault::LoseReply, lost)];
    let rules = rules.map(|(fault, share)| FaultRule::share(fault, SEED, share * 10, u32::MAX));
    // The servers load what they need when they are first asked.
    cloud.boto(&format!("{program}.py"), &json!({ "suffix": "t5" })).unwrap();
    let mut all = 0.0;
    let mut run = |command: &str| {
        cloud.wire().set_faults(rules.to_vec());
        cloud.wire().take_recorded();
        let started = Instant::now();
        let mut arguments = vec![command, program, "--env", "t5", "--cloud", "aws", "--json"];
        if command != "plan" {
            arguments.extend(["--yes", "--allow-data-loss"]);
        }
        let said = project.run(&arguments);
        let took = started.elapsed().as_secs_f64();
        all += took;
        let calls: u64 = cloud.wire().counts().values().sum();
        let met = cloud.wire().met();
        let result: Value = serde_json::from_str(&said.out).unwrap_or_default();
        println!("{program:13} {rate:8} {command:8} {took:7.2} {calls:6} {met:6}  {}", result["retries"]);
        if said.status != Some(0) {
            println!("{command} ended with {:?}: {}{}", said.status, said.out, said.err);
        }
        result
    };
    run("apply");
    let found = cloud.boto(&format!("{program}.py"), &json!({ "suffix": "t5" })).unwrap();
    let plan = run("plan");
    run("destroy");
    let left = cloud.boto("empty.py", &json!({ "regions": ["us-east-1", "us-east-2", "us-west-2"] })).unwrap();
    let verdict = match (found["ok"] == true, plan["empty"] == true, left["ok"] == true) {
        (true, true, true) => "all was there once, nothing was left".to_owned(),
        _ => format!("there: {:#} plan: {} left: {:#}", found["findings"], plan["empty"], left["findings"]),
    };
    println!("{program:13} {rate:8} {:8} {all:7.2}  {verdict}", "all");
}
