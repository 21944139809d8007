//! Tests of programs, as `dr test` runs them.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use common::host;
use dr_script::TestReport;

const PROGRAM: &str = r#"
let p = program(#{ count: param("How many", 2, #{ min: 1 }), region: param("Where", "us-east-1") });
component("main", #{ region: p.region }, || {
    let last = ();
    for i in 0..p.count { last = sqs::queue(`q-${i}`, #{ visibility_timeout: 30 + i }); }
    let b = s3::bucket("b", #{ tags: #{ queue: last.arn } });
    output("queue", last.arn);
    output("account", last.arn.split(":")[4]);
});
note("no DNS");
"#;

#[track_caller]
fn run(text: &str) -> Vec<TestReport> {
    let programs = |name: &str| (name == "queues").then(|| ("programs/queues.rhai".to_owned(), PROGRAM.to_owned()));
    host().test("queues_test.rhai", text, &programs).unwrap()
}

/// The failures of a single test's body: messages and help.
#[track_caller]
fn body(body: &str) -> String {
    let reports = run(&format!("fn test_it() {{\n{body}\n}}"));
    assert_eq!(reports.len(), 1);
    let lines = reports[0].diagnostics.iter().flat_map(|d| [d.to_string()].into_iter().chain(d.help.iter().cloned()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_holds_passes() {
    assert_eq!(
        body(
            r#"
            let p = plan("queues", #{ count: 3 });
            assert_eq(p.resources("sqs.queue").len(), 3);
            assert_eq(resources().len(), 4);
            let q = p.resource("main/sqs.queue:q-2");
            assert_eq(q.visibility_timeout, 32);
            assert_eq([q.region, q.kind, q.name], ["us-east-1", "sqs.queue", "q-2-test"]);
            assert_eq(resource("main/s3.bucket:b").depends_on, ["main/sqs.queue:q-2"]);
            assert_eq(p.output("queue"), "<main/sqs.queue:q-2.arn>");
            assert_eq(notes(), ["no DNS"]);
            assert(q.visibility_timeout > 30, "longer");
            "#
        ),
        ""
    );
}

#[test]
fn attributes_are_mocked() {
    assert_eq!(
        body(
            r#"
            mock("sqs.queue", |r| #{ arn: `arn:aws:sqs:us-east-1:123456789012:${r.name}` });
            plan("queues");
            assert_eq(output("account"), "123456789012");
            assert_eq(resource("main/s3.bucket:b").tags.queue, "arn:aws:sqs:us-east-1:123456789012:q-1");
            mock("sqs.queue", #{ arn: "a:b:c:d:e" });
            assert_eq(output("account"), "e");
            "#
        ),
        ""
    );
    let missing = body("plan(\"queues\"); output(\"account\");");
    assert!(missing.contains("give the attribute a value that fits: `mock("), "{missing}");
    assert!(body("mock(\"sqs.queu\", #{});").contains("did you mean `sqs.queue`?"));
    assert!(body("mock(\"sqs.queue\", #{ arm: 1 });").contains("did you mean `arn`?"));
}

#[test]
fn what_does_not_hold_says_so() {
    for (text, expected) in [
        ("assert_eq(1, 2);", "queues_test.rhai:2:1: these are not equal\nleft:  1\nright: 2"),
        ("assert_eq(\"a\", [\"a\"]);", "left:  \"a\"\nright: [\"a\"]"),
        ("assert(1 > 2, \"order\");", "this does not hold: order"),
        ("plan(\"queue\");", "there is no program `queue`"),
        ("plan(\"queues\", #{ cuont: 3 });", "did you mean `count`?"),
        ("plan(\"queues\"); resource(\"main/sqs.queue:q-9\");", "the plan has no `main/sqs.queue:q-9`"),
        ("output(\"x\");", "nothing is planned yet"),
        ("sqs::queue(\"q\");", "tests cannot declare resources"),
        ("fails(|| 1);", "this was expected to fail"),
    ] {
        let found = body(text);
        assert!(found.contains(expected), "{text}\n{found}");
    }
}

#[test]
fn failures_are_expected_with_fails() {
    assert_eq!(
        body(
            r#"
            let message = fails(|| plan("queues", #{ count: 0 }));
            assert(message.contains("at least 1"), message);
            assert_eq(fails(|| { throw "no" }), "no");
            assert_eq(plan("queues").resources("sqs.queue").len(), 2);
            "#
        ),
        ""
    );
}

#[test]
fn each_test_is_on_its_own_and_reported_in_order() {
    let reports = run(
        "const N = 2;\nfn helper() { global::N }\n\nfn test_b() {\n    print(\"hello\");\n    assert_eq(helper(), 2);\n}\nfn test_a() {\n    assert(false);\n}\nfn not_a_test() { throw \"x\" }\n",
    );
    let rows: Vec<(&str, bool, u32)> =
        reports.iter().map(|r| (r.name.as_str(), r.passed(), r.span.as_ref().unwrap().line)).collect();
    assert_eq!(rows, [("test_b", true, 4), ("test_a", false, 8)]);
    assert_eq!(reports[0].printed, ["hello"]);
    assert_eq!(reports[1].diagnostics[0].labels[0].span.line, 9);
    assert!(reports[1].sources.get("queues_test.rhai").is_some());
}

#[test]
fn the_mistakes_of_a_program_keep_their_place() {
    let reports = run("fn test_it() { plan(\"queues\", #{ count: \"3\" }) }");
    let diagnostic = &reports[0].diagnostics[0];
    assert_eq!(&*diagnostic.labels[0].span.source, "programs/queues.rhai");
    assert!(reports[0].sources.get("programs/queues.rhai").is_some());
}

#[test]
fn a_file_that_cannot_be_parsed_is_a_failure() {
    let failure = host().test("x_test.rhai", "fn test_a() { let; }", &|_: &str| None).unwrap_err();
    assert_eq!(failure.diagnostics[0].labels[0].span.to_string(), "x_test.rhai:1:18");
}
