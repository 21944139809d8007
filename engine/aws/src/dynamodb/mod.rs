//! Amazon DynamoDB.

crate::lifecycle::service! { dynamodb ("dynamodb", errors::ERRORS) { table::Table, table_replica::TableReplica } }

crate::tags::tag_type!(checked aws_sdk_dynamodb::types::Tag);

mod change;
mod errors;
mod leftovers;
mod shape;
mod state;
mod tagging;
#[cfg(test)]
mod tests;

pub(crate) use leftovers::LEFTOVERS;
