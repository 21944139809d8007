//! Lists and maps: what programs do with collections.
//!
//! Nothing here changes its receiver but `push`, `insert`, `remove`, `pop` and `set`, whose names say so. Predicates
//! must answer true or false: an unknown answer is an error, not "false".

use std::collections::BTreeSet;

use dr_core::expr::Expr;
use dr_core::function::Function;
use dr_core::limits::{self, TooLarge, Weight};
use dr_core::number;
use dr_core::value::{Float, Map, Value};
use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext};

use crate::coerce::{article, expr_of, first_unknown, show};
use crate::fault::{Res, ScriptFault};
use crate::operators::equal;
use crate::unknown::{OutputValue, ResourceHandle, refuse};

/// What a list or map that the program holds answers by itself; `None` leaves it to the pure function.
pub(crate) fn answer(function: Function, args: &[&mut Dynamic]) -> Result<Option<Dynamic>, ScriptFault> {
    let [receiver, rest @ ..] = args else { return Ok(None) };
    if let Ok(list) = receiver.as_array_ref() {
        return Ok(match function {
            Function::Len => Some(count(list.len())),
            Function::Contains => Some((position(&list, rest[0])?.is_some()).into()),
            _ => None,
        });
    }
    if let Ok(map) = receiver.as_map_ref() {
        return Ok(Some(match function {
            Function::Len => count(map.len()),
            Function::Keys => Dynamic::from_array(map.keys().map(|k| k.as_str().into()).collect()),
            Function::Values => Dynamic::from_array(map.values().cloned().collect()),
            _ => {
                let key = rest[0].as_immutable_string_ref().map_err(|_| not_a_key(rest[0]))?;
                map.contains_key(key.as_str()).into()
            }
        }));
    }
    Ok(None)
}

fn count(n: usize) -> Dynamic {
    i64::try_from(n).unwrap_or(i64::MAX).into()
}

fn not_a_key(value: &Dynamic) -> ScriptFault {
    match value.read_lock::<OutputValue>() {
        Some(output) => output.refuse("use as a key"),
        None => ScriptFault::new(format!("a key must be a string, not {}", article(value))),
    }
}

fn position(list: &[Dynamic], item: &Dynamic) -> Result<Option<usize>, ScriptFault> {
    for (i, other) in list.iter().enumerate() {
        if equal(other, item)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

/// The place of an index in a list; negative counts from the end.
fn place(list: &Array, index: i64, beyond: usize) -> Result<usize, ScriptFault> {
    let len = i64::try_from(list.len() + beyond).unwrap_or(i64::MAX);
    let at = if index < 0 { index + i64::try_from(list.len()).unwrap_or(0) } else { index };
    usize::try_from(at)
        .ok()
        .filter(|_| at < len)
        .ok_or_else(|| ScriptFault::new(format!("there is no item {index} in a list of {}", list.len())))
}

/// Asks a predicate.
fn holds(ctx: &NativeCallContext, f: &FnPtr, item: &Dynamic) -> Res<bool> {
    let answer = f.call_raw(ctx, None, [item.clone()])?;
    if let Some(output) = first_unknown(&answer) {
        return Err(output.refuse("decide on").into());
    }
    Ok(answer
        .as_bool()
        .map_err(|_| ScriptFault::new(format!("this function must answer true or false, not {}", article(&answer))))?)
}

/// What lists are sorted by: texts or numbers, all known.
fn sort_key(value: &Dynamic) -> Result<Value, ScriptFault> {
    match expr_of(value)? {
        Expr::Known(value @ (Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Bool(_))) => Ok(value),
        Expr::Known(other) if !other.has_secret() => {
            Err(ScriptFault::new(format!("cannot sort by {}", other.article()))
                .help("give a function that answers with a text or a number: `.sorted(|x| x.name)`"))
        }
        other => Err(refuse("sort by", &other)),
    }
}

fn sorted(list: Array, key: impl Fn(&Dynamic) -> Res<Dynamic>) -> Res<Array> {
    let mut keyed = Vec::with_capacity(list.len());
    for item in list {
        keyed.push((sort_key(&key(&item)?)?, item));
    }
    let mixed = |a: &Value, b: &Value| {
        number::compare(a, b).is_none() && std::mem::discriminant(a) != std::mem::discriminant(b)
    };
    if keyed.windows(2).any(|pair| mixed(&pair[0].0, &pair[1].0)) {
        return Err(ScriptFault::new("cannot sort texts and numbers together").into());
    }
    keyed.sort_by(|(a, _), (b, _)| number::compare(a, b).unwrap_or_else(|| a.cmp(b)));
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

/// What [`equal`] compares, with an order: the same for items that are equal.
fn identity(item: &Dynamic) -> Result<Value, ScriptFault> {
    /// `1` and `1.0` are equal.
    fn plain(value: Value) -> Value {
        match value {
            Value::Float(Float(x)) => number::to_int(x).map_or(value, Value::Int),
            Value::List(items) => Value::List(items.into_iter().map(plain).collect()),
            Value::Map(entries) => Value::Map(entries.into_iter().map(|(k, v)| (k, plain(v))).collect()),
            other => other,
        }
    }
    if let Some(resource) = item.read_lock::<ResourceHandle>() {
        // No value of a program is a map with this key, which is in a list.
        let address = Value::str(resource.0.address.as_str());
        return Ok(Value::List(vec![Value::Map(Map::from([("".into(), address)]))]));
    }
    match expr_of(item)? {
        Expr::Known(value) if !value.has_secret() => Ok(plain(value)),
        other => Err(refuse("compare", &other)),
    }
}

/// The items, each once, where it comes first.
fn unique(list: Array) -> Res<Array> {
    if list.len() < 2 {
        return Ok(list);
    }
    let mut seen = BTreeSet::new();
    let mut kept = Array::new();
    for item in list {
        if seen.insert(identity(&item)?) {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// So many copies, one after the other.
fn repeated(list: &Array, times: i64) -> Result<Array, ScriptFault> {
    let times = times_of("list", times)?;
    limits::items(list.len().checked_mul(times))?;
    // Lists in lists are copied, not shared.
    let mut weight = Weight::default();
    list.iter().try_for_each(|item| weigh(item, &mut weight))?;
    weight.within(times)?;
    Ok((0..times).flat_map(|_| list.iter().cloned()).collect())
}

fn times_of(what: &str, times: i64) -> Result<usize, ScriptFault> {
    usize::try_from(times).map_err(|_| ScriptFault::new(format!("cannot repeat this {what} {times} times")))
}

/// What copying a script value takes. Texts are shared.
fn weigh(value: &Dynamic, weight: &mut Weight) -> Result<(), TooLarge> {
    weight.add(0)?;
    if let Ok(list) = value.as_array_ref() {
        return list.iter().try_for_each(|item| weigh(item, weight));
    }
    if let Ok(map) = value.as_map_ref() {
        return map.values().try_for_each(|item| weigh(item, weight));
    }
    Ok(())
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_iterator::<Array>();
    reading(engine);
    with_functions(engine);
    making(engine);
    changing(engine);
    maps(engine);
}

fn reading(engine: &mut Engine) {
    engine.register_fn("is_empty", |list: &mut Array| list.is_empty());
    engine.register_fn("is_empty", |map: &mut rhai::Map| map.is_empty());
    engine.register_fn("is_empty", |text: ImmutableString| text.is_empty());
    engine.register_fn("is_empty", |o: OutputValue| -> Res<bool> { Err(o.refuse("branch on").into()) });
    engine.register_fn("index_of", |list: &mut Array, item: Dynamic| -> Res<Dynamic> {
        Ok(position(list, &item)?.map_or(Dynamic::UNIT, count))
    });
    engine.register_fn("first", |list: &mut Array| list.first().cloned().unwrap_or_default());
    engine.register_fn("last", |list: &mut Array| list.last().cloned().unwrap_or_default());
    engine.register_fn("slice", |list: &mut Array, start: i64, length: i64| -> Res<Array> {
        let start = place(list, start, 1)?;
        let wrong = |_| ScriptFault::new(format!("a slice cannot have {length} items"));
        Ok(list.iter().skip(start).take(usize::try_from(length).map_err(wrong)?).cloned().collect())
    });
}

fn with_functions(engine: &mut Engine) {
    engine.register_fn("map", |ctx: NativeCallContext, list: Array, f: FnPtr| -> Res<Array> {
        list.into_iter().map(|item| f.call_raw(&ctx, None, [item])).collect()
    });
    engine.register_fn("filter", |ctx: NativeCallContext, list: Array, f: FnPtr| -> Res<Array> {
        let mut kept = Array::new();
        for item in list {
            if holds(&ctx, &f, &item)? {
                kept.push(item);
            }
        }
        Ok(kept)
    });
    engine.register_fn("reduce", |ctx: NativeCallContext, list: Array, f: FnPtr, start: Dynamic| -> Res<Dynamic> {
        list.into_iter().try_fold(start, |sum, item| f.call_raw(&ctx, None, [sum, item]))
    });
    engine.register_fn("some", |ctx: NativeCallContext, list: Array, f: FnPtr| -> Res<bool> {
        for item in &list {
            if holds(&ctx, &f, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    });
    engine.register_fn("all", |ctx: NativeCallContext, list: Array, f: FnPtr| -> Res<bool> {
        for item in &list {
            if !holds(&ctx, &f, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    });
    engine.register_fn("find", |ctx: NativeCallContext, list: Array, f: FnPtr| -> Res<Dynamic> {
        for item in list {
            if holds(&ctx, &f, &item)? {
                return Ok(item);
            }
        }
        Ok(Dynamic::UNIT)
    });
    engine.register_fn("sorted", |list: Array| sorted(list, |item| Ok(item.clone())));
    engine.register_fn("sorted", |ctx: NativeCallContext, list: Array, f: FnPtr| {
        sorted(list, |item| f.call_raw(&ctx, None, [item.clone()]))
    });
}

fn making(engine: &mut Engine) {
    engine.register_fn("reversed", |list: Array| list.into_iter().rev().collect::<Array>());
    engine.register_fn("reversed", |text: ImmutableString| text.chars().rev().collect::<String>());
    engine.register_fn("flatten", |list: Array| -> Res<Array> {
        let inner = |item: &Dynamic| item.as_array_ref().map_or(1, |inner| inner.len());
        let size = list.iter().try_fold(0usize, |sum, item| sum.checked_add(inner(item)));
        let mut flat = Array::with_capacity(limits::items(size).map_err(ScriptFault::from)?);
        for item in list {
            match item.try_cast_result::<Array>() {
                Ok(inner) => flat.extend(inner),
                Err(item) => flat.push(item),
            }
        }
        Ok(flat)
    });
    engine.register_fn("zip", |a: Array, b: Array| -> Res<Array> {
        if a.len() != b.len() {
            let fault = ScriptFault::new(format!("cannot zip a list of {} with a list of {}", a.len(), b.len()));
            return Err(fault.help("both need the same length").into());
        }
        Ok(a.into_iter().zip(b).map(|(a, b)| Dynamic::from_array(vec![a, b])).collect())
    });
    engine.register_fn("unique", unique);
    engine.register_fn("repeat", |text: ImmutableString, times: i64| -> Res<String> {
        let times = times_of("text", times)?;
        limits::text(text.len().checked_mul(times)).map_err(ScriptFault::from)?;
        Ok(text.repeat(times))
    });
    engine.register_fn("repeat", |list: &mut Array, times: i64| -> Res<Array> { Ok(repeated(list, times)?) });
}

/// Makes room for one more item or entry.
fn grow(len: usize) -> Result<(), ScriptFault> {
    limits::items(len.checked_add(1))?;
    Ok(())
}

fn changing(engine: &mut Engine) {
    engine.register_fn("push", |list: &mut Array, item: Dynamic| -> Res<()> {
        grow(list.len())?;
        list.push(item);
        Ok(())
    });
    engine.register_fn("pop", |list: &mut Array| list.pop().unwrap_or_default());
    engine.register_fn("insert", |list: &mut Array, index: i64, item: Dynamic| -> Res<()> {
        let at = place(list, index, 1)?;
        grow(list.len())?;
        list.insert(at, item);
        Ok(())
    });
    engine.register_fn("remove", |list: &mut Array, index: i64| -> Res<Dynamic> {
        let at = place(list, index, 0)?;
        Ok(list.remove(at))
    });
}

fn maps(engine: &mut Engine) {
    engine.register_fn("get", |map: &mut rhai::Map, key: Dynamic| -> Res<Dynamic> {
        let key = key.as_immutable_string_ref().map_err(|_| not_a_key(&key))?;
        Ok(map.get(key.as_str()).cloned().unwrap_or_default())
    });
    engine.register_fn("set", |map: &mut rhai::Map, key: Dynamic, value: Dynamic| -> Res<()> {
        let name = key.as_immutable_string_ref().map_err(|_| not_a_key(&key))?;
        grow(map.len())?;
        map.insert(name.as_str().into(), value);
        Ok(())
    });
    engine.register_fn("remove", |map: &mut rhai::Map, key: Dynamic| -> Res<Dynamic> {
        let key = key.as_immutable_string_ref().map_err(|_| not_a_key(&key))?;
        Ok(map.remove(key.as_str()).unwrap_or_default())
    });
    engine.register_fn("print", |value: Dynamic| -> Res<String> { Ok(show(&value)?) });
}
