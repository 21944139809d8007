//! Whose a resource is, by its identity tags: asked, and written where one is taken over.
//!
//! The Resource Groups Tagging API tells the tags of anything that has an ARN, but for IAM roles; what EC2 knows by an id
//! alone is asked of EC2. What cannot be tagged has no owner of its own.

use dr_core::cloud::{CloudError, Intent, Live, Owner, tag};
use dr_core::convert::Tags;
use dr_core::schema::{Field, Kind};
use dr_core::value::{Map, Value};

use crate::connect::{CallPhase, Connection};
use crate::tags::Reported as _;

/// The arguments with the identity tags added. A change of a resource to these changes its tags alone.
pub(crate) fn marked(field: &Field, args: &Map<Value>, intent: &Intent) -> Map<Value> {
    let mut tags = args.get(field.name).and_then(Value::as_map).cloned().unwrap_or_default();
    tags.extend(intent.tags().map(|(name, value)| (name.into(), value.into())));
    let mut args = args.clone();
    args.insert(field.name.into(), Value::Map(tags));
    args
}

/// The owner that the tags of a resource name.
pub(crate) async fn of(
    connection: &Connection,
    region: &str,
    kind: &Kind,
    id: &str,
    live: &Live,
) -> Result<Option<Owner>, CloudError> {
    if kind.tags().is_none() {
        return Ok(None);
    }
    let arn = live.outputs.get("arn").and_then(Value::as_str);
    let tags = match (kind.service(), arn) {
        #[cfg(feature = "iam")]
        ("iam", _) if kind.short() == "role" => crate::iam::sweep::tags_of_role(connection, id).await?,
        #[cfg(feature = "ec2")]
        ("ec2", _) => crate::ec2::sweep::tags_of(connection, region, id).await?,
        (_, Some(arn)) => {
            let asked = connection.clients.tagging(region).get_resources().resource_arn_list(arn).send();
            let answer = connection.call("tag:GetResources", CallPhase::Look, asked).await?;
            answer.resource_tag_mapping_list().iter().flat_map(|r| r.tags().tags()).collect()
        }
        _ => Tags::default(),
    };
    let value = |key: &str| tags.get(key).map(|value| value.as_str().into());
    let (Some(environment), Some(program)) = (value(tag::ENVIRONMENT), value(tag::PROGRAM)) else { return Ok(None) };
    Ok(Some(Owner { environment, program, address: value(tag::ADDRESS) }))
}
