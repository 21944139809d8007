//! Residue: whether what a sweep found is still there, asked of its kind.
//!
//! The tagging API goes on listing for hours what was deleted. So what it lists is read once more, as its kind reads it,
//! by what its ARN tells. What cannot be asked about counts as there.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::arn::named;
use dr_core::cloud::{CloudError, ErrorClass, TaggedResource, Target};
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
    let region = found.region.as_deref().unwrap_or(region);
    let at = Target { kind: kind.kind(), region: Some(region), address: &address };
    let cx = Cx::new(connection, region, at, CallPhase::Look);
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

#[cfg(test)]
mod tests {
    use dr_core::arn::stand_ins;
    use dr_core::cloud::{Cloud as _, Sought};

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
                let args = stand_ins(kind);
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
        listed_of("pr-1", arn, address)
    }

    fn listed_of(environment: &str, arn: &str, address: &str) -> Reply {
        let tags = [("dr:env", environment), ("dr:program", "p"), ("dr:address", address)];
        let tags = tags.map(|(key, value)| format!(r#"{{"Key":"{key}","Value":"{value}"}}"#));
        let tags = format!("[{}]", tags.join(","));
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
        // A server that does not filter lists what another environment has. It is not even asked about.
        let (aws, _) = Wire::cloud(&[listed_of("pr-2", QUEUE, "sqs.queue:q")]).await;
        assert_eq!(aws.sweep(SOUGHT, "us-east-1").await.unwrap(), []);
        // What may be otherwise in a moment is asked again, by whoever sweeps.
        let busy = Reply::Http(400, &[], r#"{"__type":"ThrottlingException","message":"slow down"}"#);
        let (aws, _) = Wire::cloud(&[listed(QUEUE, "sqs.queue:q"), busy]).await;
        assert_eq!(aws.sweep(SOUGHT, "us-east-1").await.unwrap_err().class, ErrorClass::Throttled);
    }
}
