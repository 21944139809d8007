//! How long a large program takes: `cargo run --release -p dr-script --example scale [resources]`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, NameRule, Presence, Type};
use dr_script::{Environment, Host, Limits, Request};

const fn optional(name: &'static str, ty: Type) -> Field {
    Field { presence: Presence::Optional, ..Field::new(name, "", ty) }
}

static THING: Kind = Kind::new(
    "scale.thing",
    "Ten arguments.",
    &[
        Field {
            name_rule: Some(NameRule { max: 63, chars: "A-Za-z0-9_-", prefix: "", lower: false, ending: None }),
            ..Field::new("name", "", Type::Str)
        },
        optional("a", Type::Str),
        optional("b", Type::Str),
        optional("c", Type::Int),
        optional("d", Type::Bool),
        optional("e", Type::Str),
        optional("f", Type::List(&Type::Str)),
        optional("g", Type::Map(&Type::Str)),
        optional("h", Type::Json),
        Field { tags: true, ..optional("tags", Type::Map(&Type::Str)) },
    ],
    &[Field::new("arn", "", Type::Str)],
);

fn main() {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let text = format!(
        r#"
        component("main", #{{ region: "us-east-1", tags: #{{ Role: "primary" }} }}, || {{
            let last = scale::thing("first");
            for i in 0..{count} {{
                last = scale::thing(`thing-${{i}}`, #{{
                    a: last.arn, b: `${{last.arn}}/*`, c: i, d: true, e: "text", f: ["x", last.id],
                    g: #{{ K: "v" }}, h: #{{ Statement: [#{{ Resource: last.arn }}] }}, tags: #{{ N: `${{i}}` }},
                }});
            }}
        }});
    "#
    );
    let request = Request {
        program: "scale".into(),
        source_name: "scale.rhai".into(),
        text,
        environment: Environment {
            suffix: "pr-1".into(),
            name: "pr-1".into(),
            ephemeral: true,
            ..Environment::default()
        },
        settings: BTreeMap::new(),
    };
    let start = Instant::now();
    let host = Host::new(Arc::new(Registry::new([&THING])), Vec::new(), Limits::default());
    println!("host {:?}", start.elapsed());
    let start = Instant::now();
    match host.evaluate(&request) {
        Ok(evaluated) => {
            let time = start.elapsed();
            println!("{} resources in {time:?}", evaluated.graph.nodes.len());
            let start = Instant::now();
            println!("{} problems, checked in {:?}", evaluated.graph.check().len(), start.elapsed());
        }
        Err(failure) => println!("{failure}"),
    }
}
