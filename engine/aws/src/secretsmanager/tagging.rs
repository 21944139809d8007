//! Tags of secrets.

use dr_core::convert::Tags;

use crate::connect::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// Turns some tags of a secret into others.
pub(super) async fn retag(cx: &Cx<'_>, secret: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.secretsmanager().tag_resource(), cx.secretsmanager().untag_resource());
    let set =
        |tags| cx.call("secretsmanager:TagResource", set.secret_id(secret).set_tags(Some(tags::list(tags))).send());
    let remove =
        |names| cx.call("secretsmanager:UntagResource", remove.secret_id(secret).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}
