//! A first plan of a whole topology fits on two screens, and names every resource or counts it.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use regex_lite::Regex;
use serde_json::Value;

fn plan(program: &str, words: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let temp = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
    command.args(["plan", program, "--env", "pr-7", "--color", "never", "--sandbox-speed", "instant"]);
    command.args(["--set", "base_domain=pay.example-of-yours.net"]).args(words);
    command.arg("--state-dir").arg(temp.path().join("state")).env_clear();
    command.env("HOME", temp.path()).env("COLUMNS", "120").current_dir(&root);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn what_is_made_is_named_or_counted() {
    let alike = Regex::new(r"(?m)^ +\S+ (\d+) resources? as in us-east-1$").unwrap();
    for (program, longest) in [("payment_alb", 100), ("payment_http", 100), ("payment_rest", 100), ("trading", 125)] {
        let text = plan(program, &[]);
        assert!(text.lines().count() <= longest, "{program}: {} lines", text.lines().count());
        let json: Value = serde_json::from_str(&plan(program, &["--json"])).unwrap();
        let steps = json["steps"].as_array().unwrap();
        let name = |step: &Value| step["address"].as_str().unwrap().rsplit_once(':').unwrap().1.to_owned();
        let in_first = |step: &&Value| step["region"] == "us-east-1";
        for name in steps.iter().filter(in_first).map(name) {
            assert!(text.contains(&name), "{program}: {name}: {text}");
        }
        // Of the second region, what is not counted is named.
        let counted: usize = alike.captures_iter(&text).map(|found| found[1].parse::<usize>().unwrap()).sum();
        let others = steps.iter().filter(|step| !in_first(step)).filter(|step| !text.contains(&name(step))).count();
        assert!(others <= counted && counted > 40, "{program}: {others} are not named, {counted} are counted");
        let details = plan(program, &["--details"]);
        let rows = Regex::new(r"(?m)^ +\+ [a-z0-9]+\.[a-z0-9_]+:").unwrap().find_iter(&details).count();
        assert_eq!(rows, steps.len(), "{program}");
    }
}

#[test]
fn what_tells_most_stands_beside_a_name() {
    let text = plan("payment_alb", &[]);
    for told in [
        "vpc (10.10.0.0/16)",
        "vpc (10.20.0.0/16)",
        "(aurora-postgresql, db.r6g.large)",
        "(python3.12, index.handler, memory_size 512)",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}
