//! Residue: whether what a sweep found is still there, asked of its kind.
//!
//! The tagging API goes on listing for hours what was deleted. So what it lists is read once more, as its kind reads it.
//! An ARN tells the id, and those arguments that are part of it; what reading needs besides is made up, since it only
//! stands for what services never give back. What cannot be asked about counts as there.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::cloud::{CloudError, ErrorClass, TaggedResource};
use dr_core::schema::{Field, Kind, Lit, Presence, Type};
use dr_core::value::{Float, Map, Value, intern};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::connect::{CallPhase, Connection, Cx};
use crate::lifecycle::Erased;

/// How many are asked about at once.
const AT_ONCE: usize = 8;

/// What is still there of what a sweep found in a region.
///
/// # Errors
/// The errors after which a call may be tried again.
pub(crate) async fn still_there(
    connection: &Connection,
    kinds: &BTreeMap<&'static str, &'static dyn Erased>,
    region: &str,
    found: Vec<TaggedResource>,
) -> Result<Vec<TaggedResource>, CloudError> {
    let asked = stream::iter(found).map(async |found| {
        let is = is_there(connection, kinds, region, &found).await?;
        Ok::<_, CloudError>(is.then_some(found))
    });
    asked.buffered(AT_ONCE).try_filter_map(async |found| Ok(found)).try_collect().await
}

async fn is_there(
    connection: &Connection,
    kinds: &BTreeMap<&'static str, &'static dyn Erased>,
    region: &str,
    found: &TaggedResource,
) -> Result<bool, CloudError> {
    let kind = found.kind.as_deref().and_then(|kind| kinds.get(kind));
    let address = found.address.as_deref().and_then(|address| Address::parse(address).ok());
    let (Some(kind), Some(address)) = (kind, address) else { return Ok(true) };
    let Some((id, args)) = named(kind.kind(), &found.id) else { return Ok(true) };
    let cx = Cx::new(connection, found.region.as_deref().unwrap_or(region), &address, CallPhase::Look);
    match kind.read(cx, &id, &args).await {
        Ok(live) => Ok(live.is_some()),
        Err(error) => match error.class {
            ErrorClass::Gone => Ok(false),
            ErrorClass::Throttled | ErrorClass::Transient | ErrorClass::NotYetConsistent | ErrorClass::Conflict => {
                Err(error)
            }
            ErrorClass::Denied | ErrorClass::Invalid | ErrorClass::Exists => Ok(true),
        },
    }
}

/// The id of what an ARN names, and arguments to read it with; `None` where the ARN does not tell.
fn named(kind: &Kind, arn: &str) -> Option<(String, Map<Value>)> {
    let shape = kind.outputs.iter().find(|field| field.name == "arn").map(|field| bare(field.like));
    let (id, parts) = match shape {
        // The id is the ARN itself.
        _ if kind.id.starts_with("arn:") => (arn.to_owned(), BTreeMap::new()),
        Some(shape) => {
            let parts = parts(kind, shape, bare(arn))?;
            let id = parts.get("id").cloned().or_else(|| filled(kind.id, &parts));
            (id?, parts)
        }
        None if kind.service() == "ec2" => (arn.rsplit_once('/')?.1.to_owned(), BTreeMap::new()),
        None => return None,
    };
    let args = kind.args.iter().filter_map(|field| {
        let value = match parts.get(field.name) {
            Some(part) => Value::from(part.as_str()),
            None => stand_in(field)?,
        };
        Some((intern(field.name), value))
    });
    Some((id, args.collect()))
}

/// What stands in the holes of an ARN's shape. A part that is as usual may be missing, with the slash after it.
fn parts(kind: &Kind, shape: &str, arn: &str) -> Option<BTreeMap<String, String>> {
    let fitting = |shape: &str, mut parts: BTreeMap<String, String>| fits(shape, arn, &mut parts).then_some(parts);
    fitting(shape, BTreeMap::new()).or_else(|| {
        kind.args.iter().find_map(|field| {
            let Presence::Default(Lit::Str(usual)) = field.presence else { return None };
            let hole = format!("{{{}}}/", field.name);
            let short = shape.contains(&hole).then(|| shape.replace(&hole, ""))?;
            fitting(&short, BTreeMap::from([(field.name.to_owned(), usual.to_owned())]))
        })
    })
}

/// An ARN without what says that it is one, and without the partition.
fn bare(arn: &str) -> &str {
    arn.splitn(3, ':').nth(2).unwrap_or(arn)
}

/// Whether a text has a shape, and what stands in the shape's holes. What stands in a hole ends where the text goes on as
/// the shape does; of two holes side by side, the first is a path, which ends with its last slash.
fn fits(shape: &str, text: &str, parts: &mut BTreeMap<String, String>) -> bool {
    let Some((before, hole)) = shape.split_once('{') else { return shape == text };
    let (Some((hole, shape)), Some(text)) = (hole.split_once('}'), text.strip_prefix(before)) else { return false };
    let next = &shape[..shape.find('{').unwrap_or(shape.len())];
    let end = match (shape, next) {
        ("", _) => Some(text.len()),
        (_, "") => text.rfind('/').map(|slash| slash + 1),
        (_, next) => text.find(next),
    };
    let Some(end) = end else { return false };
    parts.insert(hole.to_owned(), text[..end].to_owned());
    fits(shape, &text[end..], parts)
}

/// A shape with its holes filled, if all of them can be.
fn filled(shape: &str, parts: &BTreeMap<String, String>) -> Option<String> {
    let Some((before, hole)) = shape.split_once('{') else { return Some(shape.to_owned()) };
    let (hole, rest) = hole.split_once('}')?;
    Some(format!("{before}{}{}", parts.get(hole)?, filled(rest, parts)?))
}

/// Something to stand for an argument that must be there.
fn stand_in(field: &Field) -> Option<Value> {
    match field.presence {
        Presence::Required => Some(empty(&field.ty)),
        Presence::Default(_) if matches!(field.ty, Type::Object(_)) => Some(empty(&field.ty)),
        Presence::Default(value) => Some(value.value()),
        // A name is made where none is given.
        _ if field.name_rule.is_some() => Some(empty(&field.ty)),
        Presence::Optional | Presence::Computed => None,
    }
}

fn empty(ty: &Type) -> Value {
    match ty {
        Type::Any | Type::Str => Value::str(""),
        Type::Bool => Value::Bool(false),
        Type::Int => Value::Int(0),
        Type::Float => Value::Float(Float(0.0)),
        Type::List(_) => Value::List(Vec::new()),
        Type::Json | Type::Policy | Type::Map(_) => Value::Map(Map::new()),
        Type::Object(fields) => {
            Value::Map(fields.iter().filter_map(|field| Some((intern(field.name), stand_in(field)?))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use dr_core::cloud::{Cloud as _, Sought, Target};

    use super::*;
    use crate::replay::{Reply, Wire, ok};
    use crate::services::SERVICES;

    const SOUGHT: Sought<'static> = Sought { environment: "pr-1", program: Some("p") };

    /// The id of the resource that an ARN names.
    fn id_of(kind: &str, arn: &str) -> Option<String> {
        named(dr_kinds::registry().get(kind).unwrap(), arn).map(|(id, _)| id)
    }

    #[test]
    fn an_arn_tells_the_id() {
        for (kind, arn, id) in [
            ("sqs.queue", "arn:aws:sqs:us-east-1:1:q", "https://sqs.us-east-1.amazonaws.com/1/q"),
            ("route53.zone", "arn:aws-cn:route53:::hostedzone/Z1", "Z1"),
            ("iam.role", "arn:aws:iam::1:role/a/b/name", "name"),
            ("iam.role", "arn:aws:iam::1:role/name", "name"),
            ("ssm.parameter", "arn:aws:ssm:us-east-1:1:parameter/a/b", "/a/b"),
            ("cloudwatch.metric_alarm", "arn:aws:cloudwatch:us-east-1:1:alarm:a:b", "a:b"),
            ("apigateway.stage", "arn:aws:apigateway:us-east-1::/restapis/r1/stages/live", "r1/live"),
            ("events.rule", "arn:aws:events:us-east-1:1:rule/bus/name", "bus/name"),
            ("ec2.nat_gateway", "arn:aws:ec2:us-east-1:1:natgateway/nat-1", "nat-1"),
            ("elbv2.listener", "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/a/b/c", ""),
            ("s3.bucket", "arn:aws:s3:::b", "b"),
        ] {
            let id = if id.is_empty() { arn } else { id };
            assert_eq!(id_of(kind, arn).as_deref(), Some(id), "{kind}");
        }
        // A rule of the default bus, whose ARN does not name it, and something else altogether.
        assert_eq!(id_of("events.rule", "arn:aws:events:us-east-1:1:rule/name").as_deref(), Some("default/name"));
        assert_eq!(id_of("rds.cluster", "arn:aws:rds:us-east-1:1:db:x"), None);
    }

    #[tokio::test]
    async fn what_is_made_up_is_taken_by_every_kind_that_can_be_tagged() {
        for service in SERVICES {
            for kind in service.kinds.iter().map(|kind| kind.kind()).filter(|kind| kind.tags().is_some()) {
                let args: Map<Value> =
                    kind.args.iter().filter_map(|field| Some((intern(field.name), stand_in(field)?))).collect();
                let address = Address::new("", kind.name, "it").unwrap();
                let (aws, _) = Wire::cloud(&[]).await;
                let at = Target { kind, region: Some("us-east-1"), address: &address };
                let error = aws.read(at, "id", &args).await.unwrap_err();
                assert_ne!(&*error.code, "BadArguments", "{error}");
            }
        }
    }

    /// The reply of a listing that holds one resource, with this address among its tags.
    fn listed(arn: &str, address: &str) -> Reply {
        let tags = format!(r#"[{{"Key":"dr:address","Value":"{address}"}}]"#);
        ok(format!(r#"{{"ResourceTagMappingList":[{{"ResourceARN":"{arn}","Tags":{tags}}}]}}"#).leak())
    }

    #[tokio::test]
    async fn what_is_only_listed_is_not_there() {
        const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";
        const GONE: Reply = Reply::Http(
            400,
            &[("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")],
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"}"#,
        );
        let denied = Reply::Http(403, &[], r#"{"__type":"AccessDenied","message":"no"}"#);
        let there = [ok(r#"{"Attributes":{}}"#), ok(r#"{"Tags":{}}"#)];
        for (address, replies, left) in [
            ("sqs.queue:q", vec![GONE], 0),
            ("sqs.queue:q", there.to_vec(), 1),
            ("sqs.queue:q", vec![denied], 1),
            ("no.such_kind:q", vec![], 1),
        ] {
            let replies: Vec<Reply> = [listed(QUEUE, address)].into_iter().chain(replies).collect();
            let (aws, _) = Wire::cloud(&replies).await;
            assert_eq!(aws.sweep(SOUGHT, "us-east-1").await.unwrap().len(), left, "{address} {replies:?}");
        }
        // What may be otherwise in a moment is asked again, by whoever sweeps.
        let busy = Reply::Http(400, &[], r#"{"__type":"ThrottlingException","message":"slow down"}"#);
        let (aws, _) = Wire::cloud(&[listed(QUEUE, "sqs.queue:q"), busy]).await;
        assert_eq!(aws.sweep(SOUGHT, "us-east-1").await.unwrap_err().class, ErrorClass::Throttled);
    }
}
