//! `secret_param`: where a secret may come from, where it may not, and that it is shown and kept nowhere in clear.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

const SECRET: &str = "correct-horse-battery";
const PROGRAM: &str = r#"
let p = program(#{ token: secret_param("Token of the processor", #{ min: 8 }), n: param("N.", 1) });
component("main", #{ region: "us-east-1" }, || {
    ssm::parameter("token", #{ type: "SecureString", value: p.token });
    output("header", `Bearer ${p.token}`);
});
"#;

/// A project with the program and this configuration, and with the secret in two files.
fn project(configuration: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::create_dir(here.join("programs")).unwrap();
    std::fs::write(here.join("programs/a.rhai"), PROGRAM).unwrap();
    std::fs::write(here.join("dr.toml"), configuration).unwrap();
    std::fs::write(here.join("token"), format!("{SECRET}\n")).unwrap();
    std::fs::write(here.join("short"), "horse").unwrap();
    std::fs::write(here.join("empty"), "\n").unwrap();
    std::fs::write(here.join("bytes"), [0xff, 0xfe]).unwrap();
    folder
}

/// The status and everything that is said.
fn dr(folder: &Path, variables: &[(&str, &str)], line: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .args(["--color", "never", "--env", "pr-1"])
        .env_clear()
        .env("HOME", folder)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_secret_comes_from_a_variable_or_a_file_and_from_nowhere_else() {
    let table = |value: &str| format!("[programs.a.parameters]\ntoken = {value}\n");
    let variable = [("TOKEN", SECRET)];
    let none: &[(&str, &str)] = &[];
    let clear = format!("\"{SECRET}\"");
    let fallback = format!("{{ env = \"TOKEN\", default = \"{SECRET}\" }}");
    let on_the_line = format!("--set token={SECRET}");
    for (configured, variables, options, wanted) in [
        (Some("{ env = \"TOKEN\" }"), &variable[..], "", ""),
        (Some("{ file = \"token\" }"), none, "", ""),
        (None, none, "--set-file token=token", ""),
        (Some("{ env = \"TOKEN\" }"), &[("TOKEN", "another-secret")], "--set-file token=token", ""),
        (None, none, "--set-file n=empty", "the parameter `token` must be given: Token of the processor"),
        (None, none, "", "`token = { env = \"VARIABLE\" }`"),
        (Some("{ env = \"TOKEN\" }"), none, "", "takes it from the variable `TOKEN`, which is not set"),
        (Some(&clear), none, "", "the parameter `token` is a secret, and it stands in clear at dr.toml:2:9"),
        (Some(&fallback), none, "", "the parameter `token` is a secret, and it stands in clear at dr.toml:2:9"),
        (None, none, &on_the_line, "the parameter `token` is a secret, and others can read a command line"),
        (Some("{ file = \"none\" }"), none, "", "the parameter `token` cannot be read: there is no such file"),
        (None, none, "--set-file token=none", "the parameter `token` cannot be read: there is no such file"),
        (None, none, "--set-file token=programs", "cannot be read: it is a folder"),
        (None, none, "--set-file token=bytes", "cannot be read: it is no text in UTF-8"),
        (None, none, "--set-file token=short", "parameter `token` must be at least 8 characters, not (sensitive)"),
        (None, none, "--set-file token=empty", "parameter `token` must be"),
        (None, none, "--set-file tokn=token", "did you mean `token`?"),
        (None, none, "--set-file token", "write it as `key=value`"),
    ] {
        let project = project(&configured.map(table).unwrap_or_default());
        let (status, said) = dr(project.path(), variables, &format!("plan a {options}"));
        assert_eq!(status == 0, wanted.is_empty(), "{configured:?} {options}: {status}: {said}");
        assert!(said.contains(wanted), "{configured:?} {options}: {said}");
        assert!(!said.contains(SECRET) && !said.contains("horse"), "{configured:?} {options}: {said}");
    }
}

#[test]
fn a_secret_is_kept_and_shown_nowhere_in_clear() {
    let project = project("");
    let here = project.path();
    for line in [
        "plan a --set-file token=token --json --details",
        "plan a --set-file token=token --out kept.plan",
        "plan a --set-file token=token --help-program",
        "plan a --set-file token=token --format markdown",
        "check a --set-file token=token",
        "permissions a --set-file token=token",
        "apply a --set-file token=token --yes",
        "output --json",
        "state export",
        "state show main/ssm.parameter:token",
        "history",
        "rehearse a --set-file token=token",
    ] {
        let (status, said) = dr(here, &[], line);
        assert!(status == 0 && !said.contains(SECRET), "{line}: {status}: {said}");
    }
    let (status, said) = dr(here, &[], "plan a --set-file token=token");
    assert!(status == 0 && said.contains("No changes"), "{said}");
    let (status, said) = dr(here, &[], "plan a --help-program");
    assert!(status == 0 && said.contains("token  string · required · at least 8 · secret"), "{said}");
    let mut kept = vec![here.join("kept.plan")];
    let state = here.join("state/pr-1/a");
    kept.extend([state.join("log"), state.join("db/db")]);
    for file in kept {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{}", file.display());
    }
}

#[test]
fn a_secret_parameter_is_told_as_one_and_tests_give_it() {
    let project = project("");
    let here = project.path();
    let test = r#"
        fn test_given() {
            let plan = plan("a", #{ token: "in-a-test-it-is-clear" });
            assert_eq(plan.resource("main/ssm.parameter:token").value, "in-a-test-it-is-clear");
        }
        fn test_missing() { assert(fails(|| plan("a")).contains("`token` must be given")); }
    "#;
    std::fs::write(here.join("programs/a_test.rhai"), test).unwrap();
    let (status, said) = dr(here, &[], "test");
    assert!(status == 0 && said.contains("2 tests passed"), "{said}");
    for (declared, wanted) in [
        ("secret_param(\"T.\", #{ sensitive: false })", "a secret parameter is always sensitive"),
        ("secret_param(\"T.\", #{ defalt: 1 })", "there is no condition `defalt`"),
        ("secret_param(\"T.\", \"x\")", "secret_param"),
    ] {
        std::fs::write(here.join("programs/b.rhai"), format!("let p = program(#{{ t: {declared} }});\n")).unwrap();
        let (status, said) = dr(here, &[], "plan b");
        assert!(status == 1 && said.contains(wanted) && said.contains("programs/b.rhai:1:"), "{declared}: {said}");
    }
}
