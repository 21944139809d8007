//! `dr::output`: what other stacks give, where it is read from, what happens when it changes, and what is said where there
//! is none.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

const LENDER: &str = r#"
let p = program(#{ length: param("How long the password is", 20) });
let pw = random::password("pw", #{ length: p.length });
let vpc = ec2::vpc("main", #{ region: "us-east-1", cidr_block: "10.0.0.0/16" });
output("vpc", vpc.id);
output("login", pw.result);
output("zones", ["a", "b"]);
"#;
const BORROWER: &str = r#"
component("main", #{ region: "us-east-1" }, || {
    let login = dr::output("prod", "lender", "login");
    ssm::parameter("login", #{ type: "SecureString", value: login });
    sqs::queue("q", #{ tags: #{ vpc: dr::output("prod", "lender", "vpc") } });
    output("zone", `zone ${dr::output("prod", "lender", "zones")[1]}`);
    output("login", login);
});
"#;
const CHAIN: &str = r#"
let zone = dr::output("pr-1", "borrower", "zone");
sqs::queue("q", #{ region: "us-east-1", tags: #{ zone: zone } });
output("again", zone);
"#;

/// A project of these programs.
fn project(programs: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("programs")).unwrap();
    for (name, text) in programs {
        std::fs::write(folder.path().join(format!("programs/{name}.rhai")), text).unwrap();
    }
    folder
}

/// The status and everything that is said.
fn dr(folder: &Path, line: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .args(["--color", "never"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
}

fn well(folder: &Path, line: &str) -> String {
    let (status, said) = dr(folder, line);
    assert_eq!(status, 0, "{line}: {said}");
    said
}

/// Every file under a folder holds none of these texts.
fn holds_none(folder: &Path, texts: &[&str]) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            holds_none(&entry, texts);
            continue;
        }
        let bytes = std::fs::read(&entry).unwrap();
        for text in texts {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{} holds {text}", entry.display());
        }
    }
}

#[test]
fn what_a_stack_gives_is_used_and_goes_on_to_the_next_one() {
    let project = project(&[("lender", LENDER), ("borrower", BORROWER), ("chain", CHAIN)]);
    let here = project.path();
    let (status, said) = dr(here, "plan borrower --env pr-1");
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("`lender/prod` was never applied") && said.contains("programs/borrower.rhai:3:21"), "{said}");
    well(here, "apply lender --env prod --yes");
    well(here, "apply borrower --env pr-1 --yes");
    assert!(well(here, "plan borrower --env pr-1").contains("No changes"));
    assert_eq!(well(here, "output zone --env pr-1"), "zone b\n");
    well(here, "apply chain --env pr-2 --yes");
    assert_eq!(well(here, "output again --env pr-2"), "zone b\n");
    let vpc = well(here, "output vpc --env prod");
    assert!(well(here, "state show main/sqs.queue:q --env pr-1").contains(vpc.trim()), "{vpc}");

    // A rehearsal reads what is there, and leaves it as it is.
    assert!(well(here, "rehearse borrower --env pr-1").contains("Nothing is left"));
    assert!(well(here, "plan lender --env prod").contains("No changes"));
}

#[test]
fn a_secret_stays_one() {
    let secret = "correct-horse-battery-staple";
    let lender = format!(
        "let p = program(#{{ s: param(\"S\", \"{secret}\", #{{ sensitive: true }}) }}); output(\"login\", p.s); \
         output(\"deep\", #{{ a: [p.s] }}); output(\"vpc\", \"v-1\"); output(\"zones\", [1, 2]);"
    );
    let reader = "output(\"all\", `x${dr::output(\"prod\", \"lender\", \"deep\").a[0]}`);";
    let project = project(&[("lender", &lender), ("borrower", BORROWER), ("reader", reader)]);
    let here = project.path();
    well(here, "apply lender --env prod --yes");
    for (program, output) in [("borrower", "login"), ("reader", "all")] {
        for line in ["plan", "plan --details --json", "plan --out kept.plan", "apply --yes", "output --json"] {
            let line = match line.split_once(' ').unwrap_or((line, "")) {
                ("output", rest) => format!("output --program {program} {rest} --env pr-1"),
                (verb, rest) => format!("{verb} {program} {rest} --env pr-1"),
            };
            let said = well(here, &line);
            assert!(!said.contains(secret), "{line}: {said}");
        }
        let (status, said) = dr(here, &format!("output {output} --program {program} --env pr-1"));
        assert!(status == 1 && said.contains("is sensitive"), "{said}");
    }
    for environment in ["prod", "pr-1"] {
        holds_none(&here.join("state").join(environment), &[secret]);
    }
    let plan = std::fs::read_to_string(here.join("kept.plan")).unwrap();
    assert!(!plan.contains(secret), "{plan}");
}

#[test]
fn a_kept_plan_is_refused_once_another_stack_gives_something_else() {
    let project = project(&[("lender", LENDER), ("borrower", BORROWER)]);
    let here = project.path();
    well(here, "apply lender --env prod --yes");
    well(here, "plan borrower --env pr-1 --out kept.plan");
    well(here, "apply lender --env prod --set length=30 --yes");
    let (status, said) = dr(here, "apply kept.plan --env pr-1 --yes");
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("the plan counts on what `lender/prod` gave as `login`"), "{said}");
    well(here, "plan borrower --env pr-1 --out kept.plan");
    // What cannot be read any more has not changed.
    std::fs::remove_dir_all(here.join("state/prod")).unwrap();
    well(here, "apply kept.plan --env pr-1 --yes");
}

#[test]
fn the_last_answer_counts_where_the_state_is_lost_and_not_where_the_stack_was_destroyed() {
    let project = project(&[("lender", LENDER), ("borrower", BORROWER)]);
    let here = project.path();
    well(here, "apply lender --env prod --yes");
    well(here, "apply borrower --env pr-1 --yes");
    std::fs::rename(here.join("state/prod"), here.join("kept")).unwrap();
    let said = well(here, "plan borrower --env pr-1");
    assert!(said.contains("No changes") && said.contains("its last answer stands in"), "{said}");
    std::fs::rename(here.join("kept"), here.join("state/prod")).unwrap();
    std::fs::rename(here.join("state/secrets.key"), here.join("key")).unwrap();
    let (_, said) = dr(here, "plan borrower --env pr-1");
    assert!(said.contains("its output `login` is secret, and its key is gone"), "{said}");
    std::fs::rename(here.join("key"), here.join("state/secrets.key")).unwrap();
    assert!(well(here, "plan borrower --env pr-1").contains("No changes"));
    well(here, "destroy lender --env prod --yes");
    let (status, said) = dr(here, "plan borrower --env pr-1");
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("`lender/prod` gives no output `vpc`: nothing is applied there"), "{said}");
    // What is to go asks nobody.
    well(here, "destroy borrower --env pr-1 --yes");
}

#[test]
fn what_is_mistyped_is_named_with_what_there_is() {
    let project = project(&[("lender", LENDER)]);
    let here = project.path();
    well(here, "apply lender --env prod --yes");
    for (call, wanted) in [
        (r#"dr::output("prd", "lender", "vpc")"#, "there is no environment `prd`; did you mean `prod`?"),
        (r#"dr::output("prod", "lendr", "vpc")"#, "there is no program `lendr`; did you mean `lender`?"),
        (r#"dr::output("prod", "lender", "vpcs")"#, "`lender/prod` gives no output `vpcs`; did you mean `vpc`?"),
        (r#"dr::output("prod", "lender", "qqqq")"#, "gives no output `qqqq`; there are: login, vpc, zones"),
        (r#"dr::output("PROD!", "lender", "vpc")"#, "`PROD!` cannot name an environment"),
        (r#"dr::output("prod", "../x", "vpc")"#, "`../x` cannot name a program"),
        (r#"dr::output("prod", "a", "vpc")"#, "`a/prod` was never applied"),
        (r#"dr::output("pr-1", "a", "x")"#, "`a` in `pr-1` is this program itself"),
        (r#"dr::output(env.suffix, "a", "x")"#, "`a` in `pr-1` is this program itself"),
        (r#"dr::output(1, "lender", "vpc")"#, "the environment in `dr::output` must be a string, not an integer"),
        (r#"dr::output("prod", "", "vpc")"#, "the program in `dr::output` is empty"),
        (r#"dr::output("prod", "lender", dr::output("prod", "lender", "vpc"))"#, "known only after apply"),
        (r#"if dr::output("prod", "lender", "vpc") == "x" { 1 }"#, "known only after apply"),
    ] {
        std::fs::write(here.join("programs/a.rhai"), format!("output(\"a\", {{ {call} }});\n")).unwrap();
        let (status, said) = dr(here, "plan a --env pr-1");
        assert!(
            status != 0 && said.contains(wanted) && said.contains("programs/a.rhai:1:"),
            "{call}: {status}: {said}"
        );
    }
    std::fs::write(here.join("dr.toml"), "[environments.prod]\n[environments.\"pr-*\"]\n").unwrap();
    std::fs::write(here.join("programs/a.rhai"), "output(\"a\", dr::output(\"prd\", \"lender\", \"vpc\"));\n").unwrap();
    let (status, said) = dr(here, "plan a --env pr-1");
    assert!(status == 3 && said.contains("there is no environment `prd`; did you mean `prod`?"), "{said}");
}

#[test]
fn a_state_is_read_where_the_environment_says() {
    let project = project(&[("lender", LENDER), ("borrower", BORROWER)]);
    let here = project.path();
    let shared = "[environments.prod.state]\nbackend = \"dynamodb\"\ntable = \"states\"\nregion = \"us-east-1\"\n\
                  [environments.\"pr-*\"]\n";
    std::fs::write(here.join("dr.toml"), shared).unwrap();
    let (status, said) = dr(here, "plan borrower --env pr-1");
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("the outputs of `lender/prod` cannot be read"), "{said}");
}

#[test]
fn a_test_says_what_another_stack_gives() {
    let test = r#"
        fn test_mocked() {
            mock("dr.output", |r| #{ value: `value of ${r.name}` });
            let plan = plan("borrower");
            assert_eq(plan.resource("main/sqs.queue:q").tags.vpc, "value of prod.lender.vpc");
        }
        fn test_nothing_is_read() {
            plan("borrower");
            assert_eq(resource("main/sqs.queue:q").tags.vpc, "<main/dr.output:prod.lender.vpc.value>");
        }
        fn test_tests_read_nothing() {
            assert(fails(|| dr::output("prod", "lender", "vpc")).contains("tests cannot read outputs"));
        }
    "#;
    let borrower = BORROWER.lines().filter(|line| !line.contains("zones")).collect::<Vec<_>>().join("\n");
    let project = project(&[("borrower", &borrower), ("borrower_test", test)]);
    let said = well(project.path(), "test");
    assert!(said.contains("3 tests passed"), "{said}");
}
