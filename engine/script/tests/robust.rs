//! No text brings the engine down: whatever is written, there is an answer.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use common::{host, registry, request, shown, small};
use dr_script::{Host, Limits};

const HEAD: &str =
    "let q = sqs::queue(\"q\", #{ region: \"us-east-1\" }); let c = rds::cluster(\"c\", #{ region: \"us-east-1\" });\n";

/// Evaluates; what matters is that it ends.
fn ends(text: &str) -> String {
    match host().evaluate(&request(text)) {
        Ok(_) => String::new(),
        Err(failure) => shown(&failure),
    }
}

#[test]
fn deep_and_long_texts_are_refused_or_run() {
    for n in [50, 150, 3000] {
        for text in [
            format!("output(\"o\", {}1{});", "(".repeat(n), ")".repeat(n)),
            format!("output(\"o\", {}{});", "[".repeat(n), "]".repeat(n)),
            format!("output(\"o\", {}1{});", "#{ a: ".repeat(n), "}".repeat(n)),
            format!("output(\"o\", 1{});", " + 1".repeat(n)),
            format!("let x = {}1;", "!".repeat(n)),
            format!("let m = #{{}}; let x = m{};", ".a".repeat(n)),
            format!("let m = #{{}}; let x = m.a{};", " ?? m.b".repeat(n)),
            format!("let f = {}1;", "|x| ".repeat(n)),
            format!("{}{}", "if true { ".repeat(n), "}".repeat(n)),
            format!("if false {{}}{}", " else if false {}".repeat(n)),
            format!("output(\"o\", {}1{});", "`${".repeat(n), "}`".repeat(n)),
            format!("output(\"o\", \"a\"{});", ".to_upper()".repeat(n)),
            format!("{HEAD}output(\"o\", c.arn{});", ".to_upper()".repeat(n)),
            format!("{}output(\"o\", f0());", (0..n).map(|i| format!("fn f{i}() {{ {i} }} ")).collect::<String>()),
            format!("{}output(\"o\", a0);", (0..n).map(|i| format!("let a{i} = {i}; ")).collect::<String>()),
            format!("output(\"o\", [{}]);", "1,".repeat(n)),
            "{".repeat(n),
            "(".repeat(n),
            "/*".repeat(n),
            "\"".repeat(n),
        ] {
            ends(&text);
        }
    }
}

#[test]
fn recursion_to_the_limit_fits_the_stack() {
    let nested = format!("{}f(n + 1){}", "[".repeat(12), "]".repeat(12));
    let text = format!("fn f(n) {{ if n > 90 {{ return 1; }} [1].map(|x| {nested})[0] }} f(0);");
    let limits = Limits { depth: 300, ..small() };
    let failure = Host::new(registry(), Vec::new(), limits).evaluate(&request(&text)).unwrap_err();
    assert!(shown(&failure).contains("declares nothing"), "{failure}");
}

#[test]
fn computations_with_unknowns_stay_walkable() {
    for step in ["x = x + 1", "x = x.to_string().parse_int()", "x = -x", "x = 2 * x"] {
        let text = format!("{HEAD}let x = c.port; for i in 0..10000 {{ {step}; }} output(\"o\", x);");
        assert!(ends(&text).contains("computed in more than 64 steps"), "{step}: {}", ends(&text));
    }
    let text = format!("{HEAD}let x = from_json(c.arn); for i in 0..10000 {{ x = x[0]; }} output(\"o\", x);");
    assert!(ends(&text).contains("computed in more than 64 steps"));
    // Text that is put together piece by piece stays flat.
    let text = format!("{HEAD}let x = \"\"; for i in 0..300 {{ x += c.arn; x += `,${{i}}`; }} output(\"o\", x);");
    assert_eq!(ends(&text), "");
}

#[test]
fn mistakes_are_not_counted_for_ever() {
    let failure = host().evaluate(&request("for i in 0..10000 { sqs::queue(`q${i}`, #{ fifo: 1 }); }")).unwrap_err();
    let count = failure.diagnostics.len();
    assert!((50..60).contains(&count), "{count}");
    assert!(failure.diagnostics.iter().any(|d| d.message.contains("are enough")));
}

#[test]
fn every_prefix_of_a_program_has_an_answer() {
    let text = "import \"place\" as place;\nlet p = program(#{ n: param(\"N\", 2, #{ min: 1 }) });\n\
                component(\"a\", #{ region: \"us-east-1\" }, || { let q = sqs::queue(`q${p.n}`, #{ tags: #{ a: \"b\" } });\n\
                switch p.n { 1 => q.arn, _ => { let x = q.arn.split(\":\")[4] ?? 'c'; x } } });\nfn f(x) { x?.y }\n";
    for (at, _) in text.char_indices() {
        ends(&text[..at]);
    }
}

#[test]
fn odd_texts_have_an_answer() {
    for text in [
        "\u{feff}output(\"o\", 1);",
        "output(\"ö\", \"\u{1F600}\");",
        "let \u{e4} = 1;",
        "output(\"o\", '\u{1F600}');",
        "\r\n\r\nlet x = ;",
        "\0",
        "$text",
        "let x = $call;",
        "__dr_body",
        "#!/usr/bin/dr\noutput(\"o\", 1);",
        "this",
        "fn f() { this } f();",
        "let f = |x| x; f.call();",
        "let f = || 1; output(\"o\", f);",
        "return 5;",
        "break;",
        "throw #{ a: 1 };",
        "throw;",
        "call(|| 1);",
        "component(\"a\", 5, || 1);",
        "component(|| 1);",
        "program();",
        "output();",
        "import 5 as x;",
        "import \"place\";",
        "export let x = 1;",
        "global::x",
        "env.x.y",
        "let x = param(\"a\", 1); output(\"o\", x);",
        "let x = required(); output(\"o\", x);",
        "opts(#{ a: 1 }, #{});",
        "[1].map(5);",
        "[1].map(|a, b, c| 1);",
        "[1].sorted(|a, b| 1);",
        "type_of()",
    ] {
        ends(text);
    }
}
