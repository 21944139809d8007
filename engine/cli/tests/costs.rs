//! What the five programs cost while nobody uses them, and what a plan says of it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A program with its own domain, and what a month of it costs by AWS's lists, in dollars.
const PROGRAMS: &[(&str, f64)] = &[
    // 2 instances 379.60, 2 load balancers 32.85, addresses 14.60, and small things; interfaces of endpoints 116.80, twice
    // what two services cost: payments go to the database through `rds-data`, and failures are told through `sns`.
    ("payment_alb", 553.0),
    // 2 instances 379.60, 6 NAT gateways 197.10 with addresses 21.90, and small things.
    ("payment_http", 606.0),
    // 2 instances 423.40, 2 NAT gateways 65.70 with addresses 7.30, dashboards 6.00, and small things.
    ("payment_rest", 506.0),
    // 2 NAT gateways 65.70 with addresses 7.30, interfaces of endpoints 175.20, 2 serverless instances 87.60.
    ("trading", 339.0),
];

fn plan(arguments: &[&str]) -> (Value, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let temp = tempfile::tempdir().unwrap();
    let state = temp.path().join("state");
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
        command.arg("plan").args(arguments).args(more).args(["--env", "pr-7", "--sandbox-speed", "instant"]);
        command.arg("--state-dir").arg(&state).env_clear().env("HOME", temp.path()).current_dir(&root);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    (serde_json::from_str(&run(&["--json"])).unwrap(), run(&[]))
}

#[test]
fn programs_cost_what_the_lists_say() {
    for (program, month) in PROGRAMS {
        let (json, _) = plan(&[program, "--set", "base_domain=pay.example-of-yours.net"]);
        let said = json["cost"]["monthly"].as_f64().unwrap();
        assert!((said - month).abs() <= month / 10.0, "{program}: {said}, by the lists {month}: {:#}", json["cost"]);
        let items: f64 = json["cost"]["items"].as_array().unwrap().iter().map(|i| i["monthly"].as_f64().unwrap()).sum();
        assert!((items - said).abs() < 0.01, "{program}: the items are {items}");
        assert_eq!(json["cost"]["unpriced"], Value::Array(Vec::new()), "{program}");
    }
    let (json, text) = plan(&["transactions"]);
    let said = json["cost"]["monthly"].as_f64().unwrap();
    assert!((1.0..=2.5).contains(&said), "{said}");
    assert!(text.contains(&format!("cost: about ${said:.2} a month")), "{text}");
}

#[test]
fn a_program_over_its_budget_is_warned_of_by_what_is_dearest() {
    let (json, _) = plan(&["payment_http", "--set", "monthly_budget=100"]);
    let found = json["diagnostics"].as_array().unwrap().iter().find(|d| d["code"] == "C37").unwrap();
    assert_eq!(found["severity"], "warning");
    assert!(found["help"][0].as_str().unwrap().contains("database instances"), "{found}");
    assert!(found["message"].as_str().unwrap().ends_with("the budget is $100"), "{found}");
    let (json, _) = plan(&["payment_http"]);
    assert!(json["diagnostics"].as_array().unwrap().iter().all(|d| d["code"] != "C37"), "within its own budget");
}

#[test]
fn a_class_without_a_price_is_named() {
    let (json, text) = plan(&["payment_alb", "--set", "instance_class=db.x2g.large"]);
    assert_eq!(json["cost"]["unpriced"], serde_json::json!(["db.x2g.large"]));
    assert!(text.contains("without use, without db.x2g.large"), "{text}");
}
