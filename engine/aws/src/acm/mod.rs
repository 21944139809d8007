//! AWS Certificate Manager.

crate::lifecycle::service! { acm {} }
