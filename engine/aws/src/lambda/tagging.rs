//! Tags of functions and mappings.

use dr_core::convert::Tags;

use crate::connect::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// Turns some tags of a function or mapping into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.lambda().tag_resource(), cx.lambda().untag_resource());
    let set =
        |tags: Tags| cx.call("lambda:TagResource", set.resource(arn).set_tags(Some(tags.into_iter().collect())).send());
    let remove = |names| cx.call("lambda:UntagResource", remove.resource(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}
