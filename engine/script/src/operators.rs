//! Operators on everything that is no number: texts, lists, maps, unknowns, resources.
//!
//! Nothing is silently false: what can be computed later is lifted into an expression, what needs a value now is an
//! error.

use std::cmp::Ordering;

use dr_core::expr::Expr;
use dr_core::function::Function;
use dr_core::limits;
use dr_core::number;
use dr_core::schema::Type;
use dr_core::value::Value;
use rhai::{Array, Dynamic, Engine, ImmutableString};

use crate::coerce::{article, expr_of, first_unknown, from_expr, scalar};
use crate::fault::{Res, ScriptFault};
use crate::numbers::ORDERS;
use crate::unknown::{OutputValue, ResourceHandle, walkable};

/// What `+` may do with a value.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Text,
    Number,
    List,
    Map,
    /// An unknown of unknown type.
    Any,
    Other,
}

fn shape(value: &Dynamic) -> Shape {
    if value.is_string() || value.is_char() {
        Shape::Text
    } else if value.is_int() || value.is_float() {
        Shape::Number
    } else if value.is_array() {
        Shape::List
    } else if value.is_map() {
        Shape::Map
    } else if let Some(output) = value.read_lock::<OutputValue>() {
        match output.ty {
            Type::Str => Shape::Text,
            Type::Int | Type::Float => Shape::Number,
            Type::List(_) => Shape::List,
            Type::Map(_) | Type::Object(_) => Shape::Map,
            Type::Any | Type::Json | Type::Policy => Shape::Any,
            Type::Bool => Shape::Other,
        }
    } else {
        Shape::Other
    }
}

/// `a + b`
fn plus(a: Dynamic, b: Dynamic) -> Result<Dynamic, ScriptFault> {
    let call = |function: Function, a: &Dynamic, b: &Dynamic| -> Result<Dynamic, ScriptFault> {
        let expr = walkable(Expr::call(function, vec![expr_of(a)?, expr_of(b)?])?)?;
        Ok(from_expr(expr, function.signature().result))
    };
    match (shape(&a), shape(&b)) {
        (Shape::Text, _) | (_, Shape::Text) => text(&[a, b]),
        (Shape::List, Shape::List) if a.is_array() && b.is_array() => {
            let mut a = a.cast::<Array>();
            extend(&mut a, b.cast::<Array>())?;
            Ok(Dynamic::from_array(a))
        }
        (Shape::Map, Shape::Map) if a.is_map() && b.is_map() => {
            let (mut a, b) = (a.cast::<rhai::Map>(), b.cast::<rhai::Map>());
            a.extend(b);
            Ok(Dynamic::from_map(a))
        }
        (Shape::Number | Shape::Any, Shape::Number) | (Shape::Number, Shape::Any) => call(Function::Add, &a, &b),
        (Shape::List | Shape::Any, Shape::List) | (Shape::List, Shape::Any) => call(Function::Append, &a, &b),
        (Shape::Map | Shape::Any, Shape::Map) | (Shape::Map, Shape::Any) => call(Function::Merge, &a, &b),
        (Shape::Any, Shape::Any) => {
            Err(ScriptFault::new("cannot tell whether these are texts, numbers, lists or maps")
                .help("put texts together in back-ticks: `${a}${b}`"))
        }
        _ => Err(ScriptFault::new(format!("cannot add {} to {}", article(&b), article(&a)))),
    }
}

/// Adds the items of a list to another.
fn extend(list: &mut Array, more: Array) -> Result<(), ScriptFault> {
    limits::items(list.len().checked_add(more.len()))?;
    list.extend(more);
    Ok(())
}

/// Adds a text to another.
fn join(a: &ImmutableString, b: &str) -> Result<ImmutableString, ScriptFault> {
    limits::text(a.len().checked_add(b.len()))?;
    Ok(a + b)
}

/// Puts values together as text; what is not known stays an expression.
pub(crate) fn text(parts: &[Dynamic]) -> Result<Dynamic, ScriptFault> {
    let mut exprs = Vec::with_capacity(parts.len());
    for part in parts {
        if part.is_unit() {
            return Err(ScriptFault::new("cannot put `()` into a text: there is no value here")
                .help("give a default: `value ?? \"..\"`"));
        }
        if let Some(resource) = part.read_lock::<ResourceHandle>() {
            return Err(resource.whole("put into a text"));
        }
        exprs.push(expr_of(part)?);
    }
    Ok(from_expr(walkable(Expr::concat(exprs)?)?, Type::Str))
}

/// `a - b` and the like, where not both are known numbers.
fn arithmetic(symbol: &str, function: Function, a: &Dynamic, b: &Dynamic) -> Result<Dynamic, ScriptFault> {
    let numeric = |v: &Dynamic| matches!(shape(v), Shape::Number | Shape::Any);
    if numeric(a) && numeric(b) {
        let expr = walkable(Expr::call(function, vec![expr_of(a)?, expr_of(b)?])?)?;
        return Ok(from_expr(expr, Type::Any));
    }
    let odd = if numeric(a) { b } else { a };
    let what = odd.read_lock::<OutputValue>().map(|o| format!("`{}`, which is {}", o.shown(), o.ty.article()));
    Err(ScriptFault::new(format!("cannot use `{symbol}` with {}", what.unwrap_or_else(|| article(odd).to_owned()))))
}

/// Whether two values are the same. An unknown is never `()`, so that asking whether an option was given works.
pub(crate) fn equal(a: &Dynamic, b: &Dynamic) -> Result<bool, ScriptFault> {
    if a.is_unit() || b.is_unit() {
        return Ok(a.is_unit() && b.is_unit());
    }
    for value in [a, b] {
        if let Some(output) = value.read_lock::<OutputValue>() {
            return Err(output.refuse("compare"));
        }
    }
    if let (Some(a), Some(b)) = (a.read_lock::<ResourceHandle>(), b.read_lock::<ResourceHandle>()) {
        return Ok(a.0.address == b.0.address);
    }
    for value in [a, b] {
        if let Some(resource) = value.read_lock::<ResourceHandle>() {
            return Err(resource.whole("compare with something else"));
        }
    }
    if let (Ok(a), Ok(b)) = (a.as_array_ref(), b.as_array_ref()) {
        if a.len() != b.len() {
            return Ok(false);
        }
        for (a, b) in a.iter().zip(b.iter()) {
            if !equal(a, b)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if let (Ok(a), Ok(b)) = (a.as_map_ref(), b.as_map_ref()) {
        if !a.keys().eq(b.keys()) {
            return Ok(false);
        }
        for (a, b) in a.values().zip(b.values()) {
            if !equal(a, b)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if a.is_array() || a.is_map() || b.is_array() || b.is_map() {
        return Ok(false);
    }
    if let (Ok(a), Ok(b)) = (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
        return Ok(*a == *b);
    }
    match (scalar(a), scalar(b)) {
        (Some(a), Some(b)) => Ok(number::compare(&a, &b).map_or(a == b, Ordering::is_eq)),
        // What has no value at all is refused.
        _ => Ok(expr_of(a)? == expr_of(b)?),
    }
}

/// The order of two values that are both known: numbers, texts or truth values.
fn order(symbol: &str, a: &Dynamic, b: &Dynamic) -> Result<Ordering, ScriptFault> {
    if let Some(output) = first_unknown(a).or_else(|| first_unknown(b)) {
        return Err(output.refuse("compare"));
    }
    if let (Ok(a), Ok(b)) = (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
        return Ok(a.as_str().cmp(b.as_str()));
    }
    let order = match (scalar(a), scalar(b)) {
        (Some(Value::Str(a)), Some(Value::Str(b))) => Some(a.cmp(&b)),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => Some(a.cmp(&b)),
        (Some(a), Some(b)) => number::compare(&a, &b),
        _ => None,
    };
    order.ok_or_else(|| ScriptFault::new(format!("cannot use `{symbol}` with {} and {}", article(a), article(b))))
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_fn("+", |a: Dynamic, b: Dynamic| -> Res<Dynamic> { Ok(plus(a, b)?) });
    engine.register_fn("+", |a: ImmutableString, b: ImmutableString| -> Res<ImmutableString> { Ok(join(&a, &b)?) });
    engine.register_fn("+=", |a: &mut Dynamic, b: Dynamic| -> Res<()> {
        *a = plus(a.clone(), b)?;
        Ok(())
    });
    engine.register_fn("+=", |a: &mut ImmutableString, b: ImmutableString| -> Res<()> {
        limits::text(a.len().checked_add(b.len())).map_err(ScriptFault::from)?;
        *a += b;
        Ok(())
    });
    engine.register_fn("+=", |a: &mut Array, b: Array| -> Res<()> { Ok(extend(a, b)?) });
    for (symbol, function) in
        [("-", Function::Subtract), ("*", Function::Multiply), ("/", Function::Divide), ("%", Function::Modulo)]
    {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Res<Dynamic> {
            Ok(arithmetic(symbol, function, &a, &b)?)
        });
        engine.register_fn(format!("{symbol}="), move |a: &mut Dynamic, b: Dynamic| -> Res<()> {
            *a = arithmetic(symbol, function, a, &b)?;
            Ok(())
        });
    }
    engine.register_fn("-", |a: OutputValue| -> Res<Dynamic> {
        Ok(arithmetic("-", Function::Subtract, &0.into(), &Dynamic::from(a))?)
    });
    engine.register_fn("==", |a: Dynamic, b: Dynamic| -> Res<bool> { Ok(equal(&a, &b)?) });
    engine.register_fn("!=", |a: Dynamic, b: Dynamic| -> Res<bool> { Ok(!equal(&a, &b)?) });
    for (symbol, holds) in ORDERS {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Res<bool> { Ok(holds(order(symbol, &a, &b)?)) });
    }
    for (symbol, wanted) in [("max", Ordering::Greater), ("min", Ordering::Less)] {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Res<Dynamic> {
            Ok(if order(symbol, &b, &a)? == wanted { b } else { a })
        });
    }
    for symbol in ["..", "..="] {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Res<Dynamic> {
            Err(match first_unknown(&a).or_else(|| first_unknown(&b)) {
                Some(output) => output.refuse("make a range of"),
                None => ScriptFault::new(format!("cannot make a range of {} and {}", article(&a), article(&b))),
            }
            .into())
        });
    }
    engine.register_fn("!", |a: bool| !a);
    engine.register_fn("!", |a: OutputValue| -> Res<bool> { Err(a.refuse("branch on").into()) });
}
