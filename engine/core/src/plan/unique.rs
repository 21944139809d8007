//! Unique keys: the arguments by which a resource is the only one of its kind, and what follows from them for the order
//! of a replacement.

use crate::expr::Expr;
use crate::graph::ReplaceOrder;
use crate::record::Record;
use crate::schema::{Kind, Scope};
use crate::value::{Map, Value};

/// What makes a resource the only one of its kind, within its region or everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UniqueKey<'a> {
    kind: &'static str,
    /// The region, where the key must be the only one within that.
    region: Option<&'a str>,
    /// The values of the kind's unique arguments.
    pub(super) values: Vec<Value>,
}

impl<'a> UniqueKey<'a> {
    /// The key that a resource will have, when everything that is given of it is known. Without any value, it is not the
    /// only one of anything.
    pub(super) fn wanted(kind: &Kind, region: Option<&'a str>, args: &Map<Expr>) -> Option<UniqueKey<'a>> {
        UniqueKey::new(kind, region, |field| args.get(field).map_or(Some(Value::Null), |value| value.known().cloned()))
    }

    /// The key that a resource has.
    pub(super) fn recorded(kind: &Kind, record: &'a Record) -> Option<UniqueKey<'a>> {
        UniqueKey::new(kind, record.region.as_deref(), |field| {
            Some(record.args.get(field).cloned().unwrap_or_default())
        })
    }

    fn new(kind: &Kind, region: Option<&'a str>, value: impl Fn(&str) -> Option<Value>) -> Option<UniqueKey<'a>> {
        let (fields, scope) = kind.unique?;
        let values: Vec<Value> = fields.iter().map(|f| Some(value(f)?.revealed())).collect::<Option<_>>()?;
        let region = (scope == Scope::Region).then_some(region).flatten();
        values.iter().any(|value| !value.is_null()).then_some(UniqueKey { kind: kind.name, region, values })
    }
}

/// The new one first where names allow it: when nothing of it must be the only one, or its name changes too.
pub(super) fn natural_order(kind: &Kind, wanted: &Map<Expr>, prior: &Record) -> ReplaceOrder {
    let Some((fields, _)) = kind.unique else { return ReplaceOrder::CreateFirst };
    let differs = fields.iter().any(|f| match wanted.get(*f) {
        Some(Expr::Known(value)) => prior.args.get(*f) != Some(value),
        // What comes from something made anew is another one.
        Some(_) => true,
        None => prior.args.contains_key(*f),
    });
    if differs { ReplaceOrder::CreateFirst } else { ReplaceOrder::DeleteFirst }
}
