//! Records of one name that change together.
//!
//! Route 53 takes or refuses a batch as a whole, and looks at its changes one after the other. So whatever goes is
//! deleted first, then what stays is changed, then what is new is made. A record that gets another role or routing policy
//! goes and is made: changed in place it would be refused for the one that still has that role.
//!
//! Only what is not so yet is sent, so that a batch may be repeated after its reply was lost.

use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet};
use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::route53::DnsRecord;

use super::changes::{CALL, changes};
use super::names::plain;
use super::record_set::{id, is_of, named, record, set};
use crate::connect::Cx;
use crate::lifecycle::{Result, TypedChange, is_as_given};

/// Makes all changes, or none.
pub(super) async fn batch(items: &[(Cx<'_>, TypedChange<'_, DnsRecord>)]) -> Result<Vec<String>> {
    let Some((cx, first)) = items.first() else { return Ok(Vec::new()) };
    let zone = &about(first).zone_id;
    if items.iter().any(|(_, item)| about(item).zone_id != *zone) {
        let why = format!("{}: changes of several zones cannot be made together", cx.address());
        return Err(CloudError::new(ErrorClass::Invalid, CALL, "NotOneZone", why));
    }
    let mut names: Vec<String> = items.iter().map(|(_, item)| plain(&about(item).name)).collect();
    names.sort();
    names.dedup();
    let mut there = Vec::new();
    for name in &names {
        there.extend(named(cx, zone, name).await?);
    }
    let mut wanted = ChangeSet::default();
    let mut ids = Vec::new();
    for (cx, item) in items {
        let args = about(item);
        let live = there.iter().find(|set| is_of(set, args));
        ids.push(match item {
            TypedChange::Create { .. } => {
                let is_ours = |set| is_as_given(&record(set, args), args) || items.iter().any(|(_, i)| goes(i, set));
                match live {
                    Some(live) if !is_ours(live) => return Err(cx.not_ours(CALL, &id(args))),
                    _ => wanted.be(cx, args, live)?,
                }
                id(args)
            }
            TypedChange::Update { id, .. } => {
                wanted.be(cx, args, live)?;
                (*id).to_owned()
            }
            TypedChange::Delete { .. } => {
                // What is made anew in this batch does not go, or goes already.
                let stays = items
                    .iter()
                    .any(|(_, other)| !is_delete(other) && live.is_some_and(|set| is_of(set, about(other))));
                wanted.gone.extend(live.filter(|_| !stays).cloned());
                String::new()
            }
        });
    }
    let ChangeSet { gone, changed, made } = wanted;
    let each =
        |action: ChangeAction, sets: Vec<ResourceRecordSet>| sets.into_iter().map(move |set| (action.clone(), set));
    let all = each(ChangeAction::Delete, gone).chain(each(ChangeAction::Upsert, changed));
    let all: Vec<_> = all.chain(each(ChangeAction::Create, made)).collect();
    if !all.is_empty() {
        changes(cx, zone, all).await.map_err(|error| match error.class {
            // One of them went since they were read, and so nothing was done: what is left is another batch.
            ErrorClass::Gone => CloudError { class: ErrorClass::Conflict, ..error },
            _ => error,
        })?;
    }
    Ok(ids)
}

/// The record sets to delete as they are, to change, and to make.
#[derive(Default)]
struct ChangeSet {
    gone: Vec<ResourceRecordSet>,
    changed: Vec<ResourceRecordSet>,
    made: Vec<ResourceRecordSet>,
}

impl ChangeSet {
    /// A record is to be as the arguments say, and is like this now.
    fn be(&mut self, cx: &Cx<'_>, args: &DnsRecord, live: Option<&ResourceRecordSet>) -> Result<()> {
        match live {
            Some(live) if is_as_given(&record(live, args), args) => {}
            Some(live) if has_policy(live, args) => self.changed.push(set(cx, args)?),
            live => {
                self.gone.extend(live.cloned());
                self.made.push(set(cx, args)?);
            }
        }
        Ok(())
    }
}

/// The arguments of a change: those that shall be, or that were.
fn about<'a>(item: &'a TypedChange<'_, DnsRecord>) -> &'a DnsRecord {
    match item {
        TypedChange::Create { args } => args,
        TypedChange::Update { new, .. } => new,
        TypedChange::Delete { last } => last,
    }
}

fn is_delete(item: &TypedChange<'_, DnsRecord>) -> bool {
    matches!(item, TypedChange::Delete { .. })
}

/// Whether a change deletes this record set.
fn goes(item: &TypedChange<'_, DnsRecord>, set: &ResourceRecordSet) -> bool {
    is_delete(item) && is_of(set, about(item))
}

/// Whether a record set has the role and routing policy that the arguments say.
fn has_policy(live: &ResourceRecordSet, args: &DnsRecord) -> bool {
    let live = record(live, args);
    (&live.failover, &live.latency_region, &live.geolocation)
        == (&args.failover, &args.latency_region, &args.geolocation)
        && (live.weight.is_some(), live.multi_value_answer) == (args.weight.is_some(), args.multi_value_answer)
}
