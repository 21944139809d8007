//! Amazon Elastic Compute Cloud and its networks.
//!
//! Almost nothing here has a name, and few creations take a token: what an operation made is found by its `dr:op` tag,
//! which is given with the creation. Reads may lag behind by seconds.

crate::lifecycle::service! {
    ec2 {} look_ups { availability_zones::AvailabilityZones, region::Region }
}

crate::tags::tag_type!(optional aws_sdk_ec2::types::Tag);

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use dr_core::cloud::{Intent, tag};
use dr_core::convert::Tags;

use crate::cx::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// A condition of a listing.
fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The condition that this operation made it.
fn made_by(intent: &Intent) -> Filter {
    filter(&format!("tag:{}", tag::OPERATION), &intent.op)
}

/// The tags that something of this type is made with.
fn tagged(what: ResourceType, user: &Tags, intent: &Intent) -> TagSpecification {
    TagSpecification::builder().resource_type(what).set_tags(Some(tags::list(tags::given(user, intent)))).build()
}

/// Turns the tags of anything into others. From none to `tags::given(..)`, it tags what could not be tagged when it was
/// made.
async fn retag(cx: &Cx<'_>, id: &str, old: &Tags, new: &Tags) -> Result<()> {
    let changes = tags::changes(old, new);
    if let Some(set) = changes.set {
        let tags = cx.ec2().create_tags().resources(id).set_tags(Some(tags::list(set)));
        cx.call("ec2:CreateTags", tags.send()).await?;
    }
    if let Some(remove) = changes.remove {
        // A tag without a value is removed whatever its value is.
        let tags = remove.into_iter().map(|key| Tag::builder().key(key).build()).collect();
        let tags = cx.ec2().delete_tags().resources(id).set_tags(Some(tags));
        cx.call("ec2:DeleteTags", tags.send()).await?;
    }
    Ok(())
}
