//! AWS Security Token Service.

crate::lifecycle::service! { sts ("sts", &[]) {} look_ups { caller_identity::CallerIdentity } }
