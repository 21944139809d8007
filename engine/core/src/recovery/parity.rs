//! Parity: compares the resources of the primary region with those of the secondary one.
//!
//! Two resources are twins when they are of one kind and called the same, apart from the region and from the words for the
//! two sides. Of twins, everything is compared but what must differ: names, networks' addresses, and what a store has
//! where it is written alone.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::address::Address;
use crate::cidr;
use crate::expr::Expr;
use crate::graph::Node;
use crate::schema::Kind;
use crate::value::{Map, Str, Value};

/// What differs between two regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parity {
    /// The region that works.
    pub primary: Str,
    /// The region that stands by.
    pub secondary: Str,
    /// How many resources have a twin.
    pub twins: usize,
    /// The twins, by their addresses.
    #[serde(skip)]
    pub pairs: Vec<(Address, Address)>,
    /// The arguments in which twins differ.
    pub differences: Vec<Disparity>,
    /// The resources that only the primary region has.
    pub only_primary: Vec<Address>,
    /// The resources that only the secondary region has.
    pub only_secondary: Vec<Address>,
}

/// An argument in which twins differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disparity {
    /// The resource of the primary region.
    pub primary: Address,
    /// Its twin.
    pub secondary: Address,
    /// The argument, or the part of it.
    pub argument: String,
    /// What it is in the primary region; nothing where it is not given.
    pub here: Option<String>,
    /// What it is in the secondary region.
    pub there: Option<String>,
}

/// The words for the two sides, as people name them.
const SIDES: [&[&str]; 2] = [
    &["primary", "pri", "main", "active", "first", "front", "writer"],
    &["secondary", "sec", "dr", "standby", "second", "back", "reader", "replica"],
];

/// What is of one kind where it is written, and of another where it is followed.
const FOLLOWERS: &[(&str, &str)] = &[
    ("dynamodb.table", "dynamodb.table_replica"),
    ("secretsmanager.secret", "secretsmanager.replica"),
    ("kms.key", "kms.replica_key"),
    ("ec2.vpc_peering", "ec2.vpc_peering_accepter"),
];

/// Arguments that only the one has where a store is written.
const OF_WRITERS: &[(&str, &[&str])] = &[(
    "rds.cluster",
    &[
        "database_name",
        "master_username",
        "master_password",
        "manage_master_user_password",
        "master_user_secret_kms_key_id",
    ],
)];

/// Kinds that there is one of for both regions: what is copied from one to the other, what is computed, and what only shows
/// how each region is.
const ONCE: &[&str] = &[
    "cloudwatch.dashboard",
    "s3.bucket_replication",
    "secretsmanager.secret_version",
    "secretsmanager.rotation",
    "rds.global_cluster",
    "rds.engine_version",
];

/// A resource that may have a twin.
#[derive(Debug, Clone, Copy)]
pub struct MaybeTwin<'a> {
    /// Its address.
    pub address: &'a Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its region.
    pub region: Option<&'a Str>,
    /// Its arguments, as far as they are known.
    pub args: &'a Map<Expr>,
}

impl<'a> From<&'a Node> for MaybeTwin<'a> {
    fn from(node: &'a Node) -> MaybeTwin<'a> {
        MaybeTwin { address: &node.address, kind: node.kind, region: node.region.as_ref(), args: &node.args }
    }
}

/// Compares the two regions that most resources are in; `None` where all are in one.
pub fn parity(all: &[MaybeTwin<'_>]) -> Option<Parity> {
    let (primary, secondary) = regions(all)?;
    let side = |region: &Str, side: usize| -> BTreeMap<(String, String), &MaybeTwin<'_>> {
        // What belongs to no region belongs to the side that its component is called after.
        let is_of_side = |node: &&MaybeTwin<'_>| match node.region {
            Some(of) => of == region,
            None => words(node.address.path()).any(|word| SIDES[side].contains(&word.to_lowercase().as_str())),
        };
        let of = all.iter().filter(is_of_side).filter(|node| !node.kind.lookup);
        let of = of.filter(|node| !ONCE.contains(&node.kind.name));
        let other = if side == 0 { &secondary } else { &primary };
        let names = Names { region, other, words: SIDES[side] };
        of.map(|node| ((family(node.kind.name).to_owned(), names.neutral(node.address.as_str(), node.kind.name)), node))
            .collect()
    };
    let (first, second) = (side(&primary, 0), side(&secondary, 1));
    let names = [
        Names { region: &primary, other: &secondary, words: SIDES[0] },
        Names { region: &secondary, other: &primary, words: SIDES[1] },
    ];
    let mut found = Parity {
        primary: primary.clone(),
        secondary: secondary.clone(),
        twins: 0,
        pairs: Vec::new(),
        differences: Vec::new(),
        only_primary: Vec::new(),
        only_secondary: second
            .iter()
            .filter(|(key, _)| !first.contains_key(*key))
            .map(|(_, node)| node.address.clone())
            .collect(),
    };
    for (key, node) in &first {
        match second.get(key) {
            Some(twin) => {
                found.twins += 1;
                found.pairs.push((node.address.clone(), twin.address.clone()));
                compare(node, twin, &names, &mut found.differences);
            }
            None => found.only_primary.push(node.address.clone()),
        }
    }
    Some(found)
}

/// The two regions that most is in: first the one whose resources are called as the primary side is.
fn regions(nodes: &[MaybeTwin<'_>]) -> Option<(Str, Str)> {
    let mut all: BTreeMap<&Str, (usize, usize)> = BTreeMap::new();
    for node in nodes.iter().filter(|node| !node.kind.lookup) {
        let Some(region) = node.region else { continue };
        let (number, primary) = all.entry(region).or_default();
        *number += 1;
        *primary +=
            usize::from(words(node.address.as_str()).any(|word| SIDES[0].contains(&word.to_lowercase().as_str())));
    }
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|(_, (number, _))| std::cmp::Reverse(*number));
    let [one, other, ..] = &all[..] else { return None };
    let (primary, secondary) = if one.1.1 >= other.1.1 { (one, other) } else { (other, one) };
    Some((primary.0.clone(), secondary.0.clone()))
}

fn family(kind: &str) -> &str {
    FOLLOWERS.iter().find(|(_, follower)| *follower == kind).map_or(kind, |(of, _)| of)
}

/// A name without the addresses of networks in it, as in `from-10.0.0.0-16`.
fn without_networks(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !is_part(c)).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(if number.trim_end_matches('.').split('.').count() == 4 { "{network}" } else { number });
        rest = after;
    }
    out + rest
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// How a side's own words and region are recognised, and the other one's region: what each side says of the other is alike.
struct Names<'a> {
    region: &'a str,
    other: &'a str,
    words: &'a [&'a str],
}

impl Names<'_> {
    /// A text without what says which side it is of.
    fn neutral(&self, text: &str, kind: &str) -> String {
        let text = text.replace(kind, family(kind)).replace(self.region, "{region}").replace(self.other, "{other}");
        let mut out = String::new();
        let mut word = String::new();
        let close = |word: &mut String, out: &mut String| {
            match self.words.contains(&word.to_lowercase().as_str()) {
                true => out.push_str("{side}"),
                false => out.push_str(word),
            }
            word.clear();
        };
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                word.push(c);
            } else {
                close(&mut word, &mut out);
                out.push(c);
            }
        }
        close(&mut word, &mut out);
        without_networks(&out)
    }
}

/// Whether two expressions say the same, each for its side. What both sides share is the same, whatever side it is called
/// after.
fn alike(here: &Expr, there: &Expr, names: &[Names<'_>; 2]) -> bool {
    let all = |here: &[Expr], there: &[Expr]| {
        here.len() == there.len() && here.iter().zip(there).all(|(here, there)| alike(here, there, names))
    };
    here == there
        || match (here, there) {
            (Expr::Known(here), Expr::Known(there)) => {
                names[0].neutral(&here.to_json(), "\0") == names[1].neutral(&there.to_json(), "\0")
            }
            (Expr::Attr(here), Expr::Attr(there)) => {
                let name = |names: &Names<'_>, of: &Address| names.neutral(of.as_str(), of.kind());
                here.attr == there.attr && name(&names[0], &here.address) == name(&names[1], &there.address)
            }
            (Expr::Get(here, key), Expr::Get(there, other)) => key == other && alike(here, there, names),
            (Expr::Call(function, here), Expr::Call(other, there)) => function == other && all(here, there),
            (Expr::List(here), Expr::List(there)) | (Expr::Concat(here), Expr::Concat(there)) => all(here, there),
            (Expr::Map(here), Expr::Map(there)) => {
                here.keys().eq(there.keys()) && here.values().zip(there.values()).all(|(a, b)| alike(a, b, names))
            }
            _ => false,
        }
}

fn compare(node: &MaybeTwin<'_>, twin: &MaybeTwin<'_>, names: &[Names<'_>; 2], found: &mut Vec<Disparity>) {
    if node.kind.name != twin.kind.name {
        return;
    }
    let of_writers = OF_WRITERS.iter().find(|(kind, _)| *kind == node.kind.name).map_or(&[][..], |(_, fields)| fields);
    for field in node.kind.args {
        // Names carry the side in their own way; what must be kept secret is told by nobody.
        if field.name_rule.is_some() || field.sensitive || field.tags || of_writers.contains(&field.name) {
            continue;
        }
        let mut parts = Vec::new();
        differ(field.name.to_owned(), node.args.get(field.name), twin.args.get(field.name), names, &mut parts);
        found.extend(parts.into_iter().map(|(argument, [here, there])| Disparity {
            primary: node.address.clone(),
            secondary: twin.address.clone(),
            argument,
            here,
            there,
        }));
    }
}

/// The parts of an argument that differ, each with what it is on both sides.
fn differ(
    path: String,
    here: Option<&Expr>,
    there: Option<&Expr>,
    names: &[Names<'_>; 2],
    found: &mut Vec<(String, [Option<String>; 2])>,
) {
    let (here, there) = (here.filter(|e| !is_null(e)), there.filter(|e| !is_null(e)));
    let is_same = match (here, there) {
        (Some(here), Some(there)) => alike(here, there, names) || (is_of_place(here) && is_of_place(there)),
        (here, there) => here.is_none() && there.is_none(),
    };
    if is_same {
        return;
    }
    match (here.map(parts), there.map(parts)) {
        (Some(Some(a)), Some(Some(b))) if a.len() == b.len() && a.keys().eq(b.keys()) => {
            for (key, part) in &a {
                differ(format!("{path}.{key}"), Some(part), b.get(key), names, found);
            }
        }
        _ => found.push((path, [here, there].map(|side| side.map(ToString::to_string)))),
    }
}

/// The parts of a list or map, by their numbers or keys.
fn parts(expr: &Expr) -> Option<BTreeMap<String, Expr>> {
    let numbered = |(number, part): (usize, Expr)| (number.to_string(), part);
    Some(match expr {
        Expr::List(items) => items.iter().cloned().enumerate().map(numbered).collect(),
        Expr::Map(map) => map.iter().map(|(key, part)| (key.to_string(), part.clone())).collect(),
        Expr::Known(Value::List(items)) => items.iter().cloned().map(Expr::Known).enumerate().map(numbered).collect(),
        Expr::Known(Value::Map(map)) => {
            map.iter().map(|(key, part)| (key.to_string(), Expr::Known(part.clone()))).collect()
        }
        _ => return None,
    })
}

fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Known(Value::Null))
}

/// Whether a value says where something is: addresses of networks, and ARNs, which carry a region and ids.
fn is_of_place(expr: &Expr) -> bool {
    match expr {
        Expr::Known(value) => value.as_str().is_some_and(|text| cidr::parse(text).is_ok() || text.starts_with("arn:")),
        _ => false,
    }
}
