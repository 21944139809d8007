//! Unique keys: the arguments by which a resource is the only one of its kind, and what follows from them for the order
//! of a replacement.

use crate::expr::Expr;
use crate::graph::ReplaceOrder;
use crate::record::Record;
use crate::schema::{Kind, Scope};
use crate::value::{Map, Str, Value};

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

/// Whether the new one is known to be called as the old one: then it cannot be made while that one is there.
pub(super) fn keeps_its_name(kind: &Kind, region: Option<&str>, wanted: &Map<Expr>, prior: &Record) -> bool {
    let key = UniqueKey::wanted(kind, region, wanted);
    key.is_some() && key == UniqueKey::recorded(kind, prior)
}

/// The new one first where names allow it: when nothing of it must be the only one, or its name changes too, or it goes
/// to another region, where the same name is another one.
pub(super) fn natural_order(kind: &Kind, region: Option<&Str>, wanted: &Map<Expr>, prior: &Record) -> ReplaceOrder {
    let Some((fields, scope)) = kind.unique else { return ReplaceOrder::CreateFirst };
    if scope == Scope::Region && region != prior.region.as_ref() {
        return ReplaceOrder::CreateFirst;
    }
    let differs = fields.iter().any(|f| match wanted.get(*f) {
        Some(Expr::Known(value)) => prior.args.get(*f) != Some(value),
        // What comes from something made anew is another one.
        Some(_) => true,
        None => prior.args.contains_key(*f),
    });
    if differs { ReplaceOrder::CreateFirst } else { ReplaceOrder::DeleteFirst }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["name"];

    fn order(scope: Option<Scope>, name: &str, region: &str) -> ReplaceOrder {
        let kind = Kind { unique: scope.map(|scope| (NAMES, scope)), ..Kind::new("t.store", "", &[], &[]) };
        let prior = Record {
            address: crate::address::Address::parse("t.store:a").unwrap(),
            kind: "t.store".into(),
            region: Some("r1".into()),
            id: "id".into(),
            args: Map::from([("name".into(), Value::str("a"))]),
            outputs: Map::new(),
            needs: Vec::new(),
            given: Vec::new(),
            protect: false,
            incomplete: None,
            switched: Default::default(),
            tagged_as: None,
            op: "op".into(),
            span: None,
        };
        natural_order(&kind, Some(&region.into()), &Map::from([("name".into(), Expr::str(name))]), &prior)
    }

    #[test]
    fn the_new_one_comes_first_unless_the_old_one_has_its_name() {
        use ReplaceOrder::{CreateFirst, DeleteFirst};
        for (scope, name, region, wanted) in [
            (None, "a", "r1", CreateFirst),
            (Some(Scope::Region), "a", "r1", DeleteFirst),
            (Some(Scope::Region), "b", "r1", CreateFirst),
            (Some(Scope::Region), "a", "r2", CreateFirst),
            (Some(Scope::Account), "a", "r2", DeleteFirst),
            (Some(Scope::World), "a", "r2", DeleteFirst),
            (Some(Scope::World), "b", "r2", CreateFirst),
        ] {
            assert_eq!(order(scope, name, region), wanted, "{scope:?} {name} {region}");
        }
    }
}
