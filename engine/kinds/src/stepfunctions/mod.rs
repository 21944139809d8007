//! AWS Step Functions.

service! {}
