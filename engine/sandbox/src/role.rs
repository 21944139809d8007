//! Role: what tells whether a resource takes the writes of its group.
//!
//! A kind says by two facts that its resources have roles: an argument that names their group, and a computed attribute
//! that tells whether one writes. Both are what a failover switches.

use dr_core::schema::{Field, Kind, Type};
use dr_core::value::{Map, Str, Value, intern};

use crate::state::Entry;

/// The fields by which a kind tells the roles of its resources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoleFields {
    /// The argument that names the group.
    pub(crate) group: &'static Field,
    /// The attribute that tells whether it writes.
    pub(crate) writes: &'static Field,
}

/// A change of roles that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleSwitch {
    /// When it was asked for, in microseconds since 1970.
    pub(crate) at: u64,
    /// When the other member writes.
    pub(crate) over_at: u64,
    /// The address of the member that is to write.
    pub(crate) to: Str,
    /// Whether what that one had not got is lost.
    pub(crate) loses: bool,
}

/// How the kind's resources tell their roles; `None` where they have none.
pub(crate) fn role_fields(kind: &'static Kind) -> Option<RoleFields> {
    let group = kind.args.iter().find(|field| field.member && field.switched && field.refers.is_some())?;
    let writes = kind.outputs.iter().find(|field| field.switched && field.ty == Type::Bool)?;
    Some(RoleFields { group, writes })
}

/// Whether a resource takes writes at a time, where its kind has roles.
pub(crate) fn writes_at(entry: &Entry, now: u64) -> Option<bool> {
    let fields = role_fields(entry.kind)?;
    let says = entry.data.outputs.get(fields.writes.name).and_then(Value::as_bool)?;
    Some(says && entry.data.turns_at <= now)
}

/// The attributes as they are at a time: whoever is to write does not say so before its time.
pub(crate) fn outputs_at(entry: &Entry, now: u64) -> Map<Value> {
    let mut outputs = entry.data.outputs.clone();
    if entry.data.turns_at > now
        && let Some(fields) = role_fields(entry.kind)
    {
        outputs.insert(intern(fields.writes.name), Value::Bool(false));
    }
    outputs
}
