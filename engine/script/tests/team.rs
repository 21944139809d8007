//! The checks of a team: what they see and say, and how they end when something is wrong with them.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{fixtures, host, registry, request, shown, small};
use dr_core::checks::TeamRules;
use dr_core::cloud::Identity;
use dr_core::diagnostic::Diagnostic;
use dr_core::plan::{Goal, Input, propose};
use dr_core::record::Snapshot;
use dr_script::{CheckScript, Environment, Root, ScriptFailure, TeamChecks};

/// A check of this name with a function; what it is about is left to the test.
fn check(name: &str, function: &str) -> String {
    format!("check(#{{ name: \"{name}\", asks: \"it is so\", why: \"a reason\", mend: \"a way out\" }}, {function});\n")
}

fn load(texts: &[&str]) -> Result<TeamChecks, ScriptFailure> {
    let script = |(number, text): (usize, &&str)| CheckScript {
        source_name: format!("checks/{number}.rhai"),
        text: (*text).to_owned(),
    };
    let roots = vec![Root { label: "modules".into(), path: fixtures().join("modules") }];
    let scripts = texts.iter().enumerate().map(script).collect();
    TeamChecks::load(registry(), roots, small(), &Environment::default(), scripts)
}

/// What a plan of a program says with these checks, and whether it is refused.
#[track_caller]
fn plan(checks: &[&str], program: &str) -> (Vec<Diagnostic>, bool) {
    let team = Arc::new(load(checks).unwrap_or_else(|failure| panic!("{}", shown(&failure))));
    let evaluated = host().with_checks(Some(team.clone())).evaluate(&request(program));
    let graph = evaluated.unwrap_or_else(|failure| panic!("{}", shown(&failure))).graph;
    let plan = propose(&Input {
        goal: Goal::Apply,
        graph: &graph,
        snapshot: &Snapshot::default(),
        refreshed: &BTreeMap::new(),
        known: &BTreeMap::new(),
        imports: &BTreeMap::new(),
        away: &BTreeMap::new(),
        aim: dr_core::selection::Aim::everything(),
        lift: false,
        registry: &registry(),
        environment: "pr-7",
        program: &"main".into(),
        identity: &Identity { cloud: "test".into(), account: "1".into(), endpoint: None },
        team: Some(&*team as &dyn TeamRules),
    });
    (plan.diagnostics.clone(), plan.is_refused())
}

/// Diagnostics as text: severity, check, place, message and help.
fn text(all: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let code = d.code.as_deref().unwrap_or("-");
        let severity = format!("{:?}", d.severity).to_lowercase();
        let help: String = d.help.iter().map(|help| format!("  {help}\n")).collect();
        format!("{severity} {code} {d}\n{help}")
    };
    all.iter().map(line).collect()
}

const QUEUES: &str = r#"
component("main", #{ region: "us-east-1", tags: #{ team: "pay" } }, || {
    let q = sqs::queue("q", #{
        visibility_timeout: 90,
    });
    s3::bucket("b", #{ tags: #{ queue: q.arn }, rules: [#{ id: "old", days: 3 }] });
    let p = random::password("p");
    secretsmanager::secret("s", #{ value: p.result });
});
"#;

/// Says what a function of a resource answers, as a finding at the queue.
fn answers(expression: &str) -> String {
    check("answer", &format!("|r| if r.kind == \"sqs.queue\" {{ finding(r, `${{{expression}}}`) }}"))
}

#[test]
fn a_check_sees_resources_as_they_are_planned() {
    for (expression, expected) in [
        ("r.address", "main/sqs.queue:q"),
        ("r.name", "q"),
        ("r.component", "main"),
        ("r.region", "us-east-1"),
        ("r.exists", "false"),
        ("r.args.keys()", r#"["name","tags","visibility_timeout"]"#),
        ("r.args.name", "q-pr-7"),
        ("r.visibility_timeout", "90"),
        ("r.tags.team", "pay"),
        // What other kinds have, and what this one could have.
        ("r.versioning == ()", "true"),
        ("r.fifo == ()", "true"),
        ("r.takes(\"fifo\") && !r.takes(\"acl\")", "true"),
        ("is_known(r.arn)", "false"),
        ("is_known(r.visibility_timeout)", "true"),
        ("r.users.map(|u| [u.address, u.key, u.attribute])", r#"[["main/s3.bucket:b","tags","arn"]]"#),
        ("resource(r.users[0].address).references.map(|x| x.address)", r#"["main/sqs.queue:q"]"#),
        ("resource(r.address) == r", "true"),
        ("resource(\"main/sqs.queue:other\") == ()", "true"),
        ("resources().len()", "4"),
        ("resources(\"s3.bucket\")[0].rules[0].days", "3"),
        ("[env.suffix, env.ephemeral]", r#"["pr-7",true]"#),
    ] {
        let (found, _) = plan(&[&answers(expression)], QUEUES);
        assert_eq!(found[0].message, expected, "{expression}: {}", text(&found));
    }
}

#[test]
fn a_finding_counts_as_one_of_the_engine() {
    let long = check(
        "short-timeouts",
        r#"|r| if r.kind == "sqs.queue" && r.visibility_timeout > 60 { finding(r, #{ key: "visibility_timeout", message: "too long" }) }"#,
    );
    let (found, refused) = plan(&[&long], QUEUES);
    assert_eq!(
        text(&found),
        "error short-timeouts main.rhai:4:29: too long\n  a way out\n  or say why it may be so: `allow: #{ \"short-timeouts\": \"..\" }`\n"
    );
    assert!(refused);
    let allowed = QUEUES.replace("90,", "90, allow: #{ \"short-timeouts\": \"slow work\" },");
    let (found, refused) = plan(&[&long], &allowed);
    assert_eq!(text(&found), "warning short-timeouts main.rhai:4:29: too long\n  allowed here: slow work\n");
    assert!(!refused);
    let softer = long.replace("asks:", "severity: \"error\", ephemeral: \"note\", asks:");
    let (found, refused) = plan(&[&softer], QUEUES);
    assert_eq!(text(&found), "info short-timeouts main.rhai:4:29: too long\n  a way out\n");
    assert!(!refused);
}

#[test]
fn what_is_not_known_is_told_and_no_mistake() {
    for function in [
        "|r| if r.kind == \"s3.bucket\" && r.tags.queue == \"x\" { finding(r, \"x\") }",
        "|r| if r.kind == \"s3.bucket\" && !r.tags.queue.starts_with(\"x\") { finding(r, \"x\") }",
        "|r| if r.kind == \"s3.bucket\" { for part in r.tags.queue.split(\":\") { print(part) } }",
        "|r| if r.kind == \"s3.bucket\" { switch r.arn { \"x\" => (), _ => () } }",
        "|r| if r.kind == \"s3.bucket\" { r.tags.values().sorted() }",
        // A secret is never looked at.
        "|r| if r.kind == \"secretsmanager.secret\" && r.value == \"x\" { finding(r, \"x\") }",
    ] {
        let (found, refused) = plan(&[&check("open", function)], QUEUES);
        assert_eq!((found.len(), refused), (1, false), "{function}: {}", text(&found));
        let said = text(&found);
        assert!(said.starts_with("info open main.rhai:") && said.contains("cannot tell about"), "{function}: {said}");
    }
    // What is certain is found all the same.
    let (found, _) = plan(&[&check("open", "|r| if r.args.contains(\"tags\") { finding(r, `${r.tags}`) }")], QUEUES);
    assert_eq!(found.len(), 2, "{}", text(&found));
}

#[test]
fn a_mistake_in_a_function_refuses_the_plan_once() {
    for (function, expected) in [
        ("|r| r.args.nothing", "this map has no property `nothing`"),
        ("|r| if r.visibilty_timeout == 1 {}", "no resource has anything that is called `visibilty_timeout`"),
        ("|| ()", "this function is called with the wrong number of arguments"),
        ("|r| sqs::queue(\"x\")", "checks cannot declare resources"),
        ("|r| output(\"x\", 1)", "outputs are declared by programs"),
        ("|r| warn(\"x\")", "a check says what it finds by `finding`"),
        ("|r| finding(r, #{ help: \"x\" })", "a finding needs a `message`"),
        ("|r| finding(r, #{ text: \"x\" })", "a finding has nothing that is called `text`"),
        (
            "|r| finding(resources(\"sqs.queue\")[0], #{ key: \"tag\", message: \"x\" })",
            "`sqs.queue` has no argument `tag`",
        ),
        ("|r| resources(\"sqs.qeue\")", "there is no kind `sqs.qeue`"),
        ("|r| check(#{}, |r| ())", "a check cannot declare another one"),
        ("|r| { loop {} }", "the program takes more than 2000000 steps"),
        ("|r| throw \"not like this\"", "not like this"),
    ] {
        let (found, refused) = plan(&[&check("wrong", function), &check("right", "|r| ()")], QUEUES);
        let said = text(&found);
        assert!(refused && said.contains("checks/0.rhai:1:"), "{function}: {said}");
        assert_eq!(said.matches(expected).count(), 1, "{function}: {said}");
    }
}

#[test]
fn a_mistake_in_a_script_is_told_when_it_is_loaded() {
    let wrong = |text: &str| text.to_owned();
    for (script, expected) in [
        (wrong("check(#{ name: \"x\" }, |r| ());"), "0.rhai:1:1: a check needs `asks`"),
        (check("Upper", "|r| ()"), "0.rhai:1:16: `Upper` cannot name a check"),
        (check("a--b", "|r| ()"), "0.rhai:1:16: `a--b` cannot name a check"),
        (check("d07", "|r| ()"), "0.rhai:1:16: `d07` is the check D07 of dr itself"),
        (check("bucket-force-destroy", "|r| ()"), "is the check D07 of dr itself"),
        (check("x", "|r| ()").repeat(2), "0.rhai:2:16: the check `x` is declared twice"),
        (check("x", "|r| ()").replace("asks:", "severity: \"bad\", asks:"), "`severity` of a check must be"),
        (check("x", "|r| ()").replace("asks:", "kinds: [\"sqs.qeue\"], asks:"), "there is no kind `sqs.qeue`"),
        (check("x", "|r| ()").replace("asks:", "kinds: \"sqs.queue\", asks:"), "must be a list, not a string"),
        (check("x", "|r| ()").replace("a way out", " "), "`mend` of a check is empty"),
        (wrong("finding(1, 2)"), "`finding` cannot be called with an integer and an integer"),
        (wrong("program(#{});"), "checks have no parameters"),
        (wrong("resources()"), "only the function of a check sees what is planned"),
        (wrong("sqs::queue(\"x\");"), "checks cannot declare resources"),
        (wrong("let"), "0.rhai:1:"),
        (wrong("loop {}"), "the program takes more than 2000000 steps"),
    ] {
        let failure = load(&[&script]).err().unwrap_or_else(|| panic!("no mistake is found in {script}"));
        assert!(shown(&failure).contains(expected), "{script}: {}", shown(&failure));
    }
    let failure = load(&[&check("x", "|r| ()"), &check("x", "|r| ()")]).unwrap_err();
    assert!(shown(&failure).starts_with("checks/1.rhai:1:16: the check `x` is declared twice"), "{}", shown(&failure));
}

#[test]
fn an_exception_names_a_check_that_there_is() {
    let team = Arc::new(load(&[&check("short-timeouts", "|r| ()")]).unwrap());
    let wrong = QUEUES.replace("90,", "90, allow: #{ \"short-timeout\": \"slow work\" },");
    let failure = host().with_checks(Some(team)).evaluate(&request(&wrong)).unwrap_err();
    assert!(shown(&failure).contains("there is no check `short-timeout`\n  help: did you mean `short-timeouts`?"));
    let without = host().evaluate(&request(&wrong)).unwrap_err();
    assert!(shown(&without).contains("`dr checks` lists all of them"), "{}", shown(&without));
}

#[test]
fn tests_plan_small_programs_and_see_what_is_found() {
    let long = check(
        "short-timeouts",
        r#"|r| if r.visibility_timeout != () && r.visibility_timeout > 60 { finding(r, #{ key: "visibility_timeout", message: "too long", help: "set 30" }) }"#,
    );
    let tests = r#"
fn test_found() {
    declare(|| { sqs::queue("q", #{ region: "us-east-1", visibility_timeout: 90 }); });
    assert_eq(findings(), [#{
        check: "short-timeouts", severity: "error", resource: "sqs.queue:q", key: "visibility_timeout",
        message: "too long", help: "set 30",
    }]);
    assert_eq(resources(), ["sqs.queue:q"]);
}
fn test_a_plan_that_is_given() {
    let none = declare(#{ ephemeral: false }, || sqs::queue("q", #{ region: "us-east-1" }));
    declare(|| sqs::queue(`q-${env.suffix}`, #{ region: "us-east-1", visibility_timeout: 90 }));
    assert_eq([findings(none).len(), findings().len()], [0, 1]);
    assert_eq(resources(), ["sqs.queue:q-test"]);
}
fn test_mistakes_of_what_is_declared() {
    assert(fails(|| declare(|| sqs::queue("q"))).contains("has no region"));
    assert(fails(|| declare(|| throw "no")).contains("no"));
    assert(fails(|| declare(#{ ephemral: true }, || ())).contains("no option `ephemral`"));
    assert(fails(|| sqs::queue("q")).contains("tests cannot declare resources"));
    assert_eq(declare(|| ()).resources(), []);
}
"#;
    let team = Arc::new(load(&[&long]).unwrap());
    let host = host().with_checks(Some(team));
    for report in host.test("checks/timeouts_test.rhai", tests, &|_: &str| None).unwrap() {
        assert!(report.passed(), "{}: {}", report.name, text(&report.diagnostics));
    }
    let none = common::host().test("x_test.rhai", "fn test_a() { declare(|| ()); findings(); }", &|_: &str| None);
    assert!(text(&none.unwrap()[0].diagnostics).contains("there are no checks here"));
}
