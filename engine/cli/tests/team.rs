//! The examples of a team's checks pass their tests, and say everything that the engine's own checks say.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a command says in the repository, as JSON.
fn said(words: &[&str], dir: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_dr")).args(words).arg("--json").current_dir(dir).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_examples_pass_their_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let reports = said(&["test", "stdlib/checks"], &root);
    let reports = reports.as_array().unwrap();
    let failed: Vec<&Value> = reports.iter().filter(|report| report["passed"] != true).collect();
    assert!(reports.len() >= 10 && failed.is_empty(), "{failed:?}");
}

#[test]
fn a_project_takes_the_examples_by_importing_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let project = tempfile::tempdir().unwrap();
    let at = |name: &str| project.path().join(name);
    std::fs::create_dir_all(at("stdlib")).unwrap();
    std::fs::create_dir_all(at("checks")).unwrap();
    std::fs::create_dir_all(at("programs")).unwrap();
    std::fs::create_dir_all(at("stdlib/checks")).unwrap();
    for name in ["cost_centre", "public_buckets"] {
        let file = format!("stdlib/checks/{name}.rhai");
        std::fs::copy(root.join(&file), at(&file)).unwrap();
    }
    let own = "import \"checks/cost_centre\" as a;\nimport \"checks/public_buckets\" as b;\n";
    std::fs::write(at("checks/own.rhai"), own).unwrap();
    let program = "s3::bucket(\"b\", #{ region: \"us-east-1\", public_access_block: #{ block_public_acls: false } });";
    std::fs::write(at("programs/p.rhai"), program).unwrap();
    let checked = said(&["check", "p", "--env", "stage"], project.path());
    let found = checked[0]["diagnostics"].as_array().unwrap();
    let codes: Vec<&str> = found.iter().filter_map(|d| d["code"].as_str()).collect();
    assert_eq!((codes, &checked[0]["ok"]), (vec!["cost-centre-tag", "public-bucket"], &Value::Bool(false)));
    let listed = said(&["checks"], project.path());
    let own = listed.as_array().unwrap().iter().filter(|check| check["id"] == check["name"]);
    let own: Vec<&str> = own.map(|check| check["source"].as_str().unwrap()).collect();
    assert_eq!(own.len(), 3);
    assert!(own.iter().all(|place| place.starts_with("stdlib/checks/")), "{own:?}");
}
