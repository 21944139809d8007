//! Properties of the walk and of everything that goes through it, over generated schemas and values.
//!
//! The generator notes each leaf as it makes it, so what the walk should see is known without walking.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::compare::{canonical, same};
use dr_core::diagnostic::Severity;
use dr_core::expr::Expr;
use dr_core::fit::check;
use dr_core::graph::Options;
use dr_core::plan::{Goal, Input, propose};
use dr_core::record::Snapshot;
use dr_core::registry::Registry;
use dr_core::resolve::{complete, settle};
use dr_core::schema::{Allowed, Field, Kind, Lit, Presence, Reference, Rule, Type};
use dr_core::secrecy::{mark, mark_expr, mark_value};
use dr_core::value::{Float, Map, Value};
use dr_core::walk::{Spot, each_field, each_known, walk};
use proptest::prelude::*;

/// Draws numbers from a seed, so that a case is one number.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }
}

const GUARDED: &[Rule] = &[Rule {
    id: "D01",
    severity: Severity::Error,
    allowed: Allowed::Only(Lit::Bool(false)),
    unless: "",
    why: "it would stay",
}];

/// A field of any type, some of them secret, referring or with a rule.
fn field(draw: &mut Draw, name: &'static str, depth: u64) -> Field {
    let ty = any_type(draw, depth);
    let base = Field::new(name, "", ty);
    Field {
        presence: match (ty, draw.below(3)) {
            (Type::Int, 0) => Presence::Default(Lit::Int(7)),
            (Type::Object(_), 0) => Presence::Default(Lit::EmptyMap),
            (_, 1) => Presence::Required,
            _ => Presence::Optional,
        },
        sensitive: draw.one_in(6),
        refers: draw.one_in(4).then(|| Reference { to: "x.other.arn", blocks_delete: draw.one_in(2) }),
        rules: if ty == Type::Bool { GUARDED } else { &[] },
        unordered: matches!(ty, Type::List(_)) && draw.one_in(2),
        ..base
    }
}

fn any_type(draw: &mut Draw, depth: u64) -> Type {
    const NAMES: [&str; 3] = ["a", "b", "c"];
    let sort = draw.below(if depth == 0 { 7 } else { 14 });
    match sort {
        0 => Type::Bool,
        1 => Type::Int,
        2 => Type::Float,
        3 => Type::Json,
        4 => Type::Policy,
        5 => Type::Any,
        6 => Type::Str,
        7 | 8 => Type::List(Box::leak(Box::new(any_type(draw, depth - 1)))),
        9 | 10 => Type::Map(Box::leak(Box::new(any_type(draw, depth - 1)))),
        _ => {
            let count = draw.below(4) as usize;
            let fields: Vec<Field> = NAMES.iter().take(count).map(|name| field(draw, name, depth - 1)).collect();
            Type::Object(Vec::leak(fields))
        }
    }
}

/// A leaf as the generator made it.
#[derive(Debug, Clone, PartialEq)]
struct Leaf {
    path: String,
    part: Expr,
    ty: Type,
    secret: bool,
    /// Of the field around it that refers to others, whether it blocks their deletion.
    blocks: Option<bool>,
    /// Whether it is the value of a field that has a rule.
    guarded: bool,
    item: bool,
}

/// What a generated value may hold.
#[derive(Clone, Copy)]
struct May {
    unknown: bool,
    null: bool,
}

struct Grow<'d> {
    draw: &'d mut Draw,
    may: May,
    leaves: Vec<Leaf>,
}

impl Grow<'_> {
    /// A value of this type; `leaf` says what is known of the place.
    fn value(&mut self, leaf: Leaf) -> Expr {
        let at = |last: &str| format!("{}.{last}", leaf.path);
        if self.may.null && !leaf.item && self.draw.one_in(8) {
            return self.leaf(Expr::Known(Value::Null), leaf);
        }
        if self.may.unknown && self.draw.one_in(5) {
            let address = Address::parse(&format!("x.other:o{}", self.leaves.len())).unwrap();
            return self.leaf(Expr::attr(&address, "arn"), leaf);
        }
        let text = format!("t{}t", self.leaves.len());
        match leaf.ty {
            Type::List(inner) => {
                let count = self.draw.below(4);
                let inside =
                    |i: u64| Leaf { path: at(&i.to_string()), ty: *inner, item: true, guarded: false, ..leaf.clone() };
                Expr::list((0..count).map(|i| self.value(inside(i))).collect())
            }
            Type::Map(inner) => {
                let count = self.draw.below(3);
                let inside = |i: u64| Leaf {
                    path: at(&format!("k{i}")),
                    ty: *inner,
                    item: false,
                    guarded: false,
                    ..leaf.clone()
                };
                Expr::map((0..count).map(|i| (format!("k{i}").as_str().into(), self.value(inside(i)))).collect())
            }
            Type::Object(fields) => {
                let mut map = Map::new();
                for field in fields {
                    if field.presence == Presence::Required || self.draw.one_in(2) {
                        let may = self.may;
                        self.may.null = may.null && field.presence != Presence::Required;
                        map.insert(field.name.into(), self.value(of(field, Some(&leaf))));
                        self.may = may;
                    }
                }
                Expr::map(map)
            }
            ty => {
                let value = match ty {
                    Type::Bool => Value::Bool(self.draw.one_in(2)),
                    Type::Int => Value::Int(self.draw.below(1_000) as i64),
                    Type::Float => Value::Float(Float(self.draw.below(100) as f64)),
                    Type::Json | Type::Any if self.draw.one_in(2) => {
                        Value::List(vec![Value::Map(Map::from([("x".into(), Value::from(text))]))])
                    }
                    Type::Json | Type::Policy => Value::from(format!("{{\"x\":\"{text}\"}}")),
                    _ => Value::from(text),
                };
                self.leaf(Expr::Known(value), leaf)
            }
        }
    }

    fn leaf(&mut self, part: Expr, leaf: Leaf) -> Expr {
        self.leaves.push(Leaf { part: part.clone(), ..leaf });
        part
    }
}

/// What is known of a field's place.
fn of(field: &Field, around: Option<&Leaf>) -> Leaf {
    Leaf {
        path: around.map_or(field.name.into(), |around| format!("{}.{}", around.path, field.name)),
        part: Expr::Known(Value::Null),
        ty: field.ty,
        secret: field.sensitive || around.is_some_and(|around| around.secret),
        blocks: around.and_then(|around| around.blocks).or(field.refers.map(|r| r.blocks_delete)),
        guarded: !field.rules.is_empty(),
        item: false,
    }
}

/// An argument and its leaves.
fn argument(seed: u64, may: May) -> (Field, Expr, Vec<Leaf>) {
    let mut draw = Draw(seed | 1);
    let field = field(&mut draw, "arg", 4);
    let mut grow = Grow { draw: &mut draw, may: May { null: false, ..may }, leaves: Vec::new() };
    grow.may.null = may.null;
    let value = grow.value(of(&field, None));
    let leaves = grow.leaves;
    (field, value, leaves)
}

/// The same expression with every known list and map as if some of it were unknown.
fn opened(expr: Expr) -> Expr {
    match expr {
        Expr::Known(Value::List(items)) => Expr::List(items.into_iter().map(|v| opened(Expr::Known(v))).collect()),
        Expr::Known(Value::Map(map)) => Expr::Map(map.into_iter().map(|(k, v)| (k, opened(Expr::Known(v)))).collect()),
        Expr::List(items) => Expr::List(items.into_iter().map(opened).collect()),
        Expr::Map(map) => Expr::Map(map.into_iter().map(|(k, e)| (k, opened(e))).collect()),
        other => other,
    }
}

fn closed(expr: &Expr) -> Expr {
    expr.reduce(&mut |_| None).unwrap()
}

/// Changes the part at a path.
fn put(expr: Expr, path: &[&str], part: &Expr) -> Expr {
    let Some((key, rest)) = path.split_first() else { return part.clone() };
    match opened_once(expr) {
        Expr::List(mut items) => {
            let at: usize = key.parse().unwrap();
            items[at] = put(items[at].clone(), rest, part);
            Expr::list(items)
        }
        Expr::Map(mut map) => {
            let inner = map.get(*key).unwrap().clone();
            map.insert((*key).into(), put(inner, rest, part));
            Expr::map(map)
        }
        other => other,
    }
}

fn opened_once(expr: Expr) -> Expr {
    match expr {
        Expr::Known(Value::List(items)) => Expr::List(items.into_iter().map(Expr::Known).collect()),
        Expr::Known(Value::Map(map)) => Expr::Map(map.into_iter().map(|(k, v)| (k, Expr::Known(v))).collect()),
        other => other,
    }
}

/// The leaves that the walk sees, in its order.
fn seen(field: &Field, value: &Expr) -> Vec<(String, String, bool)> {
    let mut seen = Vec::new();
    walk(&Spot::of(field), value.into(), &mut |spot, tree| {
        if tree.is_leaf(spot.ty) {
            let part = tree.known().map_or_else(|| value_of(tree), Value::to_string);
            seen.push((spot.to_string(), part, spot.secret));
        }
        true
    });
    seen
}

fn value_of(tree: dr_core::walk::Tree<'_>) -> String {
    match tree {
        dr_core::walk::Tree::Known(value) => value.to_string(),
        dr_core::walk::Tree::Open(expr) => expr.to_string(),
    }
}

const ALL: May = May { unknown: true, null: true };
const KNOWN: May = May { unknown: false, null: true };

fn leak(field: Field) -> &'static [Field] {
    Vec::leak(vec![field])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_sees_each_leaf_once_in_order(seed: u64) {
        let (field, value, leaves) = argument(seed, ALL);
        let made: Vec<_> = leaves.iter().map(|l| (l.path.clone(), l.part.to_string(), l.secret)).collect();
        prop_assert_eq!(seen(&field, &value), made);
    }

    #[test]
    fn what_is_known_as_a_whole_and_part_by_part_is_walked_alike(seed: u64) {
        let (field, value, _) = argument(seed, ALL);
        prop_assert_eq!(seen(&field, &opened(value.clone())), seen(&field, &value));
    }

    #[test]
    fn every_place_has_the_field_that_the_schema_lists(seed: u64) {
        let (field, value, _) = argument(seed, ALL);
        let mut listed = BTreeSet::new();
        each_field(&[field], &mut |spot, _| { listed.insert(spot.to_string()); });
        walk(&Spot::of(&field), (&value).into(), &mut |spot, _| {
            if spot.field.is_some() {
                // Indexes and the keys of maps are no fields.
                let path: Vec<String> = spot.path().iter().map(|p| p.to_string()).collect();
                let is_key = |p: &String| p.starts_with('k') || p.parse::<usize>().is_ok();
                let fields: Vec<String> = path.into_iter().filter(|p| !is_key(p)).collect();
                assert!(listed.contains(&fields.join(".")), "{spot}");
            }
            true
        });
    }

    #[test]
    fn exactly_what_is_secret_is_marked(seed: u64) {
        let (field, value, leaves) = argument(seed, ALL);
        let marked = mark_expr(&Spot::of(&field), value.clone());
        let (shown, forced) = (format!("{marked:?}"), format!("{:?}", mark_expr(&Spot::of(&field), opened(value.clone()))));
        for (number, leaf) in leaves.iter().enumerate() {
            let token = format!("t{number}t");
            if format!("{:?}", leaf.part).contains(&token) {
                prop_assert_eq!(shown.contains(&token), !leaf.secret, "{} in {}", leaf.path, shown);
                prop_assert_eq!(forced.contains(&token), !leaf.secret, "{} in {}", leaf.path, forced);
            }
        }
        prop_assert_eq!(mark_expr(&Spot::of(&field), marked.clone()), marked.clone());
        // Marks change nothing else.
        let mut bare = marked;
        each_known(&mut bare, &mut |v| { *v = v.revealed(); Ok::<(), ()>(()) }).unwrap();
        prop_assert_eq!(bare, value);
    }

    #[test]
    fn values_and_expressions_are_marked_alike(seed: u64) {
        let (field, value, _) = argument(seed, KNOWN);
        let Expr::Known(known) = value.clone() else { unreachable!() };
        let marked = mark_value(&Spot::of(&field), known.clone());
        prop_assert_eq!(mark_expr(&Spot::of(&field), value), Expr::Known(marked.clone()));
        let mut map = Map::from([("arg".into(), known)]);
        mark(&[field], &mut map);
        prop_assert_eq!(map.get("arg"), Some(&marked));
    }

    #[test]
    fn what_fits_is_not_refused_and_what_does_not_is_named(seed: u64, at: usize) {
        let (field, value, leaves) = argument(seed, ALL);
        let problems = |value: &Expr| {
            let mut problems = Vec::new();
            check(&field, value, &mut problems);
            problems
        };
        prop_assert_eq!(problems(&value), Vec::new());
        prop_assert_eq!(problems(&opened(value.clone())), Vec::new());
        // No type but that of documents takes a list of lists of nothing.
        let spoilt: Vec<&Leaf> =
            leaves.iter().filter(|l| !matches!(l.ty, Type::Any | Type::Json | Type::Policy | Type::List(_))).collect();
        if spoilt.is_empty() {
            return Ok(());
        }
        let leaf = spoilt[at % spoilt.len()];
        let path: Vec<&str> = leaf.path.split('.').skip(1).collect();
        for wrong in [Expr::Known(Value::List(vec![Value::Null])), Expr::List(vec![Expr::Known(Value::Null)])] {
            let found = problems(&put(value.clone(), &path, &wrong));
            prop_assert_eq!(found.len(), 1, "{:?}", found);
            prop_assert_eq!(found[0].path.join("."), leaf.path.clone());
        }
        // A secret that does not fit is not shown.
        if leaf.secret && leaf.ty != Type::Str {
            let found = problems(&put(value, &path, &Expr::str("hunter2")));
            prop_assert!(!found.is_empty() && !format!("{found:?}").contains("hunter2"), "{:?}", found);
        }
    }

    #[test]
    fn null_is_refused_as_an_item_and_counts_as_absent_elsewhere(seed: u64) {
        let (field, value, leaves) = argument(seed, May { unknown: true, null: false });
        let items = leaves.iter().filter(|l| l.item && !matches!(l.ty, Type::Any));
        for leaf in items {
            let path: Vec<&str> = leaf.path.split('.').skip(1).collect();
            let mut problems = Vec::new();
            check(&field, &put(value.clone(), &path, &Expr::Known(Value::Null)), &mut problems);
            prop_assert_eq!(problems.len(), 1, "{}: {:?}", leaf.path, problems);
        }
    }

    #[test]
    fn completing_twice_is_completing_once(seed: u64) {
        let (field, value, _) = argument(seed, ALL);
        let mut problems = Vec::new();
        let once = settle(&field, value.clone(), &mut problems);
        prop_assert_eq!(settle(&field, once.clone(), &mut problems), once.clone());
        // Part by part comes to the same.
        let forced = closed(&settle(&field, opened(value), &mut problems));
        let bare = |mut e: Expr| { each_known(&mut e, &mut |v| { *v = v.revealed(); Ok::<(), ()>(()) }).unwrap(); e };
        prop_assert_eq!(bare(forced), bare(once.clone()));
        // Every block has its defaults, and nothing that is null stays but in documents.
        walk(&Spot::of(&field), (&once).into(), &mut |spot, tree| {
            if let (Type::Object(fields), false) = (spot.ty, tree.is_leaf(spot.ty)) {
                for default in fields.iter().filter(|f| matches!(f.presence, Presence::Default(_))) {
                    assert!(tree.entry(default.name).is_some(), "{spot} has no {}", default.name);
                }
            }
            let root = spot.around().is_none();
            assert!(root || spot.is_item() || !tree.is_null() , "{spot} is null");
            true
        });
    }

    #[test]
    fn defaults_are_part_of_complete_arguments(seed: u64) {
        let (field, value, _) = argument(seed, KNOWN);
        let Expr::Known(known) = value.clone() else { unreachable!() };
        let all = complete(&[field], &Map::from([("arg".into(), known)]));
        let settled = settle(&field, value, &mut Vec::new());
        let settled = settled.known().unwrap().revealed();
        prop_assert_eq!(all.get("arg").cloned().unwrap_or_default().revealed(), settled);
    }

    #[test]
    fn one_form_for_each_meaning(seed: u64) {
        let (field, value, leaves) = argument(seed, KNOWN);
        let Expr::Known(known) = value else { unreachable!() };
        let form = canonical(&field, &known);
        prop_assert_eq!(canonical(&field, &form), form.clone());
        prop_assert!(same(&field, &known, &mark_value(&Spot::of(&field), known.clone())));
        // An entry that is null says what one says that is not there.
        let completed = |v: &Value| canonical(&field, v);
        let mut without = Expr::Known(known.clone());
        for leaf in leaves.iter().filter(|l| l.part.is_null()) {
            let path: Vec<&str> = leaf.path.split('.').skip(1).collect();
            let Some((last, before)) = path.split_last() else { continue };
            without = remove(without, before, last);
        }
        prop_assert_eq!(completed(without.known().unwrap()), form);
    }

    #[test]
    fn whatever_is_referred_to_is_needed(seed: u64) {
        let (field, value, leaves) = argument(seed, May { unknown: true, null: true });
        let kind: &'static Kind = Box::leak(Box::new(Kind::new("x.thing", "", leak(field), &[])));
        let node = support::node(kind, "x.thing:a", Map::from([("arg".into(), value)]), Options::default());
        let needs: BTreeMap<Address, bool> = node.needs().into_iter().map(|n| (n.address, n.blocks_delete)).collect();
        let made: BTreeMap<Address, bool> = leaves.iter()
            .filter_map(|l| match &l.part {
                Expr::Attr(r) => Some((r.address.clone(), l.blocks.unwrap_or(false))),
                _ => None,
            })
            .collect();
        prop_assert_eq!(needs, made);
    }

    #[test]
    fn rules_are_asked_wherever_the_field_stands(seed: u64) {
        let (field, value, leaves) = argument(seed, KNOWN);
        if value.is_null() {
            return Ok(());
        }
        let kind: &'static Kind = Box::leak(Box::new(Kind::new("x.thing", "", leak(field), &[])));
        let mut graph = support::graph(&[]);
        let node = support::node(kind, "x.thing:a", Map::from([("arg".into(), value)]), Options::default());
        graph.nodes.insert(node.address.clone(), node);
        let (snapshot, asked) = (Snapshot::default(), support::Asked::default());
        let plan = propose(&Input {
            goal: Goal::Apply,
            graph: &graph,
            snapshot: &snapshot,
            refreshed: &asked.refreshed,
            known: &asked.known,
            imports: &asked.imports,
            away: &Default::default(),
            aim: dr_core::selection::Aim::everything(),
            lift: false,
            registry: &Registry::new([kind]),
            environment: "pr-1",
            program: &"p".into(),
            identity: &dr_core::cloud::Identity { cloud: "test".into(), account: "1".into(), endpoint: None },
            team: None,
        });
        let guarded = leaves.iter().filter(|l| l.guarded && l.part == Expr::Known(Value::Bool(true)));
        let mut wanted: Vec<&str> = guarded.map(|l| &*l.path).collect();
        wanted.sort_unstable();
        let mut found: Vec<String> =
            plan.diagnostics.iter().map(|d| d.message.split('`').nth(1).unwrap_or_default().to_owned()).collect();
        found.sort_unstable();
        prop_assert_eq!(found, wanted);
    }
}

fn remove(expr: Expr, before: &[&str], last: &str) -> Expr {
    match (before.split_first(), opened_once(expr)) {
        (Some((key, rest)), Expr::Map(mut map)) => {
            let inner = map.get(*key).unwrap().clone();
            map.insert((*key).into(), remove(inner, rest, last));
            Expr::map(map)
        }
        (Some((key, rest)), Expr::List(mut items)) => {
            let at: usize = key.parse().unwrap();
            items[at] = remove(items[at].clone(), rest, last);
            Expr::list(items)
        }
        (None, Expr::Map(mut map)) => {
            map.remove(last);
            Expr::map(map)
        }
        (_, other) => other,
    }
}
