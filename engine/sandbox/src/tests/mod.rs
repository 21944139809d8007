//! Tests of the sandbox on a registry written for them: every fact that a kind can state is stated by one here.

mod batch;
mod disk;
mod facts;
mod faults;
mod leftovers;
mod planes;
mod roles;
mod time;

use std::sync::Arc;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{Cloud as _, CloudError, ErrorClass, Intent, Live, Settled, Sought, Target};
use dr_core::region::GLOBAL;
use dr_core::registry::Registry;
use dr_core::schema::{Condition, Excluded, Exclusion, Field, Kind, Lit, Place, Presence, Reference, Scope, Type};
use dr_core::traces::Holding;
use dr_core::value::{Map, Str, Value};

use crate::{Sandbox, SandboxOptions, Speed};

pub(super) const EAST: &str = "us-east-1";
pub(super) const WEST: &str = "us-west-2";
/// What the resources of these tests are tagged with.
pub(super) const OURS: Sought<'static> = Sought { environment: "pr-7", program: Some("payments") };

const fn arg(name: &'static str, ty: Type) -> Field {
    Field { presence: Presence::Optional, ..Field::new(name, "", ty) }
}
const fn refers(name: &'static str, to: &'static str, blocks_delete: bool) -> Field {
    Field { refers: Some(Reference { to, blocks_delete }), ..arg(name, Type::Str) }
}
const fn like(name: &'static str, ty: Type, like: &'static str) -> Field {
    Field { like, ..arg(name, ty) }
}
const fn computed(field: Field) -> Field {
    Field { presence: Presence::Computed, ..field }
}
const fn volatile(field: Field) -> Field {
    Field { volatile: true, ..field }
}
const fn secret(field: Field) -> Field {
    Field { sensitive: true, ..field }
}

static VPC: Kind = Kind {
    id: "vpc-{hex:17}",
    create: Duration::from_secs(3),
    ..Kind::new(
        "net.vpc",
        "",
        &[arg("cidr", Type::Str), Field { tags: true, ..arg("tags", Type::Map(&Type::Str)) }],
        &[],
    )
};
static SUBNET: Kind =
    Kind { id: "subnet-{hex:17}", ..Kind::new("net.subnet", "", &[refers("vpc_id", "net.vpc.id", true)], &[]) };
/// Refers without blocking, from within a list of blocks.
static WATCH: Kind = Kind::new(
    "net.watch",
    "",
    &[arg("targets", Type::List(&Type::Object(&[refers("vpc", "net.vpc.id", false), arg("note", Type::Str)])))],
    &[],
);
static QUEUE: Kind = Kind {
    id: "https://sqs.{region}.amazonaws.com/{account}/{name}",
    unique: Some((&["name"], Scope::Region)),
    name_blocked: Duration::from_secs(60),
    create: Duration::from_secs(2),
    update: Duration::from_secs(5),
    delete: Duration::from_secs(10),
    ..Kind::new(
        "sqs.queue",
        "",
        &[
            arg("name", Type::Str),
            arg("delay", Type::Int),
            arg("redrive", Type::Object(&[refers("dead_letter_arn", "sqs.queue.arn", true)])),
            refers("key", "kms.key.arn", true),
        ],
        &[like("arn", Type::Str, "arn:aws:sqs:{region}:{account}:{name}"), like("url", Type::Str, "{id}")],
    )
};
static KEY: Kind = Kind {
    id: "{uuid}",
    ..Kind::new("kms.key", "", &[], &[like("arn", Type::Str, "arn:aws:kms:{region}:{account}:key/{id}")])
};
static ALIAS: Kind = Kind {
    id: "{name}",
    ..Kind::new("kms.alias", "", &[arg("name", Type::Str), refers("key", "kms.key.arn", true)], &[])
};
static API: Kind = Kind { id: "{alnum:10}", ..Kind::new("api.rest", "", &[], &[]) };
static STAGE: Kind = Kind {
    deleted_with: Some("api"),
    ..Kind::new("api.stage", "", &[refers("api", "api.rest.id", true)], &[like("arn", Type::Str, "arn:{id}")])
};
static HOOK: Kind = Kind {
    deleted_with: Some("stage"),
    ..Kind::new("api.hook", "", &[refers("stage", "api.stage.arn", true), refers("vpc_id", "net.vpc.id", true)], &[])
};
static ROLE: Kind = Kind {
    place: Place::Global,
    id: "{name}",
    unique: Some((&["name"], Scope::Account)),
    ..Kind::new(
        "iam.role",
        "",
        &[
            Field { ignore_case: true, ..arg("name", Type::Str) },
            refers("boundary", "iam.policy.arn", true),
            Field { tags: true, ..arg("tags", Type::Map(&Type::Str)) },
        ],
        &[like("arn", Type::Str, "arn:aws:iam::{account}:role/{name}")],
    )
};
static POLICY: Kind = Kind {
    place: Place::Global,
    ..Kind::new("iam.policy", "", &[], &[like("arn", Type::Str, "arn:aws:iam::{account}:policy/{hex:6}")])
};
/// Everything that a value can look like.
static DATABASE: Kind = Kind {
    id: "db-{name}",
    ..Kind::new(
        "rds.database",
        "",
        &[
            arg("name", Type::Str),
            secret(arg("password", Type::Str)),
            Field { write_only: true, ..arg("script", Type::Str) },
            arg("login", Type::Object(&[arg("user", Type::Str), secret(arg("token", Type::Str))])),
            arg("env", Type::Map(&Type::Str)),
            computed(like("endpoint_name", Type::Str, "{name}-{alnum:6}")),
            computed(Field { checks: &[Condition::OneOf(&["a", "b"])], ..arg("engine", Type::Str) }),
            computed(Field { checks: &[Condition::Range(7, 35)], ..arg("retention", Type::Int) }),
            computed(refers("key", "kms.key.arn", true)),
        ],
        &[
            like("endpoint", Type::Str, "{endpoint_name}.{region}.example.com"),
            like("port", Type::Int, "5432"),
            like("zones", Type::List(&Type::Str), "{region}a, {region}b"),
            like("labels", Type::Map(&Type::Str), "name={name},place={region}"),
            arg("multi", Type::Bool),
            arg("host_name", Type::Str),
            volatile(arg("version", Type::Int)),
            volatile(like("revision", Type::Str, "{hex:8}")),
            like("stable", Type::Str, "{hex:8}"),
            secret(like("ticket", Type::Str, "t-{hex:8}")),
            arg(
                "members",
                Type::List(&Type::Object(&[
                    like("host", Type::Str, "{name}-0"),
                    Field { presence: Presence::Default(Lit::Int(3)), ..Field::new("weight", "", Type::Int) },
                    arg("absent", Type::Str),
                ])),
            ),
        ],
    )
};
static BUCKET: Kind = Kind {
    id: "{name}",
    unique: Some((&["name"], Scope::World)),
    ..Kind::new("s3.bucket", "", &[arg("name", Type::Str)], &[like("arn", Type::Str, "arn:aws:s3:::{name}")])
};
/// Several of one name, which change together.
static RECORD: Kind = Kind {
    place: Place::Global,
    id: "{name}/{type}/{set}",
    unique: Some((&["name", "type", "set"], Scope::Account)),
    batch: Some(&["name"]),
    exclusions: &[
        Exclusion { among: &["name"], field: "type", of: Excluded::Others("CNAME") },
        Exclusion { among: &["name", "type"], field: "set", of: Excluded::Others("") },
        Exclusion { among: &["name", "type"], field: "role", of: Excluded::Equals },
        Exclusion { among: &["name", "type"], field: "weight", of: Excluded::Nothing },
    ],
    update: Duration::from_secs(2),
    delete: Duration::from_secs(2),
    ..Kind::new(
        "dns.record",
        "",
        &[
            Field { ignore_case: true, ..arg("name", Type::Str) },
            arg("type", Type::Str),
            Field { presence: Presence::Default(Lit::Str("")), ..Field::new("set", "", Type::Str) },
            arg("role", Type::Str),
            arg("weight", Type::Int),
            arg("value", Type::Str),
        ],
        &[],
    )
};
static ZONES: Kind = Kind {
    lookup: true,
    ..Kind::new(
        "aws.zones",
        "",
        &[arg("state", Type::Str)],
        &[
            like("names", Type::List(&Type::Str), "{region}a,{region}b,{region}c"),
            like("account", Type::Str, "{account}"),
        ],
    )
};
/// What holds its subnet for a while after it is gone.
static WORKER: Kind = Kind {
    delete: Duration::from_secs(5),
    holds: Some(Holding { by: &["network"], typical: Duration::from_secs(100), worst: Duration::from_secs(300) }),
    ..Kind::new(
        "fn.worker",
        "",
        &[
            refers("key", "kms.key.arn", true),
            arg("network", Type::Object(&[Field { refers: SUBNETS, ..arg("subnets", Type::List(&Type::Str)) }])),
        ],
        &[],
    )
};
const SUBNETS: Option<Reference> = Some(Reference { to: "net.subnet.id", blocks_delete: true });
static GROUP: Kind = Kind {
    place: Place::Global,
    id: "{name}",
    unique: Some((&["name"], Scope::Account)),
    ..Kind::new("db.group", "", &[arg("name", Type::Str)], &[])
};
/// Of each group, one takes writes.
static MEMBER: Kind = Kind {
    create: Duration::from_secs(10),
    update: Duration::from_secs(2),
    ..Kind::new(
        "db.member",
        "",
        &[Field { member: true, switched: true, ..refers("group", "db.group.id", true) }, arg("size", Type::Int)],
        &[Field { switched: true, ..volatile(like("writes", Type::Bool, "true")) }, like("arn", Type::Str, "arn:{id}")],
    )
};
static RANDOM: Kind = Kind { place: Place::Local, ..Kind::new("random.password", "", &[], &[]) };

static KINDS: [&Kind; 19] = [
    &VPC, &SUBNET, &WATCH, &QUEUE, &KEY, &ALIAS, &API, &STAGE, &HOOK, &ROLE, &POLICY, &DATABASE, &BUCKET, &RECORD,
    &ZONES, &WORKER, &GROUP, &MEMBER, &RANDOM,
];

pub(super) fn registry() -> Arc<Registry> {
    Arc::new(Registry::new(KINDS))
}

pub(super) fn options(speed: Speed) -> SandboxOptions {
    SandboxOptions { speed, ..SandboxOptions::default() }
}

pub(super) fn instant() -> Sandbox {
    Sandbox::in_memory(registry(), options(Speed::Instant)).unwrap()
}

/// JSON as arguments.
pub(super) fn args(json: &str) -> Map<Value> {
    Value::from_json(json).unwrap().as_map().unwrap().clone()
}

/// One resource of a test: what every call about it needs.
#[derive(Clone)]
pub(super) struct Thing {
    pub(super) kind: &'static Kind,
    pub(super) region: Option<&'static str>,
    pub(super) intent: Intent,
}

/// A thing of a kind, in the first region unless its kind is global.
pub(super) fn thing(kind: &str, name: &str) -> Thing {
    let kind = registry().get(kind).unwrap();
    let intent = Intent {
        op: format!("op-{}-{name}", kind.name).into(),
        environment: "pr-7".into(),
        program: "payments".into(),
        address: Address::new("", kind.name, name).unwrap(),
    };
    Thing { kind, region: (kind.place == Place::Regional).then_some(EAST), intent }
}

impl Thing {
    pub(super) fn in_region(mut self, region: &'static str) -> Thing {
        self.region = Some(region);
        self.intent.op = format!("{}-{region}", self.intent.op).into();
        self
    }
    pub(super) fn at(&self) -> Target<'_> {
        Target { kind: self.kind, region: self.region, address: &self.intent.address }
    }
    pub(super) async fn create(&self, s: &Sandbox, json: &str) -> Result<Str, CloudError> {
        s.create(self.at(), &args(json), &self.intent).await
    }
    pub(super) async fn find(&self, s: &Sandbox) -> Result<Option<Str>, CloudError> {
        s.find(self.at(), &Map::new(), &self.intent).await
    }
    pub(super) async fn settle(&self, s: &Sandbox, id: &str) -> Result<Settled, CloudError> {
        s.settle(self.at(), id, &Map::new()).await
    }
    pub(super) async fn read(&self, s: &Sandbox, id: &str) -> Result<Option<Live>, CloudError> {
        s.read(self.at(), id, &Map::new()).await
    }
    pub(super) async fn update(&self, s: &Sandbox, id: &str, json: &str) -> Result<(), CloudError> {
        s.update(self.at(), id, &Map::new(), &args(json)).await
    }
    pub(super) async fn delete(&self, s: &Sandbox, id: &str) -> Result<(), CloudError> {
        s.delete(self.at(), id, &Map::new()).await
    }
    pub(super) async fn deleted(&self, s: &Sandbox, id: &str) -> Result<Settled, CloudError> {
        s.deleted(self.at(), id, &Map::new()).await
    }
}

/// That a call failed with this class and code; gives its message.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, CloudError>, class: ErrorClass, code: &str) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.class, &*error.code), (class, code), "{error}");
    error.message
}

/// What waits for this long.
pub(super) fn wait(time: Duration) -> Settled {
    Settled::Wait(Some(time))
}
