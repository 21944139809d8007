//! Lifecycle rules of `s3.bucket`, to the SDK's types and back.

use aws_sdk_s3::types as sdk;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::s3::{
    AbortIncompleteMultipartUpload, LifecycleExpiration, LifecycleFilter, LifecycleRule, LifecycleTransition,
    NoncurrentVersionExpiration, NoncurrentVersionTransition,
};

use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::Result;
use crate::tags::{self, Reported as _};

const PUT: &str = "s3:PutBucketLifecycleConfiguration";

/// The bucket's rules.
pub(super) async fn read(cx: &Cx<'_>, bucket: &str) -> Result<Vec<LifecycleRule>> {
    let rules = cx.s3().get_bucket_lifecycle_configuration().bucket(bucket).send();
    let reply = cx.call("s3:GetBucketLifecycleConfiguration", rules).await.found()?;
    let rules = reply.and_then(|reply| reply.rules).unwrap_or_default();
    Ok(rules.into_iter().map(from_sdk).collect())
}

/// Replaces the bucket's rules.
pub(super) async fn put(cx: &Cx<'_>, bucket: &str, rules: &[LifecycleRule]) -> Result<()> {
    if rules.is_empty() {
        let none = cx.s3().delete_bucket_lifecycle().bucket(bucket).send();
        return cx.call("s3:DeleteBucketLifecycle", none).await.map(drop);
    }
    let rules: Vec<sdk::LifecycleRule> =
        rules.iter().filter_map(|rule| to_sdk(rule).transpose()).collect::<Result<_>>()?;
    let configuration = sdk::BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().ok();
    let bucket = cx.s3().put_bucket_lifecycle_configuration().bucket(bucket);
    cx.call(PUT, bucket.set_lifecycle_configuration(configuration).send()).await.map(drop)
}

/// The SDK's rule. It is there: its builder insists on a status only, which is given.
fn to_sdk(rule: &LifecycleRule) -> Result<Option<sdk::LifecycleRule>> {
    let transitions: Vec<_> = rule.transitions.iter().map(transition_to_sdk).collect::<Result<_>>()?;
    let former: Vec<_> = rule.noncurrent_version_transitions.iter().map(former_transition_to_sdk).collect();
    let former_expiration = rule.noncurrent_version_expiration.as_ref().map(|expiration| {
        sdk::NoncurrentVersionExpiration::builder()
            .noncurrent_days(small(expiration.noncurrent_days))
            .set_newer_noncurrent_versions(expiration.newer_noncurrent_versions.map(small))
            .build()
    });
    let abort = rule.abort_incomplete_multipart_upload.as_ref().map(|abort| {
        let days = small(abort.days_after_initiation);
        sdk::AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()
    });
    let result = sdk::LifecycleRule::builder()
        .id(&rule.id)
        .status(sdk::ExpirationStatus::from(rule.status.as_str()))
        .filter(filter_to_sdk(&rule.filter))
        .set_expiration(rule.expiration.as_ref().map(expiration_to_sdk).transpose()?)
        .set_transitions((!transitions.is_empty()).then_some(transitions))
        .set_noncurrent_version_expiration(former_expiration)
        .set_noncurrent_version_transitions((!former.is_empty()).then_some(former))
        .set_abort_incomplete_multipart_upload(abort);
    Ok(result.build().ok())
}

/// One criterion stands by itself, several stand together in an `And`.
fn filter_to_sdk(filter: &LifecycleFilter) -> sdk::LifecycleRuleFilter {
    let mut tags: Vec<sdk::Tag> = tags::list(filter.tags.clone());
    let prefix = (!filter.prefix.is_empty()).then(|| filter.prefix.clone());
    let (larger, smaller) = (filter.object_size_greater_than, filter.object_size_less_than);
    let criteria =
        tags.len() + usize::from(prefix.is_some()) + usize::from(larger.is_some()) + usize::from(smaller.is_some());
    let result = sdk::LifecycleRuleFilter::builder();
    match criteria {
        0 => result.prefix(""),
        1 => result
            .set_prefix(prefix)
            .set_tag(tags.pop())
            .set_object_size_greater_than(larger)
            .set_object_size_less_than(smaller),
        _ => {
            let and = sdk::LifecycleRuleAndOperator::builder()
                .set_prefix(prefix)
                .set_tags((!tags.is_empty()).then_some(tags))
                .set_object_size_greater_than(larger)
                .set_object_size_less_than(smaller);
            result.and(and.build())
        }
    }
    .build()
}

fn expiration_to_sdk(expiration: &LifecycleExpiration) -> Result<sdk::LifecycleExpiration> {
    Ok(sdk::LifecycleExpiration::builder()
        .set_days(expiration.days.map(small))
        .set_date(expiration.date.as_deref().map(midnight).transpose()?)
        .set_expired_object_delete_marker(expiration.expired_object_delete_marker)
        .build())
}

fn transition_to_sdk(transition: &LifecycleTransition) -> Result<sdk::Transition> {
    Ok(sdk::Transition::builder()
        .set_days(transition.days.map(small))
        .set_date(transition.date.as_deref().map(midnight).transpose()?)
        .storage_class(sdk::TransitionStorageClass::from(transition.storage_class.as_str()))
        .build())
}

fn former_transition_to_sdk(transition: &NoncurrentVersionTransition) -> sdk::NoncurrentVersionTransition {
    sdk::NoncurrentVersionTransition::builder()
        .noncurrent_days(small(transition.noncurrent_days))
        .storage_class(sdk::TransitionStorageClass::from(transition.storage_class.as_str()))
        .set_newer_noncurrent_versions(transition.newer_noncurrent_versions.map(small))
        .build()
}

fn from_sdk(rule: sdk::LifecycleRule) -> LifecycleRule {
    let transitions = rule.transitions.unwrap_or_default().into_iter().filter_map(|transition| {
        Some(LifecycleTransition {
            days: transition.days.map(i64::from),
            date: transition.date.map(day),
            storage_class: transition.storage_class?.as_str().to_owned(),
        })
    });
    let former = rule.noncurrent_version_transitions.unwrap_or_default().into_iter().filter_map(|transition| {
        Some(NoncurrentVersionTransition {
            noncurrent_days: transition.noncurrent_days.map_or(0, i64::from),
            storage_class: transition.storage_class?.as_str().to_owned(),
            newer_noncurrent_versions: transition.newer_noncurrent_versions.map(i64::from),
        })
    });
    LifecycleRule {
        id: rule.id.unwrap_or_default(),
        status: rule.status.as_str().to_owned(),
        filter: filter_from_sdk(rule.filter.unwrap_or_else(|| sdk::LifecycleRuleFilter::builder().build())),
        expiration: rule.expiration.map(|expiration| LifecycleExpiration {
            days: expiration.days.map(i64::from),
            date: expiration.date.map(day),
            expired_object_delete_marker: expiration.expired_object_delete_marker,
        }),
        noncurrent_version_expiration: rule.noncurrent_version_expiration.map(|expiration| {
            NoncurrentVersionExpiration {
                noncurrent_days: expiration.noncurrent_days.map_or(0, i64::from),
                newer_noncurrent_versions: expiration.newer_noncurrent_versions.map(i64::from),
            }
        }),
        transitions: transitions.collect(),
        noncurrent_version_transitions: former.collect(),
        abort_incomplete_multipart_upload: rule.abort_incomplete_multipart_upload.map(|abort| {
            AbortIncompleteMultipartUpload { days_after_initiation: abort.days_after_initiation.map_or(0, i64::from) }
        }),
    }
}

fn filter_from_sdk(filter: sdk::LifecycleRuleFilter) -> LifecycleFilter {
    let and = filter.and.unwrap_or_else(|| sdk::LifecycleRuleAndOperator::builder().build());
    let tags: Vec<sdk::Tag> = filter.tag.into_iter().chain(and.tags.unwrap_or_default()).collect();
    LifecycleFilter {
        prefix: filter.prefix.or(and.prefix).unwrap_or_default(),
        tags: tags.tags(),
        object_size_greater_than: filter.object_size_greater_than.or(and.object_size_greater_than),
        object_size_less_than: filter.object_size_less_than.or(and.object_size_less_than),
    }
}

/// The beginning of a day.
fn midnight(day: &str) -> Result<DateTime> {
    DateTime::from_str(&format!("{day}T00:00:00Z"), Format::DateTime)
        .map_err(|error| CloudError::new(ErrorClass::Invalid, PUT, "BadDate", format!("`{day}` is no day: {error}")))
}

/// The day of a point in time.
fn day(time: DateTime) -> String {
    let mut text = time.fmt(Format::DateTime).unwrap_or_default();
    text.truncate("2027-01-31".len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_midnights_and_days_again() {
        let time = midnight("2028-02-29").unwrap();
        assert_eq!(time.secs() % 86_400, 0);
        assert_eq!(day(time), "2028-02-29");
        assert_eq!(midnight("2027-02-30").unwrap_err().class, ErrorClass::Invalid);
    }

    #[test]
    fn filters_stand_alone_or_together_and_read_back() {
        let tags = |pairs: &[&str]| pairs.iter().map(|key| (key.to_string(), "v".to_string())).collect();
        let none = LifecycleFilter {
            prefix: String::new(),
            tags: tags(&[]),
            object_size_greater_than: None,
            object_size_less_than: None,
        };
        let cases = [
            (none.clone(), false),
            (LifecycleFilter { prefix: "logs/".into(), ..none.clone() }, false),
            (LifecycleFilter { tags: tags(&["a"]), ..none.clone() }, false),
            (LifecycleFilter { object_size_less_than: Some(9), ..none.clone() }, false),
            (LifecycleFilter { tags: tags(&["a", "b"]), ..none.clone() }, true),
            (LifecycleFilter { prefix: "logs/".into(), object_size_greater_than: Some(0), ..none }, true),
        ];
        for (filter, together) in cases {
            let sent = filter_to_sdk(&filter);
            assert_eq!(sent.and.is_some(), together, "{filter:?}");
            assert_eq!(filter_from_sdk(sent), filter);
        }
    }
}
