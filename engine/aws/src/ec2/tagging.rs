//! Tags that things are made with and found by.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use dr_core::cloud::{Intent, tag};
use dr_core::convert::Tags;

use crate::connect::Cx;
use crate::lifecycle::Result;
use crate::tags::{self, Reported as _};

/// A condition of a listing.
pub(super) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The conditions that something has these tags; none where there are no tags.
pub(super) fn having(tags: &Tags) -> Option<Vec<Filter>> {
    let filters: Vec<Filter> = tags.iter().map(|(key, value)| filter(&format!("tag:{key}"), value)).collect();
    (!filters.is_empty()).then_some(filters)
}

/// Whether something has all of these tags.
pub(super) fn has_all(reported: &[Tag], tags: &Tags) -> bool {
    let has = reported.tags();
    tags.iter().all(|(key, value)| has.get(key) == Some(value))
}

/// The condition that this operation made it.
pub(super) fn made_by(intent: &Intent) -> Filter {
    filter(&format!("tag:{}", tag::OPERATION), &intent.op)
}

/// The tags that something of this type is made with.
pub(super) fn tagged(what: ResourceType, user: &Tags, intent: &Intent) -> TagSpecification {
    TagSpecification::builder().resource_type(what).set_tags(Some(tags::list(tags::given(user, intent)))).build()
}

/// Turns the tags of anything into others. From none to `tags::given(..)`, it tags what could not be tagged when it was
/// made.
pub(super) async fn retag(cx: &Cx<'_>, id: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.ec2().create_tags().resources(id), cx.ec2().delete_tags().resources(id));
    let set = |tags| cx.call("ec2:CreateTags", set.set_tags(Some(tags::list(tags))).send());
    // A tag without a value is removed whatever its value is.
    let bare = |name| Tag::builder().key(name).build();
    let remove = |names: Vec<String>| {
        cx.call("ec2:DeleteTags", remove.set_tags(Some(names.into_iter().map(bare).collect())).send())
    };
    tags::change(old, new, set, remove).await
}
