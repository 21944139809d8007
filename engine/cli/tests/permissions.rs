//! What `dr permissions` prints for the five programs, kept in `tests/policies`.
//!
//! `SNAPSHOTS=overwrite` writes the files anew.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn dr(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
    command.arg("permissions").args(arguments).args(["--env", "pr-7"]);
    command.env_clear().env("HOME", folder).current_dir(folder).output().unwrap()
}

#[test]
fn what_the_programs_need_is_as_it_was() {
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    for program in ["payment_alb", "payment_http", "payment_rest", "trading", "transactions"] {
        let printed = dr(&root(), &[program, "--account", "123456789012"]);
        let text = String::from_utf8(printed.stdout).unwrap();
        assert.eq(text, snapbox::Data::read_from(&root().join(format!("tests/policies/{program}.json")), None).raw());
        let shape: Value = serde_json::from_slice(&dr(&root(), &[program, "--json"]).stdout).unwrap();
        assert_eq!((&shape["program"], &shape["environment"]), (&Value::from(program), &Value::from("pr-7")));
        // Which account it is, nobody said.
        assert!(shape["policy"].to_string().contains("arn:aws:iam::*:role/"), "{shape:#}");
    }
}

/// Every action that policies allow, with every resource and condition that they allow it under.
fn allowed(policies: &[Value]) -> std::collections::BTreeSet<String> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let statements = policies.iter().flat_map(|policy| list(&policy["Statement"]));
    let each = |statement: Value| -> Vec<String> {
        let on = |action: &Value| -> Vec<String> {
            let on = |resource: &Value| format!("{action} {resource} {}", statement["Condition"]);
            list(&statement["Resource"]).iter().map(on).collect()
        };
        list(&statement["Action"]).iter().flat_map(on).collect()
    };
    statements.flat_map(each).collect()
}

#[test]
fn a_policy_that_is_too_long_is_split_into_several_that_together_are_the_same() {
    let mut several = 0;
    for program in ["payment_alb", "payment_http", "payment_rest", "trading", "transactions"] {
        for purpose in ["--plan", "--apply", "--destroy"] {
            let whole = dr(&root(), &[program, purpose]);
            let parts = dr(&root(), &[program, purpose, "--split"]);
            assert!(parts.status.success() && parts.stderr.is_empty(), "{program} {purpose}: {parts:?}");
            let policy: Value = serde_json::from_slice(&whole.stdout).unwrap();
            let policies: Vec<Value> = serde_json::from_slice(&parts.stdout).unwrap();
            assert_eq!(allowed(&policies), allowed(&[policy]), "{program} {purpose}");
            for one in &policies {
                assert!(one.to_string().len() <= 6_144, "{program} {purpose}: {}", one.to_string().len());
            }
            let told = String::from_utf8_lossy(&whole.stderr).into_owned();
            assert_eq!(told.contains("`--split` prints"), policies.len() > 1, "{program} {purpose}: {told}");
            several += usize::from(policies.len() > 1);
        }
    }
    assert!(several > 0, "no policy is too long");
}

#[test]
fn looking_changes_nothing_and_a_shared_state_is_a_statement_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("programs")).unwrap();
    let program =
        "let p = program(#{}); component(\"main\", #{ region: \"us-west-2\" }, || { sqs::queue(\"q\", #{}); });";
    std::fs::write(folder.path().join("programs/one.rhai"), program).unwrap();
    let state =
        "[state]\nbackend = \"dynamodb\"\ntable = \"dr-state\"\nregion = \"us-east-1\"\nreplica = \"us-west-2\"\n";
    let policy = |settings: &str, purpose: &str| -> Value {
        std::fs::write(folder.path().join("dr.toml"), settings).unwrap();
        let said = dr(folder.path(), &["one", purpose]);
        serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&said.stderr)))
    };
    let actions = |policy: &Value, sid: &str| -> Vec<String> {
        let statement = policy["Statement"].as_array().unwrap().iter().find(|one| one["Sid"] == sid).cloned();
        serde_json::from_value(statement.unwrap_or_default()["Action"].take()).unwrap_or_default()
    };
    let looking = policy("", "--plan");
    assert_eq!(actions(&looking, "Sqs"), ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]);
    assert_eq!(looking["Statement"][1]["Resource"][0], "arn:aws:sqs:us-west-2:*:q-pr-7");
    let leaving = actions(&policy("", "--destroy"), "Sqs");
    let has = |action: &str| leaving.iter().any(|one| one == action);
    assert!(has("sqs:DeleteQueue") && !has("sqs:CreateQueue"), "{leaving:?}");
    let shared = policy(state, "--apply");
    assert!(actions(&shared, "SharedState").contains(&"dynamodb:PutItem".to_owned()), "{shared:#}");
    assert!(shared.to_string().contains("arn:aws:dynamodb:us-west-2:*:table/dr-state"), "{shared:#}");
    assert!(actions(&shared, "Sqs").contains(&"sqs:CreateQueue".to_owned()));
}

#[test]
fn what_cannot_be_is_said() {
    let folder = root();
    for (arguments, said) in [
        (&["transactions", "--account", "12"][..], "twelve digits"),
        (&["no_such_program"], "no_such_program"),
        (&["transactions", "--plan", "--destroy"], "cannot be used with"),
    ] {
        let output = dr(&folder, arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(said), "{arguments:?}: {text}");
    }
}
