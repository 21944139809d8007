//! Former resources: what a record tells of what may be left once its resource is deleted.

use crate::checks::log_groups;
use crate::leftover::{FormerResource, SHORTEST};
use crate::record::Record;
use crate::schema::Kind;
use crate::value::{Str, Value};

/// What a record of a kind tells.
pub fn former(record: &Record, kind: &'static Kind) -> FormerResource {
    let is_name = |name: &str| kind.arg(name).is_some_and(|field| kind.identifies(field) && field.refers.is_none());
    let named = record.args.iter().filter(|(name, _)| is_name(name));
    let named = named.filter_map(|(_, value)| value.as_str()).map(Str::from);
    let mut names: Vec<Str> = std::iter::once(record.id.clone()).chain(named).collect();
    names.retain(|name| name.len() >= SHORTEST);
    names.extend(record.outputs.get("arn").and_then(Value::as_str).map(Str::from));
    names.sort();
    names.dedup();
    FormerResource {
        address: record.address.text(),
        kind: kind.name,
        id: record.id.clone(),
        region: record.region.clone(),
        names,
        groups: log_groups(record, kind).into_iter().map(Str::from).collect(),
    }
}
