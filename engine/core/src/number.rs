//! Numbers: exact, or refused.
//!
//! An integer has 64 bits and a sign; a decimal number is finite and has the precision of IEEE 754. Nothing is rounded
//! on the way in, and nothing wraps around: what has no exact place is an error that names the number.

use std::cmp::Ordering;

use crate::text::shortened;
use crate::value::{Float, Value};

/// How much of a number messages show.
const SHOWN: usize = 40;

/// The number that a text in JSON's notation stands for.
///
/// # Errors
/// A sentence about the number, when it has no exact value here.
pub fn parse(text: &str) -> Result<Value, String> {
    let shown = || shortened(text, SHOWN);
    if !text.contains(['.', 'e', 'E']) {
        let refused = |_| format!("the integer {} is beyond the range of integers (64 bits)", shown());
        return text.parse().map(Value::Int).map_err(refused);
    }
    let number: f64 = text.parse().map_err(|_| format!("{} is not a number", shown()))?;
    if !number.is_finite() {
        return Err(format!("the number {} is too large", shown()));
    }
    if digits(text) != digits(&format!("{number:e}")) {
        let why = if number == 0.0 { "is too small" } else { "has more digits than a decimal number keeps" };
        return Err(format!("the number {} {why}", shown()));
    }
    Ok(Value::Float(Float(number)))
}

/// A number's significant digits and the power of ten that its first one stands for: the same for each way to write it.
fn digits(text: &str) -> (String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX / 2);
    let (whole, part) = mantissa.trim_start_matches(['-', '+']).split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches(['-', '+']);
    let all: String = [whole, part].concat();
    let leading = all.bytes().take_while(|b| *b == b'0').count();
    let kept = all.trim_start_matches('0').trim_end_matches('0').to_owned();
    if kept.is_empty() {
        return (kept, 0);
    }
    let place = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 4);
    (kept, exponent.saturating_add(place(whole.len())).saturating_sub(place(leading)))
}

/// The decimal number with the value of an integer.
///
/// # Errors
/// A sentence, when there is none.
pub fn to_float(int: i64) -> Result<f64, String> {
    let float = int as f64;
    // 2^63 is a float and no integer: comparing as integers of 128 bits is exact.
    if float as i128 == i128::from(int) {
        return Ok(float);
    }
    Err(format!("the integer {int} has more digits than a decimal number keeps"))
}

/// The integer with the value of a decimal number.
///
/// # Errors
/// A sentence, when there is none.
pub fn to_int(float: f64) -> Result<i64, String> {
    if float.fract() != 0.0 {
        return Err(format!("{float:?} is not an integer"));
    }
    // Casting to 128 bits saturates far outside of the 64.
    i64::try_from(float as i128).map_err(|_| format!("{float:?} is too large for an integer"))
}

/// Compares two numbers by their exact values.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.0.partial_cmp(&b.0),
        (Value::Int(a), Value::Float(b)) => mixed(*a, b.0),
        (Value::Float(a), Value::Int(b)) => mixed(*b, a.0).map(Ordering::reverse),
        _ => None,
    }
}

fn mixed(int: i64, float: f64) -> Option<Ordering> {
    // Casting to 128 bits saturates far outside of the 64, and cuts what is behind the point.
    let order = i128::from(int).cmp(&(float as i128));
    if order.is_eq() { 0.0.partial_cmp(&float.fract()) } else { Some(order) }
}

/// What is calculated with two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
    /// `a / b`; of integers, without the remainder.
    Divide,
    /// `a % b`, with the sign of `a`.
    Modulo,
    /// `a ** b`
    Power,
}

impl Arithmetic {
    /// How programs write it.
    pub fn symbol(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Modulo => "%",
            Arithmetic::Power => "**",
        }
    }

    /// Calculates with integers.
    ///
    /// # Errors
    /// A sentence, when the result is no integer of 64 bits.
    pub fn ints(self, a: i64, b: i64) -> Result<i64, String> {
        if b == 0 && matches!(self, Arithmetic::Divide | Arithmetic::Modulo) {
            return Err(format!("cannot divide by zero: {a} {} 0", self.symbol()));
        }
        if b < 0 && self == Arithmetic::Power {
            return Err(format!("an integer has no negative power: {a} ** {b}; write {a}.0 ** {b}"));
        }
        let result = match self {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Divide => a.checked_div(b),
            Arithmetic::Modulo => a.checked_rem(b),
            Arithmetic::Power => match (a, u32::try_from(b)) {
                (_, Ok(b)) => a.checked_pow(b),
                (0 | 1, _) => Some(a),
                (-1, _) => Some(if b % 2 == 0 { 1 } else { -1 }),
                _ => None,
            },
        };
        result.ok_or_else(|| format!("{a} {} {b} is beyond the range of integers (64 bits)", self.symbol()))
    }

    /// Calculates with decimal numbers.
    ///
    /// # Errors
    /// A sentence, when the result is not a finite number.
    pub fn floats(self, a: f64, b: f64) -> Result<f64, String> {
        if b == 0.0 && matches!(self, Arithmetic::Divide | Arithmetic::Modulo) {
            return Err(format!("cannot divide by zero: {a:?} {} {b:?}", self.symbol()));
        }
        let result = match self {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
            Arithmetic::Modulo => a % b,
            Arithmetic::Power => a.powf(b),
        };
        if result.is_finite() {
            return Ok(result);
        }
        Err(format!("{a:?} {} {b:?} is not a finite number", self.symbol()))
    }

    /// Calculates with any two numbers; an integer beside a decimal number becomes one.
    ///
    /// # Errors
    /// A sentence, when one of them is no number, or the result has no exact place.
    pub fn values(self, a: &Value, b: &Value) -> Result<Value, String> {
        if let (Value::Int(a), Value::Int(b)) = (a, b) {
            return self.ints(*a, *b).map(Value::Int);
        }
        let number = |v: &Value| match v {
            Value::Int(i) => to_float(*i),
            Value::Float(x) => Ok(x.0),
            other => Err(format!("cannot calculate with {}", other.article())),
        };
        self.floats(number(a)?, number(b)?).map(|x| Value::Float(Float(x)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_refused() {
        for (text, value) in [
            ("0", Value::Int(0)),
            ("9223372036854775807", Value::Int(i64::MAX)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("1.0", Value::Float(Float(1.0))),
            ("1.50", Value::Float(Float(1.5))),
            ("0.1", Value::Float(Float(0.1))),
            ("1E3", Value::Float(Float(1000.0))),
            ("100e-2", Value::Float(Float(1.0))),
            ("0.000001", Value::Float(Float(1e-6))),
            ("0.0e500", Value::Float(Float(0.0))),
            ("1e308", Value::Float(Float(1e308))),
            ("5e-324", Value::Float(Float(5e-324))),
            ("9007199254740992.0", Value::Float(Float(9_007_199_254_740_992.0))),
            ("0.30000000000000004", Value::Float(Float(0.1 + 0.2))),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        for (text, why) in [
            ("9223372036854775808", "beyond the range"),
            ("-9223372036854775809", "beyond the range"),
            ("123456789012345678901234567890", "beyond the range"),
            ("1e400", "too large"),
            ("1e99999999999999999999", "too large"),
            ("1e-400", "too small"),
            ("9007199254740993.0", "more digits"),
            ("0.1000000000000000055511151231257827", "more digits"),
            ("3.14159265358979323846", "more digits"),
        ] {
            assert!(parse(text).unwrap_err().contains(why), "{text}: {:?}", parse(text));
        }
        assert!(parse(&"1".repeat(5_000)).unwrap_err().len() < 150);
    }

    #[test]
    fn integers_and_decimal_numbers_are_compared_by_value() {
        let large = 9_007_199_254_740_993;
        for (int, float, order) in [
            (1, 1.0, Ordering::Equal),
            (1, 1.5, Ordering::Less),
            (-1, -1.5, Ordering::Greater),
            (large, 9_007_199_254_740_992.0, Ordering::Greater),
            (i64::MAX, 9_223_372_036_854_775_808.0, Ordering::Less),
            (i64::MIN, -9_223_372_036_854_775_808.0, Ordering::Equal),
            (0, 1e300, Ordering::Less),
            (0, -0.0, Ordering::Equal),
        ] {
            let (a, b) = (Value::Int(int), Value::Float(Float(float)));
            assert_eq!(compare(&a, &b), Some(order), "{int} {float}");
            assert_eq!(compare(&b, &a), Some(order.reverse()), "{float} {int}");
        }
        assert_eq!(to_float(large), Err(format!("the integer {large} has more digits than a decimal number keeps")));
        assert_eq!(
            to_int(9_223_372_036_854_775_808.0).unwrap_err(),
            "9.223372036854776e18 is too large for an integer"
        );
        assert_eq!((to_int(-3.0), to_int(1e300).is_err(), to_int(0.5).is_err()), (Ok(-3), true, true));
    }

    #[test]
    fn nothing_wraps_around() {
        use Arithmetic::{Add, Divide, Modulo, Multiply, Power, Subtract};
        for (operation, a, b) in [
            (Add, i64::MAX, 1),
            (Subtract, i64::MIN, 1),
            (Multiply, i64::MAX, 2),
            (Divide, i64::MIN, -1),
            (Divide, 1, 0),
            (Modulo, i64::MIN, -1),
            (Modulo, 1, 0),
            (Power, 2, 63),
            (Power, 2, i64::MAX),
            (Power, 2, -1),
        ] {
            assert!(operation.ints(a, b).is_err(), "{a} {} {b}", operation.symbol());
        }
        assert_eq!(Power.ints(-1, i64::MAX), Ok(-1));
        assert_eq!(Power.ints(2, 62), Ok(1 << 62));
        for (operation, a, b) in [(Multiply, 1e308, 10.0), (Divide, 0.0, 0.0), (Modulo, 1.0, 0.0), (Power, -1.0, 0.5)] {
            assert!(operation.floats(a, b).is_err(), "{a} {} {b}", operation.symbol());
        }
        assert!(Add.values(&Value::Int(9_007_199_254_740_993), &Value::Float(Float(0.5))).is_err());
    }
}
