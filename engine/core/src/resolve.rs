//! Arguments: from what a script gives to what a resource has.
//!
//! [`resolve`] refuses what the schema does not know, fills in defaults and makes physical names. What becomes known
//! later, while planning or applying, goes through [`settle`], which does the same for one argument.

use crate::expr::Expr;
use crate::fit::{Problem, check, keys_by_case, to_give, unknown_key};
use crate::naming::{self, NameRefusal, physical_name};
use crate::schema::{Field, Kind, NameEnding, Presence, Type};
use crate::secrecy;
use crate::value::{Float, Map, Value, intern};
use crate::walk::{Spot, Tree, map_open, map_value};

/// What a resource inherits from its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings<'a> {
    /// The resource's local name.
    pub name: &'a str,
    /// The environment's suffix.
    pub suffix: &'a str,
    /// Tags of the component.
    pub tags: Option<&'a Map<Expr>>,
}

/// Completes the arguments of a resource: refuses unknown ones, fills in defaults, names and inherited tags.
///
/// The result holds every argument that has a value; `Null` is left out.
pub fn resolve(kind: &Kind, given: Map<Expr>, around: &Surroundings<'_>) -> (Map<Expr>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut args = Map::new();
    let mut nothing = Vec::new();
    for (key, value) in given {
        let Some(field) = kind.arg(&key) else {
            problems.push(match kind.elsewhere.iter().find(|other| other.argument == &*key) {
                Some(other) => Problem {
                    on_key: true,
                    help: Some(other.help.to_owned()),
                    code: Some(other.id),
                    ..Problem::new(vec![key.clone()], format!("`{}` has no argument `{key}`", kind.name))
                },
                None => unknown_key(vec![key.clone()], kind.name, kind.args),
            });
            continue;
        };
        if value.is_null() {
            nothing.push(key);
        } else {
            let value = settle(field, value, &mut problems);
            args.insert(key, value);
        }
    }
    for field in kind.args {
        if field.tags {
            let own = args.remove(field.name);
            let twice =
                |tags: &Expr| field.ignore_key_case.then(|| keys_by_case(&Spot::of(field), tags.into())).flatten();
            let said = own.as_ref().is_some_and(|own| twice(own).is_some());
            if let Some(tags) = merge_tags(around.tags, own) {
                problems.extend(twice(&tags).filter(|_| !said));
                args.insert(intern(field.name), tags);
            }
        }
        if args.contains_key(field.name) {
            continue;
        }
        if field.name_rule.is_some() {
            continue;
        }
        match field.presence {
            Presence::Required => {
                let message = format!("`{}` needs the argument `{}`", kind.name, field.name);
                let (path, message) = match nothing.iter().find(|key| ***key == *field.name) {
                    Some(key) => (vec![key.clone()], format!("{message}, and this is nothing (`()`)")),
                    None => (Vec::new(), message),
                };
                problems.push(Problem { help: Some(to_give(field)), ..Problem::new(path, message) });
            }
            Presence::Default(_) => {
                args.extend(default(field).map(|value| (intern(field.name), Expr::Known(value))));
            }
            Presence::Optional | Presence::Computed => {}
        }
    }
    if let Some((field, rule)) = kind.args.iter().find_map(|field| Some((field, field.name_rule?)))
        && !args.contains_key(field.name)
    {
        let is_ended = |ending: &NameEnding| args.get(ending.when) == Some(&Expr::Known(Value::Bool(true)));
        let ending = rule.ending.filter(is_ended).map_or("", |ending| ending.text);
        match physical_name(&rule, around.name, around.suffix, ending) {
            Ok(name) => {
                args.insert(intern(field.name), Expr::str(&name));
            }
            Err(NameRefusal { message, help }) => {
                problems.push(Problem { help: Some(help), code: Some("C35"), ..Problem::new(Vec::new(), message) });
            }
        }
    } else {
        problems.extend(check_names(kind, &|name| args.get(name).map(Tree::from)));
    }
    args.shrink_to_fit();
    (args, problems)
}

/// What is wrong with what a resource is called, as far as it is known.
pub fn check_names<'a>(kind: &Kind, arg: &dyn Fn(&str) -> Option<Tree<'a>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for field in kind.args.iter().filter(|field| kind.identifies(field)) {
        let Some(given) = arg(field.name) else { continue };
        let (refused, code) = match (field.name_rule, given.known().and_then(Value::as_str)) {
            _ if secrecy::is_secret(given) => (Some(naming::secret(field.name)), None),
            (Some(rule), Some(text)) => {
                let ended = rule.ending.and_then(|ending| arg(ending.when)?.known()?.as_bool());
                (naming::refused(&rule, text, ended), Some("C35"))
            }
            _ => (None, None),
        };
        problems.extend(refused.map(|NameRefusal { message, help }| Problem {
            help: Some(help),
            code,
            ..Problem::new(vec![field.name.into()], message)
        }));
    }
    problems
}

/// One argument as it is to be, as far as it is known: checked, completed with the defaults inside it, and marked where
/// it is secret. What is wrong with it is added to the problems. Null where there is none after all.
pub fn settle(field: &Field, value: Expr, problems: &mut Vec<Problem>) -> Expr {
    if value.is_null() {
        if field.name_rule.is_some() || field.presence == Presence::Required {
            let message = format!("`{}` must be given, and it came out as nothing", field.name);
            problems.push(Problem::new(vec![field.name.into()], message));
        }
        return Expr::Known(default(field).unwrap_or_default());
    }
    check(field, &value, problems);
    secrecy::mark_expr(&Spot::of(field), complete_expr(&Spot::of(field), value))
}

/// Arguments with every default that the schema has, also inside of blocks.
pub fn complete(fields: &[Field], args: &Map<Value>) -> Map<Value> {
    let given = |field: &Field| args.get(field.name).filter(|value| !value.is_null()).cloned();
    let value = |field: &Field| match given(field) {
        Some(value) => Some(complete_value(&Spot::of(field), value)),
        None => default(field),
    };
    fields.iter().filter_map(|field| Some((intern(field.name), value(field)?))).collect()
}

/// What a field is when it is left out, if the schema says so.
fn default(field: &Field) -> Option<Value> {
    match field.presence {
        Presence::Default(literal) => {
            Some(secrecy::mark_value(&Spot::of(field), complete_value(&Spot::of(field), literal.value())))
        }
        _ => None,
    }
}

/// Tags of the component under the resource's own. Unknown tags as a whole cannot be merged, so the own ones win.
fn merge_tags(inherited: Option<&Map<Expr>>, own: Option<Expr>) -> Option<Expr> {
    let mut tags: Map<Expr> = inherited.cloned().unwrap_or_default();
    match own {
        Some(Expr::Known(Value::Map(map))) => tags.extend(map.into_iter().map(|(k, v)| (k, Expr::Known(v)))),
        Some(Expr::Map(map)) => tags.extend(map),
        Some(other) => return Some(other),
        None => {}
    }
    tags.retain(|_, value| !value.is_null());
    (!tags.is_empty()).then(|| Expr::map(tags))
}

/// Fills in the defaults of the blocks in a value, leaves out what is null, and brings numbers and documents into the
/// form of their type.
fn complete_value(spot: &Spot<'_>, value: Value) -> Value {
    if let Value::Secret(inner) = value {
        return complete_value(spot, Value::clone(&inner)).secret();
    }
    completed(spot, map_value(spot, value, &mut complete_value))
}

/// A value whose parts are complete.
fn completed(spot: &Spot<'_>, value: Value) -> Value {
    match (spot.ty, value) {
        (Type::Object(_) | Type::Map(_), Value::Map(mut map)) => {
            complete_entries(spot.ty, &mut map, Value::is_null, |value| value);
            Value::Map(map)
        }
        (Type::Float, Value::Int(i)) => Value::Float(Float(i as f64)),
        (Type::Json | Type::Policy, Value::Str(text)) => Value::from_json(&text).unwrap_or(Value::Str(text)),
        (_, other) => other,
    }
}

/// The same, as far as the shape of an expression is known.
fn complete_expr(spot: &Spot<'_>, expr: Expr) -> Expr {
    match expr {
        Expr::Known(value) => Expr::Known(complete_value(spot, value)),
        open => match (spot.ty, map_open(spot, open, &mut complete_expr)) {
            (Type::Object(_) | Type::Map(_), Expr::Map(mut map)) => {
                complete_entries(spot.ty, &mut map, Expr::is_null, Expr::Known);
                Expr::map(map)
            }
            (_, Expr::Known(value)) => Expr::Known(completed(spot, value)),
            (_, open) => open,
        },
    }
}

/// Leaves out the entries of a block or map that are null, and adds a block's defaults.
fn complete_entries<T>(ty: Type, entries: &mut Map<T>, is_null: fn(&T) -> bool, known: fn(Value) -> T) {
    entries.retain(|_, value| !is_null(value));
    let Type::Object(fields) = ty else { return };
    for field in fields {
        if !entries.contains_key(field.name)
            && let Some(value) = default(field)
        {
            entries.insert(intern(field.name), known(value));
        }
    }
}

#[cfg(test)]
mod tests;
