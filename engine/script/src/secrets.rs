//! Every function and operator that programs can call, tried with a secret: in each argument, alone and inside of others.
//!
//! Whatever comes of it (an answer, an error, a note, a printed line, an argument of a resource) shows nothing of the
//! secret.

use std::sync::Arc;

use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, NameRule, Presence, Type};
use dr_core::value::{Map, Value};
use rhai::Engine;

use crate::explain;
use crate::natives::natives;
use crate::request::{Limits, Setting};
use crate::session::{self, Evaluation};

const RULE: NameRule = NameRule { max: 63, chars: "a-z0-9-", prefix: "", lower: false, ending: None };
const fn optional(name: &'static str, ty: Type) -> Field {
    Field { presence: Presence::Optional, ..Field::new(name, "", ty) }
}
const ARGS: &[Field] = &[
    Field { name_rule: Some(RULE), ..Field::new("name", "", Type::Str) },
    optional("text", Type::Str),
    optional("int", Type::Int),
    optional("json", Type::Json),
    optional("list", Type::List(&Type::Str)),
    Field { tags: true, ..optional("tags", Type::Map(&Type::Str)) },
];
static THING: Kind = Kind::new("test.thing", "", ARGS, &[Field::new("arn", "", Type::Str)]);

const SECRET: &str = "zQ7-zQ8/zQ9";
/// Values that are secret, or hold something that is.
const SECRETS: &[&str] = &["s", "n", "j", "l", "m", "w", "v", "x", "t"];
const OTHERS: &[&str] = &["\"abc\"", "1", "[1, 2]", "#{ a: 1 }", "|x| x", "|x| true", "q", "q.arn"];
const HEAD: &str = "let p = program(#{ s: param(\"\", \"\"), n: param(\"\", 1), j: param(\"\", \"\"), \
                    l: param(\"\", []), m: param(\"\", #{}) });\n\
                    let q = test::thing(\"q\", #{ region: \"r\" }); let s = p.s; let n = p.n; let j = p.j; \
                    let l = p.l; let m = p.m;\n\
                    let w = [s, s]; let v = #{ a: s, b: [s] }; let x = `${q.arn}${s}`; let t = [[`${s}${q.arn}`], v];\n";
const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||", "??", "&", "|", "^", "<<", ">>",
    "..", "..=",
];
const ASSIGNMENTS: &[&str] = &["+=", "-=", "*=", "/=", "%=", "**=", "<<=", "|="];
/// What a program can do with a secret `S` besides calling something with it.
const FORMS: &[&str] = &[
    "output(\"r\", !S);",
    "output(\"r\", -S);",
    "output(\"r\", S.a);",
    "output(\"r\", S.zz);",
    "output(S, 1);",
    "if S { }",
    "while S { break; }",
    "switch S { 1 => 1, _ => 2 }",
    "for y in S { output(\"r\", y); }",
    "let y = #{}; y[S] = 1;",
    "S.call();",
    "throw S;",
    "throw `${S}`;",
    "throw #{ a: S };",
    "print(S);",
    "print(`x${S}`);",
    "note(S);",
    "note(`x${S}`);",
    "warn(S);",
    "S.a = 1;",
    "return S;",
    "component(S, || 1);",
    "component(\"c\", #{ region: S }, || 1);",
    "component(\"c\", #{ tags: #{ a: S } }, || test::thing(\"z\", #{ region: \"r\" }));",
    "component(\"c\", #{ moved_from: S }, || 1);",
    "component(\"c\", #{ tags: S }, || test::thing(\"z\", #{ region: \"r\" }));",
    "import S as i;",
    "opts(#{ a: S }, #{ b: 1 });",
    "opts(S, #{ b: 1 });",
    "nosuch(S);",
    "S.nosuch();",
    "program(#{ a: param(\"\", S) });",
    "program(#{ a: param(S, 1) });",
    "let f = |y| y + S; output(\"r\", f.call(1));",
    "let f = |y| throw y; f.call(S);",
];
const OPTIONS: &[&str] =
    &["region", "tags", "depends_on", "protect", "replace", "ignore_changes", "moved_from", "import_id", "allow"];
const ARGUMENTS: &[&str] = &["name", "text", "int", "json", "list", "tags", "zz"];

fn settings() -> [(&'static str, Value); 5] {
    [
        ("s", Value::str(SECRET)),
        ("n", Value::Int(7_397_397)),
        ("j", Value::str(format!("{{\"{SECRET}\":[\"{SECRET}\"]}}"))),
        ("l", Value::List(vec![Value::str(SECRET), Value::str(SECRET)])),
        ("m", Value::Map(Map::from([(SECRET.into(), Value::str(SECRET))]))),
    ]
}

/// What a text shows of the secret.
fn shown(text: &str) -> Option<&str> {
    let at = ["zQ", "ZQ", "zq", "elE3", "7397397", "7a5137"].iter().find_map(|part| text.find(part))?;
    let from = text[..at].char_indices().rev().nth(60).map_or(0, |(from, _)| from);
    let to = text[at..].char_indices().nth(60).map_or(text.len(), |(to, _)| at + to);
    Some(&text[from..to])
}

/// Everything that an evaluation leaves behind, as text in every form.
fn everything(engine: &Engine, fresh: &dyn Fn() -> Evaluation, statements: &str) -> String {
    session::with(|s| *s = fresh());
    let text = format!("{HEAD}{statements}");
    let result = crate::compile::compile(engine, "secrets.rhai", &text)
        .map_err(Box::from)
        .and_then(|(unit, ast)| crate::running::run_unit(engine, unit, &ast));
    let mut left = match result {
        Ok(()) => String::new(),
        Err(error) => format!("{:?}", explain::explain(&error)),
    };
    let state = session::with(std::mem::take);
    left += &format!("{:?}{:?}{:?}", state.problems, state.notes, state.printed);
    let outputs = state.outputs.values().map(|output| &output.value);
    for expr in outputs.chain(state.nodes.values().flat_map(|node| node.args.values())) {
        left += &format!("{expr}{expr:?}{}", serde_json::to_string(expr).unwrap());
    }
    for node in state.nodes.values() {
        left += &format!("{}{:?}", node.address, node.options);
    }
    left
}

fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = || SECRETS.iter().chain(OTHERS).copied();
    all().flat_map(move |a| all().map(move |b| (a, b))).filter(|(a, b)| SECRETS.contains(a) || SECRETS.contains(b))
}

#[test]
fn nothing_shows_a_secret() {
    let registry = Arc::new(Registry::new([&THING]));
    let engine = crate::engine::build(&registry, &Limits::default());
    let natives = Arc::new(natives(&engine));
    let fresh = || {
        let mut session = Evaluation::default();
        session.registry = Some(registry.clone());
        session.natives = natives.clone();
        let secret = |(name, value): (&str, Value)| (name.to_owned(), Setting::Value(value.secret()));
        session.settings = settings().map(secret).into();
        session
    };
    let open = || {
        let mut session = fresh();
        session.settings = settings().map(|(name, value)| (name.to_owned(), Setting::Value(value))).into();
        session
    };
    for statements in ["output(\"r\", s);", "print(`x${x}`);", "throw `${s}`;", "test::thing(s, #{ region: \"r\" });"] {
        assert!(shown(&everything(&engine, &open, statements)).is_some(), "what is no secret is shown: {statements}");
    }
    let mut all = Vec::new();
    for (name, arities) in natives.iter() {
        for arity in arities {
            match arity {
                0 => {}
                1 => all.extend(SECRETS.iter().map(|a| format!("output(\"r\", {{ {name}({a}) }});"))),
                _ => {
                    let rest: String = [", \"b\"", ", s"].iter().take(arity - 2).copied().collect();
                    all.extend(pairs().map(|(a, b)| format!("output(\"r\", {{ {name}({a}, {b}{rest}) }});")));
                }
            }
        }
    }
    for (a, b) in pairs() {
        all.extend(OPERATORS.iter().map(|operator| format!("output(\"r\", {{ {a} {operator} {b} }});")));
        all.extend(ASSIGNMENTS.iter().map(|operator| format!("let r = {a}; r {operator} {b}; output(\"r\", r);")));
        all.push(format!("output(\"r\", {a}[{b}]);"));
        all.push(format!("output(\"r\", `${{{a}}}-${{{b}}}`);"));
        all.push(format!("output(\"r\", #{{ a: {a}, b: [{b}] }});"));
        all.push(format!("test::thing({a}, #{{ region: \"r\", text: {b} }});"));
    }
    for secret in SECRETS {
        all.extend(FORMS.iter().map(|form| form.replace('S', secret)));
        let given = |key: &str, value: &str| format!("test::thing(\"z\", #{{ region: \"r\", {key}: {value} }});");
        all.extend(OPTIONS.iter().map(|key| given(key, secret)));
        for key in ARGUMENTS {
            for value in [secret.to_string(), format!("[{secret}]"), format!("#{{ a: {secret} }}")] {
                all.push(given(key, &value));
            }
        }
    }
    assert!(all.len() > 10_000, "only {} are tried", all.len());
    let mut leaks = Vec::new();
    for statements in &all {
        if let Some(part) = shown(&everything(&engine, &fresh, statements)) {
            leaks.push(format!("{statements}\n  …{part}…"));
        }
    }
    assert!(leaks.is_empty(), "{} of {} show it:\n{}", leaks.len(), all.len(), leaks[..leaks.len().min(40)].join("\n"));
}
