//! Where settings come from, what counts for more, and what is said about a setting that is wrong.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = r#"
let p = program(#{ x: param("X.", "default"), n: param("N.", 1), f: param("F.", 1.0), any: param("Any.", ()) });
print([p.x, p.n, p.f, p.any].to_json());
component("main", #{ region: "us-east-1" }, || { sqs::queue("q", #{}); });
"#;

/// A project with a program and this configuration.
fn project(configuration: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("programs")).unwrap();
    std::fs::write(folder.path().join("programs/a.rhai"), PROGRAM).unwrap();
    std::fs::write(folder.path().join("dr.toml"), configuration).unwrap();
    folder
}

/// The status and everything that is said.
fn dr(folder: &Path, variables: &[(&str, &str)], words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(words)
        .args(["--color", "never"])
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
fn options_count_for_more_than_the_environment_and_that_for_more_than_the_program() {
    let both = "[programs.a.parameters]\nx = \"program\"\n[environments.pr-1.parameters]\nx = \"env\"\n\
                [environments.pr-2]\n";
    for (environment, set, wanted) in [
        ("pr-1", None, "[\"env\",1,1.0,null]"),
        ("pr-2", None, "[\"program\",1,1.0,null]"),
        ("pr-1", Some("x=set"), "[\"set\",1,1.0,null]"),
        ("pr-2", Some("x=set"), "[\"set\",1,1.0,null]"),
        ("pr-2", Some("n=7"), "[\"program\",7,1.0,null]"),
    ] {
        let folder = project(both.as_bytes());
        let mut words = vec!["plan", "a", "--env", environment];
        words.extend(set.into_iter().flat_map(|set| ["--set", set]));
        let (status, said) = dr(folder.path(), &[], &words);
        assert!(status == 0 && said.contains(wanted), "{environment} {set:?}: {said}");
    }
}

#[test]
fn a_configuration_is_taken_as_it_says_or_refused_with_its_place() {
    let parameter = |text: &str| format!("[programs.a.parameters]\n{text}\n").into_bytes();
    for (configuration, status, wanted) in [
        (parameter("f = 1"), 0, "[\"default\",1,1.0,null]"),
        (parameter("any = 2020-01-01"), 0, "[\"default\",1,1.0,\"2020-01-01\"]"),
        (parameter("any = { a = { b = [1, \"x\", 1.5] } }"), 0, "{\"a\":{\"b\":[1,\"x\",1.5]}}"),
        (parameter("X = \"program\""), 1, "the program has no parameter `X`"),
        (parameter("n = 1.0"), 1, "parameter `n` must be an integer"),
        (parameter("n = \"1\""), 1, "parameter `n` must be an integer, not \"1\""),
        (parameter("f = nan"), 1, "dr.toml:2:5"),
        (parameter("f = 1.5\nany = inf"), 1, "dr.toml:3:7"),
        (parameter("x = \"a\"\nx = \"b\""), 1, "dr.toml:3:1"),
        (b"[programs.b.parameters]\nx = \"program\"\n".to_vec(), 1, "there is no program `b` that this could be for"),
        // It is for another environment: there it may be right. Where some are declared, the others are not there.
        (b"[environments.pr-1.parameters]\ny = 1\n[environments.pr-2]\n".to_vec(), 0, "[\"default\",1,1.0,null]"),
        (b"[environments.pr-1]\n".to_vec(), 1, "`pr-2` is not among the environments that dr.toml declares"),
        (b"[environments.pr-2.parameters]\ny = 1\n".to_vec(), 1, "the program has no parameter `y`"),
        (
            b"[environments.PR-1.parameters]\nx = \"1\"\n".to_vec(),
            1,
            "`PR-1` can be neither a name nor a pattern of environments",
        ),
        (b"cloud = \"gcp\"\n".to_vec(), 1, "there is no cloud `gcp`"),
        (b"parallel = -1\n".to_vec(), 1, "dr.toml:1:12"),
        (b"[sandbox]\nspeed = \"fast\"\n".to_vec(), 1, "`fast` is not a speed"),
        (b"[sandbox]\nspeed = 0\n".to_vec(), 1, "`0` is not a speed"),
        (b"[sandbox]\nregions_down = [\"us-east-9\"]\n".to_vec(), 1, "did you mean `us-east-1`?"),
        (b"[sandbox]\nregions_down = [\"us-east-1@x\"]\n".to_vec(), 1, "`x` is not a number of changes"),
        (b"\xff\xfe".to_vec(), 1, "begins as UTF-16 does"),
    ] {
        let folder = project(&configuration);
        let (found, said) = dr(folder.path(), &[], &["plan", "a", "--env", "pr-2"]);
        let configuration = String::from_utf8_lossy(&configuration);
        assert!(found == status && said.contains(wanted), "{configuration}: {found}: {said}");
        assert_eq!(status == 0, said.contains("us-east-1\n"), "{configuration}: {said}");
    }
}

#[test]
fn an_environment_is_named_by_an_option_a_variable_or_the_configuration() {
    let qa = b"environment = \"qa\"\n";
    for (configuration, variables, option, wanted) in [
        (&qa[..], &[][..], None, Ok("qa")),
        (b"\xef\xbb\xbfenvironment = \"qa\"\r\n", &[], None, Ok("qa")),
        (b"", &[], None, Ok("dev")),
        (b"environment = \"\"\n", &[], None, Ok("dev")),
        (b"environment = \"PR 1\"\n", &[], None, Err("`PR 1` cannot name an environment")),
        (qa, &[("DR_ENV", "pr-5")], None, Ok("pr-5")),
        (qa, &[("DR_ENV", "")], None, Ok("qa")),
        (qa, &[("ENVIRONMENT_SUFFIX", "pr-6")], None, Ok("pr-6")),
        (qa, &[("ENVIRONMENT_SUFFIX", "pr-6"), ("DR_ENV", "pr-5")], None, Ok("pr-5")),
        (qa, &[("DR_ENV", "pr-5")], Some("pr-7"), Ok("pr-7")),
        (qa, &[("DR_ENV", " pr-5")], None, Err("` pr-5` cannot name an environment")),
        (qa, &[], Some(""), Err("`--env` is empty")),
        (qa, &[("DR_STATE_DIR", ""), ("DR_KEY_FILE", ""), ("DR_PASSPHRASE", "")], None, Ok("qa")),
    ] {
        let folder = project(configuration);
        let mut words = vec!["plan", "a"];
        words.extend(option.into_iter().flat_map(|name| ["--env", name]));
        let (status, said) = dr(folder.path(), variables, &words);
        match wanted {
            Ok(name) => assert!(status == 0 && said.contains(&format!("environment {name} ")), "{variables:?}: {said}"),
            Err(why) => assert!(status == 1 && said.contains(why), "{variables:?}: {said}"),
        }
    }
    let folder = project(qa);
    let (status, said) = dr(folder.path(), &[], &["plan", "a", "--env", "pr-1", "--env", "pr-2"]);
    assert!(status == 1 && said.contains("cannot be used multiple times"), "{said}");
}

#[test]
fn a_project_is_found_from_its_folders_and_missed_elsewhere() {
    let folder = project(b"environment = \"qa\"\n");
    let deep = folder.path().join("x/y");
    std::fs::create_dir_all(&deep).unwrap();
    let (status, said) = dr(&deep, &[], &["plan", "a"]);
    assert!(status == 0 && said.contains("environment qa "), "{said}");
    let nothing = tempfile::tempdir().unwrap();
    for (words, message) in [
        (&["plan", "a", "--env", "pr-1"][..], "there is no program `a`"),
        (&["check"], "there are no programs in"),
        (&["test"], "there are no tests"),
    ] {
        let (status, said) = dr(nothing.path(), &[], words);
        assert!(status == 1 && said.contains(message) && said.contains("error: "), "{words:?}: {said}");
    }
    std::fs::create_dir_all(nothing.path().join("dr.toml")).unwrap();
    let (status, said) = dr(nothing.path(), &[], &["plan", "a"]);
    assert!(status == 1 && said.contains("it is no regular file"), "{said}");
}

#[test]
fn a_kept_plan_makes_nothing_where_its_environment_may_not_be_any_more() {
    let folder = project(b"[environments.qa]\nregions = [\"us-east-1\"]\n");
    let kept = ["--env", "qa", "--sandbox-speed", "instant"];
    let (status, said) = dr(folder.path(), &[], &[&["plan", "a", "--out", "kept.plan"][..], &kept].concat());
    assert_eq!(status, 0, "{said}");
    std::fs::write(folder.path().join("dr.toml"), "[environments.qa]\nregions = [\"us-west-2\"]\n").unwrap();
    let apply = [&["apply", "kept.plan", "--yes"][..], &kept].concat();
    let (status, said) = dr(folder.path(), &[], &apply);
    assert!(status == 1 && said.contains("in us-east-1, which the environment `qa` may not use"), "{said}");
    std::fs::write(folder.path().join("dr.toml"), "[environments.qa]\n").unwrap();
    let (status, said) = dr(folder.path(), &[], &apply);
    assert_eq!(status, 0, "{said}");
}
