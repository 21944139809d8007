//! Changes of record sets, which a zone takes in batches: all of one or nothing.

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecordSet};

use crate::connect::Cx;
use crate::lifecycle::Result;

/// Makes one change of a zone: all record sets or none.
pub(super) async fn change(cx: &Cx<'_>, id: &str, action: ChangeAction, sets: Vec<ResourceRecordSet>) -> Result<()> {
    // `build` fails only without an action, or without changes.
    let one = |set| Change::builder().action(action.clone()).resource_record_set(set).build().ok();
    let batch = ChangeBatch::builder().set_changes(Some(sets.into_iter().filter_map(one).collect())).build().ok();
    let zone = cx.route53().change_resource_record_sets().hosted_zone_id(id).set_change_batch(batch);
    cx.call("route53:ChangeResourceRecordSets", zone.send()).await.map(drop)
}
