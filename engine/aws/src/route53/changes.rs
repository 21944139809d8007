//! Changes of record sets, which a zone takes in batches: all of one or nothing.

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecordSet};

use crate::connect::Cx;
use crate::lifecycle::Result;

/// The call.
pub(super) const CALL: &str = "route53:ChangeResourceRecordSets";

/// Does the same to several record sets of a zone: to all of them or to none.
pub(super) async fn change(cx: &Cx<'_>, id: &str, action: ChangeAction, sets: Vec<ResourceRecordSet>) -> Result<()> {
    changes(cx, id, sets.into_iter().map(|set| (action.clone(), set)).collect()).await
}

/// Makes several changes of a zone, one after the other: all of them or none.
pub(super) async fn changes(cx: &Cx<'_>, id: &str, all: Vec<(ChangeAction, ResourceRecordSet)>) -> Result<()> {
    // `build` fails only without an action, or without changes.
    let one = |(action, set)| Change::builder().action(action).resource_record_set(set).build().ok();
    let batch = ChangeBatch::builder().set_changes(Some(all.into_iter().filter_map(one).collect())).build().ok();
    let zone = cx.route53().change_resource_record_sets().hosted_zone_id(id).set_change_batch(batch);
    cx.call(CALL, zone.send()).await.map(drop)
}
