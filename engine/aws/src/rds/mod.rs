//! Amazon Relational Database Service: Aurora.

crate::lifecycle::service! { rds {} }
