//! Operators on what Rhai does not know: unknowns, lists, maps, resources.
//!
//! Rhai itself handles numbers, booleans and text. Everything else comes here, so that nothing is silently false:
//! what can be computed later is lifted into an expression, what needs a value now is an error.

use dr_core::expr::Expr;
use dr_core::function::Function;
use dr_core::schema::Type;
use rhai::{Dynamic, Engine};

use crate::coerce::{article, expr_of, first_unknown, from_expr};
use crate::fault::{Res, ScriptFault, unknown};
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

/// `a + b`, where Rhai's own addition does not apply.
fn plus(a: Dynamic, b: Dynamic) -> Result<Dynamic, ScriptFault> {
    let call = |function: Function, a: &Dynamic, b: &Dynamic| -> Result<Dynamic, ScriptFault> {
        let expr = walkable(Expr::call(function, vec![expr_of(a)?, expr_of(b)?])?)?;
        Ok(from_expr(expr, function.signature().result))
    };
    match (shape(&a), shape(&b)) {
        (Shape::Text, _) | (_, Shape::Text) => text(&[a, b]),
        (Shape::List, Shape::List) if a.is_array() && b.is_array() => {
            let (mut a, b) = (a.cast::<rhai::Array>(), b.cast::<rhai::Array>());
            a.extend(b);
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
    Ok(from_expr(walkable(Expr::concat(exprs))?, Type::Str))
}

/// `a - b` and the like.
fn arithmetic(symbol: &str, function: Function, a: Dynamic, b: Dynamic) -> Result<Dynamic, ScriptFault> {
    let numeric = |v: &Dynamic| matches!(shape(v), Shape::Number | Shape::Any);
    if numeric(&a) && numeric(&b) {
        let expr = walkable(Expr::call(function, vec![expr_of(&a)?, expr_of(&b)?])?)?;
        return Ok(from_expr(expr, Type::Any));
    }
    let odd = if numeric(&a) { &b } else { &a };
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
            return Err(unknown("compare", &output.shown()));
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
    match (expr_of(a)?, expr_of(b)?) {
        (Expr::Known(dr_core::value::Value::Int(a)), Expr::Known(dr_core::value::Value::Float(b)))
        | (Expr::Known(dr_core::value::Value::Float(b)), Expr::Known(dr_core::value::Value::Int(a))) => {
            Ok(a as f64 == b.0)
        }
        (a, b) => Ok(a == b),
    }
}

fn order(symbol: &str, a: &Dynamic, b: &Dynamic) -> ScriptFault {
    match first_unknown(a).or_else(|| first_unknown(b)) {
        Some(shown) => unknown("compare", &shown),
        None => ScriptFault::new(format!("cannot use `{symbol}` with {} and {}", article(a), article(b))),
    }
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_fn("+", |a: Dynamic, b: Dynamic| -> Res<Dynamic> { Ok(plus(a, b)?) });
    for (symbol, function) in
        [("-", Function::Subtract), ("*", Function::Multiply), ("/", Function::Divide), ("%", Function::Modulo)]
    {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Res<Dynamic> {
            Ok(arithmetic(symbol, function, a, b)?)
        });
    }
    engine.register_fn("-", |a: OutputValue| -> Res<Dynamic> {
        Ok(arithmetic("-", Function::Subtract, 0.into(), Dynamic::from(a))?)
    });
    engine.register_fn("==", |a: Dynamic, b: Dynamic| -> Res<bool> { Ok(equal(&a, &b)?) });
    engine.register_fn("!=", |a: Dynamic, b: Dynamic| -> Res<bool> { Ok(!equal(&a, &b)?) });
    for symbol in ["<", "<=", ">", ">="] {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Res<bool> { Err(order(symbol, &a, &b).into()) });
    }
    for symbol in ["..", "..="] {
        engine.register_fn(symbol, move |a: Dynamic, b: Dynamic| -> Res<Dynamic> {
            Err(match first_unknown(&a).or_else(|| first_unknown(&b)) {
                Some(shown) => unknown("make a range of", &shown),
                None => ScriptFault::new(format!("cannot make a range of {} and {}", article(&a), article(&b))),
            }
            .into())
        });
    }
    engine.register_fn("!", |a: OutputValue| -> Res<bool> { Err(unknown("branch on", &a.shown()).into()) });
}
