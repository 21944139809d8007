//! AWS Certificate Manager.

service! {}
