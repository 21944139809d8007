//! The language as programs see it.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use common::{ok, output, value, wrong, wrong_value};

macro_rules! has {
    ($text:expr, $($part:expr),+ $(,)?) => {{
        let text = $text;
        $(assert!(text.contains($part), "missing {:?} in\n{text}", $part);)+
    }};
}

#[test]
fn a_first_program() {
    let e = ok(r#"
        let p = program(#{ region: param("Where", "us-east-1"), count: param("How many", 2) });
        let main = component("main", #{ region: p.region, tags: #{ Role: "primary" } }, || queues(p.count));
        output("first", main[0].arn);
        note("two queues");
        print(`count ${p.count}`);
        fn queues(n) { let l = []; for i in 0..n { l.push(sqs::queue(`q-${i}`, #{ tags: #{ N: `${i}` } })); } l }
    "#);
    let addresses: Vec<&str> = e.graph.nodes.keys().map(|a| a.as_str()).collect();
    assert_eq!(addresses, ["main/sqs.queue:q-0", "main/sqs.queue:q-1"]);
    let node = e.graph.nodes.values().next().unwrap();
    assert_eq!(node.region.as_deref(), Some("us-east-1"));
    assert_eq!(node.args["name"].to_string(), "\"q-0-pr-7\"");
    assert_eq!(node.args["tags"].to_string(), r#"{"N": "0", "Role": "primary"}"#);
    assert_eq!(e.graph.outputs["first"].value.to_string(), "${main/sqs.queue:q-0.arn}");
    assert_eq!(e.printed, ["count 2"]);
    assert_eq!(e.graph.notes[0].message, "two queues");
    assert_eq!(e.parameters.len(), 2);
}
