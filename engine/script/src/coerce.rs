//! Coercion: script values to expressions and back. It happens here, once, and nowhere else.

use std::sync::Arc;

use dr_core::expr::Expr;
use dr_core::schema::Type;
use dr_core::value::{Float, Map, Str, Value};
use rhai::{Array, Dynamic};

use crate::fault::{Res, ScriptFault};
use crate::unknown::{OutputValue, ResourceHandle};

/// How deep lists and maps may be nested in a value.
const DEEPEST: usize = 64;

/// That a script value cannot be a value of the graph.
#[derive(Debug)]
pub(crate) struct Bad {
    /// Keys and indexes from the outside in.
    pub(crate) path: Vec<Str>,
    /// What is wrong.
    pub(crate) fault: ScriptFault,
}

impl Bad {
    fn within(mut self, key: &str) -> Bad {
        self.path.insert(0, key.into());
        self
    }

    /// As a fault of its own, with the path in its message.
    pub(crate) fn fault(mut self) -> ScriptFault {
        if !self.path.is_empty() {
            self.fault.first.message = format!("`{}`: {}", self.path.join("."), self.fault.first.message);
        }
        self.fault
    }
}

/// A script value as an expression.
pub(crate) fn to_expr(value: Dynamic) -> Result<Expr, Bad> {
    convert(value, DEEPEST)
}

/// A script value as an expression, for errors that have no key to point at.
pub(crate) fn expr_of(value: &Dynamic) -> Result<Expr, ScriptFault> {
    to_expr(value.clone()).map_err(Bad::fault)
}

fn convert(value: Dynamic, room: usize) -> Result<Expr, Bad> {
    let bad = |fault: ScriptFault| Err(Bad { path: Vec::new(), fault });
    let value = value.flatten();
    if let Some(known) = scalar(&value) {
        return match known {
            Value::Float(Float(x)) if !x.is_finite() => bad(ScriptFault::new("this number is not finite")),
            known => Ok(Expr::Known(known)),
        };
    }
    if room == 0 {
        return bad(ScriptFault::new(format!("this value is nested more than {DEEPEST} deep")));
    }
    if value.is_map() {
        let mut entries: Map<Expr> = Map::new();
        for (key, item) in value.cast::<rhai::Map>() {
            let item = convert(item, room - 1).map_err(|b| b.within(&key))?;
            entries.insert(key.as_str().into(), item);
        }
        return Ok(Expr::map(entries));
    }
    if value.is_array() {
        let items: Result<Vec<Expr>, Bad> = value
            .cast::<Array>()
            .into_iter()
            .enumerate()
            .map(|(i, item)| convert(item, room - 1).map_err(|b| b.within(&i.to_string())))
            .collect();
        return Ok(Expr::list(items?));
    }
    if value.is_fnptr() {
        return bad(ScriptFault::new("a function cannot be part of a value").help("call it: `f.call(..)`"));
    }
    let value = match value.try_cast_result::<OutputValue>() {
        Ok(output) => return Ok(Arc::unwrap_or_clone(output.expr)),
        Err(other) => other,
    };
    match value.try_cast_result::<ResourceHandle>() {
        Ok(resource) => bad(resource.whole("use")),
        Err(other) => bad(ScriptFault::new(format!("{} cannot be part of a value", article(&other)))),
    }
}

/// Plain values that hold nothing else.
fn scalar(value: &Dynamic) -> Option<Value> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Some(Value::Str(text.as_str().into()));
    }
    if let Ok(n) = value.as_int() {
        return Some(Value::Int(n));
    }
    if let Ok(b) = value.as_bool() {
        return Some(Value::Bool(b));
    }
    if value.is_unit() {
        return Some(Value::Null);
    }
    if let Ok(x) = value.as_float() {
        return Some(Value::Float(Float(x)));
    }
    value.as_char().ok().map(|c| Value::str(c.encode_utf8(&mut [0; 4])))
}

/// An expression as a script value: what is known is plain, what is not or is secret becomes an output.
pub(crate) fn from_expr(expr: Expr, ty: Type) -> Dynamic {
    match (expr, ty) {
        (Expr::Known(value), _) => from_value(value),
        (Expr::List(items), ty) => {
            let inner = ty.item().unwrap_or(Type::Any);
            Dynamic::from_array(items.into_iter().map(|e| from_expr(e, inner)).collect())
        }
        (Expr::Map(entries), ty) => Dynamic::from_map(
            entries
                .into_iter()
                .map(|(key, e)| {
                    let inner = ty.entry(&key).unwrap_or(Type::Any);
                    ((&*key).into(), from_expr(e, inner))
                })
                .collect(),
        ),
        (expr @ Expr::Concat(_), _) => Dynamic::from(OutputValue::new(expr, Type::Str)),
        (expr, ty) => Dynamic::from(OutputValue::new(expr, ty)),
    }
}

/// A value as a script value. A secret stays closed: it is an output that cannot be looked into.
pub(crate) fn from_value(value: Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(b) => b.into(),
        Value::Int(n) => n.into(),
        Value::Float(Float(x)) => x.into(),
        Value::Str(text) => (&*text).into(),
        Value::List(items) => Dynamic::from_array(items.into_iter().map(from_value).collect()),
        Value::Map(entries) => {
            Dynamic::from_map(entries.into_iter().map(|(k, v)| ((&*k).into(), from_value(v))).collect())
        }
        Value::Secret(ref inner) => {
            let ty = match **inner {
                Value::Str(_) => Type::Str,
                Value::Int(_) => Type::Int,
                Value::Bool(_) => Type::Bool,
                Value::Float(_) => Type::Float,
                Value::List(_) => Type::List(&Type::Any),
                Value::Map(_) => Type::Map(&Type::Any),
                _ => Type::Any,
            };
            Dynamic::from(OutputValue::new(Expr::Known(value), ty))
        }
    }
}

/// What a script value is, with its article.
pub(crate) fn article(value: &Dynamic) -> &'static str {
    if let Some(known) = scalar(value) {
        return known.article();
    }
    if value.is_map() {
        "a map"
    } else if value.is_array() {
        "a list"
    } else if value.is_fnptr() {
        "a function"
    } else if value.is::<OutputValue>() {
        "a value known only after apply"
    } else if value.is::<ResourceHandle>() {
        "a resource"
    } else {
        "a value of another type"
    }
}

/// The first unknown in a script value, as messages show it.
pub(crate) fn first_unknown(value: &Dynamic) -> Option<String> {
    if let Ok(map) = value.as_map_ref() {
        return map.values().find_map(first_unknown);
    }
    if let Ok(list) = value.as_array_ref() {
        return list.iter().find_map(first_unknown);
    }
    value.read_lock::<OutputValue>().map(|o| o.shown())
}

/// A value as `print` shows it.
pub(crate) fn show(value: &Dynamic) -> Res<String> {
    if let Some(resource) = value.read_lock::<ResourceHandle>() {
        return Ok(resource.0.address.to_string());
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(text.to_string());
    }
    Ok(expr_of(value)?.to_string())
}
