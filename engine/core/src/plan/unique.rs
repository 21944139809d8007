//! Unique keys: the arguments by which a resource is the only one of its kind, and what follows from them for the order
//! of a replacement.

use crate::expr::Expr;
use crate::graph::ReplaceOrder;
use crate::record::Record;
use crate::schema::{Kind, Scope};
use crate::value::{Map, Value};

/// The values by which a resource is the only one of its kind, when all that are given are known. Without any, it is not
/// the only one of anything.
pub(super) fn unique_key(kind: &Kind, args: &Map<Expr>) -> Option<(Scope, Vec<Value>)> {
    let (fields, scope) = kind.unique?;
    let given = |f: &&str| args.get(*f).map_or(Some(Value::Null), |value| value.known().cloned());
    let values: Vec<Value> = fields.iter().map(given).collect::<Option<_>>()?;
    values.iter().any(|value| !value.is_null()).then_some((scope, values))
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
