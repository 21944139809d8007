//! Coercion: script values to expressions and back. It happens here, once, and nowhere else.

use dr_core::expr::Expr;
use dr_core::limits::{self, DEEPEST, TooLarge, Weight};
use dr_core::schema::Type;
use dr_core::text::shortened;
use dr_core::value::{Float, Map, Str, Value};
use rhai::{Array, Dynamic};

use crate::fault::ScriptFault;
use crate::unknown::{OutputValue, ResourceHandle};

/// That a script value cannot be a value of the graph.
#[derive(Debug)]
pub(crate) struct Bad {
    /// Keys and indexes from the outside in; none where it is about the value as a whole.
    pub(crate) path: Vec<Str>,
    /// What is wrong.
    pub(crate) fault: ScriptFault,
    /// Whether it is about one place in the value.
    placed: bool,
}

impl Bad {
    /// The same, one level further out. Of a path that is very long, the innermost keys are told.
    fn within(mut self, key: &str) -> Bad {
        const MOST: usize = 8;
        if self.placed && self.path.len() < MOST {
            self.path.insert(0, key.into());
        }
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
pub(crate) fn to_expr(value: &Dynamic) -> Result<Expr, Bad> {
    convert(value, DEEPEST, &mut Weight::default())
}

/// A script value as an expression, for errors that have no key to point at.
pub(crate) fn expr_of(value: &Dynamic) -> Result<Expr, ScriptFault> {
    to_expr(value).map_err(Bad::fault)
}

fn convert(value: &Dynamic, room: usize, weight: &mut Weight) -> Result<Expr, Bad> {
    // A variable that a closure captured.
    if value.is_shared() {
        return convert(&value.flatten_clone(), room, weight);
    }
    let bad = |fault: ScriptFault| Bad { path: Vec::new(), fault, placed: true };
    let heavy = |error: TooLarge| Bad { path: Vec::new(), fault: error.into(), placed: false };
    if let Ok(text) = value.as_immutable_string_ref() {
        weight.add(text.len()).map_err(heavy)?;
    } else {
        weight.add(0).map_err(heavy)?;
    }
    if let Some(known) = scalar(value) {
        return match known {
            Value::Float(Float(x)) if !x.is_finite() => Err(bad(ScriptFault::new("this number is not finite"))),
            known => Ok(Expr::Known(known)),
        };
    }
    let deeper = || {
        room.checked_sub(1)
            .ok_or_else(|| bad(ScriptFault::new(format!("this value is nested more than {DEEPEST} deep"))))
    };
    if let Ok(map) = value.as_map_ref() {
        let room = deeper()?;
        let mut entries: Map<Expr> = Map::new();
        for (key, item) in map.iter() {
            weight.add(key.len()).map_err(heavy)?;
            let item = convert(item, room, weight).map_err(|b| b.within(key))?;
            entries.insert(key.as_str().into(), item);
        }
        return Ok(Expr::map(entries));
    }
    if let Ok(list) = value.as_array_ref() {
        let room = deeper()?;
        let mut items = Vec::with_capacity(list.len());
        for (i, item) in list.iter().enumerate() {
            items.push(convert(item, room, weight).map_err(|b| b.within(&i.to_string()))?);
        }
        return Ok(Expr::list(items));
    }
    if value.is_fnptr() {
        return Err(bad(ScriptFault::new("a function cannot be part of a value").help("call it: `f.call(..)`")));
    }
    if let Some(output) = value.read_lock::<OutputValue>() {
        output.expr.weigh(weight).map_err(heavy)?;
        return Ok((*output.expr).clone());
    }
    Err(bad(match value.read_lock::<ResourceHandle>() {
        Some(resource) => resource.whole("use"),
        None => ScriptFault::new(format!("{} cannot be part of a value", article(value))),
    }))
}

/// Plain values that hold nothing else.
pub(crate) fn scalar(value: &Dynamic) -> Option<Value> {
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

/// A list's items, or a single value as a list of one.
pub(crate) fn each(value: &Dynamic) -> Array {
    match value.as_array_ref() {
        Ok(list) => list.clone(),
        Err(_) => vec![value.clone()],
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
    } else if value.type_name().contains("Range") {
        "a range"
    } else {
        "a value of another type"
    }
}

/// The first unknown or secret in a script value.
pub(crate) fn first_unknown(value: &Dynamic) -> Option<OutputValue> {
    if let Ok(map) = value.as_map_ref() {
        return map.values().find_map(first_unknown);
    }
    if let Ok(list) = value.as_array_ref() {
        return list.iter().find_map(first_unknown);
    }
    value.read_lock::<OutputValue>().map(|output| output.clone())
}

/// A value as `print` shows it: a text as it is, everything else as JSON, with secrets hidden.
pub(crate) fn show(value: &Dynamic) -> Result<String, ScriptFault> {
    if let Some(resource) = value.read_lock::<ResourceHandle>() {
        return Ok(resource.0.address.to_string());
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(text.to_string());
    }
    Ok(shortened(expr_of(value)?, limits::TEXT))
}
