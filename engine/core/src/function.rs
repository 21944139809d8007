//! The pure functions that work on values known only after apply.
//!
//! The set is closed and every function has a name, so that an expression can be stored in a plan and evaluated
//! elsewhere. Scripts call the same functions on known values, so that both ways give the same answer.

use std::net::Ipv4Addr;

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::schema::Type;
use crate::value::{Map, Str, Value};

/// A pure function. Its first argument is the receiver when a script calls it as a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is described in `ALL`, which is also what the reference is made from.
pub enum Function {
    ToJson,
    FromJson,
    ToText,
    ToInt,
    Split,
    Join,
    Replace,
    ToUpper,
    ToLower,
    Trim,
    SubString,
    StartsWith,
    EndsWith,
    Contains,
    Len,
    Keys,
    Values,
    Append,
    Merge,
    Base64,
    FromBase64,
    Sha256,
    CidrSubnet,
    CidrHost,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// What a function is called, takes and gives.
#[derive(Debug)]
pub struct Signature {
    /// The function.
    pub function: Function,
    /// Its name in scripts; operators have a name that no script can write.
    pub name: &'static str,
    /// How many arguments it takes, with the receiver: at least, at most.
    pub arity: (usize, usize),
    /// The type of its result.
    pub result: Type,
    /// One sentence for the reference.
    pub doc: &'static str,
}

const fn f(
    function: Function,
    name: &'static str,
    arity: (usize, usize),
    result: Type,
    doc: &'static str,
) -> Signature {
    Signature { function, name, arity, result, doc }
}

/// Every function, in the order of the reference.
pub static ALL: &[Signature] = &[
    f(Function::ToJson, "to_json", (1, 1), Type::Str, "The value as compact JSON text."),
    f(Function::FromJson, "from_json", (1, 1), Type::Any, "The value that a JSON text describes."),
    f(Function::ToText, "to_string", (1, 1), Type::Str, "The value as text."),
    f(Function::ToInt, "parse_int", (1, 1), Type::Int, "The integer that a text describes."),
    f(Function::Split, "split", (2, 2), Type::List(&Type::Str), "The parts of a text between separators."),
    f(Function::Join, "join", (2, 2), Type::Str, "The texts of a list with a separator between them."),
    f(Function::Replace, "replaced", (3, 3), Type::Str, "The text with every occurrence of a part replaced."),
    f(Function::ToUpper, "to_upper", (1, 1), Type::Str, "The text in upper case."),
    f(Function::ToLower, "to_lower", (1, 1), Type::Str, "The text in lower case."),
    f(Function::Trim, "trimmed", (1, 1), Type::Str, "The text without white space at both ends."),
    f(
        Function::SubString,
        "sub_string",
        (2, 3),
        Type::Str,
        "Part of a text: start and, optionally, length, in characters.",
    ),
    f(Function::StartsWith, "starts_with", (2, 2), Type::Bool, "Whether a text starts with another."),
    f(Function::EndsWith, "ends_with", (2, 2), Type::Bool, "Whether a text ends with another."),
    f(Function::Contains, "contains", (2, 2), Type::Bool, "Whether a text, list or map contains a part, item or key."),
    f(Function::Len, "len", (1, 1), Type::Int, "The number of characters, items or entries."),
    f(Function::Keys, "keys", (1, 1), Type::List(&Type::Str), "The keys of a map, sorted."),
    f(Function::Values, "values", (1, 1), Type::List(&Type::Any), "The values of a map, in the order of their keys."),
    f(Function::Append, "$append", (2, 2), Type::List(&Type::Any), "Two lists, one after the other."),
    f(Function::Merge, "$merge", (2, 2), Type::Map(&Type::Any), "Two maps in one; the second wins."),
    f(Function::Base64, "base64", (1, 1), Type::Str, "The text's bytes in Base64."),
    f(Function::FromBase64, "from_base64", (1, 1), Type::Str, "The text that a Base64 text holds."),
    f(Function::Sha256, "sha256", (1, 1), Type::Str, "The SHA-256 of the text's bytes, in lower-case hexadecimal."),
    f(
        Function::CidrSubnet,
        "cidr_subnet",
        (3, 3),
        Type::Str,
        "Subnet number n of an IPv4 range, with so many more prefix bits.",
    ),
    f(
        Function::CidrHost,
        "cidr_host",
        (2, 2),
        Type::Str,
        "Address number n of an IPv4 range; negative counts from its end.",
    ),
    f(Function::Add, "$add", (2, 2), Type::Any, "The sum of two numbers."),
    f(Function::Subtract, "$subtract", (2, 2), Type::Any, "The difference of two numbers."),
    f(Function::Multiply, "$multiply", (2, 2), Type::Any, "The product of two numbers."),
    f(Function::Divide, "$divide", (2, 2), Type::Any, "The quotient of two numbers."),
    f(Function::Modulo, "$modulo", (2, 2), Type::Any, "The remainder of a division."),
];

impl Function {
    /// The function's name, arity and result.
    pub fn signature(self) -> &'static Signature {
        // `ALL` holds every variant (a test says so); the fallback is never reached.
        ALL.iter().find(|s| s.function == self).unwrap_or(&ALL[0])
    }

    /// The function that scripts call by this name.
    pub fn named(name: &str) -> Option<Function> {
        ALL.iter().find(|s| s.name == name).map(|s| s.function)
    }

    /// Computes the result. It is secret when any argument is.
    ///
    /// # Errors
    /// A sentence that says which argument does not fit.
    pub fn apply(self, args: &[Value]) -> Result<Value, String> {
        let Signature { name, arity, .. } = self.signature();
        if args.len() < arity.0 || args.len() > arity.1 {
            return Err(format!("`{name}` takes {} arguments, not {}", arity.0, args.len()));
        }
        if args.iter().any(Value::has_secret) {
            let open: Vec<Value> = args.iter().map(Value::revealed).collect();
            return self.compute(&open).map(Value::secret);
        }
        self.compute(args)
    }

    fn compute(self, args: &[Value]) -> Result<Value, String> {
        let name = self.signature().name.trim_start_matches('$');
        let text = |i: usize| match &args[i] {
            Value::Str(s) => Ok(&**s),
            other => Err(format!("`{name}` needs a string, not {}", other.article())),
        };
        let int =
            |i: usize| args[i].as_int().ok_or_else(|| format!("`{name}` needs an integer, not {}", args[i].article()));
        Ok(match self {
            Function::ToJson => args[0].to_json().into(),
            Function::FromJson => Value::from_json(text(0)?).map_err(|e| format!("this is not JSON: {e}"))?,
            Function::ToText => args[0].to_text().into(),
            Function::ToInt => {
                Value::Int(text(0)?.trim().parse().map_err(|_| format!("{} is not an integer", args[0]))?)
            }
            Function::Split => Value::List(match text(1)? {
                "" => text(0)?.chars().map(|c| Value::str(c.to_string())).collect(),
                separator => text(0)?.split(separator).map(Value::str).collect(),
            }),
            Function::Join => {
                let list =
                    args[0].as_list().ok_or_else(|| format!("`join` needs a list, not {}", args[0].article()))?;
                list.iter().map(Value::to_text).collect::<Vec<_>>().join(text(1)?).into()
            }
            Function::Replace => match text(1)? {
                "" => return Err("`replaced` needs a part that is not empty".into()),
                part => text(0)?.replace(part, text(2)?).into(),
            },
            Function::ToUpper => text(0)?.to_uppercase().into(),
            Function::ToLower => text(0)?.to_lowercase().into(),
            Function::Trim => text(0)?.trim().into(),
            Function::SubString => {
                let chars: Vec<char> = text(0)?.chars().collect();
                let from = match int(1)? {
                    n if n < 0 => chars.len().saturating_sub(usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX)),
                    n => usize::try_from(n).unwrap_or(usize::MAX).min(chars.len()),
                };
                let count = match args.get(2) {
                    Some(_) => usize::try_from(int(2)?.max(0)).unwrap_or(usize::MAX),
                    None => usize::MAX,
                };
                chars[from..].iter().take(count).collect::<String>().into()
            }
            Function::StartsWith => text(0)?.starts_with(text(1)?).into(),
            Function::EndsWith => text(0)?.ends_with(text(1)?).into(),
            Function::Contains => match &args[0] {
                Value::Str(s) => s.contains(text(1)?).into(),
                Value::List(items) => items.contains(&args[1]).into(),
                Value::Map(map) => map.contains_key(text(1)?).into(),
                other => return Err(format!("`contains` needs a string, a list or a map, not {}", other.article())),
            },
            Function::Len => {
                let n = match &args[0] {
                    Value::Str(s) => s.chars().count(),
                    Value::List(items) => items.len(),
                    Value::Map(map) => map.len(),
                    other => return Err(format!("`len` needs a string, a list or a map, not {}", other.article())),
                };
                Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
            }
            Function::Keys => Value::List(map(name, &args[0])?.keys().cloned().map(Value::Str).collect()),
            Function::Values => Value::List(map(name, &args[0])?.values().cloned().collect()),
            Function::Append => match (&args[0], &args[1]) {
                (Value::List(a), Value::List(b)) => Value::List(a.iter().chain(b).cloned().collect()),
                (a, b) => return Err(format!("cannot append {} to {}", b.article(), a.article())),
            },
            Function::Merge => {
                let mut merged = map(name, &args[0])?.clone();
                merged.extend(map(name, &args[1])?.iter().map(|(k, v)| (k.clone(), v.clone())));
                Value::Map(merged)
            }
            Function::Base64 => base64::engine::general_purpose::STANDARD.encode(text(0)?).into(),
            Function::FromBase64 => {
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(text(0)?)
                    .map_err(|e| format!("this is not Base64: {e}"))?;
                String::from_utf8(bytes).map_err(|_| "the Base64 does not hold text".to_owned())?.into()
            }
            Function::Sha256 => hex::encode(sha2::Sha256::digest(text(0)?)).into(),
            Function::CidrSubnet => cidr_subnet(text(0)?, int(1)?, int(2)?)?.into(),
            Function::CidrHost => cidr_host(text(0)?, int(1)?)?.into(),
            Function::Add | Function::Subtract | Function::Multiply | Function::Divide | Function::Modulo => {
                self.arithmetic(&args[0], &args[1])?
            }
        })
    }

    fn arithmetic(self, a: &Value, b: &Value) -> Result<Value, String> {
        if let (Value::Int(a), Value::Int(b)) = (a, b) {
            let result = match self {
                Function::Add => a.checked_add(*b),
                Function::Subtract => a.checked_sub(*b),
                Function::Multiply => a.checked_mul(*b),
                Function::Divide => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            return result
                .map(Value::Int)
                .ok_or_else(|| format!("the result of calculating with {a} and {b} is out of range"));
        }
        let number = |v: &Value| match v {
            Value::Int(i) => Ok(*i as f64),
            Value::Float(f) => Ok(f.0),
            other => Err(format!("cannot calculate with {}", other.article())),
        };
        let (a, b) = (number(a)?, number(b)?);
        let result = match self {
            Function::Add => a + b,
            Function::Subtract => a - b,
            Function::Multiply => a * b,
            Function::Divide => a / b,
            _ => a % b,
        };
        if !result.is_finite() {
            return Err(format!("the result of calculating with {a} and {b} is out of range"));
        }
        Ok(Value::Float(crate::value::Float(result)))
    }
}

fn map<'a>(name: &str, value: &'a Value) -> Result<&'a Map<Value>, String> {
    value.as_map().ok_or_else(|| format!("`{name}` needs a map, not {}", value.article()))
}

/// Reads an IPv4 range such as `10.0.0.0/16`: its network address and its prefix length.
///
/// # Errors
/// A sentence when the text is not a range or has bits set beyond its prefix.
pub fn parse_cidr(text: &str) -> Result<(u32, u32), String> {
    let bad = || format!("`{text}` is not an IPv4 range such as `10.0.0.0/16`");
    let (ip, len) = text.split_once('/').ok_or_else(bad)?;
    let ip = u32::from(ip.parse::<Ipv4Addr>().map_err(|_| bad())?);
    let len: u32 = len.parse().ok().filter(|l| *l <= 32).ok_or_else(bad)?;
    let mask = u32::MAX.checked_shl(32 - len).unwrap_or(0);
    if ip & !mask != 0 {
        return Err(format!(
            "`{text}` has bits set beyond its prefix; did you mean `{}/{len}`?",
            Ipv4Addr::from(ip & mask)
        ));
    }
    Ok((ip, len))
}

fn cidr_subnet(cidr: &str, bits: i64, number: i64) -> Result<Str, String> {
    let (ip, len) = parse_cidr(cidr)?;
    let new = u32::try_from(bits).ok().and_then(|b| len.checked_add(b)).filter(|l| *l <= 32);
    let new = new.ok_or_else(|| format!("`{cidr}` cannot be divided by {bits} more bits"))?;
    let n = u64::try_from(number).ok().filter(|n| *n < 1u64 << (new - len));
    let n = n.ok_or_else(|| format!("`{cidr}` with {bits} more bits has no subnet number {number}"))?;
    let offset = u32::try_from(n << (32 - new)).unwrap_or(0);
    Ok(format!("{}/{new}", Ipv4Addr::from(ip | offset)).into())
}

fn cidr_host(cidr: &str, number: i64) -> Result<Str, String> {
    let (ip, len) = parse_cidr(cidr)?;
    let size = 1i64 << (32 - len);
    let n = if number < 0 { size.checked_add(number) } else { Some(number) };
    let n = n.filter(|n| (0..size).contains(n)).ok_or_else(|| format!("`{cidr}` has no address number {number}"))?;
    Ok(Ipv4Addr::from(ip + u32::try_from(n).unwrap_or(0)).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, args: &[Value]) -> Result<Value, String> {
        Function::named(name).unwrap().apply(args)
    }

    #[test]
    fn every_function_has_one_signature() {
        for (i, s) in ALL.iter().enumerate() {
            assert_eq!(s.function.signature().name, s.name);
            assert_eq!(ALL.iter().filter(|t| t.name == s.name).count(), 1, "{} (row {i})", s.name);
            // No function panics, whatever it is given.
            for filler in [Value::Null, Value::Int(-1), Value::str(""), Value::List(vec![]), Value::Map(Map::new())] {
                let _ = s.function.apply(&vec![filler; s.arity.1]);
            }
        }
        assert_eq!(Function::Modulo as usize + 1, ALL.len());
    }

    #[test]
    fn ranges_are_divided() {
        let subnet = |c: &str, b: i64, n: i64| call("cidr_subnet", &[c.into(), b.into(), n.into()]);
        assert_eq!(subnet("10.0.0.0/16", 8, 2).unwrap(), Value::str("10.0.2.0/24"));
        assert_eq!(subnet("0.0.0.0/0", 32, 4_294_967_295).unwrap(), Value::str("255.255.255.255/32"));
        assert!(subnet("10.0.0.0/16", 8, 256).is_err());
        assert!(subnet("10.0.0.0/16", 17, 0).is_err());
        assert!(subnet("10.0.0.1/16", 8, 0).unwrap_err().contains("10.0.0.0/16"));
        assert_eq!(call("cidr_host", &["10.0.1.0/24".into(), (-2).into()]).unwrap(), Value::str("10.0.1.254"));
    }

    #[test]
    fn secrets_stay_secret() {
        let secret = Value::str("s3cret").secret();
        assert!(matches!(call("to_upper", std::slice::from_ref(&secret)).unwrap(), Value::Secret(_)));
        assert!(matches!(call("join", &[Value::List(vec![secret]), "".into()]).unwrap(), Value::Secret(_)));
    }

    #[test]
    fn text_functions_count_characters() {
        assert_eq!(call("sub_string", &["äöü".into(), 1.into(), 1.into()]).unwrap(), Value::str("ö"));
        assert_eq!(call("sub_string", &["abc".into(), (-2).into()]).unwrap(), Value::str("bc"));
        assert_eq!(call("len", &["äöü".into()]).unwrap(), Value::Int(3));
    }
}
