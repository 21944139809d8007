//! Numbers that are known: operators, comparisons, rounding.
//!
//! They calculate as [`dr_core::number`] does, so that a program, a plan and an apply get the same results. Nothing
//! wraps around, nothing is rounded without being asked for, and no result is infinite or no number.

use std::cmp::Ordering;

use dr_core::number::{Arithmetic, compare, to_float, to_int};
use dr_core::value::{Float, Value};
use rhai::{Dynamic, Engine};

use crate::coerce::article;
use crate::fault::{Res, ScriptFault};
use crate::unknown::OutputValue;

const OPERATIONS: [Arithmetic; 6] = [
    Arithmetic::Add,
    Arithmetic::Subtract,
    Arithmetic::Multiply,
    Arithmetic::Divide,
    Arithmetic::Modulo,
    Arithmetic::Power,
];

pub(crate) fn register(engine: &mut Engine) {
    for operation in OPERATIONS {
        arithmetic(engine, operation);
    }
    bits(engine);
    signs(engine);
    comparisons(engine);
    ranges(engine);
    rounding(engine);
}

/// A result, or its error as one of the program.
fn done<T>(result: Result<T, String>) -> Res<T> {
    Ok(result.map_err(ScriptFault::new)?)
}

fn arithmetic(engine: &mut Engine, operation: Arithmetic) {
    let mixed = move |a: Result<f64, String>, b: Result<f64, String>| done(operation.floats(done(a)?, done(b)?));
    let symbol = operation.symbol();
    engine.register_fn(symbol, move |a: i64, b: i64| done(operation.ints(a, b)));
    engine.register_fn(symbol, move |a: f64, b: f64| mixed(Ok(a), Ok(b)));
    engine.register_fn(symbol, move |a: i64, b: f64| mixed(to_float(a), Ok(b)));
    engine.register_fn(symbol, move |a: f64, b: i64| mixed(Ok(a), to_float(b)));
    let assign = format!("{symbol}=");
    engine.register_fn(&assign, move |a: &mut i64, b: i64| -> Res<()> {
        *a = done(operation.ints(*a, b))?;
        Ok(())
    });
    engine.register_fn(&assign, move |a: &mut f64, b: f64| -> Res<()> {
        *a = mixed(Ok(*a), Ok(b))?;
        Ok(())
    });
}

/// Shifts that lose nothing, and bits of integers and truth values.
fn bits(engine: &mut Engine) {
    fn places(by: i64) -> Result<u32, String> {
        let fits = u32::try_from(by).ok().filter(|by| *by < i64::BITS);
        fits.ok_or_else(|| format!("an integer is shifted by 0 to 63 places, not by {by}"))
    }
    fn left(a: i64, by: i64) -> Result<i64, String> {
        let places = places(by)?;
        let lost = || format!("{a} << {by} is beyond the range of integers (64 bits)");
        a.checked_shl(places).filter(|n| n >> places == a).ok_or_else(lost)
    }
    fn right(a: i64, by: i64) -> Result<i64, String> {
        places(by).map(|places| a >> places)
    }
    type Bits = fn(i64, i64) -> Result<i64, String>;
    let all: [(&str, Bits); 5] =
        [("<<", left), (">>", right), ("&", |a, b| Ok(a & b)), ("|", |a, b| Ok(a | b)), ("^", |a, b| Ok(a ^ b))];
    for (symbol, function) in all {
        engine.register_fn(symbol, move |a: i64, b: i64| done(function(a, b)));
        engine.register_fn(format!("{symbol}="), move |a: &mut i64, b: i64| -> Res<()> {
            *a = done(function(*a, b))?;
            Ok(())
        });
    }
    engine.register_fn("&", |a: bool, b: bool| a & b);
    engine.register_fn("|", |a: bool, b: bool| a | b);
    engine.register_fn("^", |a: bool, b: bool| a ^ b);
}

fn signs(engine: &mut Engine) {
    let opposite = |a: i64| done(Arithmetic::Subtract.ints(0, a));
    engine.register_fn("-", opposite);
    engine.register_fn("-", |a: f64| -a);
    engine.register_fn("+", |a: i64| a);
    engine.register_fn("+", |a: f64| a);
    engine.register_fn("abs", move |a: i64| if a < 0 { opposite(a) } else { Ok(a) });
    engine.register_fn("abs", |a: f64| a.abs());
}

/// What is asked of the order of two values.
type Comparison = fn(Ordering) -> bool;

/// The comparisons with an order, by their symbols.
pub(crate) const ORDERS: [(&str, Comparison); 4] =
    [("<", Ordering::is_lt), ("<=", Ordering::is_le), (">", Ordering::is_gt), (">=", Ordering::is_ge)];

fn comparisons(engine: &mut Engine) {
    /// Numbers of programs are finite, so that each two have an order.
    fn mixed(a: i64, b: f64) -> Ordering {
        compare(&Value::Int(a), &Value::Float(Float(b))).unwrap_or(Ordering::Equal)
    }
    fn floats(a: f64, b: f64) -> Ordering {
        a.partial_cmp(&b).unwrap_or(Ordering::Equal)
    }
    let equal: [(&str, Comparison); 2] = [("==", Ordering::is_eq), ("!=", Ordering::is_ne)];
    for (symbol, holds) in ORDERS.into_iter().chain(equal) {
        engine.register_fn(symbol, move |a: i64, b: i64| holds(a.cmp(&b)));
        engine.register_fn(symbol, move |a: f64, b: f64| holds(floats(a, b)));
        engine.register_fn(symbol, move |a: i64, b: f64| holds(mixed(a, b)));
        engine.register_fn(symbol, move |a: f64, b: i64| holds(mixed(b, a).reverse()));
    }
    for (name, wanted) in [("max", Ordering::Greater), ("min", Ordering::Less)] {
        engine.register_fn(name, move |a: i64, b: i64| if b.cmp(&a) == wanted { b } else { a });
        engine.register_fn(name, move |a: f64, b: f64| if floats(b, a) == wanted { b } else { a });
        let either = move |a: i64, b: f64| -> Dynamic { if mixed(a, b) == wanted { a.into() } else { b.into() } };
        engine.register_fn(name, either);
        engine.register_fn(name, move |a: f64, b: i64| either(b, a));
    }
}

fn ranges(engine: &mut Engine) {
    engine.register_fn("..", |from: i64, to: i64| from..to);
    engine.register_fn("..=", |from: i64, to: i64| from..=to);
}

fn rounding(engine: &mut Engine) {
    fn float(value: &Dynamic, name: &str) -> Result<f64, ScriptFault> {
        if let Ok(n) = value.as_int() {
            return to_float(n).map_err(ScriptFault::new);
        }
        if let Ok(x) = value.as_float() {
            return Ok(x);
        }
        Err(match value.read_lock::<OutputValue>() {
            Some(output) => output.refuse(&format!("call `{name}` with")),
            None => ScriptFault::new(format!("`{name}` needs a number, not {}", article(value))),
        })
    }
    for (name, function) in
        [("floor", f64::floor as fn(f64) -> f64), ("ceiling", f64::ceil), ("round", f64::round), ("to_int", f64::trunc)]
    {
        engine.register_fn(name, move |value: Dynamic| -> Res<i64> {
            // An integer is what it is, however large.
            if let Ok(n) = value.as_int() {
                return Ok(n);
            }
            done(to_int(function(float(&value, name)?)))
        });
    }
    engine.register_fn("to_float", |value: Dynamic| -> Res<f64> { Ok(float(&value, "to_float")?) });
}
