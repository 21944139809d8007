//! References: whether what an argument reads from another resource may stand there.
//!
//! What is not known yet has a type all the same, and a shape: its kind says what the attribute looks like
//! ([`Field::like`]). An argument that takes a list is not given a text, one that takes the ARN of a role not that of a
//! bucket, and one that takes an ARN not an id. What can be several things, and what has no shape, is not judged.

use crate::diagnostic::Diagnostic;
use crate::expr::{AttrRef, Expr, PartKey};
use crate::fit;
use crate::graph::{Graph, Node};
use crate::registry::Registry;
use crate::schema::{BUILT_IN, Condition, Field, Kind, Type};
use crate::template::{Piece, pieces};
use crate::walk::{Spot, Tree, walk};

/// Finds arguments that read what cannot stand there.
pub fn check(graph: &Graph, registry: &Registry) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for node in graph.nodes.values() {
        for (name, value) in &node.args {
            let Some(field) = node.kind.arg(name) else { continue };
            if value.known().is_some() {
                continue;
            }
            walk(&Spot::of(field), value.into(), &mut |spot, tree| {
                let Tree::Open(open) = tree else { return false };
                if matches!(open, Expr::List(_) | Expr::Map(_)) {
                    return true;
                }
                found.extend(misplaced(spot, open, node, registry));
                false
            });
        }
    }
    found
}

/// That an expression cannot stand at a place.
fn misplaced(spot: &Spot<'_>, open: &Expr, node: &Node, registry: &Registry) -> Option<Diagnostic> {
    let found = type_of(open, registry)?;
    let (message, help) = match takes(spot.ty, found) {
        false => {
            let what = subject(open);
            (
                format!("`{}` must be {}, and {what} is {}", spot.name(), spot.ty.article(), found.article()),
                mend(spot.ty, found, open),
            )
        }
        true => {
            let Expr::Attr(read) = open else { return None };
            let list = spot.around().filter(|_| spot.is_item());
            let field = list.map_or(spot.field, |list| list.field)?;
            let kind = registry.get(read.address.kind())?;
            if suits(field, kind, &read.attr, registry) {
                return None;
            }
            let wanted = fit::meant(field).unwrap_or_else(|| "something else".to_owned());
            let message = format!("`{}` must be {}, and {} is not", spot.name(), wanted, subject(open));
            (message, Some(right(field, kind, read, registry)))
        }
    };
    let d = Diagnostic::error(message).at(node.site.of(&spot.path(), false), format!("of `{}`", node.address));
    Some(match help {
        Some(help) => d.help(help),
        None => d,
    })
}

/// What an expression gives, as far as that is known.
fn type_of(open: &Expr, registry: &Registry) -> Option<Type> {
    match open {
        Expr::Known(_) | Expr::List(_) | Expr::Map(_) => None,
        Expr::Attr(read) => registry.get(read.address.kind())?.attribute(&read.attr),
        Expr::Get(whole, PartKey::Name(name)) => type_of(whole, registry)?.entry(name),
        Expr::Get(whole, PartKey::Index(_)) => type_of(whole, registry)?.item(),
        Expr::Concat(_) => Some(Type::Str),
        Expr::Call(function, _) => Some(function.signature().result),
    }
}

/// Whether what is of a type may stand where another one is expected.
fn takes(wanted: Type, found: Type) -> bool {
    match (wanted, found) {
        (Type::Any | Type::Json | Type::Policy, _) | (_, Type::Any | Type::Json | Type::Policy) => true,
        (Type::List(wanted), Type::List(found)) | (Type::Map(wanted), Type::Map(found)) => takes(*wanted, *found),
        (Type::Map(_) | Type::Object(_), Type::Map(_) | Type::Object(_)) | (Type::Float, Type::Int) => true,
        (wanted, found) => wanted == found,
    }
}

/// What messages call an expression.
fn subject(open: &Expr) -> String {
    match open {
        Expr::Attr(read) => format!("the `{}` of `{}`", read.attr, read.address),
        Expr::Concat(_) => "this text".to_owned(),
        other => format!("`{}`", crate::text::shortened(other, 80)),
    }
}

/// How what is of one type becomes what is of another.
fn mend(wanted: Type, found: Type, open: &Expr) -> Option<String> {
    let short = match open {
        Expr::Attr(read) => {
            let kind = read.address.kind();
            format!("{}.{}", kind.rsplit('.').next().unwrap_or(kind), read.attr)
        }
        _ => "it".to_owned(),
    };
    match (wanted, found) {
        (Type::List(inner), one) if takes(*inner, one) => Some(format!("put it in brackets: `[{short}]`")),
        (one, Type::List(inner)) if takes(one, *inner) => Some(format!("take one of its items: `{short}[0]`")),
        (one, Type::Object(fields)) => {
            let fit =
                fields.iter().filter(|field| takes(one, field.ty)).map(|field| format!("`{short}.{}`", field.name));
            let fit: Vec<String> = fit.collect();
            (!fit.is_empty()).then(|| format!("take one of its entries: {}", fit.join(", ")))
        }
        (Type::Str, Type::Int | Type::Float | Type::Bool) => Some(format!("put it into a text: `` `${{{short}}}` ``")),
        _ => None,
    }
}

/// Whether an attribute of a kind may stand at a field that takes it by its type.
fn suits(field: &Field, kind: &'static Kind, attr: &str, registry: &Registry) -> bool {
    let reference = field.refers.filter(|refers| refers.to != "*");
    let is_read = field.checks.iter().any(|check| matches!(check, Condition::Grammar(_)));
    let Some((kind, attr)) = origin(kind, attr, registry).filter(|_| is_read || reference.is_some()) else {
        // A pattern alone does not tell what a text means.
        return true;
    };
    let expected = reference.and_then(|refers| origin(registry.get(refers.kind())?, refers.attr(), registry));
    if expected.as_ref().is_some_and(|(of, name)| of.name == kind.name && *name == attr) {
        return true;
    }
    let Some(sample) = sample(kind, &attr) else { return true };
    if !fit::has_form(field, &sample) {
        return false;
    }
    let Some((expected, name)) = expected else { return true };
    match beginning(expected, &name) {
        // Ids such as `vpc-0123` tell their kind.
        Some(beginning) if reads_as_it_is(field) => sample.starts_with(beginning),
        _ => expected.service() == kind.service() || !is_name(kind, &attr),
    }
}

/// Whether no condition says what the field takes, so that it is what it refers to.
fn reads_as_it_is(field: &Field) -> bool {
    !field.checks.iter().any(|check| matches!(check, Condition::Grammar(_) | Condition::Pattern(_)))
}

/// Whether an attribute is the name or the id of its resource.
fn is_name(kind: &Kind, attr: &str) -> bool {
    attr == "id" || kind.arg(attr).is_some_and(|field| field.name_rule.is_some())
}

/// Whose attribute it is in the end: an argument that refers to another kind is that one's, and an id may be the name.
fn origin(kind: &'static Kind, attr: &str, registry: &Registry) -> Option<(&'static Kind, String)> {
    const MOST: usize = 8;
    let (mut kind, mut attr) = (kind, attr.to_owned());
    for _ in 0..MOST {
        if let Some(same) = template(kind, &attr).and_then(only_hole) {
            attr = same.to_owned();
            continue;
        }
        let argument = kind.arg(&attr).filter(|_| kind.output(&attr).is_none());
        match argument.and_then(|field| field.refers) {
            None => return Some((kind, attr)),
            Some(reference) if reference.to == "*" => return None,
            Some(reference) => {
                kind = registry.get(reference.kind())?;
                attr = reference.attr().to_owned();
            }
        }
    }
    None
}

/// The attribute that a template is nothing but.
fn only_hole(template: &'static str) -> Option<&'static str> {
    let mut all = pieces(template);
    match (all.next(), all.next()) {
        (Some(Piece::Attribute(name)), None) => Some(name),
        _ => None,
    }
}

/// What an attribute begins with in every resource of a kind, when it tells what it is of.
fn beginning(kind: &'static Kind, attr: &str) -> Option<&'static str> {
    match pieces(template(kind, attr)?).next()? {
        Piece::Text(text) if text.len() >= 2 => Some(text),
        _ => None,
    }
}

fn template(kind: &'static Kind, attr: &str) -> Option<&'static str> {
    let like = match attr {
        "id" => kind.id,
        _ => kind.output(attr).or_else(|| kind.arg(attr))?.like,
    };
    (!like.is_empty()).then_some(like)
}

/// A value that an attribute could have. None where that is the program's own text.
fn sample(kind: &'static Kind, attr: &str) -> Option<String> {
    fn fill(kind: &'static Kind, attr: &str, depth: usize) -> Option<String> {
        let Some(like) = template(kind, attr).filter(|_| depth > 0) else {
            return match attr {
                "region" => Some("us-east-1".to_owned()),
                _ => {
                    let rule = kind.arg(attr)?.name_rule?;
                    let stem = if rule.max < 6 { "s" } else { "sample" };
                    Some(format!("{}{stem}", rule.prefix))
                }
            };
        };
        let mut text = String::new();
        for piece in pieces(like) {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Random(alphabet, count) => {
                    let first = alphabet.first().map_or('0', |byte| char::from(*byte));
                    text.extend(std::iter::repeat_n(first, count));
                }
                Piece::Uuid => text.push_str("01234567-89ab-4cde-8f01-23456789abcd"),
                Piece::Account => text.push_str("123456789012"),
                Piece::Attribute(name) => {
                    text.push_str(&fill(kind, name, depth - 1).unwrap_or_else(|| "sample".into()))
                }
            }
        }
        Some(text)
    }
    const DEPTH: usize = 6;
    fill(kind, attr, DEPTH)
}

/// What to write instead.
fn right(field: &Field, kind: &'static Kind, read: &AttrRef, registry: &Registry) -> String {
    let names = kind.outputs.iter().map(|output| output.name).chain(BUILT_IN.iter().copied());
    let names = names.chain(kind.args.iter().filter(|arg| arg.name_rule.is_some()).map(|arg| arg.name));
    let first = field.refers.filter(|refers| refers.kind() == kind.name).map(|refers| refers.attr());
    // Without a shape nothing tells that it is right.
    let fits = |name: &&str| {
        sample(kind, name).is_some()
            && kind.attribute(name) == Some(Type::Str)
            && suits(field, kind, name, registry)
            && **name != *read.attr
    };
    let is_known = !reads_as_it_is(field) || first.is_some();
    match first.into_iter().chain(names).find(|name| is_known && fits(name)) {
        Some(name) => format!("write its `{name}`: `{}.{name}`", kind.short()),
        None => match field.refers.filter(|refers| refers.to != "*") {
            Some(refers) => format!("give {}", fit::named(refers)),
            None => "give another attribute, or another resource".to_owned(),
        },
    }
}
