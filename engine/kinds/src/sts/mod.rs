//! AWS Security Token Service.

service! { caller_identity::CallerIdentity }
