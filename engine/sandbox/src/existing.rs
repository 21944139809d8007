//! What look-ups find: resources that are in the account, whoever made them.

use dr_core::cloud::{CloudError, ErrorClass, TaggedResource};
use dr_core::existing::{finds_many, not_found};
use dr_core::region::GLOBAL;
use dr_core::value::{Map, Str, Value, intern};

use crate::inner::{Core, ResourceKey};
use crate::state::Entry;

impl Core {
    /// What bears a tag in a place, whoever made it.
    pub(crate) fn bearing(&self, (key, wanted): (&str, &str), place: &str) -> Vec<TaggedResource> {
        let bears = |entry: &&Entry| {
            let tags = entry.kind.tags().and_then(|field| entry.data.args.get(field.name)).and_then(Value::as_map);
            tags.and_then(|tags| tags.get(key)).is_some_and(|value| value.to_text() == wanted)
        };
        let is_here = |entry: &&Entry| !entry.is_deleting() && entry.data.region.as_deref().unwrap_or(GLOBAL) == place;
        let told = |text: &Str| Some(text).filter(|text| !text.is_empty()).cloned();
        let found = self.state.iter().filter(is_here).filter(bears).map(|entry| TaggedResource {
            kind: Some(entry.kind.name.into()),
            region: entry.data.region.clone(),
            id: entry.data.id.clone(),
            address: told(&entry.data.address),
            program: told(&entry.data.program),
            op: None,
        });
        let mut found: Vec<TaggedResource> = found.collect();
        found.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
        found
    }

    /// What a look-up finds, where its kind says what it looks for; else nothing.
    pub(crate) fn find_existing(
        &self,
        at: ResourceKey<'_>,
        args: &Map<Value>,
    ) -> Result<Option<Map<Value>>, CloudError> {
        let Some(finds) = at.kind.finds else { return Ok(None) };
        let is_here = |entry: &&Entry| {
            entry.kind.name == finds && entry.data.region.as_deref() == at.region && !entry.is_deleting()
        };
        let asked = |entry: &&Entry| args.iter().all(|(name, value)| is_as_asked(entry, name, value.reveal()));
        let mut found: Vec<&Entry> = self.state.iter().filter(is_here).filter(asked).collect();
        found.sort_by_cached_key(|entry| (attribute(entry, "availability_zone"), entry.data.id.clone()));
        let many = finds_many(at.kind);
        match found.as_slice() {
            [one] if !many => Ok(Some(answered(at, |name| attribute(one, name)))),
            [_, ..] if many => Ok(Some(answered(at, |name| {
                let single = name.strip_suffix('s')?;
                Some(Value::List(found.iter().map(|entry| attribute(entry, single).unwrap_or(Value::Null)).collect()))
            }))),
            others => {
                let ids: Vec<String> = others.iter().map(|entry| entry.data.id.to_string()).collect();
                Err(at.call.fails(ErrorClass::Invalid, "NotFound", not_found(finds, args, many, &ids)))
            }
        }
    }
}

/// The attributes that a look-up answers.
fn answered(at: ResourceKey<'_>, of: impl Fn(&str) -> Option<Value>) -> Map<Value> {
    let outputs = at.kind.outputs.iter();
    outputs.map(|field| (intern(field.name), of(field.name).unwrap_or(Value::Null))).collect()
}

fn is_as_asked(entry: &Entry, name: &Str, wanted: &Value) -> bool {
    match wanted {
        Value::Null => true,
        Value::Map(wanted) => {
            let has = attribute(entry, name).unwrap_or(Value::Null);
            let Value::Map(has) = has else { return wanted.is_empty() };
            wanted.iter().all(|(key, value)| has.get(key).is_some_and(|has| has == value))
        }
        wanted => attribute(entry, name).as_ref() == Some(wanted),
    }
}

/// An attribute of a resource. `vpc_id` of an `ec2.vpc` is its id.
fn attribute(entry: &Entry, name: &str) -> Option<Value> {
    let data = &entry.data;
    if name == "id" || name.strip_suffix("_id") == Some(entry.kind.short()) {
        return Some(Value::Str(data.id.clone()));
    }
    data.args.get(name).or_else(|| data.outputs.get(name)).map(Value::revealed)
}
