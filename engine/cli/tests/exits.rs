//! How commands end: their status, what they say then, and that with `--json` one value stands on standard output,
//! whatever the program prints.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROGRAM: &str = r#"
let p = program(#{ name: param("Name.", "one") });
print("hello");
warn("take care");
component("main", #{ region: "us-east-1" }, || {
    let q = sqs::queue("q", #{ name: `${p.name}-${env.suffix}` });
    output("url", q.url);
});
"#;

fn dr(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .args(["--state-dir", "state", "--color", "never"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.rhai"), PROGRAM).unwrap();
    let made = dr(folder.path(), "apply p.rhai --env pr-1 --yes");
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    folder
}

#[test]
fn a_status_says_how_a_command_ended() {
    let folder = project();
    for (line, status, message) in [
        ("plan p.rhai --env pr-1 --detailed-exitcode", 0, "destroyable: yes"),
        ("plan p.rhai --env pr-1 --set name=x --detailed-exitcode", 2, "1 to replace"),
        ("plan p.rhai --env pr-1 --set name=x", 0, "1 to replace"),
        ("plan p.rhai --env pr-1 --destroy --detailed-exitcode", 2, "1 to delete"),
        ("plan p.rhai --env pr-7 --destroy --detailed-exitcode", 0, "Nothing is there to destroy"),
        // Nobody is there to be asked, unless there is nothing to ask.
        ("apply p.rhai --env pr-1 --set name=x", 1, "give `--yes` to go ahead without being asked"),
        ("apply p.rhai --env pr-1", 0, "one-pr-1"),
        ("destroy --env pr-1", 1, "give `--yes` to go ahead without being asked"),
        ("destroy --env nosuch", 0, "There is no environment nosuch; there are: pr-1"),
        ("destroy nosuch --env pr-7 --yes", 1, "there is no program `nosuch`"),
        ("output nosuch --env pr-1", 1, "outputs: url"),
        ("output url --env pr-1", 0, "one-pr-1"),
        ("output --env nosuch", 1, "There is no environment nosuch; there are: pr-1"),
        ("output url --env nosuch", 1, "There is no environment nosuch; there are: pr-1"),
        ("output --env pr-2", 1, "did you mean `pr-1`?"),
        ("output --json --env nosuch", 1, "There is no environment nosuch; there are: pr-1"),
        ("output --env pr-1 --program q", 1, "there is no program `q`"),
        ("output url --env pr-1 --program q", 1, "there is no program `q`"),
        ("output --env pr-7 --program p", 1, "the program p has no state in the environment pr-7"),
        ("state list --env nosuch", 1, "There is no environment nosuch; there are: pr-1"),
        ("state list --json --env nosuch", 1, "There is no environment nosuch; there are: pr-1"),
        ("state list --env pr-1 --program q", 1, "there is no program `q`"),
        ("state list --env pr-1 --program pp", 1, "did you mean `p`?"),
        ("state list --env pr-7 --program p", 1, "the program p has no state in the environment pr-7"),
        ("state show x --env pr-1", 1, "`dr state list` lists what is there"),
        ("kinds nosuch", 1, "`dr kinds` lists all of them"),
        ("check nosuch", 1, "give the path of a script instead"),
        ("test nosuch", 1, "there is no file or folder `nosuch`"),
        ("frob", 1, "try '--help'"),
        ("plan", 1, "try '--help'"),
        ("plan p.rhai --parallel 0", 1, "try '--help'"),
        ("plan p.rhai --sandbox-speed -1", 1, "try '--help'"),
        ("plan p.rhai --sandbox-speed 0", 1, "`0` is not a speed"),
        ("plan p.rhai --sandbox-speed nan", 1, "`nan` is not a speed"),
        ("plan p.rhai --sandbox-speed inf", 1, "`inf` is not a speed"),
        ("plan p.rhai --env pr-1 --sandbox-down nowhere", 1, "there is no region `nowhere`"),
    ] {
        let output = dr(folder.path(), line);
        let text = said(&output);
        assert!(output.status.code() == Some(status) && text.contains(message), "{line}: {}: {text}", output.status);
    }
}

#[test]
fn an_environment_holds_programs_by_their_names() {
    let folder = project();
    let folder = folder.path();
    // Another program has its own place there; one of the same name is the same program, from wherever it comes.
    std::fs::write(folder.join("q.rhai"), PROGRAM.replace("\"one\"", "\"two\"")).unwrap();
    std::fs::create_dir(folder.join("o")).unwrap();
    std::fs::write(folder.join("o/p.rhai"), PROGRAM.replace("\"q\"", "\"other\"")).unwrap();
    for (line, message) in [
        ("plan q.rhai --env pr-1", "Plan: 1 to create ·"),
        ("plan q.rhai --env pr-1 --destroy", "Nothing is there to destroy"),
        ("destroy q --env pr-1 --yes", "Nothing is left"),
        ("plan o/p.rhai --env pr-1", "Plan: 1 to create, 1 to delete ·"),
        ("plan p.rhai --env pr-1", "No changes"),
    ] {
        let output = dr(folder, line);
        assert!(output.status.code() == Some(0) && said(&output).contains(message), "{line}: {}", said(&output));
    }
}

#[test]
fn as_json_a_command_gives_one_value_and_nothing_else() {
    let folder = project();
    for (line, status, key) in [
        ("plan p.rhai --env pr-5", 0, Some("steps")),
        ("apply p.rhai --env pr-5 --yes", 0, Some("done")),
        ("apply p.rhai --env pr-5", 0, Some("done")),
        ("destroy --env pr-5", 1, Some("error")),
        ("output --env pr-5", 0, Some("url")),
        ("state list --env pr-5", 0, Some("environment")),
        ("env list", 0, None),
        ("destroy --env pr-5 --yes", 0, Some("done")),
        ("destroy --env pr-5 --yes", 0, None),
        ("output --env pr-5", 0, None),
        ("kinds sqs.queue", 0, Some("name")),
        ("check p.rhai", 0, None),
        ("plan p.rhai --help-program", 0, None),
        ("plan nosuch", 1, Some("error")),
    ] {
        let output = dr(folder.path(), &format!("{line} --json"));
        assert_eq!(output.status.code(), Some(status), "{line}: {}", said(&output));
        let value: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}: {}", said(&output)));
        assert!(key.is_none_or(|key| value.get(key).is_some()), "{line}: {value}");
        let exit = value.get("error").map(|error| error["status"].clone());
        assert_eq!(exit, (status == 1).then(|| Value::from(1)), "{line}: {value}");
    }
    // What is no command at all has no result.
    for line in ["plan --json", "frob --json"] {
        let output = dr(folder.path(), line);
        assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{line}: {}", said(&output));
    }
}
