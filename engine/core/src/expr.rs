//! Expressions: values that may not be known yet.
//!
//! What a script writes is coerced once into an [`Expr`]. It is plain, serialisable data: a value, a reference to an
//! attribute of a resource, or a pure computation over those. [`Expr::reduce`] replaces what is known and folds what
//! then can be computed; what stays is what is "known after apply". Planning and applying use the same reduction.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::function::Function;
use crate::limits::{self, TooLarge, Weight};
use crate::text::shortened;
use crate::value::{Map, REDACTED, Str, Value, quoted};

/// A value, or how to compute one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// Known.
    Known(Value),
    /// A list with at least one part that is not known.
    List(Vec<Expr>),
    /// A map with at least one part that is not known.
    Map(Map<Expr>),
    /// An attribute of a resource.
    Attr(AttrRef),
    /// A part of another expression.
    Get(Arc<Expr>, PartKey),
    /// Texts put together; parts that are not text are turned into it.
    Concat(Vec<Expr>),
    /// A pure function.
    Call(Function, Vec<Expr>),
}

/// A reference to an attribute of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttrRef {
    /// The resource.
    pub address: Address,
    /// The attribute's name: an argument, a computed attribute, or `id`.
    pub attr: Str,
}

/// How a part is picked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKey {
    /// An entry of a map.
    Name(Str),
    /// An item of a list; negative counts from its end.
    Index(i64),
}

/// An expression that cannot be computed although all of it is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot compute {what}: {why}")]
pub struct EvalError {
    /// The expression as a person reads it.
    pub what: String,
    /// What does not fit.
    pub why: String,
}

impl EvalError {
    /// How much of an expression is shown, in characters.
    const SHOWN: usize = 200;

    fn new(what: &dyn fmt::Display, why: String) -> EvalError {
        EvalError { what: shortened(what, EvalError::SHOWN), why }
    }
}

impl Expr {
    /// Text that is known.
    pub fn str(text: &str) -> Expr {
        Expr::Known(Value::str(text))
    }

    /// A reference to an attribute.
    pub fn attr(address: &Address, attr: &str) -> Expr {
        Expr::Attr(AttrRef { address: address.clone(), attr: attr.into() })
    }

    /// A list; known when all its items are.
    pub fn list(items: Vec<Expr>) -> Expr {
        if items.iter().any(|e| e.known().is_none()) {
            return Expr::List(items);
        }
        Expr::Known(Value::List(items.into_iter().filter_map(Expr::into_known).collect()))
    }

    /// A map; known when all its values are.
    pub fn map(entries: Map<Expr>) -> Expr {
        if entries.values().any(|e| e.known().is_none()) {
            return Expr::Map(entries);
        }
        let known = |(key, e): (Str, Expr)| Some((key, e.into_known()?));
        Expr::Known(Value::Map(entries.into_iter().filter_map(known).collect()))
    }

    /// The value, when it is known.
    pub fn known(&self) -> Option<&Value> {
        match self {
            Expr::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The value itself, when it is known.
    pub fn into_known(self) -> Option<Value> {
        match self {
            Expr::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Whether this is known and `Null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Expr::Known(Value::Null))
    }

    /// Adds what it holds to a weight. What is not known weighs more: it is gone through again and again.
    ///
    /// # Errors
    /// When the whole is larger than a value may be.
    pub fn weigh(&self, weight: &mut Weight) -> Result<(), TooLarge> {
        const OPEN: usize = 480;
        match self {
            Expr::Known(value) => return value.weigh(weight),
            Expr::List(_) | Expr::Map(_) => weight.add(0)?,
            _ => weight.add(OPEN)?,
        }
        match self {
            Expr::Known(_) | Expr::Attr(_) => Ok(()),
            Expr::List(items) | Expr::Concat(items) | Expr::Call(_, items) => {
                items.iter().try_for_each(|e| e.weigh(weight))
            }
            Expr::Map(entries) => entries.iter().try_for_each(|(key, e)| {
                weight.add(key.len())?;
                e.weigh(weight)
            }),
            Expr::Get(inner, _) => inner.weigh(weight),
        }
    }

    /// Calls `visit` with every reference in the expression.
    pub fn each_ref(&self, visit: &mut dyn FnMut(&AttrRef)) {
        match self {
            Expr::Known(_) => {}
            Expr::List(items) | Expr::Concat(items) | Expr::Call(_, items) => {
                items.iter().for_each(|e| e.each_ref(visit));
            }
            Expr::Map(entries) => entries.values().for_each(|e| e.each_ref(visit)),
            Expr::Attr(reference) => visit(reference),
            Expr::Get(inner, _) => inner.each_ref(visit),
        }
    }

    /// The resources whose attributes the expression reads.
    pub fn addresses(&self) -> BTreeSet<Address> {
        let mut found = BTreeSet::new();
        self.each_ref(&mut |r| {
            found.insert(r.address.clone());
        });
        found
    }

    /// Replaces every reference that `lookup` knows and computes what then can be computed.
    ///
    /// # Errors
    /// When a computation over known values fails, for example an index beyond the end of a list.
    pub fn reduce(&self, lookup: &mut dyn FnMut(&AttrRef) -> Option<Value>) -> Result<Expr, EvalError> {
        Ok(match self {
            Expr::Known(_) => self.clone(),
            Expr::List(items) => Expr::list(reduce_all(items, lookup)?),
            Expr::Map(entries) => {
                let mut reduced = Map::new();
                for (key, value) in entries {
                    reduced.insert(key.clone(), value.reduce(lookup)?);
                }
                Expr::map(reduced)
            }
            Expr::Attr(reference) => match lookup(reference) {
                Some(value) => Expr::Known(value),
                None => self.clone(),
            },
            Expr::Get(inner, key) => inner.reduce(lookup)?.get(key)?,
            Expr::Concat(parts) => Expr::concat(reduce_all(parts, lookup)?)?,
            Expr::Call(function, args) => Expr::call(*function, reduce_all(args, lookup)?)?,
        })
    }

    /// Picks a part; computed at once when the shape of the expression allows it.
    ///
    /// # Errors
    /// When the whole is known and has no such part.
    pub fn get(self, key: &PartKey) -> Result<Expr, EvalError> {
        let fail = |whole: &Expr, why: String| Err(EvalError::new(&format_args!("{whole}{key}"), why));
        match (&self, key) {
            (Expr::Known(value), _) => match pick(value, key) {
                Ok(found) => Ok(Expr::Known(found)),
                Err(why) => fail(&self, why),
            },
            (Expr::Map(entries), PartKey::Name(name)) => match entries.get(name) {
                Some(found) => Ok(found.clone()),
                None => fail(&self, format!("there is no `{name}` in it")),
            },
            (Expr::List(items), PartKey::Index(i)) => match position(*i, items.len()) {
                Some(at) => Ok(items[at].clone()),
                None => fail(&self, format!("it has {} items", items.len())),
            },
            _ => Ok(Expr::Get(Arc::new(self), key.clone())),
        }
    }

    /// Puts texts together: joins neighbours that are known, flattens what is nested.
    ///
    /// # Errors
    /// When the text would be longer than a text may be.
    pub fn concat(parts: Vec<Expr>) -> Result<Expr, EvalError> {
        let mut texts = Texts::default();
        for part in parts {
            match part {
                Expr::Concat(inner) => inner.into_iter().try_for_each(|p| texts.push(p)),
                other => texts.push(other),
            }
            .map_err(|error| EvalError { what: "a text".into(), why: error.to_string() })?;
        }
        texts.close();
        Ok(match texts.parts.as_slice() {
            [] => Expr::str(""),
            [Expr::Known(_)] => texts.parts.remove(0),
            _ => Expr::Concat(texts.parts),
        })
    }

    /// A function call; computed at once when all arguments are known.
    ///
    /// # Errors
    /// When all arguments are known and the function refuses them.
    pub fn call(function: Function, args: Vec<Expr>) -> Result<Expr, EvalError> {
        match args.iter().map(|e| e.known().cloned()).collect::<Option<Vec<Value>>>() {
            Some(values) => {
                function.apply(&values).map(Expr::Known).map_err(|why| EvalError::new(&Expr::Call(function, args), why))
            }
            None => Ok(Expr::Call(function, args)),
        }
    }
}

fn reduce_all(items: &[Expr], lookup: &mut dyn FnMut(&AttrRef) -> Option<Value>) -> Result<Vec<Expr>, EvalError> {
    items.iter().map(|e| e.reduce(lookup)).collect()
}

/// The parts of a text; what is known and stands together is one part.
#[derive(Default)]
struct Texts {
    parts: Vec<Expr>,
    /// The known text at the end, which the next part may continue.
    known: String,
    /// Whether something secret is in it.
    secret: bool,
    /// The length of all that is known.
    bytes: usize,
}

impl Texts {
    fn push(&mut self, part: Expr) -> Result<(), TooLarge> {
        let Expr::Known(value) = &part else {
            self.close();
            self.parts.push(part);
            return Ok(());
        };
        let text = match value.reveal() {
            Value::Str(text) => Cow::Borrowed(&**text),
            Value::Null => Cow::Borrowed(""),
            other => Cow::Owned(other.to_json_within(limits::TEXT).ok_or_else(limits::too_long)?),
        };
        self.bytes = limits::text(self.bytes.checked_add(text.len()))?;
        self.known.push_str(&text);
        self.secret |= value.has_secret();
        Ok(())
    }

    /// Ends the known text.
    fn close(&mut self) {
        let secret = std::mem::take(&mut self.secret);
        if !self.known.is_empty() || secret {
            let text = Value::from(std::mem::take(&mut self.known));
            self.parts.push(Expr::Known(if secret { text.secret() } else { text }));
        }
    }
}

fn position(index: i64, len: usize) -> Option<usize> {
    let len = i64::try_from(len).ok()?;
    let at = if index < 0 { len.checked_add(index)? } else { index };
    (0..len).contains(&at).then_some(at).and_then(|at| usize::try_from(at).ok())
}

/// A part of a known value. What is in a secret is one, and errors do not tell what is.
fn pick(value: &Value, key: &PartKey) -> Result<Value, String> {
    if let Value::Secret(inner) = value {
        let hidden = |_| format!("{REDACTED} has no such part");
        return pick(inner, key).map(Value::secret).map_err(hidden);
    }
    match (value, key) {
        (Value::Map(map), PartKey::Name(name)) => map.get(name).cloned().ok_or_else(|| {
            let near = crate::schema::closest(name, map.keys().map(|k| &**k));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("there is no `{name}` in it{near}")
        }),
        (Value::List(items), PartKey::Index(i)) => match position(*i, items.len()) {
            Some(at) => Ok(items[at].clone()),
            None => Err(format!("it has {} items", items.len())),
        },
        (other, PartKey::Name(_)) => Err(format!("{} has no named parts", other.article())),
        (other, PartKey::Index(_)) => Err(format!("{} has no numbered items", other.article())),
    }
}

impl From<Value> for Expr {
    fn from(value: Value) -> Self {
        Expr::Known(value)
    }
}

impl fmt::Display for PartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartKey::Name(name) => write!(f, ".{name}"),
            PartKey::Index(i) => write!(f, "[{i}]"),
        }
    }
}

/// As a person reads it: known parts as values, the rest as `${address.attribute}`.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn inner(e: &Expr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match e {
                Expr::Attr(r) => write!(f, "{}.{}", r.address, r.attr),
                Expr::Get(whole, key) => {
                    inner(whole, f)?;
                    write!(f, "{key}")
                }
                Expr::Call(function, args) => {
                    write!(f, "{}(", function.signature().name.trim_start_matches('$'))?;
                    for (i, arg) in args.iter().enumerate() {
                        f.write_str(if i > 0 { ", " } else { "" })?;
                        inner(arg, f)?;
                    }
                    f.write_str(")")
                }
                other => other.fmt(f),
            }
        }
        match self {
            Expr::Known(value) => value.fmt(f),
            Expr::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Expr::Map(entries) => {
                f.write_str("{")?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{}: {value}", if i > 0 { ", " } else { "" }, quoted(key))?;
                }
                f.write_str("}")
            }
            Expr::Concat(parts) => {
                f.write_str("\"")?;
                for part in parts {
                    match part {
                        Expr::Known(v) if v.has_secret() => f.write_str(REDACTED)?,
                        Expr::Known(v) => f.write_str(&v.to_text())?,
                        other => {
                            f.write_str("${")?;
                            inner(other, f)?;
                            f.write_str("}")?;
                        }
                    }
                }
                f.write_str("\"")
            }
            other => {
                f.write_str("${")?;
                inner(other, f)?;
                f.write_str("}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Address {
        Address::parse("sqs.queue:q").unwrap()
    }
    fn arn(r: &AttrRef) -> Option<Value> {
        (&*r.attr == "arn").then(|| Value::str("arn:q"))
    }

    #[test]
    fn known_parts_fold_and_unknown_ones_stay() {
        let text =
            Expr::concat(vec![Expr::str("a-"), Expr::attr(&queue(), "arn"), Expr::attr(&queue(), "url")]).unwrap();
        let reduced = text.reduce(&mut arn).unwrap();
        assert_eq!(reduced.to_string(), "\"a-arn:q${sqs.queue:q.url}\"");
        let whole = reduced.reduce(&mut |_| Some(Value::Int(7))).unwrap();
        assert_eq!(whole, Expr::str("a-arn:q7"));
    }

    #[test]
    fn functions_run_once_their_arguments_are_known() {
        let split = Expr::call(Function::Split, vec![Expr::attr(&queue(), "arn"), Expr::str(":")]).unwrap();
        let last = split.get(&PartKey::Index(-1)).unwrap();
        assert_eq!(last.to_string(), "${split(sqs.queue:q.arn, \":\")[-1]}");
        assert_eq!(last.reduce(&mut arn).unwrap(), Expr::str("q"));
    }

    #[test]
    fn what_cannot_be_computed_says_so() {
        let e = Expr::Known(Value::List(vec![])).get(&PartKey::Index(0)).unwrap_err();
        assert_eq!(e.to_string(), "cannot compute [][0]: it has 0 items");
    }

    #[test]
    fn a_text_with_a_secret_is_secret() {
        let secret = || Value::str("x").secret();
        let e = Expr::concat(vec![Expr::str("pw="), Expr::Known(secret())]).unwrap();
        assert_eq!(e, Expr::Known(Value::str("pw=x").secret()));
        let e = Expr::concat(vec![Expr::Known(Value::List(vec![secret()]))]).unwrap();
        assert_eq!(e, Expr::Known(Value::str("[\"x\"]").secret()));
    }

    #[test]
    fn expressions_survive_serialisation() {
        let e = Expr::map(Map::from([(
            "k".into(),
            Expr::concat(vec![Expr::str("x"), Expr::attr(&queue(), "arn")]).unwrap(),
        )]));
        let text = serde_json::to_string(&e).unwrap();
        assert_eq!(serde_json::from_str::<Expr>(&text).unwrap(), e);
    }
}
