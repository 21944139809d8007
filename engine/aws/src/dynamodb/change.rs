//! What a table still lacks: calls of `UpdateTable`.
//!
//! DynamoDB makes one change of a table at a time, refuses others meanwhile, and makes or drops one index per call. So a
//! change of several things is a row of calls. Which ones are left is always told by the table itself, never
//! remembered: a run that was interrupted, or a call that is made twice, goes on where the table is.
//!
//! Indexes are dropped before the table's capacity changes, because every index that stays must be given one, and made
//! afterwards. An index whose keys or projection change is dropped and made again.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::update_table::UpdateTableInput;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndexDescription, GlobalSecondaryIndexUpdate, IndexStatus, ProvisionedThroughputDescription,
    SseSpecification, SseStatus, StreamViewType, TableClass, TableDescription, TableStatus,
    UpdateGlobalSecondaryIndexAction,
};
use dr_kinds::dynamodb::{GlobalSecondaryIndex, Table};

use super::shape::{attributes, capacity, encryption, key_schema, projection, stream};

/// The changes that make the table what it shall be, in their order; none when nothing is left. `old` is what it was.
pub(super) fn missing(live: &TableDescription, old: &Table, new: &Table) -> Vec<UpdateTableInputBuilder> {
    let call = || UpdateTableInput::builder().table_name(&new.name);
    let of_index = |index| call().global_secondary_index_updates(index);
    let made = |index| of_index(index).set_attribute_definitions(Some(attributes(&new.attributes)));
    let view = new.stream_view_type.as_deref().unwrap_or(StreamViewType::NewAndOldImages.as_str());
    let streams = stream_changes(live, new).iter().map(|on| call().set_stream_specification(stream(*on, view)));
    let encryption = encryption_change(live, old, new).map(|encryption| call().sse_specification(encryption));
    let class = (class(live) != new.table_class).then(|| call().table_class(new.table_class.as_str().into()));
    let protection = (live.deletion_protection_enabled.unwrap_or_default() != new.deletion_protection_enabled)
        .then(|| call().deletion_protection_enabled(new.deletion_protection_enabled));
    let changes = to_drop(live, new).into_iter().map(of_index);
    let changes = changes.chain(payment(call(), live, new)).chain(to_make(live, new).into_iter().map(made));
    changes.chain(streams).chain(encryption).chain(class).chain(protection).collect()
}

/// Whether a change is going on, so that the next one would be refused.
pub(super) fn is_busy(live: &TableDescription) -> bool {
    let encrypting = live
        .sse_description()
        .and_then(|sse| sse.status.as_ref())
        .is_some_and(|status| matches!(status, SseStatus::Enabling | SseStatus::Disabling | SseStatus::Updating));
    let settled = |index: &GlobalSecondaryIndexDescription| index.index_status == Some(IndexStatus::Active);
    live.table_status != Some(TableStatus::Active) || encrypting || !live.global_secondary_indexes().iter().all(settled)
}

/// The indexes by name, without those that are going already.
pub(super) fn indexes(live: &TableDescription) -> BTreeMap<&str, &GlobalSecondaryIndexDescription> {
    let staying = live.global_secondary_indexes().iter();
    let staying = staying.filter(|index| index.index_status != Some(IndexStatus::Deleting));
    staying.filter_map(|index| Some((index.index_name()?, index))).collect()
}

/// How the table is paid for. DynamoDB does not say so for tables that were never paid for by request.
pub(super) fn billing(live: &TableDescription) -> &str {
    let mode = live.billing_mode_summary().and_then(|summary| summary.billing_mode());
    mode.unwrap_or(&BillingMode::Provisioned).as_str()
}

/// The table's class. DynamoDB does not say so for tables that always were in the standard one.
pub(super) fn class(live: &TableDescription) -> &str {
    let class = live.table_class_summary().and_then(|summary| summary.table_class());
    class.unwrap_or(&TableClass::Standard).as_str()
}

/// The key that encrypts the table, if it is one in KMS.
pub(super) fn key(live: &TableDescription) -> Option<Option<&str>> {
    let sse = live.sse_description()?;
    let on = matches!(sse.status, Some(SseStatus::Enabled | SseStatus::Enabling | SseStatus::Updating));
    on.then_some(sse.kms_master_key_arn())
}

/// What the table's stream shows, if it has one.
pub(super) fn view(live: &TableDescription) -> Option<&StreamViewType> {
    live.stream_specification().filter(|stream| stream.stream_enabled)?.stream_view_type()
}

fn to_drop(live: &TableDescription, new: &Table) -> Vec<GlobalSecondaryIndexUpdate> {
    let unwanted = indexes(live)
        .into_iter()
        .filter(|(_, index)| !new.global_secondary_indexes.iter().any(|wanted| is(live, index, new, wanted)));
    let drop = unwanted.map(|(name, _)| {
        let drop = DeleteGlobalSecondaryIndexAction::builder().index_name(name).build();
        GlobalSecondaryIndexUpdate::builder().set_delete(drop.ok()).build()
    });
    drop.collect()
}

/// Whether an index is the wanted one, but for its capacity.
fn is(
    live: &TableDescription,
    index: &GlobalSecondaryIndexDescription,
    new: &Table,
    wanted: &GlobalSecondaryIndex,
) -> bool {
    let type_now = |name: &str| {
        let defined = live.attribute_definitions().iter().find(|a: &&AttributeDefinition| a.attribute_name == name);
        defined.map(|attribute| attribute.attribute_type.as_str())
    };
    let type_then = |name: &str| new.attributes.iter().find(|a| a.name == name).map(|a| a.r#type.as_str());
    let schema = key_schema(&wanted.hash_key, wanted.range_key.as_deref());
    let projected = index.projection();
    let mut others: Vec<&String> = projected.map(|p| p.non_key_attributes()).unwrap_or_default().iter().collect();
    let mut wanted_others: Vec<&String> = wanted.non_key_attributes.iter().collect();
    others.sort();
    wanted_others.sort();
    index.index_name() == Some(&wanted.name)
        && index.key_schema() == schema
        && projected.and_then(|p| p.projection_type()).is_some_and(|kind| kind.as_str() == wanted.projection_type)
        && others == wanted_others
        && schema.iter().all(|key| type_now(&key.attribute_name) == type_then(&key.attribute_name))
}

fn to_make(live: &TableDescription, new: &Table) -> Vec<GlobalSecondaryIndexUpdate> {
    let indexes = indexes(live);
    let there = |wanted: &&GlobalSecondaryIndex| indexes.values().any(|index| is(live, index, new, wanted));
    let make = new.global_secondary_indexes.iter().filter(|wanted| !there(wanted)).map(|wanted| {
        let make = CreateGlobalSecondaryIndexAction::builder()
            .index_name(&wanted.name)
            .set_key_schema(Some(key_schema(&wanted.hash_key, wanted.range_key.as_deref())))
            .projection(projection(&wanted.projection_type, &wanted.non_key_attributes))
            .set_provisioned_throughput(capacity(wanted.read_capacity, wanted.write_capacity));
        GlobalSecondaryIndexUpdate::builder().set_create(make.build().ok()).build()
    });
    make.collect()
}

fn payment(call: UpdateTableInputBuilder, live: &TableDescription, new: &Table) -> Option<UpdateTableInputBuilder> {
    let switches = billing(live) != new.billing_mode;
    if new.billing_mode == BillingMode::PayPerRequest.as_str() {
        return switches.then(|| call.billing_mode(BillingMode::PayPerRequest));
    }
    // What stays the same must not be given, unless everything is new.
    let differs = |now: Option<&ProvisionedThroughputDescription>, read: Option<i64>, write: Option<i64>| {
        let now = now.map(|now| (now.read_capacity_units, now.write_capacity_units));
        switches || (read.is_some() && write.is_some() && now != Some((read, write)))
    };
    let indexes = indexes(live);
    let of_indexes = new.global_secondary_indexes.iter().filter_map(|wanted| {
        let now = indexes.get(wanted.name.as_str())?.provisioned_throughput();
        let change = differs(now, wanted.read_capacity, wanted.write_capacity)
            .then(|| capacity(wanted.read_capacity, wanted.write_capacity))??;
        let change =
            UpdateGlobalSecondaryIndexAction::builder().index_name(&wanted.name).provisioned_throughput(change);
        Some(GlobalSecondaryIndexUpdate::builder().set_update(change.build().ok()).build())
    });
    let of_indexes: Vec<_> = of_indexes.collect();
    let of_table = differs(live.provisioned_throughput(), new.read_capacity, new.write_capacity)
        .then(|| capacity(new.read_capacity, new.write_capacity))
        .flatten();
    (switches || of_table.is_some() || !of_indexes.is_empty()).then(|| {
        call.set_billing_mode(switches.then_some(BillingMode::Provisioned))
            .set_provisioned_throughput(of_table)
            .set_global_secondary_index_updates((!of_indexes.is_empty()).then_some(of_indexes))
    })
}

/// How the stream is to be switched on and off. What it shows can only be chosen when it is switched on.
fn stream_changes(live: &TableDescription, new: &Table) -> &'static [bool] {
    match (view(live), new.stream_enabled) {
        (None, false) => &[],
        (None, true) => &[true],
        // Replicas live on it.
        (Some(_), _) if !live.replicas().is_empty() => &[],
        (Some(_), false) => &[false],
        (Some(now), true) if new.stream_view_type.as_ref().is_some_and(|view| view != now.as_str()) => &[false, true],
        (Some(_), true) => &[],
    }
}

fn encryption_change(live: &TableDescription, old: &Table, new: &Table) -> Option<SseSpecification> {
    let own_key =
        |table: &Table| Some(table.server_side_encryption.as_ref().filter(|sse| sse.enabled)?.kms_key_arn.clone());
    let differs = match (key(live), own_key(new)) {
        (None, None) => false,
        (Some(now), Some(Some(wanted))) => now != Some(&wanted),
        // The account's key has no name that could be compared: it is there once the former key is not.
        (Some(now), Some(None)) => own_key(old).flatten().is_some_and(|former| now == Some(&former)),
        (None, Some(_)) | (Some(_), None) => true,
    };
    differs.then(|| encryption(new.server_side_encryption.as_ref()))
}
