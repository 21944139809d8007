//! Sowing: from a few numbers to the first program of a sequence.

use dr_core::graph::ReplaceOrder;
use dr_core::schema::Kind;
use dr_core::value::Value;
use proptest::prelude::*;

use crate::common::PASSWORD;
use crate::kinds::{BASE, CHILD, ENTRY, LOOKUP, NODE, ROLE, STORE};
use crate::program::{ENVIRONMENT, Given, Program, Slot};

/// The versions that a base can have, in the order in which it can go through them.
pub const VERSIONS: [&str; 3] = ["15.15", "15.16", "16.2"];
/// The tiers that a base can have, likewise.
pub const TIERS: [&str; 2] = ["plain", "large"];

/// One slot in a few numbers. Zeros make the simplest one.
#[derive(Debug, Clone)]
pub struct Seed {
    kind: u8,
    region: u8,
    args: [u8; 6],
    options: u8,
}

pub fn seed() -> impl Strategy<Value = Seed> {
    (0..100u8, 0..10u8, any::<[u8; 6]>(), any::<u8>()).prop_map(|(kind, region, args, options)| Seed {
        kind,
        region,
        args,
        options,
    })
}

/// The first program.
pub fn program(seeds: &[Seed]) -> Program {
    let mut program = Program::default();
    for seed in seeds {
        let slot = slot(&program, seed);
        program.slots.push(slot);
    }
    program
}

/// One of the earlier slots of a kind, or none: the lower the number, the likelier.
pub fn earlier(program: &Program, before: usize, kind: &Kind, number: u8) -> Option<usize> {
    let fitting = |(_, slot): &(usize, &Slot)| slot.kind.name == kind.name;
    let all: Vec<usize> = program.slots[..before].iter().enumerate().filter(fitting).map(|(i, _)| i).collect();
    // Half of the numbers mean none.
    (number >= 128 && !all.is_empty()).then(|| all[usize::from(number) % all.len()])
}

pub fn text(text: impl AsRef<str>) -> Given {
    Given::Plain(Value::str(text))
}

pub fn number(number: impl Into<i64>) -> Given {
    Given::Plain(Value::Int(number.into()))
}

/// The name that a slot has at first.
fn name(number: usize) -> Given {
    text(format!("n{number}-{ENVIRONMENT}"))
}

fn slot(program: &Program, seed: &Seed) -> Slot {
    let here = program.slots.len();
    let [a, b, c, d, e, f] = seed.args;
    let any_of = |kind: &Kind, number: u8| earlier(program, here, kind, number);
    let has = |kind: &Kind| program.slots.iter().any(|slot| slot.kind.name == kind.name);
    let kind: &'static Kind = match seed.kind {
        0..=24 => &STORE,
        25..=54 => &NODE,
        55..=62 if has(&STORE) => &CHILD,
        63..=70 => &BASE,
        71..=82 => &ENTRY,
        83..=91 => &ROLE,
        92..=95 => &PASSWORD,
        96..=99 => &LOOKUP,
        _ => &STORE,
    };
    let mut slot = Slot::new(kind, format!("s{here}"));
    slot.region = usize::from(seed.region > 6);
    let mut give = |name: &'static str, given: Option<Given>| {
        if let Some(given) = given {
            slot.args.insert(name, given);
        }
    };
    let arn = |number: usize| Given::Of(number, "arn");
    match kind.name {
        "t.store" => {
            let made =
                any_of(&NODE, b).filter(|_| b % 8 == 0).map(|node| Given::Join(format!("n{here}-"), node, "proof"));
            give("name", Some(made.unwrap_or_else(|| name(here))));
            give("class", Some(text(["warm", "cold"][usize::from(c % 2)])));
            give("chosen", (d > 220).then(|| text("mine")));
            give("role", (e > 200).then(|| text("main")));
        }
        "t.node" => {
            give("image", Some(text(["1", "2"][usize::from(a % 2)])));
            let store = any_of(&STORE, b);
            match b % 4 {
                0 => give("group", store.map(|store| Given::Of(store, "name"))),
                1 => give("topic", store.map(arn)),
                _ => give("store", store.map(arn)),
            }
            give("peer", any_of(&NODE, c).map(arn));
            give("role", any_of(&ROLE, d).map(arn));
            give("friends", any_of(&NODE, e).filter(|_| e % 3 == 0).map(|node| Given::ListOf(node, "arn")));
            give("secret", any_of(&PASSWORD, e).map(|password| Given::Of(password, "result")));
            give(
                "note",
                match f % 4 {
                    0 => None,
                    1 => any_of(&STORE, f).map(|store| Given::Join("see ".into(), store, "path")),
                    2 => any_of(&LOOKUP, f).map(arn),
                    _ => Some(text("plain")),
                },
            );
        }
        "t.child" => {
            // A child without a store would go along with nothing.
            let store = any_of(&STORE, a | 128);
            give("store", store.map(arn));
            give("peer", any_of(&NODE, c).map(arn));
        }
        "t.base" => {
            give("name", Some(name(here)));
            give("version", Some(text(VERSIONS[usize::from(a) % 2])));
            give("tier", (b > 127).then(|| text(TIERS[usize::from(b) % 2])));
            give("group", any_of(&STORE, c).map(|store| Given::Of(store, "name")));
            give("model", any_of(&NODE, d).map(arn));
            give("scaling", (e > 200).then(|| text("on")));
        }
        "t.entry" => {
            // Several entries share a name, each with a class of its own; one without a class is the only one.
            let alone = a % 4 == 0;
            give("store", any_of(&STORE, b).map(|store| Given::Of(store, "name")));
            give("name", Some(text(if alone { format!("own{here}") } else { format!("Shared{}", a % 2) })));
            give("class", (!alone).then(|| text(format!("c{here}"))));
            give("peer", any_of(&NODE, c).map(arn));
        }
        "t.role" => {
            give("name", Some(name(here)));
            give("over", any_of(&ROLE, b).map(arn));
            give("peer", any_of(&NODE, c).map(arn));
        }
        "t.lookup" => {
            let of = any_of(&STORE, a).map(|store| Given::Join("of ".into(), store, "path"));
            give("name", Some(of.unwrap_or_else(|| text("there"))));
        }
        _ => {}
    }
    if kind.arg("size").is_some() {
        slot.args.insert("size", number(f % 3));
    }
    slot.order = match (kind.name, seed.options % 16) {
        ("t.store" | "t.base", 1) => Some(ReplaceOrder::DeleteFirst),
        ("t.node", 2) => Some(ReplaceOrder::CreateFirst),
        _ => None,
    };
    slot.protect = !kind.lookup && seed.options >> 4 == 15 && seed.options.is_multiple_of(4);
    slot.depends_on = (seed.options >> 4 == 7 && here > 0).then(|| usize::from(a) % here);
    slot.shown = seed.options >> 5 == 1;
    slot
}
