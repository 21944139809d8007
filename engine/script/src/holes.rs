//! Every function and operator that programs can call, tried with a value that is not known yet.
//!
//! What comes out must be an error, or must still be unknown. The few answers that are known in spite of it are
//! listed, each with its reason; anything else that answers is a hole, through which a program would decide by a value
//! that does not exist. Run at every upgrade of Rhai.

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_core::expr::Expr;
use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, Type};
use rhai::Engine;

use crate::natives::natives;
use crate::request::Limits;
use crate::session::{self, Evaluation};

static THING: Kind =
    Kind::new("test.thing", "", &[], &[Field::new("arn", "", Type::Str), Field::new("any", "", Type::Any)]);

/// `o` and `a` are unknown, `l` and `m` hold unknowns, `q` is a resource.
const HEAD: &str = "let q = test::thing(\"q\", #{ region: \"us-east-1\" }); let o = q.arn; let a = q.any;\n\
                    let l = [o, o]; let m = #{ a: o };\n";
const UNKNOWN: &[&str] = &["o", "a", "l", "m", "q"];
const OTHERS: &[&str] = &["\"abc\"", "1", "[1, 2]", "#{ a: 1 }", "|x| x", "|x| true"];

/// Functions that answer although something inside a list or map is unknown.
const INSIDE: &[(&str, &str)] = &[
    ("len", "how many items or entries there are"),
    ("is_empty", "whether there are any"),
    ("keys", "keys are always known"),
    ("contains", "of a map: whether it has a key; of a list: a list is no number"),
    ("index_of", "a list is no number"),
    ("get", "another entry, or none"),
    ("remove", "takes another item or entry out"),
    ("find", "none of the items fits"),
    ("some", "decided by what is known"),
    ("all", "decided by what is known"),
    ("filter", "decided by what is known"),
    ("slice", "no items"),
    ("repeat", "no times"),
    ("opts", "options that are not there"),
    ("policy", "a document without statements"),
];

/// Functions that may be given an unknown itself, and answer.
const DIRECT: &[(&str, &str)] = &[
    ("push", "answers nothing"),
    ("insert", "answers nothing"),
    ("set", "answers nothing"),
    ("output", "answers nothing"),
    ("print", "answers nothing"),
    ("map", "the function does not look at its argument"),
    ("reduce", "the function does not look at its argument"),
    ("type_of", "that it is an output"),
];

/// Expressions with operators that answer.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("q == q", "one and the same resource"),
    ("q != q", "one and the same resource"),
    ("\"abc\" in m", "whether a map has a key"),
    ("l in [1, 2]", "a list is no number"),
    ("m in [1, 2]", "a map is no number"),
    ("m + #{ a: 1 }", "the unknown entry is replaced"),
];

fn may_answer(name: &str, expression: &str) -> bool {
    let named = |list: &[(&str, &str)]| list.iter().any(|(known, _)| *known == name);
    let direct = ["o", "a"].iter().any(|unknown| expression.split([' ', '(', ')', ',']).any(|word| word == *unknown));
    named(DIRECT) || named(INSIDE) && !direct || EXPRESSIONS.iter().any(|(known, _)| *known == expression)
}

enum Outcome {
    Refused,
    Unknown,
    Known(String),
}

fn attempt(engine: &Engine, fresh: &dyn Fn() -> Evaluation, expression: &str) -> Outcome {
    session::with(|s| *s = fresh());
    let text = format!("{HEAD}output(\"r\", {{ {expression} }});");
    let result = crate::compile::compile(engine, "holes.rhai", &text)
        .map_err(Box::from)
        .and_then(|(unit, ast)| crate::running::run_unit(engine, unit, &ast));
    let state = session::with(std::mem::take);
    match (result, state.outputs.get("r")) {
        (Err(_), _) | (_, None) => Outcome::Refused,
        _ if !state.problems.is_empty() => Outcome::Refused,
        (Ok(()), Some(output)) => match &output.value {
            Expr::Known(value) => Outcome::Known(value.to_string()),
            _ => Outcome::Unknown,
        },
    }
}

fn combinations(arity: usize) -> Vec<Vec<&'static str>> {
    let all: Vec<&str> = UNKNOWN.iter().chain(OTHERS).copied().collect();
    let mut found: Vec<Vec<&str>> = vec![Vec::new()];
    for _ in 0..arity {
        found = found.iter().flat_map(|head| all.iter().map(|a| [head.as_slice(), &[a]].concat())).collect();
    }
    found.retain(|args| args.iter().any(|a| UNKNOWN.contains(a)));
    found
}

#[test]
fn nothing_answers_for_an_unknown() {
    let registry = Arc::new(Registry::new([&THING]));
    let engine = crate::engine::build(&registry, &Limits::default());
    let natives = Arc::new(natives(&engine));
    let fresh = || {
        let mut session = Evaluation::default();
        session.registry = Some(registry.clone());
        session.natives = natives.clone();
        session
    };
    let mut tried = 0;
    let mut holes = BTreeSet::new();
    let mut attempt = |name: &str, expression: String| {
        tried += 1;
        if let Outcome::Known(answer) = attempt(&engine, &fresh, &expression)
            && !may_answer(name, &expression)
        {
            holes.insert(format!("{expression} answers {answer}"));
        }
    };
    for (name, arities) in natives.iter() {
        // Three arguments make thousands of combinations: there the unknown is the receiver or a list of unknowns.
        for arity in arities {
            for args in combinations((*arity).min(2)) {
                let rest = ["\"b\"", "\"c\""].iter().take(arity.saturating_sub(2)).copied();
                let args: Vec<&str> = args.into_iter().chain(rest).collect();
                attempt(name, format!("{name}({})", args.join(", ")));
            }
        }
    }
    for args in combinations(2) {
        for operator in
            ["+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||", "??", "&", "^"]
        {
            // `[..] == "x"` is false whatever is in the list, and `x ?? y` takes what is there.
            let by_type = args[0] != args[1] && ["==", "!=", "<", "<=", ">", ">="].contains(&operator);
            if !by_type && operator != "??" {
                attempt(operator, format!("{} {operator} {}", args[0], args[1]));
            }
        }
        attempt("index", format!("{}[{}]", args[0], args[1]));
        attempt("..", format!("{{ let n = 0; for i in {}..{} {{ n += 1; }} n }}", args[0], args[1]));
    }
    for unknown in UNKNOWN {
        for (name, expression) in [
            ("!", format!("!{unknown}")),
            ("-", format!("-{unknown}")),
            ("if", format!("if {unknown} {{ 1 }} else {{ 2 }}")),
            ("while", format!("{{ while {unknown} {{ break; }} 1 }}")),
            ("switch", format!("switch {unknown} {{ 1 => 1, _ => 2 }}")),
            ("key", format!("{{ let n = #{{}}; n[{unknown}] = 1; n }}")),
            ("call", format!("{unknown}.call()")),
            ("tag", format!("{unknown}.tag")),
        ] {
            attempt(name, expression);
        }
    }
    assert!(tried > 5_000, "only {tried} were tried");
    let holes: Vec<String> = holes.into_iter().collect();
    assert!(holes.is_empty(), "{} holes:\n{}", holes.len(), holes.join("\n"));
}
