//! What the tests of the language share: a small registry, and shorthands to evaluate a text.
#![allow(dead_code)] // Each test file uses its own part of it.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use dr_core::grammar::Grammar;
use dr_core::grammar::form::{arns, units};
use dr_core::registry::Registry;
use dr_core::schema::{Condition, Field, Kind, Lit, NameRule, Place, Presence, Type};
use dr_core::value::Value;
use dr_script::{Environment, Evaluated, Host, Limits, Request, Root, ScriptFailure, Setting};

const STRING: &Type = &Type::Str;
const fn required(name: &'static str, ty: Type) -> Field {
    Field::new(name, "", ty)
}
const fn optional(name: &'static str, ty: Type) -> Field {
    Field { presence: Presence::Optional, ..Field::new(name, "", ty) }
}
const TAGS: Field = Field { tags: true, ..optional("tags", Type::Map(STRING)) };
const NAME: Field = Field {
    name_rule: Some(NameRule { max: 63, chars: "A-Za-z0-9._-", prefix: "", lower: false, ending: None }),
    ..Field::new("name", "The physical name.", Type::Str)
};
const RULE: &[Field] = &[
    required("id", Type::Str),
    Field {
        presence: Presence::Default(Lit::Int(30)),
        checks: &[Condition::Range(1, 365)],
        ..Field::new("days", "", Type::Int)
    },
    optional("prefixes", Type::List(STRING)),
];
const ENDPOINT: &[Field] = &[required("host", Type::Str), required("port", Type::Int)];

static QUEUE: Kind = Kind::new(
    "sqs.queue",
    "A queue.",
    &[
        NAME,
        Field {
            presence: Presence::Default(Lit::Int(30)),
            checks: &[Condition::Range(0, 43_200)],
            ..Field::new("visibility_timeout", "Seconds that a message stays hidden.", Type::Int)
        },
        optional("fifo", Type::Bool),
        optional("policy", Type::Policy),
        TAGS,
    ],
    &[required("arn", Type::Str), required("url", Type::Str)],
);
static BUCKET: Kind = Kind::new(
    "s3.bucket",
    "A bucket.",
    &[
        NAME,
        optional("versioning", Type::Bool),
        Field { checks: &[Condition::OneOf(&["private", "public-read"])], ..optional("acl", Type::Str) },
        optional("rules", Type::List(&Type::Object(RULE))),
        TAGS,
    ],
    &[required("arn", Type::Str), required("domain_name", Type::Str)],
);
static VPC: Kind = Kind::new(
    "ec2.vpc",
    "A network.",
    &[required("cidr_block", Type::Str), optional("dns", Type::Bool), TAGS],
    &[required("arn", Type::Str), required("main_route_table_id", Type::Str)],
);
static SUBNET: Kind = Kind::new(
    "ec2.subnet",
    "A subnet.",
    &[
        required("vpc_id", Type::Str),
        required("cidr_block", Type::Str),
        Field { presence: Presence::Computed, ..Field::new("zone", "", Type::Str) },
        TAGS,
    ],
    &[required("arn", Type::Str)],
);
static ROLE: Kind = Kind {
    place: Place::Global,
    ..Kind::new("iam.role", "A role.", &[NAME, required("trust", Type::Policy), TAGS], &[required("arn", Type::Str)])
};
static PASSWORD: Kind = Kind {
    place: Place::Local,
    ..Kind::new(
        "random.password",
        "A random password.",
        &[Field { presence: Presence::Default(Lit::Int(32)), ..Field::new("length", "", Type::Int) }],
        &[Field { sensitive: true, ..required("result", Type::Str) }],
    )
};
static SECRET: Kind = Kind::new(
    "secretsmanager.secret",
    "A secret.",
    &[NAME, Field { sensitive: true, ..optional("value", Type::Str) }],
    &[required("arn", Type::Str)],
);
static CLUSTER: Kind = Kind::new(
    "rds.cluster",
    "A database cluster.",
    &[NAME, optional("engine", Type::Str)],
    &[
        required("arn", Type::Str),
        required("port", Type::Int),
        required("members", Type::List(STRING)),
        required("endpoint", Type::Object(ENDPOINT)),
        required("labels", Type::Map(STRING)),
        required("encrypted", Type::Bool),
    ],
);
static FUNCTION: Kind = Kind::new(
    "lambda.function",
    "A function.",
    &[
        NAME,
        required("role", Type::Str),
        required("handler", Type::Str),
        optional("environment", Type::Map(STRING)),
        TAGS,
    ],
    &[required("arn", Type::Str)],
);
const AREA: Field = Field { checks: &[Condition::Region], ..required("region", Type::Str) };
const AREAS: Field = Field { checks: &[Condition::Region], ..optional("copies", Type::List(STRING)) };
static REGION_SETTING: Kind =
    Kind { place: Place::Global, ..Kind::new("account.region", "A region switched on.", &[AREA, AREAS], &[]) };
static EVENT_RULE: Kind = Kind::new(
    "events.rule",
    "A rule of events.",
    &[
        NAME,
        Field {
            checks: &[Condition::Grammar(Grammar::Schedule(units::EVENTS))],
            ..optional("schedule_expression", Type::Str)
        },
        Field { checks: &[Condition::Grammar(Grammar::Arn(&arns::ROLE))], ..optional("role_arn", Type::Str) },
        Field { checks: &[Condition::Grammar(Grammar::Cidr(16, 28))], ..optional("from", Type::List(STRING)) },
    ],
    &[required("arn", Type::Str)],
);
static ZONES: Kind = Kind {
    lookup: true,
    ..Kind::new("lookup.zones", "The zones of a region.", &[], &[required("names", Type::List(STRING))])
};

/// The registry of these tests.
pub fn registry() -> Arc<Registry> {
    Arc::new(Registry::new([
        &QUEUE,
        &BUCKET,
        &VPC,
        &SUBNET,
        &ROLE,
        &PASSWORD,
        &SECRET,
        &CLUSTER,
        &FUNCTION,
        &EVENT_RULE,
        &REGION_SETTING,
        &ZONES,
    ]))
}

/// The folder of script fixtures.
pub fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/scripts")
}

/// Limits that stop a runaway program quickly in an unoptimised build.
pub fn small() -> Limits {
    Limits { steps: 2_000_000, ..Limits::default() }
}

/// A host with the fixtures' modules.
pub fn host() -> Host {
    Host::new(registry(), vec![Root { label: "modules".into(), path: fixtures().join("modules") }], small())
}

/// A request for a text.
pub fn request(text: &str) -> Request {
    Request {
        program: "main".into(),
        source_name: "main.rhai".into(),
        text: text.into(),
        environment: Environment {
            suffix: "pr-7".into(),
            name: "review".into(),
            ephemeral: true,
            ..Environment::default()
        },
        settings: BTreeMap::new(),
    }
}

/// A request with settings as text.
pub fn request_with(text: &str, settings: &[(&str, &str)]) -> Request {
    let settings = settings.iter().map(|(k, v)| (k.to_string(), Setting::Text(v.to_string()))).collect();
    Request { settings, ..request(text) }
}

/// Evaluates a text that must be right.
#[track_caller]
pub fn ok(text: &str) -> Evaluated {
    match host().evaluate(&request(text)) {
        Ok(evaluated) => evaluated,
        Err(failure) => panic!("{text}\n{}", shown(&failure)),
    }
}

/// The output `o` of a text, as a person reads it.
#[track_caller]
pub fn output(text: &str) -> String {
    ok(text).graph.outputs["o"].value.to_string()
}

/// The output `o` of an expression, with a few resources around.
#[track_caller]
pub fn value(expression: &str) -> String {
    output(&format!("{RESOURCES}output(\"o\", {expression});"))
}

/// Resources for expressions: a queue `q`, a cluster `c`.
pub const RESOURCES: &str =
    "let q = sqs::queue(\"q\", #{ region: \"us-east-1\" }); let c = rds::cluster(\"c\", #{ region: \"us-east-1\" });\n";

/// The mistakes of a text that must be wrong, as text.
#[track_caller]
pub fn wrong(text: &str) -> String {
    match host().evaluate(&request(text)) {
        Ok(evaluated) => panic!("no mistake is found in\n{text}\n{:?}", evaluated.graph.outputs),
        Err(failure) => shown(&failure),
    }
}

/// The mistakes of an expression.
#[track_caller]
pub fn wrong_value(expression: &str) -> String {
    wrong(&format!("{RESOURCES}output(\"o\", {expression});"))
}

/// A failure as text: each message with place, help and calls.
pub fn shown(failure: &ScriptFailure) -> String {
    let mut text = String::new();
    for d in &failure.diagnostics {
        text += &format!("{d}\n");
        d.labels.iter().filter(|l| !l.text.is_empty()).for_each(|l| text += &format!("  {} {}\n", l.span, l.text));
        d.help.iter().for_each(|h| text += &format!("  help: {h}\n"));
        d.trace.iter().for_each(|f| text += &format!("  from {} {}\n", f.span, f.function));
    }
    text
}

/// A known text.
pub fn text(value: &str) -> Value {
    Value::str(value)
}
