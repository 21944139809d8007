//! Lists and maps: what programs do with collections.
//!
//! Nothing here changes its receiver but `push`, `insert`, `remove`, `pop` and `set`, whose names say so. Predicates
//! must answer true or false: an unknown answer is an error, not "false".

use dr_core::expr::Expr;
use dr_core::function::Function;
use dr_core::value::Value;
use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, Map, NativeCallContext};

use crate::coerce::{article, expr_of, first_unknown, show};
use crate::fault::{Res, ScriptFault, unknown};
use crate::operators::equal;
use crate::unknown::OutputValue;

/// The most items that one call may make.
const MOST: i64 = 1_000_000;

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
        Some(output) => unknown("use as a key", &output.shown()),
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
    if let Some(shown) = first_unknown(&answer) {
        return Err(unknown("decide on", &shown).into());
    }
    Ok(answer
        .as_bool()
        .map_err(|_| ScriptFault::new(format!("this function must answer true or false, not {}", article(&answer))))?)
}

/// What lists are sorted by: texts or numbers, all known.
fn sort_key(value: &Dynamic) -> Result<Value, ScriptFault> {
    match expr_of(value)? {
        Expr::Known(Value::Int(n)) => Ok(Value::Float(dr_core::value::Float(n as f64))),
        Expr::Known(value @ (Value::Float(_) | Value::Str(_) | Value::Bool(_))) => Ok(value),
        Expr::Known(other) => Err(ScriptFault::new(format!("cannot sort by {}", other.article()))
            .help("give a function that answers with a text or a number: `.sorted(|x| x.name)`")),
        other => Err(unknown("sort by", &other.to_string())),
    }
}

fn sorted(list: Array, key: impl Fn(&Dynamic) -> Res<Dynamic>) -> Res<Array> {
    let mut keyed = Vec::with_capacity(list.len());
    for item in list {
        keyed.push((sort_key(&key(&item)?)?, item));
    }
    let mixed = |a: &Value, b: &Value| std::mem::discriminant(a) != std::mem::discriminant(b);
    if keyed.windows(2).any(|pair| mixed(&pair[0].0, &pair[1].0)) {
        return Err(ScriptFault::new("cannot sort texts and numbers together").into());
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
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
    engine.register_fn("is_empty", |map: &mut Map| map.is_empty());
    engine.register_fn("is_empty", |text: ImmutableString| text.is_empty());
    engine.register_fn("is_empty", |o: OutputValue| -> Res<bool> { Err(unknown("branch on", &o.shown()).into()) });
    engine.register_fn("index_of", |list: &mut Array, item: Dynamic| -> Res<Dynamic> {
        Ok(position(list, &item)?.map_or(Dynamic::UNIT, count))
    });
    engine.register_fn("first", |list: &mut Array| list.first().cloned().unwrap_or_default());
    engine.register_fn("last", |list: &mut Array| list.last().cloned().unwrap_or_default());
    engine.register_fn("slice", |list: &mut Array, start: i64, length: i64| -> Res<Array> {
        let start = place(list, start, 1)?;
        Ok(list.iter().skip(start).take(usize::try_from(length).unwrap_or(0)).cloned().collect())
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
    engine.register_fn("flatten", |list: Array| -> Array {
        let mut flat = Array::new();
        for item in list {
            match item.try_cast_result::<Array>() {
                Ok(inner) => flat.extend(inner),
                Err(item) => flat.push(item),
            }
        }
        flat
    });
    engine.register_fn("zip", |a: Array, b: Array| -> Res<Array> {
        if a.len() != b.len() {
            let fault = ScriptFault::new(format!("cannot zip a list of {} with a list of {}", a.len(), b.len()));
            return Err(fault.help("both need the same length").into());
        }
        Ok(a.into_iter().zip(b).map(|(a, b)| Dynamic::from_array(vec![a, b])).collect())
    });
    engine.register_fn("unique", |list: Array| -> Res<Array> {
        let mut kept = Array::new();
        for item in list {
            if position(&kept, &item)?.is_none() {
                kept.push(item);
            }
        }
        Ok(kept)
    });
    engine.register_fn("repeat", |text: ImmutableString, times: i64| -> Res<String> {
        let size = i64::try_from(text.len()).unwrap_or(i64::MAX).saturating_mul(times);
        if times < 0 || size > MOST {
            return Err(ScriptFault::new(format!("cannot repeat this text {times} times")).into());
        }
        Ok(text.repeat(usize::try_from(times).unwrap_or(0)))
    });
    engine.register_fn("repeat", |list: Array, times: i64| -> Res<Array> {
        let size = i64::try_from(list.len()).unwrap_or(i64::MAX).saturating_mul(times);
        if times < 0 || size > MOST {
            return Err(ScriptFault::new(format!("cannot repeat this list {times} times")).into());
        }
        Ok((0..times).flat_map(|_| list.iter().cloned()).collect())
    });
}

fn changing(engine: &mut Engine) {
    engine.register_fn("push", |list: &mut Array, item: Dynamic| list.push(item));
    engine.register_fn("pop", |list: &mut Array| list.pop().unwrap_or_default());
    engine.register_fn("insert", |list: &mut Array, index: i64, item: Dynamic| -> Res<()> {
        let at = place(list, index, 1)?;
        list.insert(at, item);
        Ok(())
    });
    engine.register_fn("remove", |list: &mut Array, index: i64| -> Res<Dynamic> {
        let at = place(list, index, 0)?;
        Ok(list.remove(at))
    });
}

fn maps(engine: &mut Engine) {
    engine.register_fn("get", |map: &mut Map, key: Dynamic| -> Res<Dynamic> {
        let key = key.as_immutable_string_ref().map_err(|_| not_a_key(&key))?;
        Ok(map.get(key.as_str()).cloned().unwrap_or_default())
    });
    engine.register_fn("set", |map: &mut Map, key: Dynamic, value: Dynamic| -> Res<()> {
        let name = key.as_immutable_string_ref().map_err(|_| not_a_key(&key))?;
        map.insert(name.as_str().into(), value);
        Ok(())
    });
    engine.register_fn("remove", |map: &mut Map, key: Dynamic| -> Res<Dynamic> {
        let key = key.as_immutable_string_ref().map_err(|_| not_a_key(&key))?;
        Ok(map.remove(key.as_str()).unwrap_or_default())
    });
    engine.register_fn("print", |value: Dynamic| -> Res<String> { show(&value) });
}
