//! Amazon DynamoDB.

service! { table::Table, table_replica::TableReplica }
