//! Amazon DynamoDB.

service! { table_replica::TableReplica }
