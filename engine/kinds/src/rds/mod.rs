//! Amazon Relational Database Service: Aurora.

service! {}
