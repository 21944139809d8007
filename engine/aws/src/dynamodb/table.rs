//! `dynamodb.table`: lifecycle. The id is the table's name.
//!
//! Expiry and backups have calls of their own and are switched on once the table is there. All other changes are calls
//! of `UpdateTable`, one after the other (`change`): as long as one is left, the update answers "conflict", and the
//! engine comes back. What replicas do to a table, their stream, is no difference.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{
    BillingMode, GlobalSecondaryIndex as Index, KeyType, LocalSecondaryIndex as LocalIndex, StreamViewType, TableClass,
    TableDescription, TableStatus, TimeToLiveDescription, TimeToLiveSpecification, TimeToLiveStatus,
};
use dr_core::cloud::{CloudError, ErrorClass, Intent, Settled};
use dr_kinds::dynamodb::{
    GlobalSecondaryIndex, LocalSecondaryIndex, ServerSideEncryption, Table, TableAttribute, TableOut, TimeToLive,
};

use super::change::{self, billing, class, indexes, is_busy};
use super::shape::{attributes, capacity, encryption, key_of, key_schema, projected, projection, stream};
use super::state::{describe, recovery, set_recovery};
use super::tagging::{list_tags, retag};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags;

impl Lifecycle for Table {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let Some(table) = describe(cx, &args.name).await? else { return Ok(None) };
        let tags = list_tags(cx, table.table_arn().unwrap_or_default()).await?;
        Ok(tags::ours(&*tags, intent).then(|| args.name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let indexes = args.global_secondary_indexes.iter().filter_map(|index| {
            let built = Index::builder().index_name(&index.name);
            let built = built.set_key_schema(Some(key_schema(&index.hash_key, index.range_key.as_deref())));
            let built = built.projection(projection(&index.projection_type, &index.non_key_attributes));
            built.set_provisioned_throughput(capacity(index.read_capacity, index.write_capacity)).build().ok()
        });
        let indexes: Vec<Index> = indexes.collect();
        let local = args.local_secondary_indexes.iter().filter_map(|index| {
            let built = LocalIndex::builder().index_name(&index.name);
            let built = built.set_key_schema(Some(key_schema(&args.hash_key, Some(&index.range_key))));
            built.projection(projection(&index.projection_type, &index.non_key_attributes)).build().ok()
        });
        let local: Vec<LocalIndex> = local.collect();
        let view = args.stream_view_type.as_deref().unwrap_or(StreamViewType::NewAndOldImages.as_str());
        let provisioned = args.billing_mode == BillingMode::Provisioned.as_str();
        let table = cx.dynamodb().create_table().table_name(&args.name);
        let table = table.set_key_schema(Some(key_schema(&args.hash_key, args.range_key.as_deref())));
        let table = table.set_attribute_definitions(Some(attributes(&args.attributes)));
        let table = table.billing_mode(BillingMode::from(args.billing_mode.as_str()));
        let capacity = capacity(args.read_capacity, args.write_capacity).filter(|_| provisioned);
        let table = table.set_provisioned_throughput(capacity);
        let table = table.set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes));
        let table = table.set_local_secondary_indexes((!local.is_empty()).then_some(local));
        let table = table.set_stream_specification(stream(args.stream_enabled, view).filter(|_| args.stream_enabled));
        let sse = args.server_side_encryption.as_ref().filter(|sse| sse.enabled);
        let table = table.set_sse_specification(sse.map(|sse| encryption(Some(sse))));
        let table = table.table_class(TableClass::from(args.table_class.as_str()));
        let table = table.deletion_protection_enabled(args.deletion_protection_enabled);
        let table = table.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("dynamodb:CreateTable", table.send()).await?;
        Ok(args.name.clone())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        if args.ttl.is_some() {
            set_expiry(cx, id, args.ttl.as_ref()).await?;
        }
        if args.point_in_time_recovery {
            set_recovery(cx, id, true).await?;
        }
        Ok(())
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let Some(table) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        Ok(match &table.table_status {
            Some(
                bad @ (TableStatus::Archived
                | TableStatus::Archiving
                | TableStatus::Deleting
                | TableStatus::InaccessibleEncryptionCredentials
                | TableStatus::ReplicationNotAuthorized),
            ) => Settled::Failed(format!("the table is {}", bad.as_str())),
            _ if is_busy(&table) => Settled::Wait(None),
            _ => Settled::Ready,
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, TableOut)>> {
        let Some(table) = describe(cx, id).await? else { return Ok(None) };
        let arn = table.table_arn.clone().unwrap_or_else(|| cx.arn("dynamodb", &format!("table/{id}")));
        let live = Table {
            ttl: expiry(cx, id).await?.and_then(|ttl| on(&ttl)),
            point_in_time_recovery: recovery(cx, id).await?,
            tags: tags::user(&*list_tags(cx, &arn).await?),
            ..described(&table, last)
        };
        let streams = change::view(&table).is_some();
        let out = TableOut {
            arn,
            stream_arn: table.latest_stream_arn.filter(|_| streams).unwrap_or_default(),
            stream_label: table.latest_stream_label.filter(|_| streams).unwrap_or_default(),
            table_id: table.table_id.unwrap_or_default(),
        };
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let Some(table) = describe(cx, id).await? else { return Ok(()) };
        keys_stay(cx, old, new)?;
        let mut changes = change::missing(&table, old, new).into_iter();
        if let Some(change) = changes.next() {
            if is_busy(&table) {
                return Err(more(cx, "an earlier change of the table has not arrived yet"));
            }
            cx.call("dynamodb:UpdateTable", change.send_with(&cx.dynamodb())).await?;
        }
        if changes.len() > 0 {
            return Err(more(cx, "DynamoDB makes one change of a table at a time, and there are more"));
        }
        if old.ttl != new.ttl {
            set_expiry(cx, id, new.ttl.as_ref()).await?;
        }
        if old.point_in_time_recovery != new.point_in_time_recovery {
            set_recovery(cx, id, new.point_in_time_recovery).await?;
        }
        retag(cx, table.table_arn().unwrap_or_default(), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let table = cx.dynamodb().delete_table().table_name(id).send();
        cx.call("dynamodb:DeleteTable", table).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(describe(cx, id).await?))
    }
}

/// That there is something left to do before a change is complete.
fn more(cx: &Cx<'_>, why: &str) -> CloudError {
    CloudError::new(ErrorClass::Conflict, "dynamodb:UpdateTable", "OneAtATime", format!("{}: {why}", cx.address()))
}

/// Refuses what no update does: another type of an attribute that the table itself is ordered by.
fn keys_stay(cx: &Cx<'_>, old: &Table, new: &Table) -> Result<()> {
    let local = new.local_secondary_indexes.iter().map(|index| index.range_key.as_str());
    let keys = [Some(new.hash_key.as_str()), new.range_key.as_deref()].into_iter().flatten().chain(local);
    let type_in = |table: &Table, key: &str| table.attributes.iter().find(|a| a.name == key).map(|a| a.r#type.clone());
    for key in keys {
        let (before, after) = (type_in(old, key), type_in(new, key));
        if before != after {
            let why = format!(
                "{}: `{key}` is a key of the table itself, and its type cannot change from {} to {}; give the table \
                 another name, so that it is replaced",
                cx.address(),
                before.unwrap_or_default(),
                after.unwrap_or_default()
            );
            return Err(CloudError::new(ErrorClass::Invalid, "dynamodb:UpdateTable", "KeyType", why));
        }
    }
    Ok(())
}

/// What a description says; the rest as in `last`.
fn described(table: &TableDescription, last: &Table) -> Table {
    let local: Vec<LocalSecondaryIndex> = table.local_secondary_indexes().iter().filter_map(local_index).collect();
    let provisioned = billing(table) == BillingMode::Provisioned.as_str();
    let now = table.provisioned_throughput().filter(|_| provisioned);
    let used: BTreeSet<&str> = keys(table).collect();
    let defined = table.attribute_definitions().iter().filter(|a| used.contains(a.attribute_name.as_str()));
    let encrypted = change::key(table).map(|key| ServerSideEncryption {
        enabled: true,
        // Without one in the arguments it is the account's, which DynamoDB names.
        kms_key_arn: key.filter(|_| last_key(last).is_some()).map(str::to_owned),
    });
    let off = last.server_side_encryption.clone().filter(|sse| !sse.enabled);
    let view = change::view(table);
    let of_replicas = !table.replicas().is_empty() && !last.stream_enabled;
    Table {
        hash_key: key_of(table.key_schema(), KeyType::Hash).unwrap_or_else(|| last.hash_key.clone()),
        range_key: key_of(table.key_schema(), KeyType::Range),
        attributes: defined
            .map(|a| TableAttribute { name: a.attribute_name.clone(), r#type: a.attribute_type.as_str().to_owned() })
            .collect(),
        billing_mode: billing(table).to_owned(),
        // Paid by request, there is no capacity to compare with.
        read_capacity: if provisioned { now.and_then(|now| now.read_capacity_units) } else { last.read_capacity },
        write_capacity: if provisioned { now.and_then(|now| now.write_capacity_units) } else { last.write_capacity },
        global_secondary_indexes: global_indexes(table, last, provisioned),
        local_secondary_indexes: local,
        stream_enabled: view.is_some() && !of_replicas,
        stream_view_type: match view {
            Some(view) if !of_replicas => Some(view.as_str().to_owned()),
            _ => last.stream_view_type.clone(),
        },
        server_side_encryption: encrypted.or(off),
        table_class: class(table).to_owned(),
        deletion_protection_enabled: table.deletion_protection_enabled.unwrap_or_default(),
        ..last.clone()
    }
}

fn last_key(last: &Table) -> Option<&str> {
    last.server_side_encryption.as_ref()?.kms_key_arn.as_deref()
}

/// The attributes that keys name. Definitions of others mean nothing.
fn keys(table: &TableDescription) -> impl Iterator<Item = &str> {
    let global = indexes(table).into_values().flat_map(|index| index.key_schema());
    let local = table.local_secondary_indexes().iter().flat_map(|index| index.key_schema());
    table.key_schema().iter().chain(global).chain(local).map(|key| key.attribute_name.as_str())
}

fn global_indexes(table: &TableDescription, last: &Table, provisioned: bool) -> Vec<GlobalSecondaryIndex> {
    let known: BTreeMap<&str, &GlobalSecondaryIndex> =
        last.global_secondary_indexes.iter().map(|index| (index.name.as_str(), index)).collect();
    let live = indexes(table).into_iter().filter_map(|(name, index)| {
        let (projection_type, non_key_attributes) = projected(index.projection());
        let (now, known) = (index.provisioned_throughput(), known.get(name));
        let unknown = || known.and_then(|index| index.read_capacity.zip(index.write_capacity)).unzip();
        let reported = || now.and_then(|now| now.read_capacity_units.zip(now.write_capacity_units)).unzip();
        let (read_capacity, write_capacity) = if provisioned { reported() } else { unknown() };
        Some(GlobalSecondaryIndex {
            name: name.to_owned(),
            hash_key: key_of(index.key_schema(), KeyType::Hash)?,
            range_key: key_of(index.key_schema(), KeyType::Range),
            projection_type,
            non_key_attributes,
            read_capacity,
            write_capacity,
        })
    });
    live.collect()
}

fn local_index(index: &aws_sdk_dynamodb::types::LocalSecondaryIndexDescription) -> Option<LocalSecondaryIndex> {
    let (projection_type, non_key_attributes) = projected(index.projection());
    let (name, range_key) = (index.index_name()?.to_owned(), key_of(index.key_schema(), KeyType::Range)?);
    Some(LocalSecondaryIndex { name, range_key, projection_type, non_key_attributes })
}

/// When items of the table expire, as far as DynamoDB has got.
async fn expiry(cx: &Cx<'_>, table: &str) -> Result<Option<TimeToLiveDescription>> {
    let ttl = cx.dynamodb().describe_time_to_live().table_name(table).send();
    Ok(cx.call("dynamodb:DescribeTimeToLive", ttl).await.found()?.and_then(|reply| reply.time_to_live_description))
}

/// The expiry that is on, or on its way.
fn on(ttl: &TimeToLiveDescription) -> Option<TimeToLive> {
    let on = matches!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    Some(TimeToLive { attribute_name: ttl.attribute_name.clone().filter(|_| on)? })
}

/// Switches expiry on or off. It is switched off before it goes by another attribute, and DynamoDB takes up to an hour
/// between two changes.
async fn set_expiry(cx: &Cx<'_>, table: &str, wanted: Option<&TimeToLive>) -> Result<()> {
    let now = expiry(cx, table).await?.and_then(|ttl| on(&ttl));
    if now.as_ref() == wanted {
        return Ok(());
    }
    let Some(attribute) = now.as_ref().or(wanted) else { return Ok(()) };
    let ttl = TimeToLiveSpecification::builder().enabled(now.is_none()).attribute_name(&attribute.attribute_name);
    let ttl = cx.dynamodb().update_time_to_live().table_name(table).set_time_to_live_specification(ttl.build().ok());
    cx.call("dynamodb:UpdateTimeToLive", ttl.send()).await?;
    match (now, wanted) {
        (Some(_), Some(_)) => Err(more(cx, "items expire by another attribute once they have ceased to by the former")),
        _ => Ok(()),
    }
}
