//! Kinds for tests: few, and among them each has most of the facts that kinds can have.
//!
//! What plans and what runs plans are tried with the same ones, so this file is a module of both.
#![allow(missing_docs, dead_code)]

use std::time::Duration;

use dr_core::diagnostic::Severity;
use dr_core::registry::Registry;
use dr_core::schema::{
    Allowed, Field, Kind, KindContents, Lit, Loss, OneWay, Place, Presence, Reference, Rule, Scope, Type,
};
use dr_core::traces::{Holding, Residue};

const OPTIONAL: Field = Field { presence: Presence::Optional, ..Field::new("", "", Type::Str) };
const fn refers(name: &'static str, to: &'static str, blocks_delete: bool) -> Field {
    Field { name, refers: Some(Reference { to, blocks_delete }), ..OPTIONAL }
}
const NAME: Field = Field { name: "name", replace: true, ..OPTIONAL };
const SIZE: Field = Field { name: "size", ty: Type::Int, ..OPTIONAL };
const ARN: Field = Field::new("arn", "", Type::Str);
/// Says nothing but where the resource is and what it is called.
const PATH: Field = Field { like: "stores/{region}/{name}", ..Field::new("path", "", Type::Str) };
/// Says what the note says, and nobody can know it before.
const PROOF: Field = Field { volatile: true, ..Field::new("proof", "", Type::Str) };
const REVISION: Field = Field { volatile: true, ..Field::new("revision", "", Type::Int) };
const FREE: Field = Field { name: "chosen", presence: Presence::Computed, ..OPTIONAL };
/// What a failover switches.
const SWITCHED: Field = Field { name: "role", switched: true, ..OPTIONAL };
const GUARD: Field = Field {
    name: "guard",
    ty: Type::Bool,
    presence: Presence::Default(Lit::Bool(false)),
    rules: &[Rule {
        id: "D01",
        severity: Severity::Error,
        allowed: Allowed::Only(Lit::Bool(false)),
        unless: "",
        why: "it cannot be deleted",
    }],
    ..Field::new("", "", Type::Bool)
};

const DATA: Option<KindContents> = Some(KindContents::Data(Loss { lost: "what is in it", kept: "nothing" }));
const KEYS: Option<KindContents> = Some(KindContents::Keys(Loss { lost: "what it opens", kept: "the key for a week" }));

/// Named, unique in its region; replaced delete-first unless its name changes.
pub static STORE: Kind = Kind {
    unique: Some((&["name"], Scope::Region)),
    contents: DATA,
    create: Duration::from_secs(10),
    ..Kind::new(
        "t.store",
        "",
        &[NAME, SIZE, FREE, GUARD, SWITCHED, Field { name: "class", replace: true, ..OPTIONAL }],
        &[ARN, REVISION, PATH],
    )
};
/// Nothing of it need be the only one; replaced create-first.
pub static NODE: Kind = Kind {
    contents: KEYS,
    ..Kind::new(
        "t.node",
        "",
        &[
            SIZE,
            Field { name: "note", ..OPTIONAL },
            Field { name: "image", replace: true, ..OPTIONAL },
            Field { replace: true, ..refers("store", "t.store.arn", true) },
            refers("peer", "t.node.arn", true),
            refers("topic", "t.store.arn", false),
            refers("group", "t.store.name", true),
            refers("role", "t.role.arn", true),
            Field { presence: Presence::Computed, ty: Type::List(&Type::Str), ..refers("friends", "t.node.arn", true) },
            Field { name: "secret", sensitive: true, write_only: true, ..OPTIONAL },
        ],
        &[ARN, REVISION, PROOF],
    )
};
/// Goes along with its store.
pub static CHILD: Kind = Kind {
    deleted_with: Some("store"),
    contents: DATA,
    ..Kind::new(
        "t.child",
        "",
        &[SIZE, Field { replace: true, ..refers("store", "t.store.arn", true) }, refers("peer", "t.node.arn", true)],
        &[ARN],
    )
};
/// A database: it may be a member of a group, whose copies wait for the first one; its version and tier go one way.
pub static BASE: Kind = Kind {
    unique: Some((&["name"], Scope::Region)),
    contents: DATA,
    ..Kind::new(
        "t.base",
        "",
        &[
            NAME,
            SIZE,
            Field {
                replace: true,
                removable: true,
                switched: true,
                member: true,
                ..refers("group", "t.store.name", true)
            },
            Field { name: "key", replace: true, ..OPTIONAL },
            Field { name: "version", one_way: Some(OneWay::Version), ..OPTIONAL },
            Field { name: "tier", one_way: Some(OneWay::Order(&["plain", "large"])), ..OPTIONAL },
            Field { name: "scaling", one_way: Some(OneWay::Stays), ..OPTIONAL },
            Field { copies: true, ..refers("model", "t.node.arn", true) },
        ],
        &[ARN],
    )
};
/// Entries of one store are changed by one call.
pub static ENTRY: Kind = Kind {
    unique: Some((&["store", "name", "class"], Scope::Region)),
    batch: Some(&["store", "name"]),
    ..Kind::new(
        "t.entry",
        "",
        &[
            Field { replace: true, ..refers("store", "t.store.name", true) },
            Field { ignore_case: true, ..NAME },
            Field { name: "class", replace: true, ..OPTIONAL },
            SIZE,
            refers("peer", "t.node.arn", true),
        ],
        &[ARN],
    )
};
/// In no region; its name is the only one of the account and can be changed.
pub static ROLE: Kind = Kind {
    place: Place::Global,
    unique: Some((&["name"], Scope::Account)),
    ..Kind::new(
        "t.role",
        "",
        &[
            Field { replace: false, ..NAME },
            SIZE,
            refers("peer", "t.node.arn", false),
            refers("over", "t.role.arn", true),
        ],
        &[ARN],
    )
};
/// Its service protects it while it is firm. Once it is deleted it holds its stores and links for a while, and leaves a
/// trace where it was traced.
pub static WORKER: Kind = Kind {
    holds: Some(Holding { by: &["stores", "link"], typical: Duration::from_secs(20), worst: Duration::from_secs(60) }),
    leaves: Some(Residue { one: "trace", many: "traces", lasts: Duration::from_secs(60), by: "traced" }),
    contents: DATA,
    update: Duration::from_secs(5),
    ..Kind::new(
        "t.worker",
        "",
        &[
            Field { name: "note", ..OPTIONAL },
            Field { name: "zones", ty: Type::List(&Type::Str), ..OPTIONAL },
            Field { name: "quiet", ty: Type::Bool, ..OPTIONAL },
            Field { name: "traced", ty: Type::Bool, ..OPTIONAL },
            Field { name: "firm", ty: Type::Bool, protects: true, ..OPTIONAL },
            Field { name: "shared", rules: UNSHARED, ..OPTIONAL },
            Field { ty: Type::List(&Type::Str), ..refers("stores", "t.store.arn", true) },
            Field { name: "link", ty: Type::Object(&[refers("node", "t.node.arn", true)]), ..OPTIONAL },
            refers("boss", "t.role.arn", true),
            refers("target", "*", true),
        ],
        &[ARN],
    )
};
/// A worker is shared only where a role says who may use it.
const UNSHARED: &[Rule] = &[Rule {
    id: "D08",
    severity: Severity::Error,
    allowed: Allowed::Absent,
    unless: "t.role",
    why: "whoever uses it is not known",
}];
/// Answers with something that is not managed.
pub static LOOKUP: Kind =
    Kind { lookup: true, ..Kind::new("t.lookup", "", &[Field { name: "name", ..OPTIONAL }], &[ARN]) };

pub fn registry() -> Registry {
    Registry::new([&STORE, &NODE, &CHILD, &BASE, &ENTRY, &ROLE, &WORKER, &LOOKUP])
}
