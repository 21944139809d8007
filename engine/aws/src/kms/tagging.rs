//! Tags of keys.

use aws_sdk_kms::types::Tag;
use dr_core::convert::Tags;

use crate::connect::Cx;
use crate::lifecycle::Result;
use crate::tags;

pub(super) async fn list_tags(cx: &Cx<'_>, id: &str) -> Result<Vec<Tag>> {
    let pages = cx.kms().list_resource_tags().key_id(id).into_paginator().items().send();
    cx.call("kms:ListResourceTags", pages.try_collect()).await
}

/// Turns some tags of a key into others.
pub(super) async fn retag(cx: &Cx<'_>, id: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.kms().tag_resource(), cx.kms().untag_resource());
    let set = |tags| cx.call("kms:TagResource", set.key_id(id).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("kms:UntagResource", remove.key_id(id).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}
