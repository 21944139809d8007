//! What deletions leave behind: what the kind says, what the arguments ask for, what the service had made by itself.

use std::time::Duration;

use dr_core::checks;
use dr_core::value::{Map, Str, Value};

use crate::remnant::Remnant;
use crate::state::Entry;

/// Something that is left of a resource which was deleted through this handle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remains {
    /// Whose it is.
    pub address: Str,
    /// What it is.
    pub what: String,
    /// For how long, where that is known.
    pub lasts: Option<Duration>,
    /// The check that asks for none of it, if one does.
    pub check: Option<&'static str>,
}

impl Remains {
    /// What stays in the account of it, once the resource is gone. It stays for as long as in the real cloud: nobody waits
    /// for it.
    pub(crate) fn kept(&self, entry: &Entry, gone_at: u64) -> Remnant {
        let Entry { kind, data } = entry;
        let named = kind.args.iter().filter(|field| kind.identifies(field) && field.refers.is_none());
        let named = named.filter_map(|field| data.args.get(field.name).and_then(Value::as_str)).map(Str::from);
        Remnant {
            what: self.what.as_str().into(),
            region: data.region.clone(),
            id: data.id.clone(),
            of: named.collect(),
            environment: data.environment.clone(),
            program: data.program.clone(),
            address: data.address.clone(),
            until: self.lasts.map(|lasts| gone_at.saturating_add(u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX))),
        }
    }
}

/// What is left of a resource with these arguments.
pub(crate) fn remains(entry: &Entry, args: &Map<Value>) -> Vec<Remains> {
    let of =
        |what: &str, lasts, check| Remains { address: entry.data.address.clone(), what: what.to_owned(), lasts, check };
    let traces = checks::traces(entry.kind, args).into_iter();
    let asked = traces.filter_map(|trace| Some(of(trace.left?, None, Some(trace.check))));
    let always = entry.kind.leaves.and_then(|residue| Some(of(residue.one, Some(residue.of(args)?), None)));
    always.into_iter().chain(asked).collect()
}
