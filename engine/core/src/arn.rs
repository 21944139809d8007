//! ARNs: what one tells of the resource that it names, by what the schema of its kind says about ids and ARNs.
//!
//! A sweep tells ARNs. Whoever reads what it found needs the id, and arguments to read it with: those that are part of
//! the ARN, and something that stands for the rest, since services give back everything that matters.

use std::collections::BTreeMap;

use crate::schema::{Field, Kind, Lit, Presence, Type};
use crate::template::{Piece, pieces};
use crate::value::{Float, Map, Value, intern};

/// The id of what an ARN names, and arguments to read it with; `None` where the ARN does not tell. What is no ARN is the
/// id itself.
pub fn named(kind: &Kind, arn: &str) -> Option<(String, Map<Value>)> {
    let shape = kind.outputs.iter().find(|field| field.name == "arn").map(|field| bare(field.like));
    let (id, parts) = match shape {
        // The id is the ARN itself, or no ARN is needed.
        _ if kind.id.starts_with("arn:") || !arn.starts_with("arn:") => (arn.to_owned(), BTreeMap::new()),
        Some(shape) => {
            let parts = parts(kind, shape, bare(arn))?;
            let id = parts.get("id").cloned().or_else(|| filled(kind.id, &parts));
            (id?, parts)
        }
        None if kind.service() == "ec2" => (arn.rsplit_once('/')?.1.to_owned(), BTreeMap::new()),
        None => return None,
    };
    let args = kind.args.iter().filter_map(|field| {
        let value = match parts.get(field.name) {
            Some(part) => Value::from(part.as_str()),
            None => stand_in(field)?,
        };
        Some((intern(field.name), value))
    });
    Some((id, args.collect()))
}

/// The kind of the resource that an ARN names, among those that can be tagged, by the shapes of their ARNs and ids.
pub fn kind_of(kinds: impl IntoIterator<Item = &'static Kind>, arn: &str) -> Option<&'static Kind> {
    let fitting = kinds.into_iter().filter(|kind| !kind.lookup && kind.tags().is_some() && is_named(kind, arn));
    // Of several, the one whose shape says most; of a thing and its copies, which have ARNs of one shape, the thing.
    fitting.max_by_key(|kind| (plain_length(arn_shape(kind).unwrap_or_default()), std::cmp::Reverse(kind.name.len())))
}

/// What the ARNs of a kind look like, if its schema says so.
fn arn_shape(kind: &Kind) -> Option<&'static str> {
    let own = kind.outputs.iter().find(|field| field.name == "arn").map(|field| field.like);
    own.filter(|like| like.starts_with("arn:")).or_else(|| Some(kind.id).filter(|id| id.starts_with("arn:")))
}

fn is_named(kind: &Kind, arn: &str) -> bool {
    match arn_shape(kind) {
        Some(shape) => parts(kind, bare(shape), bare(arn)).is_some(),
        // The ids of EC2 begin with what they are of.
        None if kind.service() == "ec2" && bare(arn).starts_with("ec2:") => {
            let begin = &kind.id[..kind.id.find('{').unwrap_or(0)];
            !begin.is_empty() && arn.rsplit_once('/').is_some_and(|(_, id)| id.starts_with(begin))
        }
        None => false,
    }
}

/// How long a shape is without its holes.
fn plain_length(shape: &str) -> usize {
    match shape.split_once('{') {
        Some((before, rest)) => before.len() + plain_length(rest.split_once('}').map_or("", |(_, rest)| rest)),
        None => shape.len(),
    }
}

/// What stands in the holes of an ARN's shape. A part that is as usual may be missing, with the slash after it.
fn parts(kind: &Kind, shape: &str, arn: &str) -> Option<BTreeMap<String, String>> {
    let fitting = |shape: &str, mut parts: BTreeMap<String, String>| fits(shape, arn, &mut parts).then_some(parts);
    fitting(shape, BTreeMap::new()).or_else(|| {
        kind.args.iter().find_map(|field| {
            let Presence::Default(Lit::Str(usual)) = field.presence else { return None };
            let hole = format!("{{{}}}/", field.name);
            let short = shape.contains(&hole).then(|| shape.replace(&hole, ""))?;
            fitting(&short, BTreeMap::from([(field.name.to_owned(), usual.to_owned())]))
        })
    })
}

/// An ARN without what says that it is one, and without the partition.
fn bare(arn: &str) -> &str {
    arn.splitn(3, ':').nth(2).unwrap_or(arn)
}

/// Whether a text has a shape, and what stands in the shape's holes. What stands in a hole ends where the text goes on as
/// the shape does; of two holes side by side, the first is a path, which ends with its last slash.
fn fits(shape: &str, text: &str, parts: &mut BTreeMap<String, String>) -> bool {
    let Some((before, hole)) = shape.split_once('{') else { return shape == text };
    let (Some((hole, shape)), Some(text)) = (hole.split_once('}'), text.strip_prefix(before)) else { return false };
    let next = &shape[..shape.find('{').unwrap_or(shape.len())];
    let end = match (shape, next) {
        ("", _) => Some(text.len()),
        (_, "") => text.rfind('/').map(|slash| slash + 1),
        (_, next) => text.find(next),
    };
    let Some(end) = end else { return false };
    parts.insert(hole.to_owned(), text[..end].to_owned());
    fits(shape, &text[end..], parts)
}

/// A shape with its holes filled, if all of them can be.
fn filled(shape: &str, parts: &BTreeMap<String, String>) -> Option<String> {
    let Some((before, hole)) = shape.split_once('{') else { return Some(shape.to_owned()) };
    let (hole, rest) = hole.split_once('}')?;
    Some(format!("{before}{}{}", parts.get(hole)?, filled(rest, parts)?))
}

/// The id that arguments make, where it consists of nothing else; `None` where the service chooses it, or an argument
/// that is part of it is not known.
pub fn id_of(kind: &Kind, args: &Map<Value>) -> Option<String> {
    let mut id = String::new();
    for piece in pieces(kind.id) {
        match piece {
            Piece::Text(text) => id.push_str(text),
            Piece::Attribute(name) => match (kind.arg(name)?, args.get(name).map(Value::reveal)) {
                (_, Some(Value::Str(text))) if !text.is_empty() => id.push_str(text),
                (_, Some(Value::Int(number))) => id.push_str(&number.to_string()),
                // Where a part is missing, so may be what stands around it.
                _ => return None,
            },
            Piece::Random(..) | Piece::Uuid | Piece::Account => return None,
        }
    }
    Some(id)
}

/// Arguments that stand for those that a kind must have.
pub fn stand_ins(kind: &Kind) -> Map<Value> {
    kind.args.iter().filter_map(|field| Some((intern(field.name), stand_in(field)?))).collect()
}

/// Something to stand for an argument that must be there.
fn stand_in(field: &Field) -> Option<Value> {
    match field.presence {
        Presence::Required => Some(empty(&field.ty)),
        Presence::Default(_) if matches!(field.ty, Type::Object(_)) => Some(empty(&field.ty)),
        Presence::Default(value) => Some(value.value()),
        // A name is made where none is given.
        _ if field.name_rule.is_some() => Some(empty(&field.ty)),
        Presence::Optional | Presence::Computed => None,
    }
}

fn empty(ty: &Type) -> Value {
    match ty {
        Type::Any | Type::Str => Value::str(""),
        Type::Bool => Value::Bool(false),
        Type::Int => Value::Int(0),
        Type::Float => Value::Float(Float(0.0)),
        Type::List(_) => Value::List(Vec::new()),
        Type::Json | Type::Policy | Type::Map(_) => Value::Map(Map::new()),
        Type::Object(fields) => {
            Value::Map(fields.iter().filter_map(|field| Some((intern(field.name), stand_in(field)?))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn text(name: &'static str, presence: Presence) -> Field {
        Field { presence, ..Field::new(name, "", Type::Str) }
    }

    #[test]
    fn arguments_make_an_id_where_it_is_made_of_them() {
        const ARGS: &[Field] =
            &[text("api", Presence::Required), text("path", Presence::Optional), text("set", Presence::Computed)];
        let kind = |id| Kind { id, ..Kind::new("t.x", "", ARGS, &[]) };
        let args = Map::from([("api".into(), Value::str("a"))]);
        for (shape, id) in [
            ("{api}", Some("a")),
            ("{api}/{path}", None),
            ("{api}/{set}", None),
            ("{alnum:6}", None),
            ("arn:{account}:{api}", None),
        ] {
            assert_eq!(id_of(&kind(shape), &args).as_deref(), id, "{shape}");
        }
        assert_eq!(id_of(&kind("{api}"), &Map::new()), None);
    }

    #[test]
    fn what_is_no_arn_is_the_id() {
        let kind = Kind::new("t.x", "", &[], &[]);
        assert_eq!(named(&kind, "i-1"), Some(("i-1".to_owned(), Map::new())));
        assert_eq!(named(&kind, "arn:aws:t:us-east-1:1:x/i-1"), None);
    }
}
