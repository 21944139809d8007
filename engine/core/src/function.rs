//! The pure functions that work on values known only after apply.
//!
//! The set is closed and every function has a name, so that an expression can be stored in a plan and evaluated
//! elsewhere. Scripts call the same functions on known values, so that both ways give the same answer.

use std::borrow::Cow;

use base64::Engine as _;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::cidr;
use crate::limits::{self, TooLarge};
use crate::number::Arithmetic;
use crate::schema::Type;
use crate::text::shortened;
use crate::value::Value;

/// How much of a value messages show.
const SHOWN: usize = 60;

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

    /// Computes the result. It is secret when an argument is; of what is only put elsewhere, the parts that were secret
    /// still are.
    ///
    /// # Errors
    /// A sentence that says which argument does not fit, and nothing of what is secret.
    pub fn apply(self, args: &[Value]) -> Result<Value, String> {
        let Signature { name, arity, .. } = self.signature();
        if args.len() < arity.0 || args.len() > arity.1 {
            return Err(format!("`{name}` takes {} arguments, not {}", arity.0, args.len()));
        }
        let moves =
            matches!(self, Function::Append | Function::Merge | Function::Values | Function::Keys | Function::Len);
        let secret = |arg: &Value| if moves { matches!(arg, Value::Secret(_)) } else { arg.has_secret() };
        if !args.iter().any(secret) {
            return self.compute(args).map_err(Refusal::sentence);
        }
        let open: Vec<Value> = args.iter().map(Value::revealed).collect();
        match self.compute(&open) {
            Ok(value) => Ok(value.secret()),
            Err(Refusal::Form(sentence)) => Err(sentence),
            Err(Refusal::Content(_)) => {
                let name = name.trim_start_matches('$');
                Err(format!("`{name}` does not take this value, which is sensitive and not shown"))
            }
        }
    }

    fn compute(self, args: &[Value]) -> Result<Value, Refusal> {
        let name = self.signature().name.trim_start_matches('$');
        let wrong = |wanted: &str, i: usize| {
            Refusal::Form(format!("`{name}` needs {wanted}, not {}", args.get(i).map_or("nothing", Value::article)))
        };
        let text = |i: usize| match args.get(i) {
            Some(Value::Str(s)) => Ok(&**s),
            _ => Err(wrong("a string", i)),
        };
        let list = |i: usize| match args.get(i) {
            Some(Value::List(items)) => Ok(items.as_slice()),
            _ => Err(wrong("a list", i)),
        };
        let map = |i: usize| match args.get(i) {
            Some(Value::Map(entries)) => Ok(entries),
            _ => Err(wrong("a map", i)),
        };
        let int = |i: usize| match args.get(i) {
            Some(Value::Int(n)) => Ok(*n),
            _ => Err(wrong("an integer", i)),
        };
        let any = |i: usize| args.get(i).unwrap_or(&Value::Null);
        Ok(match self {
            Function::ToJson => json(any(0))?.into(),
            Function::FromJson => from_json(text(0)?)?,
            Function::ToText => joined([any(0)], "")?.into(),
            Function::ToInt => {
                let refused = |_| Refusal::Content(format!("{} is not an integer", shortened(any(0), SHOWN)));
                Value::Int(text(0)?.trim().parse().map_err(refused)?)
            }
            Function::Split => match (text(0)?, text(1)?) {
                (text, "") => {
                    limits::items(Some(text.chars().count()))?;
                    Value::List(text.chars().map(|c| Value::str(c.encode_utf8(&mut [0; 4]))).collect())
                }
                (text, separator) => {
                    limits::items(text.matches(separator).count().checked_add(1))?;
                    Value::List(text.split(separator).map(Value::str).collect())
                }
            },
            Function::Join => joined(list(0)?, text(1)?)?.into(),
            Function::Replace => match (text(0)?, text(1)?, text(2)?) {
                (_, "", _) => return Err(Refusal::Form("`replaced` needs a part that is not empty".into())),
                (text, part, new) => {
                    let times = text.matches(part).count();
                    let grown = times.checked_mul(new.len());
                    limits::text(grown.and_then(|n| n.checked_add(text.len() - times * part.len())))?;
                    text.replace(part, new).into()
                }
            },
            Function::ToUpper => sized(text(0)?.to_uppercase())?,
            Function::ToLower => sized(text(0)?.to_lowercase())?,
            Function::Trim => text(0)?.trim().into(),
            Function::SubString => {
                let (text, from) = (text(0)?, int(1)?);
                let back = usize::try_from(from.unsigned_abs()).unwrap_or(usize::MAX);
                let from = if from < 0 { text.chars().count().saturating_sub(back) } else { back };
                let count = match args.get(2) {
                    Some(_) => usize::try_from(int(2)?).map_err(|_| wrong("a length that is not negative", 3))?,
                    None => usize::MAX,
                };
                text.chars().skip(from).take(count).collect::<String>().into()
            }
            Function::StartsWith => text(0)?.starts_with(text(1)?).into(),
            Function::EndsWith => text(0)?.ends_with(text(1)?).into(),
            Function::Contains => match any(0) {
                Value::Str(s) => s.contains(text(1)?).into(),
                Value::List(items) => items.contains(any(1)).into(),
                Value::Map(map) => map.contains_key(text(1)?).into(),
                _ => return Err(wrong("a string, a list or a map", 0)),
            },
            Function::Len => {
                let n = match any(0) {
                    Value::Str(s) => s.chars().count(),
                    Value::List(items) => items.len(),
                    Value::Map(map) => map.len(),
                    _ => return Err(wrong("a string, a list or a map", 0)),
                };
                Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
            }
            Function::Keys => Value::List(map(0)?.keys().cloned().map(Value::Str).collect()),
            Function::Values => Value::List(map(0)?.values().cloned().collect()),
            Function::Append => {
                let (a, b) = (list(0)?, list(1)?);
                limits::items(a.len().checked_add(b.len()))?;
                Value::List(a.iter().chain(b).cloned().collect())
            }
            Function::Merge => {
                let (mut merged, over) = (map(0)?.clone(), map(1)?);
                merged.extend(over.iter().map(|(k, v)| (k.clone(), v.clone())));
                limits::items(Some(merged.len()))?;
                Value::Map(merged)
            }
            Function::Base64 => {
                let text = text(0)?;
                limits::text(text.len().div_ceil(3).checked_mul(4))?;
                base64::engine::general_purpose::STANDARD.encode(text).into()
            }
            Function::FromBase64 => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text(0)?);
                let bytes = bytes.map_err(|_| Refusal::Content("this is not Base64".into()))?;
                let text = String::from_utf8(bytes);
                text.map_err(|_| Refusal::Content("the Base64 does not hold text".into()))?.into()
            }
            Function::Sha256 => hex::encode(sha2::Sha256::digest(text(0)?)).into(),
            Function::CidrSubnet => cidr::subnet(text(0)?, int(1)?, int(2)?).map_err(Refusal::Content)?.into(),
            Function::CidrHost => cidr::host(text(0)?, int(1)?).map_err(Refusal::Content)?.into(),
            Function::Add => arithmetic(Arithmetic::Add, any(0), any(1))?,
            Function::Subtract => arithmetic(Arithmetic::Subtract, any(0), any(1))?,
            Function::Multiply => arithmetic(Arithmetic::Multiply, any(0), any(1))?,
            Function::Divide => arithmetic(Arithmetic::Divide, any(0), any(1))?,
            Function::Modulo => arithmetic(Arithmetic::Modulo, any(0), any(1))?,
        })
    }
}

/// Why a function refuses its arguments.
enum Refusal {
    /// They have the wrong type, or the result would be too large.
    Form(String),
    /// Something in them does not fit; the sentence may quote it.
    Content(String),
}

impl Refusal {
    fn sentence(self) -> String {
        match self {
            Refusal::Form(sentence) | Refusal::Content(sentence) => sentence,
        }
    }
}

impl From<TooLarge> for Refusal {
    fn from(error: TooLarge) -> Refusal {
        Refusal::Form(error.to_string())
    }
}

fn sized(text: String) -> Result<Value, Refusal> {
    limits::text(Some(text.len()))?;
    Ok(text.into())
}

fn json(value: &Value) -> Result<String, Refusal> {
    value.to_json_within(limits::TEXT).ok_or_else(|| limits::too_long().into())
}

fn from_json(text: &str) -> Result<Value, Refusal> {
    let value = Value::from_json(text).map_err(|e| Refusal::Content(format!("this JSON cannot be read: {e}")))?;
    if !value.is_within(limits::DEEPEST) {
        return Err(Refusal::Form(format!("this JSON is nested more than {} deep", limits::DEEPEST)));
    }
    Ok(value)
}

/// Texts with a separator between them; what is no text becomes one.
fn joined<'a>(items: impl IntoIterator<Item = &'a Value>, separator: &str) -> Result<String, Refusal> {
    let mut out = String::new();
    for (i, item) in items.into_iter().enumerate() {
        let text: Cow<'_, str> = match item {
            Value::Str(text) => Cow::Borrowed(text),
            Value::Null => Cow::Borrowed(""),
            other => Cow::Owned(json(other)?),
        };
        let separator = if i > 0 { separator } else { "" };
        limits::text(out.len().checked_add(separator.len()).and_then(|n| n.checked_add(text.len())))?;
        out.push_str(separator);
        out.push_str(&text);
    }
    Ok(out)
}

fn arithmetic(operation: Arithmetic, a: &Value, b: &Value) -> Result<Value, Refusal> {
    if let Some(odd) = [a, b].into_iter().find(|v| !matches!(v, Value::Int(_) | Value::Float(_))) {
        return Err(Refusal::Form(format!("cannot calculate with {}", odd.article())));
    }
    operation.values(a, b).map_err(Refusal::Content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Map;

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
