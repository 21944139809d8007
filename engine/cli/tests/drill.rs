//! Drills: what a program's environment comes to when a region is lost, against what is computed and promised.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Each program with its second region.
const PROGRAMS: &[(&str, &str)] = &[
    ("payment_alb", "us-west-2"),
    ("payment_http", "us-east-2"),
    ("payment_rest", "us-east-2"),
    ("trading", "us-east-2"),
    ("transactions", "us-west-2"),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn dr(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(words)
        .args(["--color", "never"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Makes a drill of one of the programs; gives its evidence and the exit status.
fn drill(program: &str, more: &[&str]) -> (Value, Option<i32>) {
    let words = ["drill", program, "--env", "pr-7", "--set", "base_domain=pay.dr-lab.net", "--json"];
    let output = dr(&repository(), &[&words, more].concat());
    let told = serde_json::from_slice(&output.stdout);
    (told.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr))), output.status.code())
}

/// The checks that are broken.
fn broken(evidence: &Value) -> Vec<&str> {
    let checks = evidence["checks"].as_array().unwrap();
    assert!(checks.len() > 4, "{evidence:#}");
    checks.iter().filter(|check| check["ok"] == false).map(|check| check["name"].as_str().unwrap()).collect()
}

/// Everything holds, but for promises that the computed figures break as well.
fn holds(program: &str, (evidence, status): &(Value, Option<i32>)) {
    let broken = broken(evidence);
    assert_eq!((evidence["ok"] == true, *status), (broken.is_empty(), Some(if broken.is_empty() { 0 } else { 3 })));
    let computed = |of: &str, figure: &str| {
        let parts =
            evidence["computed"][of].as_array().cloned().unwrap_or_else(|| vec![evidence["computed"][of].clone()]);
        parts.iter().map(|part| part[figure]["most"].as_u64().unwrap_or(u64::MAX)).max().unwrap_or_default()
    };
    let lacks = evidence["computed"]["lacks"].as_array().is_some_and(|lacks| !lacks.is_empty());
    for name in broken {
        let promise = &evidence["promise"];
        let (computed, promised) = match name {
            "requests reach the other region as promised" => (computed("traffic", "time"), &promise["traffic"]),
            "everything works in the other region as promised" if lacks => (u64::MAX, &promise["time"]),
            "everything works in the other region as promised" => {
                (computed("traffic", "time").max(computed("stores", "time")), &promise["time"])
            }
            "no more is missing than promised" => (computed("stores", "loss"), &promise["loss"]),
            other => panic!("{program}: `{other}` is broken: {evidence:#}"),
        };
        assert!(computed > promised.as_u64().unwrap(), "{program}: {name}: {computed} is computed: {evidence:#}");
    }
}

#[test]
fn whatever_is_lost_is_no_worse_than_was_computed() {
    for (program, _) in PROGRAMS {
        for seed in ["1", "2"] {
            let found = drill(program, &["--seed", seed]);
            holds(program, &found);
            let [away, home] = &found.0["changes"].as_array().unwrap()[..] else { panic!("{:#}", found.0) };
            assert_eq!((&away["manner"], &home["manner"]), (&"unplanned".into(), &"planned".into()));
            // What was measured is no figure of the plan.
            let parts = away["parts"].as_array().unwrap();
            assert!(parts.iter().any(|part| part["missing"].as_u64().is_some_and(|missing| missing > 0)), "{away:#}");
            let requests = parts.iter().find(|part| part["is_traffic"] == true).unwrap();
            let is_staffed = away["has_workers"] == true;
            assert_eq!(requests["time_ms"].as_u64().is_some_and(|ms| ms > 30_000), is_staffed, "{away:#}");
            for step in away["steps"].as_array().unwrap().iter().chain(home["steps"].as_array().unwrap()) {
                assert!(step["name"].is_string() && step["took_ms"].is_u64() && step["expected"].is_object());
            }
        }
    }
}

#[test]
fn a_planned_change_of_sides_loses_nothing() {
    for (program, _) in PROGRAMS {
        let found = drill(program, &["--planned"]);
        holds(program, &found);
        let changes = found.0["changes"].as_array().unwrap();
        assert!(changes.len() == 2 && changes.iter().all(|change| change["manner"] == "planned"), "{:#}", found.0);
        assert!(!found.0["notes"].to_string().contains("lost for good"), "{:#}", found.0["notes"]);
    }
}

#[test]
fn who_loses_the_other_region_goes_on() {
    for (program, second) in PROGRAMS {
        let found = drill(program, &["--lose", second]);
        holds(program, &found);
        let [change] = &found.0["changes"].as_array().unwrap()[..] else { panic!("{:#}", found.0) };
        assert!(change["steps"] == Value::Array(Vec::new()) && change["manner"].is_null(), "{change:#}");
    }
}

#[test]
fn the_same_seed_is_the_same_drill_and_another_one_is_another() {
    let found = |seed| {
        let (mut evidence, _) = drill("trading", &["--seed", seed]);
        evidence["at"] = Value::Null;
        evidence["seed"] = Value::Null;
        evidence
    };
    let first = found("7");
    assert_eq!(first, found("7"));
    assert_ne!(first["changes"], found("8")["changes"]);
}

#[test]
fn evidence_is_written_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let [document, data] = ["drill.md", "drill.json"].map(|name| folder.path().join(name));
    for file in [&document, &data] {
        drill("payment_http", &["--evidence", file.to_str().unwrap()]);
    }
    let document = std::fs::read_to_string(document).unwrap();
    for said in [
        "# Drill of `payment_http` in `pr-7`",
        "## From us-east-1 to us-east-2, unplanned, begun 15 min after the loss",
        "| let `secondary/rds.cluster:payment-aurora-secondary` write |",
        "| holds | destroy leaves nothing | nothing is left |",
    ] {
        assert!(document.contains(said), "{said}: {document}");
    }
    let data: Value = serde_json::from_str(&std::fs::read_to_string(data).unwrap()).unwrap();
    assert_eq!((&data["format"], &data["program"]), (&1.into(), &"payment_http".into()));
}

#[test]
fn what_cannot_be_drilled_says_why() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.rhai"), r#"sqs::queue("q", #{ region: "us-east-1" });"#).unwrap();
    let output = dr(folder.path(), &["drill", "p.rhai", "--env", "pr-7"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("nothing that takes over in another region"), "{said}");
    let output = dr(&repository(), &["drill", "trading", "--env", "pr-7", "--lose", "eu-west-1"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("they are us-east-1 and us-east-2"), "{said}");
}

#[test]
fn a_broken_promise_ends_with_three() {
    let folder = tempfile::tempdir().unwrap();
    for (promise, status) in [(r#"rpo: "2s""#, 0), (r#"rto: "1m", rpo: "1s""#, 0)] {
        let text = format!(
            r#"
            let table = dynamodb::table("t", #{{
                region: "us-east-1", hash_key: "id", attributes: [#{{ name: "id", type: "S" }}], stream_enabled: true,
            }});
            dynamodb::table_replica("t", #{{ region: "us-west-2", table_name: table.name, source_region: "us-east-1" }});
            recovery(#{{ {promise} }});
            "#
        );
        std::fs::write(folder.path().join("p.rhai"), text).unwrap();
        let output = dr(folder.path(), &["drill", "p.rhai", "--env", "pr-7"]);
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert_eq!(output.status.code(), Some(status), "{promise}: {said}");
    }
    let bucket = r#"
        s3::bucket("b", #{ region: "us-east-1" });
        sqs::queue("q", #{ region: "us-west-2" });
        recovery(#{ rpo: "1h" });
    "#;
    std::fs::write(folder.path().join("p.rhai"), bucket).unwrap();
    let output = dr(folder.path(), &["drill", "p.rhai", "--env", "pr-7", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), broken(&told)), (Some(3), vec!["no more is missing than promised"]), "{told:#}");
}

#[test]
fn an_environment_keeps_its_drills_and_tells_what_got_worse() {
    let folder = tempfile::tempdir().unwrap();
    let said = |words: &[&str]| {
        let output = dr(folder.path(), &[words, &["--env", "pr-7", "--sandbox-speed", "instant"]].concat());
        let told = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        (output.status.code(), told[0].clone(), told[1].clone())
    };
    let table = r#"
        let table = dynamodb::table("t", #{
            region: "us-east-1", hash_key: "id", attributes: [#{ name: "id", type: "S" }], stream_enabled: true,
        });
        dynamodb::table_replica("t", #{ region: "us-west-2", table_name: table.name, source_region: "us-east-1" });
    "#;
    std::fs::write(folder.path().join("p.rhai"), table).unwrap();
    // Where nothing was applied, nothing is kept.
    assert_eq!(said(&["drill", "p.rhai"]).0, Some(0));
    let (status, _, told) = said(&["drill", "p.rhai", "--history"]);
    assert!(status == Some(0) && told.contains("No drill of p is kept in pr-7"), "{told}");
    assert_eq!(said(&["apply", "p.rhai", "--yes"]).0, Some(0));
    let (_, told, _) = said(&["drill", "p.rhai", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["notes"], Value::Array(Vec::new()));
    // What is computed gets worse, and then better again.
    let with_bucket = format!(r#"{table} s3::bucket("b", #{{ region: "us-east-1" }});"#);
    std::fs::write(folder.path().join("p.rhai"), with_bucket).unwrap();
    let (_, told, _) = said(&["drill", "p.rhai", "--planned"]);
    let note = "what is missing there is computed as without a bound; at the last drill it was 1 s";
    assert!(told.contains(note), "{told}");
    std::fs::write(folder.path().join("p.rhai"), table).unwrap();
    assert!(!said(&["drill", "p.rhai"]).1.contains("at the last drill"));
    let (_, told, _) = said(&["drill", "p.rhai", "--history", "--json"]);
    let kept: Value = serde_json::from_str(&told).unwrap();
    let kept: Vec<(&str, bool)> = { kept.as_array().unwrap().iter() }
        .map(|drill| (drill["case"].as_str().unwrap(), drill["loss_ms"].is_null()))
        .collect();
    assert_eq!(kept, [("primary_lost", false), ("planned", false), ("primary_lost", false)]);
    let (_, told, _) = said(&["drill", "p.rhai", "--history"]);
    assert!(told.lines().count() == 4 && told.contains("primary lost"), "{told}");
    // A drill changes nothing that a plan would see, and goes with its environment.
    assert_eq!(said(&["plan", "p.rhai", "--detailed-exitcode"]).0, Some(0));
    let (_, told, _) = said(&["status", "p.rhai"]);
    assert!(told.contains("drilled    "), "{told}");
    assert_eq!(said(&["destroy", "p.rhai", "--yes"]).0, Some(0));
    assert!(said(&["drill", "p.rhai", "--history"]).2.contains("No drill"));
}
