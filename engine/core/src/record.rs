//! Records: what is known of live resources, and everything needed to destroy them without their script.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::address::Address;
use crate::answer::Answers;
use crate::cloud::Identity;
use crate::diagnostic::Span;
use crate::failover::state::RecoveryState;
use crate::lifetime::Lifetime;
use crate::text::{interned, interned_option};
use crate::value::{Map, Str, Value};

/// What is known of one live resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its address.
    pub address: Address,
    /// Its kind.
    #[serde(deserialize_with = "interned")]
    pub kind: Str,
    /// Its region; `None` for kinds that are global or local.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "interned_option")]
    pub region: Option<Str>,
    /// Its id in the cloud.
    pub id: Str,
    /// The arguments it was given, or, after a refresh, has.
    pub args: Map<Value>,
    /// Arguments that a failover has set, with what it has set them to; null where it has unset one. `args` keeps what was
    /// declared.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub switched: Map<Value>,
    /// Its computed attributes.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<Value>,
    /// The resources it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Of the arguments that the service keeps when they are left out, those that the program gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Str>,
    /// Whether a plan may delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// Why it cannot be used as it is, when what was begun with it has not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "unfinished")]
    pub incomplete: Option<Unfinished>,
    /// The operation that created it.
    pub op: Str,
    /// The address that its identity tags bear, when that is a former one: it has moved, and they were not written since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tagged_as: Option<Address>,
    /// Where the script declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// Why a resource that is there cannot be used as it is. It says what the next plan does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfinished {
    /// It was made, and what comes after that is not done: it was not seen ready yet, or what creation alone cannot set
    /// is not set. The next plan goes on with it.
    Begun,
    /// The service says that it will never be ready, or is deleting it. The next plan makes it anew.
    Failed,
    /// A secret of it that nothing but the state kept cannot be read any more: its key is lost. The next plan makes it
    /// anew.
    Lost,
}

/// Earlier versions only told that something was unfinished, not why. Going on with it finds out.
fn unfinished<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Unfinished>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Why(Unfinished),
        Whether(bool),
    }
    Ok(match Option::<Written>::deserialize(from)? {
        Some(Written::Why(why)) => Some(why),
        Some(Written::Whether(true)) => Some(Unfinished::Begun),
        Some(Written::Whether(false)) | None => None,
    })
}

/// A dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Need {
    /// The resource depended on.
    pub address: Address,
    /// Whether this resource must be gone before that one can be deleted.
    pub blocks_delete: bool,
}

impl Record {
    /// The arguments as they are in force: as they were declared, but for what a failover has set.
    pub fn in_force(&self) -> Cow<'_, Map<Value>> {
        if self.switched.is_empty() { Cow::Borrowed(&self.args) } else { Cow::Owned(self.switched_in(&self.args)) }
    }

    /// Declared arguments with what a failover has set laid over them.
    pub fn switched_in(&self, args: &Map<Value>) -> Map<Value> {
        let mut all = args.clone();
        for (name, value) in &self.switched {
            match value.is_null() {
                true => drop(all.remove(name)),
                false => drop(all.insert(name.clone(), value.clone())),
            }
        }
        all
    }

    /// Arguments that were found, with what was declared in the place of what a failover has set.
    pub fn as_declared(&self, found: &Map<Value>) -> Map<Value> {
        let mut all = found.clone();
        for name in self.switched.keys() {
            match self.args.get(name) {
                Some(declared) => drop(all.insert(name.clone(), declared.clone())),
                None => drop(all.remove(name)),
            }
        }
        all
    }

    /// The value of an attribute: computed, argument, or built in.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        match self.outputs.get(name).or_else(|| self.args.get(name)) {
            Some(value) => Some(value.clone()),
            None => match name {
                "id" => Some(Value::Str(self.id.clone())),
                "region" => Some(self.region.clone().map_or(Value::Null, Value::Str)),
                _ => None,
            },
        }
    }
}

/// All records of an environment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The program the environment belongs to; `None` while it is empty.
    pub program: Option<Str>,
    /// The cloud it lives in; `None` while it is empty.
    pub identity: Option<Identity>,
    /// Counts the changes made to this state. A stored plan names the position it was made for.
    pub position: u64,
    /// What is there.
    pub records: BTreeMap<Address, Arc<Record>>,
    /// What was replaced but not deleted yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Arc<Record>>,
    /// The program's outputs after the last apply.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<Value>,
    /// What look-ups answered last. They stay when everything else is gone.
    #[serde(default, skip_serializing_if = "Answers::is_empty")]
    pub answers: Answers,
    /// Since when it is there, and who applied it last; `None` while it is empty, and where an earlier version made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Lifetime>,
    /// What is kept of recovery: what was computed, which side is active, how far a failover is.
    #[serde(default, skip_serializing_if = "RecoveryState::is_empty")]
    pub recovery: RecoveryState,
}

impl Snapshot {
    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.deposed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unfinished_is_read_in_both_forms() {
        let with = |incomplete: &str| {
            let text = format!(
                r#"{{"address": "sqs.queue:q", "kind": "sqs.queue", "id": "i", "args": {{}}, "op": "o"{incomplete}}}"#
            );
            let record: Record = serde_json::from_str(&text).unwrap();
            let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
            assert_eq!(record, again);
            record.incomplete
        };
        assert_eq!(with(""), None);
        assert_eq!(with(r#", "incomplete": true"#), Some(Unfinished::Begun));
        assert_eq!(with(r#", "incomplete": "begun""#), Some(Unfinished::Begun));
        assert_eq!(with(r#", "incomplete": "failed""#), Some(Unfinished::Failed));
    }
}
