//! Lost secrets: what cannot be read because the key that it was sealed with is gone.
//!
//! Whoever opens a state without its key gets everything else. A secret that cannot be read is no value: the argument or
//! attribute is not there, and it is told which one it was. An output stays, as a secret without a value.

use std::fmt;

use dr_core::address::Address;
use dr_core::record::Record;
use dr_core::value::{Map, Str, Value};

/// A secret that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LostSecret {
    /// The resource; `None` for an output of the program.
    pub address: Option<Address>,
    /// The argument, attribute or output.
    pub name: Str,
}

impl fmt::Display for LostSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Some(address) => write!(f, "`{}` of `{address}`", self.name),
            None => write!(f, "the output `{}`", self.name),
        }
    }
}

/// What stands for a secret that cannot be read.
pub(crate) fn unreadable() -> Value {
    Value::Null.secret()
}

/// Whether something in a value cannot be read.
pub(crate) fn is_unreadable(value: &Value) -> bool {
    match value {
        Value::Secret(inner) => inner.is_null(),
        Value::List(items) => items.iter().any(is_unreadable),
        Value::Map(map) => map.values().any(is_unreadable),
        _ => false,
    }
}

/// Removes the unreadable secrets from a record, and returns which they were.
pub(crate) fn strip(record: &mut Record) -> Vec<LostSecret> {
    let address = record.address.clone();
    let mut lost = Vec::new();
    for values in [&mut record.args, &mut record.outputs] {
        let names: Vec<Str> = names(values);
        for name in names {
            values.remove(&name);
            lost.push(LostSecret { address: Some(address.clone()), name });
        }
    }
    lost
}

/// The names of values in which something cannot be read.
pub(crate) fn names(values: &Map<Value>) -> Vec<Str> {
    values.iter().filter(|(_, value)| is_unreadable(value)).map(|(name, _)| name.clone()).collect()
}
