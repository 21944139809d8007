//! A table's parts in the words of DynamoDB, and back.
//!
//! The SDK's builders fail only without fields that are always set here; that is why their errors are dropped.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, KeySchemaElement, KeyType, Projection, ProjectionType, ProvisionedThroughput,
    ScalarAttributeType, SseSpecification, SseType, StreamSpecification, StreamViewType,
};
use dr_kinds::dynamodb::{ServerSideEncryption, TableAttribute};

/// A key of one or two attributes.
pub(super) fn key_schema(hash: &str, range: Option<&str>) -> Vec<KeySchemaElement> {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().ok();
    key(hash, KeyType::Hash).into_iter().chain(range.and_then(|range| key(range, KeyType::Range))).collect()
}

/// The name of the attribute in a key that is of this type.
pub(super) fn key_of(schema: &[KeySchemaElement], kind: KeyType) -> Option<String> {
    schema.iter().find(|key| key.key_type == kind).map(|key| key.attribute_name.clone())
}

/// Attributes with their types.
pub(super) fn attributes(attributes: &[TableAttribute]) -> Vec<AttributeDefinition> {
    let defined = attributes.iter().filter_map(|attribute| {
        let kind = ScalarAttributeType::from(attribute.r#type.as_str());
        AttributeDefinition::builder().attribute_name(&attribute.name).attribute_type(kind).build().ok()
    });
    defined.collect()
}

/// What an index holds besides its keys.
pub(super) fn projection(kind: &str, others: &[String]) -> Projection {
    let others = (!others.is_empty()).then(|| others.to_vec());
    Projection::builder().projection_type(ProjectionType::from(kind)).set_non_key_attributes(others).build()
}

/// What an index holds, as arguments.
pub(super) fn projected(projection: Option<&Projection>) -> (String, Vec<String>) {
    let kind = projection.and_then(|p| p.projection_type()).unwrap_or(&ProjectionType::All);
    (kind.as_str().to_owned(), projection.map(|p| p.non_key_attributes().to_vec()).unwrap_or_default())
}

/// Capacity per second, if there is some.
pub(super) fn capacity(read: Option<i64>, write: Option<i64>) -> Option<ProvisionedThroughput> {
    ProvisionedThroughput::builder().set_read_capacity_units(read).set_write_capacity_units(write).build().ok()
}

/// A stream, or none.
pub(super) fn stream(on: bool, view: &str) -> Option<StreamSpecification> {
    let view = on.then(|| StreamViewType::from(view));
    StreamSpecification::builder().stream_enabled(on).set_stream_view_type(view).build().ok()
}

/// Encryption with a key in KMS, or with DynamoDB's own.
pub(super) fn encryption(sse: Option<&ServerSideEncryption>) -> SseSpecification {
    let sse = sse.filter(|sse| sse.enabled);
    SseSpecification::builder()
        .enabled(sse.is_some())
        .set_sse_type(sse.map(|_| SseType::Kms))
        .set_kms_master_key_id(sse.and_then(|sse| sse.kms_key_arn.clone()))
        .build()
}
