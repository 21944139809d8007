//! `s3.bucket_replication`: lifecycle. The id is the name of the bucket whose objects are copied. To create it is to
//! put it, and so it is to change it.

use aws_sdk_s3::types as sdk;
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::s3::{
    AccessControlTranslation, BucketReplication, ReplicationDestination, ReplicationFilter, ReplicationRule,
    SourceSelectionCriteria,
};

use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result, found_as_given};
use crate::tags::{self, Reported as _};

impl Lifecycle for BucketReplication {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, args.bucket.clone(), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        put(cx, args).await?;
        Ok(args.bucket.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let reply = cx.call("s3:GetBucketReplication", cx.s3().get_bucket_replication().bucket(id).send()).await;
        let live = reply.found()?.and_then(|reply| reply.replication_configuration).map(|live| {
            let rules = live.rules.into_iter().filter_map(from_sdk).collect();
            (BucketReplication { role: live.role, rules, ..last.clone() }, NoOutputs {})
        });
        Ok(live)
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        put(cx, new).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let bucket = cx.s3().delete_bucket_replication().bucket(id);
        cx.call("s3:DeleteBucketReplication", bucket.send()).await.found().map(drop)
    }
}

async fn put(cx: &Cx<'_>, args: &BucketReplication) -> Result<()> {
    let rules = args.rules.iter().filter_map(to_sdk).collect();
    let configuration = sdk::ReplicationConfiguration::builder().role(&args.role).set_rules(Some(rules)).build();
    let bucket = cx.s3().put_bucket_replication().bucket(&args.bucket);
    let bucket = bucket.set_replication_configuration(configuration.ok());
    cx.call("s3:PutBucketReplication", bucket.send()).await.map(drop)
}

/// The SDK's rule. Everything that its builders insist on is given: none of them fails.
fn to_sdk(rule: &ReplicationRule) -> Option<sdk::ReplicationRule> {
    let markers = sdk::DeleteMarkerReplicationStatus::from(rule.delete_marker_replication.as_str());
    let existing = rule.existing_object_replication.as_deref().map(|status| {
        sdk::ExistingObjectReplication::builder().status(sdk::ExistingObjectReplicationStatus::from(status)).build()
    });
    sdk::ReplicationRule::builder()
        .id(&rule.id)
        .priority(small(rule.priority))
        .status(sdk::ReplicationRuleStatus::from(rule.status.as_str()))
        .filter(filter_to_sdk(&rule.filter))
        .delete_marker_replication(sdk::DeleteMarkerReplication::builder().status(markers).build())
        .set_destination(destination_to_sdk(&rule.destination))
        .set_source_selection_criteria(rule.source_selection_criteria.as_ref().map(criteria_to_sdk))
        .set_existing_object_replication(existing.and_then(|existing| existing.ok()))
        .build()
        .ok()
}

/// One criterion stands by itself, several stand together in an `And`.
fn filter_to_sdk(filter: &ReplicationFilter) -> sdk::ReplicationRuleFilter {
    let mut tags: Vec<sdk::Tag> = tags::list(filter.tags.clone());
    let prefix = filter.prefix.clone();
    let result = sdk::ReplicationRuleFilter::builder();
    match (prefix.is_empty(), tags.len()) {
        (_, 0) => result.prefix(prefix),
        (true, 1) => result.set_tag(tags.pop()),
        (none, _) => {
            let prefix = (!none).then_some(prefix);
            let and = sdk::ReplicationRuleAndOperator::builder().set_prefix(prefix).set_tags(Some(tags));
            result.and(and.build())
        }
    }
    .build()
}

fn destination_to_sdk(destination: &ReplicationDestination) -> Option<sdk::Destination> {
    let minutes = |minutes| sdk::ReplicationTimeValue::builder().minutes(small(minutes)).build();
    let time = destination.replication_time.and_then(|time| {
        sdk::ReplicationTime::builder().status(sdk::ReplicationTimeStatus::Enabled).time(minutes(time)).build().ok()
    });
    let metrics = destination.metrics.and_then(|after| {
        sdk::Metrics::builder().status(sdk::MetricsStatus::Enabled).event_threshold(minutes(after)).build().ok()
    });
    let key = destination.replica_kms_key_id.clone();
    let key = key.map(|key| sdk::EncryptionConfiguration::builder().replica_kms_key_id(key).build());
    let owner = destination.access_control_translation.as_ref().and_then(|translation| {
        let owner = sdk::OwnerOverride::from(translation.owner.as_str());
        sdk::AccessControlTranslation::builder().owner(owner).build().ok()
    });
    sdk::Destination::builder()
        .bucket(&destination.bucket)
        .set_account(destination.account.clone())
        .set_storage_class(destination.storage_class.as_deref().map(sdk::StorageClass::from))
        .set_access_control_translation(owner)
        .set_encryption_configuration(key)
        .set_replication_time(time)
        .set_metrics(metrics)
        .build()
        .ok()
}

fn criteria_to_sdk(criteria: &SourceSelectionCriteria) -> sdk::SourceSelectionCriteria {
    let encrypted = criteria.sse_kms_encrypted_objects.as_deref().and_then(|status| {
        let status = sdk::SseKmsEncryptedObjectsStatus::from(status);
        sdk::SseKmsEncryptedObjects::builder().status(status).build().ok()
    });
    let modified = criteria.replica_modifications.as_deref().and_then(|status| {
        let status = sdk::ReplicaModificationsStatus::from(status);
        sdk::ReplicaModifications::builder().status(status).build().ok()
    });
    let result = sdk::SourceSelectionCriteria::builder().set_sse_kms_encrypted_objects(encrypted);
    result.set_replica_modifications(modified).build()
}

/// The rule, which always has a destination.
fn from_sdk(rule: sdk::ReplicationRule) -> Option<ReplicationRule> {
    let markers = rule.delete_marker_replication.and_then(|markers| markers.status);
    Some(ReplicationRule {
        id: rule.id.unwrap_or_default(),
        priority: rule.priority.map_or(0, i64::from),
        status: rule.status.as_str().to_owned(),
        filter: rule.filter.map_or(ReplicationFilter { prefix: String::new(), tags: Default::default() }, |filter| {
            let (single, and) = (filter.tag.into_iter().collect::<Vec<_>>(), filter.and);
            let tags = and.as_ref().map_or(&*single, |and| and.tags()).tags();
            let prefix = filter.prefix.or(and.and_then(|and| and.prefix));
            ReplicationFilter { prefix: prefix.unwrap_or_default(), tags }
        }),
        delete_marker_replication: markers.map_or("Disabled".into(), |status| status.as_str().to_owned()),
        destination: destination_from_sdk(rule.destination?),
        source_selection_criteria: rule.source_selection_criteria.map(|criteria| SourceSelectionCriteria {
            sse_kms_encrypted_objects: criteria.sse_kms_encrypted_objects.map(|on| on.status.as_str().to_owned()),
            replica_modifications: criteria.replica_modifications.map(|on| on.status.as_str().to_owned()),
        }),
        existing_object_replication: rule.existing_object_replication.map(|on| on.status.as_str().to_owned()),
    })
}

fn destination_from_sdk(destination: sdk::Destination) -> ReplicationDestination {
    let minutes = |value: Option<sdk::ReplicationTimeValue>| value.and_then(|value| value.minutes).map(i64::from);
    let time = destination.replication_time.filter(|time| time.status == sdk::ReplicationTimeStatus::Enabled);
    let metrics = destination.metrics.filter(|metrics| metrics.status == sdk::MetricsStatus::Enabled);
    ReplicationDestination {
        bucket: destination.bucket,
        storage_class: destination.storage_class.map(|class| class.as_str().to_owned()),
        account: destination.account,
        access_control_translation: destination
            .access_control_translation
            .map(|translation| AccessControlTranslation { owner: translation.owner.as_str().to_owned() }),
        replica_kms_key_id: destination.encryption_configuration.and_then(|encryption| encryption.replica_kms_key_id),
        replication_time: time.and_then(|time| minutes(time.time)),
        metrics: metrics.and_then(|metrics| minutes(metrics.event_threshold)),
    }
}
